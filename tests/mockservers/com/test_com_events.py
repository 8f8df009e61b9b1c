"""Notifications that come twice, late, in another order, broken, or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from com_stage import PACE, Stage, add, bundle, notes, staged, traits
from mock_waiting import eventually

from tmfrig.mockservers.running import serving


@pytest.mark.parametrize("how", ["duplicate", "reorder", "drop", "duplicate,reorder"])
@pytest.mark.parametrize("items", [[add("1", "fibre-500")], [bundle()]], ids=["single", "bundle"])
def test_what_becomes_of_events_changes_nothing(stage: Stage, items: list[Any], how: str) -> None:
    order = stage.order(*items, script=f"~events={how}")
    stage.ended(order, "completed")
    assert {each["status"] for each in stage.products(order)} == {"active"}
    stage.check_counts(order)


def test_a_cancellation_with_lost_events(stage: Stage) -> None:
    order = stage.order(add("1", "fibre-500"), script="~slow:20~events=drop")
    eventually(lambda: stage.services(order))
    task = stage.cancel(order)
    stage.ended(order, "cancelled")
    stage.reaches(task, "done")


@pytest.mark.parametrize("api", ["TMF622", "TMF641", "TMF638"])
@pytest.mark.parametrize(
    "event",
    [
        {},
        {"productOrder": None},
        {"productOrder": {}},
        {"productOrder": {"id": "nobody"}},
        {"productOrder": {"id": ".."}},
        {"productOrder": {"id": "a/b?c=d#e"}},
        {"productOrder": {"id": "x" * 5000}},
        {"productOrder": {"id": {"id": 7}}},
        {"productOrder": {"id": ["\u0000"]}},
        {"serviceOrder": {"id": "nobody", "externalId": "nobody/1"}},
        {"serviceOrder": {"externalId": 7}},
        {"serviceOrder": {"externalId": "/"}},
        {"service": {"id": "nobody", "serviceOrderItem": 7}},
        {"service": {"id": "..", "serviceOrderItem": [{"serviceOrderId": {}}]}},
        {"cancelProductOrder": {"id": "1", "productOrder": {"id": "nobody"}}},
        {"cancelProductOrder": {"id": "1", "productOrder": "nobody"}},
        {"what": {"is": "this"}},
    ],
)
def test_events_about_nothing_do_no_harm(stage: Stage, api: str, event: Any) -> None:
    answer = stage.http.post(f"{stage.urls['COM']}/callback/{api}", json={"eventType": "x", "event": event})
    assert answer.status_code == 204


@pytest.mark.parametrize("body", ["[]", "7", "null", '"x"', "{}", '{"event": 7}', '{"event": []}', "{", ""])
def test_what_is_no_event_is_refused(stage: Stage, body: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = stage.http.post(f"{stage.urls['COM']}/callback/TMF622", content=body, headers=headers)
    assert answer.status_code == 400
    error = answer.json()
    assert error["status"] == "400"
    assert error["code"]
    assert error["reason"]


@pytest.mark.parametrize("api", ["TMF620", "TMF637", "nobody", "tmf622", "%2e%2e"])
def test_who_is_not_listened_to_is_not_found(stage: Stage, api: str) -> None:
    answer = stage.http.post(f"{stage.urls['COM']}/callback/{api}", json={"event": {}})
    assert (answer.status_code, answer.json()["status"]) == (404, "404")


def test_after_all_that_orders_are_carried_out_as_ever(stage: Stage) -> None:
    order = stage.order(add("1", "fibre-500"))
    # an old event about it, and one about it as another kind of thing
    for api in ("TMF622", "TMF641", "TMF638"):
        event = {"productOrder": order | {"state": "completed"}}
        stage.http.post(f"{stage.urls['COM']}/callback/{api}", json={"event": event})
    done = stage.ended(order, "completed")
    assert notes(done) == []


@pytest.fixture(scope="module")
def deaf() -> Iterator[Stage]:
    """A COM on a server of its own, whose callback nobody can reach."""
    with (
        serving(dataset="telco", pace=PACE, com="none", externals={}) as others,
        staged(
            apis=(), externals=_roles(others), callback_url="http://127.0.0.1:9", dataset="empty", patience=10
        ) as shared,
    ):
        shared.urls = {**others, **shared.urls}
        yield shared
        shared.check()


def _roles(urls: Any) -> dict[str, str]:
    return {api: urls[api] for api in ("TMF620", "TMF622", "TMF633", "TMF637", "TMF638", "TMF641")}


def test_a_com_that_hears_nothing_carries_orders_out(deaf: Stage) -> None:
    orders = [deaf.order(bundle()), deaf.order(add("1", "mobile-s")), deaf.order(add("1", "nope"))]
    for order, state in zip(orders, ("completed", "completed", "failed"), strict=True):
        deaf.ended(order, state)
    assert [each["status"] for each in deaf.products(orders[1])] == ["active"]


def test_a_com_that_hears_nothing_asks_and_cancels(deaf: Stage) -> None:
    asked = deaf.order(add("1", "fibre-500"), script="~information:socket")
    cancelled = deaf.order(add("1", "fibre-500"), script="~hang")
    # moved on before anybody has looked at it
    early = deaf.order(add("1", "fibre-500"))
    early_task = deaf.cancel(early)
    eventually(lambda: deaf.service_orders(cancelled))
    task = deaf.cancel(cancelled)
    item = deaf.reaches(asked, "pending")["productOrderItem"][0]
    deaf.patch(asked, productOrderItem=[item | {"product": traits(socket="B.1")}])
    deaf.ended(cancelled, "cancelled")
    deaf.ended(asked, "completed")
    deaf.ended(early, "cancelled")
    for each in (task, early_task):
        assert "effectiveCancellationDate" in deaf.reaches(each, "done")
