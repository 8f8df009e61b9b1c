"""The machine room: PROVEX's clock and its terminals' port, in a thread of its own.

It shares nothing with the facade but that port and the night file.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tmfrig.mockservers.ending import end_tasks
from tmfrig.mockservers.facade.copybook import WIDTH
from tmfrig.mockservers.facade.night_file import write
from tmfrig.mockservers.facade.provex import Provex

HOST = "127.0.0.1"


@dataclass(slots=True)
class MachineRoom:
    """Runs a PROVEX: a step by day takes `day` seconds, each `night` seconds it writes the file at `path`."""

    provex: Provex
    path: Path
    day: float
    night: float
    _terminals: set[asyncio.StreamWriter] = field(default_factory=set)

    @contextlib.contextmanager
    def operating(self, port: int = 0) -> Iterator[int]:
        """PROVEX at work as long as the context lasts; its port. OSError where that is taken."""
        loop = asyncio.new_event_loop()
        ports: list[int] = []
        ready, stop = threading.Event(), asyncio.Event()

        def opened(found: int) -> None:
            ports.append(found)
            ready.set()

        thread = threading.Thread(
            target=loop.run_until_complete, args=(self._operate(port, opened, stop),), daemon=True
        )
        thread.start()
        try:
            while not ready.wait(0.05):
                if not thread.is_alive():
                    raise OSError(f"PROVEX cannot listen on port {port}")
            yield ports[0]
        finally:
            if thread.is_alive():
                loop.call_soon_threadsafe(stop.set)
            thread.join(timeout=10)
            loop.close()

    async def _operate(self, port: int, opened: Callable[[int], None], stop: asyncio.Event) -> None:
        server = await asyncio.start_server(self._serve, HOST, port)
        opened(server.sockets[0].getsockname()[1])
        shifts = [
            asyncio.create_task(self._every(self.day, self.provex.work_by_day)),
            asyncio.create_task(self._every(self.night, self.night_run)),
        ]
        await stop.wait()
        server.close()
        for terminal in list(self._terminals):
            terminal.close()
        await end_tasks(shifts)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._terminals.add(writer)
        try:
            while True:
                writer.write(self.provex.answer(await reader.readexactly(WIDTH)))
                await writer.drain()
        except (asyncio.IncompleteReadError, OSError):
            return
        finally:
            self._terminals.discard(writer)
            writer.close()

    async def _every(self, seconds: float, work: Callable[[], None]) -> None:
        while True:
            await asyncio.sleep(seconds)
            work()

    def night_run(self) -> None:
        """Work by night, and write down what has come of it."""
        write(self.path, self.provex.work_by_night())
