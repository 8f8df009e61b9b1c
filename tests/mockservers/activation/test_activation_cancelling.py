"""The cancellation of service orders: granted while nothing is completed, and what it takes back."""

from __future__ import annotations

import pytest
from activation_stage import INVENTORY, WALK, Stage, activating, item, states
from mock_waiting import eventually

from tmfrig.specs import standard_contract


def outcome(stage: Stage, task: dict[str, object]) -> bool:
    """Whether the order was cancelled, once the task is done."""
    return "effectiveCancellationDate" in stage.reaches(task, "done")


@pytest.mark.parametrize("reached", [each for each in WALK if each != "active"])
def test_what_was_built_is_undone(stage: Stage, reached: str) -> None:
    following = WALK[WALK.index(reached) + 1]
    order = stage.order(item("1"), script=f"~hang@{following}")
    stage.item_shows(order, 0, reached)
    task = stage.cancel(order)
    cancelled = stage.reaches(order, "cancelled")
    assert states(cancelled) == ["cancelled"]
    assert cancelled["cancellationReason"] == "moved away"
    assert "cancellationDate" in cancelled
    assert standard_contract("TMF641").resources["serviceOrder"].representation.problems(cancelled) == []
    assert outcome(stage, task)
    left = [each["state"] for each in stage.services(order)]
    # the published graph lets nothing that is provisioned disappear
    assert left == (["terminated"] if reached == "inactive" else [])
    shown = cancelled["serviceOrderItem"][0]["service"]
    assert shown.get("state") == (left[0] if left else None)


def test_services_are_undone_before_what_they_rely_on(stage: Stage) -> None:
    items = (item("1"), item("2", "television"), item("3", "voice", relies_on=("4",)), item("4", "line"))
    order = stage.order(*items, script="~hang@active")
    eventually(lambda: len([each for each in stage.services(order) if each["state"] == "inactive"]) == 3)
    stage.cancel(order)
    stage.reaches(order, "cancelled")
    assert {each["state"] for each in stage.services(order)} == {"terminated"}


def test_an_order_that_is_not_begun_is_cancelled(stage: Stage) -> None:
    order = stage.order(item("1"), script="~slow:500")
    assert outcome(stage, stage.cancel(order))
    assert states(stage.get(order)) == ["cancelled"]
    assert stage.services(order) == []


@pytest.mark.parametrize(
    ("script", "state"), [("~information:phoneNumber", "pending"), ("~hold@reserved", "held")]
)
def test_an_order_that_waits_is_cancelled(stage: Stage, script: str, state: str) -> None:
    order = stage.order(item("1"), script=script)
    stage.reaches(order, state)
    assert outcome(stage, stage.cancel(order))
    assert stage.services(order) == []


def test_the_cancellation_is_denied_once_an_item_is_completed(stage: Stage) -> None:
    order = stage.order(item("1", relies_on=("2",)), item("2"), script="~hang:1")
    before = stage.item_shows(order, 0, "feasibilityChecked")
    assert states(before) == ["inProgress", "completed"]
    task = stage.cancel(order)
    eventually(lambda: stage.get(order)["state"] == "assessingCancellation")
    assert not outcome(stage, task)
    assert "denied" in stage.get(task)["completionMessage"]
    assert stage.get(order) == before
    assert [each["state"] for each in stage.services(order)] == ["active", "feasibilityChecked"]


def test_a_scripted_denial_lets_the_order_go_on(stage: Stage) -> None:
    order = stage.order(item("1"), script="~slow:5~deny-cancel")
    stage.reaches(order, "inProgress")
    assert not outcome(stage, stage.cancel(order))
    stage.reaches(order, "completed")


def test_after_a_denial_an_order_waits_as_before(stage: Stage) -> None:
    order = stage.order(item("1"), item("2", relies_on=("1",)), script="~hold~deny-cancel")
    held = stage.reaches(order, "held")
    assert not outcome(stage, stage.cancel(order))
    assert stage.get(order) == held
    stage.patch(order, state="inProgress")
    stage.reaches(order, "completed")


@pytest.mark.parametrize(("script", "state"), [("", "completed"), ("~fail", "failed")])
def test_the_cancellation_of_a_final_order_is_denied(stage: Stage, script: str, state: str) -> None:
    order = stage.order(item("1"), script=script)
    ended = stage.reaches(order, state)
    assert not outcome(stage, stage.cancel(order))
    assert stage.get(order) == ended


def test_a_cancelled_order_is_not_cancelled_again(stage: Stage) -> None:
    order = stage.order(item("1"), script="~hang")
    assert outcome(stage, stage.cancel(order))
    assert not outcome(stage, stage.cancel(order))


def test_two_tasks_about_one_order_have_one_answer(stage: Stage) -> None:
    granted = stage.order(item("1"), script="~hang")
    denied = stage.order(item("1"), script="~hold@designed~deny-cancel")
    stage.item_shows(granted, 0, "feasibilityChecked")
    stage.reaches(denied, "held")
    tasks = [stage.cancel(each) for each in (granted, granted, denied, denied)]
    assert [outcome(stage, each) for each in tasks] == [True, True, False, False]
    assert stage.get(denied)["state"] == "held"


def test_a_cancellation_by_hand_is_carried_out(stage: Stage) -> None:
    order = stage.order(item("1"), script="~hang@inactive")
    stage.item_shows(order, 0, "reserved")
    for state in ("assessingCancellation", "pendingCancellation"):
        stage.patch(order, state=state)
    stage.reaches(order, "cancelled")
    assert stage.services(order) == []
    at_once = stage.order(item("1"), script="~hang@inactive")
    stage.item_shows(at_once, 0, "reserved")
    stage.patch(at_once, state="cancelled")
    eventually(lambda: states(stage.get(at_once)) == ["cancelled"])
    assert stage.services(at_once) == []


def test_undoing_waits_for_the_inventory() -> None:
    with activating() as stage:
        order = stage.order(item("1"), script="~hang@reserved")
        stage.item_shows(order, 0, "designed")
        stage.wire.silent.add(INVENTORY)
        task = stage.cancel(order)
        stage.reaches(order, "pendingCancellation")
        asked = len(stage.wire.asked)
        eventually(lambda: len(stage.wire.asked) > asked + 2)
        assert stage.get(order)["state"] == "pendingCancellation"
        stage.wire.silent.clear()
        assert outcome(stage, task)
        assert stage.services(order) == []
        stage.check_courses()
