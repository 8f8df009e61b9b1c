"""`python -m tmfrig.loadtests`: put a load on the APIs of a target file, and write what was found."""

from __future__ import annotations

import locust  # noqa: F401  # first of all: it patches the interpreter  # isort: skip

import argparse
import contextlib
import json
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import gevent.os  # type: ignore[import-untyped]

from tmfrig.conformance.failure import Failure
from tmfrig.conformance.faults import keep_out_of_logs, log_fault
from tmfrig.conformance.mounting import MountedApi, mount
from tmfrig.conformance.preflight import preflight
from tmfrig.conformance.target import TargetFile, read_target
from tmfrig.conformance.timespan import seconds_of
from tmfrig.loadtests.adjusting import adjusted
from tmfrig.loadtests.crew import MASTER_PORT, Crew, Joining, Local, Started
from tmfrig.loadtests.live import Live, summary
from tmfrig.loadtests.politeness import check_amount, refuse_strangers
from tmfrig.loadtests.profile import Profile, check_tasks, load_profile, profile_names, profile_schema
from tmfrig.loadtests.run import Loaded, LoadRun
from tmfrig.loadtests.slo import read_levels
from tmfrig.loadtests.users import every_user_class
from tmfrig.loadtests.worker import work
from tmfrig.reports.json_report import write_json
from tmfrig.reports.result import ReportError, RunResult, Verdict

NONCONFORMANT, WRONG_COMMAND, UNREACHABLE, BROKEN_RIG, INTERRUPTED = 1, 2, 3, 4, 130

EXAMPLE = """example:
  python -m tmfrig.loadtests --targets target.yaml --json result.json --profile smoke --run-time 20s"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program.

    The exit code: 0 all service levels and rules hold, 1 they do not, 2 wrong command or file, 3 the target
    cannot be reached or stopped answering, 4 our fault, 130 Ctrl-C.
    """
    if "--schema" in (sys.argv[1:] if arguments is None else arguments):
        print(json.dumps(profile_schema()))
        return 0
    options = _parser().parse_args(arguments)
    # Locust logs its phases and every trouble, which are in the result.
    logging.basicConfig(handlers=[logging.NullHandler()])
    try:
        return _work(options) if options.worker else _run(options)
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
    if options.beside:
        gevent.spawn(_end_with_parent)
    target = read_target(options.targets)
    profile = adjusted(
        load_profile(options.profile),
        users=options.users,
        rate=options.rate,
        run_time=options.run_time,
        levels=read_levels(options.slo) if options.slo else None,
    )
    mounted = _mounted(target, options, profile)
    for api in mounted:
        preflight(api)
    started, clock = datetime.now(UTC), time.monotonic()
    source = f"service levels {options.slo}" if options.slo else f"profile {profile.name}"
    load = LoadRun(profile, target, mounted, options.seed, _crew(options), source)
    loaded = load.play(Live(profile.seconds))
    run = RunResult.assemble(
        started=started,
        seconds=time.monotonic() - clock,
        seed=options.seed,
        targets=[api.info for api in mounted],
        results=loaded.results,
        load=loaded.load,
    )
    if options.json:
        write_json(run, options.json)
    with contextlib.suppress(BrokenPipeError):
        summary(loaded.load, run.results)
    return _told(loaded, run.verdict)


def _told(loaded: Loaded, verdict: Verdict) -> int:
    if loaded.interrupted:
        return _fail("interrupted", INTERRUPTED)
    if loaded.fault is not None:
        return _fail(f"the rig itself failed; the log is {loaded.fault}", BROKEN_RIG)
    if loaded.gone is not None and verdict is Verdict.inconclusive:
        return _fail(loaded.gone, UNREACHABLE)
    return 0 if verdict is Verdict.conformant else NONCONFORMANT


def _work(options: argparse.Namespace) -> int:
    """Be a worker: what is done, and when, the master says."""
    target = read_target(options.targets)
    mounted = _mounted(target, options)
    host, _, port = options.worker.rpartition(":") if ":" in options.worker else (options.worker, "", "")
    try:
        socket.getaddrinfo(host.strip("[]"), int(port or MASTER_PORT))
    except OSError:
        return _fail(f"--worker {host}: no machine has this name", WRONG_COMMAND)
    if options.beside:
        gevent.spawn(_leave_with_parent)
    work(mounted, target, every_user_class(), host, int(port or MASTER_PORT))
    return 0


def _leave_with_parent() -> None:
    gevent.os.tp_read(sys.stdin.fileno(), 1)
    os._exit(0)


def _end_with_parent() -> None:
    gevent.os.tp_read(sys.stdin.fileno(), 1)
    os.kill(os.getpid(), signal.SIGTERM)


def _mounted(
    target: TargetFile, options: argparse.Namespace, profile: Profile | None = None
) -> list[MountedApi]:
    """The APIs of the target, once it is clear that a load may be put on them."""
    refuse_strangers(
        (entry.url for entry in target.apis), allowed=options.i_own_this_target or target.load.owned
    )
    if profile is not None:
        check_amount(profile, target)
    mounted = mount(target)
    if profile is not None:
        check_tasks(profile, {api.contract.api: api.contract for api in mounted})
    for api in mounted:
        keep_out_of_logs(api.secrets)
    return mounted


def _crew(options: argparse.Namespace) -> Crew:
    if options.master:
        return Joining(options.workers or 1, options.master_port, options.master_host)
    if (options.workers or 1) > 1:
        own = ["--i-own-this-target"] if options.i_own_this_target else []
        return Started(options.workers, ["--targets", str(options.targets), *own])
    return Local()


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
    add = parser.add_argument
    add("--targets", type=Path, required=True, metavar="FILE", help="a target file (YAML, TOML or JSON)")
    add("--json", type=Path, metavar="OUT", help="where the result is written")
    add("--profile", default="smoke", metavar="NAME|FILE",
        help=f"{', '.join(profile_names())}, or a YAML file")  # fmt: skip
    add("--users", type=_count, metavar="N", help="in place of the profile's number of users")
    add("--rate", type=_rate, metavar="N", help="requests per second, in place of the profile's")
    add("--run-time", type=_span, metavar="5s", help="in place of the profile's run time")
    add("--slo", type=Path, metavar="FILE", help="service levels, in place of the profile's")
    add("--seed", type=int, default=1, metavar="N", help="makes payloads reproducible (default 1)")
    add("--workers", type=_count, metavar="N", help="processes that make the load")
    add("--master", action="store_true", help="wait for --workers that join from elsewhere")
    add("--master-host", default="*", metavar="ADDRESS", help="where they join (default: all addresses)")
    add("--master-port", type=int, default=MASTER_PORT, metavar="PORT", help="where they join")
    add("--worker", metavar="HOST[:PORT]", help="be a worker of the master there")
    add("--beside", action="store_true", help=argparse.SUPPRESS)
    add("--schema", action="store_true", help="print the JSON Schema of profiles, and nothing else")
    add("--i-own-this-target", action="store_true", help="a load may be put on it, although it is elsewhere")
    return parser


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of users or workers")
    return int(text)


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is no rate; write requests per second, such as 50")
    return rate


def _span(text: str) -> float:
    try:
        return seconds_of(text)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None


if __name__ == "__main__":
    sys.exit(main())
