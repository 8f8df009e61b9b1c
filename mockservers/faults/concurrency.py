"""Faults of concurrency: what goes well one after the other, and wrong at the same time."""

from __future__ import annotations

import asyncio

from tmfrig.mockservers.collection import Collection, Draft, Update
from tmfrig.mockservers.errors import ApiError
from tmfrig.mockservers.faults.fault import fault
from tmfrig.mockservers.store import ConflictError, Document

FAMILY = "concurrency"
CATALOG, ORDERS, SERVICES = "TMF620", "TMF622", "TMF638"
_A_MOMENT = 0.01


@fault(
    "creates-at-once-share-an-id",
    CATALOG,
    "Creates at the same time are given the same id, and one of them is lost; each should have its own.",
    rule="CONC-01",
    family=FAMILY,
)
class SharesIds(Collection):
    """Counts, with a pause between reading the counter and writing it."""

    async def admit(self, draft: Draft) -> Document:
        """The new resource, with the next number for an id."""
        counted = self.__dict__.get("counted", 1000) + 1
        await asyncio.sleep(_A_MOMENT)
        self.__dict__["counted"] = counted
        href = draft.body["href"].rpartition("/")[0]
        draft.body |= {"id": str(counted), "href": f"{href}/{counted}"}
        return await super().admit(draft)

    async def add(self, document: Document) -> None:
        """Store it, unless there is one already."""
        try:
            await super().add(document)
        except ApiError as error:
            if error.status != 409:
                raise


@fault(
    "patches-at-once-overwrite-each-other",
    SERVICES,
    "A PATCH writes the whole resource as it read it, and what others changed meanwhile is lost.",
    rule="CONC-02",
    family=FAMILY,
)
class OverwritesOthers(Collection):
    """Reads, waits and writes, whatever happened between."""

    async def change(self, identifier: str, update: Update, *, state_only: bool = False) -> Document:
        """The change of what was read at first."""
        if state_only:
            return await super().change(identifier, update, state_only=state_only)
        read = await self.get(identifier)
        after = update(read.body)
        await asyncio.sleep(_A_MOMENT)
        return await super().change(identifier, lambda _: after)


@fault(
    "patches-at-once-are-a-server-error",
    ORDERS,
    "Of two changes of one resource at the same time one is a 500; it should be tried again, or refused.",
    rule="CONC-02",
    family=FAMILY,
)
class StumblesOverOthers(Collection):
    """Lets the store's conflict through."""

    async def change(self, identifier: str, update: Update, *, state_only: bool = False) -> Document:
        """The change; ConflictError where somebody was faster."""
        if state_only:
            return await super().change(identifier, update, state_only=state_only)
        before = await self.get(identifier)
        after = update(before.body)
        await asyncio.sleep(_A_MOMENT)
        if after is not None and (await self.get(identifier)).raw != before.raw:
            raise ConflictError("row was updated by another transaction")
        return await super().change(identifier, lambda _: after)
