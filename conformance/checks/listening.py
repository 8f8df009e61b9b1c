"""Listening: how checks come to hear of changes, and how they tell what a notification is about."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from tmfrig.conformance.api import Api, Instance, id_in_url, identity
from tmfrig.conformance.check import CannotJudge, Skipped, skip
from tmfrig.conformance.checks.patching import patched
from tmfrig.conformance.exchange import Exchange, Intent, Notification
from tmfrig.conformance.sink import Subscription
from tmfrig.specs import Contract, EventType, Kind, Resource

SOON: Final = 3.0
"""Seconds that a notification may take where its absence is the finding of another check."""
CHANGES: Final = ("AttributeValueChange", "Change")
SILENT: Final = "no notification came to a registered listener (a finding of notification.create)"


def registration_id(answer: Exchange) -> str | None:
    """The id that a successful registration gave, by its body or else by Location; None without either."""
    named = identity(answer.json) if answer.is_json else None
    return (named or id_in_url(answer.headers.get("location", ""))) if answer.ok else None


@contextmanager
def another_listener(
    api: Api, query: str | None = None, *, below: str = "", label: str = "", intent: Intent = Intent.OPEN
) -> Iterator[tuple[Subscription, Exchange]]:
    """A callback of ours and what the hub says to it, which may be no; `below` is added to the callback.

    Where it was taken, it is unregistered at the end.
    """
    listener = api.listener()
    with api.hub_turn:
        answer = api.register(f"{listener.callback}{below}", query, label=label, intent=intent)
        listener.registration = registration_id(answer)
        try:
            yield listener, answer
        finally:
            listener.close()
            if listener.registration is not None:
                ending = f"DELETE {api.hub_path}/{{id}}, to end the subscription"
                api.unregister(listener.registration, label=ending, intent=Intent.OPEN)


def something_new(api: Api) -> Instance:
    """A new resource of whose creation listeners hear, of the simplest type that the target lets us create.

    Skips where there is none; CannotJudge when the target refuses all of them.
    """
    resources = list(filter(announces, api.contract.resources.values()))
    if not resources:
        skip("the contract has no event of something new")
    problem: Skipped | CannotJudge | None = None
    for resource in sorted(resources, key=lambda each: Kind.PATCH not in each.operations):
        try:
            return api.fresh(resource)
        except (Skipped, CannotJudge) as reason:
            problem = problem or reason
    assert problem is not None
    raise problem


def something_happens_to(api: Api, instance: Instance) -> EventType | None:
    """Change an instance, or delete it where it cannot be changed; the event that listeners are owed for it.

    None when neither is possible.
    """
    change = changed_if_possible(api, instance)
    return change[0] if change is not None else deleted_if_possible(api, instance)


def changed_if_possible(api: Api, instance: Instance) -> tuple[EventType, dict[str, Any]] | None:
    """Change an instance; the event that listeners are owed for it, and what was changed."""
    event = change_event(instance.resource)
    if event is None or Kind.PATCH not in instance.resource.operations:
        return None
    try:
        changes = api.change(instance)
        return (event, changes) if patched(api, instance, changes, intent=Intent.OPEN).ok else None
    except Skipped:
        return None


def deleted_if_possible(api: Api, instance: Instance) -> EventType | None:
    """Delete an instance; the event that listeners are owed for it."""
    resource = instance.resource
    if "Delete" not in resource.events or Kind.DELETE not in resource.operations:
        return None
    label = f"DELETE {resource.path}/{{id}}"
    done = api.delete(resource, instance.id, label=label, intent=Intent.OPEN).ok
    return resource.events["Delete"] if done else None


def unregisters(contract: Contract) -> bool:
    """Whether the contract has a way to unregister a listener."""
    return contract.unregister is not None


def announces(resource: Resource) -> bool:
    """Whether a client can create one, and listeners are owed an event for that."""
    return Kind.CREATE in resource.operations and "Create" in resource.events


def change_event(resource: Resource) -> EventType | None:
    """The event of a changed attribute, as the API calls it."""
    return next((resource.events[name] for name in CHANGES if name in resource.events), None)


def event_of(notification: Notification) -> dict[str, Any] | None:
    """The object in which a notification holds the resource; None where there is no such object."""
    event = notification.json.get("event") if isinstance(notification.json, dict) else None
    return event if isinstance(event, dict) else None


def names_resource(event: Mapping[str, Any], declared: EventType) -> bool:
    """Whether a key names the resource. Official documents misspell some keys; its own name is right as
    well."""
    return bool({declared.payload_key.lower(), declared.resource.lower()} & {key.lower() for key in event})


def is_about(notification: Notification, instance: Instance) -> bool:
    """Whether the resource inside names this instance, by id or by href.

    A payload under a key that cannot be right may be anybody's.
    """
    payload = notification.payload or {}
    return identity(payload) == instance.id or id_in_url(str(payload.get("href", ""))) == instance.id


def tells(instance: Instance, event: EventType) -> Callable[[Notification], bool]:
    """Whether a notification is this event about this instance."""
    return lambda notification: notification.declared is event and is_about(notification, instance)


def may_tell(instance: Instance, event: EventType) -> Callable[[Notification], bool]:
    """As `tells`, with the benefit of the doubt.

    A payload that cannot be found, or names nothing, may be about this instance; other checks judge its form.
    """

    def may_be(notification: Notification) -> bool:
        if notification.declared is not event:
            return False
        payload = notification.payload or {}
        if not names_resource(event_of(notification) or {}, event):
            return True
        return is_about(notification, instance) or not ({"id", "href"} & payload.keys())

    return may_be


def is_same(one: Notification, other: Notification) -> bool:
    """Whether two notifications are one event that was delivered twice."""
    first, second = (each.json if isinstance(each.json, dict) else {} for each in (one, other))
    return all(first.get(name) == second.get(name) for name in ("eventId", "eventType", "event"))


def hears_of(
    subscription: Subscription, instance: Instance, event: EventType, within: float = SOON
) -> Notification | None:
    """The event about this instance, where it comes in time; `may_tell` says what counts as that."""
    return subscription.find(may_tell(instance, event), within, change=event.change)


def delivers(api: Api) -> bool:
    """Whether a plain listener hears of something new: what a silence elsewhere is measured by."""
    with api.subscribe() as plain:
        mine = something_new(api)
        return hears_of(plain, mine, mine.resource.events["Create"]) is not None
