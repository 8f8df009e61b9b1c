"""Where resources live: the interface of every store (see `stores` for those that there are).

A change and the notifications that it causes are handed over in one call, and a durable store writes both in
one transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from tmfrig.mockservers.matching import in_order
from tmfrig.mockservers.outbox import Outbox, Parcel
from tmfrig.mockservers.query import Query

HURRIED = 2.0
"""Seconds for which a process that ends waits for who does not answer."""

Body = dict[str, Any]


class Document:
    """One stored resource: the bytes in which it is answered, and parsed when somebody looks into it.

    Nobody changes a body in place once it is in a document.
    """

    __slots__ = ("_body", "id", "raw")

    def __init__(self, identifier: str, raw: bytes, body: Body | None = None) -> None:
        self.id = identifier
        self.raw = raw
        self._body = body

    @classmethod
    def of(cls, body: Body) -> Document:
        """The document of a body."""
        # orjson leaves its work space in the result, four times what is needed: a copy has the right size
        return cls(body["id"], bytes(memoryview(orjson.dumps(body))), body)

    @property
    def body(self) -> Body:
        """The resource as parsed JSON."""
        if self._body is None:
            self._body = orjson.loads(self.raw)
        return self._body


def log_failure(log: logging.Logger, error: Exception, what: str, *arguments: object) -> None:
    """Log that something failed: with its traceback, or in a line where a store is out of order, which comes
    again and again.
    """
    if isinstance(error, StoreError):
        log.warning(f"{what}: %s", *arguments, error)
    else:
        log.error(what, *arguments, exc_info=error)


@dataclass(frozen=True, slots=True)
class Notification:
    """An event on its way to the listeners of one API in one version."""

    contract: str
    event_type: str
    envelope: Body


@dataclass(slots=True)
class Change:
    """A resource that appears (`before` is None), changes or goes (`after` is None), with its events."""

    collection: str
    before: Document | None
    after: Document | None
    notifications: tuple[Notification, ...] = ()

    @property
    def id(self) -> str:
        """The id of the resource; empty for a change of nothing."""
        known = self.after or self.before
        return "" if known is None else known.id


@dataclass(frozen=True, slots=True)
class Page:
    """What a query found: the documents of one page and how many match in all."""

    documents: Sequence[Document]
    total: int

    @classmethod
    def of(cls, found: list[Document], query: Query) -> Page:
        """The page that a query asks for, of all documents that match, in the order of their creation."""
        if query.sort:
            found = in_order(found, query.sort, lambda each: each.body)
        end = None if query.limit is None else query.offset + query.limit
        return cls(found[query.offset : end], len(found))


class ConflictError(Exception):
    """The resource was changed by somebody else since it was read; read it again."""


class OutdatedError(Exception):
    """Listeners have come or gone since this process looked: find out who listens, and try again."""


class StoreError(Exception):
    """A store that cannot be used, and why; one line."""


@dataclass(frozen=True, slots=True)
class State:
    """What processes over one store agree on."""

    owner: str
    """Who acts for all: carries out orders and delivers notifications."""
    epoch: int = 0
    """Another number when listeners have come or gone, or when another process acts for all."""
    era: int = 0
    """Another number when everything was replaced."""


@dataclass(frozen=True, slots=True)
class Tiding:
    """Something that who acts for all has to hear of: a resource that has changed, and what it was before."""

    collection: str
    id: str
    before: bytes | None = None
    after: bytes | None = None
    """What it was when this was taken out; None where it had gone by then."""


class Store(Protocol):
    """Keeps documents by collection and id, in the order of their creation, and what is to be told of
    them.
    """

    @property
    def owner(self) -> str:
        """What this process is called among those over the same store."""

    @property
    def is_shared(self) -> bool:
        """Whether other processes may be over the same store."""

    @property
    def outbox(self) -> Outbox:
        """The notifications that are not delivered yet."""

    async def open(self) -> None:
        """Make ready, on the event loop that uses the store from now on; StoreError where that fails."""

    def hurry(self) -> None:
        """From now on wait for `HURRIED` seconds at most for who does not answer: this process ends."""

    async def close(self) -> None:
        """Let go of files and connections; what was committed stays."""

    async def get(self, collection: str, identifier: str) -> Document | None:
        """The document, or None."""

    async def find(self, collection: str, query: Query) -> Page:
        """The documents that match, in the order and the page that the query asks for."""

    async def commit(
        self,
        *changes: Change,
        parcels: Sequence[Parcel] = (),
        seeded: bool = False,
        stirred: Change | None = None,
        epoch: int | None = None,
        turns: bool = False,
    ) -> bool:
        """Make all changes and put the parcels into the outbox, or raise ConflictError and do nothing.

        No two of them are about one resource. When this returns, everybody reads them. What is `seeded` rests
        until it is changed. The change that
        `stirred` something is told to who acts for all; the answer is whether that is this process, which
        is told nothing then. OutdatedError where `epoch` is not that of the store; `turns` gives it a new
        one.
        """

    async def place(self, collection: str, documents: Sequence[Document]) -> None:
        """Have these documents, each instead of the one of its id that may be there.

        They are seeded, and nobody is told of them. Of several calls at once, the first to begin is the first
        to be done.
        """

    async def take_office(self, seconds: float, serving: str = "") -> bool:
        """Act for all from now on, for so long, unless somebody else does; whether this process does.

        `serving` says in the process's own words what that is. Who serves something else than the one before
        leaves the office for some time to others, that may serve the same as that one.
        """

    async def serving(self) -> str:
        """What who acts for all, or has done so last, has said that it serves."""

    async def resign(self) -> None:
        """Act for all no longer."""

    async def state(self) -> State:
        """What processes over this store agree on now."""

    async def tell(self, tiding: Tiding) -> None:
        """Tell something to who acts for all."""

    async def tidings(self, limit: int) -> Sequence[Tiding]:
        """Take out what was told to who acts for all, the oldest first; nothing for anybody else."""

    async def news(self) -> None:
        """Return when another process has, or may have, committed something since the last time."""

    async def restless(self, collection: str, query: Query) -> Sequence[Document]:
        """The documents that match and have been changed since they were seeded, or never were."""

    async def identifiers(self, collection: str) -> frozenset[str]:
        """The ids of all documents of a collection."""

    async def kept(self, name: str) -> bool:
        """Whether documents are kept under a name."""

    async def all_kept(self) -> Mapping[str, int]:
        """The names under which documents are kept, and how many each."""

    async def keep(self, name: str) -> int:
        """Remember all documents as they are now, under a name, and say how many there are."""

    async def put_back(self, name: str) -> None:
        """Have just the documents that were kept under a name, in one step; the outbox is emptied.

        Whoever is changing what has gone gets a conflict. KeyError for a name that is not known.
        """

    async def drop(self, name: str) -> None:
        """Forget what was kept under a name, if anything was."""
