"""TMF622, product ordering: customers' orders come from here, and how far they are is told here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from tmfrig.mockservers.com.boundaries.wording import (
    Body,
    identifier,
    identifiers,
    moment,
    objects,
    text,
    traits,
)
from tmfrig.mockservers.com.orders import Intent, Line, Order, Phase, Standing
from tmfrig.mockservers.com.ports import Report
from tmfrig.mockservers.neighbours import NeighbourError, Peer

RESOURCE = "productOrder"
ITEMS = "productOrderItem"
CALLER = "COM"
CONFLICT = 409

_PHASES = {
    "draft": Phase.DRAFT,
    "acknowledged": Phase.NEW,
    "inProgress": Phase.WORKING,
    "inProgress.accepted": Phase.WORKING,
    "pending": Phase.WAITING,
    "held": Phase.HELD,
    "assessingCancellation": Phase.CANCEL_ASKED,
    "pendingCancellation": Phase.CANCELLING,
    "completed": Phase.COMPLETED,
    "failed": Phase.FAILED,
    "partial": Phase.PARTIAL,
    "cancelled": Phase.CANCELLED,
    "rejected": Phase.REFUSED,
}
_STATES = {phase: state for state, phase in _PHASES.items() if state != "inProgress.accepted"}
_INTENTS = {
    "add": Intent.ADD,
    "modify": Intent.CHANGE,
    "delete": Intent.REMOVE,
    "noChange": Intent.KEEP,
}
_STANDINGS = {"suspended": Standing.SUSPENDED, "active": Standing.ACTIVE}
NEW = "acknowledged"
BEGUN = ("inProgress", "pending", "held", "assessingCancellation", "pendingCancellation")


class ProductOrdering:
    """Product ordering as the domain sees it."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    async def read(self, number: str) -> Order | None:
        """The order as it is now."""
        body = await self._peer.get(RESOURCE, number)
        return None if body is None else read_order(body, number)

    async def unfinished(self, *, begun: bool) -> AsyncIterator[str]:
        """Numbers of the new orders; with `begun` also of the others that are not at their end."""
        for state in (NEW, *BEGUN) if begun else (NEW,):
            async for each in self._peer.walk(RESOURCE, state=state, fields="id,state"):
                # one that knows no filters answers everything
                if each.get("state") == state and identifier(each):
                    yield str(each["id"])

    async def take_on(self, order: Order) -> bool:
        """Put a new order in progress; False where its lifecycle forbids that.

        A draft of version 5 looks new in version 4, and is not: its customer has not submitted it.
        """
        lines = {each.number: Phase.WORKING for each in order.every_line()}
        try:
            await self.report(order, Report(Phase.WORKING, lines))
        except NeighbourError as error:
            if error.status != CONFLICT:
                raise
            return False
        return True

    async def report(self, order: Order, report: Report) -> None:
        """Tell how far the order is; what a customer changed meanwhile in the items stays."""

        def told(present: Body) -> Body:
            if _phase(present) is not order.phase:
                # somebody has moved it, to ask for its cancellation, say: that is to be looked at first
                why = "the order was changed meanwhile"
                raise NeighbourError(self._peer.neighbour, "report", CONFLICT, why)
            return _changes(present, order, report)

        await self._peer.revise(RESOURCE, order.number, told)


def read_order(body: Body, number: str) -> Order:
    """The order that a product order says."""
    return Order(
        number=number,
        phase=_phase(body),
        lines=[_line(each) for each in objects(body.get(ITEMS))],
        # one external id in version 4
        reference=text(body.get("externalId")) or None,
        placed=text(body.get("orderDate")) or None,
        parties=objects(body.get("relatedParty")),
        account=body["billingAccount"] if isinstance(body.get("billingAccount"), dict) else None,
    )


def _changes(present: Body, order: Order, report: Report) -> Body:
    """What a report changes in an order as it is."""
    changes: Body = {ITEMS: _in_phases(present.get(ITEMS), report.lines)}
    if report.phase is not order.phase:
        # said again, it would take back what a customer asks for at this moment: its cancellation
        changes["state"] = _STATES[report.phase]
    if report.phase in (Phase.COMPLETED, Phase.PARTIAL):
        changes["completionDate"] = moment()
    if report.phase is Phase.CANCELLED:
        changes["cancellationDate"] = moment()
    if report.note:
        note = {"author": CALLER, "date": moment(), "text": report.note}
        changes["note"] = [*objects(present.get("note")), note]
    return changes


def _phase(body: Body) -> Phase:
    return _PHASES.get(text(body.get("state")), Phase.WORKING)


def _line(item: Body) -> Line:
    product = item["product"] if isinstance(item.get("product"), dict) else {}
    return Line(
        number=str(item.get("id")),
        intent=_INTENTS.get(text(item.get("action")), Intent.KEEP),
        offer=identifier(item.get("productOffering")) or identifier(product.get("productOffering")),
        blueprint=identifier(product.get("productSpecification")),
        holding=identifier(product),
        traits=traits(product.get("productCharacteristic")),
        sites=objects(product.get("place")),
        standing=_STANDINGS.get(text(product.get("status")).strip()),
        quantity=_quantity(item.get("quantity")),
        parts=[_line(each) for each in objects(item.get(ITEMS))],
        needs=identifiers(item.get("productOrderItemRelationship")),
    )


def _quantity(value: Any) -> int:
    """How many are wanted, one where nothing is said; JSON has one kind of number, so 2.0 is 2."""
    whole = isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1
    return int(value) if whole else 1


def _in_phases(items: Any, phases: Mapping[str, Phase]) -> list[Body]:
    """The items with their states; an item has no state for being partly completed."""
    moved = []
    for item in objects(items):
        phase = phases.get(str(item.get("id")))
        state = {} if phase is None else {"state": _STATES[phase]}
        below = {ITEMS: _in_phases(item[ITEMS], phases)} if item.get(ITEMS) else {}
        moved.append(item | state | below)
    return moved
