"""The COM as a role among others: it registers at the hubs, hears, looks, and answers at its own API."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tmfrig.mockservers.behaviours import Behaviour
from tmfrig.mockservers.collection import Collection
from tmfrig.mockservers.com.attention import Attention
from tmfrig.mockservers.com.auditing import Auditor
from tmfrig.mockservers.com.boundaries.catalog import Catalogs
from tmfrig.mockservers.com.boundaries.deployed import ServiceInventory, read_service
from tmfrig.mockservers.com.boundaries.fulfilment import ServiceOrdering, order_of
from tmfrig.mockservers.com.boundaries.ordering import ProductOrdering
from tmfrig.mockservers.com.boundaries.subscriptions import ProductInventory
from tmfrig.mockservers.com.boundaries.wording import identifier
from tmfrig.mockservers.com.conducting import Conductor
from tmfrig.mockservers.com.ledger import Ledger
from tmfrig.mockservers.com.ports import Ports
from tmfrig.mockservers.engine import operation_key
from tmfrig.mockservers.errors import not_found
from tmfrig.mockservers.exchange import Exchange, Handler
from tmfrig.mockservers.neighbours import NeighbourError, Neighbours, Peer
from tmfrig.mockservers.store import Document
from tmfrig.specs import Contract, rig_contract

if TYPE_CHECKING:
    from tmfrig.mockservers.site import Site

log = logging.getLogger(__name__)

CALLER = "COM"
HEARD = ("TMF622", "TMF641", "TMF638")
LEAST_PATIENCE = 2.0
PACES_OF_PATIENCE = 100
PACES_BETWEEN_SWEEPS = 10
LEAST_BETWEEN_SWEEPS = 0.5
_POLITELY = 0.5


def ports_to(neighbours: Neighbours) -> Ports:
    """The neighbours as the domain sees them."""

    def peer(api: str) -> Peer:
        return neighbours.peer(api, CALLER)

    return Ports(
        ordering=ProductOrdering(peer("TMF622")),
        catalog=Catalogs(peer("TMF620"), peer("TMF633")),
        fulfilment=ServiceOrdering(peer("TMF641")),
        deployed=ServiceInventory(peer("TMF638")),
        subscriptions=ProductInventory(peer("TMF637")),
    )


class Com:
    """Customer order management on a site. `patience` is in seconds, see `Conductor`."""

    def __init__(self, site: Site, contract: Contract, patience: float | None = None) -> None:
        self._site = site
        self._contract = contract
        self._patience = patience or max(LEAST_PATIENCE, PACES_OF_PATIENCE * site.pace)
        self._ports = ports_to(site.neighbours)
        self._ledger = Ledger(
            site.store,
            site.collection(contract, "orchestration"),
            site.collection(contract, "orderPlan"),
            site.origin,
        )
        self._conductor = Conductor(self._ports, self._ledger, self._patience)
        jobs = site.collection(contract, "reconciliationJob")
        findings = site.collection(contract, "reconciliationFinding")
        self._auditor = Auditor(self._ports, self._ledger, jobs, findings, self._patience)
        jobs.behaviours.append(_JobStart(site, jobs, self._auditor))
        self._attention = self._new_attention()
        self._registrations: dict[str, str] = {}
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """Where notifications come in."""
        callback = next(each for each in self._contract.operations if each.path.startswith("/callback/"))
        return {operation_key(self._contract, callback): self._hear}

    async def start(self) -> None:
        """Take up what an earlier process left, and listen."""
        self._attention = self._new_attention()
        await self._ledger.take_up()
        registering = [asyncio.create_task(self._register(api)) for api in HEARD]
        self._tasks = [*registering, asyncio.create_task(self._sweep())]
        # whoever is here answers at once; nobody waits for the others
        await asyncio.wait(registering, timeout=_POLITELY)

    async def stop(self) -> None:
        """End everything, and tell the hubs elsewhere."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._attention.close()
        registrations, self._registrations = self._registrations, {}
        with contextlib.suppress(TimeoutError, NeighbourError):
            async with asyncio.timeout(_POLITELY):
                for api, each in registrations.items():
                    await self._peer(api).unregister(each)

    def _new_attention(self) -> Attention:
        return Attention(self._conductor.advance, self._conductor.hold, self._patience)

    # ── hearing ─────────────────────────────────────────────────────────────────────────────────────────────

    async def _register(self, api: str) -> None:
        peer, pause = self._peer(api), 0.1
        callback = f"{peer.neighbour.reaches_us_at}{self._contract.base_path}/callback/{api}"
        while api not in self._registrations:
            try:
                self._registrations[api] = await peer.register(callback)
            except NeighbourError as error:
                log.warning("the COM cannot listen to %s yet: %s", api, error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5.0)

    async def _hear(self, exchange: Exchange) -> None:
        api = exchange.identifier
        if api not in HEARD:
            raise not_found(f"a callback for {api[:50]}")
        notification = await exchange.json()
        event = notification.get("event") if isinstance(notification, dict) else None
        payload = next(iter(event.values()), None) if isinstance(event, dict) else None
        if isinstance(payload, dict):
            self._notice(api, payload)
        await exchange.answer(204, b"", ())

    def _notice(self, api: str, payload: dict[str, Any]) -> None:
        """An event is a reason to look, and nothing more: what it says may be old."""
        number = None
        if api == "TMF622":
            named = payload.get("productOrder")
            number = identifier(named) if isinstance(named, dict) else identifier(payload)
        elif api == "TMF641":
            order = payload.get("serviceOrder")
            whole = order if isinstance(order, dict) else payload
            number = self._ledger.order_of_work(identifier(whole) or "") or order_of(whole)
        elif identifier(payload):
            service = read_service(payload)
            number = self._ledger.order_of_work(service.work[0]) if service.work else None
            self._site.agenda.after(self._site.pace, self._auditor.look_at, service.id)
        if number is not None:
            self._attention.draw(number, after=self._pause_before(api, payload))

    def _pause_before(self, api: str, payload: dict[str, Any]) -> float:
        """A new order is looked at after a pace, so that one can see it being new."""
        return self._site.pace if api == "TMF622" and payload.get("state") == "acknowledged" else 0.0

    async def _sweep(self) -> None:
        """Events get lost: look now and then at what is not over, and for orders never heard of."""
        pause = max(LEAST_BETWEEN_SWEEPS, PACES_BETWEEN_SWEEPS * self._site.pace)
        begun = True
        while True:
            try:
                for number in self._ledger.under_way:
                    self._attention.draw(number)
                async for number in self._ports.ordering.unfinished(begun=begun):
                    if await self._ledger.load(number) is None:
                        self._attention.draw(number, after=self._site.pace)
                begun = False
            except NeighbourError as error:
                log.info("the COM cannot look for orders: %s", error)
            except Exception:
                log.exception("the COM's sweep failed")
            await asyncio.sleep(pause)

    def _peer(self, api: str) -> Peer:
        return self._site.neighbours.peer(api, CALLER)


class _JobStart(Behaviour):
    """A reconciliation job that somebody creates is carried out."""

    def __init__(self, site: Site, collection: Collection, auditor: Auditor) -> None:
        super().__init__(site, collection)
        self._auditor = auditor

    def settled(self, before: Document | None, after: Document) -> None:
        """Begin with a new job."""
        if before is None:
            self.site.agenda.after(0, self._auditor.run, after.id)


def com_companion(site: Site, topology: object) -> Com:
    """The COM of a site."""
    return Com(site, rig_contract("COM"))
