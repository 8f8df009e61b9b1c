"""The reference servers as programs of their own, which can be killed, hung and started again."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from ending_with_tests import ending_with_tests

READY = re.compile(r"ready (\S+) v\d+ (\S+)")
PATIENCE = 90.0


class Machine:
    """One `serve` over a store: every role, the COM and the admin API, on a port that stays the same."""

    def __init__(self, store: str, log: Path, *options: str, pace: float = 0.05, program: str = "") -> None:
        self.port = free_port()
        self.urls: Mapping[str, str] = {}
        self._log = log
        self._run = ("-c", program) if program else ("-P", "-m", "tmfrig.mockservers")
        self._options = ("--admin", "--dataset", "telco", "--store", store, *options)
        self._environment = {**os.environ, "TMFRIG_PACE": str(pace), "TMFRIG_PATIENCE": "120"}
        self._process: subprocess.Popen[str] | None = None
        self._reading: threading.Thread | None = None
        self._ready = threading.Event()

    def __enter__(self) -> Machine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def process(self) -> subprocess.Popen[str]:
        """The program that runs, or has run."""
        assert self._process is not None
        return self._process

    def begin(self, **environment: str) -> None:
        """Start it, and return at once."""
        self._ready.clear()
        command = [sys.executable, *self._run, *self._options, "--port", str(self.port)]
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                ending_with_tests(command, signal.SIGKILL),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=self._environment | environment,
                cwd=self._log.parent,
            )
        self._reading = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reading.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.begin()
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Return when it answers."""
        deadline = time.monotonic() + PATIENCE
        while not self._ready.wait(0.02):
            assert self.process.poll() is None, f"it has ended ({self.process.returncode}): {self.said}"
            assert time.monotonic() < deadline, f"it does not start: {self.said}"

    def kill(self) -> None:
        """End it as a power failure would, with all that it has started."""
        if self._process is None:
            return
        children = self.workers
        self._process.kill()
        for each in children:
            signalled(each, signal.SIGKILL)
        self._process.wait()
        assert self._reading is not None
        self._reading.join(5)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None

    def end(self, within: float = 30.0) -> int:
        """Ask it to end; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(within)

    @property
    def workers(self) -> Sequence[int]:
        """The ids of the processes that it has started."""
        number = self.process.pid
        try:
            found = Path(f"/proc/{number}/task/{number}/children").read_text().split()
        except OSError:
            return ()
        return [int(each) for each in found]

    @property
    def said(self) -> str:
        """What it has written to stderr."""
        return self._log.read_text() if self._log.exists() else ""

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        urls = {"admin": f"http://127.0.0.1:{self.port}/tmfrig/admin/v1"}
        for line in process.stdout:
            found = READY.match(line)
            if found is None:
                continue
            urls[found[1]] = found[2]
            if found[1] == "COM":
                self.urls = urls
                self._ready.set()


def signalled(process: int, number: signal.Signals) -> None:
    """Send a signal to a process that may be gone already."""
    try:
        os.kill(process, number)
    except ProcessLookupError:
        return


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
