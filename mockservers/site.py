"""What one process serves: the APIs with their collections, hubs and behaviours, and what they share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal
from urllib.parse import quote

import orjson

from tmfrig.mockservers.agenda import Agenda
from tmfrig.mockservers.behaviours import STANDARD_BEHAVIOURS, Behaviour
from tmfrig.mockservers.collection import Collection
from tmfrig.mockservers.coverage import Coverage
from tmfrig.mockservers.dataset import Dataset
from tmfrig.mockservers.dataset_references import Resources
from tmfrig.mockservers.delivery import Deliveries, DeliveryPolicy
from tmfrig.mockservers.hub import Hub
from tmfrig.mockservers.neighbours import Neighbours
from tmfrig.mockservers.query import EVERYTHING
from tmfrig.mockservers.store import Body, MemoryStore, Store
from tmfrig.mockservers.translation import Translation, mirrors_of
from tmfrig.mockservers.wire import Wire
from tmfrig.specs import Contract, standard_contract

DEFAULT_PACE = 0.2

Answers = Literal["sync", "async"]


class Site:
    """The reference servers of a set of contracts over one store.

    `pace` is the time in seconds that orders, tasks and jobs take for a step. `origin` is scheme and host in
    the hrefs of the data set; empty makes them relative to the host.
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
        neighbours: Neighbours | None = None,
    ) -> None:
        self.contracts = tuple(contracts)
        self.dataset = dataset or Dataset()
        self.store: Store = store or MemoryStore()
        self.pace = pace
        self.origin = origin
        self.jsonpath = jsonpath
        self.answers = answers
        self.agenda = Agenda()
        self.neighbours = neighbours or Neighbours(Wire(), {})
        self.wire = self.neighbours.wire
        self.hubs = {each.key: Hub(each, self.store, jsonpath) for each in contracts}
        self.deliveries = Deliveries(self.hubs.values(), self.wire, delivery)
        self._collections = {
            (contract.key, resource.name): Collection(
                contract, resource, self.store, self.hubs[contract.key], self.deliveries
            )
            for contract in contracts
            for resource in contract.resources.values()
        }
        kinds = tuple(behaviours)
        for collection in self._collections.values():
            name = collection.resource.name
            collection.behaviours = [each(self, collection) for each in kinds if name in each.resources]
            collection.mirrors = mirrors_of(collection, self._collections.values())

    @property
    def collections(self) -> Iterable[Collection]:
        """Every collection of every API."""
        return self._collections.values()

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
        """Take up registrations and put the data set in place; call it before the first request."""
        for hub in self.hubs.values():
            await hub.load()
        for api, names in self._linked_seeds().items():
            for name, bodies in names.items():
                await self._seed(standard_contract(api), name, bodies)

    async def _seed(self, contract: Contract, name: str, bodies: Sequence[Body]) -> None:
        """Put resources of a data set in place, where only another version is served as that says them."""
        collection = self._collections.get((contract.key, name))
        if collection is not None:
            for body in bodies:
                await collection.seed(body, self.origin)
            return
        for served in self.contracts:
            translation = Translation.between(contract, served, name)
            if translation is None:
                continue
            collection = self._collections[served.key, translation.target.name]
            for translated in map(translation.translated, bodies):
                if translated is not None:
                    await collection.seed(translated, self.origin)

    async def stop(self) -> None:
        """End everything that runs by itself, at once."""
        await self.agenda.close()
        await self.deliveries.close()
        await self.wire.close()

    async def look_up(self, api: str, resource: str, identifier: str) -> Body | None:
        """A resource of this site, or of the data set where its API is not served here; None for neither."""
        collection = self._any(api, resource)
        if collection is not None:
            document = await self.store.get(collection.key, identifier)
            return document.body if document is not None else None
        return next((each for each in self._seeded(api, resource) if each["id"] == identifier), None)

    async def every(self, api: str, resource: str) -> Sequence[Body]:
        """Every resource of a type, from this site or the data set."""
        collection = self._any(api, resource)
        if collection is None:
            return self._seeded(api, resource)
        return [each.body for each in (await collection.find(EVERYTHING)).documents]

    async def knows(self, api: str, resource: str, identifier: str) -> bool:
        """Whether a resource exists, as far as can be told: of an empty or absent catalog nothing can."""
        if await self.look_up(api, resource, identifier) is not None:
            return True
        return not await self.every(api, resource)

    async def reference(self, api: str, resource: str, identifier: str) -> Body:
        """A reference to a resource, with its name and href where they are known."""
        target = await self.look_up(api, resource, identifier) or {}
        reference: Body = {name: target[name] for name in ("href", "name", "version") if name in target}
        return {"id": identifier, **reference, "@referredType": resource[0].upper() + resource[1:]}

    def _linked_seeds(self) -> Resources:
        """A copy of the data set's resources in which references to what is served here have their href."""
        seeds = Dataset(orjson.loads(orjson.dumps(self.dataset.resources)))
        for reference in seeds.references():
            collection = self._any(reference.target.api, reference.target.resource)
            if collection is not None and reference.href_key is not None:
                href = f"{self.origin}{collection.path}/{quote(reference.id, safe='')}"
                reference.value.setdefault(reference.href_key, href)
        return seeds.resources

    def _seeded(self, api: str, resource: str) -> Sequence[Body]:
        return self.dataset.resources.get(api, {}).get(resource, ())
