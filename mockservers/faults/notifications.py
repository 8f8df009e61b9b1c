"""Faults of notifications: what they say of events and resources."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

from tmfrig.mockservers.events import Announcer
from tmfrig.mockservers.faults.fault import fault
from tmfrig.mockservers.hub import Hub, Listener
from tmfrig.mockservers.store import Body, Document, Notification
from tmfrig.specs import EventType

FAMILY = "notifications"
ORDERS, PRODUCTS, CATALOG = "TMF622", "TMF637", "TMF620"
SERVICES, SERVICE_ORDERS = "TMF638", "TMF641"

# ── the envelope ────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Misinformed(Listener):
    """A listener to whom things are told in another way."""

    reword: Callable[[Body], Body] = dict

    def narrowed(self, envelope: Body) -> Body:
        """What it is told."""
        return self.reword(dict(Listener.narrowed(self, envelope)))


class Rewording(Hub):
    """Says something else than it should in every notification; queries are about what it should say."""

    def _listener(self, registration: Body, *, jsonpath: bool = True) -> Listener:
        right = super()._listener(registration, jsonpath=jsonpath)
        return _Misinformed(right.id, right.callback, right.query, self.reworded)

    def reworded(self, envelope: Body) -> Body:
        """What is sent in place of an envelope, which is the caller's to change; not what is inside."""
        return envelope


def with_resource(envelope: Body, resource: Body) -> Body:
    """The envelope with another resource under the same key."""
    return envelope | {"event": dict.fromkeys(envelope["event"], resource)}


def resource_of(envelope: Body) -> Body:
    """The resource that an event holds."""
    resource: Body = next(iter(envelope["event"].values()))
    return resource


@fault(
    "event-without-id",
    ORDERS,
    "Notifications have no eventId; every event has one.",
    rule="EVT-01",
    family=FAMILY,
)
class NumbersNoEvents(Rewording):
    """Leaves eventId to those who need it."""

    def reworded(self, envelope: Body) -> Body:
        """All but that."""
        envelope = super().reworded(envelope)
        return {name: value for name, value in envelope.items() if name != "eventId"}


@fault(
    "event-without-time",
    SERVICES,
    "Notifications have no eventTime; every event has one.",
    rule="EVT-01",
    family=FAMILY,
)
class TellsNoTime(Rewording):
    """Writes the time into an attribute of its own."""

    def reworded(self, envelope: Body) -> Body:
        """All but that, and the other."""
        envelope = super().reworded(envelope)
        return {"timestamp" if name == "eventTime" else name: value for name, value in envelope.items()}


@fault(
    "event-type-shortened",
    PRODUCTS,
    "eventType is ProductCreate; it should be ProductCreateEvent, as the contract calls it.",
    rule="EVT-02",
    family=FAMILY,
)
class SaysItShort(Rewording):
    """Finds Event superfluous in the type of an event."""

    def reworded(self, envelope: Body) -> Body:
        """Without the last word."""
        envelope = super().reworded(envelope)
        return envelope | {"eventType": envelope["eventType"].removesuffix("Event")}


@fault(
    "event-holds-the-bare-resource",
    ORDERS,
    "event is the resource itself; it should hold it under its name.",
    rule="EVT-03",
    family=FAMILY,
)
class WrapsNothing(Rewording):
    """Spares one level."""

    def reworded(self, envelope: Body) -> Body:
        """The resource in place of its wrapping."""
        envelope = super().reworded(envelope)
        return envelope | {"event": resource_of(envelope)}


@fault(
    "event-key-is-resource",
    SERVICE_ORDERS,
    'event holds the resource under "resource"; it should be under its name.',
    rule="EVT-03",
    family=FAMILY,
)
class CallsAllTheSame(Rewording):
    """Has one class for all events."""

    def reworded(self, envelope: Body) -> Body:
        """The resource under another key."""
        envelope = super().reworded(envelope)
        return envelope | {"event": {"resource": resource_of(envelope)}}


@fault(
    "event-id-of-the-resource",
    ORDERS,
    "eventId is the id of the resource, so that all its events share one; each should have its own.",
    rule="EVT-07",
    family=FAMILY,
)
class NumbersByResource(Rewording):
    """Has an id at hand."""

    def reworded(self, envelope: Body) -> Body:
        """With that."""
        envelope = super().reworded(envelope)
        return envelope | {"eventId": resource_of(envelope).get("id")}


@fault(
    "event-time-local",
    SERVICES,
    "eventTime is the local time of a zone two hours ahead, and says that it is UTC.",
    rule="EVT-07",
    family=FAMILY,
)
class TellsItsOwnTime(Rewording):
    """Formats the time of the wall with a Z."""

    def reworded(self, envelope: Body) -> Body:
        """With that."""
        envelope = super().reworded(envelope)
        there = datetime.now(timezone(timedelta(hours=2)))
        return envelope | {"eventTime": f"{there:%Y-%m-%dT%H:%M:%S}Z"}


# ── what is inside ──────────────────────────────────────────────────────────────────────────────────────────


@fault(
    "event-names-no-resource",
    PRODUCTS,
    "The resource in an event has neither id nor href; a partial one has to name itself as well.",
    rule="EVT-08",
    family=FAMILY,
)
class NamesNothing(Rewording):
    """Takes id and href for the business of GET."""

    def reworded(self, envelope: Body) -> Body:
        """Without both."""
        envelope = super().reworded(envelope)
        kept = {name: each for name, each in resource_of(envelope).items() if name not in ("id", "href")}
        return with_resource(envelope, kept)


@fault(
    "event-about-another",
    ORDERS,
    "The id and the href in an event are those of nothing; they should be those of the resource.",
    rule="NOTE-04",
    family=FAMILY,
)
class TakesAnotherId(Rewording):
    """Maps the row of the event table in place of that of the resource."""

    def reworded(self, envelope: Body) -> Body:
        """With the id of the row."""
        envelope = super().reworded(envelope)
        resource, row = resource_of(envelope), str(uuid.uuid4())
        href = f"{resource['href'].rpartition('/')[0]}/{row}"
        return with_resource(envelope, resource | {"id": row, "href": href})


@fault(
    "event-id-and-href-disagree",
    PRODUCTS,
    "The id in an event is another one than that in its href; both should name the resource.",
    rule="NOTE-04",
    family=FAMILY,
)
class MixesThemUp(Rewording):
    """Maps the id from one table and the href from another."""

    def reworded(self, envelope: Body) -> Body:
        """With another id."""
        envelope = super().reworded(envelope)
        return with_resource(envelope, resource_of(envelope) | {"id": str(uuid.uuid4())})


@fault(
    "event-about-the-one-before",
    CATALOG,
    "An event shows the resource of the event before; it should show the one that changed.",
    rule="NOTE-04",
    family=FAMILY,
)
class IsOneLate(Announcer):
    """Fills the event from a buffer that is written afterwards."""

    _before: Body | None = None

    def _notification(self, event: EventType, document: Document) -> Notification:
        right = super()._notification(event, document)
        shown, self._before = self._before or document.body, document.body
        return replace(right, envelope=with_resource(right.envelope, shown))


@fault(
    "event-shows-what-was",
    ORDERS,
    "The event of a change shows the resource as it was before; it should be as it is now.",
    rule="NOTE-04",
    family=FAMILY,
)
class ShowsWhatWas(Announcer):
    """Builds the event from what it has read before the update."""

    def _changed(self, before: Body, after: Document, *, state_only: bool) -> tuple[Notification, ...]:
        right = super()._changed(before, after, state_only=state_only)
        return tuple(replace(each, envelope=with_resource(each.envelope, before)) for each in right)


@fault(
    "event-texts-cut",
    SERVICE_ORDERS,
    "Texts in events are cut after eight characters; they should be what GET shows.",
    rule="NOTE-04",
    family=FAMILY,
)
class CutsTexts(Rewording):
    """Keeps events in a table with short columns."""

    def reworded(self, envelope: Body) -> Body:
        """With what fits."""
        envelope = super().reworded(envelope)
        texts = ("name", "description", "category", "externalId", "version")
        resource = resource_of(envelope)
        cut = {name: resource[name][:8] for name in texts if isinstance(resource.get(name), str)}
        return with_resource(envelope, resource | cut)
