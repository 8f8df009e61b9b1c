"""What scripted orders come to: every word, in an external id and by a rule."""

from __future__ import annotations

import pytest
from activation_stage import WALK, Stage, activating, characteristic, codes, item, states
from mock_waiting import eventually

from tmfrig.mockservers.activation import Script
from tmfrig.mockservers.activation.script import Rule, parse


@pytest.mark.parametrize("step", WALK)
def test_an_item_fails_when_it_should_reach_a_step(stage: Stage, step: str) -> None:
    order = stage.order(item("1"), script=f"~fail@{step}")
    failed = stage.reaches(order, "failed")
    error = failed["serviceOrderItem"][0]["errorMessage"][0]
    assert (error["code"], error["reason"]) == ("activationFailed", f"the service could not become {step}")
    walked = WALK[: WALK.index(step)]
    if step == "active":
        # what can be used already is not taken back without a trace
        eventually(lambda: stage.walked(order) == [("1", each) for each in [*walked, "active", "terminated"]])
        assert stage.services(order)[0]["state"] == "terminated"
    else:
        assert stage.services(order) == []
        assert "id" not in failed["serviceOrderItem"][0]["service"]
        seen = [("1", each) for each in walked]
        eventually(lambda: stage.walked(order)[: len(seen)] == seen)


def test_only_the_named_specification_or_item_fails(stage: Stage) -> None:
    items = (item("1", "television", relies_on=("2",)), item("2"), item("3", "voice"))
    by_specification = stage.order(*items, script="~fail@reserved:television")
    assert states(stage.reaches(by_specification, "partial")) == ["failed", "completed", "completed"]
    by_item = stage.order(*items, script="~fail:2")
    failed = stage.reaches(by_item, "partial")
    assert (states(failed), codes(failed)) == (
        ["failed", "failed", "completed"],
        ["dependencyFailed", "activationFailed", None],
    )


@pytest.mark.parametrize("action", ["modify", "delete", "noChange"])
def test_what_is_not_built_fails_at_its_only_step(stage: Stage, action: str) -> None:
    service = stage.existing()
    order = stage.order(item("1", action=action, **service), script="~fail@reserved")
    assert codes(stage.reaches(order, "failed")) == ["activationFailed"]
    assert stage.service(service["id"])["state"] == "active"


def test_the_last_item_that_nothing_relies_on_fails_in_a_partial_order(stage: Stage) -> None:
    items = (item("1", relies_on=("2",)), item("2", "line"), item("3", relies_on=("4",)), item("4", "line"))
    order = stage.order(*items, script="~partial")
    assert states(stage.reaches(order, "partial")) == ["completed", "completed", "failed", "completed"]


def test_the_orders_own_external_id_is_read_too(stage: Stage) -> None:
    stage.reaches(stage.order(item("1"), externalId="crm-4~fail"), "failed")


def test_information_is_asked_for_before_anything_is_built(stage: Stage) -> None:
    items = (item("1", "voice", relies_on=("2",)), item("2", "line"))
    order = stage.order(*items, script="~information:phoneNumber")
    pending = stage.reaches(order, "pending")
    assert states(pending) == ["pending", "pending"]
    assert codes(pending) == ["informationRequired", None]
    assert pending["serviceOrderItem"][0]["errorMessage"][0]["reason"] == "phoneNumber is needed"
    assert stage.services(order) == []
    eventually(lambda: stage.events(order)[-1] == "ServiceOrderInformationRequiredEvent")

    again = stage.patch(order, state="inProgress")
    assert again["state"] == "inProgress"
    eventually(lambda: stage.events(order).count("ServiceOrderInformationRequiredEvent") == 2)

    told = stage.reaches(order, "pending")["serviceOrderItem"]
    told[0]["service"]["serviceCharacteristic"] = [characteristic("phoneNumber", "+41 44 000 00 00")]
    told[0]["state"] = told[1]["state"] = "inProgress"
    stage.patch(order, state="inProgress", serviceOrderItem=told)
    done = stage.reaches(order, "completed")
    assert codes(done) == [None, None]
    number = stage.services(order)[1]["serviceCharacteristic"]
    assert number == [characteristic("phoneNumber", "+41 44 000 00 00")]


def test_items_in_progress_put_a_waiting_order_in_progress(stage: Stage) -> None:
    order = stage.order(item("1", "voice"), script="~information:phoneNumber")
    told = stage.reaches(order, "pending")["serviceOrderItem"]
    told[0]["service"]["serviceCharacteristic"] = [characteristic("phoneNumber", "1")]
    told[0]["state"] = "inProgress"
    stage.patch(order, serviceOrderItem=told)
    stage.reaches(order, "completed")


def test_who_gives_the_information_at_once_is_not_asked(stage: Stage) -> None:
    number = [characteristic("phoneNumber", "1")]
    order = stage.order(item("1", serviceCharacteristic=number), script="~information:phoneNumber")
    stage.reaches(order, "completed")
    eventually(lambda: stage.events(order)[-1] == "ServiceOrderStateChangeEvent")
    assert "ServiceOrderInformationRequiredEvent" not in stage.events(order)


def test_an_order_is_held_once(stage: Stage) -> None:
    order = stage.order(item("1"), script="~hold@reserved")
    held = stage.reaches(order, "held")
    assert states(held) == ["held"]
    assert held["errorMessage"][0]["code"] == "scriptedHold"
    assert held["serviceOrderItem"][0]["service"]["state"] == "designed"
    stage.patch(order, state="inProgress")
    assert codes(stage.reaches(order, "completed")) == [None]


def test_an_order_that_hangs_stays_in_progress(stage: Stage) -> None:
    order = stage.order(item("1"), script="~hang@inactive")
    stage.item_shows(order, 0, "reserved")
    # another one that comes later is through before
    stage.reaches(stage.order(item("1")), "completed")
    still = stage.get(order)
    assert (still["state"], still["serviceOrderItem"][0]["service"]["state"]) == ("inProgress", "reserved")


def test_a_slow_order_takes_its_time(stage: Stage) -> None:
    slow = stage.order(item("1"), script="~slow:30")
    stage.reaches(stage.order(item("1")), "completed")
    assert stage.get(slow)["state"] in ("acknowledged", "inProgress")
    assert stage.walked(slow) in ([], [("1", WALK[0])])


def test_rules_choose_by_external_id_specification_and_characteristic() -> None:
    script = Script(
        (
            Rule(parse("fail@reserved"), external_id="bad-*"),
            Rule(parse("fail"), specification="television"),
            Rule(parse("hold@designed"), characteristic={"volume": 100}),
        )
    )
    with activating(script=script) as ruled:
        by_id = ruled.order(item("1"), externalId="bad-1")
        assert codes(ruled.reaches(by_id, "failed")) == ["activationFailed"]
        by_specification = ruled.order(item("1"), item("2", "television"))
        assert states(ruled.reaches(by_specification, "partial")) == ["completed", "failed"]
        wanted = [characteristic("volume", "100")]
        by_characteristic = ruled.order(item("1"), item("2", "voice", serviceCharacteristic=wanted))
        held = ruled.reaches(by_characteristic, "held")
        assert codes(held) == [None, "scriptedHold"]
        ruled.reaches(ruled.order(item("1")), "completed")
