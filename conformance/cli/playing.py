"""What `run` and `load` share: a program of another room plays on a target or on reference servers."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from tmfrig.conformance.cli.options import TargetOptions
from tmfrig.conformance.cli.outputs import INTERRUPTED, Files, finish, tell
from tmfrig.conformance.cli.programs import Outcome, reference_servers, run_program, target_file
from tmfrig.conformance.cli.progress import Progress
from tmfrig.conformance.target import target_text


def play(room: str, options: TargetOptions, arguments: Sequence[str], seed: int, files: Files) -> int:
    """Run the program of a room on the target that the options describe; show and write what it found."""
    outcome: Outcome | None = None
    with tempfile.TemporaryDirectory(prefix="tmfrig-") as folder, contextlib.suppress(KeyboardInterrupt):
        result = Path(folder) / "result.json"
        with Progress() as progress, _targets(options, Path(folder)) as targets:
            progress.begin("")
            chosen = ["--targets", str(targets), "--seed", str(seed), *arguments]
            outcome = run_program(room, chosen, result, progress.said)
    if outcome is None or outcome.run is None:
        tell("interrupted before anything was known")
        return INTERRUPTED
    return finish(outcome.run, outcome.ending, files)


@contextlib.contextmanager
def _targets(options: TargetOptions, folder: Path) -> Iterator[Path]:
    """A target file for what the options say: reference servers when they name no target."""
    if options.named:
        path = folder / "target.json"
        path.touch(mode=0o600)
        path.write_text(target_text(options.target()), encoding="utf-8")
        yield path
        return
    version = options.version or "4"
    print(f"starting reference servers of all APIs, version {version}", file=sys.stderr)
    with reference_servers(version) as served:
        yield target_file(served, folder)
