"""Orders that do not simply succeed: failures, compensation, questions, holds, work that stands still."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from com_stage import Stage, add, bundle, item_states, notes, on, staged, told, traits
from mock_waiting import eventually

PATIENCE = 1.2
"""Seconds: more than what goes on by itself takes, on a busy machine too."""


@pytest.fixture(scope="module")
def hasty() -> Iterator[Stage]:
    """A COM that soon loses its patience."""
    with staged(patience=PATIENCE) as shared:
        yield shared
        shared.check()


def statuses(stage: Stage, order: dict[str, object]) -> list[str]:
    return sorted(each["status"].strip() for each in stage.products(order))


# ── failures ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("step", ["feasibilityChecked", "designed", "reserved", "inactive", "active"])
def test_an_order_fails_with_its_service(stage: Stage, step: str) -> None:
    order = stage.order(add("1", "fibre-500"), script=f"~fail@{step}:fibre-broadband")
    failed = stage.ended(order, "failed")
    assert item_states(failed) == {"1": "failed"}
    assert (
        notes(failed) == [f"the order's script says fail@{step}:fibre-broadband"]
        or "script" in notes(failed)[0]
    )
    assert "active" not in statuses(stage, order)
    assert all(each["state"] == "terminated" for each in stage.services(order))


def test_a_bundle_of_which_a_part_fails_is_taken_back(stage: Stage) -> None:
    order = stage.order(bundle(), script="~fail@reserved:television")
    failed = stage.ended(order, "failed")
    assert set(item_states(failed).values()) == {"failed"}
    # what was active is terminated, what never was is aborted: nothing is in use
    assert set(statuses(stage, order)) <= {"aborted", "terminated"}
    assert all(each["state"] == "terminated" for each in stage.services(order))
    first, undoing = stage.service_orders(order)
    assert (first["state"], undoing["state"]) == ("partial", "completed")
    assert undoing["externalId"] == f"{order['id']}/undo-1"
    assert {each["action"] for each in undoing["serviceOrderItem"]} == {"delete"}
    shown = stage.orchestration(order)
    assert [each["purpose"] for each in shown["groups"]] == ["fulfil", "compensate"]
    assert {each["state"] for each in shown["steps"]} == {"undone", "failed", "completed"}


def test_independent_lines_of_which_one_fails_are_partial(stage: Stage) -> None:
    order = stage.order(add("1", "mobile-s"), add("2", "fibre-100"), script="~fail:fibre-access-line")
    done = stage.ended(order, "partial")
    assert item_states(done) == {"1": "completed", "2": "failed"}
    assert done["completionDate"]
    assert "active" in statuses(stage, order)
    assert "mobile-s" in [each["productOffering"]["id"] for each in stage.products(order)]


def test_lines_ordered_together_fail_apart(stage: Stage) -> None:
    order = stage.order(
        add("1", "fibre-500"), add("2", "tv"), add("3", "static-ip"), script="~fail:television"
    )
    done = stage.ended(order, "partial")
    assert item_states(done) == {"1": "completed", "2": "failed", "3": "completed"}
    assert len(stage.service_orders(order)) == 1


def test_the_last_of_several_fails(stage: Stage) -> None:
    order = stage.order(bundle(), script="~partial")
    stage.ended(order, "failed")
    assert "active" not in statuses(stage, order)


def test_an_end_that_fails_leaves_the_product_as_it_was(stage: Stage) -> None:
    first = stage.order(add("1", "mobile-s"))
    stage.ended(first, "completed")
    (product,) = stage.products(first)
    order = stage.order(on("1", "delete", product["id"]), script="~fail")
    stage.ended(order, "failed")
    assert stage.product(product["id"])["status"] == "active"
    # and it can still be ended
    stage.ended(stage.order(on("1", "delete", product["id"])), "completed")
    assert stage.product(product["id"])["status"] == "terminated"


def test_a_change_that_fails_changes_nothing(stage: Stage) -> None:
    first = stage.order(add("1", "fibre-500"))
    stage.ended(first, "completed")
    (product,) = stage.products(first)
    for change in (traits(ipVersion="IPv6"), {"status": "suspended"}):
        stage.ended(stage.order(on("1", "modify", product["id"], **change), script="~fail"), "failed")
        assert stage.product(product["id"]) == product


# ── information ─────────────────────────────────────────────────────────────────────────────────────────────


def supplied(order: dict[str, object], **values: object) -> list[dict[str, object]]:
    (item,) = order["productOrderItem"]  # type: ignore[misc]
    product = item.get("product", {})
    known = product.get("productCharacteristic", [])
    return [
        item
        | {"product": product | {"productCharacteristic": known + traits(**values)["productCharacteristic"]}}
    ]


@pytest.mark.parametrize("also", [{}, {"state": "inProgress"}])
def test_what_is_asked_for_can_be_supplied(stage: Stage, also: dict[str, str]) -> None:
    order = stage.order(add("1", "fibre-500"), script="~information:socket")
    pending = stage.reaches(order, "pending")
    assert item_states(pending) == {"1": "pending"}
    assert notes(pending) == ["Needed: socket."]
    stage.patch(order, productOrderItem=supplied(pending, socket="B.1"), **also)
    done = stage.ended(order, "completed")
    assert notes(done) == ["Needed: socket."]
    (product,) = stage.products(order)
    assert "amend" not in stage.story(order)
    (service,) = [each for each in stage.services(order) if each["category"] == "CFS"]
    assert told(service)["socket"] == "B.1"
    assert product["status"] == "active"


def test_two_things_are_asked_for_at_once(stage: Stage) -> None:
    order = stage.order(add("1", "mobile-s"), script="~information:iccid~information:colour")
    pending = stage.reaches(order, "pending")
    assert notes(pending) == ["Needed: iccid, colour."]
    half = stage.patch(order, productOrderItem=supplied(pending, iccid="89"))
    # half an answer is none: nothing is handed on before all is there
    assert half["state"] == "pending"
    stage.patch(order, productOrderItem=supplied(half, colour="red"))
    stage.ended(order, "completed")


def test_an_order_that_is_resumed_without_an_answer_asks_again(stage: Stage) -> None:
    order = stage.order(add("1", "fibre-500"), script="~information:socket")
    pending = stage.reaches(order, "pending")
    stage.patch(order, state="inProgress")
    again = stage.when(order, lambda body: notes(body) == ["Needed: socket."] * 2)
    stage.patch(order, productOrderItem=supplied(again or pending, socket="B.1"))
    stage.ended(order, "completed")


def test_what_is_asked_for_the_usual_part_of_a_bundle_is_supplied_at_the_bundle(stage: Stage) -> None:
    order = stage.order(add("1", "home-bundle"), script="~information:socket")
    pending = stage.reaches(order, "pending")
    stage.patch(order, productOrderItem=supplied(pending, socket="B.1"))
    stage.ended(order, "completed")


# ── holds ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_order_is_held_with_its_work_and_resumed(stage: Stage) -> None:
    order = stage.order(add("1", "fibre-500"), script="~hold@reserved")
    held = stage.reaches(order, "held")
    assert item_states(held) == {"1": "held"}
    assert notes(held) != []
    stage.patch(order, state="inProgress")
    stage.ended(order, "completed")


def test_an_order_is_held_by_hand(stage: Stage) -> None:
    order = stage.order(add("1", "fibre-500"), script="~slow:6")
    stage.reaches(order, "inProgress")
    stage.patch(order, state="held")
    # the work goes on; the order stays where it was put
    eventually(lambda: stage.service_orders(order)[0]["state"] == "completed")
    assert stage.get(order)["state"] == "held"
    stage.patch(order, state="inProgress")
    stage.ended(order, "completed")


def test_work_that_stands_still_puts_the_order_on_hold(hasty: Stage) -> None:
    order = hasty.order(add("1", "fibre-500"), script="~hang@designed")
    held = hasty.reaches(order, "held")
    assert item_states(held) == {"1": "held"}
    (service_order,) = hasty.service_orders(order)
    assert notes(held) == [
        f"On hold: the service order {service_order['id']} has not moved for {PATIENCE} s."
    ]
    assert hasty.orchestration(order)["state"] == "held"
    # whoever resumes it gives it another chance, and no more
    hasty.patch(order, state="inProgress")
    hasty.when(order, lambda body: body["state"] == "held" and len(notes(body)) == 2)


def test_work_that_moves_again_goes_on_by_itself(hasty: Stage) -> None:
    order = hasty.order(add("1", "fibre-500"), script="~hang@designed")
    hasty.reaches(order, "held")
    (service_order,) = hasty.service_orders(order)
    services = hasty.services(order)
    assert [each["state"] for each in services] == ["feasibilityChecked"]
    # somebody finishes the work by hand
    items = [each | {"state": "completed"} for each in service_order["serviceOrderItem"]]
    items = [
        each | {"service": each["service"] | {"id": services[0]["id"]}} if each["id"] == "1.1" else each
        for each in items
    ]
    hasty.patch(services[0], state="active")
    hasty.patch(service_order, state="completed", serviceOrderItem=items)
    hasty.ended(order, "completed")


def test_a_part_that_stands_still_holds_its_line_only(hasty: Stage) -> None:
    order = hasty.order(add("1", "mobile-s"), add("2", "fibre-100"), script="~hang:fibre-access-line")
    as_it_stands = ("held", {"1": "completed", "2": "held"})
    hasty.when(order, lambda body: (body["state"], item_states(body)) == as_it_stands)


def test_work_that_says_it_is_done_while_nothing_is_deployed_is_not_believed(hasty: Stage) -> None:
    order = hasty.order(add("1", "fibre-500"), script="~hang@designed")
    eventually(lambda: hasty.services(order))
    (service_order,) = hasty.service_orders(order)
    (service,) = hasty.services(order)
    items = [
        each | {"state": "completed", "service": each["service"] | {"id": service["id"]}}
        for each in service_order["serviceOrderItem"]
    ]
    hasty.patch(service_order, state="completed", serviceOrderItem=items)
    held = hasty.reaches(order, "held")
    assert "what is deployed does not say so" in notes(held)[-1]
    assert statuses(hasty, order) == ["pendingActive"]
    hasty.patch(service, state="active")
    hasty.ended(order, "completed")
    assert statuses(hasty, order) == ["active"]
