"""Axes that people can read: where one ends, and which of its values are labelled."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

_MOST_UP, _MOST_ACROSS = 4, 6
_ROUND_TIMES = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400)
_DAY = 86_400


@dataclass(frozen=True)
class Tick:
    """A labelled position on an axis, in percent of its length."""

    position: float
    label: str


@dataclass(frozen=True)
class Scale:
    """An axis from 0 to `end`."""

    end: float
    ticks: tuple[Tick, ...]

    def part(self, value: float) -> float:
        """Where a value lies, as a part of the whole length; what lies beyond an end is put there."""
        return min(max(value / self.end, 0.0), 1.0)


def value_scale(highest: float, unit: str = "", most: int = _MOST_UP) -> Scale:
    """An axis of values up to the highest one or a little more, in steps of 1, 2 or 5 and so on."""
    step = _round_step(highest / most)
    steps = max(1, math.ceil(highest / step - 1e-9))
    end = step * steps
    return Scale(end, _ticks(end, step, steps, lambda value: _label(value, step) + unit))


def time_scale(longest: float, most: int = _MOST_ACROSS) -> Scale:
    """An axis of time, in seconds, that ends with the longest one; labels are seconds, minutes or hours."""
    end = longest if longest > 0 else 1.0
    step = _time_step(end / most)
    size, unit = (1, "s") if step < 60 else (60, "min") if step < 3_600 else (3_600, "h")
    return Scale(
        end, _ticks(end, step, int(end / step + 1e-9), lambda value: f"{_label(value / size, step)} {unit}")
    )


def _ticks(end: float, step: float, steps: int, label: Callable[[float], str]) -> tuple[Tick, ...]:
    return tuple(Tick(100 * number * (step / end), label(number * step)) for number in range(steps + 1))


def _time_step(least: float) -> float:
    if least < _ROUND_TIMES[0]:
        return _round_step(least)
    return next((step for step in _ROUND_TIMES if step >= least), _DAY * _round_step(least / _DAY))


def _round_step(least: float) -> float:
    if least <= 0:
        return 1.0
    magnitude = 10.0 ** math.floor(math.log10(least))
    return next(magnitude * factor for factor in (1, 2, 5, 10) if magnitude * factor >= least * 0.999)


def _label(value: float, step: float) -> str:
    if value >= 1e6 or step < 1e-3:
        return f"{value:g}"
    decimals = max(0, -math.floor(math.log10(step)))
    return f"{value:,.{decimals}f}"
