"""Many clients at once: nothing is lost, nothing is made twice."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
from mock_bodies import create

from tmfrig.mockservers.behaviours.serviceability import ServiceQualification
from tmfrig.mockservers.collection import Draft
from tmfrig.mockservers.running import serving
from tmfrig.mockservers.site import Site
from tmfrig.mockservers.store import Body, Document
from tmfrig.mockservers.stores import store_at
from tmfrig.specs import standard_contract

Servers = Mapping[str, str]
CLIENTS = 200


def test_parallel_creates_are_all_there_once(still_servers: Servers) -> None:
    url = still_servers["TMF641"] + "/serviceOrder"
    body = {"serviceOrderItem": [{"id": "1", "action": "add", "service": {}}], "category": "parallel"}

    async def run() -> tuple[list[httpx2.Response], httpx2.Response]:
        async with httpx2.AsyncClient(timeout=60, trust_env=False) as client:
            answers = await asyncio.gather(*(client.post(url, json=body) for _ in range(CLIENTS)))
            return answers, await client.get(url, params={"category": "parallel"})

    answers, listed = asyncio.run(run())
    assert {each.status_code for each in answers} == {201}
    assert {each.json()["id"] for each in answers} == {each["id"] for each in listed.json()}
    assert len(listed.json()) == CLIENTS


def test_parallel_patches_of_one_resource_lose_nothing(still_servers: Servers, http: httpx2.Client) -> None:
    href = create(http, still_servers, "TMF622", "productOrder")["href"]

    async def run() -> list[httpx2.Response]:
        async with httpx2.AsyncClient(timeout=60, trust_env=False) as client:
            patches: list[dict[str, Any]] = [{f"x-{number}": number} for number in range(CLIENTS)]
            return await asyncio.gather(*(client.patch(href, json=each) for each in patches))

    assert {each.status_code for each in asyncio.run(run())} == {200}
    order = http.get(href).json()
    assert [order[f"x-{number}"] for number in range(CLIENTS)] == list(range(CLIENTS))


def test_parallel_patches_of_one_resource_in_a_file_take_turns(http: httpx2.Client, tmp_path: Path) -> None:
    with serving(["TMF622"], pace=3600, store=store_at(f"sqlite:///{tmp_path / 'rig.db'}")) as urls:
        href = create(http, urls, "TMF622", "productOrder")["href"]

        async def run() -> tuple[list[httpx2.Response], list[httpx2.Response]]:
            async with httpx2.AsyncClient(timeout=60, trust_env=False) as client:
                patches: list[dict[str, Any]] = [{f"x-{number}": number} for number in range(CLIENTS)]
                patched = await asyncio.gather(*(client.patch(href, json=each) for each in patches))
                return patched, await asyncio.gather(*(client.delete(href) for _ in range(CLIENTS)))

        patched, deleted = asyncio.run(run())
        assert {each.status_code for each in patched} == {200}
        assert sorted(each.status_code for each in deleted) == [204, *[404] * (CLIENTS - 1)]
        last = max((each.json() for each in patched), key=len)
        assert [last[f"x-{number}"] for number in range(CLIENTS)] == list(range(CLIENTS))


def test_who_was_too_late_is_not_overtaken_again_and_again(tmp_path: Path) -> None:
    async def run() -> Body:
        contract = standard_contract("TMF620")
        site = Site([contract], store=store_at(f"sqlite:///{tmp_path / 'rig.db'}"))
        await site.start()
        try:
            categories = site.collection(contract, "category")
            body = {"name": "many", "count": 0}
            category = await categories.create(Draft(categories.intake.complete(body, "http://127.0.0.1")))

            async def hasten() -> None:
                for _ in range(100):
                    await categories.change(category.id, lambda body: body | {"count": body["count"] + 1})

            async def change_once() -> Body:
                return (await categories.change(category.id, lambda body: body | {"name": "one"})).body

            _, changed = await asyncio.gather(hasten(), change_once())
            assert (await categories.get(category.id)).body["count"] == 100
            return changed
        finally:
            await site.stop()

    assert asyncio.run(run())["count"] < 10


def test_of_parallel_deletes_one_succeeds(still_servers: Servers, http: httpx2.Client) -> None:
    href = create(http, still_servers, "TMF622", "productOrder")["href"]

    async def run() -> list[int]:
        async with httpx2.AsyncClient(timeout=60, trust_env=False) as client:
            answers = await asyncio.gather(*(client.delete(href) for _ in range(50)))
            return [each.status_code for each in answers]

    assert sorted(asyncio.run(run())) == [204] + [404] * 49


def test_of_parallel_transitions_only_a_legal_order_of_them_happens(
    still_servers: Servers, http: httpx2.Client
) -> None:
    href = create(http, still_servers, "TMF622", "productOrder", state="acknowledged")["href"]
    http.patch(href, json={"state": "inProgress"})

    async def run() -> list[int]:
        async with httpx2.AsyncClient(timeout=60, trust_env=False) as client:
            states = ["completed", "failed", "partial"] * 20
            answers = await asyncio.gather(*(client.patch(href, json={"state": each}) for each in states))
            return [each.status_code for each in answers]

    statuses = asyncio.run(run())
    assert set(statuses) <= {200, 409}
    # the first final state stays; only patches to that same state are no transition and succeed too
    assert statuses.count(200) == 20


def test_a_patch_while_a_qualification_is_evaluated_is_kept_and_counts() -> None:
    evaluated: list[Body] = []
    done = asyncio.Event()

    class SlowQualification(ServiceQualification):
        """Takes long enough for a client to change the request."""

        async def evaluate(self, request: Body) -> Body:
            if not evaluated:
                await self.collection.change(request["id"], lambda body: body | {"description": "changed"})
            evaluated.append(request)
            return await super().evaluate(request)

        def settled(self, before: Document | None, after: Document) -> None:
            super().settled(before, after)
            if after.body["state"] == "done":
                done.set()

    async def run() -> Body:
        contract = standard_contract("TMF645")
        site = Site([contract], pace=0, behaviours=[SlowQualification])
        checks = site.collection(contract, "checkServiceQualification")
        body = {"serviceQualificationItem": [{"id": "1", "service": {}}], "description": "first"}
        task = await checks.create(Draft(checks.intake.complete(body, "http://127.0.0.1")))
        await asyncio.wait_for(done.wait(), 15)
        await site.agenda.close()
        return (await checks.get(task.id)).body

    found = asyncio.run(run())
    assert (found["description"], found["qualificationResult"]) == ("changed", "qualified")
    assert [each["description"] for each in evaluated] == ["first", "changed"]
