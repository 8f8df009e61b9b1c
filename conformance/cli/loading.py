"""What `tmfrig load` shows while it runs, and how it starts the program that makes the load."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from tmfrig.conformance.cli.outputs import INTERRUPTED, Files, finish, tell
from tmfrig.conformance.cli.playing import Targets, written
from tmfrig.conformance.cli.programs import Outcome, interrupted_by_signals, module_command, run_program
from tmfrig.conformance.target import TargetFile
from tmfrig.conformance.waivers import Waivers
from tmfrig.reports.text import one_line, shorten

_ROOM = "loadtests"
_BAR = 24
LAST_WORDS = 5.0
"""What was measured for an hour is not thrown away because a machine is busy: within a second it is there
nearly always, and who cannot wait presses Ctrl-C once more."""


def play_load(
    targets: Targets, arguments: Sequence[str], seed: int, files: Files, waivers: Waivers | None = None
) -> int:
    """Put the load on a target; show and write what came of it."""
    outcome: Outcome | None = None
    with (
        interrupted_by_signals(),
        tempfile.TemporaryDirectory(prefix="tmfrig-") as folder,
        contextlib.suppress(KeyboardInterrupt),
    ):
        result = Path(folder) / "result.json"
        with targets(Path(folder)) as described, LoadView() as view:
            chosen = ["--beside", "--targets", str(described), "--seed", str(seed), *arguments]
            outcome = run_program(_ROOM, chosen, result, view.said, LAST_WORDS)
    if outcome is None or outcome.run is None:
        tell("interrupted before anything was known")
        return INTERRUPTED
    run = outcome.run if waivers is None else waivers.applied_to(outcome.run)
    return finish(run, outcome.ending, files)


def be_worker(target: TargetFile, master: str) -> int:
    """Make load as a master says, until that is over; the exit code of the program that does so."""
    with interrupted_by_signals(), tempfile.TemporaryDirectory(prefix="tmfrig-") as folder:
        described = written(target, Path(folder))
        print(f"tmfrig load: a worker of {master}", file=sys.stderr)
        worker = subprocess.Popen(
            module_command(_ROOM, "--worker", master, "--targets", str(described)), stdin=subprocess.DEVNULL
        )
        while True:
            try:
                return worker.wait()
            except KeyboardInterrupt:
                worker.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    worker.wait(2)
                worker.kill()
                worker.wait()
                return INTERRUPTED


class LoadView:
    """A few lines that move, on a terminal; elsewhere nothing but what somebody has to know."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        moves = console.is_terminal
        self._live = Live(console=console, transient=True, auto_refresh=False) if moves else None

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def said(self, line: str) -> None:
        """What the program says: one line of JSON for each moment."""
        try:
            found = json.loads(line)
        except ValueError:
            return
        if not isinstance(found, dict):
            return
        if isinstance(found.get("waiting"), str):
            print(f"tmfrig load: {one_line(found['waiting'])}", file=sys.stderr, flush=True)
        elif isinstance(found.get("load"), dict) and self._live is not None:
            self._live.update(shown(found["load"]), refresh=True)


def shown(moment: dict[str, Any]) -> Group:
    """A moment of a run, for people."""
    total = moment.get("total")
    seconds = moment["seconds"]
    share = min(1.0, seconds / total) if total else 0.0
    bar = "━" * round(_BAR * share) + "╌" * (_BAR - round(_BAR * share)) if total else ""
    clock = f"{seconds:.0f} s of {total:.0f} s" if total else f"{seconds:.0f} s"
    due = f" of {moment['due']:g}" if moment["due"] is not None else ""
    late = f"  {moment['late']:,} late" if moment["late"] else ""
    failing = moment["failing"]
    head = Text.assemble(
        (f"{bar} " if bar else "", "cyan"),
        f"{clock}  {moment['users']} users  ",
        (f"{moment['rate']:.0f}{due} requests/s", "bold"),
        f"  p95 {moment['p95_ms']:.0f} ms",
        (f"  {failing:.0f} failing/s" if failing else "", "red"),
        (late, "yellow"),
        (f"  {one_line(moment['phase'])}", "dim"),
    )
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("operation", no_wrap=True)
    for name in ("requests", "failed", "p50 ms", "p95 ms", "p99 ms"):
        table.add_column(name, justify="right")
    for each in moment["operations"]:
        failures = each["failures"]
        table.add_row(
            Text(one_line(shorten(each["name"], 48))),
            f"{each['requests']:,}",
            Text(f"{failures:,}", style="red" if failures else ""),
            *(f"{each[key]:.1f}" for key in ("p50_ms", "p95_ms", "p99_ms")),
        )
    return Group(head, table)
