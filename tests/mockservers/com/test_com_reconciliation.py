"""Comparing what is deployed with what customers hold."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from com_fakes import deployed, held

from tmfrig.mockservers.com.boundaries.deployed import read_service
from tmfrig.mockservers.com.boundaries.subscriptions import read_product
from tmfrig.mockservers.com.correcting import remedy
from tmfrig.mockservers.com.inventory import Deployment, Service, Subscription
from tmfrig.mockservers.com.orders import Standing
from tmfrig.mockservers.com.plan import Facing
from tmfrig.mockservers.com.reconciliation import Drift, Finding, Reality, compare
from tmfrig.mockservers.dataset import load_dataset
from tmfrig.mockservers.running import serving

BUILDING, IDLE, WORKS, GONE = Deployment.BUILDING, Deployment.IDLE, Deployment.ACTIVE, Deployment.ENDED
ACTIVE, SUSPENDED, PENDING = Standing.ACTIVE, Standing.SUSPENDED, Standing.PENDING


def reality(*things: Service | Subscription, **more: Any) -> Reality:
    return Reality(
        {each.id: each for each in things if isinstance(each, Service)},
        {each.id: each for each in things if isinstance(each, Subscription)},
        more.pop("orders", {}),
        frozenset(more.pop("busy", ())),
    )


def kinds(found: Reality) -> list[Drift]:
    return [each.kind for each in compare(found)]


def service(deployment: Deployment, **more: Any) -> Service:
    return deployed("s-1", deployment=deployment, told=str(deployment), **more)


def product(standing: Standing, **more: Any) -> Subscription:
    return held("p-1", "s-1", standing=standing, told=str(standing), **more)


@pytest.mark.parametrize(
    ("standing", "deployment"),
    [
        (ACTIVE, WORKS),
        (SUSPENDED, IDLE),
        (PENDING, BUILDING),
        (PENDING, IDLE),
        (Standing.CREATED, BUILDING),
        (ACTIVE, BUILDING),
        (Standing.ENDING, WORKS),
        (Standing.ENDING, IDLE),
        (Standing.ENDED, GONE),
        (Standing.ABORTED, GONE),
        (Standing.CANCELLED, GONE),
        (Standing.ENDED, BUILDING),
    ],
)
def test_what_agrees_or_is_on_its_way_is_no_drift(standing: Standing, deployment: Deployment) -> None:
    assert compare(reality(product(standing), service(deployment))) == []


@pytest.mark.parametrize(
    ("standing", "deployment", "real"),
    [
        (ACTIVE, IDLE, SUSPENDED),
        (ACTIVE, GONE, Standing.ENDED),
        (SUSPENDED, WORKS, ACTIVE),
        (SUSPENDED, GONE, Standing.ENDED),
        (PENDING, WORKS, ACTIVE),
        (PENDING, GONE, Standing.ABORTED),
        (Standing.CREATED, WORKS, ACTIVE),
        (Standing.CREATED, GONE, Standing.ABORTED),
        (Standing.ENDING, GONE, Standing.ENDED),
    ],
)
def test_a_product_that_stands_elsewhere_than_its_service(
    standing: Standing, deployment: Deployment, real: Standing
) -> None:
    (found,) = compare(reality(product(standing), service(deployment)))
    assert (found.kind, found.standing, found.service, found.subscription) == (
        Drift.STATE,
        real,
        "s-1",
        "p-1",
    )
    assert found.explanation == f"The product p-1 (p-1) is {standing}, but its service s-1 is {deployment}."
    assert (found.expected, found.actual) == (f"a product that is {real}", str(standing))
    assert remedy(found) == f"record the product as {real}"


def test_a_service_that_is_not_there_has_ended() -> None:
    (found,) = compare(reality(product(ACTIVE)))
    assert (found.kind, found.standing) == (Drift.STATE, Standing.ENDED)
    assert found.explanation.endswith("but its service s-1 is not in the service inventory.")


def test_the_worst_of_several_services_decides() -> None:
    both = held("p-1", "s-1", "s-2", told="active")
    (found,) = compare(reality(both, deployed("s-1"), deployed("s-2", deployment=IDLE, told="inactive")))
    assert (found.standing, found.service) == (SUSPENDED, "s-2")


def test_different_traits() -> None:
    recorded = product(ACTIVE, traits={"speed": 500, "same": "1", "of the product": True})
    real = service(WORKS, traits={"speed": 100, "same": 1, "of the service": False})
    (found,) = compare(reality(recorded, real))
    assert (found.kind, found.traits) == (Drift.CHARACTERISTIC, {"speed": 100})
    assert (found.expected, found.actual) == ("speed 100", "speed 500")
    assert found.explanation == "The product p-1 (p-1) says speed 500, but its service s-1 has speed 100."
    assert remedy(found) == "record speed 100"


def test_what_has_ended_has_no_traits_to_compare() -> None:
    ended = product(ACTIVE, traits={"speed": 500})
    assert kinds(reality(ended, service(GONE, traits={"speed": 100}))) == [Drift.STATE]


def test_a_service_that_nobody_holds_and_no_order_explains_is_an_orphan() -> None:
    for deployment in (WORKS, IDLE):
        (found,) = compare(reality(service(deployment, name="Broadband")))
        assert (found.kind, found.service, found.order) == (Drift.ORPHAN_SERVICE, "s-1", None)
        assert found.explanation == (
            f"Broadband (s-1) is {deployment}, but no product and no order explains it."
        )
    assert remedy(found) == "order that the service is taken down"


def test_a_service_that_an_order_made_lacks_a_product() -> None:
    (found,) = compare(reality(service(WORKS, name=""), orders={"s-1": "17"}))
    assert (found.kind, found.order) == (Drift.MISSING_PRODUCT, "17")
    assert found.explanation == "broadband (s-1) is active for the order 17, but no product records it."
    assert compare(reality(service(IDLE), orders={"s-1": "17"})) == []


def test_a_service_that_works_for_a_product_that_has_ended() -> None:
    for standing in (Standing.ENDED, Standing.ABORTED, Standing.CANCELLED):
        (found,) = compare(reality(service(WORKS), product(standing)))
        assert (found.kind, found.subscription) == (Drift.ORPHAN_SERVICE, "p-1")
        assert found.explanation.endswith(f"but its product p-1 is {standing}.")


def test_one_product_in_use_is_enough() -> None:
    old = held("p-0", "s-1", standing=Standing.ENDED, told="terminated")
    assert compare(reality(service(WORKS), old, product(ACTIVE))) == []


@pytest.mark.parametrize("deployment", [BUILDING, GONE])
def test_what_does_not_work_yet_or_any_more_need_not_be_held(deployment: Deployment) -> None:
    assert compare(reality(service(deployment))) == []


def test_services_for_services_are_not_compared() -> None:
    assert compare(reality(service(WORKS, facing=Facing.RESOURCE))) == []


def test_packages_and_products_without_services_are_not_compared() -> None:
    assert compare(reality(held("p-1", is_package=True), held("p-2"))) == []


@pytest.mark.parametrize("busy", ["s-1", "p-1"])
def test_nothing_is_said_of_what_an_order_is_changing(busy: str) -> None:
    assert (
        compare(reality(product(ACTIVE, traits={"x": 1}), service(IDLE, traits={"x": 2}), busy=[busy])) == []
    )
    if busy == "s-1":
        assert compare(reality(service(WORKS), busy=[busy])) == []


def test_the_same_difference_has_the_same_key() -> None:
    (before,) = compare(reality(product(ACTIVE), service(IDLE)))
    (again,) = compare(reality(product(ACTIVE), service(GONE)))
    (other,) = compare(reality(product(ACTIVE, traits={"x": 1}), service(WORKS, traits={"x": 2})))
    assert before.key == again.key != other.key


def test_every_finding_is_explained_in_a_sentence() -> None:
    found: list[Finding] = compare(
        reality(
            product(ACTIVE, traits={"x": 1}),
            service(IDLE, traits={"x": 2}),
            deployed("s-2"),
            deployed("s-3"),
            orders={"s-3": "17"},
        )
    )
    assert [each.kind for each in found] == [
        Drift.ORPHAN_SERVICE,
        Drift.MISSING_PRODUCT,
        Drift.STATE,
        Drift.CHARACTERISTIC,
    ]
    for each in found:
        assert each.explanation.endswith(".")
        assert each.expected
        assert each.actual


def test_the_data_set_raises_nothing(http: Any) -> None:
    # as it is served: its shorthand is spelt out when it is put in place
    with serving(["TMF637", "TMF638"], dataset=load_dataset("telco")) as urls:
        services = http.get(urls["TMF638"] + "/service", params={"limit": "500"}).json()
        products = http.get(urls["TMF637"] + "/product", params={"limit": "500"}).json()
    found = reality(*map(read_service, services), *map(read_product, products))
    assert len(found.services) > 20
    assert len(found.subscriptions) > 15
    assert compare(found) == []
    # and it would raise something, were it otherwise
    broken = dict(found.services)
    broken["keller-broadband"] = broken["keller-broadband"].model_copy(update={"deployment": GONE})
    assert kinds(replace(found, services=broken)) == [Drift.STATE]
