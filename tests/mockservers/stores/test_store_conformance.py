"""What every store must do with documents."""

from __future__ import annotations

import asyncio

import pytest
from store_acts import Place, added, ids, present

from tmfrig.mockservers.matching import selected
from tmfrig.mockservers.query import EVERYTHING, parse_query
from tmfrig.mockservers.store import Change, ConflictError, Document, Store


def test_documents_are_kept_as_they_came_and_in_their_order(place: Place) -> None:
    async def act(store: Store) -> None:
        for identifier in ("b", "a", "c"):
            await store.commit(added(identifier, ü=[1, None, "\0", "😀"]))
        document = await present(store, "a")
        assert document.id == "a"
        assert document.raw == '{"id":"a","ü":[1,null,"\\u0000","😀"]}'.encode()
        assert document.body == {"id": "a", "ü": [1, None, "\0", "😀"]}
        page = await store.find("x", EVERYTHING)
        assert ([each.id for each in page.documents], page.total) == (["b", "a", "c"], 3)
        assert page.documents[1].raw == document.raw

    place.run(act)


def test_a_document_changes_in_its_place_and_comes_back_at_the_end(place: Place) -> None:
    async def act(store: Store) -> None:
        await store.commit(*map(added, "abc"))
        a = await present(store, "a")
        changed = Document.of({"id": "a", "state": "held"})
        await store.commit(Change("x", a, changed))
        assert await ids(store) == "abc"
        assert (await present(store, "a")).raw == changed.raw
        await store.commit(Change("x", changed, None))
        assert await ids(store) == "bc"
        assert await store.get("x", "a") is None
        await store.commit(Change("x", None, a))
        assert await ids(store) == "bca"

    place.run(act)


def test_collections_do_not_see_each_other(place: Place) -> None:
    async def act(store: Store) -> None:
        await store.commit(added("1", state="held"))
        await store.commit(added("1", "z", state="done"))
        for collection in ("y", "X", "", "x\0"):
            assert await store.get(collection, "1") is None
            assert (await store.find(collection, EVERYTHING)).total == 0
            assert await store.identifiers(collection) == frozenset()
            assert list(await store.restless(collection, EVERYTHING)) == []
        assert [await ids(store, "state=held", each) for each in "xz"] == ["1", ""]
        assert [await ids(store, "id=1", each) for each in "xyz"] == ["1", "", "1"]

    place.run(act)


@pytest.mark.parametrize(
    "identifier", ["a b", "ü/😀", "'", '"', "%", "\\", "a" * 3000, "2024-01-01", "1", "01", "A"]
)
def test_an_id_may_be_any_text_and_is_no_other(place: Place, identifier: str) -> None:
    async def act(store: Store) -> None:
        await store.commit(*(added(each) for each in {identifier, "a", "ü", "2024-01-01T00:00:00Z"}))
        document = await present(store, identifier)
        assert document.body == {"id": identifier}
        assert identifier in await store.identifiers("x")
        assert await store.get("x", identifier + " ") is None

    place.run(act)


def test_what_cannot_be_an_id_is_not_found(place: Place) -> None:
    async def act(store: Store) -> None:
        await store.commit(added("a"))
        for identifier in ("", "\0", "a\0", "\0a", "a" * 100_000):
            assert await store.get("x", identifier) is None
        for query in ("id=", "id=%00", "id=a%00", "id=%FF", "id=" + "b" * 50_000):
            assert await ids(store, query) == ""
        assert await ids(store, "id=a%00,a") == "a"

    place.run(act)


def test_a_change_of_what_was_changed_meanwhile_is_a_conflict(place: Place) -> None:
    async def act(store: Store) -> None:
        await store.commit(added("1", n=1))
        stale = await present(store, "1")
        await store.commit(Change("x", stale, Document.of({"id": "1", "n": 2})))
        for change in (
            Change("x", stale, Document.of({"id": "1", "n": 3})),
            Change("x", stale, None),
            Change("x", None, Document.of({"id": "1", "n": 4})),
        ):
            with pytest.raises(ConflictError):
                await store.commit(change)
        current = await present(store, "1")
        assert current.body == {"id": "1", "n": 2}
        await store.commit(Change("x", current, None))
        for after in (Document.of({"id": "1"}), None):
            with pytest.raises(ConflictError):
                await store.commit(Change("x", current, after))

    place.run(act)


def test_of_several_changes_all_are_made_or_none(place: Place) -> None:
    async def act(store: Store) -> None:
        await store.commit(added("1", state="held"), added("2", state="held"), added("3", state="held"))
        one, two, three = [await present(store, each) for each in "123"]
        changed = Document.of({"id": "2", "state": "done"})
        await store.commit(Change("x", one, None), Change("x", two, changed), added("4", state="done"))
        assert [await ids(store, query) for query in ("", "state=held", "state=done")] == ["234", "3", "24"]
        for stale in (Change("x", two, one), Change("x", one, None), added("4")):
            with pytest.raises(ConflictError):
                await store.commit(added("5", state="done"), Change("x", three, None), stale)
            with pytest.raises(ConflictError):
                await store.commit(stale, added("5", state="done"), Change("x", three, None))
        assert [await ids(store, query) for query in ("", "state=held", "state=done")] == ["234", "3", "24"]
        assert (await store.find("x", EVERYTHING)).total == 3

    place.run(act)


def test_what_a_failed_change_was_the_first_to_name_can_be_named_again(place: Place) -> None:
    """Collections and attributes that are new to a store, in a change that comes to nothing."""

    async def act(store: Store) -> None:
        await store.commit(added("1"))
        stale = Change("x", None, Document.of({"id": "1"}))
        with pytest.raises(ConflictError):
            await store.commit(added("2", state="held"), added("1", "new"), stale)
        await store.commit(added("2", name="held"))
        await store.commit(added("3", state="held"))
        await store.commit(added("1", "new", state="held"))
        assert [await ids(store, query) for query in ("", "state=held", "name=held")] == ["123", "3", "2"]
        assert [await ids(store, query, "new") for query in ("", "state=held", "name=held")] == ["1", "1", ""]
        assert (await store.find("new", EVERYTHING)).total == 1

    place.run(act)


def test_changes_that_come_at_once_and_conflict_leave_the_others_alone(place: Place) -> None:
    async def act(store: Store) -> None:
        await store.commit(added("0", state="held"))
        outcomes = await asyncio.gather(
            *(store.commit(added(each, state="held"), added("9" + each, state="done")) for each in "1002"),
            store.commit(added("1", "new"), added("0")),
            store.commit(added("2", "new", state="held")),
            return_exceptions=True,
        )
        assert [type(each) for each in outcomes if isinstance(each, BaseException)] == [ConflictError] * 3
        assert sorted(await store.identifiers("x")) == ["0", "1", "2", "91", "92"]
        assert sorted(await ids(store, "state=held")) == ["0", "1", "2"]
        assert (await ids(store, "", "new"), await ids(store, "state=held", "new")) == ("2", "2")
        assert (await store.find("x", EVERYTHING)).total == 5

    place.run(act)


def test_nothing_to_change_is_no_change(place: Place) -> None:
    async def act(store: Store) -> None:
        await store.commit()
        await store.commit(Change("x", None, None))
        assert (await store.find("x", EVERYTHING)).total == 0

    place.run(act)


def test_200_changes_of_one_document_at_once_lose_nothing(place: Place) -> None:
    async def act(store: Store) -> None:
        await store.commit(added("1", n=0))
        conflicts = 0

        async def count_up() -> None:
            nonlocal conflicts
            document = await present(store, "1")
            # whoever else is there reads it too
            await asyncio.sleep(0)
            try:
                await store.commit(
                    Change("x", document, Document.of({"id": "1", "n": document.body["n"] + 1}))
                )
            except ConflictError:
                conflicts += 1
                await count_up()

        async def five_times() -> None:
            for _ in range(5):
                await count_up()

        await asyncio.gather(*(five_times() for _ in range(40)))
        assert (await present(store, "1")).body["n"] == 200
        assert conflicts > 0

    place.run(act)


def test_of_200_that_create_one_document_at_once_one_does(place: Place) -> None:
    async def act(store: Store) -> None:
        outcomes = await asyncio.gather(
            *(store.commit(added("1", n=n)) for n in range(200)), return_exceptions=True
        )
        assert sum(isinstance(each, ConflictError) for each in outcomes) == 199
        (winner,) = (n for n, each in enumerate(outcomes) if not isinstance(each, BaseException))
        assert (await present(store, "1")).body["n"] == winner

    place.run(act)


def test_200_documents_that_are_created_at_once_are_all_there(place: Place) -> None:
    async def act(store: Store) -> None:
        numbers = [str(n) for n in range(200)]
        await asyncio.gather(*(store.commit(added(each, status="active")) for each in numbers))
        assert await store.identifiers("x") == frozenset(numbers)
        page = await store.find("x", parse_query(b"status=active&limit=1"))
        assert (page.total, (await store.find("x", EVERYTHING)).total) == (200, 200)

    place.run(act)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("id=2", "2"),
        ("id=2,3", "23"),
        ("id=3,2,9,2", "23"),
        ("id=2&name=Zo%C3%AB", "2"),
        ("name=Zoë", "2"),
        ("name=a%22b", "3"),
        ("name=zoë", ""),
        ("flag=true", "1"),
        ("name=true", "4"),
    ],
)
def test_shortcuts_through_the_bytes_find_what_a_full_search_finds(
    place: Place, query: str, found: str
) -> None:
    async def act(store: Store) -> None:
        await store.commit(
            added("1", flag=True), added("2", name="Zoë"), added("3", name='a"b'), added("4", name="true")
        )
        assert await ids(store, query) == found

    place.run(act)


@pytest.mark.parametrize("many", [100, 400, 700, 2500, 9000])
@pytest.mark.parametrize("name", ["id", "state", "remark", "state.gt"])
def test_a_query_may_name_very_many_values(place: Place, name: str, many: int) -> None:
    async def act(store: Store) -> None:
        await store.commit(
            *(added(str(n), state=f"s{n}", remark=f"s{n}") for n in range(0, many, many // 20))
        )
        values = [str(n) if name == "id" else f"s{n}" for n in range(10, many)]
        page = await store.find("x", parse_query(f"{name}={','.join(values)}&limit=3".encode()))
        every = parse_query(f"{name}={','.join(values)}".encode())
        bodies = [each.body for each in (await store.find("x", EVERYTHING)).documents]
        expected = [each["id"] for each in bodies if selected(each, every)]
        assert ([each.id for each in page.documents], page.total) == (expected[:3], len(expected))

    place.run(act)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("priority=9007199254740993", "2"),
        ("priority=%2B9007199254740992", "1"),
        ("priority=-9007199254740993", "3"),
        ("priority=12345678901234567890", "4"),
        ("priority=123456789012345678901234567890", "6"),
        ("priority.gt=9007199254740992", "246"),
        ("priority.lt=9007199254740993", "135"),
        ("priority.gte=9007199254740993", "246"),
        ("priority.lte=-9007199254740993", "3"),
        ("priority=9007199254740992.0", "1"),
    ],
)
def test_whole_numbers_that_no_double_has_are_compared_exactly(
    place: Place, query: str, expected: str
) -> None:
    numbers = [2**53, 2**53 + 1, -(2**53) - 1, 12345678901234567890, 5, 1.2345678901234568e29]

    async def act(store: Store) -> None:
        await store.commit(*(added(str(n), priority=each) for n, each in enumerate(numbers, 1)))
        assert await ids(store, query) == expected

    place.run(act)


@pytest.mark.parametrize(
    "predicate",
    ["state.gt=a{}", "state.ne=s{}", "remark.ne=s{}", "startDate.lt=2025-01-01", "state=s1{}", "id=1"],
)
def test_a_query_may_have_very_many_conditions(place: Place, predicate: str) -> None:
    async def act(store: Store) -> None:
        await store.commit(*(added(str(n), state=f"s{n}", startDate="2024-01-01") for n in range(30)))
        documents = (await store.find("x", EVERYTHING)).documents
        for conditions in (
            "&".join(predicate.format(f"{n},{n}x;state.lt=t") for n in range(100)),
            ";".join(predicate.format(n) for n in range(1000)),
        ):
            query = parse_query(conditions.encode())
            assert await ids(store, conditions) == "".join(
                each.id for each in documents if selected(each.body, query)
            )

    place.run(act)
