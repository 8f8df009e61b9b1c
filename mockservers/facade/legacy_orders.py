"""Service order items as PROVEX's orders: placed once, asked about, withdrawn."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from tmfrig.mockservers.errors import ApiError
from tmfrig.mockservers.facade import copybook as codes
from tmfrig.mockservers.facade.copybook import Card, Operation, OrderState, RecordError, Reply
from tmfrig.mockservers.facade.inventory import Inventory
from tmfrig.mockservers.facade.ledger import Job, Ledger
from tmfrig.mockservers.facade.mapping import card_for, refusal
from tmfrig.mockservers.facade.terminal import LegacyDownError, Terminal
from tmfrig.mockservers.store import Body

log = logging.getLogger(__name__)


class LegacyOrders:
    """The traffic of cards. While PROVEX is down everything waits: that is no failure of an item."""

    def __init__(self, terminal: Terminal, ledger: Ledger, inventory: Inventory) -> None:
        self._terminal = terminal
        self._ledger = ledger
        self._inventory = inventory
        self._reachable = True
        self._said_so = False

    def try_again(self) -> None:
        """A new turn: perhaps PROVEX can be reached now."""
        self._reachable = True

    async def place(self, job: Job, order: Body, item: Body, supporting: list[Body]) -> None:
        """Order what an item asks for, or note why it cannot be ordered."""
        line = self._ledger.line_of(job.service)
        if self._ledger.is_busy(line, job):
            return
        try:
            if job.card is None:
                job.card = card_for(order, item, job.number, line)
            if job.creates and job.draft is None:
                job.draft = self._inventory.drafted(order, item, supporting)
                job.service = job.draft["id"]
        except (RecordError, ApiError) as error:
            job.refusal = refusal("untranslatable", str(error), f"item {job.item} cannot be put on a card")
            return
        if job.card is None:
            job.carried_out = True
            return
        job.characteristics = item["service"].get("serviceCharacteristic") or []
        self._ledger.occupy(line, job)
        await self._learn(job, await self._sent(job.card))

    async def enquire(self, jobs: Iterable[Job]) -> None:
        """Ask about every job that PROVEX has and that may have moved on."""
        for job in jobs:
            if job.is_open and job.state is not None and not job.is_archived:
                await self._learn(job, await self._sent(Card(operation=Operation.ENQUIRE, order=job.number)))

    async def withdraw(self, jobs: Iterable[Job]) -> bool:
        """Withdraw what can be; whether that was all. LegacyDownError where PROVEX does not say."""
        granted = True
        for job in [each for each in jobs if each.is_open]:
            if job.card is not None:
                reply = await self._terminal.send(Card(operation=Operation.WITHDRAW, order=job.number))
                if reply.code not in (codes.ACCEPTED, codes.ORDER_UNKNOWN):
                    granted = False
                    continue
            job.state = OrderState.WITHDRAWN
        return granted

    async def begin(self, job: Job, line: int) -> None:
        """A line is there for the service that a job adds: from now on TMF638 shows it."""
        if job.draft is not None:
            await self._inventory.add(job.draft)
            self._ledger.connect(job.draft["id"], line)

    async def _learn(self, job: Job, reply: Reply | None) -> None:
        if reply is None:
            return
        if reply.state:
            if job.creates and job.state is None:
                await self.begin(job, reply.line)
            job.state = OrderState(reply.state)
        if reply.code == codes.ARCHIVED:
            job.is_archived = True
            job.state = job.state or OrderState.AT_EXCHANGE
        elif reply.code == codes.ORDER_UNKNOWN:
            job.state = None  # PROVEX has lost it: the same card goes out again
        elif reply.code != codes.ACCEPTED:
            job.refusal = refusal(
                reply.code, reply.text, f"PROVEX refused order {job.number}, item {job.item}"
            )

    async def _sent(self, card: Card) -> Reply | None:
        if not self._reachable:
            return None
        try:
            reply = await self._terminal.send(card)
        except LegacyDownError as error:
            self._reachable = False
            if not self._said_so:
                log.warning("%s; its orders wait", error)
            self._said_so = True
            return None
        self._said_so = False
        return reply


def services_relied_on(job: Job, jobs: Mapping[str, Job]) -> list[str]:
    """The ids of the services of those items on which a job relies."""
    related = (jobs[each] for each in sorted(job.relies_on) if each in jobs)
    return [each.service for each in related if each.service is not None]
