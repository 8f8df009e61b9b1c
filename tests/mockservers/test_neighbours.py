"""Neighbours that answer something else than they were asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import count, repeat

import orjson
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from tmfrig.mockservers.com.boundaries.ordering import ProductOrdering, read_order
from tmfrig.mockservers.com.orders import Phase
from tmfrig.mockservers.com.ports import Report
from tmfrig.mockservers.neighbours import MOST_READINGS, Neighbour, NeighbourError, Neighbours, Peer
from tmfrig.mockservers.wire import Wire
from tmfrig.specs import standard_contract

URL = "http://neighbour.example"


def answering(body: bytes) -> Peer:
    """A service inventory that answers everything so."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    return _peer("TMF638", application)


def _peer(api: str, application: ASGIApp) -> Peer:
    wire = Wire()
    wire.mount(URL, application)
    return Neighbours(wire, {api: Neighbour(api, standard_contract(api), URL)}).peer(api, "COM")


class Busy:
    """One product order, of which every state that is listed is set by somebody else after it was read.

    `tags` are those that are answered to a GET, `None` for none; what is right is asked for by `demanded`.
    """

    def __init__(self, states: list[str], tags: Iterator[str | None], demanded: list[str]) -> None:
        self.order = {"id": "17", "state": "inProgress", "note": []}
        self.bound: list[str] = []
        """What the changes were bound to, empty where to nothing."""
        self._states, self._tags, self._demanded = states, tags, demanded

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        if scope["method"] == "GET":
            tag = next(self._tags)
            told = [(b"etag", tag.encode("latin-1"))] if tag is not None else []
            await self._answer(send, 200, told)
            if self._states:
                self.order = self.order | {"state": self._states.pop(0)}
            return
        self.bound.append(headers.get(b"if-match", b"").decode())
        if self.bound[-1] and self.bound[-1] not in self._demanded:
            await self._answer(send, 412, [])
            return
        self.order = self.order | orjson.loads((await receive())["body"])
        await self._answer(send, 200, [])

    async def _answer(self, send: Send, status: int, headers: list[tuple[bytes, bytes]]) -> None:
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": orjson.dumps(self.order)})


def _tell(busy: Busy) -> None:
    """Report that an order that is in progress waits for something."""
    peer = _peer("TMF622", busy)
    believed = read_order({"id": "17", "state": "inProgress"}, "17")
    asyncio.run(ProductOrdering(peer).report(believed, Report(Phase.WAITING, {})))


def test_a_report_does_not_take_back_the_cancellation_that_is_asked_for_meanwhile() -> None:
    busy = Busy(["assessingCancellation"], iter(['"1"', '"2"']), ['"2"'])
    with pytest.raises(NeighbourError, match="the order was changed meanwhile"):
        _tell(busy)
    assert (busy.order["state"], busy.bound) == ("assessingCancellation", ['"1"'])


def test_what_was_changed_meanwhile_is_read_again_and_changed_as_it_is() -> None:
    busy = Busy(["inProgress"], iter(['"1"', '"2"']), ['"2"'])
    _tell(busy)
    assert (busy.order["state"], busy.bound) == ("pending", ['"1"', '"2"'])


@pytest.mark.parametrize(
    ("tag", "bound"),
    [
        pytest.param(None, [""], id="none"),
        pytest.param('W/"1"', [""], id="weak"),
        pytest.param('"\u00e9"', [""], id="not ASCII"),
        pytest.param('"of-the-gateway"', ['"of-the-gateway"', ""], id="never right"),
    ],
)
def test_a_tag_that_can_bind_nothing_binds_nothing(tag: str | None, bound: list[str]) -> None:
    busy = Busy([], repeat(tag), [])
    _tell(busy)
    assert (busy.order["state"], busy.bound) == ("pending", bound)


def test_what_others_change_all_the_time_is_left_for_later() -> None:
    busy = Busy([], (f'"{number}"' for number in count()), [])
    with pytest.raises(NeighbourError, match="answered 412") as raised:
        _tell(busy)
    assert raised.value.temporary
    assert len(busy.bound) == MOST_READINGS


def test_who_answers_with_another_resource_is_not_believed() -> None:
    peer = answering(b'{"id": "somebody-elses", "state": "active"}')
    with pytest.raises(NeighbourError, match="answers with somebody-elses when asked for mine") as raised:
        asyncio.run(peer.get("service", "mine"))
    assert raised.value.temporary


@pytest.mark.parametrize("body", [b'{"id": "mine"}', b'{"state": "active"}'])
def test_who_names_no_id_or_the_right_one_is_believed(body: bytes) -> None:
    assert asyncio.run(answering(body).get("service", "mine")) is not None
