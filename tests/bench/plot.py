"""Curves over minutes as a page that needs nothing but a browser."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jinja2 import Environment

WIDTH, HEIGHT, LEFT, BOTTOM = 860, 200, 60, 24
COLOURS = ("#1f6feb", "#bf8700", "#cf222e")
_TEMPLATE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{{ title }}</title>
<style>
body { font: 15px/1.4 system-ui, sans-serif; margin: 2em auto; max-width: 900px; color: #1f2328 }
text { font: 12px system-ui, sans-serif; fill: #59636e } line { stroke: #d1d9e0 }
polyline { fill: none; stroke-width: 1.6 }
</style>
<h1>{{ title }}</h1>
{% for name, chart in charts.items() %}
<h2>{{ name }}</h2>
<svg viewBox="0 0 {{ width }} {{ height }}" role="img" aria-label="{{ name }}">
{%- for label, y in chart.levels %}
<line x1="{{ left }}" x2="{{ width }}" y1="{{ y }}" y2="{{ y }}"/>
<text x="{{ left - 8 }}" y="{{ y + 4 }}" text-anchor="end">{{ label }}</text>
{%- endfor %}
{%- for label, x in chart.minutes %}
<text x="{{ x }}" y="{{ height - 6 }}" text-anchor="middle">{{ label }} min</text>
{%- endfor %}
{%- for curve in chart.curves %}
<polyline points="{{ curve.points }}" stroke="{{ curve.colour }}"/>
<text x="{{ left + 8 + loop.index0 * 90 }}" y="14" style="fill: {{ curve.colour }}">{{ curve.name }}</text>
{%- endfor %}
</svg>
{% endfor %}
</html>
"""


@dataclass(frozen=True, slots=True)
class Curve:
    """Figures over minutes."""

    name: str
    minutes: Sequence[float]
    figures: Sequence[float]


def page(title: str, charts: Mapping[str, Sequence[Curve]]) -> str:
    """An HTML page with a chart for each name; every chart begins at 0."""
    environment = Environment(autoescape=True)
    return environment.from_string(_TEMPLATE).render(
        title=title,
        charts={name: _chart(curves) for name, curves in charts.items()},
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
    )


def _chart(curves: Sequence[Curve]) -> dict[str, object]:
    step = _step(max((max(each.figures) for each in curves), default=0) or 1)
    top = step * math.ceil(max(max(each.figures) for each in curves) / step or 1)
    last = max(max(each.minutes) for each in curves)

    def x(minute: float) -> float:
        return round(LEFT + (WIDTH - LEFT - 30) * minute / last, 1)

    def y(figure: float) -> float:
        return round((HEIGHT - BOTTOM) - (HEIGHT - BOTTOM - 20) * figure / top, 1)

    return {
        "levels": [(f"{step * number:g}", y(step * number)) for number in range(round(top / step) + 1)],
        "minutes": [(f"{last * part / 5:.1f}", x(last * part / 5)) for part in range(1, 6)],
        "curves": [
            {
                "name": each.name,
                "colour": COLOURS[place % len(COLOURS)],
                "points": " ".join(
                    f"{x(minute)},{y(figure)}"
                    for minute, figure in zip(each.minutes, each.figures, strict=True)
                ),
            }
            for place, each in enumerate(curves)
        ],
    }


def _step(most: float) -> float:
    """A round number of which a few make the whole."""
    size = 10.0 ** math.floor(math.log10(most))
    return next(size * part for part in (0.2, 0.5, 1.0, 2.0, 5.0) if size * part * 5 >= most)
