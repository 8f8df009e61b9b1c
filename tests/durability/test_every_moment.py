"""Servers that end after any transaction of an order's way, one after the other, go on where they stood.

After the last transaction there is no other, as with a power failure. Nothing here is left to chance.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import pytest
from crowd import KINDS, Body, Kind
from undaunted import Undaunted
from witness import HEARD, Witness

from tmfrig.mockservers.app import Application
from tmfrig.mockservers.dataset import load_dataset
from tmfrig.mockservers.reaching import Address
from tmfrig.mockservers.running import assembled, urls
from tmfrig.mockservers.store import StoreError
from tmfrig.mockservers.stores.sqlite import SqliteStore
from tmfrig.mockservers.topology import Topology
from tmfrig.specs import standard_apis, standard_contract

ADDRESS = Address("127.0.0.1", 9)
PACE = 0.01
WITNESS = "http://witness.test"


class Mortal(SqliteStore):
    """A store that ends after so many transactions."""

    def __init__(self, path: Path, lives_for: float = float("inf")) -> None:
        super().__init__(path, "off")
        self.left = lives_for
        self.has_died = asyncio.Event()
        self._run, self._flush = self._transactions.run, self._transactions._flush
        self._transactions.run = self._run_alive  # type: ignore[method-assign]
        self._transactions._flush = self._flush_alive  # type: ignore[method-assign]

    def _run_alive(self, work: Any) -> asyncio.Future[Any]:
        if not self.has_died.is_set():
            return self._run(work)
        gone: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        gone.set_exception(StoreError("there is no store any more"))
        return gone

    def _flush_alive(self) -> None:
        waiting = self._transactions._pending
        if waiting and (self.left <= 0 or self.has_died.is_set()):
            self.has_died.set()
            for _, future in waiting:
                if not future.done():
                    future.set_exception(StoreError("there is no store any more"))
            waiting.clear()
            return
        self.left -= bool(waiting)
        self._flush()


class InHouse(Undaunted):
    """A crowd in the same process, which asks once."""

    def __init__(self, application: Application) -> None:
        addresses = urls(application.contracts, ADDRESS)
        super().__init__({**addresses, "admin": f"{ADDRESS.url}/tmfrig/admin/v1"}, between_looks=0.05)
        self._application = application
        self.unanswered: list[tuple[str, Body]] = []

    def client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(transport=httpx2.ASGITransport(self._application), timeout=60)

    async def _post(self, client: httpx2.AsyncClient, path: str, body: Body) -> Body | None:
        answer = await client.post(f"{self.urls['TMF622']}/{path}", json=body)
        if answer.status_code == 503:
            self.unanswered.append((path, body))
            return None
        assert answer.status_code == 201, answer.text
        created: Body = answer.json()
        return created

    async def insist(self, unanswered: list[tuple[str, Body]]) -> None:
        """Ask again for the cancellations to which there was no answer."""
        async with self.client() as client:
            for path, body in unanswered:
                if path != "productOrder":
                    await self._post(client, path, body)


@contextlib.asynccontextmanager
async def _servers(store: Mortal, witness: Witness) -> AsyncIterator[InHouse]:
    """All roles over a store, which end without having put anything in order."""
    contracts = tuple(standard_contract(api, 4) for api in standard_apis(4))
    application = assembled(
        Topology(contracts, {}, True),
        ADDRESS,
        admin=True,
        dataset=load_dataset("telco"),
        store=store,
        pace=PACE,
        patience=120.0,
    )

    async def listen(scope: Any, receive: Any, send: Any) -> None:
        body = (await receive())["body"]
        witness.hear(scope["path"].strip("/"), json.loads(body))
        await send({"type": "http.response.start", "status": 201, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    application.site.wire.mount(WITNESS, listen)
    others = asyncio.all_tasks()
    try:
        with contextlib.suppress(StoreError):
            await application.start()
        yield InHouse(application)
    finally:
        store.has_died.set()
        left = asyncio.all_tasks() - others
        for each in left:
            each.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await store.close()


async def _prepared(path: Path, witness: Witness) -> None:
    async with _servers(Mortal(path), witness) as crowd, crowd.client() as client:
        for api in HEARD:
            callback = {"callback": f"{WITNESS}/{api}"}
            answer = await client.post(f"{crowd.urls[api]}/hub", json=callback)
            assert answer.status_code == 201


async def _grievances(path: Path, witness: Witness, kind: Kind, lives_for: int) -> tuple[bool, list[str]]:
    """Whether servers with so many transactions ended before their order did, and what that has spoiled."""
    store = Mortal(path, lives_for)
    async with _servers(store, witness) as before:
        await before.place_one(1, kind)
        resting = asyncio.create_task(before.at_rest(within=60))
        dying = asyncio.create_task(store.has_died.wait())
        await asyncio.wait([resting, dying], return_when=asyncio.FIRST_COMPLETED)
        has_died = store.has_died.is_set()
        for each in (resting, dying):
            each.cancel()
    async with _servers(Mortal(path), witness) as after:
        after.placed = before.placed
        await after.insist(before.unanswered)
        return has_died, await after.grievances(await after.at_rest(within=60), witness)


async def _all_grievances(folder: Path, kind: Kind, step: int) -> list[str]:
    new = Witness(WITNESS, 1, 0)
    await _prepared(folder / "new.db", new)
    found = []
    for lives_for in count(0, step):
        path = folder / f"{lives_for}.db"
        with sqlite3.connect(folder / "new.db") as source, sqlite3.connect(path) as copy:
            source.backup(copy)
        has_died, wrong = await _grievances(path, Witness(WITNESS, 1, 0), kind, lives_for)
        found += [f"after {lives_for} transactions: {each}" for each in wrong]
        if not has_died:
            print(f"{kind.name}: {lives_for} transactions")
            return found
    raise AssertionError("never")


@pytest.mark.parametrize(
    "kind", [each for each in KINDS if each.name == "cancelled midway"], ids=lambda each: each.name
)
def test_an_order_goes_on_wherever_it_was_interrupted(tmp_path: Path, kind: Kind) -> None:
    assert asyncio.run(_all_grievances(tmp_path, kind, 12)) == []


@pytest.mark.durability
@pytest.mark.parametrize("kind", KINDS, ids=lambda each: each.name)
def test_an_order_goes_on_after_every_single_transaction(tmp_path: Path, kind: Kind) -> None:
    assert asyncio.run(_all_grievances(tmp_path, kind, 1)) == []
