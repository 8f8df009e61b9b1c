"""The COM's registrations: whatever was begun is ended once, however slow a hub is to answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from tmfrig.mockservers.com import registering
from tmfrig.mockservers.com.ledger import Registration
from tmfrig.mockservers.com.registering import Registrations
from tmfrig.mockservers.neighbours import Neighbour, NeighbourError
from tmfrig.specs import standard_contract

URL = "http://so.test"


class Hub:
    """A neighbour with a hub that may be away, or refuse."""

    def __init__(self) -> None:
        self.neighbour = Neighbour("TMF641", standard_contract("TMF641"), URL)
        self.registered: dict[str, str] = {}
        self.given = 0
        self.status: int | None = 200
        self.asked = 0

    async def register(self, callback: str) -> str:
        self._answer()
        self.given += 1
        self.registered[str(self.given)] = callback
        return str(self.given)

    async def unregister(self, identifier: str) -> None:
        self._answer()
        self.registered.pop(identifier, None)

    def _answer(self) -> None:
        self.asked += 1
        if self.status != 200:
            raise NeighbourError(self.neighbour, "hub", self.status, "out of order")


class Notes:
    """What of a ledger is about registrations."""

    def __init__(self, *noted: Registration) -> None:
        self.noted = list(noted)

    async def note_registration(self, registration: Registration) -> None:
        self.noted.append(registration)

    async def forget_registration(self, registration: Registration) -> None:
        self.noted.remove(registration)

    async def registrations(self) -> list[Registration]:
        return list(self.noted)


def registrations(notes: Notes, hub: Hub) -> Registrations:
    return Registrations(cast(Any, notes), lambda _: cast(Any, hub), lambda api: f"http://com.test/{api}")


def run(act: Callable[[Hub], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(act(Hub()), 30))


async def until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110
        await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registering, "_POLITELY", 0.05)
    monkeypatch.setattr(registering, "_FIRST_PAUSE", 0.01)


def test_one_registration_is_there_while_the_com_is() -> None:
    async def act(hub: Hub) -> None:
        notes = Notes()
        for _ in range(3):
            ours = registrations(notes, hub)
            await ours.open(["TMF641"])
            assert list(hub.registered.values()) == ["http://com.test/TMF641"]
            assert [each.identifier for each in notes.noted] == list(hub.registered)
            await ours.close()
            assert (hub.registered, notes.noted) == ({}, [])

    run(act)


def test_what_a_hub_that_is_away_cannot_end_is_ended_when_it_is_back() -> None:
    async def act(hub: Hub) -> None:
        notes, ours = Notes(), None
        for _ in range(3):
            hub.status = 200
            ours = registrations(notes, hub)
            await ours.open(["TMF641"])
            hub.status = None
            await ours.close()
            assert hub.registered
        hub.status = None
        ours = registrations(notes, hub)
        await ours.open(["TMF641"])
        before = hub.asked
        await until(lambda: hub.asked > before + 3)
        hub.status = 200
        await until(lambda: [each.identifier for each in notes.noted] == list(hub.registered) == ["4"])
        await ours.close()
        assert (hub.registered, notes.noted) == ({}, [])

    run(act)


def test_what_a_hub_refuses_to_end_is_not_asked_for_again() -> None:
    async def act(hub: Hub) -> None:
        hub.status, notes = 403, Notes(Registration("TMF641", "9", URL))
        ours = registrations(notes, hub)
        await ours.open([])
        assert (hub.asked, notes.noted) == (1, [])
        await ours.close()

    run(act)


def test_what_was_registered_at_somebody_else_is_left_until_that_one_plays_the_role_again() -> None:
    async def act(hub: Hub) -> None:
        notes = Notes(Registration("TMF641", "1", "http://another.test"))
        ours = registrations(notes, hub)
        await ours.open([])
        await ours.close()
        assert (hub.asked, len(notes.noted)) == (0, 1)

    run(act)


def test_a_note_of_an_earlier_release_is_understood() -> None:
    noted = Registration.noted({"id": "TMF641", "registration": "7"})
    assert noted == Registration("TMF641", "7", "")
    assert Registration.noted(Registration("TMF641", "7", URL).note.body) == Registration("TMF641", "7", URL)
