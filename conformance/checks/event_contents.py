"""Contents of events: whether they are about the resource that changed, and show what became of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final

from tmfrig.conformance.api import Api, Instance, id_in_url, identity
from tmfrig.conformance.check import MUST, SHOULD, CannotJudge, Skipped, Violation, check, skip
from tmfrig.conformance.checks.listening import (
    SOON,
    announces,
    change_event,
    changed_if_possible,
    deleted_if_possible,
    is_about,
    is_same,
    tells,
)
from tmfrig.conformance.checks.notifications import body_with_state, is_changed, moved
from tmfrig.conformance.checks.patching import patched
from tmfrig.conformance.checks.places import instant, is_empty
from tmfrig.conformance.checks.samples import texts
from tmfrig.conformance.exchange import Intent, Notification
from tmfrig.conformance.expect import describe_answer, same_json, show
from tmfrig.conformance.sink import Subscription
from tmfrig.specs import EventType, Kind, Resource

_SAME_MOMENT = timedelta(seconds=1)
"""By how much a moment may differ that one part of a target writes more exactly than another."""
_WORDS: Final = "Fibre 500 for a household, with a line of its own"
_ADDRESSES: Final = ("href", "@schemaLocation")


def _can_change(resource: Resource) -> bool:
    return announces(resource) and change_event(resource) is not None


@check(
    "notification.subject",
    MUST,
    "An event is about the resource that was created, changed or deleted, and no other.",
    source="the API's OpenAPI document, payloads of the event types; rule NOTE-04",
    on=Kind.CREATE,
    when=announces,
)
def an_event_is_about_what_changed(api: Api, resource: Resource) -> None:
    with api.subscribe() as subscription:
        bystander = api.fresh(resource)
        mine = api.fresh(resource)
        heard = _about_mine(api, subscription, resource.events["Create"], mine, bystander)
        change = changed_if_possible(api, mine)
        if change is not None:
            heard = _about_mine(api, subscription, change[0], mine, bystander) or heard
        deletion = deleted_if_possible(api, mine)
        if deletion is not None:
            heard = _about_mine(api, subscription, deletion, mine, bystander) or heard
    if not heard:
        skip("nothing came about what happened (a finding of notification.create)")


def _about_mine(
    api: Api, subscription: Subscription, event: EventType, mine: Instance, bystander: Instance
) -> bool:
    found = subscription.find(tells(mine, event), within=SOON, change=event.change)
    if found is not None:
        raise_for_contradiction(found, mine)
        return True
    known = [each for each in subscription.received if each.declared is event]
    seen: list[Notification] = []
    for each in known:
        if any(is_same(each, other) for other in seen):
            continue
        seen.append(each)
        id = identity(each.payload)
        # of the bystander one hears that it was created, once, and nothing else
        again = is_about(each, bystander) and (event.change != "Create" or _is_second(each, seen, bystander))
        if again or (id is not None and event.change == "Create" and _is_nowhere(api, mine.resource, id)):
            raise Violation(
                f"{event.name}: the event is about {mine.resource.name} {id}, "
                + ("to which nothing happened" if again else "which does not exist"),
                expected=f"{event.name} about {mine.resource.name} {mine.id}",
                actual=f"{event.name} about {mine.resource.name} {id}",
                exchange=each,
            )
    return False


def _is_second(notification: Notification, seen: Sequence[Notification], bystander: Instance) -> bool:
    return any(is_about(each, bystander) for each in seen if each is not notification)


def _is_nowhere(api: Api, resource: Resource, id: str) -> bool:
    if Kind.RETRIEVE not in resource.operations:
        return False
    label = f"GET {resource.path}/{{id}} by the id in an event"
    return api.retrieve(resource, id, label=label, intent=Intent.OPEN).status == 404


def raise_for_contradiction(notification: Notification, mine: Instance) -> None:
    """A Violation where one of id and href in the payload names another resource."""
    payload = notification.payload or {}
    id, href = identity(payload), payload.get("href")
    by_href = id_in_url(href) if isinstance(href, str) else None
    # an href may be of a form that has no id at its end: then it is the one that we know
    astray = by_href not in (None, mine.id) and href != mine.href and id_in_url(mine.href or "") == mine.id
    if id not in (None, mine.id) or astray:
        told = {name: payload[name] for name in ("id", "href") if name in payload}
        raise Violation(
            f"{notification.event_type}: id and href do not name the same {mine.resource.name}",
            expected=f"{mine.resource.name} {mine.id}",
            actual=show(told),
            exchange=notification,
        )


@check(
    "notification.shows-change",
    MUST,
    "An event of a change shows the resource as the change left it, as far as it shows it.",
    source="the API's OpenAPI document, payloads of the event types; rule NOTE-04",
    on=Kind.PATCH,
    when=_can_change,
)
def an_event_shows_what_the_change_brought(api: Api, resource: Resource) -> None:
    event = change_event(resource)
    assert event is not None
    with api.subscribe() as subscription:
        mine = api.fresh(resource, body_with_state(api, resource))
        judged = _shows_attribute(api, subscription, mine, event)
        if "StateChange" in resource.events:
            judged = _shows_state(api, subscription, mine, resource.events["StateChange"]) or judged
    if not judged:
        skip("no event of a change came (a finding of notification.change)")


def _shows_attribute(api: Api, subscription: Subscription, mine: Instance, event: EventType) -> bool:
    """Two changes of one attribute: only then does an old value say that it is old."""
    wanted = tells(mine, event)
    try:
        first = api.change(mine)
        if not patched(api, mine, first, intent=Intent.OPEN).ok:
            return False
        before = subscription.find(wanted, within=SOON, change=event.change)
        if before is None:
            return False
        name, old = next(iter(first.items()))
        now = Instance(mine.resource, mine.id, {**mine.body, **first}, mine.exchange, created=True)
        second = api.change(now)
        if not patched(api, mine, second, intent=Intent.OPEN).ok:
            return True
    except Skipped:
        return False

    def is_next(each: Notification) -> bool:
        return wanted(each) and not is_same(each, before)

    return _shows_new(subscription, event, is_next, name, old, second.get(name))


def _shows_state(api: Api, subscription: Subscription, mine: Instance, event: EventType) -> bool:
    try:
        changes, answer = moved(api, mine)
        if not answer.ok:
            return False
        is_changed(api, mine, changes)
    except Skipped:
        return False
    name, new = next(iter(changes.items()))
    return _shows_new(subscription, event, tells(mine, event), name, mine.body.get(name), new)


def _shows_new(
    subscription: Subscription,
    event: EventType,
    wanted: Callable[[Notification], bool],
    name: str,
    old: Any,
    new: Any,
) -> bool:
    """Whether an event came; a Violation where it shows the old value, and none comes that does not."""

    def is_up_to_date(each: Notification) -> bool:
        shown = (each.payload or {}).get(name)
        return wanted(each) and not (same_json(shown, old) and not same_json(shown, new))

    if subscription.find(is_up_to_date, within=SOON, change=event.change) is not None:
        return True
    outdated = next(filter(wanted, subscription.received), None)
    if outdated is None or is_empty(old):
        return False
    raise Violation(
        f"{outdated.event_type}: {name} is {show(old)}, as it was before the change",
        expected=f"{name} {show(new)}, or no {name} at all",
        actual=f"{name} {show(old)}",
        exchange=outdated,
    )


@check(
    "notification.agrees",
    SHOULD,
    "What an event shows of a new resource is what GET shows of it.",
    source="the API's OpenAPI document, payloads of the event types; rule NOTE-04",
    on=Kind.RETRIEVE,
    when=announces,
)
def an_event_agrees_with_the_resource(api: Api, resource: Resource) -> None:
    with api.subscribe() as subscription:
        mine = _new_with_words(api, resource)
        event = resource.events["Create"]
        found = subscription.find(tells(mine, event), within=SOON, change=event.change)
    if found is None:
        skip("nothing came about what was created (a finding of notification.create)")
    shown = api.retrieve(resource, mine.id, intent=Intent.OPEN)
    if not shown.representations:
        skip(f"GET {resource.path}/{{id}} does not show it: {describe_answer(shown)}")
    wrong = contradicted(found.payload or {}, shown.representations[0], mine.body)
    if wrong is not None:
        name, told, held = wrong
        raise Violation(
            f"{found.event_type}: {name} is {show(told)}, while POST and GET answer {show(held)}",
            expected=f"{name} {show(held)}, or no {name} at all",
            actual=f"{name} {show(told)}",
            exchange=found,
        )


def _new_with_words(api: Api, resource: Resource) -> Instance:
    """A new resource with a text, where a client may give it one and the target takes it."""
    name = next(iter(texts(resource)), None)
    try:
        return api.fresh(resource, api.payload(resource) | {name: _WORDS} if name else None)
    except CannotJudge:
        return api.fresh(resource)


def contradicted(
    payload: dict[str, Any], shown: dict[str, Any], answered: dict[str, Any]
) -> tuple[str, Any, Any] | None:
    """An attribute of which an event says something else than two answers that agree on it, with both values.

    What the answers disagree about moves by itself. A payload may be partial, and its addresses may be those
    that somebody else reaches.
    """
    for name, told in payload.items():
        quiet = name in shown and name in answered and same_json(shown[name], answered[name])
        if quiet and name not in _ADDRESSES and not _is_within(told, shown[name]):
            return name, told, shown[name]
    return None


def _is_within(told: Any, held: Any) -> bool:
    """Whether a value is the other one or a part of it; a moment may be written in another way."""
    if isinstance(told, dict) and isinstance(held, dict):
        return all(
            name in _ADDRESSES or name not in held or _is_within(each, held[name])
            for name, each in told.items()
        )
    if isinstance(told, list) and isinstance(held, list):
        return len(told) != len(held) or all(map(_is_within, told, held))
    one, other = instant(told), instant(held)
    if one is not None and other is not None:
        return abs(one - other) < _SAME_MOMENT
    return is_empty(told) or same_json(told, held)
