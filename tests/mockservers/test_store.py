"""What every store must do; the one in memory does it."""

from __future__ import annotations

import asyncio

import pytest

from tmfrig.mockservers.query import EVERYTHING, parse_query
from tmfrig.mockservers.store import Change, ConflictError, Document, MemoryStore


def test_documents_are_kept_as_they_came_and_in_their_order() -> None:
    async def run() -> None:
        store = MemoryStore()
        for identifier in ("b", "a", "c"):
            await store.commit(Change("x", None, Document.of({"id": identifier, "ü": [1, None]})))
        document = await store.get("x", "a")
        assert document is not None
        assert document.raw == '{"id":"a","ü":[1,null]}'.encode()
        assert document.body == {"id": "a", "ü": [1, None]}
        page = await store.find("x", EVERYTHING)
        assert ([each.id for each in page.documents], page.total) == (["b", "a", "c"], 3)

    asyncio.run(run())


def test_collections_do_not_see_each_other() -> None:
    async def run() -> None:
        store = MemoryStore()
        await store.commit(Change("x", None, Document.of({"id": "1"})))
        assert await store.get("y", "1") is None
        assert (await store.find("y", EVERYTHING)).total == 0

    asyncio.run(run())


def test_a_change_of_what_was_changed_meanwhile_is_a_conflict() -> None:
    async def run() -> None:
        store = MemoryStore()
        first = Document.of({"id": "1", "n": 1})
        await store.commit(Change("x", None, first))
        stale = await store.get("x", "1")
        await store.commit(Change("x", stale, Document.of({"id": "1", "n": 2})))
        for change in (
            Change("x", stale, Document.of({"id": "1", "n": 3})),
            Change("x", stale, None),
            Change("x", None, Document.of({"id": "1", "n": 4})),
        ):
            with pytest.raises(ConflictError):
                await store.commit(change)
        present = await store.get("x", "1")
        assert present is not None
        assert present.body == {"id": "1", "n": 2}
        await store.commit(Change("x", present, None))
        with pytest.raises(ConflictError):
            await store.commit(Change("x", present, Document.of({"id": "1"})))

    asyncio.run(run())


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("id=2", "2"),
        ("id=2,3", "23"),
        ("id=2&name=Zo%C3%AB", "2"),
        ("name=Zoë", "2"),
        ("name=a%22b", "3"),
        ("name=zoë", ""),
        ("flag=true", "1"),
        ("name=true", "4"),
    ],
)
def test_shortcuts_through_the_bytes_find_what_a_full_search_finds(query: str, ids: str) -> None:
    bodies = [
        {"id": "1", "flag": True},
        {"id": "2", "name": "Zoë"},
        {"id": "3", "name": 'a"b'},
        {"id": "4", "name": "true"},
    ]

    async def run() -> str:
        store = MemoryStore()
        for body in bodies:
            await store.commit(Change("x", None, Document.of(body)))
        return "".join(each.id for each in (await store.find("x", parse_query(query.encode()))).documents)

    assert asyncio.run(run()) == ids
