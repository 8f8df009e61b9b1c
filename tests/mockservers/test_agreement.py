"""Servers over one store serve the same; another one is refused while one of them runs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tmfrig.mockservers import duty
from tmfrig.mockservers.app import Application
from tmfrig.mockservers.dataset import Dataset, load_dataset
from tmfrig.mockservers.running import serving
from tmfrig.mockservers.serve import AnnouncingServer, main
from tmfrig.mockservers.site import Site
from tmfrig.mockservers.store import StoreError
from tmfrig.mockservers.stores import sqlite, store_at
from tmfrig.specs import External, standard_contract


@pytest.fixture(autouse=True)
def _short_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    # longer than a busy machine may stand still: who does not renew its office loses it
    monkeypatch.setattr(duty, "TERM", 2.0)
    monkeypatch.setattr(sqlite, "LIKES_FIRST", 1.0)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'rig.db'}"


class Servers:
    """Applications over one store, which end together."""

    def __init__(self, url: str, stack: AsyncExitStack) -> None:
        self._url = url
        self._stack = stack

    async def start(self, apis: Sequence[str], **options: Any) -> Application:
        """Another one."""
        contracts = [standard_contract(each) for each in apis]
        application = Application(Site(contracts, store=store_at(self._url), **options))
        self._stack.push_async_callback(application.stop)
        await application.start()
        return application


PRODUCTS = ("TMF622", "TMF637")
EMPTY = Dataset()
OTHERS: Any = [
    pytest.param(("TMF637",), {}, id="fewer APIs"),
    pytest.param((*PRODUCTS, "TMF641"), {}, id="more APIs"),
    pytest.param(PRODUCTS, {"dataset": load_dataset("telco")}, id="another data set"),
    pytest.param(PRODUCTS, {"elsewhere": {"COM": External("COM", "http://com.test")}}, id="an external role"),
]


def test_what_is_served_is_the_same_in_any_order() -> None:
    one, two = {"id": "1", "name": "fibre"}, {"id": "2", "name": "copper"}
    sites = [
        Site(
            [standard_contract(each) for each in apis],
            dataset=Dataset({"TMF637": {"product": products, **more}}),
            elsewhere={role: External(role, f"http://{role}.test") for role in roles},
        )
        for apis, products, more, roles in (
            (PRODUCTS, [one, two], {}, ("TMF638", "TMF641")),
            (PRODUCTS[::-1], [two, one], {"other": []}, ("TMF641", "TMF638")),
        )
    ]
    assert len({each.serving for each in sites}) == 1


def test_where_an_external_role_is_matters_and_is_not_told() -> None:
    sites = [
        Site([standard_contract("TMF622")], elsewhere={"TMF641": External("TMF641", f"http://{name}.test")})
        for name in ("secret", "another")
    ]
    assert len({each.serving for each in sites}) == 2
    assert not any("secret" in each.serving for each in sites)


@pytest.mark.parametrize(("apis", "options"), OTHERS)
def test_one_that_serves_something_else_is_refused_while_another_acts(
    url: str, apis: Sequence[str], options: dict[str, Any]
) -> None:
    async def act() -> None:
        async with AsyncExitStack() as stack:
            servers = Servers(url, stack)
            first = await servers.start(PRODUCTS)
            with pytest.raises(
                StoreError, match=r"serves TMF622\.v4 TMF637\.v4 with the data set"
            ) as refusal:
                await servers.start(apis, **options)
            assert "\n" not in str(refusal.value)
            assert first.site.office.held

    asyncio.run(act())


def test_one_that_serves_the_same_takes_part_and_another_one_follows_when_all_have_ended(url: str) -> None:
    async def act() -> None:
        async with AsyncExitStack() as stack:
            servers = Servers(url, stack)
            await servers.start(PRODUCTS)
            assert not (await servers.start(PRODUCTS[::-1])).site.office.held
        async with AsyncExitStack() as stack:
            assert (await Servers(url, stack).start(["TMF641"])).site.office.held

    asyncio.run(act())


def test_where_who_acts_ends_one_that_serves_the_same_is_preferred(url: str) -> None:
    async def act() -> None:
        async with AsyncExitStack() as stack:
            servers = Servers(url, stack)
            second = None
            async with AsyncExitStack() as first:
                await Servers(url, first).start(PRODUCTS)
                second = await servers.start(PRODUCTS)
            with pytest.raises(StoreError, match="start all with the same"):
                await servers.start(["TMF641"])
            assert second.site.office.held

    asyncio.run(act())


def test_one_that_has_died_on_another_machine_holds_up_a_new_one_for_its_term_only(url: str) -> None:
    async def act() -> None:
        store = store_at(url)
        await store.open()
        assert await store.take_office(duty.TERM, "something else")
        async with AsyncExitStack() as stack:
            assert (await Servers(url, stack).start(PRODUCTS)).site.office.held
        await store.close()

    asyncio.run(act())


def test_who_starts_servers_in_the_background_is_told(url: str) -> None:
    with serving(PRODUCTS, store=store_at(url)):
        background = serving(["TMF641"], store=store_at(url))
        with pytest.raises(StoreError, match="start all with the same"), background:
            pytest.fail("they should not have been started")


def test_the_program_says_so_in_a_line(
    url: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # no signal would reach one that serves here nevertheless
    monkeypatch.setattr(AnnouncingServer, "announce", lambda server: setattr(server, "should_exit", True))

    async def act() -> None:
        async with AsyncExitStack() as stack:
            await Servers(url, stack).start(PRODUCTS)
            arguments = ["--api", "TMF641", "--dataset", "empty", "--port", "0", "--store", url]
            assert await asyncio.to_thread(main, arguments) == 2

    asyncio.run(act())
    said = capfd.readouterr()
    (line,) = said.err.splitlines()
    assert line.startswith("tmfrig serve: another process over this store serves TMF622.v4 TMF637.v4 with")
    assert said.out == ""
