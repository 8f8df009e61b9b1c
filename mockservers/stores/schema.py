"""The tables of a database store and their versions: a file of an earlier release is brought up to date.

`document` holds the resources, `term` what queries ask of them (see `terms`), `parcel` the notifications that
are not delivered, `kept` snapshots, `office` and `tiding` what processes over the same data agree on.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tmfrig.mockservers.store import StoreError

_CREATED = re.compile(r"CREATE TABLE (\w+)")

VERSIONS: tuple[Sequence[str], ...] = (
    (
        """CREATE TABLE collection (
            id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
            documents INTEGER NOT NULL DEFAULT 0, revision INTEGER NOT NULL DEFAULT 0)""",
        """CREATE TABLE attribute (
            id INTEGER PRIMARY KEY, collection INTEGER NOT NULL, path TEXT NOT NULL,
            UNIQUE (collection, path))""",
        """CREATE TABLE document (
            seq INTEGER PRIMARY KEY, collection INTEGER NOT NULL, id TEXT NOT NULL,
            raw BLOB NOT NULL, seeded INTEGER NOT NULL)""",
        "CREATE UNIQUE INDEX document_by_id ON document (collection, id)",
        "CREATE INDEX document_in_order ON document (collection, seq)",
        """CREATE TABLE term (
            attribute INTEGER NOT NULL, value TEXT NOT NULL, seq INTEGER NOT NULL,
            PRIMARY KEY (attribute, value, seq)) WITHOUT ROWID""",
        """CREATE TABLE parcel (
            number INTEGER PRIMARY KEY AUTOINCREMENT, listener TEXT NOT NULL, event TEXT NOT NULL,
            event_type TEXT NOT NULL, body BLOB NOT NULL, trace TEXT NOT NULL, due REAL NOT NULL,
            dead_since REAL, reason TEXT)""",
        "CREATE INDEX parcel_waiting ON parcel (listener, number) WHERE dead_since IS NULL",
        "CREATE INDEX parcel_dead ON parcel (number) WHERE dead_since IS NOT NULL",
        "CREATE TABLE snapshot (name TEXT PRIMARY KEY)",
        """CREATE TABLE kept (
            name TEXT NOT NULL, seq INTEGER NOT NULL, collection INTEGER NOT NULL, id TEXT NOT NULL,
            raw BLOB NOT NULL, seeded INTEGER NOT NULL, PRIMARY KEY (name, seq))""",
        """CREATE TABLE office (
            owner TEXT NOT NULL, until REAL NOT NULL, epoch INTEGER NOT NULL, era INTEGER NOT NULL)""",
        "INSERT INTO office VALUES ('', 0, 0, 0)",
        """CREATE TABLE tiding (
            number INTEGER PRIMARY KEY AUTOINCREMENT, collection TEXT NOT NULL, id TEXT NOT NULL,
            before BLOB)""",
    ),
    ("ALTER TABLE office ADD COLUMN serving TEXT NOT NULL DEFAULT ''",),
)
"""What each version adds to the one before, in SQLite's words. A release changes no version, it adds one."""

NEWEST = len(VERSIONS)

ALL_KEPT = """SELECT s.name, count(k.name) FROM snapshot s LEFT JOIN kept k ON k.name = s.name
    GROUP BY s.name"""
"""The names of snapshots, and how many documents each has."""
SERVING = "SELECT serving FROM office"
"""What who acts for all, or has done so last, has said that it serves."""
LIKES_FIRST = 2.0
"""Seconds after the end of an office in which only those take it who serve the same."""


def tables(versions: Sequence[Sequence[str]]) -> frozenset[str]:
    """The tables that these versions have created."""
    return frozenset(name for each in versions for sql in each for name in _CREATED.findall(sql))


def missing(
    version: int, where: str, versions: Sequence[Sequence[str]] | None = None
) -> Sequence[Sequence[str]]:
    """What brings tables of a version up to date; StoreError for those of a later release."""
    known = VERSIONS if versions is None else versions
    if version > len(known):
        raise StoreError(
            f"{where} was written by a newer tmfrig (its tables have version {version}, this one knows "
            f"{len(known)}); install that one, or name another store"
        )
    return known[version:]
