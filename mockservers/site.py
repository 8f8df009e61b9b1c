"""What one process serves: the APIs with their collections, hubs and behaviours, and what they share."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Literal, Protocol

import orjson

from tmfrig.mockservers.activation.script import Script
from tmfrig.mockservers.agenda import Agenda
from tmfrig.mockservers.agreement import all_served
from tmfrig.mockservers.behaviours import STANDARD_BEHAVIOURS, Behaviour
from tmfrig.mockservers.collection import MOST_ATTEMPTS, Collection
from tmfrig.mockservers.coverage import Coverage
from tmfrig.mockservers.dataset import Dataset
from tmfrig.mockservers.dataset_references import Resources
from tmfrig.mockservers.delivery import Deliveries, DeliveryPolicy
from tmfrig.mockservers.disturbance import by_chance
from tmfrig.mockservers.duty import Duty
from tmfrig.mockservers.errors import ApiError
from tmfrig.mockservers.exchange import Handler
from tmfrig.mockservers.faults import NO_FAULTS, Faults
from tmfrig.mockservers.hub import Hub
from tmfrig.mockservers.identifiers import in_a_path
from tmfrig.mockservers.neighbours import Neighbours
from tmfrig.mockservers.office import Office
from tmfrig.mockservers.query import EVERYTHING, Condition, Operator, Predicate, Query
from tmfrig.mockservers.store import Body, Change, ConflictError, Document, Store, Tiding
from tmfrig.mockservers.stores import MemoryStore
from tmfrig.mockservers.translation import Translation, mirrors_of
from tmfrig.mockservers.wire import Wire
from tmfrig.specs import Contract, External, standard_contract

DEFAULT_PACE = 0.2
LATE_BY = 10
"""Paces by which a notification comes late at most, where the script delays some."""

MARKS = "rig/mark"
PROMISES_TAKE = 5.0
"""Seconds for which one that ends waits for others to let it do what it has promised."""
DATASET = "dataset"
"""The mark of a store in which a data set was put in place."""

Answers = Literal["sync", "async"]


class Companion(Protocol):
    """A role beside the resources of a site, such as the COM: it acts by itself and talks to the others.

    Its own contract is among those of the site. It can be started again after it was stopped, and finds what
    it was about in the store.
    """

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """What answers operations that the engine does not, by their key."""

    async def start(self) -> None:
        """Take up work; what is in the store and all APIs here are ready."""

    async def stop(self) -> None:
        """End everything that runs, at once."""

    def told(self, tiding: Tiding) -> bool:
        """Take something that another process has heard; whether it was for this companion."""


class Site:
    """The reference servers of a set of contracts over one store.

    `pace` is the time in seconds that orders, tasks and jobs take for a step. `origin` is scheme and host in
    the hrefs of the data set; empty makes them relative to the host. `script` says which orders and
    notifications go wrong on purpose, and `faults` what the servers themselves do wrong. `patience` is how
    many seconds work may stand still before somebody is told of it; None leaves that to the roles.
    `elsewhere` are the roles that somebody else plays.
    """

    def __init__(
        self,
        contracts: Sequence[Contract],
        *,
        dataset: Dataset | None = None,
        store: Store | None = None,
        pace: float = DEFAULT_PACE,
        origin: str = "",
        behaviours: Iterable[type[Behaviour]] = STANDARD_BEHAVIOURS,
        delivery: DeliveryPolicy | None = None,
        jsonpath: bool = True,
        answers: Answers = "sync",
        etags: bool = False,
        neighbours: Neighbours | None = None,
        script: Script | None = None,
        faults: Faults = NO_FAULTS,
        patience: float | None = None,
        elsewhere: Mapping[str, External] | None = None,
    ) -> None:
        self.contracts = tuple(contracts)
        self.dataset = dataset or Dataset()
        self._elsewhere = dict(elsewhere or {})
        self.store: Store = store or MemoryStore()
        self.pace = pace
        self.patience = patience
        self.origin = origin
        self.jsonpath = jsonpath
        self.answers = answers
        self.etags = etags
        self.script = script or Script()
        self.faults = faults
        self.agenda = Agenda(for_all=True)
        self.promises = Agenda()
        """Changes that were accepted: whoever else acts for all by then, this process makes them."""
        self.companions: list[Companion] = []
        self.office = Office(refresh=self._refresh)
        self._duty = Duty(self)
        self.neighbours = neighbours or Neighbours(Wire(), {})
        self.wire = self.neighbours.wire
        the = faults.instead_of
        self.hubs = {each.key: the(Hub)(each, self.store, jsonpath) for each in contracts}
        self.deliveries = the(Deliveries)(self.hubs.values(), self.wire, self.store.outbox, delivery)
        if self.script.notifications:
            self.deliveries.disturbances.append(by_chance(self.script.notifications, LATE_BY * pace))
        self._collections = {
            (contract.key, resource.name): the(Collection)(
                contract, resource, self.store, self.hubs[contract.key], self.deliveries, faults
            )
            for contract in contracts
            for resource in contract.resources.values()
        }
        kinds = tuple(map(the, behaviours))
        for collection in self._collections.values():
            name = collection.resource.name
            collection.behaviours = [each(self, collection) for each in kinds if name in each.resources]
            collection.mirrors = mirrors_of(collection, self._collections.values())
            collection.office = self.office

    @property
    def collections(self) -> Iterable[Collection]:
        """Every collection of every API."""
        return self._collections.values()

    @functools.cached_property
    def serving(self) -> str:
        """What processes over one store have in common, as text."""
        return all_served(self.contracts, self._elsewhere, self.dataset)

    @property
    def coverage(self) -> Coverage:
        """What reaches which address."""
        return self.dataset.coverage

    def collection(self, contract: Contract, resource: str) -> Collection:
        """A collection that this site serves; KeyError for one that it does not."""
        return self._collections[contract.key, resource]

    def _any(self, api: str, resource: str) -> Collection | None:
        """The collection of a resource in the first version that is served here; None where none is."""
        return next(
            (
                each
                for each in self._collections.values()
                if each.contract.api == api and each.resource.name == resource
            ),
            None,
        )

    async def start(self) -> None:
        """Take up what the store has kept, in a new one the data set; call it before the first request.

        StoreError where the store cannot be used.
        """
        await self.store.open()
        if await self.store.get(MARKS, DATASET) is None:
            # with the mark or not at all: whoever ends in the middle has not begun
            mark = Change(MARKS, None, Document.of({"id": DATASET}))
            with contextlib.suppress(ConflictError):
                await self.store.commit(*await self._seeding(self.dataset), mark, seeded=True)
        await self._refresh()

    async def begin(self) -> None:
        """Take part: act for all that are over the store, or stand by to do so.

        StoreError where another process acts that serves something else.
        """
        await self._duty.begin()

    @contextlib.asynccontextmanager
    async def at_rest(self) -> AsyncIterator[None]:
        """Nothing happens by itself meanwhile; then what is in the store goes on from where it stands.

        What this process has accepted and not done is forgotten.
        """
        async with self._duty.at_rest():
            await self.promises.clear()
            yield

    async def enter(self) -> None:
        """Act for all: deliver what waits, let go on what is under way, and start the companions."""
        for collection in self._collections.values():
            for behaviour in collection.behaviours:
                behaviour.forget()
        await self.resume()
        await self.deliveries.open()
        for companion in self.companions:
            await companion.start()

    async def resume(self) -> None:
        """Let go on whatever is under way by itself, from where it stands."""
        for collection in self._collections.values():
            await self._resume(collection)

    async def leave(self) -> None:
        """Do nothing by oneself any more."""
        for companion in self.companions:
            await companion.stop()
        await self.deliveries.close()
        await self.agenda.clear()

    def hear(self, tiding: Tiding) -> None:
        """Act on what another process has changed."""
        if any(companion.told(tiding) for companion in self.companions):
            return
        collection = next((each for each in self.collections if each.key == tiding.collection), None)
        if collection is not None and tiding.after is not None:
            before = None if tiding.before is None else Document(tiding.id, tiding.before)
            after = Document(tiding.id, tiding.after)
            for behaviour in collection.behaviours:
                behaviour.settled(before, after)

    async def _refresh(self) -> None:
        """Find out who listens, and what else processes over the store agree on."""
        state = await self.store.state()
        for hub in self.hubs.values():
            await hub.load()
        self.office.epoch, self.office.era = state.epoch, state.era
        self.office.is_ours = state.owner == self.store.owner

    async def _resume(self, collection: Collection) -> None:
        for behaviour in collection.behaviours:
            attribute = collection.resource.state_attribute
            if attribute is not None and behaviour.unfinished:
                states = Predicate((attribute,), Operator.EQ, tuple(sorted(behaviour.unfinished)))
                unfinished = Query(conditions=(Condition((states,)),))
                for document in await self.store.restless(collection.key, unfinished):
                    behaviour.resumed(document)

    async def seed(self, dataset: Dataset) -> None:
        """Put more in place, instead of what may be there under the same ids; nobody is told."""
        self.dataset |= dataset
        for _ in range(MOST_ATTEMPTS):
            # somebody may change what is there meanwhile
            with contextlib.suppress(ConflictError):
                await self.store.commit(*await self._seeding(dataset), seeded=True)
                return
        raise ApiError(409, "busy", "what is to be replaced is being changed by others")

    async def _seeding(self, dataset: Dataset) -> list[Change]:
        """The changes that put a data set in place."""
        changes = [
            change
            for api, names in self._linked(dataset).items()
            for name, bodies in names.items()
            for change in await self._seeding_of(standard_contract(api), name, bodies)
        ]
        # of two of one id the later one holds
        return list({(each.collection, each.id): each for each in changes}.values())

    async def _seeding_of(self, contract: Contract, name: str, bodies: Sequence[Body]) -> list[Change]:
        """The changes for resources, where only another version is served as that says them."""
        collection = self._collections.get((contract.key, name))
        if collection is not None:
            return [change for body in bodies for change in await collection.seeding(body, self.origin)]
        changes: list[Change] = []
        for served in self.contracts:
            translation = Translation.between(contract, served, name)
            if translation is None:
                continue
            collection = self._collections[served.key, translation.target.name]
            for translated in map(translation.translated, bodies):
                if translated is not None:
                    changes += await collection.seeding(translated, self.origin)
        return changes

    async def stop(self) -> None:
        """Keep at once what was promised, and end everything that runs by itself."""
        hurrying = asyncio.get_running_loop().call_later(PROMISES_TAKE, self.store.hurry)
        try:
            await self.promises.finish()
            self.store.hurry()
            await self._duty.end()
        finally:
            hurrying.cancel()
            await self.agenda.close()
            # also where leaving the office was broken off
            await self.deliveries.close()
            await self.wire.close()
            await self.store.close()

    async def held(self, api: str, resource: str, identifier: str) -> Body | None:
        """A resource of this site, or of the data set where its API is not served here; None for neither."""
        collection = self._any(api, resource)
        if collection is not None:
            document = await self.store.get(collection.key, identifier)
            return document.body if document is not None else None
        return next((each for each in self._seeded(api, resource) if each["id"] == identifier), None)

    async def all_held(self, api: str, resource: str) -> Sequence[Body]:
        """Every resource of a type, from this site or the data set."""
        collection = self._any(api, resource)
        if collection is None:
            return self._seeded(api, resource)
        return [each.body for each in (await collection.find(EVERYTHING)).documents]

    def _linked(self, dataset: Dataset) -> Resources:
        """A copy of a data set's resources in which references to what is served here have their href."""
        seeds = Dataset(orjson.loads(orjson.dumps(dataset.resources)))
        for reference in seeds.references():
            collection = self._any(reference.target.api, reference.target.resource)
            if collection is not None and reference.href_key is not None:
                href = f"{self.origin}{collection.path}/{in_a_path(reference.id)}"
                reference.value.setdefault(reference.href_key, href)
        return seeds.resources

    def _seeded(self, api: str, resource: str) -> Sequence[Body]:
        return self.dataset.resources.get(api, {}).get(resource, ())
