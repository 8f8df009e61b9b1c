"""Report files on disk, with every difficulty told in one line."""

from __future__ import annotations

from pathlib import Path


class ReportError(Exception):
    """A file that cannot be read as a result or written as a report; the message is one line."""


def read_report(path: Path) -> bytes:
    """The content of a file. ReportError when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as problem:
        raise ReportError(f"cannot read {path}: {problem.strerror or problem}") from None


def write_report(content: bytes, path: Path) -> None:
    """Write a finished report, making its folder. ReportError when that is not possible."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except FileExistsError:
        raise ReportError(f"cannot write {path}: {path.parent} is not a folder") from None
    except OSError as problem:
        raise ReportError(f"cannot write {path}: {problem.strerror or problem}") from None
