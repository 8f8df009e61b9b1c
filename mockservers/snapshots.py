"""Snapshots of a site: what it held at some moment, so that it can be put back, also while requests run.

What is put back is everything in the store, registrations at hubs included, and the data set beside it. What
was under way then goes on from where it stood. Notifications that wait for delivery are no part of it.
"""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass, field

from tmfrig.mockservers.dataset import Dataset
from tmfrig.mockservers.errors import ApiError, not_found
from tmfrig.mockservers.events import now
from tmfrig.mockservers.site import Site

MOST_SNAPSHOTS = 100
INITIAL = "initial"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a site held at a moment; the store keeps the documents under its id."""

    size: int
    """How many documents there were."""
    dataset: Dataset
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    created: str = field(default_factory=now)


class Snapshots:
    """The snapshots of a site, until the process ends. One thing is done at a time."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._taken: dict[str, Snapshot] = {}
        self._dataset = site.dataset
        self._lock = asyncio.Lock()

    async def begin(self) -> None:
        """Remember how a new store is, with its data set and nothing under way: a reset goes back to that."""
        self._dataset = self._site.dataset
        if not await self._site.store.kept(INITIAL):
            await self._site.store.keep(INITIAL)

    def all(self) -> list[Snapshot]:
        """Every snapshot, the oldest first."""
        return list(self._taken.values())

    def get(self, identifier: str) -> Snapshot:
        """A snapshot; ApiError (404) for one that there is not."""
        if identifier not in self._taken:
            raise not_found(f"snapshot {identifier[:100]}")
        return self._taken[identifier]

    async def take(self) -> Snapshot:
        """A new snapshot; ApiError (409) where there are too many already."""
        async with self._lock:
            if len(self._taken) >= MOST_SNAPSHOTS:
                raise ApiError(
                    409, "tooManySnapshots", f"there are {MOST_SNAPSHOTS} snapshots already", "delete some"
                )
            identifier = str(uuid.uuid4())
            size = await self._site.store.keep(identifier)
            taken = self._taken[identifier] = Snapshot(size, self._site.dataset, identifier)
            return taken

    async def drop(self, identifier: str) -> None:
        """Forget a snapshot; ApiError (404) for one that there is not."""
        del self._taken[self.get(identifier).id]
        await self._site.store.drop(identifier)

    async def restore(self, identifier: str) -> None:
        """Have the site hold what it held then; ApiError (404) for a snapshot that there is not."""
        snapshot = self.get(identifier)
        async with self._lock:
            await self._put_back(identifier, snapshot.dataset)

    async def reset(self) -> None:
        """Have the site hold what it held when it was new: its data set, and nobody registered."""
        async with self._lock:
            await self._put_back(INITIAL, self._dataset)

    async def seed(self, dataset: Dataset) -> None:
        """Put more resources in place; a reset takes them away again."""
        async with self._lock:
            await self._site.seed(dataset)

    async def _put_back(self, name: str, dataset: Dataset) -> None:
        async with self._site.at_rest():
            await self._site.store.put_back(name)
            self._site.dataset = dataset
