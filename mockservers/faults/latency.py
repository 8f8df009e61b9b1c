"""Faults of latency: answers that take longer than anybody likes to wait."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from tmfrig.mockservers.exchange import Header
from tmfrig.mockservers.faults.answers import Altered
from tmfrig.mockservers.faults.fault import fault
from tmfrig.specs import Kind

FAMILY = "latency"
SLOW = 0.15
"""Seconds: enough to be seen among answers that take a few milliseconds."""


@fault(
    "lists-are-slow",
    "TMF637",
    "Every list takes 150 ms longer than it need; the latencies of a report show that.",
    rule="SLO-01",
    family=FAMILY,
)
class ListsSlowly(Altered):
    """Counts all rows for each page."""

    async def answer(self, status: int, body: bytes, headers: Iterable[Header]) -> None:
        """Send the answer, a list a little later."""
        if self.kind is Kind.LIST:
            await asyncio.sleep(SLOW)
        await super().answer(status, body, headers)


@fault(
    "creates-are-slow",
    "TMF622",
    "Every create takes 150 ms longer than it need; the latencies of a report show that.",
    rule="SLO-01",
    family=FAMILY,
)
class CreatesSlowly(Altered):
    """Waits for others before it answers."""

    async def answer(self, status: int, body: bytes, headers: Iterable[Header]) -> None:
        """Send the answer, that to a create a little later."""
        if self.kind is Kind.CREATE:
            await asyncio.sleep(SLOW)
        await super().answer(status, body, headers)
