"""Taking part among processes over one store: one of them acts for all, the others stand by."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING

from tmfrig.mockservers.agreement import disagreement
from tmfrig.mockservers.ending import end_tasks
from tmfrig.mockservers.store import StoreError, log_failure

if TYPE_CHECKING:
    from tmfrig.mockservers.site import Site

log = logging.getLogger(__name__)

TERM = 5.0
"""Seconds for which the office is taken; when its holder has hung for so long, another one takes over."""
RENEWALS = 5
OUTLASTS = 1.6
"""Terms for which one waits that the office of somebody who serves something else ends."""
LOOKS = 10
"""Looks in a term, meanwhile."""
AT_ONCE = 100
"""Tidings that are taken out of the store together; each brings its resource along."""


class Duty:
    """Holds the office of a site, or waits for it; one thing at a time."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._tasks: list[asyncio.Task[None]] = []
        self._lock = asyncio.Lock()
        self._noticed = ""
        self._ended = False

    async def begin(self) -> None:
        """Take the office if nobody holds it, and follow what other processes do.

        StoreError where another process holds it that serves something else.
        """
        if not self._site.store.is_shared:
            await self._stand()
            return
        # to take it up may take longer than it lasts
        self._tasks = [asyncio.create_task(self._again_and_again(self._renew, TERM / RENEWALS))]
        await self._stand()
        await self._agree()
        self._tasks += [
            asyncio.create_task(self._again_and_again(self._stand_by, TERM / RENEWALS)),
            asyncio.create_task(self._again_and_again(self._follow, 0)),
        ]

    async def end(self) -> None:
        """Leave the office to others."""
        self._ended = True
        await end_tasks(self._tasks)
        async with self._lock:
            if self._site.office.held:
                await self._leave()
            if not self._tasks:
                return
            # also where it was about to be taken up; else its term ends by itself
            try:
                await self._site.store.resign()
            except StoreError as error:
                log.warning("others are not told that this process ends: %s", error)

    @contextlib.asynccontextmanager
    async def at_rest(self) -> AsyncIterator[None]:
        """Nothing happens by itself meanwhile."""
        async with self._lock:
            held = self._site.office.held
            if held:
                await self._leave()
            try:
                yield
            finally:
                # also where nothing came of it: nobody else would take this up where nobody else is there
                await self._site.office.refresh()
                if held:
                    await self._enter()

    async def _renew(self) -> None:
        if self._site.office.held:
            await self._site.store.take_office(TERM, self._site.serving)

    async def _agree(self) -> None:
        """Wait for the end of an office in which somebody serves something else, as long as it may outlast
        its holder.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + OUTLASTS * TERM
        while theirs := await self._others():
            if loop.time() >= deadline:
                raise StoreError(disagreement(theirs, self._site.serving))
            await asyncio.sleep(TERM / LOOKS)
            await self._stand()

    async def _others(self) -> str:
        """What is served by who acts for all, or did so last, where that is something else; else nothing."""
        if self._site.office.held:
            return ""
        theirs = await self._site.store.serving()
        return "" if theirs == self._site.serving else theirs

    async def _stand_by(self) -> None:
        await self._stand()
        theirs = await self._others()
        if theirs and theirs != self._noticed:
            log.error("%s", disagreement(theirs, self._site.serving))
        self._noticed = theirs

    async def _stand(self) -> None:
        async with self._lock:
            office = self._site.office
            holds = await self._site.store.take_office(TERM, self._site.serving)
            if holds and not office.held:
                await self._enter()
            elif office.held and not holds:
                log.warning("another process acts for all now: this one has hung too long")
                await self._leave()
            elif holds and office.in_doubt:
                await self._make_sure()

    async def _enter(self) -> None:
        await self._site.office.refresh()
        self._site.office.held, self._site.office.in_doubt = True, False
        try:
            await self._site.enter()
        except BaseException:
            # half of it is nothing: it is begun anew
            await self._leave()
            raise

    async def _leave(self) -> None:
        self._site.office.held = False
        await self._site.leave()

    async def _make_sure(self) -> None:
        """Look at everything that is under way: the store was out of order, and something may stand still."""
        self._site.office.in_doubt = False
        try:
            await self._site.resume()
        except BaseException:
            self._site.office.in_doubt = True
            raise

    async def _follow(self) -> None:
        site = self._site
        await site.store.news()
        async with self._lock:
            state = await site.store.state()
            if state.era != site.office.era and site.office.held:
                # everything was replaced: begin again
                await self._leave()
                await self._enter()
            elif state.epoch != site.office.epoch:
                await site.office.refresh()
            if not site.office.held:
                return
            site.deliveries.look()
            try:
                while tidings := await site.store.tidings(AT_ONCE):
                    for each in tidings:
                        site.hear(each)
                    # those may have been many
                    await asyncio.sleep(0)
            except BaseException:
                # those that were taken out and not heard are not told again
                site.office.in_doubt = True
                raise

    async def _again_and_again(self, work: Callable[[], Awaitable[None]], pause: float) -> None:
        # what fails on the way out may take the place of the cancellation
        while not self._ended:
            try:
                await work()
                await asyncio.sleep(pause)
            except Exception as error:
                log_failure(log, error, "what processes over one store agree on is not known")
                await asyncio.sleep(TERM / RENEWALS)
