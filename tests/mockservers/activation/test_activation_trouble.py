"""Orders in a world that does not keep still: the inventory fails, clients interfere, services go."""

from __future__ import annotations

import pytest
from activation_stage import INVENTORY, WALK, Stage, activating, codes, item, states
from mock_waiting import eventually

from tmfrig.mockservers.activation import foreman


def test_work_goes_on_when_the_inventory_is_back() -> None:
    with activating() as stage:
        stage.wire.silent.add(INVENTORY)
        order = stage.order(item("1", relies_on=("2",)), item("2", "line"))
        stage.reaches(order, "inProgress")
        eventually(lambda: len(stage.wire.asked) > 2)
        stage.wire.silent.clear()
        stage.reaches(order, "completed")
        assert len(stage.services(order)) == 2
        stage.check_courses()


def test_an_order_is_held_when_the_inventory_stays_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreman, "TRIES", 3)
    with activating() as stage:
        stage.wire.silent.add(INVENTORY)
        order = stage.order(item("1"))
        held = stage.reaches(order, "held")
        assert (states(held), codes(held)) == (["held"], ["inventoryFailed"])
        assert held["errorMessage"][0]["reason"] == "TMF638 failed 3 times in a row"
        assert "TMF638 did not answer" in held["errorMessage"][0]["message"]
        stage.wire.silent.clear()
        stage.patch(order, state="inProgress")
        assert codes(stage.reaches(order, "completed")) == [None]
        stage.check_courses()


@pytest.mark.parametrize("method", ["POST", "PATCH", "GET"])
def test_a_lost_answer_makes_no_second_service(method: str) -> None:
    with activating() as stage:
        stage.wire.loses[method] = 2
        order = stage.order(item("1"), item("2", "line"))
        stage.reaches(order, "completed")
        assert [each["state"] for each in stage.services(order)] == ["active", "active"]
        eventually(lambda: len(stage.walked(order)) == 2 * len(WALK))
        stage.check_courses()


def test_a_slow_inventory_is_waited_for() -> None:
    with activating() as stage:
        stage.wire.slow = 0.2
        order = stage.order(item("1"))
        stage.reaches(order, "completed")
        assert len(stage.services(order)) == 1


def test_a_lost_answer_to_an_undoing_does_no_harm() -> None:
    with activating() as stage:
        stage.wire.loses["DELETE"] = 1
        order = stage.order(item("1"), item("2", relies_on=("1",)), script="~fail@reserved")
        assert codes(stage.reaches(order, "failed")) == ["activationFailed", "dependencyFailed"]
        assert stage.services(order) == []


def test_a_service_that_disappears_fails_its_item(stage: Stage) -> None:
    order = stage.order(item("1"), script="~hold@reserved")
    held = stage.reaches(order, "held")
    stage.http.delete(held["serviceOrderItem"][0]["service"]["href"])
    stage.patch(order, state="inProgress")
    failed = stage.reaches(order, "failed")
    assert codes(failed) == ["serviceLost"]


def test_a_service_that_others_have_moved_on_is_taken_as_it_is(stage: Stage) -> None:
    order = stage.order(item("1"), script="~hold@reserved")
    held = stage.reaches(order, "held")
    service = held["serviceOrderItem"][0]["service"]
    stage.patch(service, state="active")
    stage.patch(order, state="inProgress")
    stage.reaches(order, "completed")
    ended = stage.order(item("1"), script="~hold@active")
    service = stage.reaches(ended, "held")["serviceOrderItem"][0]["service"]
    for state in ("active", "terminated"):
        stage.patch(service, state=state)
    stage.patch(ended, state="inProgress")
    assert codes(stage.reaches(ended, "failed")) == ["serviceLost"]


def test_an_order_that_is_deleted_on_its_way_leaves_nothing_behind(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    order = stage.order(item("1"), script="~slow:8")
    stage.item_shows(order, 0, "feasibilityChecked")
    assert stage.http.delete(order["href"]).status_code == 204
    eventually(lambda: stage.services(order) == [])
    stage.reaches(stage.order(item("1")), "completed")
    assert caplog.text == ""


@pytest.mark.parametrize("state", ["pending", "held"])
def test_an_order_that_a_client_stops_waits_until_it_goes_on(stage: Stage, state: str) -> None:
    order = stage.order(item("1"), script="~slow:3")
    stage.item_shows(order, 0, "feasibilityChecked")
    stage.patch(order, state=state)
    stage.reaches(stage.order(item("1"), script="~slow:3"), "completed")
    waiting = stage.get(order)
    assert waiting["state"] == state
    assert waiting["serviceOrderItem"][0]["service"]["state"] in ("feasibilityChecked", "designed")
    stage.patch(order, state="inProgress")
    stage.reaches(order, "completed")
    assert len(stage.services(order)) == 1


def test_an_order_that_a_client_begins_is_carried_out(stage: Stage) -> None:
    order = stage.order(item("1", relies_on=("2",)), item("2"), script="~slow:2")
    stage.patch(order, state="inProgress")
    stage.reaches(order, "completed")
    assert len(stage.services(order)) == 2


def test_an_order_that_a_client_ends_is_left_alone(stage: Stage) -> None:
    order = stage.order(item("1"), script="~hang@reserved")
    stage.item_shows(order, 0, "designed")
    ended = stage.patch(order, state="partial")
    stage.reaches(stage.order(item("1")), "completed")
    assert stage.get(order) == ended


def test_items_that_a_client_patches_from_an_old_copy_lose_nothing(stage: Stage) -> None:
    fresh = stage.order(item("1", relies_on=("2",)), item("2", "line"), script="~hold@reserved:1")
    stage.reaches(fresh, "held")
    # no service, no state of progress: as they were when the order was placed, which no lifecycle foresees
    stage.ids.remove(fresh["id"])
    stage.patch(fresh, state="inProgress", serviceOrderItem=fresh["serviceOrderItem"])
    done = stage.reaches(fresh, "completed")
    assert states(done) == ["completed", "completed"]
    built = {each["serviceOrderItem"][0]["itemId"]: each["id"] for each in stage.services(fresh)}
    assert {each["id"]: each["service"]["id"] for each in done["serviceOrderItem"]} == built


def test_items_that_contradict_each_other_later_hold_the_order(stage: Stage) -> None:
    order = stage.order(item("1"), script="~hold")
    held = stage.reaches(order, "held")
    broken = held["serviceOrderItem"][0] | item("1", relies_on=("1",))
    stage.patch(order, state="inProgress", serviceOrderItem=[broken])
    again = stage.reaches(order, "held")
    eventually(lambda: stage.get(order)["errorMessage"][-1]["code"] == "dependencyCycle")
    mended = {name: value for name, value in broken.items() if name != "serviceOrderItemRelationship"}
    stage.patch(again, state="inProgress", serviceOrderItem=[mended])
    stage.reaches(order, "completed")
    assert len(stage.services(order)) == 1


def test_many_orders_at_once_get_exactly_their_services(stage: Stage) -> None:
    orders = [
        stage.order(item("1", relies_on=("2",)), item("2", "line"), script=script)
        for script in ("", "~fail:1", "~fail", "~partial") * 10
    ]
    ends = ["completed", "partial", "failed", "partial"] * 10
    for order, end in zip(orders, ends, strict=True):
        done = stage.reaches(order, end)
        active = {
            each["serviceOrderItem"][0]["itemId"]
            for each in stage.services(done)
            if each["state"] == "active"
        }
        assert active == {each["id"] for each in done["serviceOrderItem"] if each["state"] == "completed"}
