"""`tmfrig demo`: everything at work on reference servers, with no configuration."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tmfrig.conformance.cli.outputs import Ending, Files, finish

if TYPE_CHECKING:
    from tmfrig.conformance.cli.progress import Progress
    from tmfrig.reports.result import LoadResult, Result, TargetInfo

REPORT = Path("tmfrig-report")
SEED = 1
HANDS = 2
"""So many probes at once: the servers are on this machine, and wait now and then as others do."""
QUICKLY = {"TMFRIG_PACE": "0.05"}
"""Steps of orders and tasks that nobody has to wait for, in seconds."""
_PLAYED = 4
"""The major version in which orders are played and load is put on."""
_PARTS: tuple[tuple[str, str, list[str]], ...] = (
    ("features", "the order lifecycle", ["--seed", str(SEED)]),
    ("loadtests", "a little load", ["--seed", str(SEED), "--profile", "smoke"]),
)


def demo() -> int:
    """Start reference servers, judge all APIs in all versions, play the order lifecycle and a little load,
    write a report.

    Needs no configuration and no network. The report goes to tmfrig-report/ in the current folder:
    index.html, junit.xml and result.json.

    Example: tmfrig demo
    """
    from datetime import UTC, datetime

    from tmfrig.conformance.cli.progress import Progress
    from tmfrig.reports.result import RunResult

    files = Files(REPORT / "result.json", REPORT / "junit.xml", REPORT / "index.html")
    files.check()
    started = datetime.now(UTC)
    with tempfile.TemporaryDirectory(prefix="tmfrig-") as folder, Progress() as progress:
        found = _play(Path(folder), progress)
    run = RunResult.assemble(
        started=started,
        seconds=(datetime.now(UTC) - started).total_seconds(),
        seed=SEED,
        targets=found.targets,
        results=found.results,
        load=found.load,
    )
    return finish(run, found.ending, files, "tmfrig serve")


@dataclass
class _Found:
    """What the parts of the demo found, put together."""

    targets: list[TargetInfo] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    load: LoadResult | None = None
    ending: Ending = field(default_factory=Ending)


def _play(folder: Path, progress: Progress) -> _Found:
    from tmfrig.conformance.cli.casting import Cast
    from tmfrig.conformance.cli.programs import reference_servers, target_file
    from tmfrig.conformance.outcome import not_judged

    found = _Found()
    _say("starting reference servers of all APIs in all versions")
    try:
        with contextlib.ExitStack() as stack:
            served = stack.enter_context(reference_servers("all", {**os.environ, **QUICKLY}))
            alone = target_file(served, folder, "all")
            _verify(alone, found, progress)
            for room, title, arguments in _PARTS:
                if not found.ending.interrupted:
                    _say(f"playing {title}")
                    progress.begin(title)
                    if room == "features":
                        targets = stack.enter_context(Cast(lines=(_PLAYED,)).targets(folder))
                    else:
                        targets = target_file([each for each in served if each.line == _PLAYED], folder, room)
                    _run(room, ["--targets", str(targets), *arguments], folder, found, progress)
                if found.ending.interrupted:
                    found.results.append(not_judged("TMF622", str(_PLAYED), title, "Ctrl-C"))
    except KeyboardInterrupt:
        found.ending = Ending(interrupted=True)
    return found


def _verify(targets: Path, found: _Found, progress: Progress) -> None:
    from tmfrig.conformance.mounting import mount
    from tmfrig.conformance.runner import Order, judge
    from tmfrig.conformance.target import read_target

    target = read_target(targets)
    apis = mount(target)
    found.targets = [api.info for api in apis]
    _say(f"judging {len(apis)} APIs, suite standard, seed {SEED}")
    order = Order(apis, seed=SEED, callback=target.callback, hands=HANDS)
    judgement = judge(order, [progress.result], progress.planned)
    found.results += judgement.results
    found.ending = Ending(judgement.interrupted, judgement.gone, judgement.fault)


def _run(room: str, arguments: list[str], folder: Path, found: _Found, progress: Progress) -> None:
    from tmfrig.conformance.cli.programs import run_program

    outcome = run_program(room, arguments, folder / f"{room}.json", progress.said)
    if outcome.run is not None:
        found.results += outcome.run.results
        found.load = outcome.run.load or found.load
    ending = outcome.ending
    found.ending = Ending(
        ending.interrupted, found.ending.gone or ending.gone, found.ending.fault or ending.fault
    )


def _say(what: str) -> None:
    print(what, file=sys.stderr)
