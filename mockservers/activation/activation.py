"""The behaviour of service orders: each is carried out in turns, of which the foreman does the work."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, ClassVar

from tmfrig.mockservers.activation.catalog import ServiceCatalog
from tmfrig.mockservers.activation.foreman import Foreman, Journey
from tmfrig.mockservers.activation.inventory import ServiceInventory
from tmfrig.mockservers.activation.orders import WAITING, Orders, lines_of
from tmfrig.mockservers.activation.plan import Plan, PlanError
from tmfrig.mockservers.activation.script import NOTHING_UNUSUAL, Course, said_by
from tmfrig.mockservers.activation.workshop import Workshop
from tmfrig.mockservers.behaviours.behaviour import Behaviour, change_if_there, entered, read_if_there
from tmfrig.mockservers.disturbance import as_asked
from tmfrig.mockservers.store import Body, Document, Notification

if TYPE_CHECKING:
    from tmfrig.mockservers.collection import Collection
    from tmfrig.mockservers.site import Site

ROLE = "activation"
WORKING = frozenset({"acknowledged", "inProgress", "pendingCancellation", "cancelled"})
"""States of an order in which there is, or may be, something to do."""
REORDERED_BY = 3
"""Paces by which a notification is late that is to come out of order."""


class Activation(Behaviour):
    """Carries service orders out in TMF638, which the site must have for a neighbour.

    What a client does comes first: an order that was put on hold stays there until it is put in progress.
    """

    resources: ClassVar[frozenset[str]] = frozenset({"serviceOrder"})
    unfinished: ClassVar[frozenset[str]] = WORKING

    def __init__(self, site: Site, collection: Collection) -> None:
        super().__init__(site, collection)
        lifecycle = collection.resource.lifecycle
        if lifecycle is None:
            raise LookupError(f"{collection.contract} has no lifecycle of service orders")
        self.orders = Orders(collection.resource, lifecycle)
        inventory = ServiceInventory(site.neighbours.peer("TMF638", ROLE))
        workshop = site.faults.instead_of(Workshop)(inventory, ServiceCatalog(site.neighbours, ROLE))
        self._foreman = Foreman(collection, self.orders, inventory, workshop, site.script, site.pace)
        self._journeys: dict[str, Journey] = {}
        self._turns = count(1)
        site.deliveries.disturbances.append(as_asked(self._wanted_disturbance, REORDERED_BY * site.pace))

    def settled(self, before: Document | None, after: Document) -> None:
        """Plan the next turn of an order that has entered a state in which there is something to do."""
        state = entered(before, after, "state")
        if state in WORKING:
            slow = self.course(after.body).slow if state in ("acknowledged", "inProgress") else 1
            self._plan(after.id, self.site.pace * slow)
        elif before is not None and state is None and _is_answered(before.body, after.body):
            self.site.agenda.after(0, self._resume, after.id)

    def forget(self) -> None:
        """Every order may be another one now: whoever goes on begins with a look into TMF638."""
        for journey in self._journeys.values():
            journey.turn = 0
        self._journeys.clear()

    def course(self, order: Body) -> Course:
        """What the site's script and the order's external ids want to become of it."""
        try:
            return self.site.script.course(order, Plan.of(order))
        except PlanError:
            return NOTHING_UNUSUAL

    def _plan(self, order: str, seconds: float) -> None:
        journey = self._journeys.setdefault(order, Journey())
        journey.turn = next(self._turns)
        self.site.agenda.after(seconds, self._turn, order, journey, journey.turn)

    async def _turn(self, order: str, journey: Journey, turn: int) -> None:
        async with journey.lock:
            # another turn may have been planned since, and this one may have waited for the one before
            if journey.turn != turn:
                return
            pause = await self._work(order, journey)
            if pause is not None and journey.turn == turn:
                self._plan(order, pause)
        if journey.turn == turn:
            self._journeys.pop(order, None)

    async def _work(self, order: str, journey: Journey) -> float | None:
        body = await read_if_there(self.collection, order)
        if body is None:
            await self._foreman.clear(order)
            return None
        match body["state"]:
            case "acknowledged":
                await self._foreman.begin(body)
            case "inProgress":
                return await self._foreman.work(body, journey)
            case "pendingCancellation" | "cancelled":
                return await self._foreman.undo(body, journey)
        return None

    async def _resume(self, order: str) -> None:
        await change_if_there(
            self.collection,
            order,
            lambda body: body | {"state": "inProgress"} if body["state"] in WAITING else None,
        )

    def _wanted_disturbance(self, notification: Notification) -> frozenset[str]:
        """What the external ids of an order say about its notifications."""
        if notification.contract != self.collection.contract.key:
            return frozenset()
        return said_by(notification.envelope["event"].get("serviceOrder") or {}).events


def _is_answered(before: Body, after: Body) -> bool:
    """Whether a client has put the waiting items of a waiting order, but not the order, in progress."""
    state = after["state"]
    if state not in WAITING:
        return False
    waited = any(line.state == state for line in lines_of(before).values())
    states = {line.state for line in lines_of(after).values()}
    return waited and state not in states and "inProgress" in states
