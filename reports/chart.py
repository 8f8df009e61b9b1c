"""Line charts of a load run, as coordinates for inline SVG."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tmfrig.reports.load import LoadSample

WIDTH, HEIGHT = 720, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 12, 12, 24
_MOST_POINTS = 360


@dataclass(frozen=True)
class Line:
    """One curve: `points` is an SVG points attribute."""

    name: str
    style: str
    points: str


@dataclass(frozen=True)
class Tick:
    """A labelled position on an axis."""

    position: float
    label: str


@dataclass(frozen=True)
class Panel:
    """One chart; `summary` says in words what it shows."""

    title: str
    summary: str
    lines: tuple[Line, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    top: int = _TOP
    bottom: int = HEIGHT - _BOTTOM


@dataclass(frozen=True)
class _Curve:
    name: str
    style: str
    values: Sequence[float]


def panels(series: Sequence[LoadSample]) -> list[Panel]:
    """Throughput and response times over time; nothing for fewer than two samples."""
    if len(series) < 2:
        return []
    step = math.ceil(len(series) / _MOST_POINTS)
    samples = [*series[:-1:step], series[-1]]
    times = [sample.seconds for sample in samples]
    rate = _Curve("requests per second", "rate", [sample.rate for sample in samples])
    failures = _Curve("failures per second", "failures", [sample.failure_rate for sample in samples])
    usual = _Curve("median", "usual", [sample.p50_ms for sample in samples])
    slow = _Curve("95th percentile", "slow", [sample.p95_ms for sample in samples])
    users = max(sample.users for sample in series)
    return [
        _panel(f"Requests per second, up to {users} users", times, [rate, failures]),
        _panel("Response time in milliseconds", times, [usual, slow]),
    ]


def _panel(title: str, times: Sequence[float], curves: Sequence[_Curve]) -> Panel:
    longest = max(times) or 1.0
    top = _round_up(max(max(curve.values) for curve in curves))
    across = [_LEFT + (WIDTH - _LEFT - _RIGHT) * time / longest for time in times]
    return Panel(
        title=title,
        summary="; ".join(_in_words(curve) for curve in curves),
        lines=tuple(Line(curve.name, curve.style, _points(across, curve.values, top)) for curve in curves),
        across=tuple(
            Tick(_LEFT + (WIDTH - _LEFT - _RIGHT) * part, f"{longest * part:g} s")
            for part in (0, 0.25, 0.5, 0.75, 1)
        ),
        up=tuple(Tick(_height(top * part, top), f"{top * part:g}") for part in (0, 0.5, 1)),
    )


def _points(across: Iterable[float], values: Iterable[float], top: float) -> str:
    return " ".join(f"{x:.1f},{_height(value, top):.1f}" for x, value in zip(across, values, strict=True))


def _height(value: float, top: float) -> float:
    return HEIGHT - _BOTTOM - (HEIGHT - _BOTTOM - _TOP) * max(value, 0.0) / top


def _round_up(value: float) -> float:
    """The next of 1, 2, 5, 10, 20 …: a scale whose half is a number that people can read."""
    if value <= 0:
        return 1.0
    magnitude = 10.0 ** math.floor(math.log10(value))
    return next(
        magnitude * factor for factor in (1, 2, 4, 5, 6, 8, 10) if magnitude * factor >= value * 0.999
    )


def _in_words(curve: _Curve) -> str:
    values = curve.values
    return f"{curve.name} from {values[0]:.1f} to {values[-1]:.1f}, highest {max(values):.1f}"
