"""Who acts for all, and what becomes of one who no longer may and does not know it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from mortal import WITNESS, InHouse, Mortal, servers
from undaunted import until
from witness import Witness

from tmfrig.mockservers import duty
from tmfrig.mockservers.com import companion
from tmfrig.mockservers.com.ledger import REGISTRATIONS, Ledger, Registration
from tmfrig.mockservers.errors import OFFICE_IS_OVER, ApiError
from tmfrig.mockservers.office import acting
from tmfrig.mockservers.query import EVERYTHING
from tmfrig.mockservers.site import Site
from tmfrig.mockservers.store import StoreError


async def _product(crowd: InHouse, name: str) -> str:
    async with crowd.client() as client:
        answer = await client.post(
            f"{crowd.urls['TMF637']}/product", json={"status": "created", "name": name}
        )
        return str(answer.json()["id"])


def _named(name: str) -> Any:
    return lambda body: body | {"name": name}


def test_one_who_has_hung_changes_nothing_for_all_but_answers_requests(tmp_path: Path) -> None:
    path = tmp_path / "rig.db"

    async def run() -> None:
        async with servers(Mortal(path), Witness(WITNESS, 1, 0)) as crowd:
            site = crowd.application.site
            products = next(each for each in site.collections if each.key == "TMF637.v4/product")
            product = await _product(crowd, "line")
            acting.set(True)
            await products.change(product, _named("by who acts for all"))
            # what the successor of a process that hangs does, all of it while that one hangs
            successor = Mortal(path)
            await successor.open()
            with sqlite3.connect(path) as database:
                database.execute("UPDATE office SET until = 0")
            assert await successor.take_office(60)
            with pytest.raises(ApiError) as refusal:
                await products.change(product, _named("by who has hung"))
            assert (refusal.value.status, refusal.value.code) == (503, OFFICE_IS_OVER)
            assert (await products.get(product)).body["name"] == "by who acts for all"
            acting.set(False)
            await products.change(product, _named("by a client"))
            assert (await products.get(product)).body["name"] == "by a client"
            await until(lambda: not site.office.held)
            await successor.resign()
            await until(lambda: site.office.held)
            await successor.close()

    asyncio.run(run())


def test_an_office_that_is_half_taken_up_is_taken_up_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duty, "TERM", 0.5)
    enter, tries = Site.enter, []

    async def fails_first(site: Site) -> None:
        tries.append(site)
        if len(tries) == 2:
            raise StoreError("just now it does not work")
        await enter(site)

    monkeypatch.setattr(Site, "enter", fails_first)

    async def run() -> None:
        async with servers(Mortal(tmp_path / "rig.db"), Witness(WITNESS, 1, 0)) as crowd:
            site = crowd.application.site
            with sqlite3.connect(tmp_path / "rig.db") as database:
                database.execute("UPDATE office SET owner = 'another', until = 0")
            await site._duty._leave()
            await until(lambda: len(tries) > 2 and site.office.held)

    asyncio.run(run())


def test_the_com_registers_once_also_where_that_cannot_be_noted_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note, registered = Ledger.note_registration, {}

    async def fails_first(ledger: Ledger, registration: Registration) -> None:
        if registered.setdefault(registration.api, "") == "":
            registered[registration.api] = registration.identifier
            raise StoreError("just now it does not work")
        await note(ledger, registration)

    monkeypatch.setattr(Ledger, "note_registration", fails_first)

    async def run() -> None:
        async with servers(Mortal(tmp_path / "rig.db"), Witness(WITNESS, 1, 0)) as crowd:
            site = crowd.application.site

            async def noted() -> dict[str, str]:
                documents = (await site.store.find(REGISTRATIONS, EVERYTHING)).documents
                return {each.body["api"]: each.body["registration"] for each in documents}

            await _becomes(noted, registered)
            listeners = [each.id for hub in site.hubs.values() for each in hub.listeners]
            assert sorted(listeners) == sorted(registered.values())
            assert registered.keys() == set(companion.HEARD)

    asyncio.run(run())


def test_what_was_missed_while_the_store_was_out_of_order_is_made_up_for(tmp_path: Path) -> None:
    async def run() -> None:
        async with servers(Mortal(tmp_path / "rig.db"), Witness(WITNESS, 1, 0)) as crowd:
            site = crowd.application.site
            work = next(each for each in site.collections if each.key == "TMF641.v4/serviceOrder")
            item = {"id": "1", "action": "add", "productOffering": {"id": "mobile-s"}}
            body = {"externalId": "shop-1~slow:50", "productOrderItem": [item]}
            async with crowd.client() as client:
                order = (await client.post(f"{crowd.urls['TMF622']}/productOrder", json=body)).json()["id"]

                async def states() -> list[str]:
                    return [each.body["state"] for each in (await work.find(EVERYTHING)).documents]

                await _becomes(states, ["inProgress"])
                # whatever was planned is forgotten, as where each step has failed
                await site.agenda.clear()
                assert await states() == ["inProgress"]
                site.office.in_doubt = True
                await _becomes(states, ["completed"])

                async def state() -> str:
                    answer = await client.get(f"{crowd.urls['TMF622']}/productOrder/{order}")
                    return str(answer.json()["state"])

                await _becomes(state, "completed")

    asyncio.run(run())


async def _becomes(ask: Callable[[], Awaitable[object]], wanted: object) -> None:
    async with asyncio.timeout(30):
        while True:
            if await ask() == wanted:
                return
            await asyncio.sleep(0.02)
