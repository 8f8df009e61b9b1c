"""Changes in the tables of a SQLite store. Everything here happens within a transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tmfrig.mockservers.outbox import Parcel
from tmfrig.mockservers.store import Change, ConflictError, Document
from tmfrig.mockservers.stores.parcels import INSERT, row_of
from tmfrig.mockservers.stores.terms import Exchanged, exchanged_by

_INSERT_DOCUMENTS = "INSERT OR IGNORE INTO document (seq, collection, id, raw, seeded) VALUES "
_INSERT_TERMS = "INSERT OR IGNORE INTO term (attribute, value, seq) VALUES "
_INSERT_TERM = f"{_INSERT_TERMS}(?, ?, ?)"
_MOST_VALUES = 30_000
"""Values in one statement at most: every SQLite that knows RETURNING takes 32766."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Documents that are put in place together, none of which has the id of another."""

    documents: Sequence[Document]
    terms: Mapping[str, list[Any]]
    """Of each path the values, each followed by the position of its document."""


class Tables:
    """Writes documents and their terms, and remembers the numbers of collections and attributes."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._attributes: dict[int, dict[str, int]] = {}
        self.made: dict[int, list[Change]] = {}
        """The changes of the transaction, by the number of their collection."""

    def place(self, collection: str) -> int:
        """The number of a collection that was come across; 0 for another one."""
        return self._places.get(collection, 0)

    def note(self, collection: str, number: int) -> None:
        """Remember the number of a collection."""
        self._places[collection] = number

    def forget(self) -> None:
        """Numbers that were given in a transaction which is undone are none."""
        self._places.clear()
        self._attributes.clear()

    def make(
        self,
        cursor: sqlite3.Cursor,
        changes: Sequence[Change],
        terms: Sequence[Exchanged],
        parcels: Sequence[Parcel],
        seeded: bool,
    ) -> None:
        """Make all changes, each with the terms that it exchanges, or raise ConflictError and make none."""
        several = len(changes) > 1
        if several:
            cursor.execute("SAVEPOINT several")
        try:
            for change, exchanged in zip(changes, terms, strict=True):
                self._make(cursor, change, exchanged, seeded)
        except ConflictError:
            if several:
                cursor.execute("ROLLBACK TO several")
                self.forget()
            raise
        finally:
            if several:
                cursor.execute("RELEASE several")
        if parcels:
            cursor.executemany(INSERT, map(row_of, parcels))
        for change in changes:
            self.made.setdefault(self._places[change.collection], []).append(change)

    def replace(self, cursor: sqlite3.Cursor, collection: str, batch: Batch) -> None:
        """Have these documents, each instead of the one of its id that may be there."""
        place = self._numbered(cursor, collection)
        made = self.made.setdefault(place, [])
        (first,) = cursor.execute("SELECT ifnull(max(seq), 0) + 1 FROM document").fetchone()
        numbers = list(range(first, first + len(batch.documents)))
        rows: list[Any] = []
        for seq, each in zip(numbers, batch.documents, strict=True):
            rows += (seq, each.id, each.raw)
        if _insert(cursor, _INSERT_DOCUMENTS, f"(?, {place}, ?, ?, TRUE)", rows) < len(numbers):
            positions = {each.id: position for position, each in enumerate(batch.documents)}
            for identifier, seq, raw in _present(cursor, place, list(positions), first):
                before, position = Document(identifier, raw), positions[identifier]
                made.append(Change(collection, before, None))
                self.index(cursor, place, seq, exchanged_by(made[-1]))
                cursor.execute(
                    "UPDATE document SET raw = ?, seeded = TRUE WHERE seq = ?",
                    (batch.documents[position].raw, seq),
                )
                numbers[position] = seq
        made += [Change(collection, None, each) for each in batch.documents]
        known = self._attributes.setdefault(place, {})
        # by path, for what stands together in the index goes there faster together
        for path, values in batch.terms.items():
            if path not in known:
                known[path] = _attribute(cursor, place, path)
            values[1::2] = [numbers[position] for position in values[1::2]]
            _insert(cursor, _INSERT_TERMS, f"({known[path]}, ?, ?)", values)

    def index(self, cursor: sqlite3.Cursor, place: int, seq: int, exchanged: Exchanged) -> None:
        """Exchange terms of a document."""
        gone, added = exchanged
        numbers = self._attributes.setdefault(place, {})
        for path, _ in (*gone, *added):
            if path not in numbers:
                numbers[path] = _attribute(cursor, place, path)
        if gone:
            cursor.executemany(
                "DELETE FROM term WHERE attribute = ? AND value = ? AND seq = ?",
                [(numbers[path], value, seq) for path, value in gone],
            )
        if added:
            cursor.executemany(_INSERT_TERM, [(numbers[path], value, seq) for path, value in added])

    def counted(self, cursor: sqlite3.Cursor) -> dict[int, tuple[int, int]]:
        """Bring the numbers of the collections up to date: their revisions, before and after."""
        revisions = {}
        for number, changes in self.made.items():
            more = sum((each.before is None) - (each.after is None) for each in changes)
            (revision,) = cursor.execute(
                "UPDATE collection SET documents = documents + ?, revision = revision + 1 WHERE id = ? "
                "RETURNING revision",
                (more, number),
            ).fetchone()
            revisions[number] = (revision - 1, revision)
        return revisions

    def _make(self, cursor: sqlite3.Cursor, change: Change, exchanged: Exchanged, seeded: bool) -> None:
        place = self._numbered(cursor, change.collection)
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
        self.index(cursor, place, row[0], exchanged)

    def _numbered(self, cursor: sqlite3.Cursor, collection: str) -> int:
        number = self._places.get(collection)
        if number is None:
            cursor.execute("INSERT INTO collection (name) VALUES (?) ON CONFLICT DO NOTHING", (collection,))
            found = cursor.execute("SELECT id FROM collection WHERE name = ?", (collection,))
            number = self._places[collection] = int(found.fetchone()[0])
        return number


def _insert(cursor: sqlite3.Cursor, statement: str, row: str, values: Sequence[Any]) -> int:
    """Insert rows, whose values come one after the other, many at once; how many were not there."""
    width = row.count("?")
    step = _MOST_VALUES // width * width
    inserted = 0
    for first in range(0, len(values), step):
        part = values[first : first + step]
        cursor.execute(statement + ", ".join([row] * (len(part) // width)), part)
        inserted += cursor.rowcount
    return inserted


def _present(
    cursor: sqlite3.Cursor, place: int, identifiers: Sequence[str], end: int
) -> Iterator[tuple[str, int, bytes]]:
    """Which of these documents are there under a number below `end`, and what they are."""
    for first in range(0, len(identifiers), _MOST_VALUES):
        part = identifiers[first : first + _MOST_VALUES]
        marks = ", ".join("?" * len(part))
        yield from cursor.execute(
            f"SELECT id, seq, raw FROM document WHERE collection = ? AND id IN ({marks}) AND seq < ?",
            (place, *part, end),
        ).fetchall()


def _attribute(cursor: sqlite3.Cursor, place: int, path: str) -> int:
    cursor.execute(
        "INSERT INTO attribute (collection, path) VALUES (?, ?) ON CONFLICT DO NOTHING", (place, path)
    )
    found = cursor.execute("SELECT id FROM attribute WHERE collection = ? AND path = ?", (place, path))
    return int(found.fetchone()[0])
