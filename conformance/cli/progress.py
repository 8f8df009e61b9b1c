"""What a person sees while a run is under way: on stderr, and only on a terminal does it move."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
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
    """A bar with what is judged right now; nothing at all where stderr is no terminal."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TextColumn("{task.fields[trouble]}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bars.add_task("", total=None, trouble="")
        self._failed = 0

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def planned(self, plan: Plan) -> None:
        """So much is to be judged."""
        self._bars.update(self._task, total=plan.total)

    def result(self, result: Result) -> None:
        """One more result is there."""
        self._failed += result.outcome is Outcome.failed
        self._bars.update(
            self._task,
            advance=1,
            description=one_line(f"{result.api} {result.resource or ''}"),
            trouble=f"[red]{self._failed} failed[/red]" if self._failed else "",
        )

    def said(self, text: str) -> None:
        """What is going on, where there is nothing to count."""
        self._bars.update(self._task, description=text)
