"""Delivery: to which address notifications come, how often, and when they end."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl

from tmfrig.conformance.api import NOT_OFFERED, Api
from tmfrig.conformance.check import (
    MAY,
    MUST,
    SHOULD,
    Suite,
    Violation,
    check,
    not_applicable,
    observing_notification,
    skip,
)
from tmfrig.conformance.checks.listening import (
    SILENT,
    SOON,
    another_listener,
    delivers,
    hears_of,
    is_about,
    is_same,
    something_new,
    unregisters,
)
from tmfrig.conformance.checks.patching import JSON
from tmfrig.conformance.exchange import Exchange, Intent, Notification, query_pairs
from tmfrig.conformance.expect import describe_answer
from tmfrig.conformance.sink import Subscription

_CREATED, _NO_CONTENT, _FAILED = 201, 204, 500
_BELOW: Final = "/branch/7?key=K-41&lang=en"
_MOMENT = 0.2
"""Seconds in which somebody who hears later than others has heard as well."""
_ADJUSTING = 1.0
"""Seconds that a hub may take until all of it knows that somebody was unregistered."""
_IMPATIENT = 0.8
"""Seconds in which a sender that does not take yes for an answer tries again."""
_AGAIN = 5.0


@observing_notification(
    "notification.media-type",
    MUST,
    "A notification is sent as application/json.",
    source="the API's OpenAPI document, media types of the listeners; rule HTTP-11",
)
def a_notification_is_json(notification: Notification) -> None:
    if not notification.body:
        not_applicable()  # a finding of notification.envelope
    sent = notification.headers.get("content-type")
    if (sent or "").partition(";")[0].strip().lower() != JSON:
        raise Violation(
            f"Content-Type is {sent}" if sent else "no Content-Type",
            expected=f"Content-Type: {JSON}, with or without a charset",
            actual=f"Content-Type: {sent}" if sent else "no Content-Type header",
            exchange=notification,
        )


@check(
    "notification.callback",
    SHOULD,
    "A notification comes to the callback as it was registered, with its path and query.",
    source="TMF630, notification pattern, callback; user guides of version 5; rule EVT-05",
    scope="hub",
)
def a_notification_comes_to_the_whole_callback(api: Api) -> str | None:
    path, _, query = _BELOW.partition("?")
    label = f"POST {api.hub_path} with a callback that ends in {_BELOW}"
    with another_listener(api, below=_BELOW, label=label, intent=Intent.VALID) as (listener, answer):
        _is_taken(answer)
        mine = something_new(api)
        found = hears_of(listener, mine, mine.resource.events["Create"])
    if found is None:
        if not delivers(api):
            skip(SILENT)
        raise Violation(
            f"{label}: nothing came there, although a plain callback is notified",
            expected=f"POST {listener.callback}{_BELOW}",
            actual="nothing",
            exchange=answer,
        )
    # what is added below the callback's path is the sender's choice
    added = {*query_pairs(found.url)} - {*parse_qsl(query)}
    kept = found.path == path or found.path.startswith(f"{path}/")
    if not kept or not {*parse_qsl(query)} <= {*query_pairs(found.url)}:
        raise Violation(
            f"{found.event_type} came to {found.url.removeprefix(listener.callback)}, not to {_BELOW}",
            expected=f"POST {listener.callback}{_BELOW}, or below its path with the same query",
            actual=f"POST {found.url}",
            exchange=found,
        )
    return f"with {', '.join(name for name, _ in sorted(added))} added to the query" if added else None


def _is_taken(answer: Exchange) -> None:
    if answer.status in NOT_OFFERED:
        skip(f"the hub is not offered (POST /hub was answered {answer.status})")
    if not answer.ok:
        skip(f"the callback was refused: {describe_answer(answer)}")


@check(
    "notification.taken-once",
    SHOULD,
    "Whatever 2xx a listener answers, with a body or without, the notification has arrived and is not sent "
    "again and again, nor as if it were another one.",
    source="the API's OpenAPI document, answers of the listeners, eventId; rules EVT-06, EVT-07",
    scope="hub",
)
def a_notification_that_was_taken_is_over(api: Api) -> None:
    with api.subscribe() as listener:
        declared = {status for event in api.contract.events.values() for status in event.statuses}
        # what a sender of the other version would be answered
        listener.usual = _NO_CONTENT if str(_CREATED) in declared else _CREATED
        mine = something_new(api)
        first = hears_of(listener, mine, mine.resource.events["Create"])
        if first is None:
            skip(SILENT)
        copies: list[Notification] = []
        twins: list[Notification] = []

        def is_the_third(each: Notification) -> bool:
            # one may come twice: at least once is what senders promise
            copies.extend([each] if is_same(each, first) else [])
            twins.extend([each] if is_about(each, mine) and _tells_the_same(each, first) else [])
            return len(copies) > 2

        third = listener.glimpse(is_the_third, within=_IMPATIENT)
    if twins:
        raise Violation(
            f"a second {first.event_type} of the same {mine.resource.name} came, with an eventId of its own",
            expected="one event, and the same eventId if it comes again",
            actual=f"eventId {first.json['eventId']} and {twins[0].json['eventId']}",
            exchange=twins[0],
        )
    if third is not None:
        seconds = third.received - first.received
        raise Violation(
            f"{third.event_type} came {len(copies)} times within {seconds:.1f} s, although each was answered "
            f"{first.answered}",
            expected=f"no more of it after {first.answered}",
            actual=f"{len(copies)} times the same eventId, eventType and event",
            exchange=third,
        )


def _tells_the_same(one: Notification, other: Notification) -> bool:
    """Whether two notifications tell the same under different ids."""
    if not (isinstance(one.json, dict) and isinstance(other.json, dict)):
        return False
    first, second = one.json.get("eventId"), other.json.get("eventId")
    alike = all(one.json.get(name) == other.json.get(name) for name in ("eventType", "event"))
    return alike and isinstance(first, str) and isinstance(second, str) and first != second


@check(
    "notification.redelivery",
    MAY,
    "A notification that a listener could not take comes again.",
    source="usual practice of event delivery; rule NOTE-03",
    scope="hub",
    suite=Suite.full,
)
def what_was_not_taken_comes_again(api: Api) -> str:
    with api.subscribe() as listener:
        listener.answers.append(_FAILED)
        something_new(api)
        refused = listener.find(lambda each: each.answered == _FAILED, within=SOON)
        if refused is None:
            skip(SILENT)
        again = listener.glimpse(
            lambda each: each.order > refused.order and is_same(each, refused), within=_AGAIN
        )
    if again is None:
        raise Violation(
            f"a {refused.event_type} that was answered {_FAILED} did not come again within {_AGAIN:g} s",
            expected="the same notification once more",
            actual="nothing",
            exchange=refused,
        )
    return f"came again {again.received - refused.received:.1f} s after it was answered {_FAILED}"


@check(
    "notification.unregistered",
    MUST,
    "Who was unregistered hears nothing of what happens from then on.",
    source="TMF630, notification pattern, end of a registration; rule EVT-10",
    scope="hub",
    when=unregisters,
)
def who_was_unregistered_hears_nothing(api: Api) -> str | None:
    """Another listener that has heard shows that what should not come had its time to come."""
    with api.subscribe() as gone:
        if gone.registration is None:
            skip("the registration gave no id by which it could be ended")
        answer = api.unregister(gone.registration)
        if not answer.ok:
            skip(f"the listener could not be unregistered: {describe_answer(answer)}")
        gone.registration = None
        with api.subscribe() as there:
            if _late(api, gone, there) is None:
                return None
            # the hub may have several parts, of which not all know at once
            there.glimpse(lambda each: False, within=_ADJUSTING)
            late = _late(api, gone, there)
    if late is None:
        return f"it took up to {_ADJUSTING:g} s to take effect"
    raise Violation(
        f"{late.event_type} came to a callback whose registration had been ended with {answer.status} before "
        "the change",
        expected="no notification after DELETE /hub/{id}",
        actual=f"{late.event_type} at {late.url}",
        exchange=late,
    )


def _late(api: Api, gone: Subscription, there: Subscription) -> Notification | None:
    """What comes to one who is gone about something that one who is there has heard of."""
    mine = something_new(api)
    if hears_of(there, mine, mine.resource.events["Create"]) is None:
        skip(SILENT)
    return gone.glimpse(lambda each: is_about(each, mine), within=_MOMENT)
