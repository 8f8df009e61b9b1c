"""Word among processes over one schema of PostgreSQL that something was committed."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import asyncpg  # type: ignore[import-untyped]

from tmfrig.mockservers.ending import end_tasks
from tmfrig.mockservers.stores.postgres_connections import Address

_PAUSE = 0.01
"""Seconds between two words: whoever hears one looks at everything."""
_LONGEST_SILENCE = 1.0
"""Seconds after which one looks without word: it gets lost with a connection."""


class News:
    """Tells others, and hears from them, on a connection of its own.

    Word is given after a commit and not in it: there it would make every commit of every process wait for the
    one before.
    """

    def __init__(self, address: Address, owner: str) -> None:
        self._address = address
        self._owner = owner
        self._connection: asyncpg.Connection | None = None
        self._heard = asyncio.Event()
        self._told = False
        self._tasks: list[asyncio.Task[None]] = []
        self._telling: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to listen."""
        self._heard.set()
        self._tasks = [asyncio.create_task(self._listen())]

    async def close(self) -> None:
        """Give the last word and listen no more."""
        tasks, self._tasks = self._tasks, []
        if self._telling is not None:
            await asyncio.wait([self._telling], timeout=_LONGEST_SILENCE)
            tasks.append(self._telling)
            self._telling = None
        await end_tasks(tasks)
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    def tell(self) -> None:
        """Let others know that something was committed."""
        self._told = True
        if self._telling is None or self._telling.done():
            self._telling = asyncio.create_task(self._tell())

    async def wait(self) -> None:
        """Return when there was word, or when there may have been."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LONGEST_SILENCE):
                await self._heard.wait()
        self._heard.clear()

    async def _tell(self) -> None:
        while self._told:
            self._told = False
            connection = self._connection
            if connection is not None:
                # a TimeoutError is an OSError
                with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                    told = (self._address.schema, self._owner)
                    await connection.execute("SELECT pg_notify($1, $2)", *told, timeout=_LONGEST_SILENCE)
            await asyncio.sleep(_PAUSE)

    async def _listen(self) -> None:
        while True:
            lost = asyncio.Event()
            with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                connection = await self._connected()
                connection.add_termination_listener(lambda _, lost=lost: lost.set())
                await connection.add_listener(self._address.schema, self._hear)
                self._connection = connection
                self._heard.set()
                await lost.wait()
            self._connection = None
            await asyncio.sleep(_LONGEST_SILENCE)

    async def _connected(self) -> asyncpg.Connection:
        options = self._address.options()
        # nothing that is told has to reach the disk
        options["server_settings"] = options["server_settings"] | {"synchronous_commit": "off"}
        return await asyncpg.connect(**options)

    def _hear(self, connection: Any, process: int, channel: str, teller: str) -> None:
        if teller != self._owner:
            self._heard.set()
