"""What becomes of orders and tasks that users have asked for, as it is counted."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tmfrig.conformance.client import Connection
from tmfrig.conformance.mounting import MountedApi
from tmfrig.loadtests.asking import Ask, Reply
from tmfrig.loadtests.client import Answer
from tmfrig.loadtests.following import Following, UnderWay
from tmfrig.loadtests.meter import Meter
from tmfrig.loadtests.slo import POLLED
from tmfrig.loadtests.traffic import Traffic
from tmfrig.specs import Kind, standard_contract

URL = "http://127.0.0.1:1/tmf-api/productOrderingManagement/v4"
API = MountedApi(standard_contract("TMF622"), Connection(URL), frozenset())


def reply(status: int = 201, age: float = 0.0, location: str = "", **body: Any) -> Reply:
    ask = Ask.of(API, "productOrder", Kind.CREATE)
    assert ask is not None
    now = time.perf_counter() - age
    headers = {"content-type": "application/json", "location": location}
    return Reply(ask, "/productOrder", b"{}", Answer(status, headers, Traffic.written(body), now, now))


def order(age: float = 0.0, **body: Any) -> Following:
    following = Following.of(reply(age=age, id="1", **body), 60.0, order=True, measured=True)
    assert following is not None
    return following


@pytest.fixture
def meter() -> Meter:
    return Meter()


def counted(meter: Meter) -> tuple[int, int]:
    """How many orders were completed, and how many unfinished."""
    measured = meter.take(0, 0)
    completed = measured.spans[POLLED].total if POLLED in measured.spans else 0
    return completed, measured.unfinished[POLLED]


def test_an_order_that_is_completed_is_timed_from_the_answer_on(meter: Meter) -> None:
    following = order(age=3.0, state="acknowledged")
    following.see({"state": "inProgress"}, following.since + 1)
    assert following.under_way
    following.see({"state": "completed"}, following.since + 2)
    assert not following.under_way

    under_way = UnderWay()
    under_way.close(following, meter)
    assert under_way.slowest == pytest.approx(2.0)
    assert counted(meter) == (1, 0)


@pytest.mark.parametrize("state", ["failed", "rejected", "partial", "cancelled"])
def test_an_order_that_ends_otherwise_is_a_trouble(meter: Meter, state: str) -> None:
    UnderWay().close(order(state=state), meter)
    measured = meter.take(0, 0)

    assert dict(measured.troubles) == {(("TMF622", "productOrder"), f"the order ended {state}"): 1}
    assert measured.unfinished[POLLED] == 1


@pytest.mark.parametrize(
    ("age", "slowest", "unfinished"), [(2.0, 1.0, 0), (3.5, 1.0, 1), (8.0, 0.0, 0), (12.0, 0.0, 1)]
)
def test_an_order_under_way_at_the_end_is_unfinished_if_it_takes_unusually_long(
    meter: Meter, age: float, slowest: float, unfinished: int
) -> None:
    UnderWay(slowest=slowest).close(order(age=age, state="inProgress"), meter)

    assert counted(meter) == (0, unfinished)


def test_orders_are_looked_at_after_a_second_and_then_less_and_less_often() -> None:
    following = order()
    since = following.since
    assert following.next_look == pytest.approx(since + 1)
    following.see({}, since + 2)
    assert following.next_look == pytest.approx(since + 3)
    following.see({}, since + 40)
    assert following.next_look == pytest.approx(since + 50)


def test_what_waits_is_due_in_the_order_of_the_next_look() -> None:
    under_way = UnderWay()
    young, old, older = order(), order(age=2.0), order(age=3.0)
    for each in (young, old, older):
        under_way.add(each)

    assert under_way.due("TMF641") is None
    assert [under_way.due("TMF622") for _ in range(3)] == [older, old, None]
    assert list(under_way.left("TMF622")) == [young]


@pytest.mark.parametrize(
    ("answer", "id"),
    [
        (reply(id="42"), "42"),
        (reply(location=f"{URL}/productOrder/a%2Fb"), "a/b"),
        (reply(202, id="ticket", location=f"{URL}/productOrder/42"), "42"),
        (reply(202, id="42"), "42"),
        (reply(202, location=f"{URL}/monitor/7"), None),
        (reply(500, id="42"), None),
    ],
)
def test_an_order_is_found_by_its_id_or_by_its_location(answer: Reply, id: str | None) -> None:
    following = Following.of(answer, 60.0)

    assert (following and following.id) == id


def test_what_was_accepted_need_not_be_there_at_once() -> None:
    following = Following.of(reply(202, location=f"{URL}/productOrder/42", state="completed"), 60.0)

    assert following is not None
    assert following.under_way
    assert 404 in following.also
