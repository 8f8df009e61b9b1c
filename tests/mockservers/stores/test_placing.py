"""Very many documents put in place at once: in their order, all or none, and others go on meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, cast

import pytest
from store_acts import Place, added, find, ids, present

from tmfrig.mockservers.store import Change, Document, Store

MANY = 1500


def _documents(state: str, first: int = 0, end: int = MANY) -> list[Document]:
    return [Document.of({"id": f"{number:04}", "state": state}) for number in range(first, end)]


async def _total(store: Store, state: str) -> int:
    return (await find(store, f"state={state}&limit=1")).total


def test_of_several_calls_at_once_the_last_to_begin_holds(place: Place) -> None:
    async def act(store: Store) -> None:
        calls = [("held", 0, MANY), ("done", 0, 3), ("active", 2, 800), ("done", 1400, 1600)]
        await asyncio.gather(*(store.place("x", _documents(*each)) for each in calls))
        page = await find(store)
        assert [each.id for each in page.documents] == [f"{number:04}" for number in range(1600)]
        states = [each.body["state"] for each in page.documents]
        assert states == ["done"] * 2 + ["active"] * 798 + ["held"] * 600 + ["done"] * 200
        assert [await _total(store, each) for each in ("held", "active", "done")] == [600, 798, 202]

    place.run(act)


def test_others_read_what_was_there_and_their_changes_are_made(place: Place) -> None:
    async def act(store: Store) -> None:
        await store.place("x", _documents("held"))
        placing = asyncio.create_task(store.place("x", _documents("done")))
        seen = set()
        changed = 0
        while not placing.done():
            seen.add((await present(store, f"{MANY - 1:04}")).body["state"])
            await store.commit(added(f"{changed}", "others", state="held"))
            changed += 1
            # where nothing waits for anything, nobody else would go on
            await asyncio.sleep(0)
            assert await _total(store, "held") in range(MANY + 1)
        await placing
        assert seen <= {"held", "done"}
        assert (await find(store, "state=held", "others")).total == changed
        assert [await _total(store, each) for each in ("held", "done")] == [0, MANY]
        # what is known of the documents is what is there
        last = await present(store, f"{MANY - 1:04}")
        await store.commit(Change("x", last, Document.of({"id": last.id, "state": "held"})))
        assert [await _total(store, each) for each in ("held", "done")] == [1, MANY - 1]

    place.run(act)


def test_where_one_cannot_be_written_none_is(durable_place: Place) -> None:
    async def act(store: Store) -> None:
        await store.place("x", _documents("held", 0, 2))
        unwritable = Document("0002", cast(Any, object()), {"id": "0002", "state": "done"})
        with pytest.raises(Exception, match=r"."):
            await store.place("x", [*_documents("done", 1, 2), unwritable])
        with pytest.raises(Exception, match=r"."):
            await store.place("new", [Document.of({"id": "1", "name": "held"}), unwritable])
        assert [await ids(store, each) for each in ("state=held", "state=done")] == ["00000001", ""]
        await store.place("new", [Document.of({"id": "1", "name": "held"})])
        await store.place("x", _documents("done", 1, 3))
        assert [await ids(store, each) for each in ("state=held", "state=done")] == ["0000", "00010002"]
        assert await ids(store, "name=held", "new") == "1"

    durable_place.run(act)


def test_who_gives_up_in_the_middle_leaves_all_or_nothing(place: Place) -> None:
    async def act(store: Store) -> None:
        placing = asyncio.create_task(store.place("x", _documents("held", 0, 500)))
        # it has begun, and writes perhaps
        for _ in range(10):
            await asyncio.sleep(0)
        placing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await placing
        assert (await find(store, "limit=1")).total in (0, 500)
        await store.place("x", _documents("done"))
        await store.commit(added("late", state="done"))
        assert [await _total(store, each) for each in ("held", "done")] == [0, MANY + 1]

    place.run(act)
