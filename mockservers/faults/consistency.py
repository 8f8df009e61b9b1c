"""Faults of consistency: what is read is not what was written, or not yet, or not everywhere."""

from __future__ import annotations

from dataclasses import replace

from tmfrig.mockservers.collection import Collection, Condition, Update, unconditional
from tmfrig.mockservers.engine import ResourceHandlers
from tmfrig.mockservers.errors import ApiError, not_found
from tmfrig.mockservers.exchange import Exchange
from tmfrig.mockservers.faults.fault import fault
from tmfrig.mockservers.query import Query
from tmfrig.mockservers.store import Document, Page

FAMILY, DELETE = "concurrency", "delete"
CATALOG, PRODUCTS, SERVICES, SERVICE_ORDERS = "TMF620", "TMF637", "TMF638", "TMF641"


@fault(
    "reads-from-a-cache",
    PRODUCTS,
    "GET by id shows a resource as it was at the GET before; a PATCH should show at once.",
    rule="CONS-01",
    family=FAMILY,
)
class ReadsFromACache(ResourceHandlers):
    """Answers what it knows, and looks for news afterwards."""

    async def retrieve(self, exchange: Exchange) -> None:
        """GET by id, from the cache."""
        cache: dict[str, Document] = self.__dict__.setdefault("cache", {})
        present = await self._collection.get(exchange.identifier)
        known = cache.get(exchange.identifier, present)
        cache[exchange.identifier] = present
        if exchange.query_string:
            await super().retrieve(exchange)
        else:
            await exchange.answer(200, known.raw, (self._media_type,))


@fault(
    "new-resources-are-seen-later",
    CATALOG,
    "The first GET by id does not find a new resource; it should be there with the 201.",
    rule="CONS-01",
    family=FAMILY,
)
class SeesNewOnesLater(Collection):
    """Reads from a replica, which is told when it is asked."""

    @property
    def _unseen(self) -> set[str]:
        unseen: set[str] = self.__dict__.setdefault("unseen", set())
        return unseen

    async def get(self, identifier: str) -> Document:
        """The document, once the replica has heard of it."""
        if identifier in self._unseen:
            self._unseen.discard(identifier)
            raise not_found(identifier)
        return await super().get(identifier)

    async def add(self, document: Document) -> None:
        """Store a resource on the master."""
        await super().add(document)
        self._unseen.add(document.id)

    async def change(self, identifier: str, update: Update, *, state_only: bool = False) -> Document:
        """Change a resource on the master, and tell the replica."""
        self._unseen.discard(identifier)
        return await super().change(identifier, update, state_only=state_only)

    async def remove(self, identifier: str, wanted: Condition = unconditional) -> None:
        """Remove a resource on the master, and tell the replica."""
        self._unseen.discard(identifier)
        await super().remove(identifier, wanted)


@fault(
    "lists-show-what-was",
    SERVICES,
    "Lists show a resource as it was when it was created; they should show it as it is.",
    rule="CONS-02",
    family=FAMILY,
)
class ListsWhatWas(Collection):
    """Has an index that is never brought up to date."""

    async def add(self, document: Document) -> None:
        """Store a resource, and put it in the index."""
        await super().add(document)
        self.__dict__.setdefault("index", {})[document.id] = document

    async def find(self, query: Query) -> Page:
        """What a query asks for, as the index has it."""
        found = await super().find(query)
        index: dict[str, Document] = self.__dict__.setdefault("index", {})
        return Page([index.get(each.id, each) for each in found.documents], found.total)


@fault(
    "newest-is-not-listed",
    PRODUCTS,
    "The resource that was created last is in no list; it should be listed from then on.",
    rule="HTTP-01",
    family=FAMILY,
)
class ListsTheNewestLater(Collection):
    """Writes its index one behind."""

    async def add(self, document: Document) -> None:
        """Store a resource, which is the newest now."""
        await super().add(document)
        self.__dict__["newest"] = document.id

    async def find(self, query: Query) -> Page:
        """What a query asks for, without the newest."""
        found = await super().find(query)
        listed = [each for each in found.documents if each.id != self.__dict__.get("newest")]
        return Page(listed, found.total - len(found.documents) + len(listed))


@fault(
    "changed-is-listed-twice",
    PRODUCTS,
    "A resource that was changed is in lists twice; it should be there once.",
    rule="HTTP-01",
    family=FAMILY,
)
class ListsTheChangedTwice(Collection):
    """Joins a table of changes."""

    async def change(self, identifier: str, update: Update, *, state_only: bool = False) -> Document:
        """Change a resource, and remember that."""
        changed = await super().change(identifier, update, state_only=state_only)
        self.__dict__.setdefault("changed", set()).add(changed.id)
        return changed

    async def find(self, query: Query) -> Page:
        """What a query asks for, with what was changed behind itself once more."""
        found = await super().find(query)
        changed: set[str] = self.__dict__.get("changed", set())
        twice = [each for each in found.documents for _ in range(2 if each.id in changed else 1)]
        return Page(twice[: query.limit], found.total)


@fault(
    "patch-changes-another",
    PRODUCTS,
    "A PATCH writes name and description to another resource as well; it should change its own alone.",
    rule="HTTP-08",
    family="patch",
)
class ChangesAnother(Collection):
    """Joins what it updates to too much."""

    async def change(self, identifier: str, update: Update, *, state_only: bool = False) -> Document:
        """Change a resource, and what comes first besides."""
        changed = await super().change(identifier, update, state_only=state_only)
        texts = {name: changed.body[name] for name in ("name", "description") if name in changed.body}
        for other in (await self.find(Query())).documents:
            if other.id != identifier:
                await super().change(other.id, lambda body: body | texts)
                break
        return changed


@fault(
    "count-of-all-remembers-the-deleted",
    PRODUCTS,
    "X-Total-Count of the whole collection counts what was deleted as well; it should count what is there.",
    rule="CONS-03",
    family=FAMILY,
)
class CountsTheDeleted(Collection):
    """Counts creates."""

    async def remove(self, identifier: str, wanted: Condition = unconditional) -> None:
        """Remove it, and leave the count."""
        await super().remove(identifier, wanted)
        self.__dict__["deleted"] = self.__dict__.get("deleted", 0) + 1

    async def find(self, query: Query) -> Page:
        """What a query asks for."""
        found = await super().find(query)
        more = 0 if query.conditions or query.filters else self.__dict__.get("deleted", 0)
        return Page(found.documents, found.total + more)


@fault(
    "order-changes-with-every-write",
    CATALOG,
    "A create turns the order of lists around, so that pages repeat each other; it should stay.",
    rule="CONS-04",
    family=FAMILY,
)
class TurnsAround(Collection):
    """Lists in whatever order its store finds."""

    async def add(self, document: Document) -> None:
        """Store a resource, and turn the list around."""
        await super().add(document)
        self.__dict__["turned"] = not self.__dict__.get("turned", False)

    async def find(self, query: Query) -> Page:
        """What a query asks for, in the order of the moment."""
        if query.sort or not self.__dict__.get("turned", False):
            return await super().find(query)
        whole = await super().find(replace(query, offset=0, limit=None))
        end = None if query.limit is None else query.offset + query.limit
        return Page(list(reversed(whole.documents))[query.offset : end], whole.total)


@fault(
    "deleted-still-listed",
    SERVICE_ORDERS,
    "What was deleted is in lists still, though GET by id does not find it; it should be gone.",
    rule="HTTP-09",
    family=DELETE,
)
class ListsTheDeleted(Collection):
    """Has an index that does not hear of deletions."""

    async def remove(self, identifier: str, wanted: Condition = unconditional) -> None:
        """Remove it from the store alone."""
        gone = await self.get(identifier)
        await super().remove(identifier, wanted)
        self.__dict__.setdefault("gone", {})[identifier] = gone

    async def find(self, query: Query) -> Page:
        """What a query asks for, and what was deleted of that."""
        found = await super().find(query)
        gone: dict[str, Document] = self.__dict__.get("gone", {})
        ghosts = [gone[each] for each in query.only_ids or () if each in gone]
        return Page([*found.documents, *ghosts], found.total + len(ghosts))


@fault(
    "delete-of-nothing-answered-with-no-content",
    PRODUCTS,
    "A DELETE of an id that nothing has is answered 204; it should be answered 404.",
    rule="HTTP-09",
    family=DELETE,
)
class DeletesNothing(Collection):
    """Does not look how many rows were deleted."""

    async def remove(self, identifier: str, wanted: Condition = unconditional) -> None:
        """Remove it if it is there."""
        try:
            await super().remove(identifier, wanted)
        except ApiError as error:
            if error.status != 404:
                raise


@fault(
    "second-delete-is-a-server-error",
    CATALOG,
    "A DELETE that is sent again is a 500; it should be answered 404, or 204 once more.",
    rule="IDEM-01",
    family=DELETE,
)
class StumblesOverTheDeleted(Collection):
    """Keeps a stone where something was."""

    async def remove(self, identifier: str, wanted: Condition = unconditional) -> None:
        """Remove it; RuntimeError for the second time."""
        stones: set[str] = self.__dict__.setdefault("stones", set())
        if identifier in stones:
            raise RuntimeError("deleted entity passed to persist")
        await super().remove(identifier, wanted)
        stones.add(identifier)


@fault(
    "deleted-is-read-once-more",
    PRODUCTS,
    "The first GET by id after a DELETE finds what was deleted; it should be gone with the 204.",
    rule="CONS-01",
    family=FAMILY,
)
class ReadsTheDeleted(ResourceHandlers):
    """Deletes on the master, and reads from a replica."""

    async def delete(self, exchange: Exchange) -> None:
        """DELETE, on the master."""
        document = await self._collection.get(exchange.identifier)
        await super().delete(exchange)
        self.__dict__.setdefault("replica", {})[exchange.identifier] = document

    async def retrieve(self, exchange: Exchange) -> None:
        """GET by id, from the replica, which is told when it is asked."""
        document = self.__dict__.get("replica", {}).pop(exchange.identifier, None)
        if document is None:
            await super().retrieve(exchange)
        else:
            await exchange.answer(200, document.raw, (self._media_type,))
