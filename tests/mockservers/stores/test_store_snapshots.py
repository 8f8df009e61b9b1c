"""What every store must do with data that was seeded, and with snapshots."""

from __future__ import annotations

import asyncio

import pytest
from store_acts import Place, added, ids, parcel, present

from tmfrig.mockservers.query import EVERYTHING, parse_query
from tmfrig.mockservers.store import Change, ConflictError, Document, Store


def test_what_is_seeded_rests_until_it_is_changed(place: Place) -> None:
    async def act(store: Store) -> None:
        await store.commit(*(added(each, state="held") for each in "abc"), seeded=True)
        await store.commit(added("d", state="held"), added("e", state="done"))

        async def restless(query: str = "") -> str:
            return "".join(each.id for each in await store.restless("x", parse_query(query.encode())))

        assert (await restless(), await restless("state=held"), await restless("id=a")) == ("de", "d", "")
        a, b = await present(store, "a"), await present(store, "b")
        await store.commit(Change("x", b, Document.of({"id": "b", "state": "done"})), Change("x", a, None))
        await store.commit(Change("x", None, a))
        assert (await restless(), await restless("state=held"), await restless("nope=1")) == (
            "bdea",
            "da",
            "",
        )
        d = await present(store, "d")
        await store.commit(Change("x", d, Document.of({"id": "d", "state": "held", "n": 1})), seeded=True)
        assert await restless("state=held,done") == "bea"
        assert await restless("state.regex=^d") == "be"
        assert await restless("filter=" + "$[?(@.state=='held')]") == "a"

    place.run(act)


def test_documents_can_be_kept_and_put_back(place: Place) -> None:
    async def act(store: Store) -> None:
        await store.commit(added("a", state="held"), added("b", state="held"), seeded=True)
        await store.commit(added("c", state="done"), added("1", "y"))
        assert await store.keep("then") == 4
        a, b = await present(store, "a"), await present(store, "b")
        changed = Document.of({"id": "a", "state": "done"})
        await store.commit(Change("x", a, changed), Change("x", b, None))
        await store.commit(added("d", state="held"), added("1", "z"))
        await store.put_back("then")
        assert [await ids(store, query) for query in ("", "state=held", "state=done")] == ["abc", "ab", "c"]
        assert [await ids(store, "", each) for each in "yz"] == ["1", ""]
        assert [(await store.find(each, EVERYTHING)).total for each in "xyz"] == [3, 1, 0]
        assert (await present(store, "a")).raw == a.raw
        assert [each.id for each in await store.restless("x", EVERYTHING)] == ["c"]
        for gone in (Change("x", changed, a), Change("x", changed, None)):
            with pytest.raises(ConflictError):
                await store.commit(gone)
        await store.commit(added("d", state="held"))
        assert await ids(store, "state=held") == "abd"
        # as often as one likes
        await store.put_back("then")
        assert await ids(store) == "abc"

    place.run(act)


def test_a_snapshot_is_as_it_was_kept_last_and_no_other_one(place: Place) -> None:
    async def act(store: Store) -> None:
        assert await store.keep("empty") == 0
        await store.commit(added("a"))
        assert await store.keep("one") == 1
        await store.commit(added("b"))
        assert await store.keep("one") == 2
        assert await store.all_kept() == {"empty": 0, "one": 2}
        await store.put_back("empty")
        assert await ids(store) == ""
        assert (await store.find("x", EVERYTHING)).total == 0
        await store.put_back("one")
        assert await ids(store) == "ab"
        await store.drop("one")
        await store.drop("never kept")
        for name in ("one", "never kept"):
            with pytest.raises(KeyError):
                await store.put_back(name)
        assert await ids(store) == "ab"
        assert await store.all_kept() == {"empty": 0}

    place.run(act)


def test_a_snapshot_that_nobody_kept_empties_no_outbox(place: Place) -> None:
    async def act(store: Store) -> None:
        await store.commit(added("a"), parcels=[parcel("1")])
        with pytest.raises(KeyError):
            await store.put_back("never kept")
        assert (await store.outbox.counts(), await ids(store)) == ((1, 0), "a")
        await store.keep("kept")
        await store.outbox.give_up((await store.outbox.waiting("l", 1, 1))[0].number, "gone", 1.0)
        await store.outbox.add([parcel("2")])
        await store.put_back("kept")
        assert await store.outbox.counts() == (0, 0)

    place.run(act)


def test_putting_back_while_others_write_leaves_the_right_numbers(place: Place) -> None:
    async def act(store: Store) -> None:
        await store.commit(added("a", state="held"))
        await store.keep("then")
        for turn in range(5):
            await asyncio.gather(
                *(store.commit(added(f"{turn}{n}", state="held")) for n in range(3)),
                store.put_back("then"),
                *(store.commit(added(f"{turn}{n}", state="held")) for n in range(3, 6)),
            )
            page = await store.find("x", EVERYTHING)
            assert page.total == len(page.documents) == len(await store.identifiers("x")) > 0
            assert (await store.find("x", parse_query(b"state=held&limit=1"))).total == page.total

    place.run(act)
