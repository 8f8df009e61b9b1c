"""The outbox in the tables of a database."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from tmfrig.mockservers.outbox import HUB, DeadLetter, Parcel
from tmfrig.mockservers.stores.atoms import Statement

MOST_DEAD_LETTERS = 10_000
INSERT = (
    "INSERT INTO parcel (listener, event, event_type, body, trace, due, dead_since, reason) "
    "VALUES (?, ?, ?, ?, ?, ?, NULL, NULL)"
)
TELL = "INSERT INTO tiding (collection, id, before) VALUES (?, ?, ?)"
_COLUMNS = "listener, event, event_type, body, trace, due, number"


def row_of(parcel: Parcel) -> tuple[Any, ...]:
    """The arguments of `INSERT`."""
    return (
        parcel.listener,
        parcel.event,
        parcel.event_type,
        parcel.body,
        parcel.trace,
        parcel.due,
    )


class TableOutbox(ABC):
    """Parcels in the table `parcel`; a database says how its statements are run."""

    @abstractmethod
    async def rows(self, statement: Statement) -> Sequence[tuple[Any, ...]]:
        """The rows of a query."""

    @abstractmethod
    async def write(self, *statements: Statement) -> int:
        """Run statements in one transaction; how many rows the last one has changed."""

    async def add(self, parcels: Sequence[Parcel]) -> None:
        """Put parcels in that belong to no change of a resource."""
        if parcels:
            await self.write(*(Statement(INSERT, row_of(each)) for each in parcels))

    async def waiting(self, listener: str, now: float, limit: int) -> Sequence[Parcel]:
        """The next parcels for a listener that are due, the oldest first."""
        rows = await self.rows(
            Statement(
                f"SELECT {_COLUMNS} FROM parcel WHERE listener = ? AND dead_since IS NULL AND due <= ? "
                "ORDER BY number LIMIT ?",
                (listener, now, limit),
            )
        )
        return [Parcel(*each) for each in rows]

    async def next_due(self, listener: str) -> float | None:
        """When the next parcel for a listener is due; None where none waits."""
        rows = await self.rows(
            Statement("SELECT min(due) FROM parcel WHERE listener = ? AND dead_since IS NULL", (listener,))
        )
        due: float | None = rows[0][0]
        return due

    async def waits(self, number: int) -> bool:
        """Whether a parcel still waits: somebody may have ended the registration that it is for."""
        waiting = Statement("SELECT 1 FROM parcel WHERE number = ? AND dead_since IS NULL", (number,))
        return bool(await self.rows(waiting))

    async def delivered(self, numbers: Sequence[int]) -> None:
        """Take parcels out that have arrived."""
        if numbers:
            await self.write(_about("DELETE FROM parcel WHERE dead_since IS NULL AND", numbers))

    async def give_up(self, number: int, reason: str, now: float) -> None:
        """Make a dead letter of a parcel; of too many dead letters the oldest are dropped."""
        await self.write(
            Statement(
                "UPDATE parcel SET dead_since = ?, reason = ? WHERE number = ? AND dead_since IS NULL",
                (now, reason, number),
            ),
            _DROP_OLDEST,
        )

    async def give_up_beyond(self, listener: str, most: int, reason: str, now: float) -> int:
        """Make dead letters of the newest parcels for a listener where more than `most` wait; how many."""
        first = await self.rows(
            Statement(
                "SELECT number FROM parcel WHERE listener = ? AND dead_since IS NULL "
                "ORDER BY number LIMIT 1 OFFSET ?",
                (listener, most),
            )
        )
        if not first:
            return 0
        surplus = await self.write(
            Statement(
                "UPDATE parcel SET dead_since = ?, reason = ? "
                "WHERE listener = ? AND dead_since IS NULL AND number >= ?",
                (now, reason, listener, first[0][0]),
            )
        )
        if surplus:
            await self.write(_DROP_OLDEST)
        return surplus

    async def dead(self, after: int, limit: int) -> Sequence[DeadLetter]:
        """Dead letters with numbers above `after`, in their order."""
        rows = await self.rows(
            Statement(
                f"SELECT {_COLUMNS}, reason, dead_since FROM parcel "
                "WHERE dead_since IS NOT NULL AND number > ? ORDER BY number LIMIT ?",
                (after, limit),
            )
        )
        return [DeadLetter(Parcel(*each[:-2]), each[-2], each[-1]) for each in rows]

    async def counts(self) -> tuple[int, int]:
        """How many parcels wait, and how many dead letters there are."""
        rows = await self.rows(Statement("SELECT count(*), count(dead_since) FROM parcel"))
        every, dead = rows[0]
        return every - dead, dead

    async def revive(self, numbers: Sequence[int] | None) -> int:
        """Put dead letters, or all of them, back at the end of the queue; how many there were."""
        again = (
            "INSERT INTO parcel (listener, event, event_type, body, trace, due, dead_since, reason) "
            "SELECT listener, event, event_type, body, trace, 0, NULL, NULL FROM parcel "
            "WHERE dead_since IS NOT NULL AND"
        )
        gone = "DELETE FROM parcel WHERE dead_since IS NOT NULL AND"
        return await self.write(_about(again, numbers, " ORDER BY number"), _about(gone, numbers))

    async def bury(self, numbers: Sequence[int] | None) -> int:
        """Drop dead letters, or all of them; how many there were."""
        return await self.write(_about("DELETE FROM parcel WHERE dead_since IS NOT NULL AND", numbers))

    async def forget(self, listener: str) -> None:
        """Drop everything for a listener, dead letters too."""
        await self.write(Statement("DELETE FROM parcel WHERE listener = ?", (listener,)))

    async def forget_unregistered(self) -> None:
        """Drop what is for listeners that are registered at no hub, of this process or of others."""
        await self.write(
            Statement(
                "DELETE FROM parcel WHERE listener NOT IN (SELECT d.id FROM document d "
                "JOIN collection c ON c.id = d.collection WHERE c.name LIKE ?)",
                (f"%/{HUB}",),
            )
        )


_DROP_OLDEST = Statement(
    "DELETE FROM parcel WHERE dead_since IS NOT NULL AND number <= "
    "(SELECT number FROM parcel WHERE dead_since IS NOT NULL ORDER BY number DESC LIMIT 1 OFFSET ?)",
    (MOST_DEAD_LETTERS,),
)


def _about(sql: str, numbers: Sequence[int] | None, end: str = "") -> Statement:
    if numbers is None:
        return Statement(f"{sql} number > ?{end}", (0,))
    marks = ", ".join("?" * len(numbers))
    return Statement(f"{sql} number IN ({marks}){end}" if numbers else f"{sql} number < 0", tuple(numbers))
