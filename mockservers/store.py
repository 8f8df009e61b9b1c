"""Where resources live: the interface of every store, and the one in memory.

A change and the notifications that it causes are handed over in one call, so that a durable store can write
both in one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from tmfrig.mockservers.matching import in_order, selected
from tmfrig.mockservers.query import Query

Body = dict[str, Any]

Content = Mapping[str, Mapping[str, bytes]]
"""Everything that a store keeps: documents as bytes, by collection and id, in the order of their creation."""


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


@dataclass(frozen=True, slots=True)
class Notification:
    """An event on its way to the listeners of one API in one version."""

    contract: str
    event_type: str
    envelope: Body


@dataclass(frozen=True, slots=True)
class Change:
    """A resource that appears (`before` is None), changes or goes (`after` is None), with its events."""

    collection: str
    before: Document | None
    after: Document | None
    notifications: tuple[Notification, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """What a query found: the documents of one page and how many match in all."""

    documents: Sequence[Document]
    total: int


class ConflictError(Exception):
    """The resource was changed by somebody else since it was read; read it again."""


class Store(Protocol):
    """Keeps documents by collection and id, in the order of their creation."""

    async def get(self, collection: str, identifier: str) -> Document | None:
        """The document, or None."""

    async def find(self, collection: str, query: Query) -> Page:
        """The documents that match, in the order and the page that the query asks for."""

    async def commit(self, *changes: Change) -> None:
        """Make all changes, with their notifications, or raise ConflictError and make none.

        When this returns, everybody reads them.
        """

    async def dump(self) -> Content:
        """Everything that is kept, as of one moment; later changes do not show in it."""

    async def load(self, content: Content) -> None:
        """Keep this and nothing else, in one step; whoever is changing what has gone gets a conflict."""


class MemoryStore:
    """A store that ends with its process.

    It keeps nothing but bytes: parsed, an order takes ten times the memory, and the garbage collector would
    visit every part of every order again and again.
    """

    def __init__(self) -> None:
        self._collections: dict[str, dict[str, bytes]] = {}

    async def get(self, collection: str, identifier: str) -> Document | None:
        """The document, or None."""
        raw = self._collections.get(collection, _NOTHING).get(identifier)
        return None if raw is None else Document(identifier, raw)

    async def find(self, collection: str, query: Query) -> Page:
        """The documents that match, in the order and the page that the query asks for."""
        found = self._matching(self._collections.get(collection, _NOTHING), query)
        if query.sort:
            found = in_order(found, query.sort, lambda each: each.body)
        end = None if query.limit is None else query.offset + query.limit
        return Page(found[query.offset : end], len(found))

    async def commit(self, *changes: Change) -> None:
        """Make all changes; ConflictError where another one came first."""
        for change in changes:
            known = change.after or change.before
            expected = None if change.before is None else change.before.raw
            if known is not None and self._present(change.collection, known.id) is not expected:
                raise ConflictError(f"{change.collection}/{known.id} was changed meanwhile")
        for change in changes:
            documents = self._collections.setdefault(change.collection, {})
            if change.after is not None:
                documents[change.after.id] = change.after.raw
            elif change.before is not None:
                del documents[change.before.id]

    async def dump(self) -> Content:
        """Everything that is kept, as of one moment."""
        return {name: dict(documents) for name, documents in self._collections.items()}

    async def load(self, content: Content) -> None:
        """Keep this and nothing else, in one step."""
        self._collections = {name: dict(documents) for name, documents in content.items()}

    def _present(self, collection: str, identifier: str) -> bytes | None:
        return self._collections.get(collection, _NOTHING).get(identifier)

    def _matching(self, documents: Mapping[str, bytes], query: Query) -> list[Document]:
        if not query.conditions and not query.filters:
            return [Document(identifier, raw) for identifier, raw in documents.items()]
        only, needles = query.only_id, query.needles
        candidates = documents.items()
        if only is not None:
            candidates = {only: documents[only]}.items() if only in documents else {}.items()
        possible = (
            Document(identifier, raw)
            for identifier, raw in candidates
            if all(any(each in raw for each in alternatives) for alternatives in needles)
        )
        return [each for each in possible if selected(each.body, query)]


_NOTHING: dict[str, bytes] = {}
