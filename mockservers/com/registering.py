"""The COM's registrations at the hubs that it listens to: begun, noted, and ended, by a successor too."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable

from tmfrig.mockservers.com.ledger import Ledger, Registration
from tmfrig.mockservers.ending import end_tasks
from tmfrig.mockservers.neighbours import NeighbourError, Peer
from tmfrig.mockservers.store import StoreError

log = logging.getLogger(__name__)

_POLITELY = 0.5
"""Seconds for which one waits for hubs that do not answer at once."""
_FIRST_PAUSE = 0.1
_BETWEEN_BEGINNINGS = 5.0
_BETWEEN_ENDINGS = 60.0
"""Seconds, at most, until a hub is asked again: one that is away for long tells nobody anything anyway."""


class Registrations:
    """Registers at hubs, under a note in the ledger for each registration: what is noted gets ended once.

    `peer` and `callback` say who has the hub of an API, and where it is to call.
    """

    def __init__(self, ledger: Ledger, peer: Callable[[str], Peer], callback: Callable[[str], str]) -> None:
        self._ledger = ledger
        self._peer = peer
        self._callback = callback
        self._begun: dict[str, Registration] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self, apis: Iterable[str]) -> None:
        """End what others have left, so that nobody is told twice, and register; who is slow is waited for
        beside the rest.
        """
        left = await self._ledger.registrations()
        await self._politely(self._end(each) for each in left)
        await self._politely(self._begin(api) for api in apis)

    async def close(self) -> None:
        """End all of them; those that cannot be ended at once are left to who comes after."""
        await self._stop()
        begun, self._begun = self._begun, {}
        await self._politely(self._end(each) for each in begun.values())
        await self._stop()

    async def _politely(self, work: Iterable[Awaitable[None]]) -> None:
        tasks = [asyncio.ensure_future(each) for each in work]
        self._tasks += tasks
        if tasks:
            await asyncio.wait(tasks, timeout=_POLITELY)

    async def _stop(self) -> None:
        tasks, self._tasks = self._tasks, []
        await end_tasks(tasks)

    async def _begin(self, api: str) -> None:
        async def begin() -> None:
            peer = self._peer(api)
            if api not in self._begun:
                identifier = await peer.register(self._callback(api))
                self._begun[api] = Registration(api, identifier, peer.neighbour.url)
            await self._ledger.note_registration(self._begun[api])

        await _in_the_end(begin, f"the COM cannot listen to {api} yet", _BETWEEN_BEGINNINGS)

    async def _end(self, registration: Registration) -> None:
        peer = self._peer(registration.api)
        if registration.hub not in ("", peer.neighbour.url):
            # somebody else plays this role now; whoever has played it may come back
            return

        async def end() -> None:
            try:
                await peer.unregister(registration.identifier)
            except NeighbourError as error:
                if error.temporary:
                    raise
                log.warning("the COM's registration at %s cannot be ended: %s", registration.api, error)
            await self._ledger.forget_registration(registration)

        what = f"the COM's registration at {registration.api} cannot be ended yet"
        await _in_the_end(end, what, _BETWEEN_ENDINGS)


async def _in_the_end(work: Callable[[], Awaitable[None]], trouble: str, longest_pause: float) -> None:
    """Do something, again and again until that succeeds."""
    pause = _FIRST_PAUSE
    while True:
        try:
            await work()
        except (NeighbourError, StoreError) as error:
            log.warning("%s: %s", trouble, error)
            await asyncio.sleep(pause)
            pause = min(pause * 2, longest_pause)
        else:
            return
