"""Several processes that answer on one port: this one starts them, starts again what dies, and ends them.

Each is the same program with the same options, over one store. They listen with SO_REUSEPORT, so the kernel
shares connections out; when this process goes, however that happens, they notice and end too.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tmfrig.mockservers.dataset_files import data_files

MOST_WORKERS = 64
MOST_DEATHS = 5
"""Deaths of workers within `SOON` seconds after which it makes no sense to start more."""
SOON = 10.0
STOP_SECONDS = 20.0
"""Seconds in which workers end; each gives others some of them at several points."""


class CrewError(Exception):
    """Workers cannot be started; one line."""


@dataclass(frozen=True, slots=True)
class Crew:
    """What is to be started: how often, with which arguments, and over which store."""

    size: int
    arguments: Sequence[str]
    store: str | None
    """The URL of a store that processes can share; None for a temporary one."""
    files: Mapping[str, Path]
    """Files, or folders of data files, that options name. Workers read them as they are now: one that takes
    another's place, next week perhaps, has to serve the same.
    """


def supervise(crew: Crew, listener: socket.socket) -> int:
    """Run workers until SIGTERM or Ctrl-C; the exit status. `listener` is bound to the port.

    CrewError where what they need cannot be put aside for them.
    """
    with contextlib.ExitStack() as stack:
        store, files = crew.store, []
        if store is None or crew.files:
            folder = stack.enter_context(_folder())
            store = f"sqlite:///{folder / 'rig.db'}?synchronous=off" if store is None else store
            files = [word for option, path in crew.files.items() for word in (option, _copied(path, folder))]
        reading, writing = os.pipe()
        stack.callback(os.close, reading)
        stack.callback(os.close, writing)
        port = listener.getsockname()[1]
        command = [
            *(sys.executable, "-P", "-m", "tmfrig.mockservers", *crew.arguments),
            *("--workers", "1", "--port", str(port), "--store", store, "--beside", str(reading)),
            *files,
        ]
        return asyncio.run(_Supervisor(command, reading, crew.size).run())


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """A folder for as long as it takes."""
    try:
        folder = tempfile.TemporaryDirectory(prefix="tmfrig-")
    except OSError as error:
        raise CrewError(f"no temporary folder can be made ({error.strerror}); set TMPDIR") from None
    with folder as name:
        held = os.open(name, os.O_RDONLY)
        try:
            # a system that clears old files away leaves those in a locked folder alone
            with contextlib.suppress(OSError):
                fcntl.flock(held, fcntl.LOCK_SH)
            yield Path(name)
        finally:
            os.close(held)


def _copied(path: Path, folder: Path) -> str:
    """A copy of a file, or of a folder's data files."""
    copies = Path(tempfile.mkdtemp(dir=folder))
    try:
        for each in data_files(path):
            shutil.copyfile(each, copies / each.name)
    except OSError as error:
        reason = error.strerror or error
        raise CrewError(f"{path} cannot be copied for all workers ({reason}); name a regular file") from None
    return str(copies if path.is_dir() else copies / path.name)


class _Supervisor:
    def __init__(self, command: Sequence[str], lifeline: int, size: int) -> None:
        self._command = command
        self._lifeline = lifeline
        self._size = size
        self._ending = asyncio.Event()
        self._status = 0
        self._deaths: list[float] = []
        self._workers: list[asyncio.subprocess.Process] = []

    async def run(self) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._ending.set)
        try:
            # the first one makes the tables and puts the data set in place
            announced = await self._started()
            if announced is not None:
                others = await asyncio.gather(*(self._started() for _ in range(self._size - 1)))
                if None not in others:
                    print(announced, end="", flush=True)
                    watching = [asyncio.create_task(self._watch(each)) for each in list(self._workers)]
                    await self._ending.wait()
                    for task in watching:
                        task.cancel()
        finally:
            await self._end()
        return self._status

    async def _launched(self, output: int) -> asyncio.subprocess.Process:
        """A new worker, which is not ready yet."""
        worker = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            pass_fds=[self._lifeline],
        )
        self._workers.append(worker)
        return worker

    async def _started(self) -> str | None:
        """What a new worker announces when it is ready; None where it ends instead."""
        worker = await self._launched(asyncio.subprocess.PIPE)
        reading = asyncio.create_task(_announcement(worker))
        ending = asyncio.create_task(self._ending.wait())
        await asyncio.wait([reading, ending], return_when=asyncio.FIRST_COMPLETED)
        ending.cancel()
        if reading.done() and reading.result():
            return reading.result()
        reading.cancel()
        if not self._ending.is_set():
            self._status = await worker.wait() or 1
            self._ending.set()
        return None

    async def _watch(self, worker: asyncio.subprocess.Process) -> None:
        """Start another worker in place of one that has died, unless that happens again and again."""
        while True:
            status = await worker.wait()
            if self._ending.is_set():
                return
            self._workers.remove(worker)
            now = time.monotonic()
            self._deaths = [each for each in self._deaths if now - each < SOON] + [now]
            if len(self._deaths) > MOST_DEATHS:
                print(f"tmfrig serve: {MOST_DEATHS} workers have died within {SOON:.0f} s", file=sys.stderr)
                self._status = 1
                self._ending.set()
                return
            print(
                f"tmfrig serve: a worker has ended ({_said(status)}); another one is started", file=sys.stderr
            )
            # it may die as well before it is ready, while others go on answering
            worker = await self._launched(asyncio.subprocess.DEVNULL)

    async def _end(self) -> None:
        for each in self._workers:
            with contextlib.suppress(ProcessLookupError):
                each.send_signal(signal.SIGTERM)
        ending = [asyncio.create_task(each.wait()) for each in self._workers]
        if ending:
            await asyncio.wait(ending, timeout=STOP_SECONDS)
        for each, end in zip(self._workers, ending, strict=True):
            if not end.done():
                each.kill()
        await asyncio.gather(*ending)


async def _announcement(worker: asyncio.subprocess.Process) -> str:
    """The lines up to an empty one; nothing where the worker ends before."""
    lines: list[str] = []
    assert worker.stdout is not None
    while line := (await worker.stdout.readline()).decode():
        if not line.strip():
            return "".join(lines)
        lines.append(line)
    return ""


def _said(status: int) -> str:
    return signal.Signals(-status).name if status < 0 else f"exit status {status}"
