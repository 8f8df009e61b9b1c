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
from tmfrig.mockservers.query import EVERYTHING
from tmfrig.mockservers.site import Site
from tmfrig.mockservers.store import Content
from tmfrig.specs import API_IDS

MOST_SNAPSHOTS = 100


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a site held at a moment."""

    content: Content
    dataset: Dataset
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    created: str = field(default_factory=now)

    @property
    def size(self) -> int:
        """How many documents there were."""
        return sum(map(len, self.content.values()))


class Snapshots:
    """The snapshots of a site, in memory. One thing is done at a time."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._kept: dict[str, Snapshot] = {}
        self._initial: Snapshot | None = None
        self._seeded: dict[tuple[str, str], bytes] = {}
        self._lock = asyncio.Lock()

    async def begin(self) -> None:
        """Remember how the site is, with its data set and nothing under way: a reset goes back to that."""
        self._initial = await self._now()
        self._seeded = _documents(self._initial.content)

    def all(self) -> list[Snapshot]:
        """Every snapshot, the oldest first."""
        return list(self._kept.values())

    def get(self, identifier: str) -> Snapshot:
        """A snapshot; ApiError (404) for one that there is not."""
        if identifier not in self._kept:
            raise not_found(f"snapshot {identifier[:100]}")
        return self._kept[identifier]

    async def take(self) -> Snapshot:
        """A new snapshot; ApiError (409) where there are too many already."""
        async with self._lock:
            if len(self._kept) >= MOST_SNAPSHOTS:
                raise ApiError(
                    409, "tooManySnapshots", f"there are {MOST_SNAPSHOTS} snapshots already", "delete some"
                )
            taken = await self._now()
            self._kept[taken.id] = taken
            return taken

    def drop(self, identifier: str) -> None:
        """Forget a snapshot; ApiError (404) for one that there is not."""
        del self._kept[self.get(identifier).id]

    async def restore(self, identifier: str) -> None:
        """Have the site hold what it held then; ApiError (404) for a snapshot that there is not."""
        snapshot = self.get(identifier)
        async with self._lock:
            await self._put_back(snapshot)

    async def reset(self) -> None:
        """Have the site hold what it held when it was started: its data set, and nobody registered."""
        async with self._lock:
            if self._initial is not None:
                await self._put_back(self._initial)

    async def seed(self, dataset: Dataset) -> None:
        """Put more resources in place; a reset takes them away again."""
        async with self._lock:
            before = _documents(await self._site.store.dump())
            await self._site.seed(dataset)
            after = _documents(await self._site.store.dump())
            self._seeded |= {key: raw for key, raw in after.items() if before.get(key) is not raw}

    async def _now(self) -> Snapshot:
        return Snapshot(await self._site.store.dump(), self._site.dataset)

    async def _put_back(self, snapshot: Snapshot) -> None:
        site = self._site
        for companion in site.companions:
            await companion.stop()
        await site.deliveries.close()
        await site.agenda.clear()
        # from here to the last hub nothing waits: no request sees a half of it
        await site.store.load(snapshot.content)
        site.dataset = snapshot.dataset
        for hub in site.hubs.values():
            await hub.load()
        await self._unregister_companions()
        await self._resume(snapshot.content)
        for companion in site.companions:
            await companion.start()

    async def _unregister_companions(self) -> None:
        """Companions register again when they start: what they had registered would tell them all twice."""
        own = tuple(
            address + contract.base_path + "/"
            for contract in self._site.contracts
            if contract.api not in API_IDS
            for address in self._site.neighbours.our_addresses
        )
        for hub in self._site.hubs.values():
            for listener in hub.listeners:
                if own and listener.callback.startswith(own):
                    await hub.unregister(listener.id)

    async def _resume(self, content: Content) -> None:
        """Let everything go on that is not just as it was seeded."""
        for collection in self._site.collections:
            for behaviour in collection.behaviours:
                behaviour.forget()
            if collection.behaviours and content.get(collection.key):
                for document in (await collection.find(EVERYTHING)).documents:
                    if self._seeded.get((collection.key, document.id)) != document.raw:
                        for behaviour in collection.behaviours:
                            behaviour.resumed(document)


def _documents(content: Content) -> dict[tuple[str, str], bytes]:
    return {(name, id_): raw for name, documents in content.items() for id_, raw in documents.items()}
