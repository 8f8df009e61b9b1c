"""Timelines of events: in which order they come, and whether what they tell has happened by then."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import pairwise
from typing import Any

from tmfrig.conformance.api import Api, Instance, id_in_url, identity
from tmfrig.conformance.check import SHOULD, Skipped, Violation, check, skip
from tmfrig.conformance.checks.courses import course_of, described, moves_by_itself
from tmfrig.conformance.checks.listening import (
    SOON,
    announces,
    change_event,
    changed_if_possible,
    deleted_if_possible,
    is_about,
    may_tell,
    tells,
)
from tmfrig.conformance.checks.patching import patched
from tmfrig.conformance.checks.places import instant, is_empty
from tmfrig.conformance.exchange import Exchange, Intent, Notification
from tmfrig.conformance.expect import describe_answer, same_json, show
from tmfrig.conformance.sink import Subscription
from tmfrig.specs import EventType, Kind, Resource

_MOMENT = 0.5
"""Seconds in which what has been overtaken comes after all."""
_BY_ITSELF = 1.0
"""Seconds that a task or a job is given to move on."""
_SAME_MOMENT = timedelta(seconds=1)
"""By how much the clocks of the parts of one target may differ."""
_MOST = 5
"""So many events of others are looked at before ours."""


@dataclass(frozen=True)
class Step:
    """Something that we did to a resource: the event that is owed for it, and the value that it brought."""

    event: EventType
    name: str = ""
    value: Any = None

    def is_told_by(self, notification: Notification) -> bool:
        """Whether a notification can only be about this step, or one of the same kind."""
        payload = notification.payload or {}
        told = not self.name or (self.name in payload and same_json(payload[self.name], self.value))
        return notification.declared is self.event and told

    def __str__(self) -> str:
        return f"{self.event.name} with {self.name} {show(self.value)}" if self.name else self.event.name


@check(
    "notification.order",
    SHOULD,
    "What listeners hear of one resource comes in the order in which it happened.",
    source="usual practice of event delivery, order by resource; rule NOTE-01",
    on=Kind.CREATE,
    when=announces,
)
def the_events_of_a_resource_come_in_order(api: Api, resource: Resource) -> None:
    with api.subscribe() as subscription:
        mine = api.fresh(resource)
        steps = [Step(resource.events["Create"]), *_taken(api, mine)]
        if len(steps) < 2:
            skip(f"a {resource.name} can neither be changed nor deleted, so that there is no order")
        change = steps[-1].event.change
        subscription.find(partial(_is_told, mine, steps[-1]), within=SOON, change=change)
        for step in steps[:-1]:
            subscription.glimpse(partial(_is_told, mine, step), _MOMENT)
        heard = [each for each in subscription.received if is_about(each, mine)]
    raise_for_order(steps, heard)


def _taken(api: Api, mine: Instance) -> Iterator[Step]:
    """Two changes and the deletion, as far as the target does them."""
    for _ in range(2):
        change = changed_if_possible(api, mine)
        if change is None:
            break
        event, changes = change
        name, value = next(iter(changes.items()))
        yield Step(event, name, value)
    deletion = deleted_if_possible(api, mine)
    if deletion is not None:
        yield Step(deletion)


def _is_told(mine: Instance, step: Step, notification: Notification) -> bool:
    return is_about(notification, mine) and step.is_told_by(notification)


def raise_for_order(steps: Sequence[Step], heard: Sequence[Notification]) -> None:
    """A Violation where a notification came after, or claims to be from after, that of a later step.

    What did not come is no matter of order, nor is a copy that comes late.
    """
    first = [(step, next(filter(step.is_told_by, heard), None)) for step in steps]
    came = [(step, each) for step, each in first if each is not None]
    for (earlier, one), (later, two) in pairwise(came):
        if one.order > two.order:
            raise Violation(
                f"the {earlier} came after the {later}",
                expected="; ".join(map(str, steps)),
                actual="; ".join(each.event_type or "?" for each in heard),
                exchange=one,
            )
        begun, ended = (instant(each.json.get("eventTime")) for each in (one, two))
        if begun and ended and begun - ended > _SAME_MOMENT:
            raise Violation(
                f"by their eventTime the {earlier} happened after the {later}",
                expected="the eventTime of what happened later is later",
                actual=f"{one.json['eventTime']}, then {two.json['eventTime']}",
                exchange=two,
            )


@check(
    "notification.state-order",
    SHOULD,
    "What listeners hear of the states of one resource comes in the order in which it went through them.",
    source="usual practice of event delivery, order by resource; rule NOTE-01",
    on=Kind.RETRIEVE,
    when=lambda resource: moves_by_itself(resource) and "StateChange" in resource.events,
)
def the_states_are_told_in_order(api: Api, resource: Resource) -> str:
    course = course_of(api, resource)
    states, event = course.states[1:], resource.events["StateChange"]
    if len(states) < 2 or len({*course.states}) < len(course.states):
        skip(f"too little has changed for an order: {described(course)}")
    steps = [Step(event, resource.state_attribute or "", state) for state in states]
    if not course.told:
        skip("no notification of a changed state came")
    raise_for_order(steps, course.told)
    return f"{len(course.told)} came in order"


@check(
    "notification.readable",
    SHOULD,
    "When listeners hear of a new resource or of a change, it can be read.",
    source="usual practice of event delivery; rule NOTE-02",
    on=Kind.RETRIEVE,
    when=announces,
    repeats=False,
)
def what_is_announced_can_be_read(api: Api, resource: Resource) -> None:
    """Whoever hears of it reads it at once, whether or not the change has been answered by then."""
    with api.subscribe() as subscription:
        mine, seen = _read_as_it_comes(api, resource, subscription)
        for each, shown in seen:
            if shown.id_in_path == mine.id and shown.status == 404:
                raise _too_early(each, f"{resource.name} {mine.id}", describe_answer(shown))
        if not any(is_about(each, mine) for each, _ in seen):
            skip("nothing came about what was created (a finding of notification.create)")
        event = change_event(resource)
        if event is not None and Kind.PATCH in resource.operations:
            with suppress(Skipped):
                _changed_as_it_comes(api, subscription, mine, event)


def _read_as_it_comes(
    api: Api, resource: Resource, subscription: Subscription
) -> tuple[Instance, list[tuple[Notification, Exchange]]]:
    """A new resource, and what could be read at the moment at which events of new resources came."""
    created, made, answered = resource.events["Create"], list[Instance](), threading.Event()
    seen: dict[int, tuple[Notification, Exchange]] = {}

    def make() -> None:
        try:
            made.append(api.fresh(resource))
        finally:
            answered.set()

    def look() -> None:
        # whose event it is shows only when the create is answered
        while not answered.is_set() and len(seen) < _MOST:
            found = subscription.glimpse(
                lambda each: each.declared is created and each.order not in seen, 0.02
            )
            if found is not None:
                read(found)
        answered.wait()
        if made and not any(is_about(each, made[0]) for each, _ in seen.values()):
            found = subscription.find(tells(made[0], created), within=SOON, change=created.change)
            if found is not None:
                read(found)

    def read(found: Notification) -> None:
        id = identity(found.payload) or id_in_url(str((found.payload or {}).get("href", ""))) or ""
        label = f"GET {resource.path}/{{id}} at the moment at which the {created.name} came"
        if id:
            seen[found.order] = (found, api.retrieve(resource, id, label=label, intent=Intent.OPEN))

    api.in_parallel([make, look])
    return made[0], list(seen.values())


def _changed_as_it_comes(api: Api, subscription: Subscription, mine: Instance, event: EventType) -> None:
    changes = api.change(mine)
    name, value = next(iter(changes.items()))
    label = f"GET {mine.resource.path}/{{id}} at the moment at which the {event.name} came"
    wanted = tells(mine, event)

    def shows_it(each: Notification) -> bool:
        # an event that does not show the change may be about another one
        return wanted(each) and same_json((each.payload or {}).get(name), value)

    def look() -> tuple[Notification, Exchange] | None:
        found = subscription.find(shows_it, within=SOON, change=event.change)
        if found is None:
            return None
        return found, api.retrieve(mine.resource, mine.id, label=label, intent=Intent.OPEN)

    def change() -> None:
        patched(api, mine, changes, intent=Intent.OPEN)

    _, looked = api.in_parallel([change, look])
    if looked is None:
        return
    each, shown = looked
    body = shown.representations[0] if shown.representations else None
    if body is not None and not same_json(body.get(name), value):
        raise _too_early(each, f"{name} {show(value)}", f"{name} {show(body.get(name))}")


def _too_early(notification: Notification, expected: str, read: str) -> Violation:
    return Violation(
        f"{notification.event_type} came before GET showed what it tells",
        expected=f"{expected} in GET as soon as the event has come",
        actual=read,
        exchange=notification,
    )


@check(
    "notification.progress",
    SHOULD,
    "Listeners hear when a task or a job moves on.",
    source="the API's OpenAPI document, listeners; rule EVT-04",
    on=Kind.CREATE,
    when=lambda resource: "StateChange" in resource.events and Kind.PATCH not in resource.operations,
)
def listeners_hear_how_a_task_goes_on(api: Api, resource: Resource) -> None:
    event, state = resource.events["StateChange"], resource.state_attribute
    with api.subscribe() as subscription:
        mine = api.fresh(resource)
        wanted = may_tell(mine, event)
        if subscription.glimpse(wanted, _BY_ITSELF) is not None:
            return
        shown = api.retrieve(resource, mine.id, intent=Intent.OPEN)
        now = shown.representations[0].get(state) if shown.representations and state else None
        before = mine.body.get(state or "")
        if is_empty(now) or is_empty(before) or now == before:
            skip(f"the {resource.name} did not move on within {_BY_ITSELF:g} s")
        what = f"a {event.name} about {resource.name} {mine.id}, which went from {before} to {now},"
        subscription.wait_for(wanted, what, change=event.change)
