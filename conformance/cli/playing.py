"""A program of another room plays on a target or on reference servers; `run` uses all of it, `load` the
targets."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeAlias

from tmfrig.conformance.cli.outputs import INTERRUPTED, Files, finish, tell
from tmfrig.conformance.cli.programs import Outcome, interrupted_by_signals, run_program
from tmfrig.conformance.cli.progress import Progress
from tmfrig.conformance.target import TargetFile, target_text
from tmfrig.conformance.waivers import Waivers, read_waivers

Targets: TypeAlias = Callable[[Path], AbstractContextManager[Path]]
"""Makes a target ready, and gives a file in a folder that describes it, for as long as the context lasts."""


def play(
    room: str,
    targets: Targets,
    arguments: Sequence[str],
    seed: int,
    files: Files,
    waivers: Waivers | None = None,
) -> int:
    """Run the program of a room on a target; show and write what it found, and what is waived of it."""
    outcome: Outcome | None = None
    with (
        interrupted_by_signals(),
        tempfile.TemporaryDirectory(prefix="tmfrig-") as folder,
        contextlib.suppress(KeyboardInterrupt),
    ):
        result = Path(folder) / "result.json"
        with Progress() as progress, targets(Path(folder)) as described:
            progress.begin("")
            chosen = ["--targets", str(described), "--seed", str(seed), *arguments]
            outcome = run_program(room, chosen, result, progress.said)
    if outcome is None or outcome.run is None:
        tell("interrupted before anything was known")
        return INTERRUPTED
    run = outcome.run if waivers is None else waivers.applied_to(outcome.run)
    return finish(run, outcome.ending, files)


def named_target(target: TargetFile) -> Targets:
    """A target that is there already."""

    @contextlib.contextmanager
    def targets(folder: Path) -> Iterator[Path]:
        yield written(target, folder)

    return targets


def waivers_of(target: TargetFile) -> Waivers:
    """The waivers that a target names; WaiverError when there is something wrong with them."""
    return Waivers(read_waivers(target.waivers) if target.waivers is not None else ())


def written(target: TargetFile, folder: Path) -> Path:
    """A file for a target, with its secrets, that nobody else can read."""
    path = folder / "target.json"
    path.touch(mode=0o600)
    path.write_text(target_text(target), encoding="utf-8")
    return path
