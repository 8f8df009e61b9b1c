"""What every store must do with parcels."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from store_acts import Place, added, events, find, ids, parcel, present

from tmfrig.mockservers.store import Change, ConflictError, Document, Store


async def waiting(store: Store, listener: str = "l") -> Sequence[int]:
    """The numbers of the parcels that wait for a listener."""
    return [each.number for each in await store.outbox.waiting(listener, 1e12, 100_000)]


async def dead(store: Store, after: int = 0, limit: int = 1000) -> str:
    """The events of the dead letters."""
    return "".join(each.parcel.event for each in await store.outbox.dead(after, limit))


def test_a_parcel_is_kept_as_it_came(place: Place) -> None:
    async def act(store: Store) -> None:
        sent = parcel("é😀", "http://127.0.0.1:1/listener?a=b", due=12.25)
        await store.outbox.add([sent])
        (found,) = await store.outbox.waiting(sent.listener, 12.25, 10)
        assert found.number > 0
        assert (found.listener, found.event, found.event_type) == (sent.listener, sent.event, sent.event_type)
        assert (bytes(found.body), found.trace, found.due) == (sent.body, sent.trace, sent.due)

    place.run(act)


def test_parcels_wait_in_their_order_until_they_are_due(place: Place) -> None:
    async def act(store: Store) -> None:
        assert await store.outbox.next_due("l") is None
        await store.outbox.add([parcel("a", due=5), parcel("b"), parcel("c", "m"), parcel("d", due=3)])
        await store.outbox.add([])
        await store.outbox.add([parcel("e")])
        assert await events(store, "l", now=0) == "be"
        assert await events(store, "l", now=2.999) == "be"
        assert await events(store, "l", now=3) == "bde"
        assert await events(store, "l", now=9) == "abde"
        assert await events(store, "l", now=9, limit=2) == "ab"
        assert await events(store, "l", now=0, limit=1) == "b"
        assert [await events(store, each) for each in ("m", "nobody", "", "L")] == ["c", "", "", ""]
        assert [await store.outbox.next_due(each) for each in ("l", "m", "nobody")] == [0, 0, None]
        numbers = await waiting(store)
        assert numbers == sorted(set(numbers))
        await store.outbox.delivered([numbers[1], numbers[3]])
        assert await store.outbox.next_due("l") == 3
        assert await events(store, now=9) == "ad"
        assert await store.outbox.counts() == (3, 0)

    place.run(act)


def test_what_is_delivered_is_gone(place: Place) -> None:
    async def act(store: Store) -> None:
        await store.outbox.add([parcel(each) for each in "abc"])
        a, b, c = await waiting(store)
        await store.outbox.delivered([])
        await store.outbox.delivered([c, a, c, 10**9])
        await store.outbox.delivered([a])
        assert (await events(store), await store.outbox.counts()) == ("b", (1, 0))
        await store.outbox.delivered([b])
        assert (await store.outbox.next_due("l"), await store.outbox.counts()) == (None, (0, 0))
        await store.outbox.add([parcel("d")])
        assert (await waiting(store))[0] > c

    place.run(act)


def test_a_parcel_waits_until_it_is_delivered_given_up_or_forgotten(place: Place) -> None:
    async def act(store: Store) -> None:
        await store.outbox.add([parcel("a"), parcel("b"), parcel("c", "m"), parcel("d", due=1e11)])
        numbers = [*await waiting(store), *await waiting(store, "m")]
        assert [await store.outbox.waits(each) for each in (*numbers, 10**9)] == [True] * 4 + [False]
        await store.outbox.delivered(numbers[:1])
        await store.outbox.give_up(numbers[1], "gone", 1)
        await store.outbox.forget("m")
        assert [await store.outbox.waits(each) for each in numbers] == [False, False, True, False]

    place.run(act)


def test_parcels_are_committed_with_their_change_or_not_at_all(place: Place) -> None:
    async def act(store: Store) -> None:
        await store.commit(added("1"), parcels=[parcel("a"), parcel("b", "m")])
        document = await present(store, "1")
        for stale in (added("1"), Change("x", Document.of({"id": "2"}), None)):
            with pytest.raises(ConflictError):
                await store.commit(stale, parcels=[parcel("lost")])
            with pytest.raises(ConflictError):
                await store.commit(added("3"), stale, parcels=[parcel("lost")])
        await store.commit(Change("x", document, None), parcels=[parcel("c")])
        await store.commit(parcels=[parcel("d")])
        assert (await events(store), await events(store, "m"), await ids(store)) == ("acd", "b", "")

    place.run(act)


def test_the_parcels_of_a_document_are_in_the_order_of_its_changes(place: Place) -> None:
    async def act(store: Store) -> None:
        await store.commit(added("1", n=0))

        async def count_up() -> None:
            while True:
                document = await present(store, "1")
                n = document.body["n"] + 1
                try:
                    await store.commit(
                        Change("x", document, Document.of({"id": "1", "n": n})), parcels=[parcel(f"{n};")]
                    )
                except ConflictError:
                    continue
                return

        await asyncio.gather(*(count_up() for _ in range(50)))
        assert await events(store) == "".join(f"{n};" for n in range(1, 51))

    place.run(act)


def test_what_is_given_up_is_a_dead_letter(place: Place) -> None:
    async def act(store: Store) -> None:
        await store.outbox.add([parcel(each, due=1.5) for each in "abcd"])
        a, b, c, d = await waiting(store)
        await store.outbox.give_up(c, "it answers 500", 7.25)
        await store.outbox.give_up(a, "nobody there; 'quoted'", 8)
        await store.outbox.give_up(10**9, "there is no such parcel", 9)
        assert (await events(store, now=2), await store.outbox.counts()) == ("bd", (2, 2))
        letters = await store.outbox.dead(0, 10)
        assert [(each.parcel.number, each.reason, each.since) for each in letters] == [
            (a, "nobody there; 'quoted'", 8),
            (c, "it answers 500", 7.25),
        ]
        assert bytes(letters[0].parcel.body) == parcel("a").body
        assert (letters[0].parcel.event, letters[0].parcel.trace) == ("a", "00-a-01")
        assert [await dead(store, each) for each in (0, a, b, c, d)] == ["ac", "c", "c", "", ""]
        assert (await dead(store, limit=1), await dead(store, limit=0)) == ("a", "")
        # what was given up is neither delivered nor given up once more
        await store.outbox.delivered([a])
        await store.outbox.give_up(c, "again", 99)
        assert [each.reason for each in await store.outbox.dead(0, 10)] == [
            "nobody there; 'quoted'",
            "it answers 500",
        ]

    place.run(act)


def test_dead_letters_are_revived_at_the_end_of_the_queue(place: Place) -> None:
    async def act(store: Store) -> None:
        await store.outbox.add([parcel(each, due=5) for each in "abcde"])
        numbers = await waiting(store)
        for number in numbers[:4]:
            await store.outbox.give_up(number, "gone", 1)
        assert await store.outbox.revive([numbers[2], numbers[0], numbers[4], 10**9]) == 2
        assert (await events(store, now=0), await events(store, now=9)) == ("ac", "eac")
        assert await dead(store) == "bd"
        assert await store.outbox.revive([]) == 0
        assert await store.outbox.revive(None) == 2
        assert (await events(store, now=9), await store.outbox.counts()) == ("eacbd", (5, 0))
        assert await store.outbox.revive(None) == 0
        revived = await waiting(store)
        assert revived == sorted({*revived})
        assert not {*revived[1:]} & {*numbers}

    place.run(act)


def test_dead_letters_can_be_dropped(place: Place) -> None:
    async def act(store: Store) -> None:
        await store.outbox.add([parcel(each) for each in "abcde"])
        numbers = await waiting(store)
        for number in numbers[:4]:
            await store.outbox.give_up(number, "gone", 1)
        assert await store.outbox.bury([numbers[1], numbers[1], numbers[4], 10**9]) == 1
        assert (await dead(store), await events(store)) == ("acd", "e")
        assert await store.outbox.bury([]) == 0
        assert await store.outbox.bury(None) == 3
        assert (await dead(store), await store.outbox.counts()) == ("", (1, 0))

    place.run(act)


def test_a_listener_is_forgotten_with_all_that_was_for_it(place: Place) -> None:
    async def act(store: Store) -> None:
        await store.outbox.add([parcel("a"), parcel("b", "m"), parcel("c"), parcel("d", "m")])
        for listener in "lm":
            await store.outbox.give_up((await waiting(store, listener))[0], "gone", 1)
        await store.outbox.forget("l")
        await store.outbox.forget("nobody")
        assert (await events(store), await events(store, "m"), await dead(store)) == ("", "d", "b")
        await store.outbox.add([parcel("e")])
        assert await events(store) == "e"

    place.run(act)


def test_what_is_for_those_who_are_registered_anywhere_is_kept(place: Place) -> None:
    async def act(store: Store) -> None:
        await store.commit(
            added("l", "TMF620.v4/hub"), added("m", "TMF622.v5/hub"), added("n", "TMF622.v5/x")
        )
        await store.outbox.add([parcel("a"), parcel("b", "m"), parcel("c", "n"), parcel("d", "nobody")])
        await store.outbox.forget_unregistered()
        kept = [await events(store, each) for each in ("l", "m", "n", "nobody")]
        # where there is one process, nobody dies between the end of a registration and what follows from it
        assert kept == (["a", "b", "", ""] if store.is_shared else ["a", "b", "c", "d"])

    place.run(act)


@pytest.mark.parametrize(
    ("most", "left"), [(0, ""), (1, "a"), (3, "abe"), (4, "abef"), (5, "abefg"), (9, "abefg")]
)
def test_the_newest_are_given_up_where_too_many_wait(place: Place, most: int, left: str) -> None:
    async def act(store: Store) -> None:
        await store.outbox.add([parcel("a"), parcel("b", due=99), parcel("c", "m"), parcel("d")])
        await store.outbox.give_up((await waiting(store))[2], "earlier", 1)
        await store.outbox.add([parcel(each) for each in "efg"])
        assert await store.outbox.give_up_beyond("l", most, "too many wait", 2.5) == 5 - len(left)
        assert (await events(store, now=100), await events(store, "m")) == (left, "c")
        letters = await store.outbox.dead(0, 10)
        assert "".join(each.parcel.event for each in letters) == "".join(
            each for each in "abdefg" if each not in left
        )
        assert [(each.reason, each.since) for each in letters if each.parcel.event != "d"] == [
            ("too many wait", 2.5)
        ] * (5 - len(left))
        assert await store.outbox.give_up_beyond("nobody", most, "", 1) == 0

    place.run(act)


def test_of_too_many_dead_letters_the_oldest_are_dropped(place: Place) -> None:
    async def act(store: Store) -> None:
        most = 10_000
        await store.outbox.add([parcel(f"{n};") for n in range(most + 10)])
        numbers = await waiting(store)
        assert await store.outbox.give_up_beyond("l", 5, "too many wait", 1) == most + 5
        assert await store.outbox.counts() == (5, most)
        assert await dead(store, limit=2) == "10;11;"
        await store.outbox.give_up(numbers[0], "one more", 2)
        assert await store.outbox.counts() == (4, most)
        assert (await find(store)).total == 0

    place.run(act)
