"""Cancel tasks about orders that somebody else carries out: whether to cancel is for that one to decide."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import urlencode

from tmfrig.mockservers.behaviours.behaviour import Behaviour, entered, read_if_there
from tmfrig.mockservers.behaviours.cancelling import Cancellation
from tmfrig.mockservers.query import parse_query
from tmfrig.mockservers.store import Document
from tmfrig.specs import canonical_state

UNDER_CANCELLATION = frozenset({"assessingCancellation", "pendingCancellation"})


class OrderedCancellation(Cancellation):
    """Asks for cancellation by moving the order to assessingCancellation, and waits for what becomes of it.

    The task is done when the order is cancelled, or, as a denial, when it has gone back to work or ended
    otherwise.
    """

    resources: ClassVar[frozenset[str]] = frozenset({"cancelProductOrder"})

    async def _resume(self, task: str) -> None:
        body = await read_if_there(self.collection, task) or {}
        order = body[self._order_name]["id"] if body else ""
        found = await read_if_there(self._orders, order)
        if found is not None and body["state"] == "inProgress" and found["state"] == "cancelled":
            await self._finish(task, order)
        else:
            await self._assess(task)

    async def _taken_up(self, order: str) -> bool:
        body = await read_if_there(self._orders, order) or {}
        # one whose cancellation is under way already has one answer for all who ask
        return body.get("state") in UNDER_CANCELLATION or await super()._taken_up(order)

    def _assessing(self, task: str, order: str) -> None:
        """Nothing to do: who carries out the order decides."""

    async def conclude(self, order: str, *, cancelled: bool) -> None:
        """End the tasks that wait for an order."""
        waiting = {"state": "inProgress", f"{self._order_name}.id": order}
        page = await self.collection.find(parse_query(urlencode(waiting).encode()))
        for task in page.documents:
            if cancelled:
                await self._finish(task.id, order)
            else:
                await self._deny(task.id)


class CancellationOutcome(Behaviour):
    """Tells the tasks what became of an order whose cancellation was asked for."""

    resources: ClassVar[frozenset[str]] = frozenset({"productOrder"})

    def settled(self, before: Document | None, after: Document) -> None:
        """Look after the tasks of an order that has left cancellation, one way or the other."""
        state = entered(before, after, "state")
        if before is None or state is None or state in UNDER_CANCELLATION:
            return
        if before.body["state"] in UNDER_CANCELLATION:
            self.site.agenda.after(0, self._conclude, after.id, canonical_state(state) == "cancelled")

    async def _conclude(self, order: str, cancelled: bool) -> None:
        tasks = self.site.collection(self.collection.contract, "cancelProductOrder")
        for each in tasks.behaviours:
            if isinstance(each, OrderedCancellation):
                await each.conclude(order, cancelled=cancelled)
