"""The store in a PostgreSQL database: durable, for many processes on many machines.

Each store has a schema of its own in the database. A change takes one round trip, which changes that come at
about the same time share, and so does a look at one resource.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

from tmfrig.mockservers.outbox import Parcel
from tmfrig.mockservers.query import Query
from tmfrig.mockservers.store import Change, ConflictError, Document, Page, State, Tiding
from tmfrig.mockservers.stores.atoms import Statement
from tmfrig.mockservers.stores.parcels import TELL, TableOutbox, row_of
from tmfrig.mockservers.stores.postgres_commits import Commit, Commits
from tmfrig.mockservers.stores.postgres_connections import (
    LONGEST,
    Address,
    Connections,
    LostError,
    explained,
    storable,
)
from tmfrig.mockservers.stores.postgres_counts import SharedCounts
from tmfrig.mockservers.stores.postgres_looks import Looks
from tmfrig.mockservers.stores.postgres_names import Names
from tmfrig.mockservers.stores.postgres_narrowing import narrowing
from tmfrig.mockservers.stores.postgres_news import News
from tmfrig.mockservers.stores.postgres_snapshots import Snapshots
from tmfrig.mockservers.stores.postgres_tables import bring_up_to_date
from tmfrig.mockservers.stores.processes import is_gone, named_here
from tmfrig.mockservers.stores.schema import ALL_KEPT, LIKES_FIRST, SERVING
from tmfrig.mockservers.stores.searching import Place, Row, Search

_PLACE = """SELECT c.id, coalesce(sum(k.documents), 0)::bigint,
    array_agg(k.slot ORDER BY k.slot), array_agg(k.revision ORDER BY k.slot),
    (SELECT count(*) FROM attribute a WHERE a.collection = c.id)
    FROM collection c LEFT JOIN counter k ON k.collection = c.id WHERE c.name = ? GROUP BY c.id"""
_FIRST = """SELECT d.id, d.raw, (SELECT sum(documents)::bigint FROM counter WHERE collection = ?)
    FROM document d WHERE d.collection = ? ORDER BY d.seq LIMIT ? OFFSET ?"""
_ADD = """INSERT INTO parcel (listener, event, event_type, body, trace, due)
    SELECT u.listener, u.event, u.event_type, u.body, u.trace, u.due
    FROM unnest(?::text[], ?::text[], ?::text[], ?::bytea[], ?::text[], ?::double precision[])
    WITH ORDINALITY AS u (listener, event, event_type, body, trace, due, n) ORDER BY u.n"""
_RENEW = "UPDATE office SET until = clock_timestamp() + make_interval(secs => ?) WHERE owner = ?"
# who acted for all until then and does not know it yet finds out when it wants to change something
_TAKE = """UPDATE office
    SET owner = ?, until = clock_timestamp() + make_interval(secs => ?), epoch = epoch + 1, serving = ?
    WHERE owner = ? OR CASE WHEN serving IN ('', ?) THEN owner = ? OR until <= clock_timestamp()
        ELSE until + make_interval(secs => ?) <= clock_timestamp() END"""
_TIDINGS = """DELETE FROM tiding WHERE number IN (SELECT number FROM tiding ORDER BY number LIMIT ?)
    AND EXISTS (SELECT FROM office WHERE owner = ?) RETURNING number, collection, id, before, (
        SELECT d.raw FROM document d WHERE d.id = tiding.id AND d.collection = (
            SELECT c.id FROM collection c WHERE c.name = tiding.collection))"""

TOGETHER = 500
"""Documents that are put in place in one transaction."""


class PostgresStore(Search):
    """A store in a schema of a database: `postgresql://USER@HOST/DATABASE`.

    The URL may say more: `?schema=NAME` (else `tmfrig`), `?synchronous=off`, and what the driver takes, such
    as `sslmode`. With `synchronous=on` nothing that was committed is lost; with `off` a crash of the server
    may take back the last moments, and commits do not wait for its disk. Nothing is ever half done.
    """

    has_bytes = "position(? in d.raw) > 0"
    # in order, the planner may hash and sort all where a page needs a few of them
    merges = False

    def __init__(self, url: str) -> None:
        super().__init__()
        self.address = Address.of(url)
        self._owner = named_here()
        self._unheard = False
        self._turn = asyncio.Lock()
        self._connections = Connections(self.address)
        self._names = Names(self._connections)
        self._looks = Looks(self._connections)
        self._commits = Commits(self._connections, self._names, self._owner, self._made)
        self._news = News(self.address, self._owner)
        self._outbox = _PostgresOutbox(self._connections, self._news)
        self._snapshots = Snapshots(self._connections)
        self._amounts: dict[int, int] = {}
        self._shared_counts: dict[int, SharedCounts] = {}

    # ── opening and closing ─────────────────────────────────────────────────────────────────────────────────

    @property
    def owner(self) -> str:
        """What this process is called among those over the same schema."""
        return self._owner

    @property
    def is_shared(self) -> bool:
        """Other processes may be over the same schema."""
        return True

    @property
    def outbox(self) -> TableOutbox:
        """The notifications that are not delivered yet."""
        return self._outbox

    async def open(self) -> None:
        """Connect, and create what is missing; StoreError where that fails or the tables are not ours."""
        await self._connections.open()
        bringing = asyncio.create_task(bring_up_to_date(self._connections))
        try:
            with explained(self.address, "cannot be used as a store"):
                # not wait_for: until Python 3.12 that may swallow a cancellation
                async with asyncio.timeout(LONGEST):
                    await asyncio.shield(bringing)
        except BaseException:
            # whatever waits there for an answer, a rollback too, gets to know that there will be none
            self._connections.cut()
            await asyncio.gather(bringing, return_exceptions=True)
            raise
        self._commits.open()
        self._news.open()

    def hurry(self) -> None:
        """Wait no longer than `HURRIED` seconds for a server that does not answer."""
        self._connections.hurry()

    async def close(self) -> None:
        """Commit what waits, and disconnect."""
        await self._commits.close()
        await self._news.close()
        await self._connections.close()

    # ── reading ─────────────────────────────────────────────────────────────────────────────────────────────

    async def get(self, collection: str, identifier: str) -> Document | None:
        """The document, or None."""
        number = self._names.place(collection) or await self._names.found(collection)
        if not number:
            return None
        raw = await self._looks.raw(number, identifier)
        return None if raw is None else Document(identifier, raw)

    async def find(self, collection: str, query: Query) -> Page:
        """The documents that match, in the order and the page that the query asks for."""
        if not query.conditions and not query.filters and not query.sort:
            page = await self._first(collection, query)
            if page is not None:
                return page
        place = await self._place(collection)
        if place is None:
            return Page((), 0)
        page = await self.page(place, query)
        if self.counts(place.number).has_news:
            await self._confirm(collection, place.number)
        return page

    async def restless(self, collection: str, query: Query) -> Sequence[Document]:
        """The documents that match and are not as they were seeded."""
        place = await self._place(collection)
        return () if place is None else await self.moving(place, query)

    async def identifiers(self, collection: str) -> frozenset[str]:
        """The ids of all documents of a collection."""
        number = await self._names.found(collection)
        named = Statement("SELECT d.id FROM document d WHERE d.collection = ?", (number,))
        return frozenset(row[0] for row in await self.rows(named, long=True))

    async def rows(self, statement: Statement, *, long: bool = False) -> Sequence[Row]:
        """The rows of a statement."""
        return await self._connections.rows(statement, long=long)

    def stream(self, statement: Statement, *, long: bool = False) -> AsyncIterator[Sequence[Row]]:
        """The rows, some at a time."""
        return self._connections.stream(statement)

    async def attributes(self, place: Place) -> Mapping[str, int]:
        """The numbers of the paths of a collection."""
        return await self._names.all_attributes(place.number, self._amounts[place.number])

    def narrowing(self, query: Query) -> Iterable[Statement]:
        """Conditions that JSONB can tell."""
        return narrowing(query)

    def counts(self, place: int) -> SharedCounts:
        """The counts of a collection."""
        return self._shared_counts.setdefault(place, SharedCounts())

    async def _first(self, collection: str, query: Query) -> Page | None:
        """A page of all documents; None where it is empty, so that it says nothing of how many there are."""
        number = await self._names.found(collection)
        most = 1 << 60 if query.limit is None else query.limit
        rows = await self.rows(Statement(_FIRST, (number, number, most, query.offset)))
        return Page([Document(row[0], row[1]) for row in rows], rows[0][2]) if rows else None

    async def _place(self, collection: str) -> Place | None:
        rows = await self.rows(Statement(_PLACE, (collection,)))
        if not rows:
            return None
        number, documents, slots, revisions, amount = rows[0]
        self._amounts[number] = amount
        vector = dict(zip(slots, revisions, strict=True))
        return Place(number, documents, self.counts(number).revision_of(vector))

    async def _confirm(self, collection: str, number: int) -> None:
        """Keep what was counted while nothing has changed."""
        counts = self.counts(number)
        news = counts.taken_news()
        place = await self._place(collection)
        for query, revision, count in news:
            if place is not None and place.revision == revision:
                counts.keep(query, revision, count)

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
        """Make all changes, with their parcels, or raise ConflictError and do nothing.

        After a StoreError they may have been made nevertheless, if the connection was lost meanwhile.
        """
        real = [each for each in changes if each.before is not None or each.after is not None]
        acts = await self._commits.made(Commit(real, parcels, seeded, stirred, epoch, turns))
        self._news.tell()
        return acts

    async def place(self, collection: str, documents: Sequence[Document]) -> None:
        """Have these documents, each instead of the one of its id that may be there."""
        last = list({each.id: each for each in documents}.values())
        async with self._turn:
            number = await self._names.placed(collection)
            for first in range(0, len(last), TOGETHER):
                placed = False
                while not placed:
                    placed = await self._placed(collection, number, last[first : first + TOGETHER])
        self._news.tell()

    async def _placed(self, collection: str, number: int, documents: Sequence[Document]) -> bool:
        """Whether documents are in place; else somebody has changed one meanwhile."""
        named = Statement(
            "SELECT d.id, d.raw FROM document d WHERE d.collection = ? AND d.id = ANY (?::text[])",
            (number, [storable(each.id) for each in documents]),
        )
        present = {row[0]: Document(row[0], row[1]) for row in await self.rows(named)}
        changes = [Change(collection, present.get(each.id), each) for each in documents]
        try:
            await self._commits.made(Commit(changes, seeded=True))
        except ConflictError:
            return False
        return True

    def _made(self, place: int, slot: int, revision: int, changes: list[Change]) -> None:
        self.counts(place).follow(changes, slot, revision)

    # ── several processes ───────────────────────────────────────────────────────────────────────────────────

    async def take_office(self, seconds: float, serving: str = "") -> bool:
        """Act for all from now on, for so long, unless somebody else does; whether this process does."""
        if await self._connections.write(Statement(_RENEW, (seconds, self._owner))):
            return True
        present = (await self.state()).owner
        gone = present if not present or is_gone(present) else self._owner
        may = (self._owner, serving, gone, LIKES_FIRST)
        # whoever is making changes reads the owner: it is another one before or after that
        taken = await self._connections.write(
            self._alone, Statement(_TAKE, (self._owner, seconds, serving, *may))
        )
        if taken:
            self._news.tell()
        return bool(taken)

    async def serving(self) -> str:
        """What who acts for all, or has done so last, has said that it serves."""
        return str((await self.rows(Statement(SERVING)))[0][0])

    async def resign(self) -> None:
        """Act for all no longer."""
        await self._connections.write(
            self._alone,
            Statement(
                "UPDATE office SET owner = '', until = clock_timestamp() WHERE owner = ?", (self._owner,)
            ),
        )
        self._news.tell()

    async def state(self) -> State:
        """What processes over this schema agree on now."""
        return State(*(await self.rows(Statement("SELECT owner, epoch, era FROM office")))[0])

    async def tell(self, tiding: Tiding) -> None:
        """Tell something to who acts for all."""
        await self._outbox.write(Statement(TELL, (tiding.collection, tiding.id, tiding.before)))

    async def tidings(self, limit: int) -> Sequence[Tiding]:
        """Take out what was told to who acts for all; nothing for anybody else."""
        if self._unheard:
            # it is not known what that was: whoever acts begins again
            await self._connections.write(Statement("UPDATE office SET era = era + 1"))
            self._unheard = False
        try:
            rows = await self._connections.taken(Statement(_TIDINGS, (limit, self._owner)))
        except LostError:
            self._unheard = True
            raise
        return [Tiding(*row[1:]) for row in sorted(rows, key=lambda row: row[0])]

    async def news(self) -> None:
        """Return when another process may have committed something."""
        await self._news.wait()

    @property
    def _alone(self) -> Statement:
        return Statement("SELECT pg_advisory_xact_lock(?)", (self.address.lock,))

    # ── snapshots ───────────────────────────────────────────────────────────────────────────────────────────

    async def kept(self, name: str) -> bool:
        """Whether documents are kept under a name."""
        return bool(await self.rows(Statement("SELECT 1 FROM snapshot WHERE name = ?", (name,))))

    async def all_kept(self) -> Mapping[str, int]:
        """The names under which documents are kept, and how many each."""
        return dict(await self.rows(Statement(ALL_KEPT), long=True))

    async def keep(self, name: str) -> int:
        """Remember all documents as they are now, under a name, and say how many there are."""
        return await self._snapshots.keep(name)

    async def put_back(self, name: str) -> None:
        """Have just the documents that were kept under a name, in one step; the outbox is emptied."""
        await self._snapshots.put_back(name)
        self._news.tell()

    async def drop(self, name: str) -> None:
        """Forget what was kept under a name, if anything was."""
        await self._snapshots.drop(name)


class _PostgresOutbox(TableOutbox):
    def __init__(self, connections: Connections, news: News) -> None:
        self._connections = connections
        self._news = news

    async def add(self, parcels: Sequence[Parcel]) -> None:
        if parcels:
            columns = tuple(map(list, zip(*map(row_of, parcels), strict=True)))
            await self.write(Statement(_ADD, columns))

    async def rows(self, statement: Statement) -> Sequence[Row]:
        return await self._connections.rows(statement)

    async def write(self, *statements: Statement) -> int:
        if len(statements) > 1:
            # what is told apart by several statements is not told apart by two processes at once
            alone = Statement("SELECT pg_advisory_xact_lock(?)", (self._connections.address.lock + 1,))
            statements = (alone, *statements)
        count = await self._connections.write(*statements)
        self._news.tell()
        return count
