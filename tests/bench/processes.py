"""The servers that are measured, as processes: started, watched from outside, and stopped at the end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

HERE = Path(__file__).parent
STILL = {"TMFRIG_PACE": "86400"}
"""Orders stay as they were placed: what is measured is serving, not the life of an order."""
_PATIENCE = 60.0
_CALM = 0.03
_LOOK = 0.1


@dataclass(frozen=True, slots=True)
class Spent:
    """What processes have had of the processors so far, in seconds."""

    running: float
    waiting: float
    """While they could have run and somebody else did."""

    def __sub__(self, other: Spent) -> Spent:
        return Spent(self.running - other.running, self.waiting - other.waiting)


@dataclass(frozen=True)
class Measured:
    """A process, with those that it has started."""

    process: subprocess.Popen[str]
    urls: Mapping[str, str]
    """By API; of what is no reference server under its name only."""

    @property
    def url(self) -> str:
        """The first of its URLs."""
        return next(iter(self.urls.values()))

    def pids(self) -> list[int]:
        """The process and all below it."""
        return descendants(self.process.pid)

    def spent(self) -> Spent:
        """What it has had of the processors so far."""
        return spent(self.pids())

    def memory(self) -> float:
        """Megabytes in memory now."""
        return sum(_status(pid, "VmRSS") for pid in self.pids())

    def peak(self) -> float:
        """Megabytes in memory at most so far."""
        return sum(_status(pid, "VmHWM") for pid in self.pids())

    def calm(self) -> None:
        """Wait until it has nothing left to do; RuntimeError where that takes too long."""
        deadline = time.monotonic() + _PATIENCE
        before = self.spent()
        while time.monotonic() < deadline:
            time.sleep(_LOOK)
            now = self.spent()
            if (now - before).running < _CALM * _LOOK:
                return
            before = now
        raise RuntimeError(f"{self.process.args} does not come to rest")


def spent(pids: Sequence[int]) -> Spent:
    """What processes have had of the processors so far, with all their threads."""
    running = waiting = 0
    for pid in pids:
        with suppress(OSError):
            for thread in Path(f"/proc/{pid}/task").iterdir():
                with suppress(OSError):
                    ran, waited, _ = (thread / "schedstat").read_text().split()
                    running, waiting = running + int(ran), waiting + int(waited)
    return Spent(running / 1e9, waiting / 1e9)


def descendants(root: int) -> list[int]:
    """A process and all below it."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                # the name of a program may have spaces and brackets
                after = (entry / "stat").read_text().rpartition(")")[2].split()
                parents.setdefault(int(after[1]), []).append(int(entry.name))
    found = [root]
    for each in found:
        found += parents.get(each, [])
    return found


def _status(pid: int, name: str) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1]) / 1024
    return 0.0


def idle_seconds() -> float:
    """What all processors together have had nothing to do for, so far."""
    words = Path("/proc/stat").read_text().splitlines()[0].split()
    return (int(words[4]) + int(words[5])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Processors:
    """Who runs where: the client on the first processor, the servers on the last, if there are two."""

    client: int | None
    servers: int | None

    @classmethod
    def shared_out(cls) -> Processors:
        """A processor for the servers, and another one for the client, which is this process."""
        known = sorted(os.sched_getaffinity(0))
        return cls(known[0], known[-1]) if len(known) > 1 else cls(None, None)

    @contextmanager
    def kept(self) -> Iterator[Processors]:
        """Have this process stay on its processor meanwhile."""
        before = os.sched_getaffinity(0)
        if self.client is not None:
            os.sched_setaffinity(0, {self.client})
        try:
            yield self
        finally:
            os.sched_setaffinity(0, before)


@contextmanager
def running(
    *command: str,
    processor: int | None = None,
    environment: Mapping[str, str] | None = None,
    input_: bool = False,
    output: int | None = subprocess.PIPE,
    folder: Path | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """A process, on a processor of its own if need be; stopped at the end with all that it started."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE if input_ else subprocess.DEVNULL,
        stdout=output,
        text=True,
        env=os.environ | (environment or {}),
        cwd=folder,
        start_new_session=True,
    )
    if processor is not None:
        os.sched_setaffinity(process.pid, {processor})
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def reference_servers(
    *arguments: str,
    processor: int | None = None,
    environment: Mapping[str, str] | None = None,
    awaited: Set[str] = frozenset(),
) -> Iterator[Measured]:
    """A process of reference servers, once it has said of the APIs named, or awaited, that they are ready."""
    port = () if "--port" in arguments else ("--port", "0")
    command = (sys.executable, "-m", "tmfrig.mockservers", *port, *arguments)
    with running(*command, processor=processor, environment=environment) as process:
        assert process.stdout is not None
        urls: dict[str, str] = {}
        chosen = {value for name, value in pairwise(arguments) if name == "--api"} or awaited
        awaited = chosen | ({"admin"} if "--admin" in arguments else set())
        while not awaited <= urls.keys():
            words = process.stdout.readline().split()
            if words[:1] != ["ready"]:
                raise RuntimeError(f"{arguments} did not start: {words}")
            urls[words[1]] = words[3]
        yield Measured(process, {api: urls[api] for api in sorted(awaited)})


@contextmanager
def bare(files: Sequence[Path], *more: str, processor: int | None = None) -> Iterator[Measured]:
    """The bare application that answers with what is in the files (see `bare`)."""
    port = free_port()
    command = (sys.executable, str(HERE / "bare.py"), str(port), *map(str, files), *more)
    with running(*command, processor=processor) as process:
        wait_for(port, process)
        yield Measured(process, {"bare": f"http://127.0.0.1:{port}"})


@contextmanager
def listener(processor: int | None = None) -> Iterator[Measured]:
    """Somebody who takes every notification, and says at `/` how many (see `listening`)."""
    with running(sys.executable, str(HERE / "listening.py"), processor=processor) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        yield Measured(process, {"listener": f"http://127.0.0.1:{port}"})


def free_port() -> int:
    """A port on which nobody listens."""
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """Ports on which nobody listens."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in probes:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in probes]


def wait_for(port: int, process: subprocess.Popen[str], patience: float = _PATIENCE) -> None:
    """Return when somebody listens on a port; RuntimeError where the process ends, or takes too long."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            raise RuntimeError(f"it ended with exit status {process.returncode}")
        time.sleep(0.02)
    raise RuntimeError(f"nothing listens on port {port} after {patience:.0f} s")
