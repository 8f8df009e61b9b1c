"""What is special about PostgreSQL: URLs, versions, connections that get lost, and stores side by side."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import NoReturn
from uuid import uuid4

import asyncpg
import pytest
from postgres_server import NoServerError, PostgresServer
from store_acts import Place, added, find, ids, parcel, present

from tmfrig.mockservers.query import parse_query
from tmfrig.mockservers.store import Change, ConflictError, Document, OutdatedError, StoreError
from tmfrig.mockservers.stores import PostgresStore, postgres_tables, searching, store_at
from tmfrig.mockservers.stores.atoms import Statement
from tmfrig.mockservers.stores.postgres_commits import Commits
from tmfrig.mockservers.stores.postgres_connections import Connections, LostError
from tmfrig.mockservers.stores.postgres_tables import VERSIONS

DEADLINE = 20.0


@pytest.fixture
def url(postgres_url: str) -> str:
    """A schema that nobody has used yet."""
    return f"{postgres_url}{'&' if '?' in postgres_url else '?'}schema=test_{uuid4().hex}"


@asynccontextmanager
async def several(url: str, number: int) -> AsyncIterator[list[PostgresStore]]:
    async with AsyncExitStack() as stack:
        stores = [PostgresStore(url) for _ in range(number)]
        for store in stores:
            stack.push_async_callback(store.close)
        await asyncio.gather(*(store.open() for store in stores))
        yield stores


async def scalar(store: PostgresStore, sql: str) -> object:
    return (await store.rows(Statement(sql)))[0][0]


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not await holds():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def refusal(url: str) -> str:
    """Why a store cannot be opened."""

    async def opening() -> None:
        store = store_at(url)
        try:
            await store.open()
        finally:
            await store.close()

    with pytest.raises(StoreError) as caught:
        asyncio.run(opening())
    message = str(caught.value)
    assert "\n" not in message
    return message


# ── opening ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("postgresql://me:secret@host/", "names no database"),
        ("postgresql://me:secret@host", "names no database"),
        ("postgresql://me:secret@host:port/rig", "cannot be read"),
        ("postgresql://me:secret@host/rig?schema=Public", "schema=Public is no name"),
        ("postgresql://me:secret@host/rig?schema=pg_catalog", "is no name"),
        ("postgresql://me:secret@host/rig?schema=a;drop", "is no name"),
        ("postgresql://me:secret@host/rig?synchronous=often", "none of on and off"),
    ],
)
def test_a_url_that_makes_no_sense_is_refused_without_telling_the_password(url: str, reason: str) -> None:
    message = refusal(url)
    assert reason in message
    assert "secret" not in message


def test_a_server_that_is_not_there_is_named() -> None:
    with socket.socket() as taken:
        # a port that nobody listens at, and that nobody else gets meanwhile
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        message = refusal(f"postgresql://me:secret@127.0.0.1:{port}/rig")
    assert f"postgresql://127.0.0.1:{port}/rig (schema tmfrig) cannot be used as a store" in message
    assert "secret" not in message


def test_a_database_or_an_option_that_the_server_does_not_know_is_named(postgres_url: str) -> None:
    base, _, options = postgres_url.partition("?")
    unknown = f"{base.rpartition('/')[0]}/nobody_has_this?{options}"
    assert 'database "nobody_has_this" does not exist' in refusal(unknown)
    assert "no_such_setting" in refusal(f"{base}?{options}&no_such_setting=1")


def test_tables_of_another_program_are_left_alone(url: str, postgres_url: str) -> None:
    schema = url.rpartition("=")[2]

    async def foreign() -> None:
        connection = await asyncpg.connect(postgres_url)
        await connection.execute(f"CREATE SCHEMA {schema}; CREATE TABLE {schema}.document (a integer)")
        await connection.close()

    asyncio.run(foreign())
    assert "tables of another program" in refusal(url)


@pytest.mark.parametrize("kind", ["integer", "text"])
def test_a_table_of_versions_of_another_program_is_left_alone(url: str, postgres_url: str, kind: str) -> None:
    schema = url.rpartition("=")[2]

    async def foreign() -> None:
        connection = await asyncpg.connect(postgres_url)
        table = f"{schema}.schema_version"
        await connection.execute(f"CREATE SCHEMA {schema}; CREATE TABLE {table} (version {kind})")
        await connection.execute(f"INSERT INTO {table} VALUES ('1')")
        await connection.close()

    asyncio.run(foreign())
    assert "tables of another program" in refusal(url)


def test_tables_of_a_newer_release_are_refused(url: str) -> None:
    async def pretend() -> None:
        async with several(url, 1) as (store,):
            await store.outbox.write(Statement("UPDATE schema_version SET version = 99"))

    asyncio.run(pretend())
    message = refusal(url)
    assert f"by a newer tmfrig (its tables have version 99, this one knows {len(VERSIONS)})" in message


def test_tables_of_an_earlier_release_are_brought_up_to_date_once(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def earlier() -> None:
        async with several(url, 1) as (store,):
            await store.commit(added("1", state="held"))

    async def later() -> None:
        async with several(url, 4) as stores:
            assert await scalar(stores[0], "SELECT version FROM schema_version") == len(VERSIONS) + 1
            assert await scalar(stores[1], "SELECT more FROM novelty") == 7
            assert [await ids(store, "state=held") for store in stores] == ["1"] * 4

    asyncio.run(earlier())
    addition = ("CREATE TABLE novelty (more integer)", "INSERT INTO novelty VALUES (7)")
    monkeypatch.setattr(postgres_tables, "VERSIONS", (*postgres_tables.VERSIONS, addition))
    asyncio.run(later())
    asyncio.run(later())


def test_tables_of_the_first_release_are_brought_up_to_date(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def earlier() -> None:
        async with several(url, 1) as (store,):
            await store.commit(added("1", state="held"))

    async def now() -> None:
        async with several(url, 2) as (one, other):
            assert await one.take_office(60, "products")
            assert (await other.serving(), await ids(other, "state=held")) == ("products", "1")

    with monkeypatch.context() as patch:
        patch.setattr(postgres_tables, "VERSIONS", VERSIONS[:1])
        asyncio.run(earlier())
    asyncio.run(now())


def test_what_fails_on_the_way_to_a_new_version_leaves_the_tables_as_they_were(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act() -> None:
        async with several(url, 1) as (store,):
            assert await scalar(store, "SELECT version FROM schema_version") == len(VERSIONS)
            assert await scalar(store, "SELECT to_regclass('half') IS NULL")

    asyncio.run(act())
    with monkeypatch.context() as patch:
        broken = ("CREATE TABLE half (a integer)", "INSERT INTO half VALUES ('no number')")
        patch.setattr(postgres_tables, "VERSIONS", (*postgres_tables.VERSIONS, broken))
        assert "invalid input syntax" in refusal(url)
    asyncio.run(act())


def test_processes_that_start_at_once_create_the_tables_once(url: str) -> None:
    async def act() -> None:
        async with several(url, 6) as stores:
            await asyncio.gather(*(store.commit(added(f"{n}")) for n, store in enumerate(stores)))
            assert {await ids(store, "sort=id") for store in stores} == {"012345"}

    asyncio.run(act())


@pytest.mark.parametrize("synchronous", ["on", "off"])
def test_whether_a_commit_waits_for_the_disk_is_said_in_the_url(url: str, synchronous: str) -> None:
    async def act() -> None:
        async with several(f"{url}&synchronous={synchronous}", 1) as (store,):
            assert await scalar(store, "SHOW synchronous_commit") == synchronous

    asyncio.run(act())


# ── side by side ────────────────────────────────────────────────────────────────────────────────────────────


def test_of_two_who_change_the_same_one_comes_first(url: str) -> None:
    async def act() -> None:
        async with several(url, 3) as stores:
            await stores[0].commit(added("1", n=0), added("2", n=0))

            async def count_up(store: PostgresStore, first: str, second: str) -> None:
                for _ in range(20):
                    while True:
                        one, two = await present(store, first), await present(store, second)
                        changes = [
                            Change("x", each, Document.of(each.body | {"n": each.body["n"] + 1}))
                            for each in (one, two)
                        ]
                        try:
                            await store.commit(*changes, parcels=[parcel("e")])
                            break
                        except ConflictError:
                            continue

            # in either order, so that they would stand in each other's way
            orders = (("1", "2"), ("2", "1"), ("1", "2"))
            await asyncio.gather(
                *(count_up(store, *order) for store, order in zip(stores, orders, strict=True))
            )
            assert [(await present(stores[0], each)).body["n"] for each in "12"] == [60, 60]
            assert await stores[1].outbox.counts() == (60, 0)

    asyncio.run(act())


def test_totals_are_right_for_all_who_write_and_read(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "FEW", 3)
    queries = ("state=held&limit=2", "state=held&n.gt=3&limit=2", "remark.regex=o&limit=2", "limit=2")

    async def act() -> None:
        async with several(url, 3) as stores:
            for n in range(10):
                await stores[0].commit(added(f"s{n}", state="held", n=n, remark="so"))

            async def write(store: PostgresStore, name: str) -> None:
                for n in range(15):
                    await store.commit(added(f"{name}{n}", state="held", n=n, remark="so"))
                    for query in queries:
                        # an own change is counted at once, whatever the others do
                        assert (await find(store, query)).total > (n if "gt=3" not in query else n - 4)
                    if n % 3 == 0:
                        await store.commit(Change("x", await present(store, f"{name}{n}"), None))
                        await store.commit(added(f"{name}{n}", state="done", n=n))

            await asyncio.gather(*(write(store, name) for store, name in zip(stores, "abc", strict=True)))
            everything = (await find(stores[0])).documents
            for query in queries:
                asked = parse_query(query.encode())
                matching = sum(searching.selected(each.body, asked) for each in everything)
                for store in stores:
                    for _ in range(2):
                        assert (await store.find("x", asked)).total == matching, query

    asyncio.run(act())


def test_a_count_is_kept_and_follows_own_changes_but_not_past_those_of_others(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "FEW", 2)
    counted: list[str] = []
    rows = PostgresStore.rows

    async def noting(store: PostgresStore, statement: Statement, *, long: bool = False) -> object:
        if statement.sql.startswith("SELECT count("):
            counted.append(statement.sql)
        return await rows(store, statement, long=long)

    monkeypatch.setattr(PostgresStore, "rows", noting)

    async def act() -> None:
        async with several(url, 2) as (one, other):
            for n in range(5):
                await one.commit(added(f"{n}", state="held"))
            totals, times = [], []

            async def look() -> None:
                totals.append((await find(one, "state=held&limit=1")).total)
                times.append(len(counted))
                counted.clear()

            await look()
            await look()
            await one.commit(added("own", state="held"))
            await look()
            await other.commit(added("other", state="held"))
            await one.commit(added("own too", state="held"))
            await look()
            await look()
            assert totals == [5, 5, 6, 8, 8]
            assert times == [1, 0, 0, 1, 0]

    asyncio.run(act())


def test_listeners_of_another_epoch_are_noticed_whoever_has_turned_it(url: str) -> None:
    async def act() -> None:
        async with several(url, 2) as (one, other):
            await one.commit(added("1"), epoch=0)

            async def announce(n: int) -> bool:
                try:
                    await one.commit(added(f"a{n}"), parcels=[parcel(f"{n}")], epoch=0)
                except OutdatedError:
                    return False
                return True

            early = [asyncio.ensure_future(announce(n)) for n in range(20)]
            await other.commit(added("listener", "hub"), turns=True)
            # whatever comes after that knows of the listener
            assert await asyncio.gather(*(announce(100 + n) for n in range(20))) == [False] * 20
            made = sum(await asyncio.gather(*early))
            assert (await one.outbox.counts(), (await one.state()).epoch) == ((made, 0), 1)

    asyncio.run(act())


def test_what_one_commits_is_news_for_the_others(url: str) -> None:
    async def act() -> None:
        async with several(url, 2) as (one, other):
            told: list[float] = []
            loop = asyncio.get_running_loop()

            async def listen() -> None:
                while True:
                    await one.news()
                    told.append(loop.time())

            listening = asyncio.create_task(listen())

            async def heard_soon() -> bool:
                before = loop.time()
                await other.commit(added(uuid4().hex))
                await asyncio.sleep(0.3)
                # well before one who hears nothing looks by itself
                return any(before < each < before + 0.3 for each in told)

            await until(heard_soon)
            listening.cancel()

    asyncio.run(act())


def test_when_tidings_are_lost_on_the_way_whoever_acts_begins_again(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = Connections.taken

    async def lost(connections: Connections, statement: Statement) -> NoReturn:
        await taken(connections, statement)
        raise LostError("lost")

    async def act() -> None:
        async with several(url, 2) as (one, other):
            assert await one.take_office(60)
            assert not await other.commit(added("1"), stirred=added("1"))
            era = (await one.state()).era
            with monkeypatch.context() as patch:
                patch.setattr(Connections, "taken", lost)
                with pytest.raises(LostError):
                    await one.tidings(9)
            assert (await one.tidings(9), (await one.state()).era) == ([], era + 1)
            await other.commit(added("2"), stirred=added("2"))
            assert [each.id for each in await one.tidings(9)] == ["2"]
            assert (await one.state()).era == era + 1

    asyncio.run(act())


# ── what JSONB does not take ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("text", ["a\0b", "\\u0000", "\ufffe", "\U0010ffff"])
def test_what_jsonb_refuses_is_kept_and_found_all_the_same(url: str, text: str) -> None:
    async def act() -> None:
        async with several(url, 1) as (store,):
            await asyncio.gather(
                store.commit(added("1", remark=text, n=5)),
                store.commit(added("2", remark="plain", n=6)),
                store.commit(added(text, state="held", n=7)),
            )
            assert (await present(store, "1")).body["remark"] == text
            found = await find(store, "n.gt=4&sort=n")
            assert [each.id for each in found.documents] == ["1", "2", text]
            assert await store.identifiers("x") == {"1", "2", text}
            assert await scalar(store, "SELECT body ->> 'remark' FROM document WHERE id = '2'") == "plain"

    asyncio.run(act())


def test_one_who_brings_what_the_tables_cannot_hold_spoils_nothing_for_others(url: str) -> None:
    too_much = Document("1", b'{"id":"1","n":1e999999}', {"id": "1"})

    async def act() -> None:
        async with several(url, 1) as (store,):
            await asyncio.gather(
                store.commit(added("0", state="held")),
                store.commit(Change("x", None, too_much)),
                store.commit(added("2", state="held")),
            )
            assert await store.identifiers("x") == {"0", "1", "2"}
            assert (await present(store, "1")).raw == too_much.raw
            assert await ids(store, "state=held&sort=id") == "02"

    asyncio.run(act())


# ── connections ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def server(postgres_url: str) -> Iterator[PostgresServer]:
    """One that can be stopped."""
    try:
        with PostgresServer() as server:
            yield server
    except NoServerError as reason:
        pytest.skip(str(reason))


async def cut(url: str) -> None:
    """End all connections of stores, as a restart or a bad network does."""
    connection = await asyncpg.connect(url.partition("&schema")[0])
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tmfrig'"
    )
    await connection.close()


@pytest.mark.parametrize("has_begun", [True, False])
def test_who_waits_for_a_change_ends_where_everything_is_broken_off(
    url: str, monkeypatch: pytest.MonkeyPatch, has_begun: bool
) -> None:
    async def act() -> list[BaseException | bool]:
        under_way = asyncio.Event()

        async def unanswered(commits: Commits, arguments: Sequence[object]) -> None:
            under_way.set()
            await asyncio.Event().wait()

        async with several(url, 1) as (store,):
            monkeypatch.setattr(Commits, "_asked", unanswered)
            before = asyncio.all_tasks()
            waiting = asyncio.create_task(store.commit(added("a")))
            if has_begun:
                await under_way.wait()
            else:
                # the change is handed over, and a task is made that has not run yet
                await asyncio.sleep(0)
                await asyncio.sleep(0)
            # as at the end of an event loop
            broken_off = asyncio.all_tasks() - before
            assert (len(broken_off), under_way.is_set()) == (2, has_begun)
            for each in broken_off:
                each.cancel()
            _, endless = await asyncio.wait(broken_off, timeout=DEADLINE)
            assert not endless
            return await asyncio.gather(waiting, return_exceptions=True)

    (outcome,) = asyncio.run(act())
    assert isinstance(outcome, asyncio.CancelledError)


def test_lost_connections_are_made_again(server: PostgresServer) -> None:
    async def act() -> None:
        async with several(server.url, 1) as (store,):
            made, failures = 0, []
            for n in range(30):
                if n % 5 == 0:
                    await cut(server.url)
                assert (await store.get("x", "none")) is None
                try:
                    await store.commit(added(f"{n}", state="held"), parcels=[parcel(f"{n}")])
                except StoreError as error:
                    failures.append(str(error))
                    continue
                made += 1
                assert (await present(store, f"{n}")).id == f"{n}"
            there = len(await store.identifiers("x"))
            assert 24 <= made <= there
            assert not [each for each in failures if "\n" in each]
            assert (await find(store, "state=held")).total == there
            assert await store.outbox.counts() == (there, 0)

    asyncio.run(act())


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
def test_while_the_server_is_away_requests_fail_in_one_line_and_nothing_is_lost(
    server: PostgresServer, how: signal.Signals
) -> None:
    async def act() -> None:
        async with several(server.url, 1) as (store,):
            made: set[str] = set()
            unclear: set[str] = set()
            failures: list[str] = []
            going = True

            async def work(name: str) -> None:
                n = 0
                while going:
                    n += 1
                    identifier = f"{name}{n}"
                    try:
                        await store.commit(added(identifier), parcels=[parcel(identifier)])
                        made.add(identifier)
                    except StoreError as error:
                        unclear.add(identifier)
                        failures.append(str(error))
                        await asyncio.sleep(0.01)

            workers = [asyncio.create_task(work(name)) for name in "abcd"]

            async def progress(since: int) -> bool:
                return len(made) > since + 40

            await until(lambda: progress(0))
            await asyncio.to_thread(server.stop, how)
            for ask in (store.get("x", "a1"), find(store), find(store, "state=held"), store.outbox.counts()):
                with pytest.raises(StoreError, match="postgresql://"):
                    await ask
            await asyncio.to_thread(server.start)
            before = len(made)
            await until(lambda: progress(before))
            going = False
            await asyncio.gather(*workers)
            assert failures
            assert not [each for each in failures if "\n" in each or "postgresql://" not in each]
            there = await store.identifiers("x")
            assert made <= there <= made | unclear
            assert (await find(store, "limit=1")).total == len(there)
            waiting = await store.outbox.waiting("l", 0, 1 << 20)
            assert sorted(each.event for each in waiting) == sorted(there)

    asyncio.run(act())


def test_who_reads_a_long_list_sees_it_as_it_was_and_holds_nobody_up(url: str) -> None:
    async def act() -> None:
        async with several(url, 1) as (store,):
            await store.place("x", [Document.of({"id": f"{n:04}", "n": n}) for n in range(1500)])
            reading = asyncio.gather(*(find(store, "n.gte=0&sort=n&limit=1") for _ in range(20)))
            await store.commit(added("late"))
            assert (await present(store, "late")).id == "late"
            assert {page.total for page in await reading} == {1500}

    asyncio.run(act())


def test_a_place_is_opened_by_its_url(url: str) -> None:
    async def act() -> None:
        async with Place("postgresql", url).opened() as store:
            assert isinstance(store, PostgresStore)
            assert store.is_shared
            await store.commit(added("1"))

    asyncio.run(act())
