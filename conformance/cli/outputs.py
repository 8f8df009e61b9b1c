"""Where a result goes: files as asked for, the summary on stdout, and the exit code that says the verdict."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from tmfrig.conformance.failure import CommandError

if TYPE_CHECKING:
    from tmfrig.reports.result import RunResult, Verdict

JsonFile: TypeAlias = Annotated[
    Path | None, typer.Option("--json", metavar="FILE", help="Write the result as JSON.")
]
JunitFile: TypeAlias = Annotated[
    Path | None, typer.Option("--junit", metavar="FILE", help="Write the result as JUnit XML.")
]
HtmlFile: TypeAlias = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", help="Write the result as one HTML page.")
]

CONFORMANT, NONCONFORMANT, TARGET_GONE, RIG_FAILED, INTERRUPTED = 0, 1, 3, 4, 130


@dataclass(frozen=True)
class Files:
    """The files that were asked for."""

    json: Path | None = None
    junit: Path | None = None
    html: Path | None = None

    def check(self) -> None:
        """CommandError when one of them cannot be written: better now than after the run."""
        for path in (self.json, self.junit, self.html):
            if path is not None and (why := _unwritable(path)):
                raise CommandError(f"cannot write {path}: {why}")
        named = [path.resolve() for path in (self.json, self.junit, self.html) if path is not None]
        if len(named) != len(set(named)):
            raise CommandError(
                f"{named[0]} is named twice; give --json, --junit and --html files of their own"
            )

    def spare(self, inputs: Iterable[Path | None]) -> None:
        """CommandError when one of them is a file that is read: it would be lost."""
        read = {path.resolve() for path in inputs if path is not None}
        for path in (self.json, self.junit, self.html):
            if path is not None and path.resolve() in read:
                raise CommandError(f"{path} is read by this command, and would be overwritten; name another")

    def write(self, run: RunResult) -> None:
        """Write them all; CommandError when one cannot be written, once the others are."""
        from tmfrig.reports.html import write_html
        from tmfrig.reports.json_report import write_json
        from tmfrig.reports.junit import write_junit
        from tmfrig.reports.result import ReportError

        problems = []
        for path, write in (
            (self.json, write_json),
            (self.junit, write_junit),
            (self.html, partial(write_html, sentences=sentences())),
        ):
            try:
                if path is not None:
                    write(run, path)
            except ReportError as problem:
                problems.append(str(problem))
        if problems:
            raise CommandError("; ".join(problems))


@dataclass(frozen=True)
class Ending:
    """How a run ended, apart from what it found."""

    interrupted: bool = False
    gone: str | None = None
    fault: str | None = None
    """The log file, when the rig itself made a mistake."""


def finish(run: RunResult, ending: Ending, files: Files, next_command: str | None = None) -> int:
    """Write the files, print the summary, say how the run ended, and give the exit code."""
    from rich.console import Console

    from tmfrig.reports.terminal import print_summary

    try:
        files.write(run)
    finally:
        # what was found is shown also where the disk is full
        report = files.html if files.html is not None and files.html.exists() else None
        print_summary(
            run, Console(), report=report, next_command=next_command or _next(run), sentences=sentences()
        )
        sys.stdout.flush()
    if ending.interrupted:
        tell("interrupted: the result has what was known by then")
        return INTERRUPTED
    if ending.gone:
        tell(f"{ending.gone}; the result has what was known by then")
    if ending.fault:
        tell(f"the rig itself failed (a bug of tmfrig); the log is {ending.fault}")
    return _exit_code(run.verdict, ending)


def _exit_code(verdict: Verdict, ending: Ending) -> int:
    from tmfrig.reports.result import Verdict

    if ending.gone:
        return TARGET_GONE
    if verdict is Verdict.inconclusive and ending.fault:
        return RIG_FAILED
    return CONFORMANT if verdict is Verdict.conformant else NONCONFORMANT


def tell(line: str) -> None:
    """One line for the user, on stderr."""
    print("tmfrig: " + " ".join(line.split()), file=sys.stderr)


def sentences() -> dict[str, str]:
    """What each check of the catalogue asks, by its id."""
    from tmfrig.conformance.check import catalogue

    return {check.id: check.sentence for check in catalogue()}


def _next(run: RunResult) -> str | None:
    """What a person most likely wants to type after this run."""
    from tmfrig.reports.result import Outcome

    known = sentences()
    for outcome in (Outcome.failed, Outcome.warned, Outcome.error):
        for result in run.results:
            if result.outcome is outcome and result.check in known:
                return f"tmfrig checks explain {result.check}"
    return None


def _unwritable(path: Path) -> str | None:
    if path.is_dir():
        return "it is a folder"
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if not folder.is_dir():
        return f"{folder} is not a folder"
    if not os.access(path if path.exists() else folder, os.W_OK):
        return "permission denied"
    return None
