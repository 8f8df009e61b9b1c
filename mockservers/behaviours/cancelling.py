"""Cancel tasks: each assesses whether its order can be cancelled, and unwinds it if so (rule STATE-03)."""

from __future__ import annotations

from typing import ClassVar

from tmfrig.mockservers.behaviours.behaviour import Behaviour, change_if_there, entered, read_if_there
from tmfrig.mockservers.behaviours.ordering import in_state
from tmfrig.mockservers.collection import Collection, Draft
from tmfrig.mockservers.errors import ApiError, invalid_body
from tmfrig.mockservers.events import now
from tmfrig.mockservers.store import Body, Document
from tmfrig.specs import Problem, canonical_state


class Cancellation(Behaviour):
    """Drives an order through assessingCancellation and pendingCancellation to cancelled.

    An order that is already in a final state stays as it is: the task is done, its assessment was a denial,
    which shows in the missing effectiveCancellationDate (and, where the contract has one, in a message).
    """

    resources: ClassVar[frozenset[str]] = frozenset({"cancelProductOrder", "cancelServiceOrder"})
    unfinished: ClassVar[frozenset[str]] = frozenset({"acknowledged", "accepted", "inProgress"})

    @property
    def _order_name(self) -> str:
        name = self.collection.resource.name.removeprefix("cancel")
        return name[0].lower() + name[1:]

    @property
    def _orders(self) -> Collection:
        return self.site.collection(self.collection.contract, self._order_name)

    async def admit(self, draft: Draft) -> None:
        """Refuse a task about an order that does not exist."""
        identifier = draft.body[self._order_name]["id"]
        try:
            await self._orders.get(identifier)
        except ApiError:
            path = f"{self._order_name}.id"
            raise invalid_body(
                [Problem(path, f"names no {self._order_name}: {identifier[:100]!r}", "reference")]
            ) from None

    def settled(self, before: Document | None, after: Document) -> None:
        """Assess a new task; carry out one whose assessment has begun."""
        state = entered(before, after, "state")
        if state is not None and canonical_state(state) == "acknowledged":
            self.site.agenda.after(self.site.pace, self._assess, after.id)

    def resumed(self, document: Document) -> None:
        """Go on with a task that is not done."""
        if canonical_state(document.body["state"]) in ("acknowledged", "inProgress"):
            self.site.agenda.after(self.site.pace, self._resume, document.id)

    async def _resume(self, task: str) -> None:
        body = await read_if_there(self.collection, task) or {}
        order = body[self._order_name]["id"] if body else ""
        found = await read_if_there(self._orders, order)
        if found is not None and found["state"] == "pendingCancellation":
            await self._grant(task, order)
        else:
            await self._assess(task)

    async def _assess(self, task: str) -> None:
        body = await self._move_task(task, {"state": "inProgress"})
        if body is None:
            return
        await self._weigh(task, body[self._order_name]["id"])

    async def _weigh(self, task: str, order: str) -> None:
        """Find out whether the order can be cancelled, now that the task is in progress."""
        if await self._taken_up(order):
            self._assessing(task, order)
        elif await self._has_not_begun(order):
            self.site.agenda.after(self.site.pace, self._finish, task, order)
        else:
            self.site.agenda.after(self.site.pace, self._deny, task)

    async def _taken_up(self, order: str) -> bool:
        """Whether it can be, and now is, assessed whether to cancel the order."""
        return await self._move_order(order, "assessingCancellation")

    def _assessing(self, task: str, order: str) -> None:
        """Plan what follows once the assessment has begun."""
        self.site.agenda.after(self.site.pace, self._grant, task, order)

    async def _grant(self, task: str, order: str) -> None:
        if await self._move_order(order, "pendingCancellation"):
            self.site.agenda.after(self.site.pace, self._finish, task, order)
        else:
            await self._deny(task)

    async def _finish(self, task: str, order: str) -> None:
        body = await read_if_there(self.collection, task) or {}
        reason = {name: body[name] for name in ("cancellationReason",) if name in body}
        if await self._move_order(order, "cancelled", reason | {"cancellationDate": now()}):
            await self._grant_since(task, order)
        else:
            await self._deny(task)

    async def _grant_since(self, task: str, order: str) -> None:
        """End a task whose order is cancelled; all tasks about it name the moment at which it was."""
        body = await read_if_there(self._orders, order) or {}
        since = body.get("cancellationDate") or now()
        await self._move_task(task, {"state": "done", "effectiveCancellationDate": since})

    async def _deny(self, task: str) -> None:
        outcome = {"state": "done"}
        if "completionMessage" in self.collection.resource.attributes:
            outcome["completionMessage"] = "denied: the order can no longer be cancelled"
        await self._move_task(task, outcome)

    async def _has_not_begun(self, order: str) -> bool:
        """Whether the order may be cancelled without any assessment, as a draft may."""
        lifecycle, body = self._orders.resource.lifecycle, await read_if_there(self._orders, order)
        if lifecycle is None or body is None:
            return False
        return lifecycle.starts_in(body["state"]) and lifecycle.allows(body["state"], "cancelled")

    async def _move_task(self, task: str, changes: Body) -> Body | None:
        return await change_if_there(self.collection, task, lambda body: body | changes)

    async def _move_order(self, order: str, state: str, changes: Body | None = None) -> bool:
        """Move the order along its published lifecycle; whether it is now in that state."""
        orders = self._orders

        def update(body: Body) -> Body | None:
            if not orders.resource.lifecycle or not orders.resource.lifecycle.allows(body["state"], state):
                return None
            added = changes or {}
            if body["state"] == state:
                # an order is cancelled once: what was said then stays
                return {**added, **body}
            return in_state(orders.resource, body, state) | added

        moved = await change_if_there(orders, order, update)
        if moved is not None and moved["state"] == "acknowledged" and state == "assessingCancellation":
            # TMF622 draws no way from acknowledged to cancellation: treatment begins first
            await change_if_there(orders, order, lambda body: in_state(orders.resource, body, "inProgress"))
            moved = await change_if_there(orders, order, update)
        return moved is not None and moved["state"] == state
