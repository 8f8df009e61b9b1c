"""`python -m tmfrig.features`: play the scenarios on the APIs of a target file and write what was found."""

from __future__ import annotations

import argparse
import contextlib
import logging
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import NoReturn

from tmfrig.conformance.failure import Failure
from tmfrig.conformance.faults import log_fault
from tmfrig.conformance.mounting import mount
from tmfrig.conformance.preflight import preflight
from tmfrig.conformance.target import read_target
from tmfrig.features.data import read_data
from tmfrig.features.identity import Identity
from tmfrig.features.suite import PATIENCE, Played, Programme, play
from tmfrig.reports.json_report import write_json
from tmfrig.reports.result import ReportError, Result, RunResult, Verdict

NONCONFORMANT, WRONG_COMMAND, UNREACHABLE, BROKEN_RIG, INTERRUPTED = 1, 2, 3, 4, 130

EXAMPLE = """example:
  python -m tmfrig.features --targets target.yaml --json result.json --scenario 'order-*'"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program.

    The exit code: 0 conformant, 1 not, 2 the command or a file is wrong, 3 the target cannot be reached or
    stopped answering, 4 our fault, 130 Ctrl-C.
    """
    options = _parser().parse_args(arguments)
    # What libraries log is no business of who reads our output.
    logging.basicConfig(handlers=[logging.NullHandler()])
    try:
        with _ended_once():
            return _run(options)
    except Failure as failure:
        return _fail(str(failure), failure.exit_code)
    except ReportError as problem:
        return _fail(str(problem), WRONG_COMMAND)
    except KeyboardInterrupt:
        return _fail("interrupted", INTERRUPTED)
    except Exception as problem:
        return _fail(
            f"the rig itself failed ({type(problem).__name__}); the log is {log_fault(problem)}", BROKEN_RIG
        )


def _run(options: argparse.Namespace) -> int:
    target = read_target(options.targets)
    data = read_data(options.data) if options.data is not None else None
    mounted = mount(target)
    for api in mounted:
        preflight(api)
    started, clock = datetime.now(UTC), time.monotonic()
    programme = Programme(
        mounted, target.callback, options.scenario, options.seed, options.patience, data, target.rig
    )
    played = play(programme, _say)
    run = RunResult.assemble(
        started=started,
        seconds=time.monotonic() - clock,
        seed=options.seed,
        targets=[api.info for api in mounted],
        results=played.results,
    )
    write_json(run, options.json)
    return _exit_code(played, run.verdict)


@contextlib.contextmanager
def _ended_once() -> Iterator[None]:
    """Within the block the first Ctrl-C or SIGTERM is a KeyboardInterrupt, and those that follow are nothing.

    So what is known gets written, also when who started us loses patience at once.
    """
    told = False

    def end(number: int, frame: FrameType | None) -> None:
        nonlocal told
        if not told:
            told = True
            raise KeyboardInterrupt

    before = {each: signal.signal(each, end) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _exit_code(played: Played, verdict: Verdict) -> int:
    if played.interrupted:
        return _fail("interrupted", INTERRUPTED)
    if played.fault is not None:
        return _fail(f"the rig itself failed; the log is {played.fault}", BROKEN_RIG)
    if played.gone is not None and verdict is Verdict.inconclusive:
        return _fail(played.gone, UNREACHABLE)
    return 0 if verdict is Verdict.conformant else NONCONFORMANT


def _say(identity: Identity, result: Result) -> None:
    title = (
        identity.title if result.steps is not None else f"{identity.title}, {result.check.rpartition('.')[2]}"
    )
    because = f": {result.message}" if result.message else ""
    with contextlib.suppress(BrokenPipeError):
        print(f"{result.outcome.value:8} {title} ({result.seconds:.1f} s){because}", flush=True)


def _fail(message: str, code: int) -> int:
    print("tmfrig features: " + " ".join(message.split()), file=sys.stderr)
    return code


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, as for every other mistake."""
        self.exit(_fail(message, WRONG_COMMAND))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m tmfrig.features",
        description="Play lifecycle scenarios on the APIs of a target.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--targets", type=Path, required=True, metavar="FILE", help="a target file (YAML, TOML or JSON)"
    )
    parser.add_argument("--json", type=Path, required=True, metavar="OUT", help="where the result is written")
    parser.add_argument(
        "--scenario",
        default="*",
        metavar="GLOB",
        help="only scenarios whose id or title matches (default: all)",
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="FILE",
        help="what exists at the target, by purpose (YAML or JSON; features/README.md describes it)",
    )
    parser.add_argument(
        "--seed", type=int, default=1, metavar="N", help="makes payloads reproducible (default 1)"
    )
    parser.add_argument(
        "--patience",
        type=_seconds,
        default=PATIENCE,
        metavar="SECONDS",
        help=f"how long an order may take to get where it should (default {PATIENCE:g})",
    )
    return parser


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 86400:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
