"""Registration of listeners."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx2
import pytest

from tmfrig.mockservers.hub import Hub
from tmfrig.mockservers.store import Change, Document
from tmfrig.mockservers.stores.memory import MemoryStore
from tmfrig.specs import API_IDS, standard_contract

Servers = Mapping[str, str]
every_api = pytest.mark.parametrize("api", API_IDS)


@every_api
def test_a_registration_is_answered_and_can_be_ended_once(
    still_servers: Servers, http: httpx2.Client, api: str
) -> None:
    base = still_servers[api]
    body = {"callback": "http://127.0.0.1:9/listener", "query": "state=held"}
    answer = http.post(f"{base}/hub", json=body)
    assert answer.status_code == 201
    assert answer.json() == {"id": answer.json()["id"], **body}
    assert answer.headers["location"] == f"{base}/hub/{answer.json()['id']}"
    register = standard_contract(api).register
    assert register is not None
    schema = register.responses["201"].schema
    assert schema is not None
    assert schema.problems(answer.json()) == []
    ended = http.delete(answer.headers["location"])
    assert (ended.status_code, ended.content) == (204, b"")
    assert http.delete(answer.headers["location"]).status_code == 404


def test_a_kept_registration_that_cannot_be_read_any_more_can_still_be_ended() -> None:
    async def act() -> None:
        store, contract = MemoryStore(), standard_contract("TMF620")
        hub = Hub(contract, store)
        usable = await hub.register({"callback": "http://127.0.0.1:9/usable"})
        kept = {"id": "old", "callback": "http://127.0.0.1:9/old", "query": "name.regex=("}
        await store.commit(Change(hub.collection, None, Document.of(kept)))
        await hub.load()
        assert [each.id for each in hub.listeners] == [usable.id]
        await hub.unregister("old")
        assert await store.get(hub.collection, "old") is None

    asyncio.run(act())


def test_a_registration_without_a_query_has_none(still_servers: Servers, http: httpx2.Client) -> None:
    answer = http.post(still_servers["TMF620"] + "/hub", json={"callback": "https://h.example/x"})
    assert answer.json().keys() == {"id", "callback"}
    http.delete(answer.headers["location"])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"callback": None},
        {"callback": ""},
        {"callback": "   "},
        {"callback": 7},
        {"callback": "nonsense"},
        {"callback": "/listener"},
        {"callback": "ftp://h/x"},
        {"callback": "http://"},
        {"callback": "http:///x"},
        {"callback": "http://h:99999/x"},
        {"callback": "http://h/a b"},
        {"callback": "http://h/\r\nX: y"},
        {"callback": "http://[::1/x"},
        {"query": "state=held"},
        {"callback": "http://h/x", "query": 7},
        {"callback": "http://h/x", "query": "name.regex=("},
        [],
        "http://h/x",
    ],
)
def test_a_registration_that_cannot_work_is_refused(
    still_servers: Servers, http: httpx2.Client, body: Any
) -> None:
    answer = http.post(still_servers["TMF620"] + "/hub", json=body)
    assert answer.status_code == 400
    assert answer.json()["code"] in ("invalidBody", "invalidQuery")


def test_the_same_callback_may_be_registered_twice(still_servers: Servers, http: httpx2.Client) -> None:
    body = {"callback": "http://127.0.0.1:9/twice"}
    answers = [http.post(still_servers["TMF620"] + "/hub", json=body) for _ in range(2)]
    assert [each.status_code for each in answers] == [201, 201]
    assert len({each.json()["id"] for each in answers}) == 2
    for each in answers:
        http.delete(each.headers["location"])


def test_registrations_belong_to_one_api(still_servers: Servers, http: httpx2.Client) -> None:
    answer = http.post(still_servers["TMF620"] + "/hub", json={"callback": "http://127.0.0.1:9/x"})
    foreign = f"{still_servers['TMF622']}/hub/{answer.json()['id']}"
    assert http.delete(foreign).status_code == 404
    assert http.delete(answer.headers["location"]).status_code == 204


def test_registrations_cannot_be_read_in_version_4(still_servers: Servers, http: httpx2.Client) -> None:
    assert http.get(still_servers["TMF620"] + "/hub").status_code == 405
    assert http.get(still_servers["TMF620"] + "/hub/1").status_code == 405
