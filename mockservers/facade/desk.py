"""The desk between the two worlds: service orders to PROVEX, and back what came of them."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from tmfrig.mockservers.behaviours.behaviour import change_if_there, read_if_there
from tmfrig.mockservers.collection import Collection
from tmfrig.mockservers.facade.alignment import Alignment
from tmfrig.mockservers.facade.copybook import OrderState
from tmfrig.mockservers.facade.dependencies import is_ready, obstacle, relied_on
from tmfrig.mockservers.facade.inventory import Inventory
from tmfrig.mockservers.facade.ledger import FINAL, Job, Ledger
from tmfrig.mockservers.facade.legacy_orders import LegacyOrders, services_relied_on
from tmfrig.mockservers.facade.mapping import refusal
from tmfrig.mockservers.facade.order_view import AT_WORK, every_item, shown
from tmfrig.mockservers.facade.terminal import LegacyDownError, Terminal
from tmfrig.mockservers.store import Body

log = logging.getLogger(__name__)


class Desk:
    """Works on all open service orders. Jobs are touched by one at a time: who has `turn`."""

    def __init__(self, orders: Collection, inventory: Inventory, terminal: Terminal, night: Path) -> None:
        self._turn = asyncio.Lock()
        self._orders = orders
        self._inventory = inventory
        self._ledger = Ledger()
        self._legacy = LegacyOrders(terminal, self._ledger, inventory)
        self._alignment = Alignment(night, self._ledger, inventory, self._legacy)
        self._open: dict[str, None] = {}

    async def take(self, order: str) -> None:
        """Work on an order from now on, until it is over."""
        self._open[order] = None

    async def work(self) -> None:
        """One turn: what has the night brought, how are the orders, what can be ordered now."""
        async with self._turn:
            self._legacy.try_again()
            await self._alignment.align()
            for order in list(self._open):
                try:
                    await self._attend(order)
                except Exception:  # one order that nobody foresaw must not stop all others
                    log.exception("service order %s", order)

    async def withdraw(self, order: str) -> bool:
        """Withdraw everything or nothing; whether it could be done. LegacyDownError where nobody knows."""
        async with self._turn:
            jobs = self._ledger.jobs_of(order).values()
            if any(each.carried_out and each.card is not None for each in jobs):
                return False
            if await self._legacy.withdraw(jobs):
                return True
            for each in jobs:
                if each.state is OrderState.WITHDRAWN:
                    self._ledger.renumber(each)  # another item could not be: this one is ordered again
            return False

    async def undo(self, order: str) -> None:
        """Take back the services of an order that was withdrawn."""
        async with self._turn:
            await self._show(order)

    async def _attend(self, identifier: str) -> None:
        order = await read_if_there(self._orders, identifier)
        if order is None or order["state"] in FINAL:
            await self._leave(identifier, order)
            return
        await self._legacy.enquire(self._ledger.jobs_of(identifier).values())
        await self._show(identifier)
        if order["state"] in AT_WORK:
            await self._place(order)
            await self._show(identifier)

    async def _place(self, order: Body) -> None:
        """Order everything that waits for nothing any more."""
        items = {item["id"]: item for item in every_item(order)}
        jobs = {identifier: self._job(order, item) for identifier, item in items.items()}
        for job in [each for each in jobs.values() if each.is_open and each.state is None]:
            reason = obstacle(job, jobs)
            if reason is not None:
                job.refusal = refusal("dependency", reason, f"item {job.item} was not begun")
            elif is_ready(job, jobs):
                found = [await self._inventory.get(each) for each in services_relied_on(job, jobs)]
                await self._legacy.place(job, order, items[job.item], [each for each in found if each])

    def _job(self, order: Body, item: Body) -> Job:
        action = item["action"]
        service = None if action == "add" else item["service"].get("id")
        return self._ledger.open_job(order["id"], item["id"], action, service, relied_on(item))

    async def _show(self, order: str) -> None:
        """Let the order tell how far its jobs are."""
        services = await self._reflect(order)
        jobs = self._ledger.jobs_of(order)
        await change_if_there(self._orders, order, lambda body: shown(body, jobs, services))

    async def _reflect(self, order: str) -> dict[str, Body]:
        """Let the services follow the jobs of an order; those that exist then, by id."""
        services = {}
        for job in self._ledger.jobs_of(order).values():
            if job.creates and job.service is not None:
                if job.is_undone:
                    await self._inventory.undo(job.service)
                elif job.service_state is not None:
                    await self._inventory.move(job.service, job.service_state)
            service = await self._inventory.get(job.service)
            if service is not None:
                services[service["id"]] = service
        return services

    async def _leave(self, identifier: str, order: Body | None) -> None:
        """An order that is over: withdraw what PROVEX still does for one that was given up."""
        if order is None or order["state"] != "completed":
            try:
                await self._legacy.withdraw(self._ledger.jobs_of(identifier).values())
            except LegacyDownError:
                return  # the next turn tries again
        await self._reflect(identifier)
        self._open.pop(identifier, None)
