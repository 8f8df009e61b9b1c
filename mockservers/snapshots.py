"""Snapshots of a site: what it held at some moment, so that it can be put back, also while requests run.

What is put back is everything in the store, registrations at hubs included, and the data set beside it. What
was under way then goes on from where it stood. Notifications that wait for delivery are no part of it.
"""

from __future__ import annotations

import asyncio
import secrets
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tmfrig.mockservers.dataset import Dataset
from tmfrig.mockservers.errors import ApiError, not_found
from tmfrig.mockservers.site import Site

MOST_SNAPSHOTS = 100
INITIAL = "initial"
_TIME_BEGINS = datetime(1582, 10, 15, tzinfo=UTC)
_OF_NOBODY = 1 << 40
"""The bit of a node in a UUID that no network card has."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a site held at a moment; the store keeps the documents under its id, which tells that moment."""

    id: str
    size: int
    """How many documents there were."""

    @property
    def created(self) -> str:
        """When it was taken."""
        moment = _TIME_BEGINS + timedelta(microseconds=uuid.UUID(self.id).time // 10)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Snapshots:
    """The snapshots in the store of a site, those of other processes included. One thing is done at a time.

    Which data set was beside the store is known of those that were taken here; with others, the one with
    which the site began is put back.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._dataset = site.dataset
        self._datasets: dict[str, Dataset] = {}
        self._lock = asyncio.Lock()

    async def begin(self) -> None:
        """Remember how a new store is, with its data set and nothing under way: a reset goes back to that."""
        self._dataset = self._site.dataset
        if not await self._site.store.kept(INITIAL):
            await self._site.store.keep(INITIAL)

    async def all(self) -> list[Snapshot]:
        """Every snapshot, the oldest first."""
        kept = await self._site.store.all_kept()
        taken = [Snapshot(name, size) for name, size in kept.items() if name != INITIAL]
        return sorted(taken, key=lambda each: uuid.UUID(each.id).time)

    async def get(self, identifier: str) -> Snapshot:
        """A snapshot; ApiError (404) for one that there is not."""
        for each in await self.all():
            if each.id == identifier:
                return each
        raise _none(identifier)

    async def take(self) -> Snapshot:
        """A new snapshot; ApiError (409) where there are too many already."""
        async with self._lock:
            if len(await self.all()) >= MOST_SNAPSHOTS:
                raise ApiError(
                    409, "tooManySnapshots", f"there are {MOST_SNAPSHOTS} snapshots already", "delete some"
                )
            identifier = str(uuid.uuid1(secrets.randbits(48) | _OF_NOBODY))
            self._datasets[identifier] = self._site.dataset
            return Snapshot(identifier, await self._site.store.keep(identifier))

    async def drop(self, identifier: str) -> None:
        """Forget a snapshot; ApiError (404) for one that there is not."""
        async with self._lock:
            await self.get(identifier)
            self._datasets.pop(identifier, None)
            await self._site.store.drop(identifier)

    async def restore(self, identifier: str) -> None:
        """Have the site hold what it held then; ApiError (404) for a snapshot that there is not."""
        await self.get(identifier)
        async with self._lock:
            try:
                await self._put_back(identifier, self._datasets.get(identifier, self._dataset))
            except KeyError:
                # somebody has dropped it meanwhile
                raise _none(identifier) from None

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


def _none(identifier: str) -> ApiError:
    return not_found(f"snapshot {identifier[:100]}")
