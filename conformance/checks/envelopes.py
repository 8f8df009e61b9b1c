"""Envelopes: what names an event and its time, and the resource that it is about."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from tmfrig.conformance.api import Api, identity
from tmfrig.conformance.check import (
    MAY,
    SHOULD,
    Violation,
    check,
    not_applicable,
    observing_notification,
    skip,
)
from tmfrig.conformance.checks.listening import (
    SILENT,
    SOON,
    event_of,
    hears_of,
    names_resource,
    something_happens_to,
    something_new,
    tells,
)
from tmfrig.conformance.checks.places import instant, is_empty
from tmfrig.conformance.exchange import Exchange, Notification
from tmfrig.conformance.expect import show
from tmfrig.specs import EventType

_SAME_CLOCK = timedelta(minutes=10)
"""How far the clocks of the parts of one target may be apart; less than any error of time zones."""
_ANY_CLOCK = timedelta(days=1)


@observing_notification(
    "notification.identity",
    SHOULD,
    "The resource inside a notification, be it partial, names itself by id or href.",
    source="the API's OpenAPI document, payloads of the event types; rule EVT-08",
)
def the_payload_names_the_resource(notification: Notification) -> None:
    payload = notification.payload
    event, declared = event_of(notification), notification.declared
    if payload is None or declared is None or event is None:
        not_applicable()
    if not names_resource(event, declared):
        not_applicable()  # a finding of notification.payload-key
    if is_empty(payload.get("id")) and is_empty(payload.get("href")):
        raise Violation(
            f"{notification.event_type}: the {declared.resource} has neither id nor href",
            expected="id or href, so that a listener knows what the event is about",
            actual=f"only {', '.join(list(payload)[:6])}" if payload else "an empty object",
            exchange=notification,
        )


@check(
    "notification.time",
    SHOULD,
    "eventTime is the moment of the event, with its time zone.",
    source="the API's OpenAPI document, eventTime; RFC 3339; rule EVT-07",
    scope="hub",
)
def the_time_is_that_of_the_event(api: Api) -> None:
    with api.subscribe() as listener:
        mine = something_new(api)
        found = hears_of(listener, mine, mine.resource.events["Create"])
    if found is None:
        skip(SILENT)
    told = found.json.get("eventTime")
    moment = instant(told)
    if moment is None:
        if _is_declared_as_moment(found.declared):
            skip("eventTime is no date-time (a finding of notification.envelope or notification.schema)")
        raise _wrong_time(found, "is no RFC 3339 date-time with a time zone", "such as 2026-11-23T10:00:00Z")
    clock, tolerance = _clock(mine.exchange)
    if abs(moment - clock) > tolerance:
        hours = (moment - clock).total_seconds() / 3600
        off = f"{abs(hours):.1f} hours {'after' if hours > 0 else 'before'} the change"
        raise _wrong_time(found, f"is {off}", f"about {clock.isoformat(timespec='seconds')}")


def _is_declared_as_moment(event: EventType | None) -> bool:
    attributes = event.schema.attributes if event else {}
    return "eventTime" in attributes and attributes["eventTime"].format == "date-time"


def _clock(answer: Exchange) -> tuple[datetime, timedelta]:
    """When a change was answered, by the target's clock or else by ours, and how exactly that is known."""
    try:
        stamped = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return datetime.now(UTC), _ANY_CLOCK
    return (stamped if stamped.tzinfo else stamped.replace(tzinfo=UTC)), _SAME_CLOCK


def _wrong_time(found: Notification, what: str, expected: str) -> Violation:
    told = show(found.json.get("eventTime"))
    return Violation(f"{found.event_type}: eventTime {told} {what}", expected, told, found)


@check(
    "notification.event-id",
    SHOULD,
    "An eventId stands for one event: another event has another.",
    source="the API's OpenAPI document, eventId; rule EVT-07",
    scope="hub",
)
def an_event_id_stands_for_one_event(api: Api) -> None:
    with api.subscribe() as listener:
        mine = something_new(api)
        other = something_happens_to(api, mine)
        last = api.fresh(mine.resource)
        if hears_of(listener, last, mine.resource.events["Create"]) is None:
            skip(SILENT)
        if other is not None:
            listener.glimpse(tells(mine, other), within=SOON)
        heard = listener.received
    clash = used_twice(heard)
    if clash is not None:
        one, two = clash
        raise Violation(
            f"eventId {one.json['eventId']} stands for {_told(one)} and for {_told(two)}",
            expected="an eventId of its own for each event; the same only when one is delivered again",
            actual=f"eventId {one.json['eventId']} twice",
            exchange=two,
        )


def used_twice(notifications: Iterable[Notification]) -> tuple[Notification, Notification] | None:
    """Two notifications of different events with the same eventId, or None.

    The same event may come more than once, with the time of its delivery or with a payload that is read anew.
    """
    first: dict[str | int, Notification] = {}
    for each in notifications:
        id = each.json.get("eventId") if isinstance(each.json, dict) else None
        if is_empty(id) or not isinstance(id, str | int):
            continue
        before = first.setdefault(id, each)
        if _about(before) != _about(each) or _both_differ(before.json, each.json):
            return before, each
    return None


def _both_differ(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return one.get("eventTime") != other.get("eventTime") and one.get("event") != other.get("event")


def _about(notification: Notification) -> tuple[str | None, object]:
    payload = notification.payload or {}
    return notification.event_type, identity(payload) or payload.get("href")


def _told(notification: Notification) -> str:
    name, about = _about(notification)
    return f"{name or 'an event'} about {about or 'nothing that is named'}"


@check(
    "notification.event-types",
    MAY,
    "Which of the event types of the contract were heard while everything else was checked.",
    source="the API's OpenAPI document, listeners; rule EVT-04",
    scope="hub",
)
def the_event_types_that_were_heard(api: Api) -> str:
    """Whether those are heard that a client can cause is asked elsewhere; others need luck, or staff."""
    heard = [name for name in api.contract.events if name in api.event_types_heard]
    if not heard:
        skip("no notification of a declared type came")
    silent = [name for name in api.contract.events if name not in heard]
    return f"{len(heard)} of {len(heard) + len(silent)} came" + (
        f"; not provoked: {', '.join(silent)}" if silent else ""
    )
