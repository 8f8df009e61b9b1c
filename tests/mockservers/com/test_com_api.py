"""The COM's own API: what it shows, how it is searched, and whom it tells."""

from __future__ import annotations

import uuid

import pytest
from com_stage import Json, Stage, add, bundle, odd_service, on, staged
from mock_listening import listening
from mock_waiting import eventually

from tmfrig.specs import rig_contract

CONTRACT = rig_contract("COM")


@pytest.fixture(scope="module")
def played(stage: Stage) -> tuple[Stage, dict[str, Json]]:
    """A stage on which every kind of thing has happened."""
    orders = {
        "completed": stage.order(bundle()),
        "failed": stage.order(bundle(), script="~fail@active:television"),
        "refused": stage.order(add("1", "nope")),
        "partial": stage.order(add("1", "mobile-s"), add("2", "fibre-100"), script="~fail:fibre-broadband"),
        "waiting": stage.order(add("1", "fibre-500"), script="~information:socket"),
        "held": stage.order(add("1", "fibre-500"), script="~hold"),
        "working": stage.order(add("1", "fibre-500"), script="~hang"),
        "changed": stage.order(on("1", "modify", "favre-tv", status="suspended")),
        "kept": stage.order(on("1", "noChange", "favre-tv")),
        "cancelled": stage.order(add("1", "fibre-500"), script="~hang"),
    }
    eventually(lambda: stage.services(orders["cancelled"]))
    stage.cancel(orders["cancelled"])
    for name, state in (
        ("completed", "completed"),
        ("failed", "failed"),
        ("refused", "failed"),
        ("partial", "partial"),
        ("changed", "completed"),
        ("kept", "completed"),
        ("cancelled", "cancelled"),
    ):
        stage.ended(orders[name], state)
    stage.reaches(orders["waiting"], "pending")
    stage.reaches(orders["held"], "held")
    eventually(lambda: stage.services(orders["working"]))
    orphan = stage.create("TMF638", "service", odd_service())
    stage.reconcile("report")
    stage.reconcile("correct", service={"id": orphan["id"]})
    return stage, orders


@pytest.mark.parametrize(
    "resource", ["orchestration", "orderPlan", "reconciliationJob", "reconciliationFinding"]
)
def test_everything_keeps_the_contract(played: tuple[Stage, dict[str, Json]], resource: str) -> None:
    stage, _ = played
    found = stage.find("COM", resource)
    assert found
    representation = CONTRACT.resources[resource].representation
    for each in found:
        assert representation.problems(each) == []
        assert stage.get(each) == each


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("completed", "completed"),
        ("failed", "failed"),
        ("refused", "failed"),
        ("partial", "partial"),
        ("waiting", "waiting"),
        ("held", "held"),
        ("working", "working"),
        ("changed", "completed"),
        ("kept", "completed"),
        ("cancelled", "cancelled"),
    ],
)
def test_an_orchestration_tells_how_far_its_order_is(
    played: tuple[Stage, dict[str, Json]], name: str, state: str
) -> None:
    stage, orders = played
    shown = stage.orchestration(orders[name])
    assert (shown["state"], shown["order"]["id"]) == (state, orders[name]["id"])
    assert shown["externalId"] == orders[name]["externalId"]
    assert ("endDate" in shown) == (state not in ("waiting", "held", "working"))
    assert shown["timeline"][0]["what"] == "heard of the order"
    assert len(shown["traceId"]) == 32


def test_a_plan_tells_what_was_decomposed(played: tuple[Stage, dict[str, Json]]) -> None:
    stage, orders = played
    plan = stage.one("COM", "orderPlan", orders["completed"]["id"])
    assert [each["id"] for each in plan["holdings"]] == ["1", "1.1", "1.2", "1.3"]
    assert plan["holdings"][0]["parts"] == ["1.1", "1.2", "1.3"]
    assert {each["specification"]["id"] for each in plan["steps"]} == {
        "fibre-broadband",
        "fibre-access-line",
        "television",
        "home-voice",
        "sip-account",
    }
    steps = {each["id"]: each for each in plan["steps"]}
    assert steps["1.2.1"]["reliesOn"] == ["1.1.1"]
    assert (steps["1.1.1"]["facing"], steps["1.1.2"]["facing"]) == ("customer", "resource")
    assert plan["groups"] == [{"id": "1", "steps": list(steps)}]
    brought = stage.products(orders["completed"])
    products = {each["productOrderItem"][0]["orderItemId"]: each["id"] for each in brought}
    assert {each["line"]: each["product"]["id"] for each in plan["holdings"]} == products


def test_what_was_refused_has_no_plan(played: tuple[Stage, dict[str, Json]]) -> None:
    stage, orders = played
    assert "plan" not in stage.orchestration(orders["refused"])
    assert stage.http.get(f"{stage.urls['COM']}/orderPlan/{orders['refused']['id']}").status_code == 404


def test_orchestrations_are_searched_like_everything_else(played: tuple[Stage, dict[str, Json]]) -> None:
    stage, orders = played
    found = stage.find("COM", "orchestration", state="held")
    assert [each["order"]["id"] for each in found] == [orders["held"]["id"]]
    found = stage.find("COM", "orchestration", **{"order.id": orders["partial"]["id"], "fields": "state"})
    assert [each["state"] for each in found] == ["partial"]
    placed = stage.orchestration(orders["working"])["groups"][0]["serviceOrder"]["id"]
    assert len(stage.find("COM", "orchestration", **{"groups.serviceOrder.id": placed})) == 1
    everything = {each["order"]["id"] for each in stage.find("COM", "orchestration")}
    assert {each["id"] for each in orders.values()} <= everything
    answer = stage.http.get(f"{stage.urls['COM']}/orchestration", params={"limit": "2", "offset": "1"})
    assert (len(answer.json()), int(answer.headers["x-total-count"])) == (2, len(everything))


def test_what_the_com_shows_cannot_be_written(played: tuple[Stage, dict[str, Json]]) -> None:
    stage, orders = played
    url = f"{stage.urls['COM']}/orchestration"
    for answer in (
        stage.http.post(url, json={}),
        stage.http.patch(f"{url}/{orders['held']['id']}", json={"state": "completed"}),
        stage.http.delete(f"{url}/{orders['held']['id']}"),
    ):
        assert answer.status_code == 405
        assert answer.json()["status"] == "405"
    assert stage.http.get(f"{url}/nobody").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"policy": "destroy"},
        {"policy": "report", "service": "s-1"},
        {"policy": "report", "product": {}},
        [],
    ],
)
def test_a_job_that_makes_no_sense_is_refused(stage: Stage, body: object) -> None:
    answer = stage.http.post(f"{stage.urls['COM']}/reconciliationJob", json=body)
    assert answer.status_code == 400
    assert answer.json()["code"]


def test_whoever_registers_is_told_how_an_order_is_carried_out(stage: Stage) -> None:
    with listening() as listener:
        registered = stage.create("COM", "hub", {"callback": listener.url})
        order = stage.order(add("1", "fibre-500"))
        stage.ended(order, "completed")

        def states() -> list[str]:
            about = [each for each in listener.heard if "orchestration" in each["event"]]
            own = [each["event"]["orchestration"] for each in about]
            return [each["state"] for each in own if each["id"] == order["id"]]

        eventually(lambda: states()[-1:] == ["completed"])
        assert "working" in states()
        assert {"OrchestrationCreateEvent", "OrchestrationStateChangeEvent", "OrderPlanCreateEvent"} <= set(
            listener.types()
        )
        (job, _) = stage.reconcile()
        listener.wait_for("ReconciliationJobCreateEvent", "ReconciliationJobStateChangeEvent")
        assert job["state"] == "done"
        assert all(uuid.UUID(each["eventId"]) for each in listener.heard)
        stage.http.delete(f"{stage.urls['COM']}/hub/{registered['id']}")


def test_every_step_belongs_to_the_story_of_its_order() -> None:
    with staged(admin=True) as stage:
        trace = uuid.uuid4().hex
        answer = stage.http.post(
            f"{stage.urls['TMF622']}/productOrder",
            json={"productOrderItem": [add("1", "fibre-500")], "externalId": "shop~events=drop"},
            headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01", "X-Client-Id": "channel"},
        )
        order = answer.json()
        stage.ended(order, "completed")
        assert stage.orchestration(order)["traceId"] == trace
        journal = stage.urls["admin"] + "/journal"
        told = stage.http.get(journal, params={"trace": trace, "caller": "COM"}).json()
        # although it was the sweep that looked after it, what the COM did is part of the customer's story
        assert {"TMF622", "TMF641", "TMF637", "TMF638"} <= {each["callee"] for each in told}
        everything = stage.http.get(journal, params={"caller": "COM", "callee": "TMF638"}).json()
        assert {each["method"] for each in everything if not each["path"].endswith("/hub")} == {"GET"}
