"""`Api`: instances, references and ids as checks rely on them, with vendors who refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from raw_server import Request, response
from shelf import ERROR, Shelf, shelf

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import CannotJudge, Skipped
from tmfrig.conformance.mounting import mount
from tmfrig.conformance.session import opened
from tmfrig.conformance.target import Callback, validated
from tmfrig.specs import Resource


@contextmanager
def api_of(
    instead: Callable[[Request], Any] = lambda request: "as usual", api: str = "TMF622"
) -> Iterator[tuple[Api, Shelf]]:
    with shelf(instead) as (orders, _):
        (mounted,) = mount(validated({"apis": [{"api": api, "url": orders.url}]}, ""))
        with opened([mounted], Callback()) as session:
            yield session.by_name[api], orders


def order(api: Api) -> Resource:
    return api.contract.resources["productOrder"]


def refusing(status: int, **answer: Any) -> Callable[[Request], Any]:
    return lambda request: response(status, **answer) if request.method == "POST" else "as usual"


def test_an_instance_to_read_is_made_once_and_a_fresh_one_each_time() -> None:
    with api_of() as (api, _):
        shared = {api.an_instance(order(api)).id for _ in range(3)}
        fresh = {api.fresh(order(api)).id for _ in range(3)}
        assert (len(shared), len(fresh), len(shared | fresh)) == (1, 3, 4)
        assert {instance.id for instance in api.instances(order(api), 2)} > shared


def test_where_creating_is_refused_existing_ones_are_read() -> None:
    with api_of(refusing(403, body=ERROR)) as (api, orders):
        orders.items["productOrder"] = {"77": {"id": "77"}, "78": {"id": "78"}}
        assert [instance.id for instance in api.instances(order(api), 2)] == ["77", "78"]
        with pytest.raises(CannotJudge, match="gave none: 403 Forbidden, no such thing, and the list has 2"):
            api.instances(order(api), 3)


def test_a_refusal_is_not_asked_for_again_by_every_check() -> None:
    posts = 0

    def count(request: Request) -> Any:
        nonlocal posts
        posts += request.method == "POST"
        return response(400, ERROR) if request.method == "POST" else "as usual"

    with api_of(count) as (api, _):
        for _ in range(5):
            with pytest.raises(CannotJudge, match="gave none: 400 Bad Request, no such thing"):
                api.an_instance(order(api))
    assert posts == 1


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_post_that_is_not_offered_is_no_fault(status: int) -> None:
    with api_of(refusing(status)) as (api, _), pytest.raises(Skipped, match=f"is not offered \\({status}\\)"):
        api.an_instance(order(api))


def test_a_qualification_that_is_answered_at_once_leaves_nothing_to_read() -> None:
    with api_of(refusing(200, body={"state": "done"}), "TMF645") as (api, _):
        for resource in api.contract.resources.values():
            with pytest.raises(Skipped, match="answers at once and keeps nothing"):
                api.fresh(resource)


def test_a_dropped_connection_is_a_reason_not_to_judge_others() -> None:
    with (
        api_of(lambda request: None if request.method == "POST" else "as usual") as (api, _),
        pytest.raises(CannotJudge, match="the connection was closed without an answer"),
    ):
        api.fresh(order(api))


def test_an_id_may_come_as_a_number_or_only_in_location() -> None:
    answers = iter(
        [
            response(201, {"id": 12}),
            response(201, raw=b"", headers={"Location": "/x/productOrder/a%2Fb/"}),
            response(201, {"id": ""}, headers={"Location": "productOrder/9"}),
        ]
    )
    with api_of(lambda request: next(answers) if request.method == "POST" else "as usual") as (api, _):
        assert [api.fresh(order(api)).id for _ in range(3)] == ["12", "a/b", "9"]


def test_a_cancellation_refers_to_an_order_of_its_own() -> None:
    with api_of() as (api, orders):
        shared = api.an_instance(order(api))
        cancel = api.fresh(api.contract.resources["cancelProductOrder"])
        named = cancel.body["productOrder"]["id"]
        assert named in orders.items["productOrder"]
        assert named != shared.id


def test_an_unknown_id_looks_like_the_targets_own() -> None:
    with api_of() as (api, _):
        assert len(api.unknown_id(order(api))) == 36
        api.an_instance(order(api))
        assert api.unknown_id(order(api)).isdigit()
        assert api.unknown_id() != api.unknown_id()


def test_subscribing_where_there_is_no_hub_skips() -> None:
    def no_hub(request: Request) -> Any:
        return response(404, ERROR) if request.path.endswith("/hub") else "as usual"

    with api_of(no_hub) as (api, _), pytest.raises(Skipped, match="the hub is not offered"), api.subscribe():
        pass


def test_subscribing_where_the_hub_refuses_cannot_be_judged() -> None:
    def refuse(request: Request) -> Any:
        return response(400, ERROR) if request.path.endswith("/hub") else "as usual"

    with api_of(refuse) as (api, _), pytest.raises(CannotJudge, match="no such thing"), api.subscribe():
        pass


def test_a_hub_that_keeps_to_one_registration_is_freed_for_the_next() -> None:
    shelves: list[Shelf] = []

    def one_at_a_time(request: Request) -> Any:
        taken = request.path.endswith("/hub") and shelves[0].items.get("hub")
        return response(409, ERROR) if taken else "as usual"

    with api_of(one_at_a_time) as (api, orders):
        shelves.append(orders)
        api.register(api.callback())
        with api.subscribe() as subscription:
            assert [hub["callback"] for hub in orders.items["hub"].values()] == [subscription.callback]


def test_a_subscription_ends_with_its_block() -> None:
    with api_of() as (api, orders):
        with api.subscribe() as subscription:
            (hub,) = orders.items["hub"].values()
            assert hub["callback"] == subscription.callback
        assert orders.items["hub"] == {}


def test_waiting_for_an_answer_repeats_the_request() -> None:
    answers = iter([{"state": "acknowledged"}, {"state": "inProgress"}, {"state": "completed"}])

    def progress(request: Request) -> Any:
        return response(200, next(answers)) if request.path.endswith("/7") else "as usual"

    with api_of(progress) as (api, _):
        answer = api.wait_until(
            lambda: api.retrieve(order(api), "7"), lambda got: got.json["state"] == "completed", within=30
        )
        assert answer is not None
        assert api.wait_until(lambda: api.list(order(api)), lambda got: False, within=0) is None
