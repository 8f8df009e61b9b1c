"""What is under way at the target after somebody has asked for it: orders, and tasks of other kinds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from typing import Any

from tmfrig.conformance.exchange import ACCEPTED
from tmfrig.conformance.instance import id_in_url, identity
from tmfrig.loadtests.asking import Reply
from tmfrig.loadtests.meter import Meter
from tmfrig.loadtests.slo import POLLED
from tmfrig.specs import Resource, canonical_state

COMPLETED = "completed"
NOT_YET = frozenset({404})
"""Statuses that are no failure where somebody looks for what was accepted (202)."""
_FIRST_LOOK = 1.0
_AGE_AT_NEXT = 1.25
"""Where nobody waits for something, it is looked at after a second, and again when it is so much older."""
_USUAL = 5.0


@dataclass
class Following:
    """Something that was asked for, and is looked at until it ends or `until` (perf_counter) has come.

    `since` is the moment at which the answer came; `ended` the state in which it came to its end. An `order`
    should be completed; how long that takes is counted where it is `measured`.
    """

    api: str
    resource: Resource
    id: str
    since: float
    until: float
    order: bool = False
    measured: bool = False
    also: frozenset[int] = frozenset()
    """Statuses that are no failure when one looks at it."""
    ended: str | None = None
    seen: float = 0.0
    """When it was looked at for the last time."""

    @classmethod
    def of(
        cls, reply: Reply, within: float, *, order: bool = False, measured: bool = False
    ) -> Following | None:
        """What a create has brought, to be looked at for so many seconds; None where it was refused, or has
        no id by which it could be found."""
        id = id_taken(reply)
        if id is None:
            return None
        since = reply.answer.ended
        taken = cls(reply.ask.name[0], reply.ask.resource, id, since, since + within, order, measured)
        if reply.status == ACCEPTED:
            taken.also, taken.seen = NOT_YET, since
        else:
            taken.see(reply.json, since)
        return taken

    @property
    def key(self) -> str:
        """What the meter calls it."""
        return f"{self.api} {self.id}"

    @property
    def under_way(self) -> bool:
        """Whether it is worth looking again."""
        return self.ended is None and time.perf_counter() < self.until

    @property
    def next_look(self) -> float:
        """When it is time to look again."""
        return max(self.seen + _FIRST_LOOK, self.since + (self.seen - self.since) * _AGE_AT_NEXT)

    def see(self, body: Any, now: float) -> None:
        """This is what it looks like at a moment."""
        self.seen = now
        state = state_of(self.resource, body)
        lifecycle = self.resource.lifecycle
        if state is not None and lifecycle is not None and lifecycle.ends_in(state):
            self.ended = state


@dataclass
class UnderWay:
    """What the users of a process have asked for and nobody waits for, with the time for the next look.

    Measured orders that nobody looks at any more (because a minute has passed, or the run is over) count as
    unfinished if they have taken much longer than the slowest one that was completed (twice as long, and a
    second): of others nothing is known. Where none was completed, five seconds take the place of the slowest.
    """

    slowest: float = 0.0
    """How long the slowest measured order that was completed took, in seconds; 0 before there was one."""
    _waiting: dict[str, list[tuple[float, int, Following]]] = field(default_factory=dict)
    _numbers: count[int] = field(default_factory=count)

    def add(self, following: Following) -> None:
        """Somebody should look at this when it is time."""
        entry = (following.next_look, next(self._numbers), following)
        heappush(self._waiting.setdefault(following.api, []), entry)

    def due(self, api: str) -> Following | None:
        """Something of an API at which it is time to look; it is no longer among what waits."""
        waiting = self._waiting.get(api)
        if not waiting or waiting[0][0] > time.perf_counter():
            return None
        return heappop(waiting)[2]

    def left(self, api: str) -> Iterator[Following]:
        """All of an API that waits; it waits no longer."""
        waiting = self._waiting.pop(api, [])
        return (following for _, _, following in waiting)

    def close(self, following: Following, meter: Meter) -> None:
        """Nobody looks at this any more: count what has become of it."""
        if following.order and following.ended not in (None, COMPLETED):
            meter.trouble((following.api, following.resource.name), f"the order ended {following.ended}")
        if not following.measured:
            return
        if following.ended == COMPLETED:
            seconds = following.seen - following.since
            self.slowest = max(self.slowest, seconds)
            meter.span(POLLED, seconds)
        elif following.ended or time.perf_counter() - following.since > 2 * (self.slowest or _USUAL) + 1:
            meter.unfinished(POLLED)


def id_taken(reply: Reply) -> str | None:
    """The id of what a create has brought; None without one. An answer of 202 names it in Location."""
    if not reply.ok:
        return None
    named = id_in_url(reply.answer.headers.get("location", ""), reply.ask.resource)
    return named or identity(reply.json) if reply.status == ACCEPTED else identity(reply.json) or named


def state_of(resource: Resource, body: Any) -> str | None:
    """The state that a body tells, as lifecycles spell it; None where it tells none."""
    value = body.get(resource.state_attribute) if isinstance(body, dict) else None
    return canonical_state(value) if isinstance(value, str) else None
