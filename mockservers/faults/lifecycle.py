"""Faults of lifecycles: states that clients choose, transitions that should not be, orders and items that
disagree."""

from __future__ import annotations

from typing import Any

from tmfrig.mockservers.amendment import Amendment
from tmfrig.mockservers.behaviours.behaviour import change_if_there, read_if_there
from tmfrig.mockservers.behaviours.ordering import OrderProgress
from tmfrig.mockservers.errors import illegal_transition
from tmfrig.mockservers.events import now
from tmfrig.mockservers.faults.fault import fault
from tmfrig.mockservers.intake import Intake
from tmfrig.mockservers.store import Body

ORDERS, PRODUCTS = "TMF622", "TMF637"
FAMILY = "lifecycle"

# ── what clients choose ─────────────────────────────────────────────────────────────────────────────────────


@fault(
    "client-state-adopted",
    ORDERS,
    "A new order is in the state that the client sent with it; the server should give it its first state.",
    rule="STATE-01",
    family=FAMILY,
)
class AdoptsStates(Intake):
    """Takes the state of the client for its own."""

    def check(self, body: Any, raw: bytes) -> Body:
        """Keep the state aside before it is thrown away."""
        name = self._resource.state_attribute
        said = body.get(name) if isinstance(body, dict) and name in self._resource.server_set else None
        checked = super().check(body, raw)
        return checked | {name: said} if name is not None and isinstance(said, str) else checked


@fault(
    "client-dates-adopted",
    ORDERS,
    "A new order has the orderDate that the client sent with it; the server should set its own.",
    rule="ID-03",
    family=FAMILY,
)
class AdoptsDates(Intake):
    """Takes the dates of the client for its own."""

    def check(self, body: Any, raw: bytes) -> Body:
        """Keep the dates aside before they are thrown away."""
        attributes = self._resource.attributes
        dates = {each for each in self._resource.server_set if attributes[each].format == "date-time"}
        said = {name: body[name] for name in dates if name in body} if isinstance(body, dict) else {}
        return super().check(body, raw) | said


# ── transitions ─────────────────────────────────────────────────────────────────────────────────────────────


@fault(
    "any-transition-taken",
    ORDERS,
    "A PATCH moves an order from any state into any other; what no lifecycle has should be refused.",
    rule="STATE-02",
    family=FAMILY,
)
class TakesAnyTransition(Amendment):
    """Has no lifecycle at all."""

    def _check_lifecycle(self, before: Body, after: Body) -> None:
        pass


@fault(
    "final-states-left",
    PRODUCTS,
    "A PATCH takes a product out of a final state, back to where it began; that should be refused.",
    rule="STATE-02",
    family=FAMILY,
)
class LeavesFinalStates(Amendment):
    """Knows every transition but not where the way ends."""

    def _check_lifecycle(self, before: Body, after: Body) -> None:
        lifecycle, name = self._resource.lifecycle, self._resource.state_attribute or ""
        if lifecycle is None or not lifecycle.ends_in(str(before.get(name))):
            super()._check_lifecycle(before, after)


@fault(
    "suspension-refused",
    PRODUCTS,
    "An active product cannot be suspended; the published lifecycle has that transition.",
    rule="STATE-02",
    family=FAMILY,
)
class RefusesSuspension(Amendment):
    """Has forgotten one of the transitions."""

    def _check_lifecycle(self, before: Body, after: Body) -> None:
        super()._check_lifecycle(before, after)
        name = self._resource.state_attribute or ""
        if before.get(name) == "active" and after.get(name) == "suspended":
            raise illegal_transition(name, "active", "suspended", "from active it can go to terminated")


@fault(
    "one-more-transition",
    PRODUCTS,
    "A product that is created can be suspended before it was ever active; that should be refused.",
    rule="STATE-02",
    family=FAMILY,
)
class TakesOneMore(Amendment):
    """Has one transition too many."""

    def _check_lifecycle(self, before: Body, after: Body) -> None:
        name = self._resource.state_attribute or ""
        if (before.get(name), after.get(name)) != ("created", "suspended"):
            super()._check_lifecycle(before, after)


@fault(
    "order-returns-to-work",
    ORDERS,
    "A completed order is in progress again a step later; completed is a final state.",
    rule="STATE-02",
    family=FAMILY,
)
class ReturnsToWork(OrderProgress):
    """Finds that something was left to do."""

    async def _advance(self, identifier: str, state: str) -> None:
        await super()._advance(identifier, state)
        if state == "inProgress":
            self.site.agenda.after(self.site.pace, self._reopen, identifier)

    async def _reopen(self, identifier: str) -> None:
        def update(body: Body) -> Body | None:
            return body | {"state": "inProgress"} if body.get("state") == "completed" else None

        await change_if_there(self.collection, identifier, update)


@fault(
    "order-begins-again",
    ORDERS,
    "An order in progress is acknowledged again before it is completed; no transition leads back there.",
    rule="STATE-02",
    family=FAMILY,
)
class BeginsAgain(OrderProgress):
    """Puts an order back into the queue, once."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._again: set[str] = set()

    async def _advance(self, identifier: str, state: str) -> None:
        if state != "inProgress" or identifier in self._again:
            await super()._advance(identifier, state)
            return
        self._again.add(identifier)

        def update(body: Body) -> Body | None:
            return body | {"state": "acknowledged"} if body.get("state") == state else None

        await change_if_there(self.collection, identifier, update)


@fault(
    "progress-forgets-the-description",
    ORDERS,
    "The description of an order is gone once it is completed; it should stay.",
    rule="HTTP-04",
    family=FAMILY,
)
class ForgetsTheDescription(OrderProgress):
    """Writes the end of an order from its own record of it."""

    async def _advance(self, identifier: str, state: str) -> None:
        await super()._advance(identifier, state)
        texts = ("description", "externalId")

        def update(body: Body) -> Body | None:
            return {name: value for name, value in body.items() if name not in texts}

        if state == "inProgress":
            await change_if_there(self.collection, identifier, update)


@fault(
    "progress-renews-the-order-date",
    ORDERS,
    "The orderDate is that of the last step of an order's progress; it should be that of its creation.",
    rule="ID-04",
    family=FAMILY,
)
class RenewsTheOrderDate(OrderProgress):
    """Has a trigger that dates every write."""

    async def _advance(self, identifier: str, state: str) -> None:
        await super()._advance(identifier, state)
        await change_if_there(self.collection, identifier, lambda body: body | {"orderDate": now()})


# ── orders and their items ──────────────────────────────────────────────────────────────────────────────────


@fault(
    "completed-with-open-items",
    ORDERS,
    "The items of a completed order stay in progress; they should be completed with it.",
    rule="LIFE-01",
    family=FAMILY,
)
class LeavesItemsOpen(OrderProgress):
    """Closes the order and forgets its lines."""

    async def _advance(self, identifier: str, state: str) -> None:
        before = await read_if_there(self.collection, identifier) or {}
        await super()._advance(identifier, state)
        name = f"{self.collection.resource.name}Item"
        if state == "inProgress" and name in before:
            await change_if_there(self.collection, identifier, lambda body: body | {name: before[name]})


@fault(
    "failed-item-in-completed-order",
    ORDERS,
    "An order is completed although one of its items failed; it should be failed or partial.",
    rule="LIFE-01",
    family=FAMILY,
)
class CompletesWithFailure(OrderProgress):
    """Takes the end of the work for its success."""

    async def _advance(self, identifier: str, state: str) -> None:
        await super()._advance(identifier, state)
        name = f"{self.collection.resource.name}Item"

        def update(body: Body) -> Body | None:
            items = body.get(name) or []
            if state != "acknowledged" or not items:
                return None
            return body | {name: [items[0] | {"state": "failed"}, *items[1:]]}

        await change_if_there(self.collection, identifier, update)
