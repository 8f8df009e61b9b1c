"""Every resource of one type: each change of one goes through here, whoever asks for it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakValueDictionary

from tmfrig.mockservers.amendment import Amendment
from tmfrig.mockservers.delivery import Deliveries
from tmfrig.mockservers.errors import ApiError, not_found, office_is_over
from tmfrig.mockservers.events import Announcer, now
from tmfrig.mockservers.faults import NO_FAULTS, Faults
from tmfrig.mockservers.hub import Hub
from tmfrig.mockservers.intake import Intake
from tmfrig.mockservers.office import Office
from tmfrig.mockservers.query import Query
from tmfrig.mockservers.store import (
    Body,
    Change,
    ConflictError,
    Document,
    Notification,
    OutdatedError,
    Page,
    Store,
    StoreError,
)
from tmfrig.specs import Contract, Resource

if TYPE_CHECKING:
    from tmfrig.mockservers.behaviours.behaviour import Behaviour
    from tmfrig.mockservers.translation import Mirror

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 50
"""How often a change is worked out again because somebody else changed the resource first."""

T = TypeVar("T")
Update = Callable[[Body], Body | None]
"""Makes the new body from the present one, which it must leave alone; None for no change."""


Condition = Callable[[Body], None]
"""Raises ApiError where a resource, as it is now, is not to be changed."""


def unconditional(body: Body) -> None:
    """The condition that everything meets."""


@dataclass(slots=True)
class Draft:
    """A resource that is about to be created, and the status with which that is answered."""

    body: Body
    status: int = 201


@dataclass(slots=True)
class Collection:
    """The resources of one type of one API, their rules, listeners and behaviours."""

    contract: Contract
    resource: Resource
    store: Store
    hub: Hub
    deliveries: Deliveries
    faults: Faults = NO_FAULTS
    behaviours: list[Behaviour] = field(default_factory=list)
    mirrors: tuple[Mirror, ...] = ()
    """The same resources in other versions of the API that are served beside this one."""
    key: str = field(init=False)
    path: str = field(init=False)
    intake: Intake = field(init=False)
    amendment: Amendment = field(init=False)
    office: Office = field(default_factory=Office)
    _lines: MutableMapping[str, asyncio.Lock] = field(default_factory=WeakValueDictionary)
    """Where those stand who want to change a resource that others change; gone when nobody does any more."""
    _announcer: Announcer = field(init=False)

    def __post_init__(self) -> None:
        self.key = f"{self.contract.key}/{self.resource.name}"
        self.path = self.contract.base_path + self.resource.path
        self.intake = self.faults.instead_of(Intake)(self.contract.api, self.resource)
        self.amendment = self.faults.instead_of(Amendment)(self.resource)
        self._announcer = self.faults.instead_of(Announcer)(self.contract, self.resource)

    async def get(self, identifier: str) -> Document:
        """The document; ApiError (404) where there is none."""
        document = await self.store.get(self.key, identifier)
        if document is None:
            raise not_found(f"{self.resource.name} {identifier[:100]}")
        return document

    async def find(self, query: Query) -> Page:
        """The documents that a query asks for."""
        return await self.store.find(self.key, query)

    async def create(self, draft: Draft) -> Document:
        """Store a completed draft, after the behaviours had their say, and tell the listeners."""
        document = await self.admit(draft)
        await self.add(document)
        return document

    async def admit(self, draft: Draft) -> Document:
        """What a completed draft becomes when the behaviours had their say; ApiError where they refuse it."""
        for behaviour in self.behaviours:
            await behaviour.admit(draft)
        return Document.of(draft.body)

    async def add(self, document: Document) -> None:
        """Store a new resource and tell the listeners; ApiError (409) where its id is taken."""
        try:
            await self._commit(None, document)
        except ConflictError:
            raise self._taken(document.id) from None

    async def check_free(self, identifier: str) -> None:
        """ApiError (409) where there is a resource of that id."""
        if await self.store.get(self.key, identifier) is not None:
            raise self._taken(identifier)

    async def seed(self, body: Body, origin: str) -> None:
        """Store a resource of a data set in place of the one of its id that may be there.

        Nobody is told and nothing is set in motion.
        """
        await self.store.commit(*await self.seeding(body, origin), seeded=True)

    async def seeding(self, body: Body, origin: str) -> list[Change]:
        """The changes with which a resource of a data set is put in place, in all versions."""
        document = Document.of(self.intake.complete_seed(body, origin + self.path))
        before = await self.store.get(self.key, document.id)
        return await self._in_all_versions(Change(self.key, before, document))

    async def change(self, identifier: str, update: Update, *, state_only: bool = False) -> Document:
        """Change a resource as a function of what it is now, so that concurrent changes lose nothing.

        `update` may be called again when somebody else was faster. ApiError (404) where the resource is gone.
        """

        async def attempt() -> Document:
            before = await self.get(identifier)
            body = update(before.body)
            if body is None or body == before.body:
                return before
            after = Document.of(body | self._moments(body))
            await self._commit(before, after, state_only=state_only)
            return after

        return await self._insisted(identifier, attempt)

    def _moments(self, body: Body) -> Body:
        """The dates that a change leaves behind, whoever makes it (conformance profiles; rule ID-04)."""
        moments = {}
        if "lastUpdate" in self.resource.attributes:
            moments["lastUpdate"] = now()
        is_completed = body.get(self.resource.state_attribute or "") == "completed"
        if is_completed and "completionDate" in self.resource.attributes and "completionDate" not in body:
            moments["completionDate"] = now()
        return moments

    async def remove(self, identifier: str, wanted: Condition = unconditional) -> None:
        """Remove a resource and tell the listeners; ApiError (404) where there is none."""

        async def attempt() -> None:
            before = await self.get(identifier)
            wanted(before.body)
            await self._commit(before, None)

        await self._insisted(identifier, attempt)

    async def _insisted(self, identifier: str, attempt: Callable[[], Awaitable[T]]) -> T:
        """What an attempt to change a resource comes to, made again where somebody else was faster.

        Those in this process who come too late stand in line; other processes may go on being faster.
        """
        line = self._lines.get(identifier)
        if line is None:
            with contextlib.suppress(ConflictError):
                return await attempt()
            line = self._lines.setdefault(identifier, asyncio.Lock())
        async with line:
            for _ in range(MOST_ATTEMPTS):
                with contextlib.suppress(ConflictError):
                    return await attempt()
        raise ApiError(409, "busy", f"{self.resource.name} {identifier[:100]} is being changed by others")

    def prepared(
        self, before: Document | None, after: Document | None, *, state_only: bool = False
    ) -> Change:
        """A change with the notifications that it causes; nothing happens yet."""
        notifications: tuple[Notification, ...] = ()
        if not self.hub.deserted:
            notifications = self._announcer.told(before, after, state_only=state_only)
        return Change(self.key, before, after, notifications)

    async def _commit(
        self, before: Document | None, after: Document | None, *, state_only: bool = False
    ) -> None:
        async def prepared() -> list[Change]:
            own = self.prepared(before, after, state_only=state_only)
            return await self._in_all_versions(own, state_only=state_only)

        changes = await prepared()
        stirred = changes[0] if after is not None and self.behaviours else None
        acts_here = await self.commit(changes, prepared, stirred)
        if after is not None and acts_here:
            for behaviour in self.behaviours:
                behaviour.settled(before, after)

    async def commit(
        self,
        changes: Sequence[Change],
        prepared: Callable[[], Awaitable[Sequence[Change]]],
        stirred: Change | None = None,
    ) -> bool:
        """Make changes, of this collection and of others, and send what is to be told of them.

        They are `prepared` again where listeners have come or gone meanwhile. Whether this process is the one
        that acts on what is `stirred`; else that one is told.
        """
        while True:
            if self.office.is_over:
                raise office_is_over()
            told = [each for change in changes for each in change.notifications]
            parcels = self.deliveries.packed(told) if told else ()
            try:
                acts_here = await self.store.commit(
                    *changes, parcels=parcels, stirred=stirred, epoch=self.office.epoch
                )
            except OutdatedError:
                await self.office.refresh()
                changes = await prepared()
                continue
            except StoreError:
                # it may have been made nevertheless
                self.office.in_doubt = True
                raise
            if parcels:
                self.deliveries.wake(parcels)
            return acts_here

    async def _in_all_versions(self, own: Change, *, state_only: bool = False) -> list[Change]:
        if not self.mirrors:
            return [own]
        mirrored = [await each.change(own.before, own.after, state_only=state_only) for each in self.mirrors]
        return [own, *(each for each in mirrored if each is not None)]

    def _taken(self, identifier: str) -> ApiError:
        return ApiError(409, "exists", f"{self.resource.name} {identifier[:100]} exists already")
