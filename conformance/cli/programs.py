"""The other rooms as programs: reference servers in the background, scenarios and load in the foreground.

The command line knows them only by `python -m`, what they print and what they write, so that the judge
depends on nobody whom it judges.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, NoReturn

from tmfrig.conformance.cli.outputs import INTERRUPTED, RIG_FAILED, TARGET_GONE, Ending
from tmfrig.conformance.failure import CommandError, RigFailure, TargetUnreachable
from tmfrig.reports.result import ReportError, RunResult, read_result
from tmfrig.specs import LINES, standard_apis

_PREFIX = re.compile(r"^tmfrig( \w+)?: ")

STARTING = 60.0
"""How long, in seconds, reference servers may take to start on a slow machine."""
ENDING = 5.0
LAST_WORDS = 0.6
"""How long a program may take to write its result after Ctrl-C."""
_ENDS = (signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, order=True)
class Served:
    """One API that reference servers have."""

    api: str
    line: int
    url: str = field(default="", compare=False)


def versions_served(version: str) -> list[Served]:
    """The APIs of reference servers in a major version, or in all; CommandError where there are none."""
    lines = LINES if version == "all" else tuple(line for line in LINES if str(line) == version)
    if not lines:
        raise CommandError(f"there are no reference servers of version {version}; take {_known()}")
    return [Served(api, line) for line in lines for api in standard_apis(line)]


def _known() -> str:
    return " or ".join(map(str, LINES))


@contextlib.contextmanager
def reference_servers(
    version: str = "4", environment: Mapping[str, str] = os.environ
) -> Iterator[list[Served]]:
    """Start the reference servers of all APIs in a major version (or "all") on a free port; tells where.

    Each acts as if it were the only one: there is no COM. CommandError for a version that none has,
    RigFailure when they do not start.
    """
    awaited = versions_served(version)
    names = dict.fromkeys(each.api for each in awaited)
    arguments = ["--version", version, *(word for name in names for word in ("--api", name))]
    with running_servers(arguments, awaited, environment) as served:
        yield served


@contextlib.contextmanager
def running_servers(
    arguments: Sequence[str],
    awaited: Sequence[Served],
    environment: Mapping[str, str] = os.environ,
    farewell: float = 0.0,
) -> Iterator[list[Served]]:
    """Start reference servers on a free port and wait for those that are `awaited`; tells where they are.

    In the end they get `farewell` seconds to take their leave of others, such as the hubs that notify them.
    CommandError where they say that the arguments or the environment are wrong, RigFailure when they do not
    start otherwise.
    """
    with tempfile.TemporaryFile() as said:
        # In a session of their own: Ctrl-C is for us, and we end them, also when we are told to terminate.
        servers = subprocess.Popen(
            module_command("mockservers", *arguments, "--port", "0"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            bufsize=0,  # what a buffer has swallowed no selector sees
            stderr=said,
            start_new_session=True,
            env=environment,
        )
        with interrupted_by_signals():
            try:
                yield _ready(servers, said, awaited)
            finally:
                # They hold nothing that would be worth keeping, and somebody may be waiting.
                if not farewell:
                    servers.kill()
                _end(servers, farewell or ENDING)


@contextlib.contextmanager
def interrupted_by_signals() -> Iterator[None]:
    """For as long as it lasts, SIGTERM and the end of the terminal are as Ctrl-C: what we have started must
    not outlive us. Under nohup, the end of the terminal is nothing."""
    heeded = [each for each in _ENDS if signal.getsignal(each) is not signal.SIG_IGN]
    earlier = {each: signal.signal(each, signal.default_int_handler) for each in heeded}
    try:
        yield
    finally:
        for each, handler in earlier.items():
            signal.signal(each, handler)


@dataclass(frozen=True)
class Outcome:
    """How a program ended: what it found (None when it was interrupted before it knew anything), and its exit
    code."""

    run: RunResult | None
    code: int
    said: str

    @property
    def ending(self) -> Ending:
        """The same in the command line's terms."""
        return Ending(
            interrupted=self.code == INTERRUPTED,
            gone=self.said if self.code == TARGET_GONE else None,
            fault=self.said.rpartition("the log is ")[2] if self.code == RIG_FAILED else None,
        )


def run_program(
    room: str,
    arguments: Sequence[str],
    result: Path,
    said: Callable[[str], None] = lambda line: None,
    last_words: float = LAST_WORDS,
) -> Outcome:
    """Run `python -m tmfrig.ROOM` to its end; `said` is told what it prints while it runs.

    CommandError, TargetUnreachable or RigFailure when it ended without a result and says so. On Ctrl-C it
    gets a moment (`last_words`, in seconds) to write what it knows; a second Ctrl-C ends it at once.
    """
    with tempfile.TemporaryFile() as errors:
        program = subprocess.Popen(
            module_command(room, *arguments, "--json", str(result)),
            stdin=subprocess.PIPE,  # nobody writes to it: it closes when we are gone, however we go
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
        try:
            assert program.stdout is not None
            for line in program.stdout:
                said(line.decode("utf-8", "replace").strip())
            code = program.wait()
        except KeyboardInterrupt:
            program.send_signal(signal.SIGINT)
            code = INTERRUPTED
        finally:
            _end(program, last_words)
        told = _text(errors)
    found = _read(result)
    if found is None and code != INTERRUPTED:
        _explain(room, code, told)
    return Outcome(found, code, _last_line(told))


def program_output(room: str, arguments: Sequence[str]) -> str:
    """What a program prints that ends at once. RigFailure where it fails."""
    done = subprocess.run(module_command(room, *arguments), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RigFailure(f"tmfrig.{room} failed ({_last_line(done.stderr)})")
    return done.stdout


def target_file(served: Sequence[Served], folder: Path, name: str = "target") -> Path:
    """A target file for these servers."""
    entries = [{"api": each.api, "version": each.line, "url": each.url} for each in served]
    path = folder / f"{name}.json"
    path.write_text(json.dumps({"name": "reference servers", "apis": entries}), encoding="utf-8")
    return path


def module_command(room: str, *arguments: str) -> list[str]:
    """The command that runs a room as a program."""
    # -P: the user's folder does not come before ours, whatever it holds.
    return [sys.executable, "-P", "-m", f"tmfrig.{room}", *arguments]


def _ready(servers: subprocess.Popen[bytes], said: IO[bytes], awaited: Sequence[Served]) -> list[Served]:
    urls: dict[str, str] = {}
    names = {f"{each.api} v{each.line}": each for each in awaited}
    deadline = time.monotonic() + STARTING
    assert servers.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(servers.stdout, selectors.EVENT_READ)
        while not names.keys() <= urls.keys():
            waited_in_vain = not selector.select(max(0.0, deadline - time.monotonic()))
            line = b"" if waited_in_vain else servers.stdout.readline()
            if not line:
                why = _last_line(_text(said)) or "they said nothing"
                if not waited_in_vain and servers.wait(ENDING) == CommandError.exit_code:
                    raise CommandError(why)
                raise RigFailure(f"the reference servers did not start: {why}")
            words = line.decode("utf-8", "replace").split()
            if words[:1] == ["ready"] and len(words) == 4:
                urls[f"{words[1]} {words[2]}"] = words[3]
    return [replace(each, url=urls[name]) for name, each in names.items()]


def _end(program: subprocess.Popen[bytes], within: float = ENDING) -> None:
    if program.poll() is None:
        program.terminate()
    try:
        program.wait(within)
    except subprocess.TimeoutExpired:
        pass
    finally:
        program.kill()
        program.wait()
        for stream in (program.stdin, program.stdout):
            if stream is not None:
                stream.close()


def _read(result: Path) -> RunResult | None:
    try:
        return read_result(result)
    except ReportError:
        return None


def _explain(room: str, code: int, told: str) -> NoReturn:
    last = _last_line(told) or f"it ended with exit code {code} and wrote no result"
    if code == 2:
        raise CommandError(last)
    if code == 3:
        raise TargetUnreachable(last)
    if "the log is " in last:
        raise RigFailure(last)
    with tempfile.NamedTemporaryFile(
        "w", prefix="tmfrig-", suffix=".log", delete=False, encoding="utf-8"
    ) as log:
        log.write(told)
    raise RigFailure(f"tmfrig.{room} failed ({last}); the log is {log.name}")


def _last_line(told: str) -> str:
    lines = told.strip().splitlines()
    return _PREFIX.sub("", lines[-1]) if lines else ""


def _text(said: IO[bytes]) -> str:
    said.seek(0)
    return said.read().decode("utf-8", "replace")
