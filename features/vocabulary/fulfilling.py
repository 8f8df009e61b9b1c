"""Steps of fulfilling: a service order (TMF641), looked at by itself, and what it leaves in TMF638."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from pytest_bdd import given, parsers, then, when

from tmfrig.conformance.check import Violation
from tmfrig.conformance.expect import show
from tmfrig.features.bodies import objects
from tmfrig.features.cast import SERVICE_INVENTORY, SERVICE_ORDERING
from tmfrig.features.data import Entry
from tmfrig.features.following import (
    SETTLING,
    Ear,
    announced_since,
    announced_state,
    eventually,
    moment_of,
    reachable,
)
from tmfrig.features.judging import has_state
from tmfrig.features.observer import Observer, Record
from tmfrig.features.operations import Orchestrator
from tmfrig.features.orders import Order, ServiceOrder
from tmfrig.features.story import Story
from tmfrig.features.vocabulary.ordering import COURSES
from tmfrig.reports.result import Level


@pytest.fixture
def service_ear() -> Ear:
    """What the observer hears of service inventory: nothing, unless a scenario lets it listen."""
    return Ear()


@pytest.fixture
def order_ear() -> Ear:
    """What the orchestrator hears of service ordering: nothing, unless a scenario lets it listen."""
    return Ear()


@pytest.fixture
def script() -> str:
    """What is appended to the external id of a service order to make it take its course: nothing."""
    return ""


@given("the observer listens to service inventory", target_fixture="service_ear")
def _the_observer_listens(observer: Observer) -> Iterator[Ear]:
    """The observer registers a callback at the hub of TMF638; left out where there is none."""
    with observer.listening(SERVICE_INVENTORY) as ear:
        yield ear


@given("the orchestrator listens to service ordering", target_fixture="order_ear")
def _the_orchestrator_listens(orchestrator: Orchestrator) -> Iterator[Ear]:
    """The orchestrator registers a callback at the hub of TMF641; left out where there is none."""
    with orchestrator.listening(SERVICE_ORDERING) as ear:
        yield ear


@given("a service is wanted", target_fixture="wanted")
def _a_service_is_wanted(orchestrator: Orchestrator) -> list[Entry]:
    """`services.single` of the data. Skipped when they name none."""
    return [orchestrator.data.service("single")]


@given("a service and what it rests on are wanted", target_fixture="wanted")
def _a_service_and_its_base(orchestrator: Orchestrator) -> list[Entry]:
    """`services.single` and `services.underlying` of the data. Skipped when they name none."""
    return [orchestrator.data.service(each) for each in ("single", "underlying")]


@given(parsers.parse("it is a service order {course}"), target_fixture="script")
def _it_is_a_service_order(orchestrator: Orchestrator, course: str) -> str:
    """The service order is provoked by its external id to take a course, as for product orders."""
    if course not in COURSES:
        raise LookupError(f"there is no order {course!r}; there are {', '.join(COURSES)}")
    return orchestrator.data.outcome(COURSES[course]).externalId or ""


@when("the orchestrator orders it", target_fixture="service_order")
def _the_orchestrator_orders(
    orchestrator: Orchestrator, wanted: list[Entry], script: str, order_ear: Ear
) -> ServiceOrder:
    """A service order with an item for each wanted service. Fails when it is refused or gets no id."""
    return orchestrator.order_services(wanted, script, order_ear)


@then(parsers.parse('the service order reaches "{state}"'))
def _the_service_order_reaches(service_order: ServiceOrder, state: str) -> None:
    """The service order gets into this state while patience lasts. Fails when it ends in another one."""
    service_order.reach(state)


@then("each of its items has brought one active service", target_fixture="services")
def _each_item_has_brought_one(observer: Observer, service_order: ServiceOrder) -> list[Record]:
    """Each item names a service that TMF638 has, active, and no two items name the same."""
    services: list[Record] = []

    def they_are() -> None:
        services[:] = [observer.service(id) for id in _services(service_order)]
        for each in services:
            has_state(each, "service", "active")

    eventually(they_are, _patience(observer))
    ids = [each.id for each in services]
    if len(set(ids)) != len(service_order.items):
        raise Violation(
            f"{service_order} has {len(service_order.items)} items, but names {len(set(ids))} services",
            expected="one service for each item",
            actual=show(ids),
            exchange=service_order.latest.exchange,
        )
    return services


@then("no service that it has brought is in use")
def _no_service_is_in_use(observer: Observer, service_order: ServiceOrder) -> None:
    """No service that an item names is active in TMF638."""

    def none_is() -> None:
        for id in _named(service_order.look().body):
            record = observer.service_or_nothing(id)
            if record is not None and record.is_active:
                raise Violation(
                    f"{service_order} is {service_order.latest.state}, but its service {id} is active",
                    expected="no active service",
                    actual=f"service {id} is active",
                    exchange=record.exchange,
                )

    eventually(none_is, _patience(observer))


@then("every failed item says why")
def _every_failed_item_says_why(service_order: ServiceOrder) -> None:
    """Each item of the service order that failed has an errorMessage."""
    for item in service_order.items:
        if item.get("state") == "failed" and not item.get("errorMessage"):
            raise Violation(
                f"the item {item.get('id')} of {service_order} failed, and does not say why",
                expected="an errorMessage",
                actual="none",
                exchange=service_order.latest.exchange,
            )


@then("the services came up along their published lifecycle")
def _along_the_lifecycle(observer: Observer, services: list[Record], service_ear: Ear, story: Story) -> None:
    """What TMF638 announced of each service is a path of the published lifecycle; a remark where it is not.

    Left out where there is no hub.
    """
    if not service_ear.listens:
        return
    lifecycle = observer.api(SERVICE_INVENTORY).contract.resources["service"].lifecycle
    with story.remarking(
        "service-lifecycle",
        Level.PUBLISHED,
        "A service moves along its published lifecycle.",
        "TMF638 service lifecycle diagram; rule STATE-02",
    ):
        for each in services:
            told = [
                (state, heard) for heard in service_ear.about(each.id) if (state := announced_state(heard))
            ]
            for (before, _), (after, heard) in pairwise(told):
                if lifecycle is not None and not reachable(lifecycle, before, after):
                    raise Violation(
                        f"the service {each.id} went from {before} to {after}, "
                        "as no published lifecycle does",
                        expected=f"states that follow {before}",
                        actual=after,
                        exchange=heard,
                    )


@then("what a service rests on was active before it")
def _rests_on_active(observer: Observer, services: list[Record], service_ear: Ear) -> None:
    """By the event times of TMF638, each supporting service was active first. Left out without a hub."""
    if not service_ear.listens:
        return
    ids = {each.id for each in services}
    for each in services:
        for below in (one for one in observer.resting_on(each) if one.id in ids):
            upper, lower = (announced_since(service_ear, one.id, "active") for one in (each, below))
            if upper is not None and lower is not None and upper < lower:
                raise Violation(
                    f"the service {each.id} was active before the service {below.id}, on which it rests",
                    expected=f"{below.id} active first",
                    actual=f"{each.id} at {upper.isoformat()}, {below.id} at {lower.isoformat()}",
                    exchange=each.exchange,
                )


@then("the service that rests on the other names it")
def _names_what_it_rests_on(service_order: ServiceOrder, services: list[Record]) -> None:
    """The first service, ordered to rely on the other, refers to it as a supporting service."""
    first, *others = services
    text = show(
        [*objects(first.body.get("supportingService")), *objects(first.body.get("serviceRelationship"))]
    )
    for other in others:
        if f'"{other.id}"' not in text:
            raise Violation(
                f"the service {first.id} was ordered by {service_order} to rely on the service {other.id}, "
                "but does not name it",
                expected=f"a supportingService {other.id}",
                actual=text,
                exchange=first.exchange,
            )


@then("no service was active before the order was in progress")
def _not_before_progress(observer: Observer, order: Order, service_ear: Ear) -> None:
    """By event times, each service of the order became active after the order had left acknowledged.

    Left out where product ordering or service inventory announces nothing.
    """
    if service_ear.listens and order.ear.listens:
        _none_too_early(order, observer.services_of(order), service_ear)


@then("no service was active before the service order was in progress")
def _not_before_the_service_order(observer: Observer, service_order: ServiceOrder, service_ear: Ear) -> None:
    """By event times, each service that the service order has brought became active after work began.

    Left out where service ordering or service inventory announces nothing.
    """
    if service_ear.listens and service_order.ear.listens:
        services = [observer.service(id) for id in _named(service_order.latest.body)]
        _none_too_early(service_order, services, service_ear)


def _none_too_early(order: Order, services: list[Record], service_ear: Ear) -> None:
    order.announced("StateChange", order.latest.state)
    moved = [
        when
        for state, heard in order.announced_states()
        if state != "acknowledged" and (when := moment_of(heard)) is not None
    ]
    for each in services if moved else ():
        since = announced_since(service_ear, each.id, "active")
        if since is not None and since < min(moved):
            raise Violation(
                f"the service {each.id} was active {(min(moved) - since).total_seconds():.3f} s "
                f"before {order} was in progress",
                expected=f"active after {min(moved).isoformat()}",
                actual=f"active at {since.isoformat()}",
                exchange=each.exchange,
            )


def _services(order: ServiceOrder) -> list[str]:
    ids = _named(order.look().body)
    if len(ids) < len(order.items):
        raise Violation(
            f"{order} is {order.latest.state}, but names services for {len(ids)} of its "
            f"{len(order.items)} items",
            expected="a service with an id in each item",
            actual=show(ids),
            exchange=order.latest.exchange,
        )
    return ids


def _named(body: dict[str, object]) -> list[str]:
    return [
        str(service["id"])
        for item in objects(body.get("serviceOrderItem"))
        if isinstance(service := item.get("service"), dict) and service.get("id")
    ]


def _patience(observer: Observer) -> float:
    return min(observer.story.patience, SETTLING)
