"""Notifications: what reaches a registered callback, and when."""

from __future__ import annotations

from typing import Any

from tmfrig.conformance.api import Api, Instance
from tmfrig.conformance.check import (
    MUST,
    SHOULD,
    Violation,
    check,
    not_applicable,
    observing_notification,
    skip,
)
from tmfrig.conformance.checks.listening import change_event, event_of, may_tell, names_resource
from tmfrig.conformance.checks.patching import patched
from tmfrig.conformance.checks.places import is_empty, without_nulls
from tmfrig.conformance.checks.retrieving import settled
from tmfrig.conformance.exchange import Exchange, Intent, Notification
from tmfrig.conformance.expect import describe_answer, expect_notification, show
from tmfrig.conformance.sink import Subscription
from tmfrig.specs import EventType, Kind, Resource

_SOURCE = "the API's OpenAPI document, listeners; rule EVT-04"
BY_ITSELF = 1.0
"""Seconds that an order is given to move on by itself where a client may not move it."""


@observing_notification(
    "notification.envelope",
    MUST,
    "A notification carries eventId, eventTime, eventType and event.",
    source="the API's OpenAPI document, event types; TMF630, notification pattern; rule EVT-01",
)
def a_notification_has_its_envelope(notification: Notification) -> None:
    envelope = expect_notification(notification)
    because = "the notification pattern has these four in every event"
    envelope.has("eventId", "eventTime", "eventType", "event", because=because)
    envelope.attribute("event").is_object("event holds the resource")


@observing_notification(
    "notification.schema",
    MUST,
    "What a notification holds is of the types that the contract declares, the resource inside included.",
    source="the API's OpenAPI document, event types; rules EVT-01, EVT-08, DATE-01, ENUM-01",
)
def a_notification_keeps_the_contract(notification: Notification) -> None:
    declared, resource = notification.declared, notification.resource
    if declared is None or not isinstance(notification.json, dict):
        not_applicable()
    # what is asked for instead of the resource is a rule of its own
    apart = resource is not None and _holds_something_else(resource, declared)
    told = {name: each for name, each in notification.json.items() if not (apart and name == "event")}
    problems = declared.schema.problems(without_nulls(told))
    # the resource may be partial (rule EVT-08), which may leave a choice undecided
    found = [each for each in problems if each.keyword not in ("required", "anyOf")]
    if found:
        raise Violation(
            f"{notification.event_type}: {found[0]}",
            expected="a notification as the contract declares it",
            actual="; ".join(map(str, found)),
            exchange=notification,
        )


@observing_notification(
    "notification.payload",
    MUST,
    "What an event holds in place of the resource, or beside it, is of the types that the contract declares.",
    source="the API's OpenAPI document, payloads of the event types; rule EVT-09",
    when=lambda resource: any(_holds_something_else(resource, each) for each in resource.events.values()),
)
def the_payload_keeps_the_contract(notification: Notification) -> None:
    declared, resource = notification.declared, notification.resource
    event = event_of(notification)
    if declared is None or resource is None or event is None:
        not_applicable()
    if not _holds_something_else(resource, declared):
        not_applicable()
    problems = [
        each
        for each in declared.schema.problems({"event": without_nulls(event)})
        if each.keyword != "required" and each.path.startswith("event")
    ]
    absent = [name for name in declared.schema.attributes["event"].attributes if is_empty(event.get(name))]
    if problems or absent:
        told = str(problems[0]) if problems else f"event has no {', '.join(absent)}"
        raise Violation(
            f"{notification.event_type}: {told}",
            expected="an event as the contract declares it",
            actual="; ".join(map(str, problems[:5])) or f"no {', '.join(absent)}",
            exchange=notification,
        )


def _holds_something_else(resource: Resource, event: EventType) -> bool:
    """Whether an event is about more than the resource, or names it by a reference."""
    payload = event.schema.attributes.get("event")
    held = payload.attributes if payload else {}
    about = held.get(event.payload_key)
    own = resource.representation.body.type_name
    return len(held) > 1 or (about is not None and about.items is None and about.type_name != own)


@observing_notification(
    "notification.type",
    MUST,
    "eventType is one of the event types that the contract declares.",
    source="the API's OpenAPI document, listeners; rule EVT-02",
)
def the_event_type_is_declared(notification: Notification) -> None:
    if notification.event_type is None:
        not_applicable()
    if notification.declared is None:
        raise Violation(
            f"eventType {notification.event_type} is not declared by {notification.contract.api}",
            expected=f"one of {', '.join(notification.contract.events)}",
            actual=notification.event_type,
            exchange=notification,
        )


@observing_notification(
    "notification.payload-key",
    MUST,
    "event holds the resource under its name.",
    source="the API's OpenAPI document, payloads of the event types; rule EVT-03",
)
def the_payload_is_named_after_the_resource(notification: Notification) -> None:
    declared, event = notification.declared, event_of(notification)
    if declared is None or event is None:
        not_applicable()
    if not names_resource(event, declared):
        raise Violation(
            f"{notification.event_type}: event has no {declared.resource}",
            expected=f'"event": {{"{declared.payload_key}": {{…}}}}',
            actual=f'"event": {{{", ".join(show(key) for key in list(event)[:6])}}}',
            exchange=notification,
        )


@check(
    "notification.create",
    SHOULD,
    "Listeners hear of a new resource.",
    source=_SOURCE,
    on=Kind.CREATE,
    when=lambda resource: "Create" in resource.events,
)
def listeners_hear_of_a_new_resource(api: Api, resource: Resource) -> None:
    with api.subscribe() as subscription:
        mine = api.fresh(resource)
        _heard(subscription, mine, resource.events["Create"])


@check(
    "notification.change",
    SHOULD,
    "Listeners hear of a changed attribute.",
    source=_SOURCE,
    on=Kind.PATCH,
    when=lambda resource: change_event(resource) is not None,
)
def listeners_hear_of_a_change(api: Api, resource: Resource) -> None:
    event = change_event(resource)
    assert event is not None
    with api.subscribe() as subscription:
        mine = api.fresh(resource)
        changes = api.change(mine)
        answer = patched(api, mine, changes)
        if not answer.ok:
            skip(f"a change was refused: {describe_answer(answer)}")
        is_changed(api, mine, changes)
        _heard(subscription, mine, event)


@check(
    "notification.state-change",
    SHOULD,
    "Listeners hear of a changed state.",
    source=_SOURCE,
    on=Kind.PATCH,
    when=lambda resource: "StateChange" in resource.events,
)
def listeners_hear_of_a_changed_state(api: Api, resource: Resource) -> None:
    event = resource.events["StateChange"]
    with api.subscribe() as subscription:
        mine = api.fresh(resource, body_with_state(api, resource))
        changes, answer = moved(api, mine)
        if answer.ok:
            is_changed(api, mine, changes)
            _heard(subscription, mine, event)
        elif subscription.glimpse(may_tell(mine, event), within=BY_ITSELF) is None:
            skip(f"a client may not change the state: {describe_answer(answer)}")


def body_with_state(api: Api, resource: Resource) -> dict[str, Any]:
    """A body that says in which state the resource begins, where a client may say so."""
    body, name = api.payload(resource), resource.state_attribute
    if name in body or name is None or resource.creation is None or name not in resource.creation.attributes:
        return body
    return body | {name: api.full_payload(resource)[name]}


def is_changed(api: Api, instance: Instance, changes: dict[str, Any]) -> None:
    """Skips where GET shows none of the changes: nobody need hear of a change that did not happen."""

    def is_done(shown: Exchange) -> bool:
        before, after = instance.body, shown.representations[0] if shown.representations else {}
        return any(after.get(name) != before.get(name) for name in changes)

    if settled(api, instance, is_done) is None:
        skip(f"the PATCH of {', '.join(changes)} changed nothing (a finding of patch.changes)")


def moved(api: Api, instance: Instance) -> tuple[dict[str, Any], Exchange]:
    """A PATCH that moves the instance along its published lifecycle: what it said and how it was answered."""
    # The state may have moved on by itself since the create was answered.
    now = api.retrieve(instance.resource, instance.id, intent=Intent.OPEN)
    body = now.representations[0] if now.representations else instance.body
    current = Instance(instance.resource, instance.id, body, now, created=True)
    changes = api.state_change(current)
    return changes, patched(api, current, changes, label=f"PATCH {show(changes)}", intent=Intent.OPEN)


@check(
    "notification.delete",
    SHOULD,
    "Listeners hear of a deleted resource.",
    source=_SOURCE,
    on=Kind.DELETE,
    when=lambda resource: "Delete" in resource.events,
)
def listeners_hear_of_a_deletion(api: Api, resource: Resource) -> None:
    with api.subscribe() as subscription:
        mine = api.fresh(resource)
        answer = api.delete(resource, mine.id)
        if not answer.ok:
            skip(f"DELETE was not accepted: {describe_answer(answer)}")
        _heard(subscription, mine, resource.events["Delete"])


def _heard(subscription: Subscription, instance: Instance, event: EventType) -> None:
    what = f"a {event.name} about {instance.resource.name} {instance.id}"
    is_wanted = may_tell(instance, event)

    def is_of_no_declared_type(notification: Notification) -> bool:
        return notification.declared is None and notification.about(instance.id)

    got = subscription.wait_for(
        lambda each: is_wanted(each) or is_of_no_declared_type(each), what, change=event.change
    )
    if not is_wanted(got) and subscription.glimpse(is_wanted, within=BY_ITSELF) is None:
        skip(f"{got.event_type or 'a notification without eventType'} came (a finding of notification.type)")
