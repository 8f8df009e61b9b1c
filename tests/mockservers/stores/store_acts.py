"""What tests do with stores."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tmfrig.mockservers.outbox import Parcel
from tmfrig.mockservers.query import parse_query
from tmfrig.mockservers.store import Change, Document, Page, Store
from tmfrig.mockservers.stores import store_at

Act = Callable[[Store], Awaitable[None]]


@dataclass(frozen=True)
class Place:
    """Where the data of a test lives: all stores that it gives are over the same data, if that outlives them.

    A store is opened, used and closed on one event loop.
    """

    kind: str
    url: str

    def store(self) -> Store:
        """One that is not opened."""
        return store_at(self.url)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Store]:
        """One that is opened, and closed at the end."""
        store = self.store()
        await store.open()
        try:
            yield store
        finally:
            await store.close()

    def run(self, act: Act) -> None:
        """Do something with a store."""

        async def with_store() -> None:
            async with self.opened() as store:
                await act(store)

        asyncio.run(with_store())


def added(identifier: str, collection: str = "x", **attributes: Any) -> Change:
    """A resource that appears."""
    return Change(collection, None, Document.of({"id": identifier, **attributes}))


def parcel(event: str, listener: str = "l", due: float = 0.0) -> Parcel:
    """A notification for a listener."""
    return Parcel(listener, event, "StateChangeEvent", b'{"n":\x00"\xff"}', f"00-{event}-01", due)


async def find(store: Store, query: str = "", collection: str = "x") -> Page:
    """What a query string finds."""
    return await store.find(collection, parse_query(query.encode()))


async def ids(store: Store, query: str = "", collection: str = "x") -> str:
    """The ids of what a query string finds, in their order."""
    return "".join(each.id for each in (await find(store, query, collection)).documents)


async def present(store: Store, identifier: str, collection: str = "x") -> Document:
    """A document that is there."""
    document = await store.get(collection, identifier)
    assert document is not None
    return document


async def events(store: Store, listener: str = "l", now: float = 0.0, limit: int = 1000) -> str:
    """The events that wait for a listener, in their order."""
    return "".join(each.event for each in await store.outbox.waiting(listener, now, limit))
