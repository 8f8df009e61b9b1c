"""Faults of service activation: how it carries service orders out, and what it writes."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from typing import TYPE_CHECKING

from tmfrig.mockservers.activation.activation import ROLE as CALLER
from tmfrig.mockservers.activation.activation import Activation
from tmfrig.mockservers.activation.foreman import Journey
from tmfrig.mockservers.activation.orders import lines_of
from tmfrig.mockservers.activation.plan import Line, Plan, PlanError
from tmfrig.mockservers.activation.script import NOTHING_UNUSUAL, STEPS
from tmfrig.mockservers.activation.workshop import ItemFailedError, Job, Result, Workshop
from tmfrig.mockservers.behaviours.behaviour import read_if_there
from tmfrig.mockservers.faults.fault import fault
from tmfrig.mockservers.neighbours import NeighbourError
from tmfrig.mockservers.store import Body

if TYPE_CHECKING:
    from tmfrig.mockservers.collection import Collection
    from tmfrig.mockservers.site import Site

ROLE = "activation"
PRODUCTS = "TMF637"
PACES_FOR_A_PRODUCT = 20
"""How long activation waits for the product of a service to appear."""


@fault(
    "completes-without-activating",
    ROLE,
    "A service order is completed although nothing was written to service inventory; its services should be "
    "active there, and its items name them.",
)
class DoesNothing(Workshop):
    """Says that it is done with everything at once."""

    async def _add(self, job: Job) -> Result:
        return Result(is_complete=True)

    async def _modify(self, line: Line) -> Result:
        return Result(is_complete=True)

    async def _delete(self, line: Line) -> Result:
        return Result(is_complete=True)


@fault(
    "completes-claiming-services",
    ROLE,
    "The items of a completed service order name active services that service inventory does not have.",
)
class MakesServicesUp(Workshop):
    """Gives ids to services that it has not built."""

    async def _add(self, job: Job) -> Result:
        identifier = str(uuid.uuid4())
        return Result({"id": identifier, "state": STEPS[-1]}, is_complete=True)


@fault(
    "service-active-before-service-order",
    ROLE,
    "Services are active while their service order is still acknowledged; work should begin when it is in "
    "progress.",
)
class BuildsBeforeItBegins(Activation):
    """Builds what relies on nothing as soon as it can, and says a pace later that it begins.

    Orders of which something unusual is to become are left alone.
    """

    async def _work(self, order: str, journey: Journey) -> float | None:
        body = await read_if_there(self.collection, order)
        is_new = body is not None and body["state"] == "acknowledged" and journey.built is None
        if body is not None and is_new and self.course(body) == NOTHING_UNUSUAL:
            journey.built = await self._built(body)
            return self.site.pace
        return await super()._work(order, journey)

    async def _built(self, order: Body) -> dict[str, Body]:
        built: dict[str, Body] = {}
        try:
            plan = Plan.of(order)
        except PlanError:
            return built
        first = [each for each in plan.lines.values() if each.action == "add" and not plan.waits_for(each)]
        for line in first:
            is_complete = False
            with contextlib.suppress(ItemFailedError, NeighbourError):
                while not is_complete:
                    job = Job(order, plan, line, NOTHING_UNUSUAL, built.get(line.item_id))
                    result = await self._foreman.workshop.step(job)
                    is_complete = result.is_complete
                    if result.service is not None:
                        built[line.item_id] = result.service
        return built


@fault(
    "activation-writes-products",
    ROLE,
    "Service activation writes into product inventory (TMF637); that is for the COM alone.",
)
class WritesProducts(Activation):
    """Tells product inventory itself what it is about to activate."""

    def __init__(self, site: Site, collection: Collection) -> None:
        super().__init__(site, collection)
        there = PRODUCTS in site.neighbours
        self._products = site.neighbours.peer(PRODUCTS, CALLER) if there else None

    async def _work(self, order: str, journey: Journey) -> float | None:
        body = await read_if_there(self.collection, order) or {}
        for line in lines_of(body).values():
            service = line.service
            is_due = line.action == "add" and service.get("state") == STEPS[-2]
            if is_due and service.get("category") == "CFS":
                await self._announce(service["id"])
        return await super()._work(order, journey)

    async def _announce(self, service: str) -> None:
        if self._products is None:
            return
        for _ in range(PACES_FOR_A_PRODUCT):
            products = await self._products.find("product", **{"realizingService.id": service})
            for each in products:
                await self._products.patch("product", each["id"], {"description": "Delivered."})
            if products:
                return
            await asyncio.sleep(self.site.pace)
