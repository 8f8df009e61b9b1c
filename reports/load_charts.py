"""The charts of a load run: over time, for each operation, the search for the knee, and two runs in one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tmfrig.reports.chart import MOST_POINTS, Curve, Panel, Point, over_time, panel
from tmfrig.reports.figures import rate
from tmfrig.reports.load import LoadResult, LoadSample, LoadSeries
from tmfrig.reports.scale import value_scale

_SMALL = 150
"""So many points has a curve in one of the small charts of operations."""
_LONG_MS = 10_000
"""Latencies beyond are shown in seconds."""


def run_panels(load: LoadResult) -> list[Panel]:
    """Throughput, latencies, failures and users over time; nothing for fewer than two samples."""
    series = load.series
    if len(series) < 2:
        return []
    failed = any(sample.failure_rate > 0 for sample in series)
    users = Curve("users", "users", _times(series), [float(sample.users) for sample in series], peaks=True)
    return _there(
        over_time("Throughput", "per second", _throughput(series)),
        _latency("Latency", _percentiles(series)),
        over_time("Failed", "% of requests", [_failed_share("failed", "failures", series)] if failed else []),
        over_time("Users", "", [users]),
    )


def operation_panels(load: LoadResult, operation: LoadSeries) -> list[Panel]:
    """Throughput and latencies of one operation over time, as small charts."""
    samples = [
        LoadSample(
            seconds=sample.seconds,
            users=sample.users,
            rate=at[0],
            failure_rate=at[1],
            p50_ms=at[2],
            p95_ms=at[3],
            p99_ms=at[4],
        )
        for sample, at in zip(load.series, _rows(operation), strict=False)
    ]
    if len(samples) < 2:
        return []
    return _there(
        over_time("Throughput", "per second", _throughput(samples), _SMALL),
        _latency("Latency", _percentiles(samples), _SMALL),
    )


def step_panels(load: LoadResult) -> list[Panel]:
    """What was answered, and how fast, at each rate that was offered; nothing for fewer than two steps."""
    steps = sorted(load.steps, key=lambda step: step.rate)
    if len(steps) < 2:
        return []
    offered = [step.rate for step in steps]
    across = value_scale(offered[-1], "/s", most=5)
    marks = [(load.knee.rate, f"knee {rate(load.knee.rate)}/s")] if load.knee else []
    styles = ["held" if step.sustained else "missed" for step in steps]
    words = [step.why or "sustained" for step in steps]

    def drawn(title: str, unit: str, curves: list[Curve]) -> Panel:
        first = curves[0]
        points = [
            Point(at, value or 0.0, style, f"offered {rate(at)}/s: {rate(value)} {unit}, {why}")
            for at, value, style, why in zip(offered, first.values, styles, words, strict=True)
        ]
        return panel(title, unit, curves, across, points, marks)

    return [
        drawn(
            "Answered at the rate offered",
            "per second",
            [
                Curve("answered", "rate", offered, [step.achieved for step in steps]),
                Curve("as offered", "due", offered, offered),
            ],
        ),
        drawn(
            "Latency at the rate offered",
            "ms",
            [
                Curve("p95", "p95", offered, [step.p95_ms for step in steps]),
                Curve("p99", "p99", offered, [step.p99_ms for step in steps]),
            ],
        ),
    ]


def overlaid(before: LoadResult, after: LoadResult) -> list[Panel]:
    """Two runs over time, one above the other; nothing where one of them has fewer than two samples."""
    runs = (("before", before.series), ("after", after.series))
    if any(len(series) < 2 for _, series in runs):
        return []
    answered = [
        Curve(name, name, _times(series), [_answered(sample) for sample in series]) for name, series in runs
    ]
    failed = [_failed_share(name, name, series) for name, series in runs]
    latencies = [
        _latency(
            f"Latency, {title}",
            [
                Curve(name, name, _times(series), _measured(series, field), peaks=True)
                for name, series in runs
            ],
        )
        for title, field in (("median", "p50_ms"), ("p95", "p95_ms"), ("p99", "p99_ms"))
    ]
    return _there(
        over_time("Throughput", "per second", answered),
        *latencies,
        over_time("Failed", "% of requests", failed if any(any(curve.known) for curve in failed) else []),
    )


def _throughput(series: Sequence[LoadSample]) -> list[Curve]:
    times = _times(series)
    failures = [sample.failure_rate for sample in series]
    curves = [
        Curve("due", "due", times, [sample.due for sample in series]),
        Curve("answered", "rate", times, [_answered(sample) for sample in series]),
        Curve("failed", "failures", times, failures),
    ]
    return curves if any(failures) else curves[:2]


def _percentiles(series: Sequence[LoadSample]) -> list[Curve]:
    named = (("p50", "p50_ms"), ("p95", "p95_ms"), ("p99", "p99_ms"))
    return [Curve(name, name, _times(series), _measured(series, field), peaks=True) for name, field in named]


def _latency(title: str, curves: Sequence[Curve], most: int = MOST_POINTS) -> Panel | None:
    highest = max((max(curve.known, default=0.0) for curve in curves), default=0.0)
    if highest < _LONG_MS:
        return over_time(title, "ms", curves, most)
    return over_time(title, "s", [_in_seconds(curve) for curve in curves], most)


def _in_seconds(curve: Curve) -> Curve:
    return replace(curve, values=[None if value is None else value / 1_000 for value in curve.values])


def _answered(sample: LoadSample) -> float:
    return max(sample.rate - sample.failure_rate, 0.0)


def _measured(series: Sequence[LoadSample], field: str) -> list[float | None]:
    """Latencies of the moments that have any: where nothing was answered, none is as good as 0."""
    return [getattr(sample, field) or None for sample in series]


def _failed_share(name: str, style: str, series: Sequence[LoadSample]) -> Curve:
    shares = [
        min(100 * sample.failure_rate / sample.rate, 100.0) if sample.rate > 0 else None for sample in series
    ]
    return Curve(name, style, _times(series), shares, peaks=True)


def _times(series: Sequence[LoadSample]) -> list[float]:
    return [sample.seconds for sample in series]


def _rows(operation: LoadSeries) -> Iterable[tuple[float, float, float, float, float]]:
    return zip(
        operation.rate,
        operation.failure_rate,
        operation.p50_ms,
        operation.p95_ms,
        operation.p99_ms,
        strict=False,
    )


def _there(*panels: Panel | None) -> list[Panel]:
    return [each for each in panels if each is not None]
