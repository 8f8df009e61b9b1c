"""Cancel tasks about service orders: granted as long as no item is completed; activation undoes the rest."""

from __future__ import annotations

from typing import ClassVar

from tmfrig.mockservers.activation.activation import Activation
from tmfrig.mockservers.activation.orders import lines_of
from tmfrig.mockservers.behaviours.behaviour import change_if_there, read_if_there
from tmfrig.mockservers.behaviours.cancelling import Cancellation
from tmfrig.mockservers.behaviours.ordering import in_state
from tmfrig.mockservers.store import Body

ASSESSING = "assessingCancellation"
PENDING = "pendingCancellation"


class ServiceOrderCancellation(Cancellation):
    """Drives an order through assessingCancellation and pendingCancellation to cancelled, or back.

    A denied task is done, too; it has no effectiveCancellationDate.
    """

    resources: ClassVar[frozenset[str]] = frozenset({"cancelServiceOrder"})

    @property
    def _activation(self) -> Activation:
        return next(each for each in self._orders.behaviours if isinstance(each, Activation))

    async def _resume(self, task: str) -> None:
        body = await read_if_there(self.collection, task) or {}
        order = body[self._order_name]["id"] if body else ""
        if await self._state_of(order) == "cancelled":
            await self._conclude(task, order)
        else:
            await self._assess(task)

    async def _weigh(self, task: str, order: str) -> None:
        before = await self._taken_up_from(order)
        if before is not None:
            self.site.agenda.after(self.site.pace, self._decide, task, order, before)
        elif await self._state_of(order) in (ASSESSING, PENDING):
            # it is being cancelled for another task: the answer to that, a step later, is the answer to this
            self.site.agenda.after(2 * self.site.pace, self._decide, task, order, None)
        else:
            self.site.agenda.after(self.site.pace, self._deny, task)

    async def _taken_up_from(self, order: str) -> Body | None:
        """The order as it was before its assessment; None where it cannot be assessed."""
        before: Body | None = None

        def update(body: Body) -> Body | None:
            nonlocal before
            lifecycle = self._orders.resource.lifecycle
            before = None
            if body["state"] == ASSESSING or not lifecycle or not lifecycle.allows(body["state"], ASSESSING):
                return None
            before = body
            return in_state(self._orders.resource, body, ASSESSING)

        moved = await change_if_there(self._orders, order, update)
        return before if moved is not None else None

    async def _decide(self, task: str, order: str, before: Body | None) -> None:
        reason = await read_if_there(self.collection, task) or {}
        changes = {name: reason[name] for name in ("cancellationReason",) if name in reason}

        def update(body: Body) -> Body | None:
            if body["state"] != ASSESSING:
                return None
            if self._is_too_late(body):
                return self._activation.orders.restored(body, before)
            return in_state(self._orders.resource, body, PENDING) | changes

        await change_if_there(self._orders, order, update)
        await self._conclude(task, order)

    async def _conclude(self, task: str, order: str) -> None:
        """End the task with the order's cancellation, which takes as long as there is something to undo."""
        match await self._state_of(order):
            case "pendingCancellation":
                self.site.agenda.after(self.site.pace, self._conclude, task, order)
            case "cancelled":
                await self._grant_since(task, order)
            case _:
                await self._deny(task)

    async def _state_of(self, order: str) -> str | None:
        return (await read_if_there(self._orders, order) or {}).get("state")

    def _is_too_late(self, order: Body) -> bool:
        completed = any(line.state == "completed" for line in lines_of(order).values())
        return completed or self._activation.course(order).deny_cancel
