"""Results in files, for commands that read them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from tmfrig.reports.json_report import write_json
from tmfrig.reports.result import Level, Outcome, Result, RunResult


def written(outcome: Outcome, path: Path) -> Path:
    """The file of a run in which one check came to this."""
    result = Result(
        check="create.location", level=Level.MUST, api="TMF622", version="4", outcome=outcome, message="no"
    )
    started = datetime(2026, 3, 1, tzinfo=UTC)
    write_json(RunResult.assemble(started=started, seconds=1, seed=1, targets=[], results=[result]), path)
    return path
