"""Alignment by the night file: the only source that tells how orders ended and what lines really are."""

from __future__ import annotations

import logging
from pathlib import Path

from tmfrig.mockservers.facade import night_file
from tmfrig.mockservers.facade.copybook import LineRecord, LineState, RecordError
from tmfrig.mockservers.facade.inventory import Inventory
from tmfrig.mockservers.facade.ledger import Job, Ledger
from tmfrig.mockservers.facade.legacy_orders import LegacyOrders
from tmfrig.mockservers.facade.mapping import LINE_STATES

log = logging.getLogger(__name__)


class Alignment:
    """Takes over what each night has changed: orders carried out, lines in other states, unknown lines."""

    def __init__(self, path: Path, ledger: Ledger, inventory: Inventory, orders: LegacyOrders) -> None:
        self._path = path
        self._ledger = ledger
        self._inventory = inventory
        self._orders = orders
        self._last_run = 0
        self._known: dict[int, LineRecord] = {}

    async def align(self) -> None:
        """Take over the night file, if there is a new one and it is whole."""
        try:
            night = night_file.read(self._path)
        except RecordError as error:  # most likely it is being written: the next turn will find it whole
            log.info("the night file cannot be read: %s", error)
            return
        if night is None or night.run == self._last_run:
            return
        for line in night.lines:
            if self._known.get(line.line) != line:
                await self._take_over(line)
                self._known[line.line] = line
        self._last_run = night.run

    async def _take_over(self, line: LineRecord) -> None:
        job = self._ledger.numbered(line.order)
        if job is not None and job.is_open:
            await self._close(job, line.line)
        state = LINE_STATES[LineState(line.state)].service
        service = self._ledger.service_on(line.line)
        if state is None:
            return
        if service is not None:
            await self._inventory.move(service, state)
        elif line.state != LineState.CEASED:
            self._ledger.connect(await self._inventory.adopt(line), line.line)

    async def _close(self, job: Job, line: int) -> None:
        job.carried_out = True
        if job.creates:
            await self._orders.begin(job, line)
        elif job.service is not None:
            await self._inventory.amend(job.service, job.characteristics)
