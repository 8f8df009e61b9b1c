"""Who looks at which order when: one at a time for each, and again after trouble."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Collection

from tmfrig.mockservers import tracing
from tmfrig.mockservers.com.ledger import OvertakenError
from tmfrig.mockservers.ending import end_tasks
from tmfrig.mockservers.neighbours import NeighbourError
from tmfrig.mockservers.office import acting
from tmfrig.mockservers.store import StoreError
from tmfrig.mockservers.tracing import Trace

log = logging.getLogger(__name__)

AT_ONCE = 64
"""Orders that are looked at at the same time; the others wait."""
MOST_SWEPT = 20
"""Orders to which a sweep draws attention, a second."""
FIRST_PAUSE = 0.05
LONGEST_PAUSE = 5.0

Advance = Callable[[str], Awaitable[None]]
Hold = Callable[[str, str], Awaitable[None]]


class Attention:
    """Has orders advanced whenever somebody draws attention to them.

    Trouble with a neighbour is tried again, less and less often; after `patience` seconds of nothing but
    trouble the order is put on hold.
    """

    def __init__(self, advance: Advance, hold: Hold, patience: float) -> None:
        self._advance = advance
        self._hold = hold
        self._patience = patience
        self._places = asyncio.Semaphore(AT_ONCE)
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._drawn: dict[str, float] = {}
        self._stirred: dict[str, asyncio.Event] = {}
        self._traces: dict[str, Trace] = {}
        self._looked: dict[str, float] = {}
        self._closed = False

    def draw(self, order: str, after: float = 0.0) -> None:
        """Somebody should look at an order, in so many seconds at the latest."""
        if self._closed:
            return
        loop = asyncio.get_running_loop()
        self._drawn[order] = min(loop.time() + after, self._drawn.get(order, float("inf")))
        trace = tracing.current.get()
        if trace is not None:
            self._traces.setdefault(order, trace)
        if order not in self._workers:
            self._stirred[order] = asyncio.Event()
            self._workers[order] = loop.create_task(self._work(order), name=f"order {order}")
        self._stirred[order].set()

    def sweep(self, orders: Collection[str], within: float) -> None:
        """Draw attention to those of all open orders at which nobody has looked for so many seconds.

        Where there are very many, that is less often: those of which one hears come first.
        """
        within = max(within, len(orders) / MOST_SWEPT)
        moment = asyncio.get_running_loop().time()
        self._looked = {each: self._looked.get(each, moment - within) for each in orders}
        for order, looked in self._looked.items():
            if moment - looked >= within:
                self.draw(order)

    async def close(self) -> None:
        """Stop at once; what is under way is taken up again from what is kept."""
        self._closed = True
        await end_tasks(self._workers.values())

    async def _work(self, order: str) -> None:
        acting.set(True)
        loop = asyncio.get_running_loop()
        trouble, pause = None, FIRST_PAUSE
        try:
            # what fails on the way out may take the place of the cancellation
            while order in self._drawn and not self._closed:
                wait = self._drawn[order] - loop.time()
                if wait > 0:
                    await self._rest(order, wait)
                    continue
                del self._drawn[order]
                why = await self._look(order)
                self._looked[order] = loop.time()
                if self._closed:
                    return
                if why is None:
                    trouble, pause = None, FIRST_PAUSE
                    continue
                trouble = trouble or loop.time()
                if loop.time() - trouble > self._patience:
                    await self._give_up(order, why)
                    trouble, pause = None, LONGEST_PAUSE
                self._drawn.setdefault(order, loop.time() + pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
        finally:
            for each in (self._workers, self._traces, self._stirred):
                each.pop(order, None)

    async def _rest(self, order: str, wait: float) -> None:
        """Until it is time, or attention is drawn sooner."""
        self._stirred[order].clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await self._stirred[order].wait()

    async def _look(self, order: str) -> str | None:
        """Advance an order once; what went wrong, or nothing."""
        async with self._places:
            tracing.current.set(self._traces.get(order))
            try:
                await self._advance(order)
            except (NeighbourError, OvertakenError, StoreError) as error:
                return str(error)
            except Exception as error:
                log.exception("order %s cannot be advanced", order[:100])
                return f"the COM itself failed ({type(error).__name__})"
        return None

    async def _give_up(self, order: str, why: str) -> None:
        try:
            await self._hold(order, why)
        except (NeighbourError, OvertakenError, StoreError) as error:
            log.warning("order %s cannot be put on hold: %s", order[:100], error)
        except Exception:
            log.exception("order %s cannot be put on hold", order[:100])
