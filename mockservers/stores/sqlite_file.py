"""A SQLite file that is one of ours: opening it, and reading from it, at once or beside the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from tmfrig.mockservers.store import StoreError
from tmfrig.mockservers.stores.atoms import Statement
from tmfrig.mockservers.stores.schema import NEWEST, VERSIONS, missing, tables
from tmfrig.mockservers.stores.searching import Row

APPLICATION = 0x746D6672
"""What says in the head of a SQLite file that it is one of ours."""
PAGE_CACHE = 16 * 1024
"""Kilobytes of the file that each connection keeps in memory: the system keeps more, for all of them."""
LOCKED_FOR = 30.0
"""Seconds after which a change fails that other processes do not let through."""
CHUNK = 256
_HEAD = b"SQLite format 3\0"
_MOST_LONG = 3
"""Queries that take their time and run at once."""

T = TypeVar("T")


class SqliteFile:
    """A file, the connection for what is short, and others for what takes its time."""

    def __init__(self, path: Path, synchronous: str) -> None:
        self.path = path
        self._synchronous = synchronous
        self._idle: list[sqlite3.Connection] = []

    @property
    def is_open(self) -> bool:
        """Whether the file is open."""
        return hasattr(self, "database")

    def open(self) -> None:
        """Open or create the file; StoreError where it is none of ours or cannot be used."""
        self._loop = asyncio.get_running_loop()
        try:
            self._check_head()
            self.database = self._connected()
            try:
                self._bring_up_to_date()
                # whoever waits for a lock lets other requests go on
                self.database.execute("PRAGMA busy_timeout = 0")
            except BaseException:
                self.database.close()
                del self.database
                raise
        except sqlite3.Error as error:
            way_out = "name a file that tmfrig has written, or a new one in a folder that can be written to"
            if is_locked(error):
                way_out = "end the program that holds it, or name another file"
            raise StoreError(f"{self.path} cannot be used as a store ({error}); {way_out}") from None
        self._threads = ThreadPoolExecutor(_MOST_LONG, "store")
        self._long = asyncio.Semaphore(_MOST_LONG)

    def close(self) -> None:
        """Close the file."""
        self._threads.shutdown()
        for each in (*self._idle, self.database):
            each.close()
        self._idle.clear()
        del self.database

    def read(self, statement: Statement, database: sqlite3.Connection | None = None) -> list[Row]:
        """The rows of a statement, at once."""
        try:
            return (database or self.database).execute(statement.sql, statement.arguments).fetchall()
        except sqlite3.Error as error:
            raise self.trouble(error) from error

    async def rows(self, statement: Statement) -> list[Row]:
        """The rows of a statement that may take its time."""
        async with self.reader() as database:
            return await self.beside(database, lambda: self.read(statement, database))

    async def stream(self, statement: Statement, *, long: bool) -> AsyncIterator[Sequence[Row]]:
        """The rows, some at a time."""
        async with self.reader() as database:
            cursor = database.cursor()
            try:
                if long:
                    await self.beside(database, lambda: cursor.execute(statement.sql, statement.arguments))
                else:
                    cursor.execute(statement.sql, statement.arguments)
                while True:
                    if long:
                        rows = await self.beside(database, lambda: cursor.fetchmany(CHUNK))
                    else:
                        rows = cursor.fetchmany(CHUNK)
                        # others go on between two chunks
                        await asyncio.sleep(0)
                    if not rows:
                        return
                    yield rows
            except sqlite3.Error as error:
                raise self.trouble(error) from error
            finally:
                cursor.close()

    @contextlib.asynccontextmanager
    async def reader(self) -> AsyncIterator[sqlite3.Connection]:
        """A connection for something that takes its time; StoreError where the file is closed."""
        async with self._long:
            if not self.is_open:
                raise StoreError(f"{self.path} is closed")
            database = self._idle.pop() if self._idle else self._connected()
            try:
                yield database
            finally:
                self._idle.append(database)

    async def beside(self, database: sqlite3.Connection, work: Callable[[], T]) -> T:
        """Run something with a connection in a thread."""
        future = self._loop.run_in_executor(self._threads, work)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            # nobody may use the connection while the thread does
            database.interrupt()
            await asyncio.gather(future, return_exceptions=True)
            raise

    def trouble(self, error: sqlite3.Error) -> StoreError:
        """What a failure is called, in one line."""
        return StoreError(f"{self.path} cannot be used ({error})")

    def _check_head(self) -> None:
        """SQLite takes a file that is shorter than its own head for an empty one, and writes over it."""
        with contextlib.suppress(OSError), self.path.open("rb") as file:
            head = file.read(len(_HEAD))
            if head and head != _HEAD:
                raise sqlite3.DatabaseError("file is not a database")

    def _connected(self) -> sqlite3.Connection:
        database = sqlite3.connect(
            self.path,
            timeout=LOCKED_FOR,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=512,
        )
        database.execute(f"PRAGMA cache_size = -{PAGE_CACHE}")
        database.execute(f"PRAGMA synchronous = {self._synchronous}")
        # the log is put in place beside the event loop, not in the middle of a request
        database.execute("PRAGMA wal_autocheckpoint = 0")
        return database

    def _bring_up_to_date(self) -> None:
        database = self.database
        (version,) = database.execute("PRAGMA user_version").fetchone()
        (application,) = database.execute("PRAGMA application_id").fetchone()
        (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables and application != APPLICATION:
            raise StoreError(f"{self.path} is a database of another program; name another file")
        missing(version, str(self.path))
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("BEGIN IMMEDIATE")
        try:
            # another process may have been faster
            (version,) = database.execute("PRAGMA user_version").fetchone()
            for statements in missing(version, str(self.path)):
                for statement in statements:
                    database.execute(statement)
            database.execute(f"PRAGMA application_id = {APPLICATION}")
            database.execute(f"PRAGMA user_version = {NEWEST}")
            database.execute("COMMIT")
        except BaseException:
            database.execute("ROLLBACK")
            raise
        self._check_tables(database)

    def _check_tables(self, database: sqlite3.Connection) -> None:
        """Damage that would show at the first requests shows now; that in the rest, when it is met."""
        for each in tables(VERSIONS):
            database.execute(f"SELECT * FROM {each} LIMIT 1").fetchall()
        (offices,) = database.execute("SELECT count(*) FROM office").fetchone()
        if offices != 1:
            raise sqlite3.DatabaseError(f"{offices} rows in the table office, where one should be")


def is_locked(error: sqlite3.Error) -> bool:
    """Whether somebody else holds what is needed, so that the same may work later."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
