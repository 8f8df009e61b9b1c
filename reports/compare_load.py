"""Two load runs beside each other: what got better or worse by more than a tolerance."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from typing import TypeAlias, TypeVar

from pydantic import Field

from tmfrig.reports import figures
from tmfrig.reports.evidence import Model, Text
from tmfrig.reports.load import LoadOperation, LoadResult, LoadSpan

LEAST_MS = 1.0
"""Latencies that differ by less are equal, whatever that is in percent."""
LEAST_SHARE = 0.001
"""Shares of failures that differ by less are equal: one request in a thousand."""
LEAST_REQUESTS = 20
"""What an operation took in fewer requests says nothing: it is not compared."""
_CHANCE = 3
"""Rates that differ by less than so many standard errors of counting are equal."""
_ROUNDING = 1e-9
_MORE_IS_BETTER = ("rate", "sustained_rate")

Requests: TypeAlias = LoadResult | LoadOperation
Key = TypeVar("Key")
Part = TypeVar("Part")


class Judgement(StrEnum):
    """How a figure compares.

    `unjudged`: it is not known on both sides, or means nothing. `too_few`: in one of the runs there were too
    few requests to compare.
    """

    better = "better"
    worse = "worse"
    equal = "equal"
    unjudged = "unjudged"
    too_few = "too_few"


class LoadFigure(Model):
    """One figure of both runs; the end of its name says the unit.

    `change` is a part of the value before (0.12: 12 % more); None where there is none, or it was 0.
    """

    name: Text
    before: float | None
    after: float | None
    change: float | None
    judgement: Judgement

    @property
    def title(self) -> str:
        """The name and the unit, in words."""
        return _TITLES[self.name]

    def shown(self, value: float | None) -> str:
        """A value of this figure, as people read it."""
        if self.name.endswith("_ms"):
            return figures.milliseconds(value)
        if self.name.endswith("_s"):
            return figures.seconds(value)
        return figures.share(value) if self.name.endswith("_ratio") else figures.rate(value)


class LoadComparedPart(Model):
    """Figures of one operation, of all requests, or of one span; empty `api` where there is none."""

    name: Text
    api: Text = ""
    figures: list[LoadFigure]

    @property
    def is_too_few(self) -> bool:
        """Whether there is a figure that too few requests stand behind."""
        return any(figure.judgement is Judgement.too_few for figure in self.figures)


class LoadComparison(Model):
    """Two load runs; `knee` compares the highest rates that were sustained, where both searched for them."""

    total: LoadComparedPart
    operations: list[LoadComparedPart] = Field(default_factory=list)
    spans: list[LoadComparedPart] = Field(default_factory=list)
    knee: LoadFigure | None = None
    counts: dict[Judgement, int]

    @property
    def worse(self) -> int:
        """How many figures are worse by more than is tolerated."""
        return self.counts[Judgement.worse]

    @property
    def too_few(self) -> int:
        """How many operations and spans have figures that too few requests stand behind."""
        return sum(part.is_too_few for part in (*self.operations, *self.spans))

    @property
    def parts(self) -> list[LoadComparedPart]:
        """Everything that has figures, the whole first."""
        knee = [LoadComparedPart(name="knee", figures=[self.knee])] if self.knee else []
        return [self.total, *self.operations, *self.spans, *knee]


_PERCENTILES_MS = ("p50_ms", "p95_ms", "p99_ms")
_PERCENTILES_S = ("p50_s", "p95_s", "p99_s")
_TITLES = {
    "rate": "per second",
    "failure_ratio": "failed",
    "unfinished_ratio": "unfinished",
    "p50_ms": "median ms",
    "p95_ms": "p95 ms",
    "p99_ms": "p99 ms",
    "p50_s": "median s",
    "p95_s": "p95 s",
    "p99_s": "p99 s",
    "sustained_rate": "sustained per second",
}


def compare_load(before: LoadResult, after: LoadResult, tolerance: float) -> LoadComparison:
    """The figures of both runs; `tolerance` is a part of the value before (0.1: 10 %).

    Where a run searched for a knee, only the knee is judged: what was measured in total depends on the rates
    that were tried.
    """
    allowed = None if before.steps or after.steps else tolerance
    total = LoadComparedPart(name="all requests", figures=_total(before, after, allowed))
    operations = [
        LoadComparedPart(name=name, api=api, figures=_operation(earlier, later, allowed))
        for (api, name), earlier, later in _pairs(
            {(each.api, each.name): each for each in before.operations},
            {(each.api, each.name): each for each in after.operations},
        )
    ]
    spans = [
        LoadComparedPart(name=name, figures=_span(earlier, later, allowed))
        for name, earlier, later in _pairs(
            {each.name: each for each in before.spans}, {each.name: each for each in after.spans}
        )
    ]
    comparison = LoadComparison(
        total=total, operations=operations, spans=spans, knee=_knee(before, after, tolerance), counts={}
    )
    found = Counter(figure.judgement for part in comparison.parts for figure in part.figures)
    return comparison.model_copy(update={"counts": {each: found[each] for each in Judgement}})


def _pairs(
    before: Mapping[Key, Part], after: Mapping[Key, Part]
) -> list[tuple[Key, Part | None, Part | None]]:
    return [(key, before.get(key), after.get(key)) for key in dict.fromkeys([*before, *after])]


def _total(before: LoadResult, after: LoadResult, tolerance: float | None) -> list[LoadFigure]:
    """All requests together. That there are few, or that these fail, is judged whatever their number."""
    fewest = dict.fromkeys(_PERCENTILES_MS, min(before.requests, after.requests))
    return _without_few(_requests(before, after, tolerance), fewest)


def _operation(
    before: LoadOperation | None, after: LoadOperation | None, tolerance: float | None
) -> list[LoadFigure]:
    fewest = min(part.requests if part else 0 for part in (before, after))
    figures = _requests(before, after, tolerance)
    return _without_few(figures, {figure.name: fewest for figure in figures})


def _requests(before: Requests | None, after: Requests | None, tolerance: float | None) -> list[LoadFigure]:
    earlier, later = _of_requests(before), _of_requests(after)
    least = dict.fromkeys(_PERCENTILES_MS, LEAST_MS) | {
        "rate": _by_chance(before, after),
        "failure_ratio": LEAST_SHARE,
    }
    return [_figure(name, earlier[name], later[name], tolerance, least[name]) for name in earlier]


def _of_requests(part: Requests | None) -> dict[str, float | None]:
    asked = part is not None and part.requests
    return {
        "rate": part.rate if part else None,
        "failure_ratio": part.failures / part.requests if part and asked else None,
        # nothing is answered in no time: a latency of 0 was not measured
        "p50_ms": part.p50_ms or None if part else None,
        "p95_ms": part.p95_ms or None if part else None,
        "p99_ms": part.p99_ms or None if part else None,
    }


def _by_chance(before: Requests | None, after: Requests | None) -> float:
    """By how much two rates may differ for no reason, as each counts a number of independent requests."""
    parts = [part for part in (before, after) if part and part.requests]
    variances = (part.rate * (part.rate / part.requests) for part in parts)
    return _CHANCE * math.sqrt(sum(variances))


def _span(before: LoadSpan | None, after: LoadSpan | None, tolerance: float | None) -> list[LoadFigure]:
    earlier, later = _of_span(before), _of_span(after)
    least = dict.fromkeys(_PERCENTILES_S, LEAST_MS / 1_000) | {"unfinished_ratio": LEAST_SHARE}
    ended = min(span.count if span else 0 for span in (before, after))
    begun = min(span.count + span.unfinished if span else 0 for span in (before, after))
    figures = [_figure(name, earlier[name], later[name], tolerance, least[name]) for name in earlier]
    return _without_few(figures, dict.fromkeys(_PERCENTILES_S, ended) | {"unfinished_ratio": begun})


def _of_span(span: LoadSpan | None) -> dict[str, float | None]:
    begun = span.count + span.unfinished if span else 0
    return {
        "unfinished_ratio": span.unfinished / begun if span and begun else None,
        "p50_s": span.p50_s if span and span.count else None,
        "p95_s": span.p95_s if span and span.count else None,
        "p99_s": span.p99_s if span and span.count else None,
    }


def _knee(before: LoadResult, after: LoadResult, tolerance: float) -> LoadFigure | None:
    earlier, later = _sustained(before), _sustained(after)
    if earlier is None or later is None:
        return None
    return _figure("sustained_rate", earlier, later, tolerance, 0.0)


def _sustained(load: LoadResult) -> float | None:
    """The highest rate that a search found to be sustained: without a knee, that of its highest step."""
    if load.knee:
        return load.knee.rate
    return max((step.rate for step in load.steps if step.sustained), default=None)


def _figure(
    name: str, before: float | None, after: float | None, tolerance: float | None, least: float
) -> LoadFigure:
    """`tolerance` is None where the figure is shown and not judged."""
    change = (after - before) / before if before and after is not None else math.inf
    judgement = Judgement.unjudged
    if tolerance is not None and before is not None and after is not None:
        judgement = _judged(after - before, tolerance * abs(before), least, name in _MORE_IS_BETTER)
    told = change if math.isfinite(change) else None
    return LoadFigure(name=name, before=before, after=after, change=told, judgement=judgement)


def _without_few(figures: list[LoadFigure], fewest: Mapping[str, int]) -> list[LoadFigure]:
    """The figures, without a judgement on those that too few requests stand behind; `fewest` says by name how
    many there were, in the run that had fewer."""
    return [
        figure.model_copy(update={"judgement": Judgement.too_few})
        if figure.judgement is not Judgement.unjudged
        and fewest.get(figure.name, LEAST_REQUESTS) < LEAST_REQUESTS
        else figure
        for figure in figures
    ]


def _judged(difference: float, tolerated: float, least: float, more_is_better: bool) -> Judgement:
    if abs(difference) <= tolerated * (1 + _ROUNDING) or abs(difference) < least * (1 - _ROUNDING):
        return Judgement.equal
    return Judgement.better if (difference > 0) == more_is_better else Judgement.worse
