"""Who makes the load: this process, workers that it starts on this machine, or workers that join from
others."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import gevent  # type: ignore[import-untyped]
from gevent.event import Event  # type: ignore[import-untyped]
from locust.env import Environment
from locust.exception import RPCError

from tmfrig.conformance.failure import CommandError, RigFailure

JOIN_WITHIN = 60.0
"""How long workers on this machine may take to start, in seconds."""
MASTER_PORT = 5557
EVERYWHERE = "*"


class Crew(Protocol):
    """Gives an environment its runner, and says how many workers there are."""

    @property
    def plays_here(self) -> bool:
        """Whether the users are in this process."""

    def runner(self, environment: Environment, stop: Event) -> contextlib.AbstractContextManager[int]:
        """The environment has a runner for as long as the context lasts; the number of workers."""


@dataclass(frozen=True)
class Local:
    """Users in this process."""

    @property
    def plays_here(self) -> bool:
        """They are."""
        return True

    @contextlib.contextmanager
    def runner(self, environment: Environment, stop: Event) -> Iterator[int]:
        """One worker: this process."""
        runner = environment.create_local_runner()
        try:
            yield 1
        finally:
            runner.quit()


@dataclass(frozen=True)
class Started:
    """Workers that are started on this machine, each with the arguments that make it a worker."""

    count: int
    arguments: Sequence[str]

    @property
    def plays_here(self) -> bool:
        """They have processes of their own."""
        return False

    @contextlib.contextmanager
    def runner(self, environment: Environment, stop: Event) -> Iterator[int]:
        """RigFailure where they do not start."""
        runner: Any = environment.create_master_runner("127.0.0.1", 0)
        address = f"127.0.0.1:{runner.server.port}"
        # a pipe that nobody writes to: it closes when we are gone, however we go
        workers = [
            subprocess.Popen(
                [sys.executable, "-P", "-m", "tmfrig.loadtests", "--worker", address, "--beside",
                 *self.arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
                env=os.environ,
            )
            for _ in range(self.count)
        ]  # fmt: skip
        try:
            _await(runner, self.count, stop, lambda: any(each.poll() is not None for each in workers))
            yield self.count
        finally:
            _dismiss(runner)
            for each in workers:
                assert each.stdin is not None
                each.stdin.close()
            for each in workers:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    each.wait(0 if stop.is_set() else 5)
                each.kill()
                each.wait()


@dataclass(frozen=True)
class Joining:
    """Workers that join from elsewhere, at a port of this machine."""

    count: int
    port: int = MASTER_PORT
    host: str = EVERYWHERE

    @property
    def plays_here(self) -> bool:
        """They are elsewhere."""
        return False

    @contextlib.contextmanager
    def runner(self, environment: Environment, stop: Event) -> Iterator[int]:
        """Waits until all are there, or Ctrl-C. CommandError where the port is taken."""
        try:
            runner: Any = environment.create_master_runner(self.host, self.port)
        except (RPCError, SystemExit):  # which of them depends on the words of the system
            raise CommandError(
                f"port {self.port} is taken, where workers would join; name another with --master-port"
            ) from None
        admit(runner, self.count)
        workers = f"{self.count} worker{'s' if self.count > 1 else ''}"
        told = f"waiting for {workers} to join (tmfrig load … --worker HOST:{runner.server.port})"
        print(json.dumps({"waiting": told}), flush=True)
        try:
            _await(runner, self.count, stop)
            yield self.count
        finally:
            _dismiss(runner)


def _await(runner: Any, count: int, stop: Event, ended: Any = None) -> None:
    began = time.monotonic()
    while len(runner.clients.ready) < count:
        if stop.is_set():
            raise KeyboardInterrupt
        if ended is not None and (ended() or time.monotonic() - began > JOIN_WITHIN):
            raise RigFailure("a worker did not start; its message is above")
        gevent.sleep(0.05)


def admit(runner: Any, count: int) -> None:
    """Hear so many workers at a time and nobody else: whoever is too many would put load on top."""
    receive = runner.server.recv_from_client

    def from_workers() -> Any:
        while True:
            client, message = receive()
            if client in runner.clients or runner.worker_count < count:
                return client, message

    runner.server.recv_from_client = from_workers


def _dismiss(runner: Any) -> None:
    """Tell the workers that they can go. Locust's own way takes half a second longer, which a person who has
    pressed Ctrl-C would wait for."""
    runner.send_message("quit")
    gevent.sleep(0.02)
    runner.greenlet.kill(block=False)
