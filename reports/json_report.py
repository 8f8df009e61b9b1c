"""The machine-readable report: one JSON object, `tmfrig.result/1`."""

from __future__ import annotations

from pathlib import Path

import orjson

from tmfrig.reports.report_file import write_report
from tmfrig.reports.result import RunResult


def write_json(run: RunResult, path: Path) -> None:
    """Write the run as JSON with an indent that people can read. ReportError when that is not possible."""
    content = orjson.dumps(
        run.model_dump(mode="json"), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    )
    write_report(content, path)
