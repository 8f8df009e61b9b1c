"""The store in a SQLite file: durable, for one process or several on one machine.

Changes that come at about the same time are written in one transaction. Reads that are short run at once;
what may take its time runs beside the event loop, on a connection of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from tmfrig.mockservers.outbox import Parcel
from tmfrig.mockservers.query import Query
from tmfrig.mockservers.store import (
    Change,
    ConflictError,
    Document,
    OutdatedError,
    Page,
    State,
    StoreError,
    Tiding,
)
from tmfrig.mockservers.stores.atoms import Statement
from tmfrig.mockservers.stores.parcels import INSERT, TELL, TableOutbox, row_of
from tmfrig.mockservers.stores.processes import is_gone, named_here
from tmfrig.mockservers.stores.schema import NEWEST, missing
from tmfrig.mockservers.stores.searching import Place, Row, Search
from tmfrig.mockservers.stores.terms import terms_of

SYNCHRONOUS = ("off", "normal", "full")
APPLICATION = 0x746D6672
"""What says in the head of a SQLite file that it is one of ours."""
PAGE_CACHE = 64 * 1024
"""Kilobytes of the file that each connection keeps in memory."""
MOST_LOG = 4000
"""Pages in the write-ahead log after which they are put in place."""
LOCKED_FOR = 30.0
"""Seconds after which a change fails that other processes do not let through."""
CHUNK = 256
_HEAD = b"SQLite format 3\0"
_STATE = "SELECT owner, epoch, era FROM office"
_LOOK = 0.02
"""Seconds between two looks whether another process has committed something."""
_PAUSE = (0.0005, 0.003)
"""Seconds, at least and at most, until a lock that somebody else holds is tried again."""
_CHANGES = 2000
"""Changes after which the log is put in place."""
_MOST_LONG = 3
"""Queries that take their time and run at once."""

T = TypeVar("T")
Work = Callable[[sqlite3.Cursor], Any]


class SqliteStore(Search):
    """A store in a file. `synchronous` is SQLite's setting: what a power failure may take back.

    With `normal` the end of a process loses nothing, that of the machine perhaps the last moments; with
    `full` nothing is lost, for a wait at each transaction; with `off` the file may be damaged.
    """

    has_bytes = "instr(d.raw, ?) > 0"

    def __init__(self, path: Path, synchronous: str = "normal") -> None:
        super().__init__()
        self.path = path
        self._synchronous = synchronous
        self._outbox = _SqliteOutbox(self)
        self._places: dict[str, int] = {}
        self._attributes: dict[int, dict[str, int]] = {}
        self._pending: list[tuple[Work, asyncio.Future[Any]]] = []
        self._idle: list[sqlite3.Connection] = []
        self._owner = named_here()
        self._state = State("")
        self._seen = 0
        self._made: dict[int, list[Change]] = {}
        self._scheduled = False
        self._locked_since: float | None = None
        self._unplaced = 0

    # ── opening and closing ─────────────────────────────────────────────────────────────────────────────────

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
        self._loop = asyncio.get_running_loop()
        try:
            self._check_head()
            self._database = self._connected()
            try:
                self._bring_up_to_date()
            except BaseException:
                self._database.close()
                del self._database
                raise
        except sqlite3.Error as error:
            raise StoreError(
                f"{self.path} cannot be used as a store ({error}); name a file that tmfrig has written, or a "
                "new one in a folder that can be written to"
            ) from None
        # whoever waits for a lock lets other requests go on
        self._database.execute("PRAGMA busy_timeout = 0")
        self._cursor = self._database.cursor()
        self._threads = ThreadPoolExecutor(_MOST_LONG, "store")
        self._long = asyncio.Semaphore(_MOST_LONG)
        self._checkpoint: asyncio.Future[None] | None = None

    async def close(self) -> None:
        """Write what waits, and close the file."""
        if not hasattr(self, "_database"):
            return
        while self._pending:
            self._flush()
            await asyncio.sleep(0)
        if self._checkpoint is not None:
            await self._checkpoint
        self._threads.shutdown()
        for each in (*self._idle, self._database):
            each.close()
        self._idle.clear()
        del self._database

    def _check_head(self) -> None:
        """SQLite takes a file that is shorter than its own head for an empty one, and writes over it."""
        with contextlib.suppress(OSError):
            with self.path.open("rb") as file:
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
        database = self._database
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

    # ── reading ─────────────────────────────────────────────────────────────────────────────────────────────

    async def get(self, collection: str, identifier: str) -> Document | None:
        """The document, or None."""
        number = self._places.get(collection) or self._number(collection)
        try:
            row = self._database.execute(
                "SELECT raw FROM document WHERE collection = ? AND id = ?", (number, identifier)
            ).fetchone()
        except sqlite3.Error as error:
            raise self._trouble(error) from error
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
        if not long:
            return self._read(self._database, statement)
        async with self._reader() as database:
            return await self._beside(database, lambda: self._read(database, statement))

    def _read(self, database: sqlite3.Connection, statement: Statement) -> list[Row]:
        try:
            return database.execute(statement.sql, statement.arguments).fetchall()
        except sqlite3.Error as error:
            raise self._trouble(error) from error

    def _trouble(self, error: sqlite3.Error) -> StoreError:
        return StoreError(f"{self.path} cannot be used ({error})")

    async def stream(self, statement: Statement, *, long: bool = False) -> AsyncIterator[Sequence[Row]]:
        """The rows, some at a time."""
        async with self._reader() as database:
            cursor = database.cursor()
            try:
                if long:
                    await self._beside(database, lambda: cursor.execute(statement.sql, statement.arguments))
                else:
                    cursor.execute(statement.sql, statement.arguments)
                while True:
                    if long:
                        rows = await self._beside(database, lambda: cursor.fetchmany(CHUNK))
                    else:
                        rows = cursor.fetchmany(CHUNK)
                        # others go on between two chunks
                        await asyncio.sleep(0)
                    if not rows:
                        return
                    yield rows
            except sqlite3.Error as error:
                raise self._trouble(error) from error
            finally:
                cursor.close()

    async def attributes(self, place: Place) -> Mapping[str, int]:
        """The numbers of the paths of a collection."""
        # another process may have come upon new ones
        paths = Statement("SELECT path, id FROM attribute WHERE collection = ?", (place.number,))
        return {row[0]: row[1] for row in self._read(self._database, paths)}

    @contextlib.asynccontextmanager
    async def _reader(self) -> AsyncIterator[sqlite3.Connection]:
        async with self._long:
            database = self._idle.pop() if self._idle else self._connected()
            try:
                yield database
            finally:
                self._idle.append(database)

    async def _beside(self, database: sqlite3.Connection, work: Callable[[], T]) -> T:
        """Run something in a thread."""
        future = self._loop.run_in_executor(self._threads, work)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            # nobody may use the connection while the thread does
            database.interrupt()
            await asyncio.wait([future])
            raise

    def _place(self, collection: str) -> Place | None:
        named = Statement("SELECT id, documents, revision FROM collection WHERE name = ?", (collection,))
        rows = self._read(self._database, named)
        return Place(*rows[0]) if rows else None

    def _number(self, collection: str) -> int:
        place = self._place(collection)
        if place is None:
            return 0
        self._places[collection] = place.number
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

        def work(cursor: sqlite3.Cursor) -> bool:
            state = self._state
            if epoch is not None and epoch != state.epoch:
                raise OutdatedError(f"listeners of epoch {epoch} in {state.epoch}")
            self._make(cursor, changes, parcels, seeded)
            if turns:
                cursor.execute("UPDATE office SET epoch = epoch + 1")
                self._state = replace(state, epoch=state.epoch + 1)
            acts = state.owner == self.owner
            if stirred is not None and not acts:
                before = None if stirred.before is None else stirred.before.raw
                cursor.execute(TELL, (stirred.collection, stirred.id, before))
            return acts

        return bool(await self.work(work))

    async def place(self, collection: str, documents: Sequence[Document]) -> None:
        """Have these documents, each instead of the one of its id that may be there."""
        await self.work(lambda cursor: self._place_all(cursor, collection, documents))

    def _place_all(self, cursor: sqlite3.Cursor, collection: str, documents: Sequence[Document]) -> None:
        place = self._places.get(collection) or self._numbered(cursor, collection)
        marks = ", ".join("?" * len(documents))
        present = cursor.execute(
            f"SELECT id, seq, raw FROM document WHERE collection = ? AND id IN ({marks})",
            (place, *(each.id for each in documents)),
        ).fetchall()
        made = self._made.setdefault(place, [])
        for identifier, seq, raw in present:
            before = Document(identifier, raw)
            made.append(Change(collection, before, None))
            self._index(cursor, place, seq, before, None)
        cursor.execute("SELECT max(seq) FROM document")
        last = cursor.fetchone()[0] or 0
        numbers = {identifier: seq for identifier, seq, _ in present}
        rows, terms = {}, []
        known = self._attributes.setdefault(place, {})
        for document in documents:
            # of two of one id the later one holds
            seq = numbers.setdefault(document.id, last + 1)
            last = max(last, seq)
            rows[document.id] = (seq, place, document.id, document.raw, True)
        wanted = {document.id: document for document in documents}
        for document in wanted.values():
            made.append(Change(collection, None, document))
            for path, value in terms_of(document.body):
                if path not in known:
                    known[path] = _attribute(cursor, place, path)
                terms.append((known[path], value, numbers[document.id]))
        cursor.executemany(
            "INSERT OR REPLACE INTO document (seq, collection, id, raw, seeded) VALUES (?, ?, ?, ?, ?)",
            rows.values(),
        )
        cursor.executemany("INSERT OR IGNORE INTO term (attribute, value, seq) VALUES (?, ?, ?)", terms)

    def work(self, work: Work) -> asyncio.Future[Any]:
        """Have something done in the next transaction; what it returns, or raises, comes with the future."""
        future = self._loop.create_future()
        self._pending.append((work, future))
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._flush)
        return future

    def _flush(self) -> None:
        """One transaction for all that waits."""
        self._scheduled = False
        if not self._pending or not self._begun():
            return
        batch, self._pending = self._pending, []
        outcomes: list[tuple[asyncio.Future[Any], Any, Exception | None]] = []
        try:
            self._state = State(*self._cursor.execute(_STATE).fetchone())
            for work, future in batch:
                try:
                    outcomes.append((future, work(self._cursor), None))
                except (ConflictError, OutdatedError, KeyError) as error:
                    outcomes.append((future, None, error))
            revisions = self._counted()
            self._cursor.execute("COMMIT")
        except Exception as problem:
            self._undone()
            trouble = self._trouble(problem) if isinstance(problem, sqlite3.Error) else problem
            outcomes = [(future, None, trouble) for _, future in batch]
        else:
            for number, (before, after) in revisions.items():
                self.counts(number).change(self._made[number], before, after)
                self._unplaced += len(self._made[number])
        self._made = {}
        for future, result, refusal in outcomes:
            if future.done():
                continue
            if refusal is None:
                future.set_result(result)
            else:
                future.set_exception(refusal)
        self._tidy()

    def _begun(self) -> bool:
        """Whether the transaction has begun; else it is tried again, or has failed."""
        try:
            self._cursor.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            now = time.monotonic()
            self._locked_since = self._locked_since or now
            if _is_locked(error) and now - self._locked_since < LOCKED_FOR:
                self._scheduled = True
                self._loop.call_later(random.uniform(*_PAUSE), self._flush)
                return False
            self._locked_since = None
            batch, self._pending = self._pending, []
            for _, future in batch:
                if not future.done():
                    future.set_exception(StoreError(f"{self.path} cannot be written to ({error})"))
            return False
        self._locked_since = None
        return True

    def _undone(self) -> None:
        with contextlib.suppress(sqlite3.Error):
            self._cursor.execute("ROLLBACK")
        # what was numbered in the transaction is not
        self._places.clear()
        self._attributes.clear()

    def _make(
        self, cursor: sqlite3.Cursor, changes: Sequence[Change], parcels: Sequence[Parcel], seeded: bool
    ) -> None:
        several = len(changes) > 1
        if several:
            cursor.execute("SAVEPOINT several")
        try:
            for change in changes:
                self._make_one(cursor, change, seeded)
        except ConflictError:
            if several:
                cursor.execute("ROLLBACK TO several")
                # what was numbered since then is not
                self._places.clear()
                self._attributes.clear()
            raise
        finally:
            if several:
                cursor.execute("RELEASE several")
        if parcels:
            cursor.executemany(INSERT, map(row_of, parcels))
        for change in changes:
            self._made.setdefault(self._places[change.collection], []).append(change)

    def _make_one(self, cursor: sqlite3.Cursor, change: Change, seeded: bool) -> None:
        place = self._places.get(change.collection) or self._numbered(cursor, change.collection)
        before, after = change.before, change.after
        if after is None:
            if before is None:
                return
            row = cursor.execute(
                "DELETE FROM document WHERE collection = ? AND id = ? AND raw = ? RETURNING seq",
                (place, before.id, before.raw),
            ).fetchone()
        elif before is None:
            cursor.execute(
                "INSERT INTO document (collection, id, raw, seeded) VALUES (?, ?, ?, ?) "
                "ON CONFLICT DO NOTHING",
                (place, after.id, after.raw, seeded),
            )
            row = (cursor.lastrowid,) if cursor.rowcount else None
        else:
            row = cursor.execute(
                "UPDATE document SET raw = ?, seeded = ? WHERE collection = ? AND id = ? AND raw = ? "
                "RETURNING seq",
                (after.raw, seeded, place, before.id, before.raw),
            ).fetchone()
        if row is None:
            raise ConflictError(f"{change.collection}/{change.id} was changed meanwhile")
        self._index(cursor, place, row[0], before, after)

    def _index(
        self, cursor: sqlite3.Cursor, place: int, seq: int, before: Document | None, after: Document | None
    ) -> None:
        old = terms_of(before.body) if before is not None else set()
        new = terms_of(after.body) if after is not None else set()
        numbers = self._attributes.setdefault(place, {})
        for path, _ in new:
            if path not in numbers:
                numbers[path] = _attribute(cursor, place, path)
        if old - new:
            cursor.executemany(
                "DELETE FROM term WHERE attribute = ? AND value = ? AND seq = ?",
                [
                    (numbers.get(path) or _attribute(cursor, place, path), value, seq)
                    for path, value in old - new
                ],
            )
        cursor.executemany(
            "INSERT OR IGNORE INTO term (attribute, value, seq) VALUES (?, ?, ?)",
            [(numbers[path], value, seq) for path, value in new - old],
        )

    def _numbered(self, cursor: sqlite3.Cursor, collection: str) -> int:
        cursor.execute("INSERT INTO collection (name) VALUES (?) ON CONFLICT DO NOTHING", (collection,))
        (number,) = cursor.execute("SELECT id FROM collection WHERE name = ?", (collection,)).fetchone()
        self._places[collection] = number
        return int(number)

    def _counted(self) -> dict[int, tuple[int, int]]:
        """Bring the numbers of the collections up to date: their revisions, before and after."""
        revisions = {}
        for number, changes in self._made.items():
            more = sum((each.before is None) - (each.after is None) for each in changes)
            (revision,) = self._cursor.execute(
                "UPDATE collection SET documents = documents + ?, revision = revision + 1 WHERE id = ? "
                "RETURNING revision",
                (more, number),
            ).fetchone()
            revisions[number] = (revision - 1, revision)
        return revisions

    def _tidy(self) -> None:
        """Put the log in place now and then, beside the event loop."""
        if self._unplaced > _CHANGES and (self._checkpoint is None or self._checkpoint.done()):
            self._unplaced = 0
            self._checkpoint = self._loop.create_task(self._put_in_place())

    async def _put_in_place(self) -> None:
        async with self._reader() as database:
            state = await self._beside(
                database, lambda: database.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            )
            if state[1] > MOST_LOG:
                # under constant load the log would never begin anew
                await self._beside(
                    database, lambda: database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                )

    # ── several processes ───────────────────────────────────────────────────────────────────────────────────

    async def take_office(self, seconds: float) -> bool:
        """Act for all from now on, for so long, unless somebody else does; whether this process does."""

        def work(cursor: sqlite3.Cursor) -> bool:
            owner, until = cursor.execute("SELECT owner, until FROM office").fetchone()
            now = time.time()
            if owner != self.owner and now < until and not is_gone(owner):
                return False
            cursor.execute("UPDATE office SET owner = ?, until = ?", (self.owner, now + seconds))
            return True

        return bool(await self.work(work))

    async def resign(self) -> None:
        """Act for all no longer."""
        await self._outbox.write(
            Statement("UPDATE office SET owner = '', until = 0 WHERE owner = ?", (self.owner,))
        )

    async def state(self) -> State:
        """What processes over this store agree on now."""
        return State(*self._read(self._database, Statement(_STATE))[0])

    async def tell(self, tiding: Tiding) -> None:
        """Tell something to who acts for all."""
        await self._outbox.write(Statement(TELL, (tiding.collection, tiding.id, tiding.before)))

    async def tidings(self, limit: int) -> Sequence[Tiding]:
        """Take out what was told to who acts for all; nothing for anybody else."""

        def work(cursor: sqlite3.Cursor) -> list[Tiding]:
            if self._state.owner != self.owner:
                return []
            rows = cursor.execute(
                "DELETE FROM tiding WHERE number IN (SELECT number FROM tiding ORDER BY number LIMIT ?) "
                "RETURNING number, collection, id, before",
                (limit,),
            ).fetchall()
            return [Tiding(*row[1:]) for row in sorted(rows, key=lambda row: row[0])]

        if not await self.rows(Statement("SELECT 1 FROM tiding LIMIT 1")):
            return ()
        return list(await self.work(work))

    async def news(self) -> None:
        """Return when another process has committed something."""
        while True:
            ((version,),) = self._read(self._database, Statement("PRAGMA data_version"))
            if version != self._seen:
                self._seen = version
                return
            await asyncio.sleep(_LOOK)

    # ── snapshots and marks ─────────────────────────────────────────────────────────────────────────────────

    async def mark(self, name: str) -> bool:
        """Note something down for good; whether that was news."""

        def work(cursor: sqlite3.Cursor) -> bool:
            cursor.execute("INSERT INTO mark (name) VALUES (?) ON CONFLICT DO NOTHING", (name,))
            return cursor.rowcount == 1

        return bool(await self.work(work))

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

        return int(await self.work(work))

    async def put_back(self, name: str) -> None:
        """Have just the documents that were kept under a name, in one step; the outbox is emptied."""

        def work(cursor: sqlite3.Cursor) -> None:
            if not cursor.execute("SELECT 1 FROM snapshot WHERE name = ?", (name,)).fetchone():
                raise KeyError(name)
            # what came before in this transaction is no more
            self._made.clear()
            for table in ("document", "term", "parcel"):
                cursor.execute(f"DELETE FROM {table}")
            cursor.execute(
                "INSERT INTO document (seq, collection, id, raw, seeded) "
                "SELECT seq, collection, id, raw, seeded FROM kept WHERE name = ?",
                (name,),
            )
            kept = self._database.execute("SELECT seq, collection, id, raw FROM document ORDER BY seq")
            for seq, place, identifier, raw in kept:
                self._index(cursor, place, seq, None, Document(identifier, raw))
            cursor.execute("UPDATE office SET epoch = epoch + 1, era = era + 1")
            cursor.execute(
                "UPDATE collection SET revision = revision + 2, documents = "
                "(SELECT count(*) FROM document d WHERE d.collection = collection.id)"
            )

        await self.work(work)

    async def drop(self, name: str) -> None:
        """Forget what was kept under a name, if anything was."""
        await self.work(lambda cursor: _drop(cursor, name))


class _SqliteOutbox(TableOutbox):
    def __init__(self, store: SqliteStore) -> None:
        self._store = store

    async def rows(self, statement: Statement) -> Sequence[Row]:
        return await self._store.rows(statement)

    async def write(self, *statements: Statement) -> int:
        def work(cursor: sqlite3.Cursor) -> int:
            for each in statements:
                cursor.execute(each.sql, each.arguments)
            return cursor.rowcount

        return int(await self._store.work(work))


def _drop(cursor: sqlite3.Cursor, name: str) -> None:
    for table in ("snapshot", "kept"):
        cursor.execute(f"DELETE FROM {table} WHERE name = ?", (name,))


def _attribute(cursor: sqlite3.Cursor, place: int, path: str) -> int:
    cursor.execute(
        "INSERT INTO attribute (collection, path) VALUES (?, ?) ON CONFLICT DO NOTHING", (place, path)
    )
    found = cursor.execute("SELECT id FROM attribute WHERE collection = ? AND path = ?", (place, path))
    return int(found.fetchone()[0])


def _is_locked(error: sqlite3.OperationalError) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
