"""The store in a SQLite file: durable, for one process or several on one machine.

Changes that come at about the same time are written in one transaction. Reads that are short run at once;
what may take its time runs beside the event loop, on a connection of its own.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tmfrig.mockservers.outbox import Parcel
from tmfrig.mockservers.query import Query
from tmfrig.mockservers.store import Change, Document, OutdatedError, Page, State, Tiding
from tmfrig.mockservers.stores.atoms import Statement
from tmfrig.mockservers.stores.parcels import TELL, TableOutbox
from tmfrig.mockservers.stores.processes import is_gone, named_here
from tmfrig.mockservers.stores.schema import ALL_KEPT, LIKES_FIRST, SERVING
from tmfrig.mockservers.stores.searching import Place, Row, Search
from tmfrig.mockservers.stores.sqlite_file import SqliteFile
from tmfrig.mockservers.stores.sqlite_placing import Placing
from tmfrig.mockservers.stores.sqlite_tables import Tables
from tmfrig.mockservers.stores.sqlite_transactions import STATE, Transactions
from tmfrig.mockservers.stores.terms import exchanged_by

SYNCHRONOUS = ("off", "normal", "full")
_LOOK = 0.02
"""Seconds between two looks whether another process has committed something."""
_TIDINGS = """SELECT t.number, t.collection, t.id, t.before, (
        SELECT d.raw FROM document d WHERE d.id = t.id AND d.collection = (
            SELECT c.id FROM collection c WHERE c.name = t.collection))
    FROM tiding t ORDER BY t.number LIMIT ?"""


class SqliteStore(Search):
    """A store in a file. `synchronous` is SQLite's setting: what a power failure may take back.

    With `normal` the end of a process loses nothing, that of the machine perhaps the last moments; with
    `full` nothing is lost, for a wait at each transaction; with `off` the file may be damaged.
    """

    has_bytes = "instr(d.raw, ?) > 0"

    def __init__(self, path: Path, synchronous: str = "normal") -> None:
        super().__init__()
        self._file = SqliteFile(path, synchronous)
        self._tables = Tables()
        self._transactions = Transactions(self._file, self._tables, self._committed)
        self._placing = Placing(self._file, self._transactions, self._committed)
        self._outbox = _SqliteOutbox(self._file, self._transactions)
        self._owner = named_here()
        self._seen = 0

    @property
    def owner(self) -> str:
        """What this process is called among those over the same file."""
        return self._owner

    @property
    def is_shared(self) -> bool:
        """Other processes may have opened the file."""
        return True

    @property
    def outbox(self) -> TableOutbox:
        """The notifications that are not delivered yet."""
        return self._outbox

    async def open(self) -> None:
        """Open or create the file; StoreError where it is none of ours or cannot be used."""
        self._file.open()
        self._transactions.begin()

    def hurry(self) -> None:
        """Wait no longer than `HURRIED` seconds for who holds the file."""
        self._transactions.hurry()

    async def close(self) -> None:
        """Write what waits, and close the file."""
        if self._file.is_open:
            await self._transactions.end()
            self._file.close()

    # ── reading ─────────────────────────────────────────────────────────────────────────────────────────────

    async def get(self, collection: str, identifier: str) -> Document | None:
        """The document, or None."""
        number = self._tables.place(collection) or self._number(collection)
        try:
            row = self._file.database.execute(
                "SELECT raw FROM document WHERE collection = ? AND id = ?", (number, identifier)
            ).fetchone()
        except sqlite3.Error as error:
            raise self._file.trouble(error) from error
        return None if row is None else Document(identifier, row[0])

    async def find(self, collection: str, query: Query) -> Page:
        """The documents that match, in the order and the page that the query asks for."""
        place = self._place(collection)
        return Page((), 0) if place is None else await self.page(place, query)

    async def restless(self, collection: str, query: Query) -> Sequence[Document]:
        """The documents that match and are not as they were seeded."""
        place = self._place(collection)
        return () if place is None else await self.moving(place, query)

    async def identifiers(self, collection: str) -> frozenset[str]:
        """The ids of all documents of a collection."""
        statement = Statement("SELECT id FROM document WHERE collection = ?", (self._number(collection),))
        return frozenset(row[0] for row in await self.rows(statement, long=True))

    async def rows(self, statement: Statement, *, long: bool = False) -> Sequence[Row]:
        """The rows of a statement."""
        return await self._file.rows(statement) if long else self._file.read(statement)

    def stream(self, statement: Statement, *, long: bool = False) -> AsyncIterator[Sequence[Row]]:
        """The rows, some at a time."""
        return self._file.stream(statement, long=long)

    async def attributes(self, place: Place) -> Mapping[str, int]:
        """The numbers of the paths of a collection."""
        # another process may have come upon new ones
        paths = Statement("SELECT path, id FROM attribute WHERE collection = ?", (place.number,))
        return {row[0]: row[1] for row in self._file.read(paths)}

    def _place(self, collection: str) -> Place | None:
        named = Statement("SELECT id, documents, revision FROM collection WHERE name = ?", (collection,))
        rows = self._file.read(named)
        return Place(*rows[0]) if rows else None

    def _number(self, collection: str) -> int:
        place = self._place(collection)
        if place is None:
            return 0
        self._tables.note(collection, place.number)
        return place.number

    # ── writing ─────────────────────────────────────────────────────────────────────────────────────────────

    async def commit(
        self,
        *changes: Change,
        parcels: Sequence[Parcel] = (),
        seeded: bool = False,
        stirred: Change | None = None,
        epoch: int | None = None,
        turns: bool = False,
    ) -> bool:
        """Make all changes, with their parcels, or raise ConflictError and do nothing."""
        # nobody has to wait for what is found out before the transaction
        terms = [exchanged_by(each) for each in changes]

        def work(cursor: sqlite3.Cursor) -> bool:
            state = self._transactions.state
            if epoch is not None and epoch != state.epoch:
                raise OutdatedError(f"listeners of epoch {epoch} in {state.epoch}")
            self._tables.make(cursor, changes, terms, parcels, seeded)
            if turns:
                cursor.execute("UPDATE office SET epoch = epoch + 1")
                self._transactions.state = replace(state, epoch=state.epoch + 1)
            acts = state.owner == self.owner
            if stirred is not None and not acts:
                before = None if stirred.before is None else stirred.before.raw
                cursor.execute(TELL, (stirred.collection, stirred.id, before))
            return acts

        return bool(await self._transactions.run(work))

    async def place(self, collection: str, documents: Sequence[Document]) -> None:
        """Have these documents, each instead of the one of its id that may be there."""
        await self._placing.place(collection, documents)

    def _committed(
        self, revisions: Mapping[int, tuple[int, int]], made: Mapping[int, Sequence[Change]]
    ) -> None:
        for number, (before, after) in revisions.items():
            self.counts(number).change(made[number], before, after)

    # ── several processes ───────────────────────────────────────────────────────────────────────────────────

    async def take_office(self, seconds: float, serving: str = "") -> bool:
        """Act for all from now on, for so long, unless somebody else does; whether this process does."""

        def work(cursor: sqlite3.Cursor) -> bool:
            owner, until, theirs = cursor.execute("SELECT owner, until, serving FROM office").fetchone()
            now = time.time()
            if owner != self.owner:
                waits = 0.0 if theirs in ("", serving) else LIKES_FIRST
                if now < until + waits and (waits or not is_gone(owner)):
                    return False
            # who acted for all until now and does not know it yet finds out when it wants to change something
            turn = owner != self.owner
            cursor.execute(
                "UPDATE office SET owner = ?, until = ?, epoch = epoch + ?, serving = ?",
                (self.owner, now + seconds, turn, serving),
            )
            self._transactions.state = State(*cursor.execute(STATE).fetchone())
            return True

        return bool(await self._transactions.run(work))

    async def serving(self) -> str:
        """What who acts for all, or has done so last, has said that it serves."""
        return str(self._file.read(Statement(SERVING))[0][0])

    async def resign(self) -> None:
        """Act for all no longer."""
        await self._outbox.write(
            Statement("UPDATE office SET owner = '', until = ? WHERE owner = ?", (time.time(), self.owner))
        )

    async def state(self) -> State:
        """What processes over this store agree on now."""
        return State(*self._file.read(Statement(STATE))[0])

    async def tell(self, tiding: Tiding) -> None:
        """Tell something to who acts for all."""
        await self._outbox.write(Statement(TELL, (tiding.collection, tiding.id, tiding.before)))

    async def tidings(self, limit: int) -> Sequence[Tiding]:
        """Take out what was told to who acts for all; nothing for anybody else."""

        def work(cursor: sqlite3.Cursor) -> list[Tiding]:
            if self._transactions.state.owner != self.owner:
                return []
            rows = cursor.execute(_TIDINGS, (limit,)).fetchall()
            if rows:
                cursor.execute("DELETE FROM tiding WHERE number <= ?", (rows[-1][0],))
            return [Tiding(*row[1:]) for row in rows]

        if not await self.rows(Statement("SELECT 1 FROM tiding LIMIT 1")):
            return ()
        return list(await self._transactions.run(work))

    async def news(self) -> None:
        """Return when another process has committed something."""
        while True:
            ((version,),) = self._file.read(Statement("PRAGMA data_version"))
            if version != self._seen:
                self._seen = version
                return
            await asyncio.sleep(_LOOK)

    # ── snapshots ───────────────────────────────────────────────────────────────────────────────────────────

    async def kept(self, name: str) -> bool:
        """Whether documents are kept under a name."""
        return bool(self._file.read(Statement("SELECT 1 FROM snapshot WHERE name = ?", (name,))))

    async def all_kept(self) -> Mapping[str, int]:
        """The names under which documents are kept, and how many each."""
        return dict(await self.rows(Statement(ALL_KEPT), long=True))

    async def keep(self, name: str) -> int:
        """Remember all documents as they are now, under a name, and say how many there are."""

        def work(cursor: sqlite3.Cursor) -> int:
            _drop(cursor, name)
            cursor.execute("INSERT INTO snapshot (name) VALUES (?)", (name,))
            cursor.execute(
                "INSERT INTO kept (name, seq, collection, id, raw, seeded) "
                "SELECT ?, seq, collection, id, raw, seeded FROM document",
                (name,),
            )
            return cursor.rowcount

        return int(await self._transactions.run(work))

    async def put_back(self, name: str) -> None:
        """Have just the documents that were kept under a name, in one step; the outbox is emptied."""

        def work(cursor: sqlite3.Cursor) -> None:
            if not cursor.execute("SELECT 1 FROM snapshot WHERE name = ?", (name,)).fetchone():
                raise KeyError(name)
            # what came before in this transaction is no more
            self._tables.made.clear()
            for table in ("document", "term", "parcel"):
                cursor.execute(f"DELETE FROM {table}")
            cursor.execute(
                "INSERT INTO document (seq, collection, id, raw, seeded) "
                "SELECT seq, collection, id, raw, seeded FROM kept WHERE name = ?",
                (name,),
            )
            kept = self._file.database.execute("SELECT seq, collection, id, raw FROM document ORDER BY seq")
            for seq, place, identifier, raw in kept:
                appears = Change("", None, Document(identifier, raw))
                self._tables.index(cursor, place, seq, exchanged_by(appears))
            cursor.execute("UPDATE office SET epoch = epoch + 1, era = era + 1")
            cursor.execute(
                "UPDATE collection SET revision = revision + 2, documents = "
                "(SELECT count(*) FROM document d WHERE d.collection = collection.id)"
            )

        await self._transactions.run(work)

    async def drop(self, name: str) -> None:
        """Forget what was kept under a name, if anything was."""
        await self._transactions.run(lambda cursor: _drop(cursor, name))


class _SqliteOutbox(TableOutbox):
    def __init__(self, file: SqliteFile, transactions: Transactions) -> None:
        self._file = file
        self._transactions = transactions

    async def rows(self, statement: Statement) -> Sequence[Row]:
        return self._file.read(statement)

    async def write(self, *statements: Statement) -> int:
        def work(cursor: sqlite3.Cursor) -> int:
            for each in statements:
                cursor.execute(each.sql, each.arguments)
            return cursor.rowcount

        return int(await self._transactions.run(work))


def _drop(cursor: sqlite3.Cursor, name: str) -> None:
    for table in ("snapshot", "kept"):
        cursor.execute(f"DELETE FROM {table} WHERE name = ?", (name,))
