"""Snapshots of everything in a schema of PostgreSQL, made and put back by the server itself."""

from __future__ import annotations

from tmfrig.mockservers.stores.postgres_connections import Connections

_TABLES = ("kept", "kept_term", "snapshot")
_KEEP = (
    "INSERT INTO snapshot (name) VALUES ($1)",
    "INSERT INTO kept_term (name, attribute, value, seq) SELECT $1, attribute, value, seq FROM term",
)
_KEEP_DOCUMENTS = """INSERT INTO kept (name, seq, collection, id, raw, seeded, body)
    SELECT $1, seq, collection, id, raw, seeded, body FROM document"""
_PUT_BACK = (
    # what is as it was stays where it is
    """DELETE FROM term t WHERE NOT EXISTS (SELECT FROM kept_term k
        WHERE k.name = $1 AND k.attribute = t.attribute AND k.value = t.value AND k.seq = t.seq)""",
    """DELETE FROM document d WHERE NOT EXISTS (SELECT FROM kept k
        WHERE k.name = $1 AND k.seq = d.seq AND k.raw = d.raw AND k.seeded = d.seeded)""",
    """INSERT INTO document (seq, collection, id, raw, seeded, body)
        SELECT k.seq, k.collection, k.id, k.raw, k.seeded, k.body FROM kept k
        WHERE k.name = $1 AND NOT EXISTS (SELECT FROM document d WHERE d.seq = k.seq)""",
    """INSERT INTO term (attribute, value, seq)
        SELECT k.attribute, k.value, k.seq FROM kept_term k WHERE k.name = $1 AND NOT EXISTS (
            SELECT FROM term t WHERE t.attribute = k.attribute AND t.value = k.value AND t.seq = k.seq)""",
)
_BEGIN_ANEW = (
    # who takes out single ones is through, or has to wait
    "LOCK TABLE parcel, tiding IN EXCLUSIVE MODE",
    "DELETE FROM parcel",
    "DELETE FROM tiding",
    "UPDATE counter SET documents = 0, revision = revision + 1",
    """INSERT INTO counter AS k (collection, slot, documents, revision)
        SELECT collection, -1, count(*), 1 FROM document GROUP BY collection
        ON CONFLICT (collection, slot) DO UPDATE
        SET documents = excluded.documents, revision = k.revision + 1""",
    "UPDATE office SET epoch = epoch + 1, era = era + 1",
)
_LARGE = "SET LOCAL enable_seqscan = on; SET LOCAL work_mem = '64MB'"
"""Other than a query, a snapshot has to do with everything."""


class Snapshots:
    """Everything as it was, by name."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def keep(self, name: str) -> int:
        """Remember all documents as they are at this moment; how many there are."""
        async with (
            self._connections.connection() as connection,
            connection.transaction(isolation="repeatable_read"),
        ):
            # before the first look, which says for all of them what is there
            await connection.execute("LOCK TABLE snapshot IN EXCLUSIVE MODE")
            await connection.execute(_LARGE)
            for table in _TABLES:
                await connection.execute(f"DELETE FROM {table} WHERE name = $1", name)
            for statement in _KEEP:
                await connection.execute(statement, name)
            done: str = await connection.execute(_KEEP_DOCUMENTS, name)
            return int(done.rpartition(" ")[2])

    async def put_back(self, name: str) -> None:
        """Have just what was kept, and nothing to be delivered; KeyError for a name that is not known."""
        async with self._connections.connection() as connection, connection.transaction():
            # nobody changes anything meanwhile
            await connection.execute("SELECT pg_advisory_xact_lock($1)", self._connections.address.lock)
            if not await connection.fetchval("SELECT count(*) FROM snapshot WHERE name = $1", name):
                raise KeyError(name)
            await connection.execute(_LARGE)
            for statement in _PUT_BACK:
                await connection.execute(statement, name)
            for statement in _BEGIN_ANEW:
                await connection.execute(statement)

    async def drop(self, name: str) -> None:
        """Forget what was kept."""
        async with self._connections.connection() as connection, connection.transaction():
            await connection.execute("LOCK TABLE snapshot IN EXCLUSIVE MODE")
            for table in _TABLES:
                await connection.execute(f"DELETE FROM {table} WHERE name = $1", name)
