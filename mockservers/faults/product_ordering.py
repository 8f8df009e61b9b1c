"""Faults of product ordering (TMF622): what it takes, tells and announces of orders."""

from __future__ import annotations

from collections.abc import Iterable

from tmfrig.mockservers.behaviours.behaviour import change_if_there, read_if_there
from tmfrig.mockservers.behaviours.cancelling import Cancellation
from tmfrig.mockservers.delivery import Deliveries
from tmfrig.mockservers.events import now
from tmfrig.mockservers.faults.fault import fault
from tmfrig.mockservers.outbox import Parcel
from tmfrig.mockservers.store import Notification

ROLE = "TMF622"


@fault(
    "cancel-of-completed-accepted",
    ROLE,
    "A cancel task about a completed order ends with an effectiveCancellationDate, and the order becomes "
    "cancelled; completed is a final state.",
)
class CancelsCompletedOrders(Cancellation):
    """Grants what is about to be denied."""

    async def _deny(self, task: str) -> None:
        body = await read_if_there(self.collection, task) or {}
        order = str(body[self._order_name]["id"]) if body else ""
        found = await read_if_there(self._orders, order)
        if self._order_name != "productOrder" or found is None or found["state"] != "completed":
            await super()._deny(task)
            return
        ended = {"state": "cancelled", "cancellationDate": now()}
        await change_if_there(self._orders, order, lambda body: body | ended)
        await self._move_task(task, {"state": "done", "effectiveCancellationDate": now()})


@fault(
    "events-lost",
    ROLE,
    "No ProductOrderStateChangeEvent is delivered, though every listener is owed one for each state; "
    "other events are.",
)
class LosesStateChanges(Deliveries):
    """Forgets one type of event."""

    def packed(self, notifications: Iterable[Notification]) -> list[Parcel]:
        """Queue the others."""
        return super().packed(
            each for each in notifications if each.event_type != "ProductOrderStateChangeEvent"
        )
