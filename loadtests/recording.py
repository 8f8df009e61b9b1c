"""What a whole run measured: all processes, all operations, over time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tmfrig.loadtests.histogram import Histogram
from tmfrig.loadtests.meter import UNSENT, Measured, Operation, Tally
from tmfrig.loadtests.slo import NOTIFIED
from tmfrig.reports.result import (
    LoadOperation,
    LoadSample,
    LoadSeries,
    LoadSpan,
    LoadTrouble,
)

MOST_SLICES = 300
"""How many moments a run is told in: where it lasts longer, they last longer."""
_MOST_TROUBLES = 40
_MOST_ORDERS = 200_000


@dataclass
class Window:
    """What came since somebody began to look."""

    seconds: float = 0.0
    due: int = 0
    """Requests that came due meanwhile."""
    tallies: dict[Operation, Tally] = field(default_factory=dict)

    @property
    def total(self) -> Tally:
        """All operations together."""
        return Tally.together(self.tallies.values())


@dataclass
class _Slice:
    tallies: dict[Operation, Tally] = field(default_factory=dict)
    users: int | None = None
    due: float | None = None

    def absorb(self, other: _Slice) -> None:
        for operation, tally in other.tallies.items():
            self.tallies.setdefault(operation, Tally()).absorb(tally)
        counts = [users for users in (self.users, other.users) if users is not None]
        self.users = max(counts, default=None)
        rates = [due for due in (self.due, other.due) if due is not None]
        self.due = sum(rates) / len(rates) if rates else None


class Recording:
    """Takes in what processes measured; `warm_up` seconds at the beginning are shown and not judged."""

    def __init__(self, warm_up: float = 0.0) -> None:
        self.totals: dict[Operation, Tally] = {}
        self.everything = Tally()
        self.window = Window()
        self.spans: dict[str, Histogram] = {}
        self.unfinished: Counter[str] = Counter()
        self.troubles: Counter[tuple[Operation, str]] = Counter()
        self.last_second = 0
        self._warm_up = warm_up
        self._slices: dict[int, _Slice] = {}
        self._width = 1
        self._recent: dict[int, tuple[int, int]] = {}
        self._accepted: dict[str, float] = {}
        self._heard: dict[str, float] = {}

    def absorb(self, measured: Measured) -> None:
        """Add what a process measured since its last report."""
        for (operation, second), tally in measured.tallies.items():
            self._slice(second).tallies.setdefault(operation, Tally()).absorb(tally)
            self.everything.absorb(tally)
            if second >= self._warm_up:
                self.totals.setdefault(operation, Tally()).absorb(tally)
            self.window.tallies.setdefault(operation, Tally()).absorb(tally)
            requests, failures = self._recent.get(second, (0, 0))
            self._recent[second] = requests + tally.requests, failures + tally.failures
        self.window.due += measured.due
        for name, histogram in measured.spans.items():
            self.spans.setdefault(name, Histogram()).absorb(histogram)
        self.unfinished.update(measured.unfinished)
        self.troubles.update(measured.troubles)
        self._accepted.update(measured.accepted)
        for order, moment in measured.finished.items():
            if len(self._heard) < _MOST_ORDERS:
                self._heard.setdefault(order, moment)
        self._match_orders()

    def unsent(self, count: int, waited: float, second: int) -> None:
        """So many requests were due, waited so long, and are not going to be sent."""
        if not count:
            return
        tally = Tally()
        tally.requests = tally.failures = count
        for _ in range(count):
            tally.latency.add(waited)
            tally.service.add(waited)
        self.absorb(
            Measured(
                tallies={(UNSENT, second): tally},
                troubles=Counter({(UNSENT, "all users were waiting for answers"): count})
                if second >= self._warm_up
                else Counter(),
            )
        )

    def moment(self, second: int, users: int, due: float | None) -> None:
        """So many users there are at this second, and so many requests per second are due."""
        at = self._slice(second)
        at.users = max(at.users or 0, users)
        if due is not None:
            at.due = due if at.due is None else (at.due + due) / 2

    def look(self) -> Window:
        """Begin to look: what comes from now on is gathered in the window that is returned."""
        self.window = Window()
        return self.window

    @property
    def total(self) -> Tally:
        """All requests that count."""
        return Tally.together(self.totals.values())

    def lately(self, second: int, seconds: float) -> tuple[int, int]:
        """Requests and failures of the last seconds before one; what came before is not asked for again."""
        self._recent = {at: counts for at, counts in self._recent.items() if at >= second - seconds}
        counts = self._recent.values()
        return sum(requests for requests, _ in counts), sum(failures for _, failures in counts)

    def operations(self, seconds: float) -> list[LoadOperation]:
        """Each operation as a whole, over a time that lasted so long."""
        return [
            LoadOperation(
                name=operation[1],
                api=operation[0],
                requests=tally.requests,
                failures=tally.failures,
                rate=round(tally.requests / seconds, 2),
                p50_ms=tally.latency.milliseconds(0.5),
                p95_ms=tally.latency.milliseconds(0.95),
                p99_ms=tally.latency.milliseconds(0.99),
                most_ms=tally.latency.milliseconds(1.0),
                service_p95_ms=tally.service.milliseconds(0.95),
            )
            for operation, tally in sorted(self.totals.items(), key=lambda each: (each[0] == UNSENT, each[0]))
        ]

    def told_spans(self) -> list[LoadSpan]:
        """What took longer than a request."""
        unfinished = self.unfinished.copy()
        if NOTIFIED in self.spans:
            unfinished[NOTIFIED] += len(self._accepted)
        names = dict.fromkeys([*sorted(self.spans), *sorted(unfinished)])
        return [self._span(name, self.spans.get(name, Histogram()), unfinished[name]) for name in names]

    def told_troubles(self) -> list[LoadTrouble]:
        """What went wrong, the most frequent first."""
        return [
            LoadTrouble(operation=" ".join(filter(None, operation)), what=what, count=count)
            for (operation, what), count in self.troubles.most_common(_MOST_TROUBLES)
        ]

    def samples(self, seconds: float) -> list[LoadSample]:
        """The run over time; it lasted so long."""
        samples: list[LoadSample] = []
        users = 0
        for end, lasted, at in self._told(seconds):
            # a moment at which nobody counted has as many as the one before
            users = users if at.users is None else at.users
            tally = Tally.together(at.tallies.values())
            samples.append(
                LoadSample(
                    seconds=round(end, 2),
                    users=users,
                    rate=round(tally.requests / lasted, 2),
                    failure_rate=round(tally.failures / lasted, 2),
                    p50_ms=tally.latency.milliseconds(0.5),
                    p95_ms=tally.latency.milliseconds(0.95),
                    p99_ms=tally.latency.milliseconds(0.99),
                    due=None if at.due is None else round(at.due, 2),
                )
            )
        return samples

    def series(self, seconds: float) -> list[LoadSeries]:
        """Each operation over time, at the moments of the samples."""
        told = self._told(seconds)
        found = []
        for operation in sorted(self.totals):
            tallies = [(lasted, at.tallies.get(operation, Tally())) for _, lasted, at in told]
            found.append(
                LoadSeries(
                    operation=" ".join(filter(None, operation)),
                    rate=[round(each.requests / lasted, 2) for lasted, each in tallies],
                    failure_rate=[round(each.failures / lasted, 2) for lasted, each in tallies],
                    p50_ms=[each.latency.milliseconds(0.5) for _, each in tallies],
                    p95_ms=[each.latency.milliseconds(0.95) for _, each in tallies],
                    p99_ms=[each.latency.milliseconds(0.99) for _, each in tallies],
                )
            )
        return found

    def _told(self, seconds: float) -> list[tuple[float, float, _Slice]]:
        """The moments of a run that lasted so long: when each ended, how long it lasted, what it holds.

        What is left over at the end belongs to the moment before, unless it is most of a moment.
        """
        width = self._width
        count = max(1, round(seconds / width))
        told = []
        for index in range(count):
            at = self._slices.get(index, _Slice())
            if index == count - 1:
                whole = _Slice()
                for late in range(index, max(self._slices, default=0) + 1):
                    whole.absorb(self._slices.get(late, _Slice()))
                at = whole
            end = seconds if index == count - 1 else (index + 1) * width
            told.append((end, max(end - index * width, 0.001), at))
        return told

    def _slice(self, second: int) -> _Slice:
        self.last_second = max(self.last_second, second)
        while second // self._width >= MOST_SLICES:
            self._coarsen()
        return self._slices.setdefault(max(0, second) // self._width, _Slice())

    def _coarsen(self) -> None:
        self._width *= 2
        finer, self._slices = self._slices, {}
        for index, each in sorted(finer.items()):
            self._slices.setdefault(index // 2, _Slice()).absorb(each)

    def _match_orders(self) -> None:
        """Orders may be made by one process, and their notifications come to another."""
        for order in self._heard.keys() & self._accepted.keys():
            seconds = self._heard.pop(order) - self._accepted.pop(order)
            self.spans.setdefault(NOTIFIED, Histogram()).add(max(seconds, 0.0))

    @staticmethod
    def _span(name: str, histogram: Histogram, unfinished: int) -> LoadSpan:
        return LoadSpan(
            name=name,
            count=histogram.total,
            unfinished=unfinished,
            p50_s=round(histogram.percentile(0.5), 4),
            p95_s=round(histogram.percentile(0.95), 4),
            p99_s=round(histogram.percentile(0.99), 4),
            most_s=round(histogram.longest, 4),
        )
