"""Orders that their customers cancel, amend or remove: in time, or too late."""

from __future__ import annotations

import pytest
from com_stage import Json, Stage, add, bundle, item_states, notes, on, staged, traits
from mock_waiting import eventually

NEVER_DONE = "~hang@reserved"


def granted(stage: Stage, order: Json, task: Json) -> Json:
    """The order, once it is cancelled and the task says so."""
    done = stage.reaches(task, "done")
    assert "effectiveCancellationDate" in done
    cancelled = stage.ended(order, "cancelled")
    assert set(item_states(cancelled).values()) == {"cancelled"}
    assert cancelled["cancellationDate"]
    assert stage.orchestration(order)["state"] == "cancelled"
    return cancelled


def denied(stage: Stage, task: Json) -> None:
    """The task says that nothing was cancelled."""
    assert "effectiveCancellationDate" not in stage.reaches(task, "done")


def nothing_is_left(stage: Stage, order: Json) -> None:
    assert {each["status"].strip() for each in stage.products(order)} <= {
        "cancelled",
        "aborted",
        "terminated",
    }
    assert {each["state"] for each in stage.services(order)} <= {"terminated"}


# ── granted ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_before_anything_is_ordered(stage: Stage) -> None:
    order = stage.order(add("1", "fibre-500"), bundle("2"))
    task = stage.cancel(order)
    granted(stage, order, task)
    nothing_is_left(stage, order)


def test_an_order_that_was_not_looked_at_yet() -> None:
    # a pace at which a new order stays new for a while: the cancellation comes first
    with staged(pace=0.3) as stage:
        order = stage.order(add("1", "fibre-500"), on("2", "noChange", "keller-tv"))
        stage.patch(order, state="inProgress")
        stage.patch(order, state="assessingCancellation")
        cancelled = stage.ended(order, "cancelled")
        assert item_states(cancelled) == {"1": "cancelled", "2": "cancelled"}
        assert stage.service_orders(order) == []
        stage.check()


@pytest.mark.parametrize("script", ["~hang@designed", NEVER_DONE, "~hang@active"])
def test_while_the_work_is_under_way(stage: Stage, script: str) -> None:
    order = stage.order(bundle(), script=script)
    eventually(lambda: len(stage.services(order)) > 0)
    granted(stage, order, stage.cancel(order))
    nothing_is_left(stage, order)
    assert stage.service_orders(order)[0]["state"] == "cancelled"


def test_two_service_orders_at_once(stage: Stage) -> None:
    order = stage.order(add("1", "mobile-s"), add("2", "fibre-100"), script=NEVER_DONE)
    eventually(lambda: len(stage.service_orders(order)) == 2)
    granted(stage, order, stage.cancel(order))
    assert [each["state"] for each in stage.service_orders(order)] == ["cancelled", "cancelled"]


@pytest.mark.parametrize(
    ("script", "state"), [("~hold@reserved", "held"), ("~information:socket", "pending")]
)
def test_while_the_order_waits(stage: Stage, script: str, state: str) -> None:
    order = stage.order(add("1", "fibre-500"), script=script)
    stage.reaches(order, state)
    granted(stage, order, stage.cancel(order))
    nothing_is_left(stage, order)


def test_an_end_that_is_cancelled_leaves_the_product(stage: Stage) -> None:
    first = stage.order(add("1", "mobile-s"))
    stage.ended(first, "completed")
    (product,) = stage.products(first)
    order = stage.order(on("1", "delete", product["id"]), script=NEVER_DONE)
    stage.reaches(order, "inProgress")
    granted(stage, order, stage.cancel(order))
    assert stage.product(product["id"])["status"] == "active"


def test_every_task_is_answered(stage: Stage) -> None:
    order = stage.order(add("1", "fibre-500"), script=NEVER_DONE)
    stage.reaches(order, "inProgress")
    tasks = [stage.cancel(order), stage.cancel(order)]
    for each in tasks:
        granted(stage, order, each)


# ── denied ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_order_that_is_completed(stage: Stage) -> None:
    order = stage.order(add("1", "fibre-500"))
    stage.ended(order, "completed")
    denied(stage, stage.cancel(order))
    assert stage.get(order)["state"] == "completed"


def test_work_that_cannot_be_cancelled_goes_on_to_its_end(stage: Stage) -> None:
    order = stage.order(add("1", "fibre-500"), script="~slow:8~deny-cancel")
    stage.reaches(order, "inProgress")
    denied(stage, stage.cancel(order))
    done = stage.ended(order, "completed")
    assert "can no longer be cancelled" in notes(done)[0]
    # asked once more, it is too late
    denied(stage, stage.cancel(order))
    assert [each["status"] for each in stage.products(order)] == ["active"]


def test_who_is_denied_may_ask_again(stage: Stage) -> None:
    order = stage.order(add("1", "fibre-500"), script="~hang@designed~deny-cancel")
    stage.reaches(order, "inProgress")
    for times in (1, 2):
        denied(stage, stage.cancel(order))
        assert len(notes(stage.get(order))) == times
    tasks = stage.find("TMF641", "cancelServiceOrder")
    (service_order,) = stage.service_orders(order)
    # activation itself was asked each time
    assert len([each for each in tasks if each["serviceOrder"]["id"] == service_order["id"]]) == 2


def test_a_part_that_is_delivered_keeps_the_whole(stage: Stage) -> None:
    order = stage.order(add("1", "mobile-s"), add("2", "fibre-100"), script="~hang:fibre-access-line")
    eventually(lambda: [each["status"] for each in stage.products(order)] == ["active"])
    denied(stage, stage.cancel(order))
    going_on = stage.get(order)
    assert item_states(going_on) == {"1": "completed", "2": "inProgress"}
    assert notes(going_on) == ["Not cancelled: a part of it is delivered already."]


@pytest.mark.parametrize(
    ("script", "state"), [("~hold@reserved", "held"), ("~information:socket", "pending")]
)
def test_an_order_that_waits_goes_on_waiting(stage: Stage, script: str, state: str) -> None:
    order = stage.order(add("1", "fibre-500"), script=f"{script}~deny-cancel")
    waiting = stage.reaches(order, state)
    denied(stage, stage.cancel(order))
    assert stage.get(order)["state"] == state
    if state == "held":
        stage.patch(order, state="inProgress")
    else:
        item = waiting["productOrderItem"][0]
        stage.patch(order, productOrderItem=[item | {"product": traits(socket="B.1")}])
    stage.ended(order, "completed")


# ── work that others cancel ─────────────────────────────────────────────────────────────────────────────────


def test_an_order_whose_work_is_cancelled_by_others_is_cancelled(stage: Stage) -> None:
    order = stage.order(add("1", "fibre-500"), script="~hang@designed")
    eventually(lambda: stage.services(order))
    (service_order,) = stage.service_orders(order)
    stage.create("TMF641", "cancelServiceOrder", {"serviceOrder": {"id": service_order["id"]}})
    stage.ended(order, "cancelled")
    nothing_is_left(stage, order)


def test_an_order_that_is_ended_by_others_is_left_alone(stage: Stage) -> None:
    order = stage.order(add("1", "fibre-500"), script="~hang@designed")
    stage.reaches(order, "inProgress")
    stage.patch(order, state="failed")
    eventually(lambda: "endDate" in stage.orchestration(order))
    assert stage.orchestration(order)["message"] == "the order was ended by somebody else"


# ── amendments ──────────────────────────────────────────────────────────────────────────────────────────────


def test_an_amendment_before_anything_is_ordered_is_carried_out() -> None:
    with staged(pace=0.2) as stage:
        order = stage.order(add("1", "fibre-500"))
        stage.patch(order, productOrderItem=[add("1", "mobile-s"), add("2", "mobile-l")])
        stage.ended(order, "completed")
        assert [each["productOffering"]["id"] for each in stage.products(order)] == ["mobile-s", "mobile-l"]
        stage.check()


def test_an_amendment_while_the_work_is_under_way_comes_too_late(stage: Stage) -> None:
    order = stage.order(add("1", "fibre-500"), script="~slow:10")
    stage.reaches(order, "inProgress")
    eventually(lambda: stage.service_orders(order))
    items = stage.get(order)["productOrderItem"]
    stage.patch(order, productOrderItem=[*items, add("2", "mobile-s") | {"state": "acknowledged"}])
    told = stage.when(order, notes)
    assert notes(told) == ["The amendment came too late to be carried out."]
    done = stage.ended(order, "partial")
    assert item_states(done) == {"1": "completed", "2": "failed"}
    assert [each["productOffering"]["id"] for each in stage.products(order)] == ["fibre-500"]


def test_what_customers_write_beside_the_items_is_no_amendment(stage: Stage) -> None:
    order = stage.order(add("1", "fibre-500"), script="~slow:6")
    stage.reaches(order, "inProgress")
    stage.patch(order, description="for the new flat", requestedCompletionDate="2030-01-01T00:00:00Z")
    done = stage.ended(order, "completed")
    assert (done["description"], notes(done)) == ("for the new flat", [])


# ── removal ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_order_that_is_removed_is_called_off(stage: Stage) -> None:
    order = stage.order(add("1", "tv"), script=NEVER_DONE)
    eventually(lambda: stage.products(order))
    stage.delete(order)
    eventually(lambda: "endDate" in stage.orchestration(order))
    shown = stage.orchestration(order)
    assert (shown["state"], shown["message"]) == ("cancelled", "the order does not exist any more")
    assert stage.service_orders(order)[0]["state"] == "cancelled"
    nothing_is_left(stage, order)


def test_an_order_that_is_removed_when_it_is_too_late_leaves_what_was_recorded(stage: Stage) -> None:
    order = stage.order(add("1", "fibre-500"), script="~slow:3~deny-cancel")
    eventually(lambda: stage.products(order))
    stage.delete(order)
    eventually(lambda: "endDate" in stage.orchestration(order))
    eventually(lambda: [each["status"] for each in stage.products(order)] == ["active"])


def test_an_order_that_is_removed_at_once_leaves_nothing(stage: Stage) -> None:
    order = stage.order(add("1", "fibre-500"))
    stage.delete(order)
    other = stage.order(add("1", "mobile-s"))
    stage.ended(other, "completed")
    nothing_is_left(stage, order)
