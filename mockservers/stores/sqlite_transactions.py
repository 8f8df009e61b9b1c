"""Transactions of a SQLite store: what comes at about the same time is written in one."""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tmfrig.mockservers.store import HURRIED, Change, ConflictError, OutdatedError, State, StoreError
from tmfrig.mockservers.stores.sqlite_file import LOCKED_FOR, SqliteFile, is_locked
from tmfrig.mockservers.stores.sqlite_tables import Tables

STATE = "SELECT owner, epoch, era FROM office"
MOST_LOG = 4000
"""Pages in the write-ahead log after which it has to begin anew."""
_HELD_UP = 20
"""Milliseconds for which that waits for others at most."""
MOST_GATHERED = 64
"""Things to do after which no more are waited for."""
_ROWS = 10_000
"""Rows that were changed after which the log is put in place."""
_PLACED = 10_000
"""Documents put in place together after which it is: those have most pages in common."""
_AT_LEAST = 0.1
"""Seconds for which everything may wait for others: those that write do so for less, mostly."""
_PAUSE = (0.0001, 0.003)
"""Seconds, at first and at most, until a lock that somebody else holds is tried again."""
_SHARE = 0.25
"""The part of the wait so far by which the next one is, where that is between the two."""

Work = Callable[[sqlite3.Cursor], Any]
Committed = Callable[[Mapping[int, tuple[int, int]], Mapping[int, list[Change]]], None]
"""Hears of the collections that a transaction has changed: their revisions before and after, the changes."""


class Transactions:
    """Runs what is to be done with the tables, each time all that waits."""

    def __init__(self, file: SqliteFile, tables: Tables, committed: Committed) -> None:
        self.state = State("")
        """What processes over the file agree on, as of the transaction."""
        self._file = file
        self._tables = tables
        self._committed = committed
        self._pending: list[tuple[Work, asyncio.Future[Any]]] = []
        self._scheduled = False
        self._gathered = 0
        self._elsewhere = False
        self._hurried_until = float("inf")
        self._locked_since: float | None = None
        self._unplaced = 0
        self._changed = 0
        self._checkpoint: asyncio.Task[None] | None = None
        self._ended = False

    def begin(self) -> None:
        """The file is open."""
        self._ended = False
        self._loop = asyncio.get_running_loop()
        self._cursor = self._file.database.cursor()

    async def end(self) -> None:
        """Write what waits, and take nothing more."""
        # what came before this is done with it, or has failed; until then there is nothing to do but wait
        last = [self._queued(_nothing)] if self._pending or self._elsewhere else []
        self._ended = True
        await asyncio.gather(*last, return_exceptions=True)
        if self._checkpoint is not None:
            await self._checkpoint

    def hurry(self) -> None:
        """Wait no longer than `HURRIED` seconds, for everything together."""
        self._hurried_until = min(self._hurried_until, time.monotonic() + HURRIED)

    def may_wait(self, since: float) -> bool:
        """Whether who has waited since then for another process may go on to do so."""
        now = time.monotonic()
        return now - since < LOCKED_FOR and now < max(self._hurried_until, since + _AT_LEAST)

    def run(self, work: Work) -> asyncio.Future[Any]:
        """Have something done in the next transaction; what it returns, or raises, comes with the future.

        StoreError where nothing more is taken.
        """
        self._check()
        return self._queued(work)

    def _check(self) -> None:
        if self._ended:
            raise StoreError(f"{self._file.path} is closed")

    def _queued(self, work: Work) -> asyncio.Future[Any]:
        future = self._loop.create_future()
        self._pending.append((work, future))
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._flush)
        return future

    @contextlib.contextmanager
    def elsewhere(self, documents: int) -> Iterator[None]:
        """While another connection of this process puts documents in place: the rest waits for its end.

        StoreError where nothing more is taken.
        """
        self._check()
        self._elsewhere = True
        try:
            yield
            self._unplaced += documents * _ROWS // _PLACED
        finally:
            self._elsewhere = False
            self._flush()
            self._tidy()

    def _flush(self) -> None:
        """One transaction for all that waits."""
        self._scheduled = False
        if self._locked_since is None and self._gathers():
            return
        if self._elsewhere or not self._pending or not self._begun():
            return
        batch, self._pending = self._pending, []
        outcomes: list[tuple[asyncio.Future[Any], Any, Exception | None]] = []
        try:
            self.state = State(*self._cursor.execute(STATE).fetchone())
            for work, future in batch:
                try:
                    outcomes.append((future, work(self._cursor), None))
                except (ConflictError, OutdatedError, KeyError) as error:
                    outcomes.append((future, None, error))
            revisions = self._tables.counted(self._cursor)
            self._cursor.execute("COMMIT")
        except Exception as problem:
            with contextlib.suppress(sqlite3.Error):
                self._cursor.execute("ROLLBACK")
            self._tables.forget()
            trouble = self._file.trouble(problem) if isinstance(problem, sqlite3.Error) else problem
            outcomes = [(future, None, trouble) for _, future in batch]
        else:
            self._committed(revisions, self._tables.made)
        self._tables.made = {}
        for future, result, refusal in outcomes:
            if future.done():
                continue
            if refusal is None:
                future.set_result(result)
            else:
                future.set_exception(refusal)
        self._tidy()

    def _gathers(self) -> bool:
        """Whether to wait for another turn of the event loop, as the last one brought something to go along.

        A transaction costs as much as some changes, and many have most of their pages in common.
        """
        if not self._gathered < len(self._pending) < MOST_GATHERED:
            self._gathered = 0
            return False
        self._gathered = len(self._pending)
        self._scheduled = True
        self._loop.call_soon(self._flush)
        return True

    def _begun(self) -> bool:
        """Whether the transaction has begun; else it is tried again, or has failed."""
        try:
            self._cursor.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            now = time.monotonic()
            self._locked_since = self._locked_since or now
            if is_locked(error) and self.may_wait(self._locked_since):
                self._scheduled = True
                self._loop.call_later(_pause(now - self._locked_since), self._flush)
                return False
            self._locked_since = None
            batch, self._pending = self._pending, []
            for _, future in batch:
                if not future.done():
                    future.set_exception(StoreError(f"{self._file.path} cannot be written to ({error})"))
            return False
        self._locked_since = None
        return True

    def _tidy(self) -> None:
        """Put the log in place now and then, beside the event loop."""
        changed = self._file.database.total_changes
        self._unplaced += changed - self._changed
        self._changed = changed
        if self._unplaced > _ROWS and (self._checkpoint is None or self._checkpoint.done()):
            self._unplaced = 0
            self._checkpoint = self._loop.create_task(self._put_in_place())

    async def _put_in_place(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            async with self._file.reader() as database:
                state = await self._file.beside(database, lambda: _checkpointed(database, "PASSIVE"))
                if state[1] > MOST_LOG:
                    # under constant load the log would never begin anew
                    await self._file.beside(database, lambda: _begun_anew(database))


def _nothing(cursor: sqlite3.Cursor) -> None:
    return


def _checkpointed(database: sqlite3.Connection, how: str) -> tuple[int, int, int]:
    """Put the log in place: whether that was held up, pages in the log, and those that are in place."""
    state: tuple[int, int, int] = database.execute(f"PRAGMA wal_checkpoint({how})").fetchone()
    return state


def _begun_anew(database: sqlite3.Connection) -> None:
    """Have the log begin anew, unless somebody reads for long: all changes wait as long as this does."""
    database.execute(f"PRAGMA busy_timeout = {_HELD_UP}")
    try:
        _checkpointed(database, "TRUNCATE")
    finally:
        database.execute(f"PRAGMA busy_timeout = {LOCKED_FOR * 1000:.0f}")


def _pause(waited: float) -> float:
    """Seconds until a lock is tried again: most are held for less than a millisecond, some for long."""
    first, most = _PAUSE
    return random.uniform(1, 3) * min(max(waited * _SHARE, first), most)
