"""Lists from the tables of a database: the terms find the documents, and what terms cannot tell is looked at.

Every answer equals that of `matching`, which decides wherever terms do not say it all.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from tmfrig.mockservers.matching import selected, sort_key
from tmfrig.mockservers.query import Query
from tmfrig.mockservers.store import Document, Page
from tmfrig.mockservers.stores.atoms import Choice, Statement, atoms_of, counting, in_all
from tmfrig.mockservers.stores.counts import Counts
from tmfrig.mockservers.stores.probes import Plan, planned
from tmfrig.mockservers.stores.terms import ODD, has_one_term, is_indexed
from tmfrig.mockservers.stores.walks import Walk

FEW = 1000
"""Documents that are read and looked at in one go; of more, a page is read."""
DENSE = 0.02
"""The part of a collection that must match so that a page is found by reading on until it is full."""
SPARE = 1000
"""How many more documents than a sorted page needs are remembered before the last of them are dropped."""
LOOK_UPS = 8
"""Look-ups among the terms that take as long as a look into a document."""
MOST_IDS = 1000
"""Ids that one statement looks up."""
MOST_NEEDLES = 100
"""Texts of which a document must have one that are sought in its bytes: of more, in the document."""

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A collection in the tables: its number, how many documents it has, and its revision."""

    number: int
    documents: int
    revision: int


class Search(ABC):
    """Answers queries from the tables `document`, `attribute` and `term`.

    A database says how its statements are run; each `?` in one stands for an argument.
    """

    has_bytes: str
    """A condition on `d.raw`: the bytes of one argument are in it."""
    merges = True
    """Whether what several sets share is found sooner where it is asked for in order: SQLite then merges what
    an index has in order, instead of putting each set into a table of its own.
    """

    def __init__(self) -> None:
        self._counts: dict[int, Counts] = {}

    @abstractmethod
    async def rows(self, statement: Statement, *, long: bool = False) -> Sequence[Row]:
        """The rows of a statement, which may take its time where it is `long`."""

    @abstractmethod
    def stream(self, statement: Statement, *, long: bool = False) -> AsyncIterator[Sequence[Row]]:
        """The same, some rows at a time."""

    @abstractmethod
    async def attributes(self, place: Place) -> Mapping[str, int]:
        """The numbers of the paths of which documents of a collection have terms."""

    def narrowing(self, query: Query) -> Iterable[Statement]:
        """Conditions on `d` that every matching document meets, where a database knows more of them."""
        return ()

    def counts(self, place: int) -> Counts:
        """The counts of a collection."""
        return self._counts.setdefault(place, Counts())

    async def page(self, place: Place, query: Query) -> Page:
        """The documents that a query asks for."""
        if not query.conditions and not query.filters and not query.sort:
            return await self._first_of_all(place, query)
        if query.only_ids is not None:
            return await self._by_id(place, query, query.only_ids)
        plan = planned(query)
        choices = await self._choices(place, plan)
        if not all(each.atoms for each in choices):
            return Page((), 0)
        exact = plan.complete and not any(each.is_odd for each in choices)
        fewest = min(choices, key=lambda each: each.found, default=None)
        if fewest is not None and fewest.found <= FEW:
            return await self._of_few(fewest, query, exact=exact and len(choices) == 1)
        if exact and query.conditions:
            total: int | None = await self._total(place, query, choices)
        elif not query.conditions and not query.filters:
            total = place.documents
        else:
            total = self.counts(place.number).get(query, place.revision)
        if total is not None and not query.sort and exact:
            documents = await self._exactly(place, query, choices, total)
            return Page(documents, total)
        if total is not None and query.sort:
            walked = await self._walked(place, query, choices, total, exact=exact)
            if walked is not None:
                return Page(walked, total)
        return await self._looked_for(place, query, choices, total)

    async def moving(self, place: Place, query: Query) -> Sequence[Document]:
        """The documents that match and are not as they were seeded."""
        choices = await self._choices(place, planned(query))
        if not all(each.atoms for each in choices):
            return ()
        within = in_all(choices, merged=self.merges) if choices else Statement("SELECT seq FROM document")
        rows = await self.rows(
            Statement(
                f"SELECT d.id, d.raw FROM document d WHERE d.seq IN ({within.sql}) "
                "AND d.collection = ? AND d.seeded = ? ORDER BY d.seq",
                (*within.arguments, place.number, False),
            ),
            long=True,
        )
        return [each for each in _documents(rows) if selected(each.body, query)]

    async def _choices(self, place: Place, plan: Plan) -> list[Choice]:
        known = await self.attributes(place)
        asked = [list(atoms_of(each, known)) for each in plan.probes]
        every = [atom for atoms in asked for atom in atoms]
        if not every:
            return [Choice(()) for _ in asked]
        found = iter((await self.rows(counting(every, FEW + 1)))[0])
        counted = [[replace(atom, found=next(found)) for atom in atoms] for atoms in asked]
        return [Choice(tuple(atom for atom in atoms if atom.found)) for atoms in counted]

    async def _first_of_all(self, place: Place, query: Query) -> Page:
        every = Statement(
            "SELECT d.id, d.raw FROM document d WHERE d.collection = ? ORDER BY d.seq", (place.number,)
        )
        return Page(_documents(await self.rows(_limited(every, query))), place.documents)

    async def _of_few(self, choice: Choice, query: Query, *, exact: bool) -> Page:
        numbers = choice.numbers
        rows = await self.rows(
            Statement(
                f"SELECT d.id, d.raw FROM document d WHERE d.seq IN ({numbers.sql}) ORDER BY d.seq",
                numbers.arguments,
            )
        )
        found = _documents(rows)
        return Page.of(found if exact else [each for each in found if selected(each.body, query)], query)

    async def _by_id(self, place: Place, query: Query, identifiers: tuple[str, ...]) -> Page:
        rows: list[Row] = []
        for start in range(0, len(identifiers), MOST_IDS):
            some = identifiers[start : start + MOST_IDS]
            marks = ", ".join("?" * len(some))
            named = Statement(
                f"SELECT d.seq, d.id, d.raw FROM document d WHERE d.collection = ? AND d.id IN ({marks})",
                (place.number, *some),
            )
            rows += await self.rows(named)
        found = _documents([row[1:] for row in sorted(rows)])
        return Page.of([each for each in found if selected(each.body, query)], query)

    async def _total(self, place: Place, query: Query, choices: Sequence[Choice]) -> int:
        """How many documents terms say that there are."""
        counts = self.counts(place.number)
        total = counts.get(query, place.revision)
        if total is None:
            if len(choices) == 1:
                counting_all = choices[0].amount
            else:
                every = in_all(choices, merged=self.merges)
                counting_all = Statement(f"SELECT count(*) FROM ({every.sql}) AS f", every.arguments)
            total = int((await self.rows(counting_all, long=True))[0][0])
            counts.put(query, place.revision, total)
        return total

    async def _exactly(
        self, place: Place, query: Query, choices: Sequence[Choice], total: int
    ) -> Sequence[Document]:
        """The page of a query of which terms say it all."""
        single = choices[0].single if len(choices) == 1 else None
        if query.offset >= total or query.limit == 0:
            return ()
        if single is not None:
            return await self._page_of_terms(single.condition, query)
        if total >= DENSE * place.documents:
            return (await self._read_on(place, query, None, total)).documents
        every = in_all(choices, merged=self.merges)
        chosen = Statement(
            f"SELECT d.id, d.raw FROM document d WHERE d.seq IN ({every.sql}) ORDER BY d.seq", every.arguments
        )
        return _documents(await self.rows(_limited(chosen, query), long=True))

    async def _page_of_terms(self, condition: Statement, query: Query) -> list[Document]:
        """The page of documents whose terms meet a condition.

        It is found before a document is read, so that what is passed over costs little.
        """
        terms = f"SELECT t.seq FROM term t WHERE {condition.sql} ORDER BY t.seq"
        page = _limited(Statement(terms, condition.arguments), query)
        documents = (
            f"SELECT d.id, d.raw FROM ({page.sql}) AS t JOIN document d ON d.seq = t.seq ORDER BY t.seq"
        )
        long = query.limit is None or query.offset + query.limit > FEW
        return _documents(await self.rows(Statement(documents, page.arguments), long=long))

    async def _walked(
        self, place: Place, query: Query, choices: Sequence[Choice], total: int, *, exact: bool
    ) -> Sequence[Document] | None:
        """The page in the order of one attribute, by its terms; None where that does not give it in time."""
        attribute = await self._walkable(place, query)
        if attribute is None or query.limit is None:
            return None
        end = min(query.offset + query.limit, total)
        if query.offset >= end:
            return ()

        async def ask(statement: Statement) -> Sequence[Row]:
            return await self.rows(statement, long=bool(choices) or end > FEW)

        patience = total * LOOK_UPS if total * LOOK_UPS < place.documents else None
        descending = query.sort[0].descending
        walk = Walk.along(attribute, choices, descending=descending, patience=patience)
        looks = not exact or not walk.tells_all
        walk = await walk.shortened(ask, in_order=looks)
        if looks:
            return await self._walked_and_looked_at(walk, query, end)
        numbers = await walk.numbers(ask, end - query.offset, query.offset)
        return await self._numbered(numbers) if len(numbers) == end - query.offset else None

    async def _walkable(self, place: Place, query: Query) -> int | None:
        """The attribute whose terms are in the order that is asked for; None where there is none."""
        path = ".".join(query.sort[0].path)
        if len(query.sort) > 1 or not has_one_term(path) or not is_indexed((path,)):
            return None
        attribute = (await self.attributes(place)).get(path)
        if attribute is None:
            return None
        odd = Statement("SELECT 1 FROM term WHERE attribute = ? AND value = ? LIMIT 1", (attribute, ODD))
        return None if await self.rows(odd) else attribute

    async def _walked_and_looked_at(self, walk: Walk, query: Query, end: int) -> Sequence[Document] | None:
        condition = walk.condition
        candidates = Statement(
            "SELECT d.id, d.raw FROM term w JOIN document d ON d.seq = w.seq "
            f"WHERE {condition.sql} ORDER BY w.value {'DESC' if walk.descending else 'ASC'}, w.seq",
            condition.arguments,
        )
        matching = 0
        page: list[Document] = []
        async with aclosing(self.stream(candidates, long=True)) as chunks:  # type: ignore[type-var]
            async for rows in chunks:
                for each in _documents(rows):
                    if selected(each.body, query):
                        matching += 1
                        if matching > query.offset:
                            page.append(each)
                    if matching == end:
                        return page
        return None

    async def _numbered(self, numbers: Sequence[int]) -> list[Document]:
        """Documents by their numbers, in the order of those."""
        found: dict[int, Document] = {}
        for start in range(0, len(numbers), MOST_IDS):
            some = numbers[start : start + MOST_IDS]
            marks = ", ".join("?" * len(some))
            named = Statement(f"SELECT d.seq, d.id, d.raw FROM document d WHERE d.seq IN ({marks})", (*some,))
            for seq, identifier, raw in await self.rows(named, long=len(numbers) > FEW):
                found[seq] = Document(identifier, raw)
        # one that changed in between may be there twice
        return [found[each] for each in dict.fromkeys(numbers) if each in found]

    async def _looked_for(
        self, place: Place, query: Query, choices: Sequence[Choice], total: int | None
    ) -> Page:
        """The page where documents have to be looked into."""
        within = None
        if total is None or query.sort or total < DENSE * place.documents:
            within = await self._narrowest(place, choices)
        if query.sort:
            return await self._sorted(place, query, within)
        return await self._read_on(place, query, within, total)

    async def _narrowest(self, place: Place, choices: Sequence[Choice]) -> Choice | None:
        """The choice that leaves the fewest documents, where they are few enough to be worth it."""
        best, least = None, place.documents // 5
        for choice in choices:
            found = int((await self.rows(choice.amount, long=True))[0][0])
            if found < least:
                best, least = choice, found
        return best

    async def _read_on(self, place: Place, query: Query, within: Choice | None, total: int | None) -> Page:
        """Read in order: until the page is full where the total is known, else to the end."""
        end = None if query.limit is None else query.offset + query.limit
        page: list[Document] = []
        matching = 0
        reading = self.stream(self._candidates(place, query, within), long=total is None)
        async with aclosing(reading) as chunks:  # type: ignore[type-var]
            async for rows in chunks:
                for each in _documents(rows):
                    if selected(each.body, query):
                        if matching >= query.offset and (end is None or matching < end):
                            page.append(each)
                        matching += 1
                if total is not None and end is not None and matching >= min(end, total):
                    return Page(page, total)
        self.counts(place.number).put(query, place.revision, matching)
        return Page(page, matching)

    async def _sorted(self, place: Place, query: Query, within: Choice | None) -> Page:
        """Read everything, and remember no more than the page needs."""
        end = None if query.limit is None else query.offset + query.limit
        kept: list[tuple[tuple[Any, ...], int, Document]] = []
        matching = 0
        reading = self.stream(self._candidates(place, query, within), long=True)
        async with aclosing(reading) as chunks:  # type: ignore[type-var]
            async for rows in chunks:
                for each in _documents(rows):
                    if selected(each.body, query):
                        raw_only = Document(each.id, each.raw)
                        kept.append((sort_key(each.body, query.sort), matching, raw_only))
                        matching += 1
                if end is not None and len(kept) > end + SPARE:
                    kept.sort(key=lambda entry: entry[:2])
                    del kept[end:]
        kept.sort(key=lambda entry: entry[:2])
        if query.conditions or query.filters:
            self.counts(place.number).put(query, place.revision, matching)
        return Page([document for _, _, document in kept[query.offset : end]], matching)

    def _candidates(self, place: Place, query: Query, within: Choice | None) -> Statement:
        """Every document that may match, in order."""
        sql = "SELECT d.id, d.raw FROM document d WHERE d.collection = ?"
        arguments: list[Any] = [place.number]
        if within is not None:
            sql += f" AND d.seq IN ({within.numbers.sql})"
            arguments += within.numbers.arguments
        for alternatives in query.needles:
            if len(alternatives) > MOST_NEEDLES:
                continue
            sql += f" AND ({' OR '.join([self.has_bytes] * len(alternatives))})"
            arguments += alternatives
        for each in self.narrowing(query):
            sql += f" AND {each.sql}"
            arguments += each.arguments
        return Statement(sql + " ORDER BY d.seq", tuple(arguments))


def _limited(statement: Statement, query: Query) -> Statement:
    if query.limit is None:
        if not query.offset:
            return statement
        return Statement(f"{statement.sql} LIMIT ? OFFSET ?", (*statement.arguments, 1 << 60, query.offset))
    return Statement(f"{statement.sql} LIMIT ? OFFSET ?", (*statement.arguments, query.limit, query.offset))


def _documents(rows: Sequence[Row]) -> list[Document]:
    return [Document(identifier, raw) for identifier, raw in rows]
