"""The notifications about scripted orders, and those that ask for information."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from activation_stage import Stage, item
from mock_bodies import create
from mock_listening import listening
from mock_waiting import eventually

from tmfrig.mockservers.running import serving
from tmfrig.specs import standard_contract


def told(stage: Stage, order: dict[str, Any]) -> list[tuple[str, str]]:
    """What was told of an order: its state and that of its service, in the order in which it came."""
    orders = [each["event"]["serviceOrder"] for each in stage.order_events.about(order["id"])]
    return [(each["state"], each["serviceOrderItem"][0]["service"].get("state", "")) for each in orders]


USUAL = [
    ("acknowledged", ""),
    ("inProgress", ""),
    ("inProgress", "feasibilityChecked"),
    ("inProgress", "designed"),
    ("inProgress", "reserved"),
    ("inProgress", "inactive"),
    ("completed", "active"),
]


def test_every_step_is_told(stage: Stage) -> None:
    order = stage.order(item("1"))
    eventually(lambda: told(stage, order) == USUAL)


def test_events_are_doubled(stage: Stage) -> None:
    order = stage.order(item("1"), script="~events=duplicate")
    eventually(lambda: told(stage, order) == [each for each in USUAL for _ in range(2)])
    ids = [each["eventId"] for each in stage.order_events.about(order["id"])]
    assert len(set(ids)) == len(USUAL)


def test_events_come_out_of_order(stage: Stage) -> None:
    order = stage.order(item("1"), script="~events=reorder")
    stage.ids.remove(order["id"])
    eventually(lambda: sorted(told(stage, order)) == sorted(USUAL))
    assert told(stage, order) != USUAL


def test_events_are_lost(stage: Stage) -> None:
    order = stage.order(item("1"), script="~events=drop")
    stage.reaches(order, "completed")
    # one that comes later is told of
    later = stage.order(item("1"))
    eventually(lambda: told(stage, later))
    assert told(stage, order) == []


@pytest.mark.parametrize(("api", "name"), [("TMF622", "productOrder"), ("TMF641", "serviceOrder")])
def test_an_order_that_becomes_pending_asks_for_information(http: httpx2.Client, api: str, name: str) -> None:
    with serving([api], pace=3600) as urls, listening() as listener:
        http.post(urls[api] + "/hub", json={"callback": listener.url})
        order = create(http, urls, api, name)
        for state in ("inProgress", "pending"):
            assert http.patch(order["href"], json={"state": state}).status_code == 200
        event = name[0].upper() + name[1:]
        wanted = f"{event}InformationRequiredEvent"
        (asked,) = [each for each in listener.wait_for(wanted) if each["eventType"] == wanted]
        assert asked["event"][name]["state"] == "pending"
        declared = standard_contract(api).resources[name].events["InformationRequired"]
        assert declared.schema.problems(asked) == []
        assert listener.types().count(f"{event}StateChangeEvent") == 2


def test_version_five_is_not_told_what_nobody_knows(http: httpx2.Client) -> None:
    with serving(["TMF622"], lines=(5,), pace=3600) as urls, listening() as listener:
        http.post(urls["TMF622"] + "/hub", json={"@type": "Hub", "callback": listener.url}).raise_for_status()
        item = {"@type": "ProductOrderItem", "id": "1", "action": "add"}
        body = {"@type": "ProductOrder", "productOrderItem": [item]}
        order = http.post(urls["TMF622"] + "/productOrder", json=body).json()
        for state in ("inProgress", "pending", "inProgress"):
            http.patch(order["href"], json={"state": state}).raise_for_status()
        eventually(lambda: listener.types().count("ProductOrderStateChangeEvent") == 3)
        assert "ProductOrderInformationRequiredEvent" not in listener.types()
