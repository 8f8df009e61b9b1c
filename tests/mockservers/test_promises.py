"""What a neighbour answers 202 is followed until it is done, in both versions, and not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, TypeVar

import orjson
import pytest

from tmfrig.mockservers.neighbours import Neighbour, NeighbourError, Peer
from tmfrig.mockservers.promises import Patched, holds, promised_id
from tmfrig.mockservers.running import serving
from tmfrig.mockservers.wire import Answer, Wire
from tmfrig.specs import standard_contract

T = TypeVar("T")
Servers = Mapping[str, str]
LINES = (4, 5)


@pytest.fixture(scope="module")
def late() -> Iterator[Servers]:
    with serving(("TMF620",), lines=LINES, pace=0.1, answers="async") as urls:
        yield urls


def spoken_to(late: Servers, line: int, talk: Callable[[Peer], Awaitable[T]]) -> T:
    """What comes of talking to the catalog in one of its versions."""
    contract = standard_contract("TMF620", line)

    async def talking() -> T:
        wire = Wire()
        try:
            return await talk(Peer(Neighbour("TMF620", contract, late[contract.key]), wire, "COM"))
        finally:
            await wire.close()

    return asyncio.run(talking())


class Promising(Wire):
    """A wire at whose end everything is promised; then the given answers are shown, in their order."""

    def __init__(self, promise: Answer, *shown: Answer) -> None:
        super().__init__()
        self._promise = promise
        self._shown = list(shown)
        self.asked: list[str] = []

    async def request(self, method: str, url: str, **details: Any) -> Answer:
        """The promise, or what is shown now."""
        self.asked.append(f"{method} {url}")
        if method != "GET":
            return self._promise
        return self._shown.pop(0) if len(self._shown) > 1 else self._shown[0]


def answer(status: int, body: object = None, **headers: str) -> Answer:
    return Answer(status, headers, b"" if body is None else orjson.dumps(body))


def promising(wire: Wire, within: float = 5) -> Peer:
    return Peer(Neighbour("TMF641", standard_contract("TMF641"), "http://so/v4"), wire, "COM", within)


@pytest.mark.parametrize("line", LINES)
def test_who_changes_at_the_same_time_as_others_overwrites_nobody(late: Servers, line: int) -> None:
    async def talk(peer: Peer) -> None:
        created = await peer.create("category", {"name": "0"})

        async def add(sign: str) -> None:
            await peer.revise("category", created["id"], lambda present: {"name": present["name"] + sign})

        await asyncio.gather(*map(add, "123"))
        found = await peer.get("category", created["id"])
        assert found is not None
        assert set(found["name"]) == set("0123")

    spoken_to(late, line, talk)


@pytest.mark.parametrize("line", LINES)
def test_what_is_promised_is_there_when_we_go_on(late: Servers, line: int) -> None:
    async def talk(peer: Peer) -> None:
        created = await peer.create("category", {"name": "fibre", "parentId": "internet"})
        assert (created["name"], created["parentId"]) == ("fibre", "internet")
        assert await peer.get("category", created["id"]) == created
        changed = await peer.patch("category", created["id"], {"description": "new"})
        assert changed is not None
        assert changed["description"] == "new"
        assert created["id"] in [each["id"] for each in await peer.find("category", parentId="internet")]
        await peer.delete("category", created["id"])
        assert await peer.get("category", created["id"]) is None

    spoken_to(late, line, talk)


@pytest.mark.parametrize("line", LINES)
def test_what_is_not_there_is_not_waited_for(late: Servers, line: int) -> None:
    async def talk(peer: Peer) -> None:
        assert await peer.patch("category", "nobody", {"description": "new"}) is None
        await peer.delete("category", "nobody")

    spoken_to(late, line, talk)


def test_a_promise_is_followed_to_its_location() -> None:
    wire = Promising(
        answer(202, location="/so/v4/serviceOrder/a%2Fb"),
        answer(404),
        answer(404),
        answer(200, {"id": "a/b"}),
    )
    assert asyncio.run(promising(wire).create("serviceOrder", {})) == {"id": "a/b"}
    assert wire.asked == ["POST http://so/v4/serviceOrder", *["GET http://so/v4/serviceOrder/a%2Fb"] * 3]


def test_a_promise_that_is_not_kept_may_be_kept_later() -> None:
    wire = Promising(answer(202, {"id": "7"}), answer(404))
    with pytest.raises(NeighbourError, match=r"nothing of it is seen within 0\.1 s") as raised:
        asyncio.run(promising(wire, within=0.1).create("serviceOrder", {}))
    assert raised.value.temporary
    assert len(wire.asked) < 10


def test_a_promise_that_leads_nowhere_is_told() -> None:
    wire = Promising(answer(202, location="http://so/v4/monitor/7"), answer(200, {"id": "7"}))
    with pytest.raises(NeighbourError, match="it does not say which serviceOrder will come"):
        asyncio.run(promising(wire).create("serviceOrder", {}))


def test_trouble_on_the_way_is_told_as_such() -> None:
    wire = Promising(answer(202, {"id": "7"}), answer(404), answer(500, {"reason": "broken"}))
    with pytest.raises(NeighbourError, match="answered 500 to POST serviceOrder: broken"):
        asyncio.run(promising(wire).create("serviceOrder", {}))


def test_what_goes_while_it_should_change_is_gone() -> None:
    wire = Promising(answer(202), answer(200, {"id": "7", "state": "held"}), answer(404))
    assert asyncio.run(promising(wire).patch("serviceOrder", "7", {"state": "inProgress"})) is None


def test_a_change_that_others_have_overtaken_was_made() -> None:
    shown = ({"id": "7", "state": each} for each in ("held", "held", "completed"))
    wire = Promising(answer(202), *(answer(200, each) for each in shown))
    changed = asyncio.run(promising(wire).patch("serviceOrder", "7", {"state": "inProgress"}))
    assert changed == {"id": "7", "state": "completed"}


@pytest.mark.parametrize(
    ("location", "body", "identifier"),
    [
        ("http://elsewhere/v4/serviceOrder/7", None, "7"),
        ("/v4/serviceOrder/7/", None, "7"),
        ("serviceOrder/7?x=1", None, "7"),
        ("", {"id": 7}, "7"),
        ("/v4/monitor/9", {"id": "7"}, "7"),
        ("/v4/serviceOrder/", None, None),
        ("", [], None),
    ],
)
def test_a_promise_names_its_resource(location: str, body: object, identifier: str | None) -> None:
    assert promised_id(answer(202, body, location=location), "serviceOrder") == identifier


@pytest.mark.parametrize(
    ("shown", "said", "expected"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, True),
        ({"b": 2}, {"a": None}, True),
        ({"a": 2}, {"a": None}, False),
        ({"a": [{"x": 1, "@type": "X"}]}, {"a": [{"x": 1}]}, True),
        ({"a": [{"x": 1}, {"x": 2}]}, {"a": [{"x": 1}]}, False),
        ({}, {"a": []}, True),
        ({"at": "2026-01-01T10:00:00Z"}, {"at": "2026-01-01T11:00:00.000+01:00"}, True),
        ({"at": "2026-01-01T10:00:00Z"}, {"at": "2026-01-01T10:00:01Z"}, False),
        ({"a": "x"}, {"a": "y"}, False),
        (None, {"a": "y"}, False),
    ],
)
def test_a_patch_shows_when_what_it_says_holds(shown: Any, said: Any, expected: bool) -> None:
    assert holds(shown, said) is expected
    assert Patched(said)(answer(200, shown or {})) is expected
