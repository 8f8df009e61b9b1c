"""Two servers over one store, each at its own address: what one is told, the other knows."""

from __future__ import annotations

import concurrent.futures
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from machine import Machine
from witness import Witness, resource_of, witnessing

MERGE = {"Content-Type": "application/merge-patch+json"}
Pair = tuple[Machine, Machine]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def servers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Both, with all roles; the second one is started while the first one runs."""
    folder = tmp_path_factory.mktemp("servers")
    store = f"sqlite:///{folder / 'rig.db'}"
    if request.param == "postgresql":
        url: str = request.getfixturevalue("postgres_url")
        store = f"{url}{'&' if '?' in url else '?'}schema=two_{uuid4().hex}"
    with Machine(store, folder / "log1") as one, Machine(store, folder / "log2") as other:
        one.start()
        other.start()
        yield one, other


@pytest.fixture
def http() -> Iterator[httpx2.Client]:
    with httpx2.Client(timeout=30, trust_env=False) as client:
        yield client


def _create(http: httpx2.Client, server: Machine, **more: Any) -> dict[str, Any]:
    answer = http.post(f"{server.urls['TMF637']}/product", json={"status": "created", "name": "line"} | more)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


def _rename(http: httpx2.Client, server: Machine, product: str, **changes: Any) -> None:
    answer = http.patch(f"{server.urls['TMF637']}/product/{product}", json=changes, headers=MERGE)
    assert answer.status_code == 200, answer.text


def _told(witness: Witness, product: str, count: int) -> list[dict[str, Any]]:
    """What the witness was told of a product, once it has heard so much."""
    deadline = time.monotonic() + 20
    while True:
        told = [each for each in witness.heard("TMF637") if resource_of(each)["id"] == product]
        if len(told) >= count:
            return told
        assert time.monotonic() < deadline, told
        time.sleep(0.01)


def _subscribe(http: httpx2.Client, server: Machine, witness: Witness) -> str:
    hub = f"{server.urls['TMF637']}/hub"
    answer = http.post(hub, json={"callback": f"{witness.url}/TMF637"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _quiet(http: httpx2.Client, server: Machine) -> None:
    deadline = time.monotonic() + 20
    while http.get(f"{server.urls['admin']}/outbox").json()["waiting"]:
        assert time.monotonic() < deadline, "something still waits for delivery"
        time.sleep(0.01)


def test_what_one_has_created_the_other_finds_at_once(http: httpx2.Client, servers: Pair) -> None:
    one, other = servers
    for _ in range(30):
        one, other = other, one
        created = _create(http, one)
        url = f"{other.urls['TMF637']}/product"
        # each gives the href that is its own or that of who created it, and everything else the same
        found = http.get(f"{url}/{created['id']}").json()
        assert found == created
        assert [each["id"] for each in http.get(url, params={"id": created["id"]}).json()] == [created["id"]]


def test_changes_of_one_resource_through_both_lose_nothing(http: httpx2.Client, servers: Pair) -> None:
    product = _create(http, servers[0])["id"]

    def change(number: int) -> None:
        with httpx2.Client(timeout=30, trust_env=False) as own:
            for step in range(10):
                _rename(own, servers[(number + step) % 2], product, **{f"x{number}_{step}": step})

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        list(pool.map(change, range(6)))
    for server in servers:
        found = http.get(f"{server.urls['TMF637']}/product/{product}").json()
        assert {name: value for name, value in found.items() if name.startswith("x")} == {
            f"x{number}_{step}": step for number in range(6) for step in range(10)
        }


def test_a_listener_of_one_hears_of_both_and_once_of_each(http: httpx2.Client, servers: Pair) -> None:
    with witnessing(1, moody=0) as witness:
        registrations = [_subscribe(http, server, witness) for server in servers[:1]]
        try:
            product = _create(http, servers[1])["id"]
            for number in range(20):
                _rename(http, servers[number % 2], product, name=f"line {number}")
            told = _told(witness, product, 21)
            _quiet(http, servers[0])
            told = _told(witness, product, 21)
        finally:
            for each in registrations:
                http.delete(f"{servers[0].urls['TMF637']}/hub/{each}")
    assert len({each["eventId"] for each in told}) == len(told) == 21
    names = [resource_of(each).get("name") for each in told]
    assert names == ["line", *(f"line {number}" for number in range(20))]


def test_a_listener_can_be_removed_at_the_other_one(http: httpx2.Client, servers: Pair) -> None:
    with witnessing(1, moody=0) as witness:
        for taken, given in (servers, servers[::-1]):
            registration = _subscribe(http, taken, witness)
            # at once, before anybody has looked
            answer = http.delete(f"{given.urls['TMF637']}/hub/{registration}")
            assert answer.status_code == 204, answer.text
            for server in servers:
                assert http.delete(f"{server.urls['TMF637']}/hub/{registration}").status_code == 404
        before = len(witness.heard("TMF637"))
        for server in servers:
            _create(http, server)
        _quiet(http, servers[0])
        assert len(witness.heard("TMF637")) == before


def test_a_listener_that_is_removed_by_many_at_once_is_removed_once(
    http: httpx2.Client, servers: Pair
) -> None:
    with witnessing(1, moody=0) as witness:
        registration = _subscribe(http, servers[0], witness)

    def remove(number: int) -> int:
        url = f"{servers[number % 2].urls['TMF637']}/hub/{registration}"
        return httpx2.delete(url, timeout=30, trust_env=False).status_code

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(remove, range(6))) == [204, *[404] * 5]


def test_an_order_that_one_has_taken_is_carried_out(http: httpx2.Client, servers: Pair) -> None:
    for server in servers:
        body = {"productOrderItem": [{"id": "1", "action": "add", "productOffering": {"id": "mobile-s"}}]}
        order = http.post(f"{server.urls['TMF622']}/productOrder", json=body).json()["id"]
        deadline = time.monotonic() + 30
        for each in servers:
            while http.get(f"{each.urls['TMF622']}/productOrder/{order}").json()["state"] != "completed":
                assert time.monotonic() < deadline
                time.sleep(0.02)
