"""What outlives a process, and files that cannot be used."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any, cast

import pytest
from store_acts import Place, added, events, find, ids, parcel, present

from tmfrig.mockservers.query import EVERYTHING
from tmfrig.mockservers.store import Change, ConflictError, Document, Store, StoreError
from tmfrig.mockservers.stores import SqliteStore, schema, sqlite_file, sqlite_transactions, store_at


def test_everything_is_there_when_a_store_is_opened_again(durable_place: Place) -> None:
    async def fill(store: Store) -> None:
        await store.commit(added("b", state="held"), added("a", state="held"), seeded=True)
        await store.commit(
            added("c", state="done", startDate="2024-01-01"), parcels=[parcel("1"), parcel("2", due=9)]
        )
        await store.commit(added("a", "other"), parcels=[parcel("3", "m")])
        assert await store.keep("then") == 4
        b = await present(store, "b")
        await store.commit(Change("x", b, None), parcels=[parcel("4")])
        await store.commit(Change("x", await present(store, "c"), Document.of({"id": "c", "ü": "😀"})))
        first = (await store.outbox.waiting("l", 0, 1))[0]
        await store.outbox.give_up(first.number, "gone", 1.5)

    async def look(store: Store) -> None:
        assert [await ids(store, query) for query in ("", "state=held", "state=done")] == ["ac", "a", ""]
        assert (await present(store, "c")).raw == '{"id":"c","ü":"😀"}'.encode()
        assert [each.id for each in await store.restless("x", EVERYTHING)] == ["c"]
        assert (await ids(store, "", "other"), await store.identifiers("x")) == ("a", {"a", "c"})
        assert (await store.kept("then"), await store.kept("now")) == (True, False)
        assert await store.outbox.counts() == (3, 1)
        assert [await events(store, *each) for each in (("l",), ("l", 9), ("m",))] == ["4", "24", "3"]
        (letter,) = await store.outbox.dead(0, 9)
        assert (letter.parcel.event, letter.reason, letter.since) == ("1", "gone", 1.5)
        with pytest.raises(ConflictError):
            await store.commit(added("a"))

    async def go_on(store: Store) -> None:
        last = (await store.outbox.waiting("l", 9, 9))[-1].number
        await store.commit(added("d", state="held"), parcels=[parcel("5")])
        assert (await store.outbox.waiting("l", 9, 9))[-1].number > last
        assert await ids(store, "state=held") == "ad"
        await store.put_back("then")
        assert [await ids(store, query) for query in ("", "state=held", "startDate=2024-01-01")] == [
            "bac",
            "ba",
            "c",
        ]

    for act in (fill, look, look, go_on):
        durable_place.run(act)


def test_numbers_of_parcels_are_not_given_twice_even_after_a_restart(durable_place: Place) -> None:
    seen: set[int] = set()

    async def act(store: Store) -> None:
        await store.outbox.add([parcel("a")])
        (sent,) = await store.outbox.waiting("l", 0, 9)
        assert sent.number not in seen
        seen.add(sent.number)
        await store.outbox.delivered([sent.number])

    for _ in range(3):
        durable_place.run(act)


def test_what_waits_when_a_store_is_closed_is_written(durable_place: Place) -> None:
    async def act() -> None:
        store = durable_place.store()
        await store.open()
        commits = [asyncio.ensure_future(store.commit(added(each))) for each in "abc"]
        await asyncio.sleep(0)
        await store.close()
        done = await asyncio.gather(*commits, return_exceptions=True)
        failed = [each for each in done if isinstance(each, BaseException)]
        async with durable_place.opened() as again:
            assert len(await ids(again)) == 3 - len(failed)

    asyncio.run(act())


def test_closing_ends_whoever_goes_on(durable_place: Place) -> None:
    async def act() -> None:
        store, made = durable_place.store(), set[str]()
        await store.open()

        async def go_on(name: str) -> None:
            for number in count():
                await store.commit(added(f"{name}{number}"))
                made.add(f"{name}{number}")

        going = [asyncio.create_task(go_on(each)) for each in "abcd"]
        async with asyncio.timeout(30):
            while len(made) < 40:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
            await store.close()
            ends = await asyncio.gather(*going, return_exceptions=True)
        assert all(isinstance(each, StoreError) for each in ends)
        async with durable_place.opened() as again:
            assert await again.identifiers("x") == made

    asyncio.run(act())


@pytest.mark.parametrize("turns", range(4))
def test_closing_waits_for_documents_that_are_put_in_place(durable_place: Place, turns: int) -> None:
    async def act() -> None:
        store = durable_place.store()
        await store.open()
        documents = [Document.of({"id": f"{number}", "n": number}) for number in range(2000)]
        placing = asyncio.ensure_future(store.place("x", documents))
        waiting = asyncio.ensure_future(store.place("x", [Document.of({"id": "later"})]))
        for _ in range(turns):
            await asyncio.sleep(0)
        async with asyncio.timeout(30):
            await store.close()
            outcomes = await asyncio.gather(placing, waiting, return_exceptions=True)
        assert all(each is None or isinstance(each, StoreError) for each in outcomes)
        async with durable_place.opened() as again:
            there = await again.identifiers("x")
        # all that is done is there, and with SQLite all or nothing of the rest
        assert outcomes[0] is not None or len(there - {"later"}) == 2000
        assert outcomes[1] is not None or "later" in there
        assert durable_place.kind != "sqlite" or len(there - {"later"}) in (0, 2000)

    asyncio.run(act())


def test_a_change_that_comes_when_a_store_is_closed_fails(durable_place: Place) -> None:
    async def act() -> None:
        async with durable_place.opened() as store:
            await store.commit(added("a"))
        for late in (store.commit(added("b")), store.place("x", [Document.of({"id": "c"})])):
            with pytest.raises(StoreError):
                async with asyncio.timeout(5):
                    await late

    asyncio.run(act())


def test_closing_waits_for_a_file_that_another_process_writes_without_working(tmp_path: Path) -> None:
    path = tmp_path / "rig.db"

    async def act() -> None:
        store = SqliteStore(path)
        await store.open()
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            commit = asyncio.ensure_future(store.commit(added("a")))
            await asyncio.sleep(0)
            before = time.process_time()
            close = asyncio.ensure_future(store.close())
            # as long as it takes to see it work
            await asyncio.wait([close], timeout=0.3)
            assert not close.done()
            assert time.process_time() - before < 0.1
            other.execute("COMMIT")
        await close
        assert await commit is False
        async with Place("sqlite", f"sqlite:///{path}").opened() as again:
            assert await ids(again) == "a"

    asyncio.run(act())


@pytest.fixture
def brief(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file whose log is put in place, and begins anew, after little."""
    monkeypatch.setattr(sqlite_transactions, "MOST_LOG", 10)
    monkeypatch.setattr(sqlite_transactions, "_ROWS", 10)
    return tmp_path / "rig.db"


async def until_it_begins_anew(brief: Path, change: Callable[[], Awaitable[None]]) -> None:
    """Make changes as long as the log grows."""
    log, before = brief.with_name("rig.db-wal"), 0
    async with asyncio.timeout(30):
        while (size := log.stat().st_size) >= before:
            before = size
            await change()


def test_changes_do_not_wait_for_who_reads_when_the_log_begins_anew(brief: Path) -> None:
    async def act() -> None:
        store = SqliteStore(brief)
        await store.open()
        numbers = count()

        async def change() -> None:
            async with asyncio.timeout(5):
                await store.commit(added(f"{next(numbers)}"))

        with closing(sqlite3.connect(brief, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM document").fetchone()
            # as long as it takes to have the log begin anew several times
            end = time.monotonic() + 0.3
            while time.monotonic() < end:
                await change()
        await until_it_begins_anew(brief, change)
        await store.close()

    asyncio.run(act())


def test_the_log_begins_anew_also_where_nothing_comes_but_parcels(brief: Path) -> None:
    async def act() -> None:
        store = SqliteStore(brief)
        await store.open()
        await until_it_begins_anew(brief, lambda: store.outbox.add([parcel("a")]))
        await store.close()

    asyncio.run(act())


def test_a_transaction_that_fails_leaves_nothing(durable_place: Place) -> None:
    async def act(store: Store) -> None:
        await store.commit(added("a", state="held"))
        a = await present(store, "a")
        unwritable = replace(parcel("lost"), body=cast(Any, object()))
        with pytest.raises(Exception, match=r"."):
            await store.commit(
                added("b", state="held"),
                Change("x", a, Document.of({"id": "a", "state": "done"})),
                added("1", "new", name="held"),
                parcels=[parcel("lost"), unwritable],
            )
        assert ([await ids(store, each) for each in ("", "state=held")], await ids(store, "", "new")) == (
            ["a", "a"],
            "",
        )
        assert await store.outbox.counts() == (0, 0)
        await store.commit(added("2", "new", state="held"), added("b", state="held"))
        assert [await ids(store, "state=held", each) for each in ("x", "new")] == ["ab", "2"]
        assert [(await find(store, "", each)).total for each in ("x", "new")] == [2, 1]

    durable_place.run(act)
    durable_place.run(_expect("ab"))


def _expect(there: str) -> Any:
    async def act(store: Store) -> None:
        assert await ids(store) == there
        assert await ids(store, "state=held") == there

    return act


_KILLED = """
import asyncio, os, signal, sys
sys.path.insert(0, sys.argv[2])
from dataclasses import replace
from store_acts import Place, added, parcel

class Deadly:
    def __conform__(self, protocol):
        # asked for when the last row of the transaction is written
        os.kill(os.getpid(), signal.SIGKILL)

async def act(store):
    await store.commit(added("a", state="held"), parcels=[parcel("1")])
    deadly = replace(parcel("3"), body=Deadly())
    await store.commit(added("b", state="held"), added("1", "new"), parcels=[parcel("2"), deadly])

Place("sqlite", sys.argv[1]).run(act)
"""


def test_a_process_that_is_killed_within_a_transaction_leaves_nothing_of_it(tmp_path: Path) -> None:
    place = Place("sqlite", f"sqlite:///{tmp_path / 'rig.db'}")
    here = str(Path(__file__).parent)
    killed = subprocess.run([sys.executable, "-c", _KILLED, place.url, here], check=False, timeout=60)
    assert killed.returncode == -signal.SIGKILL

    async def act(store: Store) -> None:
        assert ([await ids(store, each) for each in ("", "state=held")], await ids(store, "", "new")) == (
            ["a", "a"],
            "",
        )
        assert (await events(store), (await find(store)).total) == ("1", 1)
        await store.commit(added("b", state="held"))

    place.run(act)
    place.run(_expect("ab"))


def test_who_is_cancelled_while_a_change_is_written_finds_it_made_or_not(durable_place: Place) -> None:
    async def act(store: Store) -> None:
        for n in range(20):
            commit = asyncio.ensure_future(
                store.commit(added(f"{n};", state="held"), added(f"{n}+", state="held"))
            )
            for _ in range(n % 4):
                await asyncio.sleep(0)
            commit.cancel()
            await asyncio.gather(commit, return_exceptions=True)
        await store.commit(added("last"))
        there = await store.identifiers("x")
        assert all((f"{n};" in there) == (f"{n}+" in there) for n in range(20))
        assert (await find(store)).total == len(there)
        assert (await find(store, "state=held")).total == len(there) - 1

    durable_place.run(act)


# ── several processes ──────────────────────────────────────────────────────────────────────────────────────


def test_who_acts_for_all_is_told_what_others_have_changed_and_what_it_is_now(durable_place: Place) -> None:
    async def act(acting: Store) -> None:
        assert await acting.take_office(60)
        async with durable_place.opened() as other:
            for each in (added("a"), added("b"), added("a", "other", state="new")):
                assert not await other.commit(each, stirred=each)
            a, b = await present(other, "a"), await present(other, "b")
            changed = Change("x", a, Document.of({"id": "a", "state": "done"}))
            await other.commit(changed, stirred=changed)
            await acting.commit(Change("x", b, None))
            assert not await other.tidings(9)
        tidings = [*await acting.tidings(3), *await acting.tidings(3)]
        now = b'{"id":"a","state":"done"}'
        assert [(each.collection, each.id, each.before, each.after) for each in tidings] == [
            ("x", "a", None, now),
            ("x", "b", None, None),
            ("other", "a", None, b'{"id":"a","state":"new"}'),
            ("x", "a", a.raw, now),
        ]
        assert not await acting.tidings(3)

    durable_place.run(act)


def test_what_is_served_is_what_who_acts_for_all_says(durable_place: Place) -> None:
    async def act(one: Store) -> None:
        assert await one.serving() == ""
        async with durable_place.opened() as other:
            assert await one.take_office(60, "products")
            assert not await other.take_office(60, "services")
            assert [await each.serving() for each in (one, other)] == ["products"] * 2
            await one.resign()
            # those that serve the same as the one before come first
            assert not await other.take_office(60, "services")
            assert await other.take_office(60, "products")
            await other.resign()
            async with asyncio.timeout(30):
                while not await other.take_office(60, "services"):  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
            assert [await each.serving() for each in (one, other)] == ["services"] * 2

    durable_place.run(act)


# ── versions ────────────────────────────────────────────────────────────────────────────────────────────────


def _released(monkeypatch: pytest.MonkeyPatch, *statements: str) -> None:
    """A later release, whose tables have more."""
    monkeypatch.setattr(schema, "VERSIONS", (*schema.VERSIONS, statements))
    monkeypatch.setattr(schema, "NEWEST", len(schema.VERSIONS))
    monkeypatch.setattr(sqlite_file, "NEWEST", len(schema.VERSIONS))


def _version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as database:
        (version,) = database.execute("PRAGMA user_version").fetchone()
    return int(version)


def test_a_file_of_an_earlier_release_is_brought_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rig.db"
    place = Place("sqlite", f"sqlite:///{path}")

    async def fill(store: Store) -> None:
        await store.commit(added("a", state="held"), parcels=[parcel("1")])

    place.run(fill)
    earlier = _version(path)
    _released(
        monkeypatch,
        "ALTER TABLE document ADD COLUMN size INTEGER NOT NULL DEFAULT 0",
        "UPDATE document SET size = length(raw)",
    )
    _released(monkeypatch, "CREATE TABLE later (name TEXT)")
    for _ in range(2):
        place.run(_expect("a"))
        assert _version(path) == earlier + 2
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT size FROM document").fetchall() == [
            (len('{"id":"a","state":"held"}'),)
        ]
        assert database.execute("SELECT * FROM later").fetchall() == []


def test_a_file_of_the_first_release_is_brought_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place("sqlite", f"sqlite:///{tmp_path / 'rig.db'}")

    async def fill(store: Store) -> None:
        await store.commit(added("a"))

    async def look(store: Store) -> None:
        assert await store.take_office(60, "products")
        assert (await store.serving(), await ids(store)) == ("products", "a")

    with monkeypatch.context() as patch:
        patch.setattr(schema, "VERSIONS", schema.VERSIONS[:1])
        patch.setattr(sqlite_file, "VERSIONS", schema.VERSIONS)
        patch.setattr(sqlite_file, "NEWEST", 1)
        place.run(fill)
    place.run(look)


def test_where_bringing_up_to_date_fails_the_file_stays_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rig.db"
    place = Place("sqlite", f"sqlite:///{path}")
    place.run(_expect(""))
    earlier = _version(path)
    with monkeypatch.context() as later:
        _released(later, "CREATE TABLE later (name TEXT)", "ALTER TABLE nothing ADD COLUMN size INTEGER")
        assert "nothing" in _refusal(path)
    assert _version(path) == earlier
    place.run(_expect(""))


def test_a_file_of_a_later_release_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "rig.db"
    with monkeypatch.context() as later:
        _released(later, "CREATE TABLE later (name TEXT)")
        Place("sqlite", f"sqlite:///{path}").run(_expect(""))
    before = path.read_bytes()
    assert "newer tmfrig" in _refusal(path)
    assert path.read_bytes() == before


# ── files that cannot be used ───────────────────────────────────────────────────────────────────────────────


def _refusal(path: Path) -> str:
    """In which line a file is refused."""
    store = SqliteStore(path)

    async def opened() -> str:
        with pytest.raises(StoreError) as refused:
            await store.open()
        # nothing is left to be closed
        await store.close()
        return str(refused.value)

    line = asyncio.run(opened())
    assert str(path) in line
    assert "\n" not in line
    assert len(line) < 400 + len(str(path))
    return line


def test_the_file_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE document (id TEXT)")
        database.commit()
    before = path.read_bytes()
    assert "another program" in _refusal(path)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["other.db"]


@pytest.mark.parametrize("content", [b"to do: buy milk\n" * 400, b"x", b"SQLite format 3\0" + b"\xff" * 5000])
def test_what_is_no_database_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    assert "name a file that tmfrig has written" in _refusal(path)
    assert path.read_bytes() == content


def test_places_where_no_file_can_be_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        for path in (
            tmp_path,
            tmp_path / "missing" / "rig.db",
            file / "rig.db",
            tmp_path / ("n" * 300),
            tmp_path / "socket",
        ):
            assert "cannot be used" in _refusal(path)
    if Path("/proc/self").is_dir():
        # nobody can write there, whoever one is
        assert "cannot be used" in _refusal(Path("/proc/rig.db"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_to_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        assert "cannot be used" in _refusal(tmp_path / "rig.db")
    finally:
        tmp_path.chmod(0o700)


def _filled(path: Path) -> None:
    async def act(store: Store) -> None:
        await asyncio.gather(*(store.commit(added(str(n), state="held", text="x" * 500)) for n in range(300)))

    Place("sqlite", f"sqlite:///{path}").run(act)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def test_a_file_whose_tables_are_damaged_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rig.db"
    _filled(path)
    whole = path.read_bytes()
    for start, length in ((100, 3000), (16, 80), (0, 16)):
        path.write_bytes(whole[:start] + b"\xa5" * length + whole[start + length :])
        assert "cannot be used" in _refusal(path)


@pytest.mark.parametrize(
    "damage",
    ["DROP TABLE term", "DROP TABLE office", "DELETE FROM office", "INSERT INTO office SELECT * FROM office"],
)
def test_a_file_that_lacks_what_it_needs_is_refused_at_once(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "rig.db"
    _filled(path)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(damage)
    refuses(path)


def test_a_file_whose_tables_cannot_be_read_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "rig.db"
    _filled(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xa5" * (len(whole) - 4096))
    refuses(path)


def test_a_file_that_somebody_else_holds_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_file, "LOCKED_FOR", 0.1)
    path = tmp_path / "rig.db"
    _filled(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("PRAGMA locking_mode = EXCLUSIVE")
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match=r"database is locked.*; end the program that holds it"):
            asyncio.run(SqliteStore(path).open())


def refuses(path: Path) -> None:
    with pytest.raises(StoreError, match=r"cannot be used as a store \(") as told:
        asyncio.run(SqliteStore(path).open())
    assert str(path) in str(told.value)
    assert "\n" not in str(told.value)


def test_damage_that_shows_later_is_told_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "rig.db"
    _filled(path)
    whole = path.read_bytes()
    assert len(whole) > 100_000

    async def act() -> None:
        store = SqliteStore(path)
        await store.open()
        # the tables can be read, their rows cannot
        path.write_bytes(whole[:4096] + b"\xa5" * (len(whole) - 4096))
        for ask in (
            store.get("x", "1"),
            store.find("x", EVERYTHING),
            store.commit(added("new")),
            store.identifiers("x"),
            store.outbox.waiting("l", 0, 1),
            store.outbox.add([parcel("1")]),
        ):
            with pytest.raises(StoreError) as told:
                await ask
            assert str(path) in str(told.value)
            assert "\n" not in str(told.value)
        await store.close()

    asyncio.run(act())


@pytest.mark.parametrize(
    "url",
    [
        *("", "x", "rig.db", "sqlite:", "sqlite://", "sqlite:///", "sqlite://rig.db", "sqlite:///a.db?x=1"),
        *(
            "sqlite:///a.db?synchronous=maybe",
            "mysql://x/y",
            "http://x",
            "memory:",
            "Memory",
            "sqlite:///?synchronous=off",
        ),
    ],
)
def test_a_url_that_names_no_store_is_refused_in_one_line(url: str) -> None:
    with pytest.raises(StoreError, match=r"^[^\n]{20,300}$"):
        store_at(url)


@pytest.mark.parametrize("synchronous", ["off", "normal", "full", "FULL"])
def test_a_file_may_have_the_durability_that_one_wants(tmp_path: Path, synchronous: str) -> None:
    place = Place("sqlite", f"sqlite:///{tmp_path / 'a%20rig.db'}?synchronous={synchronous}")
    place.run(_expect(""))
    assert (tmp_path / "a rig.db").exists()
