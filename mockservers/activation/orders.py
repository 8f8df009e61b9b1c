"""Service orders on their way: what an order looks like after something happened to it.

Everything here is a function of the order as it is now, and follows the published lifecycle: a state that it
does not lead to is not taken.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Set

from tmfrig.mockservers.activation.plan import FINAL_ITEM_STATES, Line, Plan, PlanError, with_items
from tmfrig.mockservers.activation.workshop import ItemFailedError, Result
from tmfrig.mockservers.behaviours.ordering import in_state
from tmfrig.mockservers.events import now
from tmfrig.mockservers.store import Body
from tmfrig.specs import Lifecycle, Resource

ERRORS = "errorMessage"
WAITING = frozenset({"pending", "held"})
INFORMATION_REQUIRED = "informationRequired"
SCRIPTED_HOLD = "scriptedHold"
INVENTORY_FAILED = "inventoryFailed"
WAITING_CODES = frozenset({INFORMATION_REQUIRED, SCRIPTED_HOLD, INVENTORY_FAILED})
"""Why an item waits; that is no longer true when it goes on."""
_OF_THE_SERVICE = ("id", "href", "state")


class Orders:
    """Makes the bodies of service orders."""

    def __init__(self, resource: Resource, lifecycle: Lifecycle) -> None:
        self._resource = resource
        # no lifecycle of the item is published; it has the order's states
        self._lifecycle = lifecycle

    def rejected(self, order: Body, problem: PlanError) -> Body:
        """An order that cannot be carried out as it stands."""
        explained = self._explained(order, error(problem.code, problem.reason), ())
        return in_state(self._resource, explained, "rejected")

    def begun(self, order: Body, also: Iterable[Line] = ()) -> Body:
        """An order in progress, as soon as an item of it is; `also` are items in progress while they wait."""
        begun = self._next_items(order | {"state": "inProgress"}, {line.key for line in also})
        return begun if "startDate" in begun else begun | {"startDate": now()}

    def waiting(self, order: Body, state: str, why: Body, lines: Collection[Line]) -> Body:
        """An order that waits for its customer, pending or held, and why; `lines` are those concerned."""
        if not self._lifecycle.allows(order["state"], state):
            return order
        concerned = {line.key for line in lines}

        def waits(key: str, item: Body) -> Body:
            explained = item | {ERRORS: [why]} if key in concerned else item
            return explained | {"state": state} if item.get("state") == "inProgress" else explained

        return with_items(self._explained(order, why, lines), waits) | {"state": state}

    def recorded(self, order: Body, results: Mapping[str, Result]) -> Body:
        """An order after some of its items, by key, have taken a step; it ends with the last of them."""

        def change(key: str, item: Body) -> Body:
            return self._stepped(item, results[key]) if key in results else item

        stepped = with_items(order, change)
        return self._ended(self._next_items(stepped)) if order["state"] == "inProgress" else stepped

    def cancelled(self, order: Body, results: Mapping[str, Result]) -> Body:
        """An order whose open items are undone."""

        def change(key: str, item: Body) -> Body:
            undone = self._stepped(item, results[key]) if key in results else item
            return self._moved(undone, "cancelled")

        changed = with_items(order, change) | {"state": "cancelled"}
        return changed if "cancellationDate" in changed else changed | {"cancellationDate": now()}

    def restored(self, order: Body, before: Body | None) -> Body:
        """An order as it was before its cancellation was assessed, with what has happened since.

        Without knowledge of before, work on it goes on.
        """
        before = before or {"state": "inProgress"}
        states = {key: line.state for key, line in lines_of(before).items()}

        def back(key: str, item: Body) -> Body:
            return self._moved(item, states.get(key, "inProgress"))

        return with_items(order, back) | {"state": before["state"]}

    def _stepped(self, item: Body, result: Result) -> Body:
        service = dict(item.get("service") or {})
        if result.is_undone:
            for name in _OF_THE_SERVICE:
                service.pop(name, None)
        elif result.service is not None:
            service |= {name: result.service[name] for name in _OF_THE_SERVICE if name in result.service}
        stepped = item | {"service": service}
        if result.failure is not None:
            failed = self._moved(stepped, "failed")
            return failed | {ERRORS: [told(result.failure)]} if failed["state"] == "failed" else failed
        return self._moved(stepped, "completed") if result.is_complete else stepped

    def _next_items(self, order: Body, also: Set[str] = frozenset()) -> Body:
        """The order with all items in progress that need not wait for another one, or have begun before."""
        lines = lines_of(order)
        plan = Plan(lines)

        def begin(key: str, item: Body) -> Body:
            line = lines.get(key)
            if line is None or line.is_final:
                return item
            if line.state == "acknowledged" and key not in also and not plan.can_begin(line):
                return item
            return _without_questions(self._moved(item, "inProgress"))

        return with_items(order, begin)

    def _ended(self, order: Body) -> Body:
        states = [line.state for line in lines_of(order).values()]
        if not states or not FINAL_ITEM_STATES.issuperset(states):
            return order
        done = states.count("completed")
        outcome = "completed" if done == len(states) else "partial" if done else "failed"
        return order | {"state": outcome, "completionDate": now()}

    def _moved(self, item: Body, state: str) -> Body:
        before = item.get("state") or "acknowledged"
        return item | {"state": state if self._lifecycle.allows(before, state) else before}

    def _explained(self, order: Body, why: Body, lines: Iterable[Line]) -> Body:
        concerned = [{"id": line.item_id, "itemId": line.item_id} for line in lines]
        explained = why | ({"serviceOrderItem": concerned} if concerned else {})
        return order | {ERRORS: [*(order.get(ERRORS) or ()), explained]}


def _without_questions(item: Body) -> Body:
    """An item without what was said of it while it waited."""
    said = item.get(ERRORS) or ()
    if not any(each.get("code") in WAITING_CODES for each in said):
        return item
    kept = [each for each in said if each.get("code") not in WAITING_CODES]
    return {name: value for name, value in item.items() if name != ERRORS} | ({ERRORS: kept} if kept else {})


def lines_of(order: Body) -> Mapping[str, Line]:
    """The items of an order by key; none of one that makes no sense (which holds it: see `Activation`)."""
    try:
        return Plan.of(order).lines
    except PlanError:
        return {}


def error(code: str, reason: str, message: str = "") -> Body:
    """An error as an order or an item shows it."""
    return {
        "code": code,
        "reason": reason,
        **({"message": message} if message else {}),
        "timestamp": now(),
    }


def told(failure: ItemFailedError) -> Body:
    """Why an item failed."""
    return error(failure.code, failure.reason, failure.message)
