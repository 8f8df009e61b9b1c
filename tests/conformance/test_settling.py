"""What is answered 202 is followed until it has happened, and a promise that is not kept is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from raw_server import Request, response
from shelf import ERROR, Shelf, shelf

from tmfrig.conformance import settling
from tmfrig.conformance.api import Api
from tmfrig.conformance.check import CannotJudge
from tmfrig.conformance.mounting import mount
from tmfrig.conformance.session import opened
from tmfrig.conformance.target import Callback, validated
from tmfrig.specs import Resource

SOON = 0.05


class Slow:
    """A shelf of orders that says 202 to every change and makes it a little later, or never."""

    def __init__(self, *, keeps_word: bool = True, tells_where: bool = True) -> None:
        self.keeps_word = keeps_word
        self.tells_where = tells_where
        self.items: dict[str, dict[str, Any]] = {}

    def answer(self, request: Request) -> Any:
        if "/productOrder" not in request.path or request.method == "GET":
            return self._shown(request)
        id = request.path.rpartition("/")[2] if request.method != "POST" else str(len(self.items) + 1)
        if self.keeps_word:
            threading.Timer(SOON, self._change, (request, id)).start()
        where = f"/productOrder/{id}" if request.method == "POST" else request.path
        return response(202, raw=b"", headers={"Location": where} if self.tells_where else {})

    def _change(self, request: Request, id: str) -> None:
        if request.method == "DELETE":
            self.items.pop(id, None)
        else:
            self.items[id] = {**self.items.get(id, {}), **request.json, "id": id}

    def _shown(self, request: Request) -> Any:
        id = request.path.rpartition("/")[2]
        if "/productOrder/" not in request.path:
            return "as usual"
        return response(200, self.items[id]) if id in self.items else response(404, ERROR)


@contextmanager
def api_of(slow: Slow) -> Iterator[tuple[Api, Shelf]]:
    with shelf(slow.answer) as (orders, _):
        (mounted,) = mount(validated({"apis": [{"api": "TMF622", "version": 5, "url": orders.url}]}, ""))
        with opened([mounted], Callback()) as session:
            yield session.by_name["TMF622"], orders


def order(api: Api) -> Resource:
    return api.contract.resources["productOrder"]


def test_a_create_comes_to_the_resource_that_location_names() -> None:
    with api_of(Slow()) as (api, _):
        mine = api.fresh(order(api))
        assert (mine.id, mine.exchange.status) == ("1", 202)
        assert mine.body["@type"] == "ProductOrder"


def test_a_patch_comes_to_the_changed_resource() -> None:
    with api_of(Slow()) as (api, _):
        mine = api.fresh(order(api))
        answer = api.patch(order(api), mine.id, {"description": "new"})
        assert answer.status == 202
        assert [body["description"] for body in answer.representations] == ["new"]


def test_a_delete_comes_to_an_end_of_the_resource() -> None:
    with api_of(Slow()) as (api, _):
        mine = api.fresh(order(api))
        answer = api.delete(order(api), mine.id)
        assert answer.outcome is not None
        assert answer.outcome.status == 404


def test_a_promise_that_is_not_kept_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settling, "LONGEST", 0.1)
    monkeypatch.setattr(settling, "UNEXPECTED", 0.1)
    with (
        api_of(Slow(keeps_word=False)) as (api, _),
        pytest.raises(CannotJudge, match="answered 202, but /productOrder/1 was not there in time"),
    ):
        api.fresh(order(api))


def test_a_promise_without_address_cannot_be_followed() -> None:
    with (
        api_of(Slow(tells_where=False)) as (api, _),
        pytest.raises(CannotJudge, match="neither Location nor the body names the resource"),
    ):
        api.fresh(order(api))


def test_a_merge_patch_names_the_type_where_the_contract_asks_for_it() -> None:
    sent: list[Any] = []

    class Listening(Slow):
        def _change(self, request: Request, id: str) -> None:
            sent.append(request.json if request.body else None)
            super()._change(request, id)

    with api_of(Listening()) as (api, _):
        mine = api.fresh(order(api), api.payload(order(api)) | {"@type": "AcmeOrder"})
        api.patch(order(api), mine.id, {"description": "new"})
    assert sent[1] == {"@type": "AcmeOrder", "description": "new"}
