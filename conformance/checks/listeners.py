"""Listeners: several of them, the same one twice, and those that want to hear of some events only."""

from __future__ import annotations

from tmfrig.conformance.api import NOT_OFFERED, Api, Instance
from tmfrig.conformance.check import MAY, MUST, SHOULD, Suite, Violation, check, skip
from tmfrig.conformance.checks.listening import (
    SILENT,
    SOON,
    another_listener,
    delivers,
    hears_of,
    is_about,
    registration_id,
    something_happens_to,
    something_new,
    unregisters,
)
from tmfrig.conformance.exchange import Exchange, Intent, Notification
from tmfrig.conformance.expect import describe_answer, expect
from tmfrig.conformance.sink import Subscription
from tmfrig.specs import EventType

_MOMENT = 0.05
"""Seconds in which what was sent before the last notification comes after it, if it does."""


@check(
    "hub.second-listener",
    MUST,
    "A second listener is refused with 409, or taken so that both hear of what happens, each to its own end.",
    source="TMF630, notification pattern; the API's OpenAPI document, 409 of POST /hub; "
    "rules HUB-01, HUB-04, HUB-05",
    scope="hub",
)
def a_second_listener_is_refused_or_heard_like_the_first(api: Api) -> str | None:
    label = f"POST {api.hub_path}, a second listener"
    with api.subscribe() as first, another_listener(api, label=label) as (second, answer):
        expect(answer).not_a_server_error("a second listener is taken, or refused with 409")
        if not answer.ok:
            return f"refused with {answer.status}: one listener at a time is right as well"
        mine = something_new(api)
        first_heard, second_heard = (_hears(each, mine) for each in (first, second))
        if not first_heard and not second_heard:
            skip(SILENT)
        if not (first_heard and second_heard):
            deaf = "second" if first_heard else "first"
            raise Violation(
                f"{label}: answered {answer.status}, and then the {deaf} listener hears nothing",
                expected=f"a notification about {mine.resource.name} {mine.id} to both listeners",
                actual=f"one to the {'first' if first_heard else 'second'} only",
                exchange=answer,
            )
        _hears_on(api, first, second)
    return None


def _hears_on(api: Api, first: Subscription, second: Subscription) -> None:
    """Whoever is left hears of what happens after the end of the other."""
    if first.registration is None or not unregisters(api.contract):
        return
    label = f"DELETE {api.hub_path}/{{id}}, the first of two listeners"
    ended = api.unregister(first.registration, label=label, intent=Intent.OPEN)
    if not ended.ok:
        return
    first.registration = None
    mine = something_new(api)
    if not _hears(second, mine):
        raise Violation(
            f"{ended.label}: answered {ended.status}, and then the other hears nothing any more",
            expected=f"a notification about {mine.resource.name} {mine.id} to the listener that is left",
            actual="nothing",
            exchange=ended,
        )


def _hears(listener: Subscription, mine: Instance) -> bool:
    return hears_of(listener, mine, mine.resource.events["Create"]) is not None


@check(
    "hub.repeated-registration",
    SHOULD,
    "Registering a callback a second time is taken or refused, and leaves nothing that cannot be ended.",
    source="the API's OpenAPI document, POST /hub with 409; RFC 9110, conflicts; rule IDEM-02",
    scope="hub",
    when=unregisters,
)
def a_repeated_registration_does_no_harm(api: Api) -> str | None:
    label = f"POST {api.hub_path} with a callback that is registered"
    with api.subscribe() as listener:
        again = api.register(listener.callback, label=label, intent=Intent.OPEN)
        if again.status not in NOT_OFFERED:
            expect(again).not_a_server_error(because="it can be taken as it is, or refused with 409")
        mine = something_new(api)
        if not _hears(listener, mine):
            if not delivers(api):
                skip(SILENT)
            raise _deaf(again, mine, "the listener hears nothing any more")
        ids = {listener.registration, registration_id(again)} - {None}
        for id in ids:
            api.unregister(str(id), intent=Intent.OPEN)
        listener.registration = None
        said = f"refused with {again.status}" if again.is_error else f"taken with {again.status}"
        if not ids:
            return said
        with api.subscribe() as other:
            later = something_new(api)
            if not _hears(other, later):
                skip(SILENT)
            if listener.glimpse(lambda each: is_about(each, later), within=_MOMENT) is not None:
                ended = " and ".join(sorted(map(str, ids)))
                raise _deaf(
                    again, later, f"after the end of {ended} the listener still hears of what happens"
                )
    return said


def _deaf(answer: Exchange, mine: Instance, what: str) -> Violation:
    return Violation(
        f"{answer.label}: answered {answer.status}, and then {what}",
        expected="one registration that stays, two that can be ended each, or a 409",
        actual=f"{what} (tried with {mine.resource.name} {mine.id})",
        exchange=answer,
    )


@check(
    "hub.query",
    SHOULD,
    "A listener whose query names an event type, and is taken, hears of that type and no other.",
    source="TMF630, notification pattern, query; rule HUB-06",
    scope="hub",
)
def a_query_for_an_event_type_is_respected(api: Api) -> str | None:
    first = something_new(api)
    event = first.resource.events["Create"]
    query = f"eventType={event.name}"
    label = f"POST {api.hub_path} with query {query}"
    with another_listener(api, query, label=label) as (listener, answer):
        is_kept = _is_kept(answer, query)
        mine = api.fresh(first.resource)
        other = something_happens_to(api, mine)
        if other is None:
            skip(f"a {mine.resource.name} can neither be changed nor deleted, so that only one type occurs")
        last = api.fresh(first.resource)
        if not _hears(listener, last):
            return _explained(api, answer, listener, event, is_kept=is_kept)
        stray = listener.glimpse(lambda each: each.declared not in (None, event), within=_MOMENT)
    if stray is not None and not is_kept:
        skip(f"not offered: the query is not kept, and a {stray.event_type} came")
    if stray is not None:
        raise Violation(
            f"{label}: taken, but a {stray.event_type} came",
            expected=f"{event.name} and nothing else, or a registration that says that there is no query",
            actual=f"{stray.event_type}, although the registration shows the query",
            exchange=stray,
        )
    return _shown(api, answer, other, query, is_kept=is_kept)


def _shown(api: Api, answer: Exchange, other: EventType, query: str, *, is_kept: bool) -> str | None:
    """Whoever respects a query shows it. That what was not asked for did not come says so only where it would
    have come."""
    if is_kept or not answer.body.strip():
        return None  # an answer without a body, the finding of hub.status, shows nothing at all
    if other.name not in api.event_types_heard:
        return "the registration does not show the query, and nothing else came"
    raise Violation(
        f"{answer.label}: the query is respected, but the registration does not show it",
        expected=f"query {query}",
        actual=describe_answer(answer),
        exchange=answer,
    )


def _is_kept(answer: Exchange, query: str) -> bool:
    """Whether the registration shows the query; skips where a registration with a query is refused."""
    if not answer.ok:
        skip(f"not offered: a registration with a query is refused ({describe_answer(answer)})")
    hub = answer.json if answer.is_json and isinstance(answer.json, dict) else {}
    return str(hub.get("query", "")).lstrip("?") == query


def _explained(
    api: Api, answer: Exchange, listener: Subscription, event: EventType, *, is_kept: bool
) -> str | None:
    """What it means that nothing of the wanted type came."""
    came = {each.event_type for each in listener.received}
    if any(each.declared is event for each in listener.received):
        skip(f"a {event.name} is under way for too long")
    if not is_kept:
        skip("not offered: the query is not kept, and the listener hears nothing")
    if not delivers(api):
        skip(SILENT)
    raise Violation(
        f"{answer.label}: taken, but no {event.name} comes, which a listener without query hears of",
        expected=event.name,
        actual=f"only {', '.join(sorted(map(str, came)))}" if came else "nothing",
        exchange=answer,
    )


@check(
    "hub.query-attribute",
    MAY,
    "A listener's query may name an attribute of the resource, such as its id.",
    source="TMF630, notification pattern, query; rule HUB-06",
    scope="hub",
    suite=Suite.full,
)
def a_query_for_an_attribute_is_respected(api: Api) -> str | None:
    mine = something_new(api)
    other = api.fresh(mine.resource)
    key = mine.resource.events["Create"].payload_key
    query = f"event.{key}.id={mine.id}"
    label = f"POST {api.hub_path} with query {query}"
    with another_listener(api, query, label=label) as (listener, answer):
        _is_kept(answer, query)
        if something_happens_to(api, other) is None or something_happens_to(api, mine) is None:
            skip(f"a {mine.resource.name} can neither be changed nor deleted, so that nothing happens to it")
        heard = listener.glimpse(lambda each: is_about(each, mine), within=SOON)
        stray = listener.glimpse(lambda each: is_about(each, other), within=_MOMENT)
    if stray is not None:
        raise _not_offered(answer, f"what happens to {mine.resource.name} {other.id} is told as well", stray)
    if heard is None:
        raise _not_offered(answer, f"nothing is told of {mine.resource.name} {mine.id}", None)
    return f"query {query} is respected"


def _not_offered(answer: Exchange, what: str, witness: Notification | None) -> Violation:
    return Violation(f"{answer.label}: {what}", "events that fit the query only", what, witness or answer)
