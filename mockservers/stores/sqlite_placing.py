"""Very many documents in a SQLite store: put in place beside the event loop, on a connection of their own.

Meanwhile others read what was there before, and their changes wait for the end of the transaction.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from tmfrig.mockservers.store import Document
from tmfrig.mockservers.stores.sqlite_file import LOCKED_FOR, SqliteFile, is_locked
from tmfrig.mockservers.stores.sqlite_tables import Batch, Tables
from tmfrig.mockservers.stores.sqlite_transactions import Committed, Transactions
from tmfrig.mockservers.stores.terms import terms_of

_LOOK = 100
"""Milliseconds between two looks whether to wait on for who holds the file."""


class Placing:
    """Puts documents in place, for one caller after the other."""

    def __init__(self, file: SqliteFile, transactions: Transactions, committed: Committed) -> None:
        self._file = file
        self._transactions = transactions
        self._committed = committed
        # its numbers are its own: a thread uses them
        self._tables = Tables()
        self._turn = asyncio.Lock()

    async def place(self, collection: str, documents: Sequence[Document]) -> None:
        """Have these documents, each instead of the one of its id that may be there: all or none."""
        # while the transaction before it is under way
        batch = _batch(documents)
        async with self._turn, self._file.reader() as database:
            with self._transactions.elsewhere(len(batch.documents)):
                revisions = await self._file.beside(
                    database, lambda: self._placed(database, collection, batch)
                )
                made, self._tables.made = self._tables.made, {}
                self._committed(revisions, made)

    def _placed(
        self, database: sqlite3.Connection, collection: str, batch: Batch
    ) -> Mapping[int, tuple[int, int]]:
        """The revisions of the collection, before and after."""
        cursor = database.cursor()
        try:
            self._begin(cursor)
            self._tables.replace(cursor, collection, batch)
            revisions = self._tables.counted(cursor)
            cursor.execute("COMMIT")
        except BaseException as problem:
            with contextlib.suppress(sqlite3.Error):
                cursor.execute("ROLLBACK")
            self._tables.made = {}
            self._tables.forget()
            if isinstance(problem, sqlite3.Error):
                raise self._file.trouble(problem) from problem
            raise
        return revisions

    def _begin(self, cursor: sqlite3.Cursor) -> None:
        since = time.monotonic()
        cursor.execute(f"PRAGMA busy_timeout = {_LOOK}")
        try:
            while True:
                try:
                    cursor.execute("BEGIN IMMEDIATE")
                except sqlite3.Error as error:
                    if not is_locked(error) or not self._transactions.may_wait(since):
                        raise
                else:
                    return
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {LOCKED_FOR * 1000:.0f}")


def _batch(documents: Sequence[Document]) -> Batch:
    # of two of one id the later one holds
    last = list({each.id: each for each in documents}.values())
    terms: defaultdict[str, list[Any]] = defaultdict(list)
    for position, document in enumerate(last):
        for path, value in terms_of(document.body):
            terms[path] += (value, position)
    return Batch(last, terms)
