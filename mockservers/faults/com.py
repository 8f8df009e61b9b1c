"""Faults of customer order management: what it orders, records and reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tmfrig.mockservers.com.boundaries.catalog import Catalogs
from tmfrig.mockservers.com.boundaries.deployed import RESOURCE as SERVICE
from tmfrig.mockservers.com.boundaries.deployed import ServiceInventory, read_service
from tmfrig.mockservers.com.boundaries.fulfilment import ITEMS, ServiceOrdering
from tmfrig.mockservers.com.boundaries.fulfilment import RESOURCE as SERVICE_ORDER
from tmfrig.mockservers.com.boundaries.ordering import ProductOrdering
from tmfrig.mockservers.com.boundaries.subscriptions import ProductInventory
from tmfrig.mockservers.com.boundaries.wording import objects
from tmfrig.mockservers.com.catalog import Blueprint
from tmfrig.mockservers.com.inventory import Deployment, Service
from tmfrig.mockservers.com.orders import Order, Phase, Standing
from tmfrig.mockservers.com.plan import Holding, Verb
from tmfrig.mockservers.com.ports import Report, TaskStatus, Work, WorkStatus
from tmfrig.mockservers.faults.fault import fault
from tmfrig.mockservers.neighbours import Peer

ROLE = "COM"

# ── what it reports to product ordering ─────────────────────────────────────────────────────────────────────


@fault(
    "stuck-in-progress",
    ROLE,
    "A product order stays in progress although all its service orders are completed; it should follow.",
)
class NeverTellsTheEnd(ProductOrdering):
    """Does not report what is completed."""

    async def report(self, order: Order, report: Report) -> None:
        """Tell everything but that."""
        if report.phase is not Phase.COMPLETED:
            await super().report(order, report)


@fault(
    "order-completed-with-failed-item",
    ROLE,
    "A product order of which an item failed is completed; it should be failed or partial.",
)
class CompletesInSpiteOfFailure(ProductOrdering):
    """Takes the end of the work for its success."""

    async def report(self, order: Order, report: Report) -> None:
        """Tell the items as they are, and the order as completed."""
        is_spoilt = report.phase.is_final and Phase.FAILED in report.lines.values()
        await super().report(order, replace(report, phase=Phase.COMPLETED) if is_spoilt else report)


@fault(
    "partial-reported-completed",
    ROLE,
    "A product order that was delivered in part is completed with all its items; it should be partial.",
)
class CompletesWhatIsPartial(ProductOrdering):
    """Takes a part for the whole."""

    async def report(self, order: Order, report: Report) -> None:
        """Tell that everything is completed where something is."""
        if report.phase is Phase.PARTIAL:
            report = replace(
                report, phase=Phase.COMPLETED, lines=dict.fromkeys(report.lines, Phase.COMPLETED), note=None
            )
        await super().report(order, report)


@fault(
    "service-active-before-order",
    ROLE,
    "A product order is acknowledged until its services are active; it should be in progress before work "
    "on them begins.",
)
class TellsProgressLate(ProductOrdering):
    """Reports that work has begun when it is over."""

    def __init__(self, peer: Peer) -> None:
        super().__init__(peer)
        self._withheld: dict[str, Report] = {}

    async def report(self, order: Order, report: Report) -> None:
        """Withhold that a new order is in progress until something else is to be told."""
        if order.phase is Phase.NEW and report.phase is Phase.WORKING:
            self._withheld[order.number] = report
            return
        withheld = self._withheld.pop(order.number, None)
        if withheld is None:
            await super().report(order, report)
            return
        still_new = order.model_copy(update={"phase": Phase.NEW})
        if report.phase is not Phase.WORKING:
            await super().report(still_new, withheld)
            await super().report(order, report)
        else:
            await super().report(still_new, report)


# ── what it orders ──────────────────────────────────────────────────────────────────────────────────────────


@fault(
    "order-completed-without-fulfilment",
    ROLE,
    "A product order is completed although nothing was ordered from service ordering; its services should be "
    "active first.",
)
class SeesNoServices(Catalogs):
    """Does not see what products are made of."""

    async def blueprint(self, identifier: str) -> Blueprint | None:
        """What a product is, without its services."""
        found = await super().blueprint(identifier)
        return None if found is None else found.model_copy(update={"services": []})


@fault(
    "duplicate-service-orders",
    ROLE,
    "Each service order is placed twice; the same work should be ordered once.",
)
class OrdersTwice(ServiceOrdering):
    """Posts again, as who takes a slow answer for none."""

    async def place(self, work: Work) -> str:
        """Order work, and again."""
        await super().place(work)
        return await super().place(work)


@fault(
    "terminate-leaves-service",
    ROLE,
    "A product is terminated while its services stay active; they should be terminated first.",
)
class EndsNoService(ServiceOrdering):
    """Orders the end of services as if nothing were to change, and does not look at them again."""

    async def place(self, work: Work) -> str:
        """Order everything else as it should be."""
        kept = [
            each.model_copy(update={"verb": Verb.KEEP}) if each.verb is Verb.END else each
            for each in work.tasks
        ]
        return await super().place(replace(work, tasks=kept))

    async def read(self, number: str) -> WorkStatus | None:
        """How far work is; a service that was to end is called by a name that nothing has."""
        status = await super().read(number)
        if status is None:
            return None
        body = await self._peer.get(SERVICE_ORDER, number) or {}
        left = {str(each.get("id")) for each in objects(body.get(ITEMS)) if each.get("action") == "noChange"}
        return replace(status, tasks={id_: _gone(each, id_ in left) for id_, each in status.tasks.items()})


def _gone(status: TaskStatus, is_gone: bool) -> TaskStatus:
    return replace(status, service="gone") if is_gone else status


# ── what it records ─────────────────────────────────────────────────────────────────────────────────────────


@fault(
    "product-created-twice",
    ROLE,
    "Two products are created for one item of a product order; there should be one.",
)
class RecordsTwice(ProductInventory):
    """Posts again, as who takes a slow answer for none."""

    async def open(
        self, order: Order, holding: Holding, services: Sequence[str], parts: Sequence[str]
    ) -> str:
        """Create a product, and another one."""
        await super().open(order, holding, services, parts)
        return await super().open(order, holding, services, parts)


@fault(
    "product-active-before-service",
    ROLE,
    "A product is active while its services are still being built; it should be pendingActive until they are "
    "active.",
)
class RecordsActiveAtOnce(ProductInventory):
    """Trusts that what was ordered will be there."""

    async def open(
        self, order: Order, holding: Holding, services: Sequence[str], parts: Sequence[str]
    ) -> str:
        """Create a product, and have it active."""
        opened = await super().open(order, holding, services, parts)
        await super().update(opened, standing=Standing.ACTIVE)
        return opened

    async def update(
        self,
        identifier: str,
        *,
        standing: Standing | None = None,
        traits: Mapping[str, Any] | None = None,
        services: Sequence[str] | None = None,
        parts: Sequence[str] | None = None,
        offer: str | None = None,
    ) -> None:
        """Change a product; one that will not be was active, and so is terminated."""
        standings = {
            Standing.PENDING: Standing.ACTIVE,
            Standing.ABORTED: Standing.ENDED,
            Standing.CANCELLED: Standing.ENDED,
        }
        await super().update(
            identifier,
            standing=standings.get(standing, standing) if standing is not None else None,
            traits=traits,
            services=services,
            parts=parts,
            offer=offer,
        )


@fault(
    "com-writes-services",
    ROLE,
    "The COM writes into service inventory (TMF638); that is for service activation alone.",
)
class WritesServices(ServiceInventory):
    """Leaves a mark where it should only look."""

    async def read(self, identifier: str) -> Service | None:
        """A service, which is marked as seen once it is active."""
        service = await super().read(identifier)
        if service is not None and service.deployment is Deployment.ACTIVE:
            body = await self._peer.get(SERVICE, identifier) or {}
            if not body.get("description"):
                marked = await self._peer.patch(SERVICE, identifier, {"description": "Delivered."})
                return None if marked is None else read_service(marked)
        return service
