"""The machine-readable report: one JSON object, such as `tmfrig.result/1`."""

from __future__ import annotations

from pathlib import Path

import orjson

from tmfrig.reports.evidence import Model
from tmfrig.reports.report_file import write_report


def write_json(result: Model, path: Path) -> None:
    """Write a result as JSON with an indent that people can read. ReportError when that is not possible."""
    content = orjson.dumps(
        result.model_dump(mode="json"), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    )
    write_report(content, path)
