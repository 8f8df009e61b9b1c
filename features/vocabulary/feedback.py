"""Steps of feedback: what is announced about orders, and what becomes of it when it goes astray."""

from __future__ import annotations

from pytest_bdd import parsers, then

from tmfrig.conformance.check import Violation
from tmfrig.conformance.expect import show
from tmfrig.features.cast import SERVICE_INVENTORY
from tmfrig.features.following import Ear, runs
from tmfrig.features.observer import Observer
from tmfrig.features.orders import Order
from tmfrig.features.story import Story
from tmfrig.features.vocabulary.tracking import NO_HUB


@then("every state of the order was announced")
def _every_state_was_announced(order: Order, story: Story) -> None:
    """Each state in which the channel saw the order was announced to it, too. Left out without a hub."""
    if not order.ear.listens:
        return story.leave_out(NO_HUB)
    for number, state in enumerate(runs([each.state for each in order.sightings])):
        order.announced("Create" if number == 0 else "StateChange", state if number else None)
    return None


@then("no announced state comes after the end of the order")
def _nothing_after_the_end(order: Order, story: Story) -> None:
    """By event time, the last announced state of the order is its end. Left out without a hub."""
    if not order.ear.listens:
        return story.leave_out(NO_HUB)
    order.announced("StateChange", order.latest.state)
    states = runs([state for state, _ in order.announced_states()])
    if states[-1] != order.latest.state:
        raise Violation(
            f"{order} is {order.latest.state}, but the last state that was announced is {states[-1]}",
            expected=order.latest.state,
            actual=" → ".join(states),
            exchange=order.announced_states()[-1][1],
        )
    return None


@then(parsers.parse("no event about the order is announced twice"))
def _no_event_twice(order: Order, story: Story) -> None:
    """No two notifications about the order carry the same event id. Left out without a hub."""
    if not order.ear.listens:
        return story.leave_out(NO_HUB)
    seen: set[str] = set()
    for each in order.ear.about(order.id):
        id = each.json.get("eventId") if isinstance(each.json, dict) else None
        if isinstance(id, str) and id in seen:
            raise Violation(
                f"product ordering announced the event {id} about {order} twice",
                expected="each event once",
                actual=show([each.event_type for each in order.ear.about(order.id)]),
                exchange=each,
            )
        seen.add(str(id))
    return None


@then("service inventory has announced every active service of the order")
def _services_were_announced(observer: Observer, order: Order, service_ear: Ear, story: Story) -> None:
    """A notification of TMF638 told of each active service of the order that it is active. Left out without a
    hub."""
    if not service_ear.listens:
        return
    for each in observer.services_of(order):
        if not each.is_active:
            continue
        wait = story.patience
        while not any((heard.payload or {}).get("state") == "active" for heard in service_ear.about(each.id)):
            if wait <= 0:
                raise Violation(
                    f"service inventory never announced that the service {each.id} is active",
                    expected="a ServiceStateChangeEvent or ServiceCreateEvent with state active",
                    actual=f"{len(service_ear.about(each.id))} notifications of {SERVICE_INVENTORY} about it",
                    exchange=each.exchange,
                )
            service_ear.wait(_TICK)
            wait -= _TICK


_TICK = 0.2
