"""The store that ends with its process."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import count, islice

from tmfrig.mockservers.matching import selected
from tmfrig.mockservers.outbox import DeadLetter, Parcel
from tmfrig.mockservers.query import Query
from tmfrig.mockservers.store import Change, ConflictError, Document, Page, State, Tiding

MOST_DEAD_LETTERS = 10_000

_NOTHING: dict[str, bytes] = {}


class MemoryStore:
    """Keeps nothing but bytes: parsed, an order takes ten times the memory, and the garbage collector would
    visit every part of every order again and again.
    """

    def __init__(self) -> None:
        self._outbox = MemoryOutbox()
        self._collections: dict[str, dict[str, bytes]] = {}
        self._seeded: dict[tuple[str, str], bytes] = {}
        self._kept: dict[str, tuple[dict[str, dict[str, bytes]], dict[tuple[str, str], bytes]]] = {}

    @property
    def owner(self) -> str:
        """Nobody else is there who would need to know a name."""
        return "here"

    @property
    def is_shared(self) -> bool:
        """No other process is over this store."""
        return False

    @property
    def outbox(self) -> MemoryOutbox:
        """The notifications that are not delivered yet."""
        return self._outbox

    async def open(self) -> None:
        """Nothing to do."""

    async def close(self) -> None:
        """Nothing to do: what is here goes with the process."""

    async def get(self, collection: str, identifier: str) -> Document | None:
        """The document, or None."""
        raw = self._collections.get(collection, _NOTHING).get(identifier)
        return None if raw is None else Document(identifier, raw)

    async def find(self, collection: str, query: Query) -> Page:
        """The documents that match, in the order and the page that the query asks for."""
        return Page.of(self._matching(self._collections.get(collection, _NOTHING), query), query)

    async def commit(
        self,
        *changes: Change,
        parcels: Sequence[Parcel] = (),
        seeded: bool = False,
        stirred: Change | None = None,
        epoch: int | None = None,
        turns: bool = False,
    ) -> bool:
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
                if seeded:
                    self._seeded[change.collection, change.after.id] = change.after.raw
            elif change.before is not None:
                del documents[change.before.id]
                self._seeded.pop((change.collection, change.before.id), None)
        if parcels:
            await self.outbox.add(parcels)
        return True

    async def place(self, collection: str, documents: Sequence[Document]) -> None:
        """Have these documents, each instead of the one of its id that may be there."""
        present = self._collections.setdefault(collection, {})
        for each in documents:
            present[each.id] = each.raw
            self._seeded[collection, each.id] = each.raw

    def hurry(self) -> None:
        """Nothing to do: there is nobody to wait for."""

    async def take_office(self, seconds: float, serving: str = "") -> bool:
        """This process acts: there is no other."""
        return True

    async def serving(self) -> str:
        """Nothing that somebody else would have to know."""
        return ""

    async def resign(self) -> None:
        """Nothing to do: nobody would take over."""

    async def state(self) -> State:
        """Nothing that others could change."""
        return State(self.owner)

    async def tell(self, tiding: Tiding) -> None:
        """Nothing to do: who acts knows already."""

    async def tidings(self, limit: int) -> Sequence[Tiding]:
        """None: who acts knows already."""
        return ()

    async def news(self) -> None:
        """Never return: nobody else commits anything."""
        await asyncio.Event().wait()

    async def restless(self, collection: str, query: Query) -> Sequence[Document]:
        """The documents that match and are not just as they were seeded."""
        documents = self._collections.get(collection, _NOTHING)
        return [
            each
            for each in self._matching(documents, query)
            if self._seeded.get((collection, each.id)) is not each.raw
        ]

    async def identifiers(self, collection: str) -> frozenset[str]:
        """The ids of all documents of a collection."""
        return frozenset(self._collections.get(collection, ()))

    async def kept(self, name: str) -> bool:
        """Whether documents are kept under a name."""
        return name in self._kept

    async def all_kept(self) -> Mapping[str, int]:
        """The names under which documents are kept, and how many each."""
        return {name: sum(map(len, documents.values())) for name, (documents, _) in self._kept.items()}

    async def keep(self, name: str) -> int:
        """Remember all documents as they are now."""
        documents = {key: dict(each) for key, each in self._collections.items()}
        self._kept[name] = documents, dict(self._seeded)
        return sum(map(len, self._collections.values()))

    async def put_back(self, name: str) -> None:
        """Have just the documents that were kept under a name, and an empty outbox."""
        documents, seeded = self._kept[name]
        self._collections = {key: dict(each) for key, each in documents.items()}
        self._seeded = dict(seeded)
        self.outbox.clear()

    async def drop(self, name: str) -> None:
        """Forget what was kept under a name."""
        self._kept.pop(name, None)

    def _present(self, collection: str, identifier: str) -> bytes | None:
        return self._collections.get(collection, _NOTHING).get(identifier)

    def _matching(self, documents: Mapping[str, bytes], query: Query) -> list[Document]:
        if not query.conditions and not query.filters:
            return [Document(identifier, raw) for identifier, raw in documents.items()]
        only, needles = query.only_ids, query.needles
        candidates: Iterable[tuple[str, bytes]] = documents.items()
        if only is not None and len(only) == 1:
            candidates = [(only[0], documents[only[0]])] if only[0] in documents else ()
        elif only is not None:
            candidates = ((each, documents[each]) for each in documents if each in only)
        possible = (
            Document(identifier, raw)
            for identifier, raw in candidates
            if all(any(each in raw for each in alternatives) for alternatives in needles)
        )
        return [each for each in possible if selected(each.body, query)]


class MemoryOutbox:
    """The parcels of one process."""

    def __init__(self) -> None:
        self._numbers = count(1)
        # ordered dicts: what has gone from the front of a plain one is passed over again and again
        self._waiting: dict[str, OrderedDict[int, Parcel]] = {}
        self._listeners: dict[int, str] = {}
        self._dead: OrderedDict[int, DeadLetter] = OrderedDict()

    def clear(self) -> None:
        """Drop everything."""
        self._waiting.clear()
        self._listeners.clear()
        self._dead.clear()

    async def add(self, parcels: Sequence[Parcel]) -> None:
        """Put parcels in."""
        for each in parcels:
            number = next(self._numbers)
            self._waiting.setdefault(each.listener, OrderedDict())[number] = replace(each, number=number)
            self._listeners[number] = each.listener

    async def waiting(self, listener: str, now: float, limit: int) -> Sequence[Parcel]:
        """The next parcels for a listener that are due."""
        parcels = self._waiting.get(listener)
        if parcels is None:
            return ()
        return list(islice((each for each in parcels.values() if each.due <= now), limit))

    async def next_due(self, listener: str) -> float | None:
        """When the next parcel for a listener is due."""
        parcels = self._waiting.get(listener)
        return None if not parcels else min(each.due for each in parcels.values())

    async def waits(self, number: int) -> bool:
        """Whether a parcel still waits."""
        return number in self._listeners

    async def delivered(self, numbers: Sequence[int]) -> None:
        """Take parcels out."""
        for number in numbers:
            self._taken(number)

    async def give_up(self, number: int, reason: str, now: float) -> None:
        """Make a dead letter of a parcel."""
        parcel = self._taken(number)
        if parcel is not None:
            self._dead[number] = DeadLetter(parcel, reason, now)
            while len(self._dead) > MOST_DEAD_LETTERS:
                self._dead.popitem(last=False)

    async def give_up_beyond(self, listener: str, most: int, reason: str, now: float) -> int:
        """Make dead letters of the newest parcels for a listener."""
        surplus = list(self._waiting.get(listener) or ())[most:]
        for number in surplus:
            await self.give_up(number, reason, now)
        return len(surplus)

    async def dead(self, after: int, limit: int) -> Sequence[DeadLetter]:
        """Dead letters in the order of their numbers."""
        numbers = sorted(number for number in self._dead if number > after)
        return [self._dead[number] for number in numbers[:limit]]

    async def counts(self) -> tuple[int, int]:
        """How many parcels wait, and how many dead letters there are."""
        return sum(map(len, self._waiting.values())), len(self._dead)

    async def revive(self, numbers: Sequence[int] | None) -> int:
        """Put dead letters back at the end of the queue."""
        letters = self._dug_up(numbers)
        await self.add([replace(each.parcel, due=0.0) for each in letters])
        return len(letters)

    async def bury(self, numbers: Sequence[int] | None) -> int:
        """Drop dead letters."""
        return len(self._dug_up(numbers))

    async def forget(self, listener: str) -> None:
        """Drop everything for a listener."""
        for number in self._waiting.pop(listener, None) or ():
            self._listeners.pop(number, None)
        for number in [number for number, each in self._dead.items() if each.parcel.listener == listener]:
            del self._dead[number]

    async def forget_unregistered(self) -> None:
        """Nothing to do: nobody dies between the end of a registration and what follows from it."""

    def _taken(self, number: int) -> Parcel | None:
        listener = self._listeners.pop(number, None)
        return None if listener is None else self._waiting[listener].pop(number)

    def _dug_up(self, numbers: Iterable[int] | None) -> list[DeadLetter]:
        chosen = sorted(self._dead if numbers is None else numbers)
        return [letter for number in chosen if (letter := self._dead.pop(number, None)) is not None]
