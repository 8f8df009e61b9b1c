"""Correcting: the record follows what is deployed, and what nobody holds is ordered to be taken down."""

from __future__ import annotations

import asyncio
from typing import TypeAlias

from tmfrig.mockservers.com.ledger import Ledger
from tmfrig.mockservers.com.orders import Order, Phase, Standing
from tmfrig.mockservers.com.plan import Facing, Task, Verb
from tmfrig.mockservers.com.ports import Ports, Work
from tmfrig.mockservers.com.reconciliation import Drift, Finding

_FIRST_LOOK, _LONGEST_LOOK = 0.02, 1.0

Outcome: TypeAlias = tuple[str | None, str | None]
"""The work that was ordered, and the problem; None for neither."""


class Corrector:
    """Mends what reconciliation finds. Work that is ordered for it may take `patience` seconds."""

    def __init__(self, ports: Ports, ledger: Ledger, patience: float) -> None:
        self._ports = ports
        self._ledger = ledger
        self._patience = patience

    async def mend(self, finding: Finding, name: str) -> Outcome:
        """Do what mends a finding that is called `name`; NeighbourError where a neighbour fails."""
        match finding.kind:
            case Drift.STATE | Drift.CHARACTERISTIC:
                assert finding.subscription is not None
                await self._ports.subscriptions.update(
                    finding.subscription, standing=finding.standing, traits=finding.traits or None
                )
                return None, None
            case Drift.MISSING_PRODUCT:
                return None, await self._record(finding)
            case Drift.ORPHAN_SERVICE:
                return await self._terminate(finding, name)

    async def _record(self, finding: Finding) -> str | None:
        """Record the product that an order was meant to bring, with all services behind it."""
        assert finding.service is not None
        async for _ in self._ports.subscriptions.realised_by(finding.service):
            return None  # recorded meanwhile, perhaps for another service of the same product
        order = await self._ports.ordering.read(finding.order or "")
        course = await self._ledger.load(finding.order or "")
        if order is None or course is None or course.plan is None:
            return f"the order {finding.order} is not there any more"
        made = {service: each for each in course.plan.tasks if (service := course.tasks[each.id].service)}
        task = made.get(finding.service)
        if task is None:
            return f"the order {finding.order} says nothing of this service"
        holding = course.plan.holding(task.holding)
        services = [
            service
            for service, each in made.items()
            if each.holding == holding.key and each.facing is Facing.CUSTOMER
        ]
        recorded = await self._ports.subscriptions.open(order, holding, services, [])
        await self._ports.subscriptions.update(recorded, standing=Standing.ACTIVE)
        return None

    async def _terminate(self, finding: Finding, name: str) -> Outcome:
        """Order that a service which nobody holds is taken down; writing inventories is not for us."""
        assert finding.service is not None
        tasks = await self._ending(finding.service)
        if not tasks:
            return None, None
        reference = f"reconciliation-{name}"
        order = Order(number=reference, phase=Phase.WORKING, lines=[])
        work = Work(reference, reference, "Take down a service that no product explains", tasks, order)
        number = await self._ports.fulfilment.find(reference) or await self._ports.fulfilment.place(work)
        pause, waited = _FIRST_LOOK, 0.0
        while waited < self._patience:
            status = await self._ports.fulfilment.read(number)
            if status is None or status.phase.is_final:
                done = status is not None and status.phase is Phase.COMPLETED
                return number, None if done else f"the service order {number} was not completed"
            await asyncio.sleep(pause)
            waited, pause = waited + pause, min(pause * 2, _LONGEST_LOOK)
        return number, f"the service order {number} is not completed after {self._patience:g} s"

    async def _ending(self, identifier: str) -> list[Task]:
        service = await self._ports.deployed.read(identifier)
        if service is None:
            return []
        tasks = [_end("1", identifier, service.blueprint, service.name, Facing.CUSTOMER)]
        for number, each in enumerate(service.supports, 2):
            below = await self._ports.deployed.read(each)
            if below is not None and below.facing is Facing.RESOURCE:
                tasks.append(_end(str(number), below.id, below.blueprint, below.name, Facing.RESOURCE))
                tasks[0].relies_on.append(str(number))
        return tasks


def _end(number: str, service: str, blueprint: str | None, name: str, facing: Facing) -> Task:
    return Task(
        id=number,
        line="1",
        holding="1",
        verb=Verb.END,
        blueprint=blueprint or "",
        name=name,
        facing=facing,
        service=service,
    )


def remedy(finding: Finding) -> str:
    """What mends a finding, in words."""
    match finding.kind:
        case Drift.STATE:
            return f"record the product as {finding.standing}"
        case Drift.CHARACTERISTIC:
            return "record " + finding.expected
        case Drift.MISSING_PRODUCT:
            return "record the product"
        case Drift.ORPHAN_SERVICE:
            return "order that the service is taken down"
