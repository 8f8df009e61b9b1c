"""The page that shows two runs beside each other; it needs nothing else."""

from __future__ import annotations

from pathlib import Path

from tmfrig.reports.compare import HEADINGS, Comparison, Kind
from tmfrig.reports.compare_load import LEAST_MS, LEAST_REQUESTS, LEAST_SHARE
from tmfrig.reports.html import render_page
from tmfrig.reports.load_charts import overlaid
from tmfrig.reports.report_file import write_report
from tmfrig.reports.result import RunResult

# Each kind has the colours of an outcome.
_TONES = {
    Kind.regression: "failed",
    Kind.new_failure: "warned",
    Kind.unjudged: "error",
    Kind.fix: "passed",
    Kind.gone: "skipped",
    Kind.still_failing: "waived",
}


def write_comparison(comparison: Comparison, before: RunResult, after: RunResult, path: Path) -> None:
    """Write the comparison of two runs as one HTML page. ReportError when that is not possible."""
    write_report(render_comparison(comparison, before, after).encode(), path)


def render_comparison(comparison: Comparison, before: RunResult, after: RunResult) -> str:
    """The page as text; the two runs are those that were compared, and are drawn where they put load."""
    return render_page(
        "compare.html",
        comparison=comparison,
        groups=[
            (kind, heading, _TONES[kind], sentence, comparison.of(kind))
            for kind, (heading, sentence) in HEADINGS.items()
        ],
        panels=overlaid(before.load, after.load) if before.load and after.load else [],
        least_ms=LEAST_MS,
        least_requests=LEAST_REQUESTS,
        least_share=LEAST_SHARE,
    )
