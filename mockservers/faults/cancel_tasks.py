"""Faults of cancel tasks: what they say, and what becomes of their orders."""

from __future__ import annotations

from datetime import UTC, datetime

from tmfrig.mockservers.behaviours.behaviour import change_if_there, read_if_there
from tmfrig.mockservers.behaviours.cancelling import Cancellation
from tmfrig.mockservers.collection import Draft
from tmfrig.mockservers.events import now
from tmfrig.mockservers.faults.fault import fault

ORDERS, SERVICE_ORDERS = "TMF622", "TMF641"
FAMILY = "lifecycle"


@fault(
    "cancel-leaves-order",
    ORDERS,
    "A cancel task is done with an effectiveCancellationDate while its order goes on as before.",
    rule="STATE-03",
    family=FAMILY,
)
class LeavesOrdersAlone(Cancellation):
    """Grants at once, and tells nobody."""

    async def _weigh(self, task: str, order: str) -> None:
        await self._move_task(task, {"state": "done", "effectiveCancellationDate": now()})


@fault(
    "cancel-stays-pending",
    SERVICE_ORDERS,
    "A cancel task is done and its order stays in pendingCancellation; it should be cancelled by then.",
    rule="STATE-03",
    family=FAMILY,
)
class StaysPending(Cancellation):
    """Ends the task where its last step should have been."""

    async def _finish(self, task: str, order: str) -> None:
        await self._move_task(task, {"state": "done", "effectiveCancellationDate": now()})


@fault(
    "cancel-of-nothing-done",
    ORDERS,
    "A cancel task about an order that does not exist is taken and done; it should be refused.",
    rule="STATE-03",
    family=FAMILY,
)
class CancelsNothing(Cancellation):
    """Does not look whether there is anything to cancel."""

    async def admit(self, draft: Draft) -> None:
        """Take everything."""

    async def _weigh(self, task: str, order: str) -> None:
        if await read_if_there(self._orders, order) is None:
            await self._move_task(task, {"state": "done", "effectiveCancellationDate": now()})
            return
        await super()._weigh(task, order)


@fault(
    "cancelled-twice",
    ORDERS,
    "A second cancel task about a cancelled order is done with an effectiveCancellationDate of its own; it "
    "should have no effect.",
    rule="STATE-03",
    family=FAMILY,
)
class CancelsAgain(Cancellation):
    """Grants whatever is cancelled already."""

    async def _deny(self, task: str) -> None:
        body = await read_if_there(self.collection, task) or {}
        order = str(body[self._order_name]["id"]) if body else ""
        found = await read_if_there(self._orders, order)
        if found is None or found["state"] != "cancelled":
            await super()._deny(task)
            return
        await self._move_task(task, {"state": "done", "effectiveCancellationDate": now()})


@fault(
    "every-cancel-wins",
    SERVICE_ORDERS,
    "Of cancel tasks at the same time each cancels the order anew, at a moment of its own; it should be "
    "cancelled once.",
    rule="CONC-03",
    family="concurrency",
)
class EachWins(Cancellation):
    """Does not look whether somebody else was faster."""

    async def _grant_since(self, task: str, order: str) -> None:
        moment = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        await change_if_there(self._orders, order, lambda body: body | {"cancellationDate": moment})
        await self._move_task(task, {"state": "done", "effectiveCancellationDate": moment})
