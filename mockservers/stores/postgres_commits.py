"""Changes on their way to PostgreSQL: those that come at about the same time share a transaction."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import asyncpg  # type: ignore[import-untyped]

from tmfrig.mockservers.outbox import Parcel
from tmfrig.mockservers.store import Change, ConflictError, Document, OutdatedError, StoreError
from tmfrig.mockservers.stores.parcels import row_of
from tmfrig.mockservers.stores.postgres_connections import LONGEST, Connections, DeadlockError, storable
from tmfrig.mockservers.stores.postgres_names import Names
from tmfrig.mockservers.stores.terms import exchanged_by

MOST_TOGETHER = 128
"""Commits in one transaction."""
MOST_AT_ONCE = 2
"""Transactions that run at the same time: while one waits for the disk, another one works."""
_TRIES = 5
_REFUSALS = (asyncpg.DataError, asyncpg.StatementTooComplexError)
_MAKE = f"SELECT * FROM make_changes({', '.join(f'${number}' for number in range(1, 30))})"
_PARCEL = len(row_of(Parcel("", "", "", b"")))

Made = Callable[[int, int, int, list[Change]], None]
"""Told of changes that were made: the collection's number, the slot, its new revision, and the changes."""


@dataclass(slots=True, eq=False)
class Commit:
    """What is to be done together or not at all."""

    changes: Sequence[Change]
    parcels: Sequence[Parcel] = ()
    seeded: bool = False
    stirred: Change | None = None
    epoch: int | None = None
    turns: bool = False
    done: asyncio.Future[bool] = field(init=False)
    keys: tuple[tuple[str, str], ...] = field(init=False)

    def __post_init__(self) -> None:
        self.done = asyncio.get_running_loop().create_future()
        self.keys = tuple((each.collection, each.id) for each in self.changes)

    def conflict(self) -> None:
        """Tell whoever waits that somebody else came first."""
        named = ", ".join(map("/".join, self.keys))
        self.fail(ConflictError(f"{named[:500]} was changed meanwhile"))

    def fail(self, error: Exception) -> None:
        """Tell whoever waits."""
        if not self.done.done():
            self.done.set_exception(error)


class Commits:
    """Makes commits in the order in which they come, as far as they are about the same resources."""

    def __init__(self, connections: Connections, names: Names, owner: str, made: Made) -> None:
        self._connections = connections
        self._names = names
        self._owner = owner
        self._made = made
        self._waiting: deque[Commit] = deque()
        self._busy: set[tuple[str, str]] = set()
        self._running: set[asyncio.Task[None]] = set()
        self._scheduled = False
        self._closed = False

    def open(self) -> None:
        """Take commits."""
        self._closed = False

    async def close(self) -> None:
        """Make what waits, and take nothing more."""
        self._closed = True
        while self._waiting or self._running:
            self._begin()
            await asyncio.wait(self._running)

    async def made(self, commit: Commit) -> bool:
        """Make a commit; whether this process acts for all. ConflictError or OutdatedError where it is late.

        StoreError also where the store is closed. Who is cancelled gets to know that when the commit is made
        for good, or never will be.
        """
        if self._closed:
            raise StoreError(f"{self._connections.address.where} is closed")
        self._waiting.append(commit)
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._begin)
        try:
            return await asyncio.shield(commit.done)
        except asyncio.CancelledError:
            if commit in self._waiting:
                self._waiting.remove(commit)
            else:
                await asyncio.wait([commit.done])
                commit.done.exception()
            raise

    def _begin(self) -> None:
        self._scheduled = False
        while self._waiting and len(self._running) < MOST_AT_ONCE:
            batch = self._taken()
            if not batch:
                return
            task = asyncio.create_task(self._make(batch))
            self._running.add(task)
            task.add_done_callback(partial(self._ended, batch))

    def _taken(self) -> list[Commit]:
        """Commits about resources that nothing is going on about; one that turns the epoch goes alone."""
        batch: list[Commit] = []
        others: deque[Commit] = deque()
        taken = set(self._busy)
        while self._waiting and len(batch) < MOST_TOGETHER:
            if batch and self._waiting[0].turns:
                break
            commit = self._waiting.popleft()
            (batch if taken.isdisjoint(commit.keys) else others).append(commit)
            taken.update(commit.keys)
            if commit.turns:
                break
        self._waiting.extendleft(reversed(others))
        for commit in batch:
            self._busy.update(commit.keys)
        return batch

    def _ended(self, batch: list[Commit], task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        for commit in batch:
            # where the task was cancelled, before it began perhaps, whoever waits would do so without end
            commit.fail(StoreError(f"a change at {self._connections.address.where} was broken off"))
            self._busy.difference_update(commit.keys)
        self._begin()

    async def _make(self, batch: list[Commit]) -> None:
        try:
            await self._try(batch)
        except Exception as error:
            for commit in batch:
                commit.fail(error)

    async def _try(self, batch: list[Commit], *, plain: bool = True) -> None:
        try:
            row = await self._called(batch, plain=plain)
        except StoreError as error:
            if not isinstance(error.__cause__, _REFUSALS) or (len(batch) == 1 and not plain):
                raise
        else:
            self._tell(batch, row)
            return
        # there is something that JSONB does not take: find out in which of them
        for commit in batch:
            await self._make_alone(commit)

    async def _make_alone(self, commit: Commit) -> None:
        try:
            await self._try([commit], plain=False)
        except StoreError as error:
            commit.fail(error)

    async def _called(self, batch: list[Commit], *, plain: bool) -> Any:
        """The answer of the database; it is asked again only where it has surely done nothing."""
        arguments = await self._arguments(batch, plain=plain)
        for _ in range(_TRIES):
            with contextlib.suppress(DeadlockError):
                return await self._asked(arguments)
        return await self._asked(arguments)

    async def _asked(self, arguments: list[Any]) -> Any:
        async with self._connections.connection() as connection:
            return await connection.fetchrow(_MAKE, *arguments, timeout=LONGEST)

    def _pass_over(self, present: Mapping[tuple[str, str], Document | None]) -> None:
        """Fail commits that waited and come too late now: the database need not be asked."""
        waiting, self._waiting = self._waiting, deque()
        for commit in waiting:
            if any(
                key in present and not _is(change.before, present[key])
                for key, change in zip(commit.keys, commit.changes, strict=True)
            ):
                commit.conflict()
            else:
                self._waiting.append(commit)

    async def _arguments(self, batch: list[Commit], *, plain: bool) -> list[Any]:
        names = self._names
        changes: list[tuple[Any, ...]] = []
        old_terms: list[tuple[int, int, str]] = []
        new_terms: list[tuple[int, int, str]] = []
        parcels: list[tuple[Any, ...]] = []
        stirred: list[tuple[Any, ...]] = []
        for number, commit in enumerate(batch, 1):
            for change in commit.changes:
                place = names.place(change.collection) or await names.placed(change.collection)
                before, after = change.before, change.after
                raw = None if after is None else after.raw
                changes.append(
                    (
                        number,
                        place,
                        storable(change.id),
                        None if before is None else before.raw,
                        raw,
                        commit.seeded,
                        # JSONB has no NUL in its texts either
                        plain and raw is not None and b"\\u0000" not in raw,
                    )
                )
                gone, added = exchanged_by(change)
                known = names.attributes(place)
                unknown = {path for path, _ in (*gone, *added) if path not in known}
                if unknown:
                    known = await names.with_attributes(place, unknown)
                index = len(changes)
                old_terms += [(index, known[path], value) for path, value in gone]
                new_terms += [(index, known[path], value) for path, value in added]
            parcels += [(number, *row_of(each)) for each in commit.parcels]
            if commit.stirred is not None:
                was = commit.stirred.before
                stirred.append(
                    (number, commit.stirred.collection, storable(commit.stirred.id), was and was.raw)
                )
        return [
            self._connections.address.lock,
            batch[0].turns,
            [commit.epoch for commit in batch],
            batch[0].turns,
            *_columns(changes, 7),
            *_columns(old_terms, 3),
            *_columns(new_terms, 3),
            *_columns(parcels, 1 + _PARCEL),
            *_columns(stirred, 4),
            self._owner,
        ]

    def _tell(self, batch: list[Commit], row: Any) -> None:
        """Tell everybody how it went."""
        made: dict[int, list[Change]] = {}
        for commit, verdict in zip(batch, row["verdicts"], strict=True):
            if verdict == 0:
                for change in commit.changes:
                    made.setdefault(self._names.place(change.collection), []).append(change)
        for place, revision in zip(row["changed_places"] or (), row["revisions"] or (), strict=True):
            self._made(place, row["slot"], revision, made[place])
        self._pass_over({(each.collection, each.id): each.after for some in made.values() for each in some})
        acts = row["present_owner"] == self._owner
        for commit, verdict in zip(batch, row["verdicts"], strict=True):
            if verdict == 0:
                if not commit.done.done():
                    commit.done.set_result(acts)
            elif verdict == 1:
                commit.conflict()
            else:
                commit.fail(OutdatedError(f"listeners of epoch {commit.epoch}, which is over"))


def _is(document: Document | None, other: Document | None) -> bool:
    if document is None or other is None:
        return document is other
    return document.raw == other.raw


def _columns(rows: Iterable[tuple[Any, ...]], width: int) -> list[list[Any]]:
    columns = [list(each) for each in zip(*rows, strict=True)]
    return columns or [[] for _ in range(width)]
