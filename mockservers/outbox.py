"""What waits for delivery: parcels, each a notification for one listener, and those that were given up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Parcel:
    """A notification for one listener, as it is sent.

    `due` is when it may be sent at the earliest, in seconds since the epoch; `number` says its place among
    all parcels and is given by the outbox.
    """

    listener: str
    event: str
    """The eventId: the same however often the parcel is sent, so that a receiver can tell."""
    event_type: str
    body: bytes
    trace: str = ""
    due: float = 0.0
    number: int = 0


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A parcel that was given up: why, and when, in seconds since the epoch."""

    parcel: Parcel
    reason: str
    since: float


HUB = "hub"
"""How the names of the collections end that hold who is registered."""


class Outbox(Protocol):
    """Keeps parcels until they are delivered, in the order in which they were committed."""

    async def add(self, parcels: Sequence[Parcel]) -> None:
        """Put parcels in that belong to no change of a resource."""

    async def waiting(self, listener: str, now: float, limit: int) -> Sequence[Parcel]:
        """The next parcels for a listener that are due, the oldest first."""

    async def next_due(self, listener: str) -> float | None:
        """When the next parcel for a listener is due; None where none waits."""

    async def waits(self, number: int) -> bool:
        """Whether a parcel still waits: somebody may have ended the registration that it is for."""

    async def delivered(self, numbers: Sequence[int]) -> None:
        """Take parcels out that have arrived."""

    async def give_up(self, number: int, reason: str, now: float) -> None:
        """Make a dead letter of a parcel; of too many dead letters the oldest are dropped."""

    async def give_up_beyond(self, listener: str, most: int, reason: str, now: float) -> int:
        """Make dead letters of the newest parcels for a listener where more than `most` wait; how many."""

    async def dead(self, after: int, limit: int) -> Sequence[DeadLetter]:
        """Dead letters with numbers above `after`, in their order."""

    async def counts(self) -> tuple[int, int]:
        """How many parcels wait, and how many dead letters there are."""

    async def revive(self, numbers: Sequence[int] | None) -> int:
        """Put dead letters, or all of them, back at the end of the queue; how many there were."""

    async def bury(self, numbers: Sequence[int] | None) -> int:
        """Drop dead letters, or all of them; how many there were."""

    async def forget(self, listener: str) -> None:
        """Drop everything for a listener, dead letters too."""

    async def forget_unregistered(self) -> None:
        """Drop what is for listeners that are registered at no hub, of this process or of others."""
