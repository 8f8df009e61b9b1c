"""Line charts, as positions for inline SVG that fits any width: everything is a part of the whole."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from tmfrig.reports.scale import Scale, Tick, time_scale, value_scale

SIZE = 1000
"""Lines are drawn on a square of this size, which is stretched to the chart."""
MOST_POINTS = 360


@dataclass(frozen=True)
class Curve:
    """Values at moments (or at other places, in ascending order); None where there is nothing to tell.

    With `peaks`, what is too much to be drawn is drawn by its highest values, otherwise by its means.
    """

    name: str
    style: str
    at: Sequence[float]
    values: Sequence[float | None]
    peaks: bool = False

    @property
    def known(self) -> list[float]:
        """The values that there are."""
        return [value for value in self.values if value is not None]


@dataclass(frozen=True)
class Line:
    """A curve as it is drawn: `pieces` are SVG points attributes, one for each part without a gap."""

    name: str
    style: str
    pieces: tuple[str, ...]


@dataclass(frozen=True)
class Dot:
    """A single point, in percent from the left and the top; `title` tells it in words."""

    x: float
    y: float
    style: str
    title: str


@dataclass(frozen=True)
class Point:
    """A single value to be marked by a dot."""

    at: float
    value: float
    style: str
    title: str


@dataclass(frozen=True)
class Panel:
    """One chart; `summary` says in words what it shows, `marks` are places across that are named."""

    title: str
    unit: str
    summary: str
    lines: tuple[Line, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    dots: tuple[Dot, ...] = ()
    marks: tuple[Tick, ...] = ()


def over_time(title: str, unit: str, curves: Iterable[Curve], most: int = MOST_POINTS) -> Panel | None:
    """A chart of curves over seconds, of at most so many points each; None where there is nothing to draw."""
    shown = [_thinned(curve, most) for curve in curves if curve.known]
    if not shown:
        return None
    return panel(title, unit, shown, time_scale(max(max(curve.at) for curve in shown)))


def panel(
    title: str,
    unit: str,
    curves: Sequence[Curve],
    across: Scale,
    points: Iterable[Point] = (),
    marks: Iterable[tuple[float, str]] = (),
) -> Panel:
    """A chart of curves, of which there is at least one value, with points and marks on it."""
    up = value_scale(max(max(curve.known) for curve in curves))
    return Panel(
        title=title,
        unit=unit,
        summary="; ".join(_in_words(curve, unit) for curve in curves),
        lines=tuple(Line(curve.name, curve.style, tuple(_pieces(curve, across, up))) for curve in curves),
        across=across.ticks,
        up=up.ticks,
        dots=tuple(
            Dot(100 * across.part(each.at), 100 - 100 * up.part(each.value), each.style, each.title)
            for each in points
        ),
        marks=tuple(Tick(100 * across.part(at), label) for at, label in marks),
    )


def _pieces(curve: Curve, across: Scale, up: Scale) -> Iterable[str]:
    pairs = zip(curve.at, curve.values, strict=True)
    for is_known, run in groupby(pairs, key=lambda pair: pair[1] is not None):
        if is_known:
            places = [_place(across.part(at), up.part(value or 0.0)) for at, value in run]
            # a line of one point is not drawn; one that ends where it begins is, as a dot
            yield " ".join(places if len(places) > 1 else places * 2)


def _place(across: float, up: float) -> str:
    return f"{across * SIZE:.1f},{(1 - up) * SIZE:.1f}"


def _thinned(curve: Curve, most: int) -> Curve:
    """The curve with at most so many points, each for all values since the one before."""
    size = math.ceil(len(curve.values) / most)
    if size <= 1:
        return curve
    starts = range(0, len(curve.values), size)
    return Curve(
        curve.name,
        curve.style,
        [curve.at[min(start + size, len(curve.at)) - 1] for start in starts],
        [_one_of(curve.values[start : start + size], curve.peaks) for start in starts],
        curve.peaks,
    )


def _one_of(values: Sequence[float | None], peak: bool) -> float | None:
    known = [value for value in values if value is not None]
    if not known:
        return None
    return max(known) if peak else sum(known) / len(known)


def _in_words(curve: Curve, unit: str) -> str:
    known = curve.known
    return f"{curve.name} from {known[0]:,.1f} to {known[-1]:,.1f}, highest {max(known):,.1f} {unit}".rstrip()
