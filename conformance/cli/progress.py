"""What a person sees while a run is under way: on stderr, and only on a terminal does it move."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from tmfrig.conformance.mounting import MountedApi
from tmfrig.conformance.runner import Plan
from tmfrig.reports.result import Outcome, Result
from tmfrig.reports.text import one_line


def heading(api: MountedApi, told: str) -> None:
    """One line: what is judged, where, and how."""
    contract = api.contract
    by = "" if contract.source == "standard" else f", by {contract.source}"
    line = f"{contract.api} {contract.title} {contract.version} at {api.connection.base_url}{by}, {told}"
    print(one_line(line), file=sys.stderr)


class Progress:
    """A bar with what is going on right now; nothing at all where stderr is no terminal."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._bars = Bars(
            BarColumn(bar_width=30),
            TextColumn("{task.fields[count]}"),
            TimeElapsedColumn(),
            TextColumn("[red]{task.fields[trouble]}[/red]"),
            TextColumn("{task.description}", markup=False),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._added("", None)
        self._planned = 0
        self._judged = 0
        self._failed = 0

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def begin(self, what: str) -> None:
        """Something new begins, of which it is not known how long it takes."""
        self._bars.remove_task(self._task)
        self._task = self._added(what, None)

    def planned(self, plan: Plan) -> None:
        """So much is to be judged."""
        self._planned, self._judged = plan.total, 0
        self._bars.remove_task(self._task)
        self._task = self._added("", plan.total)

    def result(self, result: Result) -> None:
        """One more result is there (more may come than were planned: of what came up by the way)."""
        self._judged += 1
        self._planned = max(self._planned, self._judged)
        self._failed += result.outcome is Outcome.failed
        self._bars.update(
            self._task,
            completed=self._judged,
            total=self._planned,
            count=f"{self._judged}/{self._planned}",
            description=one_line(f"{result.api} {result.resource or ''}"),
            trouble=f"{self._failed} failed" if self._failed else "",
        )

    def _added(self, what: str, total: int | None) -> TaskID:
        return self._bars.add_task(what, total=total, count="", trouble="")

    def said(self, text: str) -> None:
        """What a program says while it runs."""
        self._bars.update(self._task, description=one_line(text))
