"""Service orders that are carried out: each action, and the order in which it comes."""

from __future__ import annotations

from activation_stage import CATALOG, WALK, Stage, activating, characteristic, codes, item, states
from mock_waiting import eventually

from tmfrig.mockservers.dataset import Dataset
from tmfrig.specs import standard_contract

PARTY = {"id": "7", "role": "customer", "@type": "RelatedParty", "@referredType": "Individual"}
PLACE = {"id": "p", "role": "installation", "@referredType": "GeographicAddress"}


def test_a_new_service_walks_through_its_states_to_active(stage: Stage) -> None:
    order = stage.order(item("1"))
    assert (order["state"], states(order)) == ("acknowledged", ["acknowledged"])
    done = stage.reaches(order, "completed")
    assert states(done) == ["completed"]
    assert done["completionDate"] >= done["startDate"] >= done["orderDate"]
    assert standard_contract("TMF641").resources["serviceOrder"].representation.problems(done) == []
    eventually(lambda: stage.walked(order) == [("1", each) for each in WALK])
    (service,) = stage.services(order)
    shown = done["serviceOrderItem"][0]["service"]
    assert {name: shown[name] for name in ("id", "href", "state")} == {
        name: service[name] for name in ("id", "href", "state")
    }
    assert (service["hasStarted"], service["isServiceEnabled"]) == (True, True)
    assert service["startDate"] >= service["serviceDate"]
    assert standard_contract("TMF638").resources["service"].representation.problems(service) == []


def test_a_service_is_built_as_it_was_ordered(stage: Stage) -> None:
    wanted = {
        "name": "Internet at home",
        "category": "CFS",
        "serviceType": "internet",
        "serviceCharacteristic": [characteristic("speed", 500)],
        "place": [PLACE],
    }
    order = stage.order(item("1.1", **wanted), relatedParty=[PARTY])
    stage.reaches(order, "completed")
    (service,) = stage.services(order)
    assert {name: service[name] for name in wanted} == wanted
    assert service["relatedParty"] == [PARTY]
    assert service["serviceSpecification"].items() >= {"id": "internet", "name": "Internet"}.items()
    assert service["serviceOrderItem"] == [
        {
            "serviceOrderId": order["id"],
            "serviceOrderHref": order["href"],
            "itemId": "1.1",
            "itemAction": "add",
            "role": "creation",
        }
    ]


def test_an_item_shows_its_service_as_soon_as_there_is_one(stage: Stage) -> None:
    order = stage.order(item("1"), script="~hang@designed")
    shown = stage.item_shows(order, 0, "feasibilityChecked")["serviceOrderItem"][0]
    assert shown["state"] == "inProgress"
    assert shown["service"]["href"] == stage.services(order)[0]["href"]


def test_services_are_built_in_the_order_of_their_dependencies(stage: Stage) -> None:
    order = stage.order(
        item("1", "television", relies_on=("2",)),
        item("2", "internet", relies_on=("3", "4")),
        item("3", "line"),
        item("4", "voice"),
    )
    stage.reaches(order, "completed")
    eventually(lambda: len(stage.walked(order)) == 4 * len(WALK))
    told = stage.walked(order)
    # those that rely on nothing go hand in hand
    assert set(told[:2]) == {("3", WALK[0]), ("4", WALK[0])}
    assert told.index(("2", WALK[0])) > max(told.index(("3", "active")), told.index(("4", "active")))
    assert told.index(("1", WALK[0])) > told.index(("2", "active"))
    supporting = {each["serviceOrderItem"][0]["itemId"]: each for each in stage.services(order)}
    assert [each["id"] for each in supporting["2"]["supportingService"]] == [
        supporting["3"]["id"],
        supporting["4"]["id"],
    ]


def test_an_order_is_in_progress_with_its_first_item(stage: Stage) -> None:
    order = stage.order(item("1", relies_on=("2",)), item("2"), script="~hang")
    assert states(stage.reaches(order, "inProgress")) == ["acknowledged", "inProgress"]


def test_parts_of_an_item_are_built_before_it(stage: Stage) -> None:
    order = stage.order(item("1", parts=(item("1", "line"), item("2", "voice"))))
    done = stage.reaches(order, "completed")
    assert [each["state"] for each in done["serviceOrderItem"][0]["serviceOrderItem"]] == ["completed"] * 2
    eventually(lambda: len(stage.walked(order)) == 3 * len(WALK))
    assert stage.walked(order)[-len(WALK) :] == [("1", each) for each in WALK]
    assert {each["serviceOrderItem"][0]["itemId"] for each in stage.services(order)} == {"1", "1/1", "2"}


def test_characteristics_are_merged_into_a_service(stage: Stage) -> None:
    before = [characteristic("speed", 100), characteristic("socket", "A1")]
    service = stage.existing(serviceCharacteristic=before)
    wanted = [characteristic("speed", 500), characteristic("ip", "v6")]
    order = stage.order(item("1", action="modify", serviceCharacteristic=wanted, **service))
    done = stage.reaches(order, "completed")
    assert done["serviceOrderItem"][0]["service"]["state"] == "active"
    held = stage.service(service["id"])
    values = {each["name"]: each["value"] for each in held["serviceCharacteristic"]}
    assert values == {"speed": 500, "socket": "A1", "ip": "v6"}
    assert held["state"] == "active"


def test_a_service_is_suspended_and_resumed(stage: Stage) -> None:
    service = stage.existing()
    stage.reaches(stage.order(item("1", action="modify", state="inactive", **service)), "completed")
    suspended = stage.service(service["id"])
    assert (suspended["state"], suspended["isServiceEnabled"]) == ("inactive", False)
    stage.reaches(stage.order(item("1", action="modify", state="active", **service)), "completed")
    resumed = stage.service(service["id"])
    assert (resumed["state"], resumed["isServiceEnabled"]) == ("active", True)


def test_a_change_that_is_none_leaves_the_service_alone(stage: Stage) -> None:
    service = stage.existing(serviceCharacteristic=[characteristic("speed", 100)])
    before = stage.service(service["id"])
    same = [characteristic("speed", 100)]
    modify = item("1", action="modify", state="active", serviceCharacteristic=same, **service)
    stage.reaches(stage.order(modify, item("2", action="noChange", **service)), "completed")
    assert stage.service(service["id"]) == before


def test_services_are_terminated_before_what_they_rely_on(stage: Stage) -> None:
    built = stage.order(item("1", relies_on=("2",)), item("2", "line"))
    done = stage.reaches(built, "completed")
    references = [
        {"id": each["service"]["id"], "href": each["service"]["href"]} for each in done["serviceOrderItem"]
    ]
    order = stage.order(
        item("2", "line", action="delete", **references[1]),
        item("1", action="delete", relies_on=("2",), **references[0]),
    )
    stage.reaches(order, "completed")
    eventually(lambda: stage.walked(built)[-2:] == [("1", "terminated"), ("2", "terminated")])
    gone = stage.service(references[0]["id"])
    assert gone["state"] == "terminated"
    assert gone["endDate"] >= gone["startDate"]
    assert gone["isServiceEnabled"] is False


def test_a_suspended_service_is_terminated_through_active(stage: Stage) -> None:
    service = stage.existing()
    stage.reaches(stage.order(item("1", action="modify", state="inactive", **service)), "completed")
    stage.reaches(stage.order(item("1", action="delete", **service)), "completed")
    eventually(lambda: stage.states_told(service) == ["inactive", "active", "terminated"])
    # once more is as good as once
    stage.reaches(stage.order(item("1", action="delete", **service)), "completed")


def test_items_that_say_of_no_service_need_no_technical_work(stage: Stage) -> None:
    order = stage.order(*(item(each, None, action=each) for each in ("add", "modify", "delete", "noChange")))
    assert states(stage.reaches(order, "completed")) == ["completed"] * 4
    assert stage.services(order) == []


def test_items_that_cannot_be_done_fail_and_say_why(stage: Stage) -> None:
    ended = stage.existing()
    stage.reaches(stage.order(item("1", action="delete", **ended)), "completed")
    order = stage.order(
        item("1", "teleport"),
        item("2", None, name="Something"),
        item("3", action="modify", id="nobody"),
        item("4", action="delete"),
        item("5", action="modify", state="active", **ended),
    )
    failed = stage.reaches(order, "failed")
    assert states(failed) == ["failed"] * 5
    assert codes(failed) == [
        "unknownSpecification",
        "missingSpecification",
        "unknownService",
        "missingService",
        "serviceTerminated",
    ]
    assert "teleport" in failed["serviceOrderItem"][0]["errorMessage"][0]["reason"]
    assert stage.services(order) == []
    assert "completionDate" in failed
    assert standard_contract("TMF641").resources["serviceOrder"].representation.problems(failed) == []


def test_what_relies_on_a_failed_item_fails_too_and_the_rest_is_done(stage: Stage) -> None:
    order = stage.order(item("1", relies_on=("2",)), item("2", "teleport"), item("3", "line"))
    ended = stage.reaches(order, "partial")
    assert states(ended) == ["failed", "failed", "completed"]
    assert ended["serviceOrderItem"][0]["errorMessage"][0]["reason"] == "depends on item 2, which failed"


def test_an_order_that_cannot_be_planned_is_rejected(stage: Stage) -> None:
    order = stage.order(item("1", relies_on=("2",)), item("2", relies_on=("1",)))
    rejected = stage.reaches(order, "rejected")
    assert states(rejected) == ["rejected", "rejected"]
    assert rejected["errorMessage"][0]["code"] == "dependencyCycle"
    unknown = stage.reaches(stage.order(item("1", relies_on=("7",))), "rejected")
    assert "item 7" in unknown["errorMessage"][0]["reason"]


def test_an_inventory_that_refuses_a_service_fails_the_item() -> None:
    with activating() as refusing:
        refusing.wire.refused.add("POST")
        failed = refusing.reaches(refusing.order(item("1")), "failed")
        assert codes(failed) == ["inventoryRefused"]
        told = failed["serviceOrderItem"][0]["errorMessage"][0]["message"]
        assert told == "TMF638 answered 400 to POST service: not like this"


def test_activation_can_do_without_the_catalog() -> None:
    with activating() as alone:
        alone.wire.silent.add(CATALOG)
        order = alone.order(item("1", "teleport"))
        alone.reaches(order, "completed")
        assert alone.services(order)[0]["serviceSpecification"] == {"id": "teleport"}


def test_an_empty_catalog_refuses_nothing() -> None:
    with activating(catalog=Dataset()) as empty:
        empty.reaches(empty.order(item("1", "teleport")), "completed")
