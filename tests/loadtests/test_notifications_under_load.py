"""What a notification that comes under load is counted as."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tmfrig.loadtests.callback import Listener
from tmfrig.loadtests.meter import Measured, Meter
from tmfrig.loadtests.slo import DELAY
from tmfrig.specs import standard_contract

ORDER = {"id": "1", "state": "completed", "productOrderItem": [{"id": "1", "action": "add", "@type": "Item"}]}


def event(ago: float = 0.5, **changes: Any) -> dict[str, Any]:
    return {
        "eventId": "e1",
        "eventTime": (datetime.now(UTC) - timedelta(seconds=ago)).isoformat(),
        "eventType": "ProductOrderStateChangeEvent",
        "event": {"productOrder": ORDER},
        **changes,
    }


def taken(*events: dict[str, Any], version: int = 4, share: float = 0.0) -> tuple[Measured, list[int]]:
    meter = Meter()
    listener = Listener(standard_contract("TMF622", version), meter, share, random.Random(1))
    answers = [listener.take(json.dumps(each).encode()) for each in events]
    return meter.take(0, 0), answers


def troubles(measured: Measured) -> dict[str, int]:
    return {f"{' '.join(place)}: {what}": count for (place, what), count in measured.troubles.items()}


@pytest.mark.parametrize(("version", "status"), [(4, 201), (5, 204)])
def test_it_is_timed_and_answered_as_the_contract_has_it(version: int, status: int) -> None:
    measured, answers = taken(event(ago=3600), version=version)

    assert answers == [status]
    assert measured.spans[DELAY].longest == pytest.approx(3600, rel=0.01)
    assert list(measured.finished) == ["TMF622 1"]


def test_the_same_event_is_counted_once() -> None:
    measured, answers = taken(event(), event(), event(eventId="e2"))

    assert answers == [201, 201, 201]
    assert measured.spans[DELAY].total == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"event": {"productOrder": ORDER | {"state": "inProgress"}}},
        {"eventType": "ProductOrderAttributeValueChangeEvent"},
        {
            "event": {"cancelProductOrder": {"id": "1", "state": "done"}},
            "eventType": "CancelProductOrderStateChangeEvent",
        },
    ],
)
def test_only_a_state_change_to_completed_ends_an_order(changes: dict[str, Any]) -> None:
    measured, _ = taken(event(**changes))

    assert measured.finished == {}
    assert DELAY in measured.spans


def test_clocks_that_differ_are_told_once_and_nothing_is_timed() -> None:
    measured, _ = taken(event(ago=-60), event(ago=-60, eventId="e2"))

    assert measured.spans == {}
    assert sum(troubles(measured).values()) == 1
    assert "clocks differ" in next(iter(troubles(measured)))


@pytest.mark.parametrize("told", [None, 17, "yesterday", "2026-01-01T10:00:00"])
def test_a_time_that_is_none_is_a_trouble(told: Any) -> None:
    measured, _ = taken(event(eventTime=told))

    assert measured.spans == {}
    assert troubles(measured) == {
        "TMF622 notification ProductOrderStateChangeEvent: eventTime is no time with an offset": 1
    }


def test_what_the_contract_does_not_have_is_a_trouble() -> None:
    measured, answers = taken(event(eventType="OrderDoneEvent"))

    assert troubles(measured) == {"TMF622 notification OrderDoneEvent: the contract has no such event": 1}
    assert answers == [201]


def test_a_share_of_them_is_judged_by_the_schema() -> None:
    wrong = {"event": {"productOrder": {"id": "1", "productOrderItem": "none"}}}
    assert troubles(taken(event(**wrong), share=0.0)[0]) == {}

    told = troubles(taken(event(**wrong), share=1.0)[0])
    assert [each.partition(": ")[0] for each in told] == ["TMF622 notification ProductOrderStateChangeEvent"]
    assert "event.productOrder.productOrderItem" in next(iter(told))


def test_what_nests_without_end_is_a_trouble() -> None:
    deep: list[Any] = []
    for _ in range(300):
        deep = [deep]
    measured, _ = taken(event(event={"productOrder": {"id": "1", "note": deep}}), share=1.0)

    assert troubles(measured) == {
        "TMF622 notification ProductOrderStateChangeEvent: it nests deeper than 200 levels": 1
    }


def test_what_is_no_json_is_a_trouble_and_is_answered_all_the_same() -> None:
    meter = Meter()
    listener = Listener(standard_contract("TMF622"), meter, 1.0, random.Random(1))

    assert listener.take(b"<event/>") == 201
    assert troubles(meter.take(0, 0)) == {"TMF622 notification: the body is no JSON object": 1}
