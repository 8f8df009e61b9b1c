"""Changes that are answered 202: refused at once, made a step later, where the contract has that answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from mock_waiting import eventually

from tmfrig.mockservers.agenda import Agenda, Step
from tmfrig.mockservers.app import Application
from tmfrig.mockservers.running import serving
from tmfrig.mockservers.site import Site
from tmfrig.mockservers.snapshots import Snapshots
from tmfrig.specs import standard_contract

Servers = Mapping[str, str]
CATEGORY = {"@type": "Category", "name": "fibre"}


@pytest.fixture(scope="module")
def late() -> Iterator[Servers]:
    with serving(("TMF620", "TMF679"), lines=(4, 5), pace=0.05, answers="async") as urls:
        yield urls


@pytest.fixture
def category(late: Servers, http: httpx2.Client) -> str:
    """The URL of a category that is there."""
    answer = http.post(late["TMF620.v5"] + "/category", json=CATEGORY)
    url: str = answer.headers["location"]
    eventually(lambda: http.get(url).status_code == 200)
    return url


def assert_accepted(answer: httpx2.Response, location: str | None = None) -> None:
    assert (answer.status_code, answer.content) == (202, b"")
    assert "content-type" not in answer.headers
    assert location in (None, answer.headers["location"])


def test_what_is_created_is_found_later_at_its_location(late: Servers, http: httpx2.Client) -> None:
    answer = http.post(late["TMF620.v5"] + "/category", json=CATEGORY)
    assert_accepted(answer)
    url = answer.headers["location"]
    created = eventually(lambda: found if (found := http.get(url)).status_code == 200 else None).json()
    assert (created["href"], created["name"]) == (url, "fibre")


def test_a_patch_shows_later(http: httpx2.Client, category: str) -> None:
    assert_accepted(http.patch(category, json={"@type": "Category", "description": "new"}), category)
    eventually(lambda: http.get(category).json().get("description") == "new")


def test_what_is_deleted_is_gone_later(http: httpx2.Client, category: str) -> None:
    assert_accepted(http.delete(category), category)
    eventually(lambda: http.get(category).status_code == 404)


def test_changes_that_wait_together_all_take_effect(http: httpx2.Client, category: str) -> None:
    changes = {"description": "a", "version": "7", "lifecycleStatus": "Launched"}
    for name, value in changes.items():
        assert_accepted(http.patch(category, json={"@type": "Category", name: value}))
    eventually(lambda: changes.items() <= http.get(category).json().items())


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        ({"name": None}, "application/json", 400),
        ({"name": 7}, "application/json", 400),
        ({"@type": "Other"}, "application/json", 400),
        ([{"op": "remove", "path": "/nothing"}], "application/json-patch+json", 400),
        ([{"op": "test", "path": "/name", "value": "x"}], "application/json-patch+json", 409),
        ([{"op": "remove", "path": "/subCategory?id=1"}], "application/json-patch-query+json", 400),
        ({}, "text/plain", 415),
    ],
)
def test_a_patch_that_cannot_be_made_is_refused_at_once(
    http: httpx2.Client, category: str, body: Any, media_type: str, status: int
) -> None:
    refusal = http.patch(category, json=body, headers={"content-type": media_type})
    assert (refusal.status_code, refusal.json()["@type"]) == (status, "Error")


def test_what_cannot_be_created_is_refused_at_once(late: Servers, http: httpx2.Client, category: str) -> None:
    base = late["TMF620.v5"]
    assert http.post(f"{base}/category", json={"@type": "Category"}).status_code == 400
    assert http.post(f"{base}/category", json=CATEGORY | {"id": category.split("/")[-1]}).status_code == 409
    assert http.patch(f"{base}/category/none", json={"@type": "Category"}).status_code == 404
    assert http.delete(f"{base}/category/none").status_code == 404


def test_a_contract_without_202_is_answered_at_once(late: Servers, http: httpx2.Client) -> None:
    answer = http.post(late["TMF620.v4"] + "/category", json={"name": "fibre"})
    assert answer.status_code == 201
    url = answer.headers["location"]
    assert http.patch(url, json={"description": "new"}).status_code == 200
    assert http.delete(url).status_code == 204


def test_a_registration_is_answered_at_once(late: Servers, http: httpx2.Client) -> None:
    hub = {"@type": "Hub", "callback": "http://127.0.0.1:9/x"}
    assert http.post(late["TMF620.v5"] + "/hub", json=hub).status_code == 201


def test_without_being_told_servers_answer_at_once(http: httpx2.Client) -> None:
    with serving(("TMF620",), lines=(5,)) as urls:
        assert http.post(urls["TMF620.v5"] + "/category", json=CATEGORY).status_code == 201


def test_a_qualification_that_is_wanted_instantly_is_answered_with_its_result(
    late: Servers, http: httpx2.Client
) -> None:
    body = {
        "@type": "CheckProductOfferingQualification",
        "instantSyncQualification": True,
        "checkProductOfferingQualificationItem": [
            {"@type": "CheckProductOfferingQualificationItem", "id": "1"}
        ],
    }
    url = late["TMF679.v5"] + "/checkProductOfferingQualification"
    answer = http.post(url, json=body)
    assert (answer.status_code, answer.json()["state"]) == (200, "done")
    assert_accepted(http.post(url, json=body | {"instantSyncQualification": False}))


class HeldAgenda(Agenda):
    """An agenda whose steps wait until they are released."""

    def __init__(self) -> None:
        super().__init__()
        self._held: list[tuple[Step, tuple[Any, ...]]] = []

    def after(self, seconds: float, step: Step, *arguments: Any) -> None:
        self._held.append((step, arguments))

    async def clear(self) -> None:
        self._held.clear()

    async def release(self) -> None:
        """Make all steps that wait, in their order."""
        held, self._held = self._held, []
        for step, arguments in held:
            await step(*arguments)


def late_site() -> Site:
    return Site([standard_contract("TMF620", 5)], pace=3600, answers="async")


@asynccontextmanager
async def held_site(agenda: Agenda, site: Site | None = None) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of TMF620 version 5 that is served in this process; what is accepted is for the agenda."""
    site = site or late_site()
    (contract,) = site.contracts
    site.promises = agenda
    application = Application(site)
    await application.start()
    base = f"http://testserver{contract.base_path}/"
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(application), base_url=base) as client:
        yield client
    await application.stop()


async def accepted(client: httpx2.AsyncClient, method: str, path: str, body: Any = None) -> str:
    answer = await client.request(method, path, json=body)
    assert_accepted(answer)
    location: str = answer.headers["location"]
    return location


def test_a_change_that_becomes_impossible_is_one_warning_and_harms_no_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def play() -> str:
        agenda = HeldAgenda()
        async with held_site(agenda) as client:
            url = await accepted(client, "POST", "category", CATEGORY)
            assert (await client.get(url)).status_code == 404
            await agenda.release()
            await accepted(client, "DELETE", url)
            await accepted(client, "PATCH", url, {"@type": "Category", "description": "late"})
            other = await accepted(client, "POST", "category", CATEGORY)
            await agenda.release()
            assert (await client.get(url)).status_code == 404
            assert (await client.get(other)).status_code == 200
            return url

    with caplog.at_level(logging.WARNING):
        url = asyncio.run(play())
    (record,) = caplog.records
    assert (record.levelname, record.exc_info) == ("WARNING", None)
    assert record.getMessage().startswith(f"PATCH {url} was accepted and cannot be done: 404")
    assert "\n" not in record.getMessage()


def test_an_id_that_two_wait_for_goes_to_the_first(caplog: pytest.LogCaptureFixture) -> None:
    async def play() -> None:
        agenda = HeldAgenda()
        async with held_site(agenda) as client:
            for name in ("first", "second"):
                await accepted(client, "POST", "category", CATEGORY | {"id": "wanted", "name": name})
            await agenda.release()
            assert (await client.get("category/wanted")).json()["name"] == "first"

    with caplog.at_level(logging.WARNING):
        asyncio.run(play())
    assert "409 exists" in caplog.text


def test_a_patch_is_made_of_what_the_resource_has_become_meanwhile() -> None:
    async def play() -> None:
        agenda = HeldAgenda()
        async with held_site(agenda) as client:
            url = await accepted(client, "POST", "category", CATEGORY)
            await agenda.release()
            for name in ("description", "version"):
                await accepted(client, "PATCH", url, {"@type": "Category", name: name})
            assert "version" not in (await client.get(url)).json()
            await agenda.release()
            found = (await client.get(url)).json()
            assert (found["description"], found["version"]) == ("description", "version")

    asyncio.run(play())


def test_what_was_accepted_is_made_also_when_another_process_acts_for_all() -> None:
    async def play() -> None:
        site, agenda = late_site(), HeldAgenda()
        async with held_site(agenda, site) as client:
            url = await accepted(client, "POST", "category", CATEGORY)
            await site.leave()
            site.office.is_ours = False
            await agenda.release()
            assert (await client.get(url)).status_code == 200

    asyncio.run(play())


def test_what_was_accepted_before_a_reset_is_forgotten_with_the_rest() -> None:
    async def play() -> None:
        site, agenda = late_site(), HeldAgenda()
        async with held_site(agenda, site) as client:
            snapshots = Snapshots(site)
            await snapshots.begin()
            url = await accepted(client, "POST", "category", CATEGORY)
            await snapshots.reset()
            await agenda.release()
            assert (await client.get(url)).status_code == 404

    asyncio.run(play())


def test_a_site_that_stops_does_at_once_what_it_has_accepted() -> None:
    async def play() -> None:
        site = late_site()
        async with held_site(Agenda(), site) as client:
            url = await accepted(client, "POST", "category", CATEGORY)
        (category,) = await site.all_held("TMF620", "category")
        assert category["href"] == url

    asyncio.run(play())
