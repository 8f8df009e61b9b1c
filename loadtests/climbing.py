"""The search for the knee: the highest rate at which a target keeps its service levels."""

from __future__ import annotations

import math

from tmfrig.loadtests.profile import Climb, Profile
from tmfrig.loadtests.recording import Window
from tmfrig.loadtests.verdict import broken
from tmfrig.reports.result import LoadKnee, LoadStep

KEPT_UP = 0.95
"""A rate is sustained when this share of what was due was answered rightly in the same time."""
HOPELESS = 0.8
"""A step that gave way as clearly as this is not tried again."""
_LOWEST = 0.5


class Search:
    """Says which rate to try next, and what was found in the end.

    The rate is raised until a step gives way; from then on the gap between the highest rate that held and the
    lowest that did not is halved until it is narrow enough. A step that gives way is tried once more, as a
    target may have had other things to do at that moment.
    """

    def __init__(self, climb: Climb) -> None:
        self.steps: list[LoadStep] = []
        self._climb = climb
        self._held: LoadStep | None = None
        self._gave_way: LoadStep | None = None
        self._doubtful = False
        self._next: float | None = climb.begin

    @property
    def rate(self) -> float | None:
        """The rate to try next; None when the search is over."""
        return self._next

    def tried(self, step: LoadStep) -> None:
        """A step was played at the rate that was to be tried."""
        self.steps.append(step)
        if step.sustained:
            self._doubtful = False
            self._held = step
        elif not self._doubtful and not _clear(step):
            self._doubtful = True
            return
        else:
            self._doubtful = False
            self._gave_way = step
        self._next = self._following(step.rate)

    @property
    def knee(self) -> LoadKnee | None:
        """The highest rate that held and what gave way beyond it; None where nothing gave way."""
        if self._gave_way is None:
            return None
        return LoadKnee(rate=self._held.rate if self._held else 0.0, why=self._gave_way.why)

    def _following(self, rate: float) -> float | None:
        climb, held, gave_way = self._climb, self._held, self._gave_way
        if gave_way is None:
            return min(rate * climb.factor, climb.most) if rate < climb.most else None
        if held is None:
            lower = rate / climb.factor
            return lower if lower >= _LOWEST else None
        if gave_way.rate / held.rate <= 1 + climb.within:
            return None
        return _readable(math.sqrt(held.rate * gave_way.rate), held.rate, gave_way.rate)


def step_of(rate: float, window: Window, profile: Profile) -> LoadStep:
    """What came of offering a rate, as far as it was seen in a window; what gave way, if something did."""
    total = window.total
    right = total.requests - total.failures
    achieved = right / window.seconds
    ratio = total.failures / total.requests if total.requests else 1.0
    why = next(iter(broken(profile.slo, window.tallies)), "")
    # where requests come by chance, fewer may have been due; a part of a request is none
    offered = min(rate * window.seconds, window.due)
    if not why and right < max(1, int(KEPT_UP * offered)):
        why = f"{achieved:.1f} right answers per second came to {rate:g} requests"
    return LoadStep(
        rate=rate,
        achieved=round(achieved, 2),
        seconds=round(window.seconds, 2),
        p95_ms=total.latency.milliseconds(0.95),
        p99_ms=total.latency.milliseconds(0.99),
        failure_ratio=round(ratio, 5),
        sustained=not why,
        why=why,
    )


def _clear(step: LoadStep) -> bool:
    return step.achieved < HOPELESS * step.rate or step.failure_ratio > 1 - HOPELESS


def _readable(rate: float, above: float, below: float) -> float:
    """The rate with three digits, if that is still between the two."""
    rounded = float(f"{rate:.3g}")
    return rounded if above < rounded < below else rate
