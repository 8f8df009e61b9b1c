"""What happens later: steps of orders and tasks, each at its time on the event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from heapq import heappop, heappush
from itertools import count
from math import inf
from time import monotonic
from typing import Any

from tmfrig.mockservers import tracing
from tmfrig.mockservers.ending import end_tasks
from tmfrig.mockservers.office import acting
from tmfrig.mockservers.store import log_failure
from tmfrig.mockservers.tracing import Trace

log = logging.getLogger(__name__)

Step = Callable[..., Coroutine[Any, Any, None]]


class Agenda:
    """Runs coroutines after a delay; a failing one is logged and harms no other.

    There is one timer for all of them: a hundred thousand orders may wait at once. `for_all` says that they
    are work of who acts for all; else they are what this process owes to its clients.
    """

    def __init__(self, *, for_all: bool = False) -> None:
        self._for_all = for_all
        self._due: list[tuple[float, int, Step, tuple[Any, ...], Trace | None]] = []
        self._numbers = count()
        self._timer: asyncio.Handle | None = None
        self._wakes_at = inf
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def is_closed(self) -> bool:
        """Whether nothing that is planned now will happen."""
        return self._closed

    def after(self, seconds: float, step: Step, *arguments: Any) -> None:
        """Run a step once, `seconds` from now; nothing once the agenda is closed."""
        if self._closed:
            return
        # the clock of the event loop, without asking for the loop: that is a system call
        when = monotonic() + seconds
        # a step belongs to the trace of whoever planned it
        heappush(self._due, (when, next(self._numbers), step, arguments, tracing.current.get()))
        if when < self._wakes_at:
            self._wake_at(when)

    async def close(self) -> None:
        """Forget what has not begun and stop what has, for good."""
        self._closed = True
        await self.clear()

    async def clear(self) -> None:
        """Forget what has not begun and stop what has."""
        self._forget()
        await end_tasks(self._tasks)
        # one that was stopped may have planned something
        self._forget()

    async def finish(self) -> None:
        """Begin at once what was to happen later, in its order, and return when all has happened."""
        self._closed = True
        self._run_until(inf)
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._forget()

    def _forget(self) -> None:
        self._due.clear()
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._wakes_at = None, inf

    def _wake_at(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._wakes_at = when
        self._timer = asyncio.get_running_loop().call_at(when, self._wake)

    def _wake(self) -> None:
        self._timer, self._wakes_at = None, inf
        self._run_until(asyncio.get_running_loop().time())
        if self._due:
            self._wake_at(self._due[0][0])

    def _run_until(self, moment: float) -> None:
        loop = asyncio.get_running_loop()
        while self._due and self._due[0][0] <= moment:
            _, _, step, arguments, trace = heappop(self._due)
            task = loop.create_task(self._guarded(step, arguments, trace))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _guarded(self, step: Step, arguments: tuple[Any, ...], trace: Trace | None) -> None:
        tracing.current.set(trace)
        # a timer runs in the context of whoever has set it
        acting.set(self._for_all)
        try:
            await step(*arguments)
        except Exception as error:
            log_failure(log, error, "a scheduled step failed")
