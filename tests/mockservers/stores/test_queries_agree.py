"""Every store finds what `matching` finds when it looks at all documents, however it goes about it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any
from unittest.mock import patch
from urllib.parse import quote

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_acts import Place, added, find, present
from store_cases import SCALARS, SHAPES, SPELLINGS, Case, drawn

from tmfrig.mockservers.errors import ApiError
from tmfrig.mockservers.matching import in_order, selected
from tmfrig.mockservers.query import Query, parse_query
from tmfrig.mockservers.store import Change, Document, Store
from tmfrig.mockservers.stores import counts, searching, sqlite_file
from tmfrig.mockservers.stores.atoms import Choice
from tmfrig.mockservers.stores.counts import Counts
from tmfrig.mockservers.stores.searching import Search
from tmfrig.mockservers.stores.terms import ODD, written
from tmfrig.mockservers.stores.walks import Walk

EXAMPLES = {"memory": 60, "sqlite": 80, "postgresql": 50}
WAYS = {
    "the first of all",
    "by id",
    "few, looked at",
    "few, by terms alone",
    "counted by terms",
    "count kept",
    "one term walked",
    "terms intersected",
    "read on to a total",
    "read on to the end",
    "read on within a choice",
    "sorted by a walk",
    "sorted by a walk backwards",
    "sorted by a walk to a later page",
    "sorted by a walk, looked at",
    "a walk that ends before",
    "no walk",
    "sorted and remembered",
    "sorted within a choice",
}
"""How databases look; each is to be seen with the little data that there is here."""


def expected(documents: Sequence[Document], query: Query) -> tuple[list[str], int]:
    """The ids of the page and the total, by looking at everything.

    Ids are texts: one that is a date is not found by another spelling of that date.
    """
    only = query.only_ids
    found = [each for each in documents if (only is None or each.id in only) and selected(each.body, query)]
    if query.sort:
        found = in_order(found, query.sort, lambda each: each.body)
    end = None if query.limit is None else query.offset + query.limit
    return [each.id for each in found[query.offset : end]], len(found)


def test_every_store_finds_what_looking_at_everything_finds(place: Place) -> None:
    taken: set[str] = set()
    collections = map("collection {}".format, itertools.count())
    with asyncio.Runner() as runner, _noted(taken):
        store = place.store()
        runner.run(store.open())

        # drawn piece by piece, most cases would be variants of a few
        @settings(max_examples=EXAMPLES[place.kind])
        @given(st.randoms(use_true_random=True))
        def agrees(random: Random) -> None:
            case = drawn(random)
            with _looking(case):
                runner.run(_compare(store, next(collections), case))

        try:
            agrees()
        finally:
            runner.run(store.close())
    assert taken == (set() if place.kind == "memory" else WAYS)


def test_every_value_compares_with_every_other_as_it_should(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each on a document of its own: such as terms tell all about, and any."""
    monkeypatch.setattr(searching, "FEW", 0)
    texts = dict.fromkeys([*SPELLINGS, *(each for each in SCALARS if isinstance(each, str)), "y" * 201])
    operators = itertools.cycle([("=", ">", "<="), ("=", ">=", "<")])
    queries = [f"priority{each}{quote(text, safe='')}" for text in texts for each in next(operators)]
    windows = ["", "&limit=5", "&limit=3&offset=2", "&limit=200"]
    queries += [f"sort={sign}priority{window}" for sign in ("", "-") for window in windows]
    references = [
        f"relatedParty.id={quote(each, safe='')}" for each in ("p1", "p2", "1", "null", "2024-01-01", "[]")
    ]

    async def act(store: Store) -> None:
        exact = [each for each in SCALARS if written(each) != ODD]
        for collection, values in (("exact", exact), ("all", [*SCALARS, *SHAPES])):
            bodies = [{"id": f"{n}", "priority": each} for n, each in enumerate(values)]
            bodies += [{"id": "none"}]
            bodies += [{"id": f"r{n}", "relatedParty": each} for n, each in enumerate(SHAPES)]
            documents = [Document.of(orjson.loads(orjson.dumps(each))) for each in bodies]
            await store.commit(*(Change(collection, None, each) for each in documents))
            for text in (*queries, *references):
                query = parse_query(text.encode())
                page = await store.find(collection, query)
                assert ([each.id for each in page.documents], page.total) == expected(documents, query), text

    place.run(act)


def test_two_conditions_on_one_attribute_find_what_meets_both(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Among values that terms tell all about, and with such as have to be looked at."""
    monkeypatch.setattr(searching, "FEW", 0)
    values: list[Any] = [1, 2, 3, "1", "2", "b", "c", "d", "2024-01-01", "2024-01-02", True, None, ["c"]]
    sought = ("2", "c", "2024-01-01T00:00:00Z")
    tests = [f"priority{operator}{each}" for operator in (">", ">=", "<", "<=") for each in sought]
    tests += ["priority=2,d,true", "priority<2;priority>c", "priority>nan"]

    async def act(store: Store) -> None:
        for collection, some in (("exact", values[:-1]), ("all", values)):
            documents = [Document.of({"id": f"{n}", "priority": each}) for n, each in enumerate(some)]
            documents.append(Document.of({"id": "none"}))
            await store.commit(*(Change(collection, None, each) for each in documents))
            for one, another in itertools.combinations(tests, 2):
                query = parse_query(f"{one}&{another}&sort=-priority&limit=20".encode())
                page = await store.find(collection, query)
                found = ([each.id for each in page.documents], page.total)
                assert found == expected(documents, query), (one, another)

    place.run(act)


@pytest.mark.parametrize("look_ups", [0, 1, 3, 1000])
def test_a_walk_finds_the_documents_in_order_or_gives_up(
    place: Place, monkeypatch: pytest.MonkeyPatch, look_ups: int
) -> None:
    """In few values, so that many documents have the same, some of which the end of a walk leaves out."""
    monkeypatch.setattr(searching, "FEW", 0)
    monkeypatch.setattr(searching, "LOOK_UPS", look_ups)
    random = Random(4)
    bodies = [
        {
            "id": f"{number}",
            "status": random.choice("ab"),
            "name": random.choice("abcdefgh"),
            "relatedParty": [{"id": random.choice("xxxyyz")}],
            **({"priority": random.choice((1, 2, 3, "4"))} if random.random() < 0.9 else {}),
        }
        for number in range(40)
    ]
    selections = ["", "relatedParty.id=y&", "relatedParty.id=z,y&name=a,b,c&", "relatedParty.id=z;name.lt=c&"]
    selections += ["name.gt=b&name.lte=f&", "name.gt=b&status=a&", "priority.lt=3&status=b&", "name.ne=a&"]
    orders = [f"sort={sign}{name}" for sign in ("", "-") for name in ("status", "name", "priority")]
    windows = ["&limit=1", "&limit=3", "&limit=4&offset=2", "&limit=1&offset=9", "&limit=9&offset=30"]

    async def act(store: Store) -> None:
        documents = [Document.of(each) for each in bodies]
        await store.commit(*(Change("x", None, each) for each in documents))
        for text in map("".join, itertools.product(selections, orders, windows)):
            query = parse_query(text.encode())
            page = await store.find("x", query)
            assert ([each.id for each in page.documents], page.total) == expected(documents, query), text

    place.run(act)


def test_counts_are_right_when_another_store_over_the_same_data_changes_it(
    durable_place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "FEW", 0)

    async def act(store: Store) -> None:
        async with durable_place.opened() as other:
            await store.commit(*(added(each, state="held") for each in "abcde"))
            await store.keep("then")
            for query in ("state=held&limit=1", "state=held&note.ne=x&limit=1", "limit=1"):
                assert [(await find(each, query)).total for each in (store, other)] == [5, 5]
            await other.commit(Change("x", await present(other, "a"), None))
            await store.commit(
                Change("x", await present(store, "b"), Document.of({"id": "b", "state": "done"}))
            )
            for query, total in (
                ("state=held&limit=1", 3),
                ("state=held&note.ne=x&limit=1", 3),
                ("limit=1", 4),
            ):
                assert [(await find(each, query)).total for each in (store, other)] == [total, total]
            await other.put_back("then")
            for query in ("state=held&limit=1", "state=held&note.ne=x&limit=1", "limit=1"):
                assert [(await find(each, query)).total for each in (store, other)] == [5, 5]

    durable_place.run(act)


async def _compare(store: Store, collection: str, case: Case) -> None:
    queries = []
    for each in case.queries:
        try:
            queries.append((each, parse_query(each.encode())))
        except ApiError:
            continue
    documents = [Document.of(body) for body in case.bodies]
    seeded, others = documents[::2], documents[1::2]
    await store.commit(*(Change(collection, None, each) for each in seeded), seeded=True)
    await store.commit(*(Change(collection, None, each) for each in others))
    there = {each.id: each for each in (*seeded, *others)}
    moved = {each.id for each in others}
    await _ask(store, collection, list(there.values()), queries, moved)
    for identifier, after in case.changes:
        before = there.get(identifier)
        change = Change(collection, before, None if after is None else Document.of(after))
        await store.commit(change)
        moved.add(identifier)
        if change.after is None:
            there.pop(identifier, None)
        else:
            there[identifier] = change.after
    await _ask(store, collection, list(there.values()), queries, moved)


async def _ask(
    store: Store,
    collection: str,
    documents: Sequence[Document],
    queries: Sequence[tuple[str, Query]],
    moved: set[str],
) -> None:
    for number, (text, query) in enumerate(queries):
        page = await store.find(collection, query)
        assert ([each.id for each in page.documents], page.total) == expected(documents, query), text
        assert all(each.raw == _named(documents, each.id).raw for each in page.documents)
        if number % 2 == 0 and query.only_ids is None:
            restless = [each.id for each in documents if each.id in moved and selected(each.body, query)]
            assert [each.id for each in await store.restless(collection, query)] == restless, text


def _named(documents: Sequence[Document], identifier: str) -> Document:
    return next(each for each in documents if each.id == identifier)


@contextmanager
def _looking(case: Case) -> Iterator[None]:
    """With limits so low that little data is much."""
    with (
        patch.object(searching, "FEW", case.few),
        patch.object(searching, "DENSE", case.dense),
        patch.object(searching, "SPARE", case.spare),
        patch.object(searching, "LOOK_UPS", case.look_ups),
        patch.object(counts, "MOST", case.counts),
        patch.object(sqlite_file, "CHUNK", 2),
    ):
        yield


@contextmanager
def _noted(taken: set[str]) -> Iterator[None]:
    """Note down which ways a database goes."""

    def first(*_: Any) -> None:
        taken.add("the first of all")

    def by_id(*_: Any) -> None:
        taken.add("by id")

    def few(_: Search, __: Choice, ___: Query, *, exact: bool) -> None:
        taken.add("few, by terms alone" if exact else "few, looked at")

    def exactly(
        _: Search, place: searching.Place, query: Query, choices: Sequence[Choice], total: int
    ) -> None:
        if query.offset >= total or query.limit == 0:
            return
        if len(choices) == 1 and choices[0].single is not None:
            taken.add("one term walked")
        elif total < searching.DENSE * place.documents and len(choices) > 1:
            taken.add("terms intersected")

    def read_on(_: Search, __: Any, ___: Query, within: Choice | None, total: int | None) -> None:
        taken.add("read on to the end" if total is None else "read on to a total")
        if within is not None:
            taken.add("read on within a choice")

    def sorting(_: Search, __: Any, ___: Query, within: Choice | None) -> None:
        taken.add("sorted and remembered" if within is None else "sorted within a choice")

    def totalling(*_: Any) -> None:
        taken.add("counted by terms")

    walked, looked_at, numbered, kept = (
        Search._walked,
        Search._walked_and_looked_at,
        Walk.numbers,
        Counts.get,
    )

    async def walking(self: Search, *arguments: Any, **named: Any) -> Sequence[Document] | None:
        page = await walked(self, *arguments, **named)
        taken.add("no walk" if page is None else "sorted by a walk")
        return page

    async def looking_at(self: Search, *arguments: Any) -> Sequence[Document] | None:
        page = await looked_at(self, *arguments)
        if page:
            taken.add("sorted by a walk, looked at")
        return page

    async def numbering(self: Walk, ask: Any, limit: int, offset: int) -> list[int]:
        numbers = await numbered(self, ask, limit, offset)
        if numbers and self.descending:
            taken.add("sorted by a walk to a later page" if offset else "sorted by a walk backwards")
        if self.patience is not None and len(numbers) < limit:
            taken.add("a walk that ends before")
        return numbers

    def getting(self: Counts, query: Query, revision: int) -> int | None:
        number = kept(self, query, revision)
        if number is not None:
            taken.add("count kept")
        return number

    noted = {
        "_first_of_all": first,
        "_by_id": by_id,
        "_of_few": few,
        "_exactly": exactly,
        "_read_on": read_on,
        "_sorted": sorting,
        "_total": totalling,
    }
    with (
        patch.multiple(Search, _walked=walking, _walked_and_looked_at=looking_at),
        patch.multiple(Search, **{name: _after(name, note) for name, note in noted.items()}),
        patch.object(Walk, "numbers", numbering),
        patch.object(Counts, "get", getting),
    ):
        yield


def _after(name: str, note: Any) -> Any:
    done = getattr(Search, name)

    def noting(*arguments: Any, **named: Any) -> Any:
        note(*arguments, **named)
        return done(*arguments, **named)

    return noting
