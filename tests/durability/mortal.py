"""Servers in this process whose store ends after so many transactions, as with a power failure."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
from crowd import Body
from undaunted import Undaunted
from witness import Witness

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
        self.application = application
        self.unanswered: list[tuple[str, Body]] = []

    def client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(transport=httpx2.ASGITransport(self.application), timeout=60)

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
async def servers(store: Mortal, witness: Witness) -> AsyncIterator[InHouse]:
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
