"""The COM as a role among others: it registers at the hubs, hears, looks, and answers at its own API."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from itertools import count
from typing import TYPE_CHECKING, Any

import orjson

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
from tmfrig.mockservers.com.registering import Registrations
from tmfrig.mockservers.ending import end_tasks
from tmfrig.mockservers.engine import operation_key
from tmfrig.mockservers.errors import invalid_body, not_found
from tmfrig.mockservers.exchange import Exchange, Handler
from tmfrig.mockservers.faults import NO_FAULTS, Faults
from tmfrig.mockservers.neighbours import NeighbourError, Neighbours, Peer
from tmfrig.mockservers.store import Document, Tiding
from tmfrig.specs import Contract, Problem, rig_contract

if TYPE_CHECKING:
    from tmfrig.mockservers.site import Site

log = logging.getLogger(__name__)

CALLER = "COM"
HEARD = ("TMF622", "TMF641", "TMF638")
LEAST_PATIENCE = 2.0
PACES_OF_PATIENCE = 100
PATIENCE_WITH_OTHERS = 60.0
"""How long, in seconds, roles elsewhere may seem to do nothing: they have a pace of their own."""
PACES_BETWEEN_SWEEPS = 10
LEAST_BETWEEN_SWEEPS = 0.5
SWEEPS_BETWEEN_SEARCHES = 5
_ON_THE_WAY = frozenset(
    {"acknowledged", "inProgress", "feasibilityChecked", "designed", "reserved", "inactive", "active"}
)
"""States of orders and services on which nobody waits."""


def ports_to(neighbours: Neighbours, faults: Faults = NO_FAULTS) -> Ports:
    """The neighbours as the domain sees them."""
    the = faults.instead_of

    def peer(api: str) -> Peer:
        return neighbours.peer(api, CALLER)

    return Ports(
        ordering=the(ProductOrdering)(peer("TMF622")),
        catalog=the(Catalogs)(peer("TMF620"), peer("TMF633")),
        fulfilment=the(ServiceOrdering)(peer("TMF641")),
        deployed=the(ServiceInventory)(peer("TMF638")),
        subscriptions=the(ProductInventory)(peer("TMF637")),
    )


class Com:
    """Customer order management on a site. `patience` is in seconds, see `Conductor`."""

    def __init__(self, site: Site, contract: Contract, patience: float) -> None:
        self._site = site
        self._contract = contract
        self._patience = patience
        self._ports = ports_to(site.neighbours, site.faults)
        self._ledger = Ledger(
            site.store,
            site.collection(contract, "orchestration"),
            site.collection(contract, "orderPlan"),
            site.origin,
        )
        self._conductor = Conductor(self._ports, self._ledger, self._patience)
        jobs = site.collection(contract, "reconciliationJob")
        findings = site.collection(contract, "reconciliationFinding")
        self._auditor = Auditor(self._ports, self._ledger, jobs, findings, self._patience, site.origin)
        jobs.behaviours.append(_JobStart(site, jobs, self._auditor))
        self._attention = self._new_attention()
        self._registrations = Registrations(self._ledger, self._peer, self._callback)
        self._sweeping: asyncio.Task[None] | None = None

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """Where notifications come in."""
        callback = next(each for each in self._contract.operations if each.path.startswith("/callback/"))
        return {operation_key(self._contract, callback): self._hear}

    async def start(self) -> None:
        """Take up what an earlier process left, and listen."""
        self._attention = self._new_attention()
        await self._ledger.take_up()
        self._conductor.begin()
        for api in HEARD:
            await self._unregister_unnoted(api)
        for job in await self._auditor.take_up():
            self._site.agenda.after(0, self._auditor.run, job)
        self._sweeping = asyncio.create_task(self._sweep())
        await self._registrations.open(HEARD)

    async def stop(self) -> None:
        """End everything, and tell the hubs elsewhere."""
        if self._sweeping is not None:
            await end_tasks([self._sweeping])
        await self._attention.close()
        await self._registrations.close()

    @property
    def _heard(self) -> str:
        return f"{self._contract.key}/callback"

    def _new_attention(self) -> Attention:
        return Attention(self._conductor.advance, self._conductor.hold, self._patience)

    # ── hearing ─────────────────────────────────────────────────────────────────────────────────────────────

    def _callback(self, api: str) -> str:
        reached = self._peer(api).neighbour.reaches_us_at
        return f"{reached}{self._contract.base_path}/callback/{api}"

    async def _unregister_unnoted(self, api: str) -> None:
        """End registrations at a hub here which one that died had no time to note."""
        peer = self._peer(api)
        hub = self._site.hubs.get(peer.neighbour.contract.key)
        for each in hub.listeners if hub is not None else ():
            if each.callback == self._callback(api):
                with contextlib.suppress(NeighbourError):
                    await peer.unregister(each.id)

    async def _hear(self, exchange: Exchange) -> None:
        api = exchange.identifier
        if api not in HEARD:
            raise not_found(f"a callback for {api[:50]}")
        notification = await exchange.json()
        event = notification.get("event") if isinstance(notification, dict) else None
        if not isinstance(event, dict):
            raise invalid_body([Problem("event", "should be an object with what happened", "required")])
        payload = self._site.neighbours[api].words.told(event)
        if payload is not None and self._site.office.held:
            self._notice(api, payload)
        elif payload is not None:
            await self._site.store.tell(Tiding(self._heard, api, orjson.dumps(payload)))
        await exchange.answer(204, b"", ())

    def told(self, tiding: Tiding) -> bool:
        """Notice what another process has heard; whether that was for the COM."""
        if tiding.collection != self._heard:
            return False
        self._notice(tiding.id, orjson.loads(tiding.before or b"{}"))
        return True

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
            if number is None or not self._ledger.is_under_way(number):
                self._auditor.draw(service.id, self._site.agenda, self._site.pace)
        if number is not None:
            self._attention.draw(number, after=self._pause_before(payload))

    def _pause_before(self, payload: dict[str, Any]) -> float:
        """Steps on the way, ours among them, come in numbers: one look a pace is enough for them all.

        What somebody waits for is looked at at once. A new order is looked at after a pace, so that one can
        see it being new.
        """
        return self._site.pace if payload.get("state") in _ON_THE_WAY else 0.0

    async def _sweep(self) -> None:
        """Events get lost: look now and then at what is not over, and for orders never heard of."""
        pause = max(LEAST_BETWEEN_SWEEPS, PACES_BETWEEN_SWEEPS * self._site.pace)
        for rounds in count():
            try:
                self._attention.sweep(self._ledger.under_way, pause)
                # what others moved before we heard of it is rare: one need not look for it every time
                begun = rounds % SWEEPS_BETWEEN_SEARCHES == 0
                async for number in self._ports.ordering.unfinished(begun=begun):
                    if not await self._ledger.has_begun(number):
                        self._attention.draw(number, after=self._site.pace)
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

    def resumed(self, document: Document) -> None:
        """Nothing: the COM takes up what is unfinished when it starts."""


def com_companion(site: Site, *, among_others: bool) -> Com:
    """The COM of a site; `among_others` where some of its neighbours are elsewhere."""
    usual = max(LEAST_PATIENCE, PACES_OF_PATIENCE * site.pace)
    if among_others:
        usual = max(usual, PATIENCE_WITH_OTHERS)
    return Com(site, rig_contract("COM"), site.patience or usual)
