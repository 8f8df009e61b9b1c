"""Servers that are asked to end, or that have no room left, have said nothing that is not so."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import json
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from machine import Machine
from relay import Relay
from undaunted import Undaunted, until
from witness import witnessing

from tmfrig.mockservers.store import HURRIED
from tmfrig.mockservers.stores.postgres_connections import LONGEST
from tmfrig.mockservers.stores.sqlite_file import LOCKED_FOR

NDJSON = {"Content-Type": "application/x-ndjson"}
FULL = """
import os, sqlite3, sys
connect = sqlite3.connect
def small(*arguments, **options):
    connection = connect(*arguments, **options)
    pages = int(os.environ.get("TEST_PAGES", "0"))
    if pages:
        connection.execute(f"PRAGMA max_page_count = {pages}")
    return connection
sqlite3.connect = small
from tmfrig.mockservers.serve import main
sys.exit(main())
"""
"""The servers on a disk with no room for more than so many pages."""


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.durability)])
def test_servers_that_are_asked_to_end_answer_what_they_have_taken(tmp_path: Path, workers: int) -> None:
    options = ("--workers", str(workers)) if workers > 1 else ()
    with (
        witnessing(1) as witness,
        Machine(f"sqlite:///{tmp_path / 'rig.db'}", tmp_path / "log", *options) as it,
    ):

        async def ended_under_load() -> list[str]:
            it.start()
            witness.register(it.urls)
            crowd = Undaunted(it.urls, machines=[it])
            enough = asyncio.Event()
            ordering = asyncio.create_task(crowd.keep_ordering(8, 0.1, enough))
            await until(lambda: len(crowd.placed) >= 10 or ordering.done())
            assert await asyncio.to_thread(it.end) == 0
            it.begin()
            await asyncio.to_thread(it.wait_until_ready)
            enough.set()
            await ordering
            return await crowd.grievances(await crowd.at_rest(within=120), witness)

        assert asyncio.run(ended_under_load()) == []
        assert "Traceback" not in it.said


def test_a_request_that_is_being_answered_is_answered_to_its_end(tmp_path: Path) -> None:
    with Machine(f"sqlite:///{tmp_path / 'rig.db'}", tmp_path / "log") as it:
        it.start()
        url = f"{it.urls['TMF637']}/product"
        before = _created(url)
        answers: list[int] = []
        unanswered: list[str] = []
        refused = threading.Event()

        def create() -> None:
            with httpx2.Client(timeout=30, trust_env=False) as http:
                while not refused.is_set():
                    try:
                        answers.append(http.post(url, json={"status": "created"}).status_code)
                    except httpx2.ConnectError:
                        refused.set()
                    except (httpx2.ReadError, httpx2.RemoteProtocolError):
                        # a connection that is kept may be closed between two requests
                        unanswered.append(url)

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            creating = [pool.submit(create) for _ in range(4)]
            while len(answers) < 40:
                time.sleep(0.01)
            assert it.end() == 0
            for each in creating:
                each.result()
        assert set(answers) == {201}
        it.start()
        assert len(answers) <= _created(url) - before <= len(answers) + len(unanswered)


def _created(url: str) -> int:
    """How many products there are that are new."""
    found = httpx2.get(url, params={"limit": 1, "status": "created"}, trust_env=False, timeout=30)
    return int(found.headers["x-total-count"])


def test_servers_end_though_their_database_has_fallen_silent(tmp_path: Path, postgres_place: str) -> None:
    with (
        witnessing(1) as witness,
        Relay(postgres_place) as network,
        Machine(network.url, tmp_path / "log") as it,
    ):

        async def ended_in_silence() -> None:
            it.start()
            witness.register(it.urls)
            crowd = Undaunted(it.urls, machines=[it])
            enough = asyncio.Event()
            ordering = asyncio.create_task(crowd.keep_ordering(8, 0.05, enough))
            await until(lambda: len(crowd.placed) >= 10 or ordering.done())
            network.fall_silent()
            # the same without a limit would take a multiple of the longest wait for an answer of the database
            assert await asyncio.to_thread(it.end, LONGEST) == 0
            ordering.cancel()
            await asyncio.gather(ordering, return_exceptions=True)

        asyncio.run(ended_in_silence())
        assert "Traceback" not in it.said


@pytest.mark.parametrize(
    "packets", [pytest.param(each, marks=pytest.mark.durability) for each in (3, 6, 24, 60, 120)] + [90]
)
def test_servers_end_though_their_database_falls_silent_while_they_start(
    tmp_path: Path, postgres_place: str, packets: int
) -> None:
    with Relay(postgres_place) as network, Machine(network.url, tmp_path / "log") as it:
        network.fall_silent(after=packets)
        it.begin()
        asyncio.run(until(lambda: network.is_silent))
        assert it.end(LONGEST) == 0
        assert "Traceback" not in it.said


@pytest.mark.parametrize("is_let_go", [True, pytest.param(False, marks=pytest.mark.durability)])
def test_servers_end_though_another_program_holds_their_file(tmp_path: Path, is_let_go: bool) -> None:
    path = tmp_path / "rig.db"
    with Machine(f"sqlite:///{path}", tmp_path / "log", "--version", "all", "--answers", "async") as it:
        it.start()
        base, _, _ = it.urls["TMF620"].rpartition("/")
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            promised = [
                httpx2.post(f"{base}/v5/category", json={"@type": "Category", "name": name}, trust_env=False)
                for name in "abcde"
            ]
            assert {each.status_code for each in promised} == {202}
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                ending = pool.submit(it.end, LOCKED_FOR)
                if is_let_go:
                    # longer than what is not promised waits for the file
                    concurrent.futures.wait([ending], HURRIED + 1)
                    other.execute("ROLLBACK")
                assert ending.result() == 0
        assert "Traceback" not in it.said
        it.start()
        kept = [httpx2.get(each.headers["location"], trust_env=False) for each in promised]
        assert {each.status_code for each in kept} == ({200} if is_let_go else {404})


def test_a_request_that_takes_too_long_for_a_server_that_ends_is_answered(tmp_path: Path) -> None:
    with Machine("memory", tmp_path / "log") as it:
        it.start()
        url = urlsplit(f"{it.urls['TMF637']}/product")
        with socket.create_connection((url.hostname, url.port)) as client:
            head = f"POST {url.path} HTTP/1.1\r\nHost: rig\r\nContent-Length: 9\r\n\r\n"
            # the rest never comes
            client.sendall(head.encode() + b"{")
            # what is asked for later is answered when this one is under way
            assert httpx2.get(url.geturl(), trust_env=False).status_code == 200
            assert it.end() == 0
            answer = HTTPResponse(client)
            answer.begin()
            error = json.loads(answer.read())
        assert (answer.status, error["status"], error["code"]) == (503, "503", "brokenOff")


def test_servers_end_though_a_client_does_not_read_what_it_has_asked_for(tmp_path: Path) -> None:
    with Machine("memory", tmp_path / "log") as it:
        it.start()
        url = urlsplit(f"{it.urls['TMF637']}/product")
        heavy = "\n".join(
            json.dumps({"id": f"{n}", "status": "created", "description": "x" * 10_000}) for n in range(1_000)
        )
        loaded = httpx2.post(
            f"{it.urls['admin']}/bulk/TMF637.product", content=heavy, headers=NDJSON, trust_env=False
        )
        assert loaded.is_success
        with socket.create_connection((url.hostname, url.port)) as client:
            client.sendall(f"GET {url.path}?limit=1000 HTTP/1.1\r\nHost: rig\r\n\r\n".encode() * 3)
            assert httpx2.get(url.geturl(), params={"limit": 1}, trust_env=False).status_code == 200
            assert it.end() == 0
        assert "Traceback" not in it.said


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Machine]:
    with Machine(f"sqlite:///{tmp_path / 'rig.db'}", tmp_path / "log", program=FULL) as it:
        yield it


def test_a_full_disk_is_told_and_loses_nothing(small: Machine) -> None:
    small.begin(TEST_PAGES="700")
    small.wait_until_ready()
    url = f"{small.urls['TMF637']}/product"
    product = {"status": "created", "name": "heavy", "description": "x" * 4000}
    with httpx2.Client(timeout=30, trust_env=False) as http:

        def total() -> int:
            return int(http.get(url, params={"name": "heavy", "limit": 1}).headers["x-total-count"])

        answers = [http.post(url, json=product)]
        while answers[-1].status_code == 201 and len(answers) < 2000:
            answers.append(http.post(url, json=product))
        *taken, refusal = [each.json() for each in answers]
        assert (answers[-1].status_code, refusal["status"]) == (503, "503")
        # what is there is still read
        assert http.get(f"{url}/{taken[-1]['id']}").json() == taken[-1]
        assert total() == len(taken)
        assert http.post(url, json=product).status_code == 503
        assert total() == len(taken)
        small.kill()
        small.start()
        assert total() == len(taken)
        assert http.post(url, json=product).status_code == 201
        assert [http.get(f"{url}/{each['id']}").json() for each in taken] == taken
        assert total() == len(taken) + 1


@pytest.mark.durability
def test_an_order_that_a_full_disk_has_stopped_goes_on_when_there_is_room(small: Machine) -> None:
    with witnessing(1) as witness:

        async def stopped() -> list[str]:
            small.begin(TEST_PAGES="900")
            await asyncio.to_thread(small.wait_until_ready)
            witness.register(small.urls)
            crowd = Undaunted(small.urls, machines=[small])
            enough = asyncio.Event()
            ordering = asyncio.create_task(crowd.keep_ordering(8, 0.05, enough))
            await until(lambda: "disk is full" in small.said or ordering.done())
            await asyncio.to_thread(small.kill)
            await asyncio.to_thread(small.start)
            enough.set()
            await ordering
            return await crowd.grievances(await crowd.at_rest(within=120), witness)

        assert asyncio.run(stopped()) == []
