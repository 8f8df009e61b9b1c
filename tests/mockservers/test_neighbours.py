"""Neighbours that answer something else than they were asked for."""

from __future__ import annotations

import asyncio

import pytest
from starlette.types import Receive, Scope, Send

from tmfrig.mockservers.neighbours import Neighbour, NeighbourError, Neighbours, Peer
from tmfrig.mockservers.wire import Wire
from tmfrig.specs import standard_contract

URL = "http://neighbour.example"


def answering(body: bytes) -> Peer:
    """A service inventory that answers everything so."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    wire = Wire()
    wire.mount(URL, application)
    neighbour = Neighbour("TMF638", standard_contract("TMF638"), URL)
    return Neighbours(wire, {"TMF638": neighbour}).peer("TMF638", "COM")


def test_who_answers_with_another_resource_is_not_believed() -> None:
    peer = answering(b'{"id": "somebody-elses", "state": "active"}')
    with pytest.raises(NeighbourError, match="answers with somebody-elses when asked for mine") as raised:
        asyncio.run(peer.get("service", "mine"))
    assert raised.value.temporary


@pytest.mark.parametrize("body", [b'{"id": "mine"}', b'{"state": "active"}'])
def test_who_names_no_id_or_the_right_one_is_believed(body: bytes) -> None:
    assert asyncio.run(answering(body).get("service", "mine")) is not None
