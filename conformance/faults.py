"""Where the rig's own mistakes go: a log file with the traceback, so that a person sees one line."""

from __future__ import annotations

import tempfile
import time
import traceback
from functools import cache
from pathlib import Path

from tmfrig.reports.result import redact

_secrets: set[str] = set()


def keep_out_of_logs(secrets: frozenset[str]) -> None:
    """Values that no log of this process may hold."""
    _secrets.update(secrets)


def log_fault(problem: BaseException) -> Path:
    """Write the traceback to this process's log file; returns the file."""
    path = _log_file()
    told = "".join(traceback.format_exception(problem))
    with path.open("a", encoding="utf-8", errors="replace") as log:
        log.write(f"{time.strftime('%Y-%m-%dT%H:%M:%S%z')}\n{redact(told, _secrets)}\n")
    return path


@cache
def _log_file() -> Path:
    with tempfile.NamedTemporaryFile(prefix="tmfrig-", suffix=".log", delete=False) as file:
        return Path(file.name)
