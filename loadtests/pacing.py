"""When the next request is due: at will in a closed model, by a schedule in an open one.

A user that asks for its turn is told when its request was due. In an open model that is the moment which the
schedule says, also when no user was free at that moment; latencies count from there, so that a target that
stalls cannot hide the requests that had to wait ("coordinated omission").
"""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Mapping
from typing import Protocol

import gevent  # type: ignore[import-untyped]
from gevent.event import AsyncResult, Event  # type: ignore[import-untyped]

MOST_LATE = 200_000
"""So many requests wait for a free user at most; what comes beyond is counted, and forgotten."""


class Pace(Protocol):
    """How users of one process take turns."""

    open: bool

    def turn(self, kind: str = "") -> float:
        """Wait until the next request may be sent; the moment (perf_counter) at which it was due.

        `kind` says who asks.
        """

    def think(self, seconds: float) -> None:
        """Do what people do between two requests."""

    def end(self) -> None:
        """The run is over: whoever waits, or would wait, leaves (GreenletExit)."""


class AtWill:
    """Closed: whoever has thought sends at once, though no faster than `most` requests per second."""

    open = False

    def __init__(self, most: float | None = None, patience: float = 1.0) -> None:
        self._interval = 1 / most if most else 0.0
        self._next = 0.0
        self._patience = patience
        self._over = Event()

    def turn(self, kind: str = "") -> float:
        """Now, or as soon as the limit allows."""
        now = time.perf_counter()
        if self._over.is_set():
            raise gevent.GreenletExit
        if not self._interval:
            return now
        turn = max(now, self._next)
        self._next = turn + self._interval
        if turn > now:
            self._sleep(turn - now)
        # Nobody asked for this request earlier: the limit is ours, and not the target's slowness.
        return time.perf_counter()

    def think(self, seconds: float) -> None:
        """Sleep so long."""
        if seconds := seconds * self._patience:
            self._sleep(seconds)

    def end(self) -> None:
        """Nobody sends any more."""
        self._over.set()

    def _sleep(self, seconds: float) -> None:
        if self._over.wait(seconds):
            raise gevent.GreenletExit


class BySchedule:
    """Open: requests come due at a rate, and go to kinds of users by their weights.

    Of a kind, whoever was the last to become free sends the next one. So there are no more users on their way
    than it takes, and each gets on: if all took turns, the first minute of a low rate would be nothing but
    first steps, and an order would be looked at so rarely that nobody knew how long it took.

    `weights` says how often it is the turn of which kind, in proportion to the others (1 where it does not
    say); `phase` where in an even interval the first request is due, so that several processes interleave.
    """

    open = True

    def __init__(self, seed: int = 1, weights: Mapping[str, float] | None = None, phase: float = 0.5) -> None:
        self._random = random.Random(f"{seed} arrivals")
        self._weights = weights or {}
        self._phase = phase
        self._rate = 0.0
        self._even = False
        self._next = 0.0
        self._came = 0
        self._changed = Event()
        self._idle: dict[str, list[AsyncResult[float]]] = {}
        self._late: deque[float] = deque()
        self._forgotten = 0
        self._over = False

    @property
    def late(self) -> int:
        """How many requests are due and wait for a free user."""
        return len(self._late) + self._forgotten

    def set(self, rate: float, even: bool = False) -> None:
        """From now on so many requests per second; 0 pauses.

        What came due before is still due, and the interval that has begun goes on, in proportion: a rate that
        is said again changes nothing, and one that rises step by step loses no request at any of them.
        """
        now = time.perf_counter()
        self._hand_out_until(now)
        before, same = self._rate, even == self._even
        self._rate, self._even = rate, even
        if rate and before and same:
            self._next = now + (self._next - now) * before / rate
        elif rate:
            self._next = now + (self._phase / rate if even else self._interval())
        self._changed.set()

    def came(self) -> int:
        """How many requests came due since the last time that somebody asked."""
        came, self._came = self._came, 0
        return came

    def drop(self) -> tuple[int, float]:
        """Forget what is late; how many those were, and since when (perf_counter) the first of them."""
        dropped = self.late
        since = self._late[0] if self._late else time.perf_counter()
        self._late.clear()
        self._forgotten = 0
        return dropped, since

    def turn(self, kind: str = "") -> float:
        """Wait for the schedule; what is late goes first."""
        if self._over:
            raise gevent.GreenletExit
        if self._late:
            return self._late.popleft()
        mine: AsyncResult[float] = AsyncResult()
        idle = self._idle.setdefault(kind, [])
        idle.append(mine)
        try:
            due: float = mine.get()
        except BaseException:
            # a user that is stopped while it waits gives back what was meant for it
            if mine.ready() and mine.value is not None:
                self._late.appendleft(mine.value)
            elif mine in idle:
                idle.remove(mine)
            raise
        return due

    def think(self, seconds: float) -> None:
        """The schedule says when the next request comes: nobody thinks on top of that."""

    def end(self) -> None:
        """Nobody sends any more; what is late stays late, until it is dropped."""
        self._over = True
        self.set(0.0)
        for idle in self._idle.values():
            while idle:
                idle.pop().set_exception(gevent.GreenletExit())

    def run(self) -> None:
        """Hand out turns, for ever."""
        while True:
            self._changed.clear()
            wait = self._next - time.perf_counter() if self._rate else None
            if wait is None or wait > 0:
                self._changed.wait(wait)
            self._hand_out_until(time.perf_counter())

    def _hand_out_until(self, now: float) -> None:
        while self._rate and self._next <= now:
            self._hand_out(self._next)
            self._next += self._interval()

    def _interval(self) -> float:
        return 1 / self._rate if self._even else self._random.expovariate(self._rate)

    def _hand_out(self, due: float) -> None:
        self._came += 1
        free = [kind for kind, idle in self._idle.items() if idle]
        if free:
            weights = [self._weights.get(kind, 1.0) for kind in free]
            self._idle[self._random.choices(free, weights)[0]].pop().set(due)
        elif len(self._late) < MOST_LATE:
            self._late.append(due)
        else:
            self._forgotten += 1
