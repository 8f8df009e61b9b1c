"""What one process of a load run measures, until somebody collects it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, TypeAlias

from tmfrig.loadtests.histogram import Histogram

Operation: TypeAlias = tuple[str, str]
"""API and name: ("TMF622", "POST productOrder")."""

UNSENT: Operation = ("", "due, and never sent")
"""Requests that came due while all users were waiting for answers, and were still not sent in the end."""

_SAME = 0.005
"""Durations that differ by no more than this share are in one bucket, or in two beside each other."""
_LONGEST_TROUBLE = 200
_MOST_TROUBLES = 200
"""Kinds of trouble that are told apart; a target that words each failure differently has no end of them."""


class Tally:
    """Requests of one operation in one second: how many, how many of them failed, and how long they took.

    `latency` counts from the moment at which a request was due, `service` from the moment at which it was
    sent.
    """

    __slots__ = ("failures", "latency", "requests", "service")

    def __init__(self) -> None:
        self.requests = 0
        self.failures = 0
        self.latency = Histogram()
        self.service = Histogram()

    def absorb(self, other: Tally) -> None:
        """Add what another one counted."""
        self.requests += other.requests
        self.failures += other.failures
        self.latency.absorb(other.latency)
        self.service.absorb(other.service)

    @classmethod
    def together(cls, tallies: Iterable[Tally]) -> Tally:
        """All of these as one."""
        total = cls()
        for each in tallies:
            total.absorb(each)
        return total

    def packed(self) -> list[Any]:
        """For another process."""
        return [self.requests, self.failures, self.latency.packed(), self.service.packed()]

    @classmethod
    def unpacked(cls, packed: list[Any]) -> Tally:
        """What `packed` gave."""
        tally = cls()
        tally.requests, tally.failures = packed[0], packed[1]
        tally.latency, tally.service = Histogram.unpacked(packed[2]), Histogram.unpacked(packed[3])
        return tally


@dataclass
class Measured:
    """What was measured since the last time: tallies by operation and second of the run, durations of spans,
    troubles, and when orders were accepted and told to be finished (seconds since the epoch, by API and id).
    """

    tallies: dict[tuple[Operation, int], Tally] = field(default_factory=dict)
    spans: dict[str, Histogram] = field(default_factory=dict)
    unfinished: Counter[str] = field(default_factory=Counter)
    troubles: Counter[tuple[Operation, str]] = field(default_factory=Counter)
    accepted: dict[str, float] = field(default_factory=dict)
    finished: dict[str, float] = field(default_factory=dict)
    users: int = 0
    due: int = 0
    """Requests that came due by the schedule since the last time."""
    late: int = 0
    """Requests that are due at this moment and wait for a free user."""
    under_way: int = 0
    """Requests that are sent and not answered at this moment."""

    def packed(self) -> dict[str, Any]:
        """As plain values, for another process."""
        return {
            "tallies": [[*place, second, tally.packed()] for (place, second), tally in self.tallies.items()],
            "spans": {name: histogram.packed() for name, histogram in self.spans.items()},
            "unfinished": dict(self.unfinished),
            "troubles": [[*place, what, count] for (place, what), count in self.troubles.items()],
            "accepted": self.accepted,
            "finished": self.finished,
            "users": self.users,
            "due": self.due,
            "late": self.late,
            "under_way": self.under_way,
        }

    @classmethod
    def unpacked(cls, packed: dict[str, Any]) -> Measured:
        """What `packed` gave."""
        return cls(
            tallies={
                ((api, name), second): Tally.unpacked(tally) for api, name, second, tally in packed["tallies"]
            },
            spans={name: Histogram.unpacked(numbers) for name, numbers in packed["spans"].items()},
            unfinished=Counter(packed["unfinished"]),
            troubles=Counter({((api, name), what): count for api, name, what, count in packed["troubles"]}),
            accepted=packed["accepted"],
            finished=packed["finished"],
            users=packed["users"],
            due=packed["due"],
            late=packed["late"],
            under_way=packed["under_way"],
        )


class Meter:
    """Counts requests and durations. The moments that it is told are those of `time.perf_counter`.

    In the `warm_up`, so many seconds at the beginning, requests are counted for the course of the run only:
    neither in what way they failed nor how long anything else took is told.
    """

    def __init__(self, warm_up: float = 0.0) -> None:
        self._warm_up = warm_up
        self.began = time.perf_counter()
        self.waiting: dict[object, float] = {}
        """Who waits for an answer, since when; whoever sends a request says it, in the order of sending."""
        self._measured = Measured()
        self._troubles: set[tuple[Operation, str]] = set()

    def begin(self) -> None:
        """The run begins now: forget what was measured before, and count seconds from here."""
        self.began = time.perf_counter()
        self._measured = Measured()

    @property
    def is_warm(self) -> bool:
        """Whether the warm-up is over."""
        return self._judges(time.perf_counter())

    def _judges(self, moment: float) -> bool:
        # by whole seconds, as requests are told apart
        return int(moment - self.began) >= self._warm_up

    @property
    def under_way(self) -> int:
        """Requests that wait for their answers."""
        return len(self.waiting)

    def overdue(self, seconds: float) -> int:
        """Requests that have waited for their answers for longer than so many seconds."""
        before = time.perf_counter() - seconds
        return sum(1 for _ in takewhile(lambda sent: sent < before, self.waiting.values()))

    def request(
        self, operation: Operation, due: float, sent: float, ended: float, trouble: str | None = None
    ) -> None:
        """One request was due, was sent, and ended; `trouble` says in what way it failed."""
        key = (operation, int(ended - self.began))
        tally = self._measured.tallies.get(key)
        if tally is None:
            tally = self._measured.tallies[key] = Tally()
        tally.requests += 1
        bucket = tally.latency.add(ended - due)
        if sent - due <= _SAME * (ended - due):
            tally.service.count(bucket, ended - sent)
        else:
            tally.service.add(ended - sent)
        if trouble is not None:
            tally.failures += 1
            if self._judges(ended):
                self.trouble(operation, trouble)

    def trouble(self, operation: Operation, what: str) -> None:
        """Something failed in this way, whether or not a request is counted for it."""
        key = (operation, what[:_LONGEST_TROUBLE])
        if key not in self._troubles:
            if len(self._troubles) < _MOST_TROUBLES:
                self._troubles.add(key)
            else:
                key = (operation, "something else")
        self._measured.troubles[key] += 1

    def span(self, name: str, seconds: float) -> None:
        """Something that is more than a request took so long, until now."""
        if self.is_warm:
            self._measured.spans.setdefault(name, Histogram()).add(seconds)

    def unfinished(self, name: str) -> None:
        """Something that is more than a request came to no end."""
        self._measured.unfinished[name] += 1

    def accepted(self, order: str) -> None:
        """An order, named by its API and id, was accepted at this moment."""
        self._measured.accepted[order] = time.time()

    def finished(self, order: str) -> None:
        """A notification told that an order is finished."""
        self._measured.finished.setdefault(order, time.time())

    def take(self, users: int, late: int, due: int = 0) -> Measured:
        """What was measured since the last time."""
        taken, self._measured = self._measured, Measured()
        taken.users, taken.late, taken.due, taken.under_way = users, late, due, self.under_way
        return taken
