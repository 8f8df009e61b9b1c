"""`python -m tmfrig.loadtests`: put a load on the APIs of a target file, and write what was found."""

from __future__ import annotations

from tmfrig.loadtests import load  # first of all: Locust patches the interpreter  # isort: skip

import argparse
import contextlib
import logging
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

from tmfrig.conformance.failure import Failure
from tmfrig.conformance.faults import log_fault
from tmfrig.conformance.mounting import mount
from tmfrig.conformance.preflight import preflight
from tmfrig.conformance.target import read_target
from tmfrig.loadtests.profile import Profile, duration, fit, load_profile, profile_names
from tmfrig.reports.json_report import write_json
from tmfrig.reports.result import LoadResult, Outcome, ReportError, Result, RunResult, Verdict

NONCONFORMANT, WRONG_COMMAND, UNREACHABLE, BROKEN_RIG, INTERRUPTED = 1, 2, 3, 4, 130

EXAMPLE = """example:
  python -m tmfrig.loadtests --targets target.yaml --json result.json --profile smoke --run-time 20s"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program.

    The exit code: 0 all service levels and rules hold, 1 they do not, 2 wrong command or file, 3 the target
    cannot be reached or stopped answering, 4 our fault, 130 Ctrl-C.
    """
    options = _parser().parse_args(arguments)
    # Locust logs its phases and every trouble, which are in the result.
    logging.basicConfig(handlers=[logging.NullHandler()])
    try:
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
    profile = _adjusted(load_profile(options.profile), options)
    mounted = mount(target)
    fit(profile, {api.contract.api: api.contract for api in mounted})
    loaded_apis = [api for api in mounted if api.contract.api in profile.apis]
    for api in loaded_apis:
        preflight(api)
    started, clock = datetime.now(UTC), time.monotonic()
    loaded = load.run_load(profile, loaded_apis, options.seed)
    run = RunResult.assemble(
        started=started,
        seconds=time.monotonic() - clock,
        seed=options.seed,
        targets=[api.info for api in loaded_apis],
        results=loaded.results,
        load=loaded.load,
    )
    write_json(run, options.json)
    with contextlib.suppress(BrokenPipeError):
        _say(loaded.load, run.results)
    if loaded.interrupted:
        return _fail("interrupted", INTERRUPTED)
    if loaded.fault is not None:
        return _fail(f"the rig itself failed; the log is {loaded.fault}", BROKEN_RIG)
    if loaded.gone is not None and run.verdict is Verdict.inconclusive:
        return _fail(loaded.gone, UNREACHABLE)
    return 0 if run.verdict is Verdict.conformant else NONCONFORMANT


def _adjusted(profile: Profile, options: argparse.Namespace) -> Profile:
    given = {"users": options.users, "run_time": options.run_time}
    return profile.model_copy(update={name: value for name, value in given.items() if value is not None})


def _say(measured: LoadResult, results: Sequence[Result]) -> None:
    print(f"{measured.requests} requests, {measured.failures} failed, {measured.rate:.0f} per second")
    for operation in measured.operations:
        print(
            f"{operation.name:32} {operation.requests:7} requests {operation.failures:5} failed   "
            f"p50 {operation.p50_ms:g} ms  p95 {operation.p95_ms:g} ms  p99 {operation.p99_ms:g} ms"
        )
    for result in results:
        if result.outcome not in (Outcome.passed, Outcome.skipped):
            print(f"{result.outcome.value:8} {result.check} {result.api}: {result.message}")
    sys.stdout.flush()


def _fail(message: str, code: int) -> int:
    print("tmfrig load: " + " ".join(message.split()), file=sys.stderr)
    return code


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, as for every other mistake."""
        self.exit(_fail(message, WRONG_COMMAND))


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m tmfrig.loadtests",
        description="Put a load on the APIs of a target, and check every answer.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--targets", type=Path, required=True, metavar="FILE", help="a target file (YAML, TOML or JSON)"
    )
    parser.add_argument("--json", type=Path, required=True, metavar="OUT", help="where the result is written")
    parser.add_argument(
        "--profile",
        default="smoke",
        metavar="NAME|FILE",
        help=f"{', '.join(profile_names())}, or a YAML file",
    )
    parser.add_argument("--users", type=_users, metavar="N", help="in place of the profile's number of users")
    parser.add_argument("--run-time", type=_duration, metavar="5s", help="in place of the profile's run time")
    parser.add_argument(
        "--seed", type=int, default=1, metavar="N", help="makes payloads reproducible (default 1)"
    )
    return parser


def _users(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of users")
    return int(text)


def _duration(text: str) -> timedelta:
    try:
        return duration(text)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None


if __name__ == "__main__":
    sys.exit(main())
