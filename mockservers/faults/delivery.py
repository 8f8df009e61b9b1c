"""Faults of delivery: which notifications are sent, to what address, when and how often."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from tmfrig.mockservers.collection import Collection
from tmfrig.mockservers.delivery import Deliveries, DeliveryPolicy
from tmfrig.mockservers.disturbance import USUAL, Deal
from tmfrig.mockservers.faults.fault import fault
from tmfrig.mockservers.hub import Hub, Listener
from tmfrig.mockservers.outbox import Outbox, Parcel
from tmfrig.mockservers.store import Body, Change, Notification
from tmfrig.mockservers.wire import Answer, Wire
from tmfrig.specs import Contract

FAMILY = "notifications"
ORDERS, PRODUCTS, CATALOG, SERVICES = "TMF622", "TMF637", "TMF620", "TMF638"

# ── what is told at all ─────────────────────────────────────────────────────────────────────────────────────


class Withholding(Deliveries):
    """Delivers some events only."""

    withheld: frozenset[str] = frozenset()
    """Endings of the event types that nobody hears of."""

    def packed(self, notifications: Iterable[Notification]) -> list[Parcel]:
        """The others."""
        return super().packed(
            each for each in notifications if not each.event_type.endswith(tuple(self.withheld))
        )


@fault("no-create-events", ORDERS, "Nobody hears of a new resource.", rule="EVT-04", family=FAMILY)
class TellsOfNothingNew(Withholding):
    """Announces changes only."""

    withheld = frozenset({"CreateEvent"})


@fault("no-delete-events", PRODUCTS, "Nobody hears of a deleted resource.", rule="EVT-04", family=FAMILY)
class TellsOfNoDeletion(Withholding):
    """Has nothing left to put into the event."""

    withheld = frozenset({"DeleteEvent"})


@fault("no-change-events", CATALOG, "Nobody hears of a changed attribute.", rule="EVT-04", family=FAMILY)
class TellsOfNoChange(Withholding):
    """Announces states only."""

    withheld = frozenset({"AttributeValueChangeEvent"})


@fault("no-state-change-events", SERVICES, "Nobody hears of a changed state.", rule="EVT-04", family=FAMILY)
class TellsOfNoState(Withholding):
    """Announces attributes only, of which the state is none."""

    withheld = frozenset({"StateChangeEvent"})


@fault(
    "no-task-events",
    ORDERS,
    "Nobody hears of the states of a cancel task, though of those of orders.",
    rule="EVT-04",
    family=FAMILY,
)
class TellsOfNoTask(Deliveries):
    """Takes tasks for something internal."""

    def packed(self, notifications: Iterable[Notification]) -> list[Parcel]:
        """What is no change of a task."""
        return super().packed(
            each
            for each in notifications
            if not (each.event_type.startswith("Cancel") and each.event_type.endswith("StateChangeEvent"))
        )


# ── how it is delivered ─────────────────────────────────────────────────────────────────────────────────────


@fault(
    "notifications-as-text",
    PRODUCTS,
    "Notifications are sent as text/plain; they should be application/json.",
    rule="HTTP-11",
    family=FAMILY,
)
class SendsText(Deliveries):
    """Leaves the media type to the HTTP library."""

    def _courier(self, listener: Listener, contract: Contract) -> Any:
        courier = super()._courier(listener, contract)
        courier._headers = {"Content-Type": "text/plain;charset=utf-8"}
        return courier


class Readdressing(Hub):
    """Delivers to another address than the callback, which it shows as it was sent."""

    def _listener(self, registration: Body, *, jsonpath: bool = True) -> Listener:
        listener = super()._listener(registration, jsonpath=jsonpath)
        return replace(listener, callback=self.readdressed(listener.callback))

    def readdressed(self, callback: str) -> str:
        """Where notifications go."""
        return callback


@fault(
    "callback-query-dropped",
    ORDERS,
    "Notifications go to the callback without its query; it should be kept.",
    rule="EVT-05",
    family=FAMILY,
)
class DropsTheQuery(Readdressing):
    """Builds the address from scheme, host and path."""

    def readdressed(self, callback: str) -> str:
        """All that comes before the query."""
        return super().readdressed(callback).partition("?")[0]


@fault(
    "listener-path-after-query",
    CATALOG,
    "/listener is added after the query of the callback; it should be added to its path, or not at all.",
    rule="EVT-05",
    family=FAMILY,
)
class AddsToTheEnd(Readdressing):
    """Puts strings together."""

    def readdressed(self, callback: str) -> str:
        """With that at its end."""
        return f"{super().readdressed(callback)}/listener"


@fault(
    "callback-path-dropped",
    SERVICES,
    "Notifications go to the root of the callback's host below two segments; its path should be kept.",
    rule="EVT-05",
    family=FAMILY,
)
class DropsThePath(Readdressing):
    """Keeps what it has a column for: scheme, host and two segments."""

    def readdressed(self, callback: str) -> str:
        """The first parts of it."""
        return "/".join(super().readdressed(callback).split("/")[:5])


class _OkOnly(Wire):
    """Takes nothing but 200 for yes."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def request(self, method: str, url: str, **said: Any) -> Answer:
        """Ask, and misunderstand the answer."""
        answer = await self._wire.request(method, url, **said)
        return answer if answer.status == 200 else replace(answer, status=500)


@fault(
    "only-ok-ends-delivery",
    ORDERS,
    "A notification that was answered 201 or 204 is sent again and again; any 2xx means that it has arrived.",
    rule="EVT-06",
    family=FAMILY,
)
class WantsToHearOk(Deliveries):
    """Compares the status with 200."""

    def __init__(
        self, hubs: Iterable[Hub], wire: Wire, outbox: Outbox, policy: DeliveryPolicy | None = None
    ) -> None:
        super().__init__(hubs, _OkOnly(wire), outbox, policy)


@fault(
    "failed-notification-forgotten",
    PRODUCTS,
    "A notification that could not be delivered is not sent again.",
    rule="NOTE-03",
    family=FAMILY,
)
class TriesOnce(Deliveries):
    """Sends and forgets."""

    def __init__(
        self, hubs: Iterable[Hub], wire: Wire, outbox: Outbox, policy: DeliveryPolicy | None = None
    ) -> None:
        super().__init__(hubs, wire, outbox, replace(policy or DeliveryPolicy(), tries=1))


@fault(
    "unregistered-still-notified",
    ORDERS,
    "A listener that was unregistered goes on to hear of what happens.",
    rule="EVT-10",
    family=FAMILY,
)
class NeverForgets(Hub):
    """Removes the registration, and keeps the callback that it has at hand."""

    async def unregister(self, identifier: str) -> Listener:
        """End the registration."""
        listener = await super().unregister(identifier)
        self._listeners[identifier] = listener
        return listener


@fault(
    "create-events-overtaken",
    ORDERS,
    "The event of a new resource comes after those of its changes; it should come first.",
    rule="NOTE-01",
    family=FAMILY,
)
class AnnouncesNewsLast(Deliveries):
    """Enriches what is new before it is sent, and does not hold back the rest meanwhile."""

    def _deal(self, notification: Notification) -> Deal:
        deal = super()._deal(notification)
        return (0.2,) if deal == USUAL and notification.event_type.endswith("CreateEvent") else deal


@fault(
    "announced-before-it-is-there",
    PRODUCTS,
    "Listeners hear of a change a moment before it can be read; it should be readable by then.",
    rule="NOTE-02",
    family=FAMILY,
)
class AnnouncesTooEarly(Collection):
    """Sends the event within the transaction."""

    async def _in_all_versions(self, own: Change, *, state_only: bool = False) -> list[Change]:
        if own.notifications:
            parcels = self.deliveries.packed(own.notifications)
            await self.store.outbox.add(parcels)
            self.deliveries.wake(parcels)
            await asyncio.sleep(0.05)
        return await super()._in_all_versions(replace(own, notifications=()), state_only=state_only)
