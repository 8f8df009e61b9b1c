"""What the benchmarks found: rows, the table of all of them, and the same as JSON."""

from __future__ import annotations

import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Aim:
    """What a figure should be at least, or at most."""

    figure: float
    at_most: bool = False

    def is_met(self, figure: float) -> bool:
        """Whether a figure is as good as this."""
        return figure <= self.figure if self.at_most else figure >= self.figure

    def __str__(self) -> str:
        return f"{'≤' if self.at_most else '≥'} {written(self.figure)}"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. A row without an aim informs; one without a figure says why there is none."""

    part: str
    what: str
    figure: float | None
    unit: str = ""
    aim: Aim | None = None
    remark: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """Whether the aim is met; empty where there is none."""
        if self.figure is None:
            return "not measured"
        if self.aim is None:
            return ""
        return "met" if self.aim.is_met(self.figure) else "AIM MISSED"

    def as_json(self) -> dict[str, Any]:
        """The row for programs."""
        aim = None if self.aim is None else {"figure": self.aim.figure, "at_most": self.aim.at_most}
        return {
            "part": self.part,
            "what": self.what,
            "figure": self.figure,
            "unit": self.unit,
            "aim": aim,
            "verdict": self.verdict,
            "remark": self.remark,
            "details": dict(self.details),
        }


def written(figure: float) -> str:
    """A figure with as many digits as mean something."""
    if abs(figure) >= 100:
        return f"{figure:,.0f}"
    return f"{figure:.2f}" if abs(figure) < 10 else f"{figure:.1f}"


def table(rows: Sequence[Row]) -> str:
    """All rows, one below the other."""
    cells = [("part", "what", "measured", "aim", "", "")]
    for row in rows:
        measured = "-" if row.figure is None else f"{written(row.figure)} {row.unit}".strip()
        cells.append((row.part, row.what, measured, str(row.aim or ""), row.verdict, row.remark))
    widths = [max(len(each[place]) for each in cells) for place in range(5)]
    lines = []
    for each in cells:
        start = "  ".join(text.ljust(width) for text, width in zip(each, widths, strict=False))
        lines.append(f"{start}  {each[5]}".rstrip())
    lines.insert(1, "-" * min(max(map(len, lines)), 160))
    missed = sum(row.verdict == "AIM MISSED" for row in rows)
    aims = sum(row.aim is not None and row.figure is not None for row in rows)
    lines.append(f"{aims - missed} of {aims} aims met" + (f", {missed} aims missed" if missed else ""))
    return "\n".join(lines)


def machine() -> dict[str, Any]:
    """On what it was measured, and how busy that was."""
    return {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "processors": len(os.sched_getaffinity(0)),
        "load": [round(each, 2) for each in os.getloadavg()],
        "python": platform.python_version(),
        "kernel": platform.release(),
    }


def write_json(path: Path, rows: Sequence[Row], before: Mapping[str, Any]) -> None:
    """All rows and the machine, before and after."""
    whole = {"machine": {"before": before, "after": machine()}, "rows": [row.as_json() for row in rows]}
    path.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", "utf-8")


def median_of(ratios: Sequence[float]) -> tuple[float, str]:
    """The median, and from where to where they go."""
    return statistics.median(ratios), f"{min(ratios):.2f}-{max(ratios):.2f}"


def percentile(sorted_figures: Sequence[float], share: float) -> float:
    """The figure below which a share of them lies."""
    return sorted_figures[min(len(sorted_figures) - 1, int(len(sorted_figures) * share))]


def say(text: str) -> None:
    """Tell whoever waits what goes on, beside the results."""
    print(f"… {text}", file=sys.stderr, flush=True)


@contextmanager
def said(text: str) -> Iterator[None]:
    """Tell what goes on and how long it took."""
    began = time.monotonic()
    say(text)
    yield
    say(f"{text}: {time.monotonic() - began:.0f} s")
