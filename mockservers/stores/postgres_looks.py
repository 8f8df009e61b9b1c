"""Looks at single documents in PostgreSQL: those that come at about the same time share a round trip."""

from __future__ import annotations

import asyncio

from tmfrig.mockservers.stores.atoms import Statement
from tmfrig.mockservers.stores.postgres_connections import Connections, storable

MOST_TOGETHER = 128
MOST_AT_ONCE = 2
_ONE = "SELECT raw FROM document WHERE collection = ? AND id = ?"
_SEVERAL = """SELECT u.n, d.raw FROM unnest(?::integer[], ?::text[]) WITH ORDINALITY AS u (collection, id, n)
    JOIN document d ON d.collection = u.collection AND d.id = u.id"""

Look = tuple[int, str, "asyncio.Future[bytes | None]"]


class Looks:
    """Asks for documents, by the numbers of their collections and their ids."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._waiting: list[Look] = []
        self._running: set[asyncio.Task[None]] = set()
        self._scheduled = False

    async def raw(self, place: int, identifier: str) -> bytes | None:
        """The bytes of a document; None where there is none."""
        if not (identifier.isascii() or _is_text(identifier)):
            return None
        loop = asyncio.get_running_loop()
        future: asyncio.Future[bytes | None] = loop.create_future()
        self._waiting.append((place, identifier, future))
        if not self._scheduled:
            self._scheduled = True
            loop.call_soon(self._begin)
        return await future

    def _begin(self) -> None:
        self._scheduled = False
        while self._waiting and len(self._running) < MOST_AT_ONCE:
            looks = self._waiting[:MOST_TOGETHER]
            del self._waiting[:MOST_TOGETHER]
            task = asyncio.create_task(self._look(looks))
            self._running.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._begin()

    async def _look(self, looks: list[Look]) -> None:
        try:
            found = await self._found(looks)
        except Exception as error:
            for _, _, future in looks:
                if not future.done():
                    future.set_exception(error)
            return
        for number, (_, _, future) in enumerate(looks, 1):
            if not future.done():
                future.set_result(found.get(number))

    async def _found(self, looks: list[Look]) -> dict[int, bytes]:
        if len(looks) == 1:
            place, identifier, _ = looks[0]
            rows = await self._connections.rows(Statement(_ONE, (place, storable(identifier))))
            return {1: rows[0][0]} if rows else {}
        places = [place for place, _, _ in looks]
        identifiers = [storable(identifier) for _, identifier, _ in looks]
        return dict(map(tuple, await self._connections.rows(Statement(_SEVERAL, (places, identifiers)))))


def _is_text(identifier: str) -> bool:
    """Whether it can be written in UTF-8, so that others who look at the same time get an answer."""
    try:
        identifier.encode()
    except UnicodeEncodeError:
        return False
    return True
