"""Connections to a PostgreSQL server, and where they lead: what fails on them becomes one clear line."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import asyncpg  # type: ignore[import-untyped]

from tmfrig.mockservers.store import HURRIED, StoreError
from tmfrig.mockservers.stores.atoms import Statement

SCHEMA = "tmfrig"
SYNCHRONOUS = ("on", "off")
MOST_CONNECTIONS = 8
MOST_LONG = 3
"""Queries that take their time and run at once, so that there are connections left for what is short."""
CHUNK = 256
_TRIES = 5
LONGEST = 30.0
"""Seconds after which anything short fails that does not come to an end."""
_PATIENCE = 10.0
"""Seconds until a server that does not answer counts as one that cannot be reached."""
_SETTINGS = {
    "application_name": "tmfrig",
    "client_min_messages": "warning",
    # statements are written for the indexes: on tables without statistics a scan may look cheaper than it is
    "enable_seqscan": "off",
    "jit": "off",
    "random_page_cost": "1.1",
}
_LOST = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
)
_FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
_NO_TEXT = "\U0010ffff\ufffe\U0010ffff"
"""What stands in the tables for NUL, which PostgreSQL has not in its texts; nobody writes this."""


class LostError(StoreError):
    """A connection was lost while it was used; what was asked may have been done."""


class DeadlockError(StoreError):
    """Two stood in each other's way, and nothing was done: try again."""


@dataclass(frozen=True, slots=True)
class Address:
    """A schema of a database of a server."""

    dsn: str
    """The URL without what is meant for us."""
    schema: str
    synchronous: str
    where: str
    """The same for people, without a password."""

    @classmethod
    def of(cls, url: str) -> Address:
        """The address in a URL; StoreError where that makes no sense."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError as error:
            raise StoreError(f"a PostgreSQL URL that cannot be read ({error}); write {_FORM}") from None
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        schema, synchronous = options.pop("schema", SCHEMA), options.pop("synchronous", "on").lower()
        shown = f"{options.get('host', host)}{'' if port is None else f':{port}'}"
        where = f"postgresql://{shown}{parts.path}"
        if len(parts.path) < 2:
            raise StoreError(f"{where} names no database; write {_FORM}")
        if not re.fullmatch("[a-z_][a-z0-9_]{0,62}", schema) or schema.startswith("pg_"):
            raise StoreError(f"{where}: ?schema={schema[:100]} is no name of small letters, digits and _")
        if synchronous not in SYNCHRONOUS:
            raise StoreError(
                f"{where}: ?synchronous={synchronous[:100]} is none of {' and '.join(SYNCHRONOUS)}"
            )
        dsn = urlunsplit(parts._replace(query=urlencode(options)))
        return cls(dsn, schema, synchronous, f"{where} (schema {schema})")

    @property
    def lock(self) -> int:
        """The number of the advisory lock of this schema; the next one is also its own."""
        return int.from_bytes(hashlib.sha256(self.schema.encode()).digest()[:7]) << 1

    def options(self) -> dict[str, Any]:
        """The arguments for a connection."""
        settings = _SETTINGS | {"search_path": self.schema, "synchronous_commit": self.synchronous}
        return {"dsn": self.dsn, "timeout": _PATIENCE, "server_settings": settings}


_FORM = "postgresql://USER@HOST/DATABASE?schema=NAME"


@contextlib.contextmanager
def explained(address: Address, trouble: str = "fails") -> Iterator[None]:
    """Whatever goes wrong at the server is a StoreError."""
    try:
        yield
    except asyncpg.DeadlockDetectedError as error:
        raise DeadlockError(_told(address, trouble, error)) from error
    except _FAILURES as error:
        _end_if_cancelled(error)
        raise StoreError(_told(address, trouble, error)) from error


def _end_if_cancelled(error: Exception) -> None:
    """What fails while a task is about to end, a rollback say, must not keep it from ending."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError from error


def _told(address: Address, trouble: str, error: Exception) -> str:
    timed_out = "no answer in time" if isinstance(error, TimeoutError) else type(error).__name__
    reason = " ".join(str(error).split()) or timed_out
    return f"{address.where} {trouble} ({reason[:300]})"


class Connections:
    """Connections that are opened when they are needed, and again when they were lost."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._hurries = False
        self._is_silent = False
        self._arriving: set[asyncio.Timeout] = set()
        self._used: dict[asyncpg.Connection, asyncio.TimerHandle | None] = {}
        self._answered_at = 0.0

    def hurry(self) -> None:
        """Give up everything once nothing has been answered for `HURRIED` seconds."""
        if self._hurries:
            return
        self._hurries = True
        for limit in self._arriving:
            if not limit.expired():
                limit.reschedule(asyncio.get_running_loop().time() + HURRIED)
        for each in self._used:
            self._watch(each)

    @property
    def _patience(self) -> float:
        return HURRIED if self._hurries else _PATIENCE

    async def open(self) -> None:
        """Reach the server; StoreError where that cannot be."""
        pool = asyncpg.create_pool(
            **self.address.options(),
            min_size=0,
            max_size=MOST_CONNECTIONS,
            max_queries=1 << 40,
            reset=_leave_as_it_is,
        )
        with explained(self.address, "cannot be used as a store"):
            try:
                await pool
                async with pool.acquire():
                    pass
            except ValueError as error:
                raise StoreError(_told(self.address, "cannot be used as a store", error)) from None
        self._pool = pool
        self._long = asyncio.Semaphore(MOST_LONG)

    def cut(self) -> None:
        """Hang up at once, whoever uses them."""
        pool = self._pool
        del self._pool
        pool.terminate()

    async def close(self) -> None:
        """Close them when nobody uses them any more."""
        if not hasattr(self, "_pool"):
            return
        pool = self._pool
        del self._pool
        if self._is_silent:
            pool.terminate()
            return
        try:
            async with asyncio.timeout(self._patience):
                await pool.close()
        except _FAILURES:
            pool.terminate()

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        """One to be used alone."""
        if not hasattr(self, "_pool"):
            raise StoreError(f"{self.address.where} is closed")
        pool = self._pool
        with explained(self.address):
            connection = await self._acquired(pool)
            self._used[connection] = None
            if self._hurries:
                self._watch(connection)
            try:
                yield connection
                self._answered_at = asyncio.get_running_loop().time()
            except TimeoutError:
                # nobody may be there any more: the next one would wait as long
                connection.terminate()
                raise
            except _LOST as error:
                # it may not have noticed yet that nobody is there any more
                with contextlib.suppress(asyncpg.InterfaceError):
                    connection.terminate()
                _end_if_cancelled(error)
                raise LostError(_told(self.address, "fails", error)) from error
            finally:
                watch = self._used.pop(connection)
                if watch is not None:
                    watch.cancel()
                # a query that is broken off is cancelled at the server, as long as that answers
                await pool.release(connection, timeout=self._patience)

    async def _acquired(self, pool: asyncpg.Pool) -> asyncpg.Connection:
        if self._is_silent:
            raise StoreError(f"{self.address.where} does not answer, and this process ends")
        try:
            async with asyncio.timeout(self._patience) as limit:
                self._arriving.add(limit)
                try:
                    return await pool.acquire()
                finally:
                    self._arriving.discard(limit)
        except TimeoutError:
            self._is_silent = self._hurries
            raise

    def _watch(self, connection: asyncpg.Connection) -> None:
        loop = asyncio.get_running_loop()

        def look() -> None:
            if loop.time() - self._answered_at < HURRIED:
                # others are answered: what this one waits for takes its time
                self._watch(connection)
                return
            self._is_silent = True
            # whoever waits for it gets to know that it is lost
            with contextlib.suppress(asyncpg.InterfaceError):
                connection.terminate()

        self._used[connection] = loop.call_later(HURRIED, look)

    async def rows(self, statement: Statement, *, long: bool = False) -> Sequence[Any]:
        """The rows of a query."""
        sql, arguments = numbered(statement.sql), _kept(statement.arguments)
        limit = None if long else LONGEST
        async with self._long if long else contextlib.nullcontext():
            for _ in range(MOST_CONNECTIONS):
                # others may have been lost at the same time; a query can be asked again
                with contextlib.suppress(LostError):
                    return await self._fetched(sql, arguments, limit)
            return await self._fetched(sql, arguments, limit)

    async def _fetched(self, sql: str, arguments: Sequence[Any], limit: float | None) -> Sequence[Any]:
        async with self.connection() as connection:
            return _given(await connection.fetch(sql, *arguments, timeout=limit))

    async def stream(self, statement: Statement) -> AsyncIterator[Sequence[Any]]:
        """The rows of a query as they are at this moment, some at a time."""
        async with self._long, self.connection() as connection:
            await connection.execute("BEGIN READ ONLY; SET LOCAL enable_bitmapscan = off")
            try:
                cursor = await connection.cursor(numbered(statement.sql), *_kept(statement.arguments))
                while rows := await cursor.fetch(CHUNK):
                    yield _given(rows)
            finally:
                await connection.execute("ROLLBACK", timeout=LONGEST)

    async def taken(self, statement: Statement) -> Sequence[Any]:
        """The rows that a change returns."""
        async with self.connection() as connection:
            sql, arguments = numbered(statement.sql), _kept(statement.arguments)
            rows = await connection.fetch(sql, *arguments, timeout=LONGEST)
            return [tuple(original(each) if isinstance(each, str) else each for each in row) for row in rows]

    async def write(self, *statements: Statement) -> int:
        """Run statements in one transaction; how many rows the last one has changed."""
        for _ in range(_TRIES):
            with contextlib.suppress(DeadlockError):
                return await self._written(statements)
        return await self._written(statements)

    async def _written(self, statements: Sequence[Statement]) -> int:
        async with self.connection() as connection:
            if len(statements) == 1:
                return await _changed(connection, statements[0])
            count = 0
            async with connection.transaction():
                for each in statements:
                    count = await _changed(connection, each)
            return count


async def _leave_as_it_is(connection: asyncpg.Connection) -> None:
    """Nothing is left behind on a connection that would have to be cleared away."""


async def _changed(connection: asyncpg.Connection, statement: Statement) -> int:
    done: str = await connection.execute(
        numbered(statement.sql), *_kept(statement.arguments), timeout=LONGEST
    )
    count = done.rpartition(" ")[2]
    return int(count) if count.isdigit() else 0


@lru_cache(1024)
def numbered(sql: str) -> str:
    """A statement with numbered arguments in place of its question marks."""
    first, *others = sql.split("?")
    return first + "".join(f"${number}{part}" for number, part in enumerate(others, 1))


def storable(text: str) -> str:
    """A text as PostgreSQL can keep it."""
    return text.replace("\0", _NO_TEXT) if "\0" in text else text


def original(text: str) -> str:
    """A text that was made storable."""
    return text.replace(_NO_TEXT, "\0") if _NO_TEXT in text else text


def _kept(arguments: tuple[Any, ...]) -> list[Any]:
    return [storable(each) if isinstance(each, str) else each for each in arguments]


def _given(rows: Sequence[Any]) -> Sequence[Any]:
    """Rows with their texts as they were given; of documents only the first column is a text."""
    if rows and isinstance(rows[0][0], str) and any(_NO_TEXT in row[0] for row in rows):
        return [(original(row[0]), *row[1:]) for row in rows]
    return rows
