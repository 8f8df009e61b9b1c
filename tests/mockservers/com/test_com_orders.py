"""Orders that nothing stands in the way of: what is new, changed, suspended, resumed, ended or kept."""

from __future__ import annotations

from typing import Any

import pytest
from com_stage import Stage, add, bundle, item_states, notes, on, staged, told, traits
from mock_waiting import eventually


def test_a_single_product(stage: Stage) -> None:
    place = [{"id": "zurich", "role": "installationAddress", "@referredType": "GeographicAddress"}]
    order = stage.order(
        add("1", "fibre-500", product={"place": place, **traits(ipVersion="IPv6")}),
        billingAccount={"id": "account-1"},
    )
    done = stage.ended(order, "completed")
    assert item_states(done) == {"1": "completed"}
    assert done["completionDate"]
    assert notes(done) == []
    (product,) = stage.products(order)
    assert product["status"] == "active"
    assert product["startDate"]
    assert (product["productOffering"]["id"], product["productSpecification"]["id"]) == (
        "fibre-500",
        "fibre-internet",
    )
    assert told(product).items() >= {"downstreamSpeed": 500, "ipVersion": "IPv6"}.items()
    assert [(each["id"], each["role"]) for each in product["relatedParty"]] == [("anna", "customer")]
    assert product["billingAccount"]["id"] == "account-1"
    assert product["place"][0]["id"] == "zurich"
    (service,) = [each for each in stage.services(order) if each["category"] == "CFS"]
    assert [each["id"] for each in product["realizingService"]] == [service["id"]]
    assert service["state"] == "active"
    assert told(service) == {"downstreamSpeed": 500, "upstreamSpeed": 100, "ipVersion": "IPv6"}
    assert service["place"][0]["id"] == "zurich"
    eventually(lambda: stage.order_states(order) == ["acknowledged", "inProgress", "completed"])
    eventually(lambda: stage.product_statuses(product["id"]) == ["pendingActive", "active"])


def test_the_service_order_is_placed_as_agreed(stage: Stage) -> None:
    order = stage.order(add("1", "fibre-100"))
    stage.ended(order, "completed")
    (placed,) = stage.service_orders(order)
    assert placed["externalId"] == f"{order['id']}/1"
    assert placed["externalReference"] == [
        {"externalReferenceType": "customerOrder", "name": order["externalId"]}
    ]
    assert [(each["id"], each["action"]) for each in placed["serviceOrderItem"]] == [
        ("1.1", "add"),
        ("1.2", "add"),
    ]
    assert placed["serviceOrderItem"][0]["serviceOrderItemRelationship"][0]["orderItem"]["itemId"] == "1.2"


def test_a_bundle_with_named_parts(stage: Stage) -> None:
    order = stage.order(bundle())
    done = stage.ended(order, "completed")
    assert item_states(done) == dict.fromkeys(("1", "1.1", "1.2", "1.3"), "completed")
    products = {each["productOrderItem"][0]["orderItemId"]: each for each in stage.products(order)}
    assert {each["status"] for each in products.values()} == {"active"}
    assert products["1"]["isBundle"]
    assert "realizingService" not in products["1"]
    assert [
        (each["relationshipType"], each["product"]["id"]) for each in products["1"]["productRelationship"]
    ] == [("bundles", products[number]["id"]) for number in ("1.1", "1.2", "1.3")]
    assert len(stage.service_orders(order)) == 1


def test_a_bundle_without_named_parts_has_the_usual_ones(stage: Stage) -> None:
    order = stage.order(add("1", "quad-play"))
    done = stage.ended(order, "completed")
    assert item_states(done) == {"1": "completed"}
    products = stage.products(order)
    assert sorted(each["productOffering"]["id"] for each in products) == [
        "fibre-1000",
        "home-voice",
        "mobile-l",
        "quad-play",
        "tv",
    ]
    # whoever reads a product finds the item that brought it in the order
    assert {each["productOrderItem"][0]["orderItemId"] for each in products} == {"1"}
    assert {each["status"] for each in products} == {"active"}


def test_several_units_are_several_products(stage: Stage) -> None:
    order = stage.order(add("1", "mobile-s", quantity=3))
    stage.ended(order, "completed")
    products = stage.products(order)
    assert [each["status"] for each in products] == ["active"] * 3
    assert len({each["realizingService"][0]["id"] for each in products}) == 3


def test_several_units_of_a_bundle_have_parts_of_their_own(stage: Stage) -> None:
    order = stage.order(bundle() | {"quantity": 2})
    done = stage.ended(order, "completed")
    assert set(item_states(done).values()) == {"completed"}
    products = stage.products(order)
    parts = [{each["product"]["id"] for each in p["productRelationship"]} for p in products if p["isBundle"]]
    assert [len(each) for each in parts] == [3, 3]
    assert len(set.union(*parts)) == 6


def test_two_independent_lines(stage: Stage) -> None:
    order = stage.order(add("1", "mobile-s"), add("2", "fibre-100"))
    stage.ended(order, "completed")
    assert [each["externalId"][-2:] for each in stage.service_orders(order)] == ["/1", "/2"]
    assert [each["status"] for each in stage.products(order)] == ["active", "active"]


def test_lines_that_rely_on_each_other_are_ordered_together(stage: Stage) -> None:
    needs = [{"id": "1", "relationshipType": "reliesOn"}]
    order = stage.order(add("1", "mobile-s"), add("2", "fibre-100", productOrderItemRelationship=needs))
    stage.ended(order, "completed")
    assert len(stage.service_orders(order)) == 1


def test_an_add_on(stage: Stage) -> None:
    order = stage.order(add("1", "static-ip", product=traits(addressCount=2)))
    stage.ended(order, "completed")
    (product,) = stage.products(order)
    assert (product["status"], told(product)) == ("active", {"addressCount": 2})


def test_the_id_of_a_wish_is_not_taken_for_a_product(stage: Stage) -> None:
    order = stage.order(add("1", "mobile-l", product={"id": "my-mobile"}))
    stage.ended(order, "completed")
    (product,) = stage.products(order)
    assert product["status"] == "active"


def held(stage: Stage, *items: Any) -> list[str]:
    """Products that a customer has: those of an order of their own."""
    order = stage.order(*items)
    stage.ended(order, "completed")
    return [each["id"] for each in sorted(stage.products(order), key=lambda each: not each["isBundle"])]


def test_a_change(stage: Stage) -> None:
    (product,) = held(stage, add("1", "fibre-500"))
    order = stage.order(on("1", "modify", product, **traits(ipVersion="IPv6")))
    stage.ended(order, "completed")
    changed = stage.product(product)
    assert (changed["status"], told(changed)["ipVersion"]) == ("active", "IPv6")
    assert told(stage.service(changed["realizingService"][0]["id"]))["ipVersion"] == "IPv6"
    assert stage.products(order) == []


def test_a_change_of_the_offering(stage: Stage) -> None:
    (product,) = held(stage, add("1", "fibre-100"))
    order = stage.order(on("1", "modify", product) | {"productOffering": {"id": "fibre-1000"}})
    stage.ended(order, "completed")
    changed = stage.product(product)
    assert (changed["productOffering"]["id"], told(changed)["downstreamSpeed"]) == ("fibre-1000", 1000)
    assert told(stage.service(changed["realizingService"][0]["id"]))["upstreamSpeed"] == 500


def test_a_change_that_concerns_no_service(stage: Stage) -> None:
    (product,) = held(stage, add("1", "home-voice"))
    order = stage.order(on("1", "modify", product, **traits(voicemail=False)))
    stage.ended(order, "completed")
    assert told(stage.product(product))["voicemail"] is False
    assert stage.service_orders(order) == []


def test_suspending_and_resuming(stage: Stage) -> None:
    (product,) = held(stage, add("1", "mobile-s"))
    for status, state in (("suspended", "inactive"), ("active", "active")):
        order = stage.order(on("1", "modify", product, status=status))
        stage.ended(order, "completed")
        changed = stage.product(product)
        assert changed["status"] == status
        assert stage.service(changed["realizingService"][0]["id"])["state"] == state


def test_a_bundle_is_suspended_resumed_and_ended_as_a_whole(stage: Stage) -> None:
    products = held(stage, bundle())
    for status, state in (("suspended", "inactive"), ("active", "active")):
        stage.ended(stage.order(on("1", "modify", products[0], status=status)), "completed")
        assert [stage.product(each)["status"] for each in products] == [status] * 4
        services = [stage.product(each)["realizingService"][0]["id"] for each in products[1:]]
        assert [stage.service(each)["state"] for each in services] == [state] * 3
    stage.ended(stage.order(on("1", "delete", products[0])), "completed")
    assert [stage.product(each)["status"] for each in products] == ["terminated"] * 4
    assert [stage.service(each)["state"] for each in services] == ["terminated"] * 3


def test_an_end(stage: Stage) -> None:
    (product,) = held(stage, add("1", "fibre-500"))
    order = stage.order(on("1", "delete", product))
    stage.ended(order, "completed")
    ended = stage.product(product)
    assert ended["status"] == "terminated"
    assert ended["terminationDate"]
    cfs = stage.service(ended["realizingService"][0]["id"])
    below = stage.service(cfs["supportingService"][0]["id"])
    assert (cfs["state"], below["state"]) == ("terminated", "terminated")
    eventually(lambda: stage.product_statuses(product)[-2:] == ["pendingTerminate", "terminated"])


def test_the_end_of_what_is_suspended(stage: Stage) -> None:
    (product,) = held(stage, add("1", "mobile-l"))
    stage.ended(stage.order(on("1", "modify", product, status="suspended")), "completed")
    stage.ended(stage.order(on("1", "delete", product)), "completed")
    assert stage.product(product)["status"] == "terminated"


def test_a_bundle_gets_another_part(stage: Stage) -> None:
    products = held(stage, bundle())
    order = stage.order(on("1", "modify", products[0], add("1.1", "mesh-wifi")))
    stage.ended(order, "completed")
    (added,) = stage.products(order)
    parts = [each["product"]["id"] for each in stage.product(products[0])["productRelationship"]]
    assert set(parts) == {*products[1:], added["id"]}
    assert added["status"] == "active"


def test_what_is_kept_stays(stage: Stage) -> None:
    before = stage.product("keller-mesh-wifi")
    order = stage.order(on("1", "noChange", "keller-mesh-wifi"), add("2", "mobile-s"))
    done = stage.ended(order, "completed")
    assert item_states(done) == {"1": "completed", "2": "completed"}
    assert stage.product("keller-mesh-wifi") == before


def test_an_order_that_keeps_everything_needs_no_work(stage: Stage) -> None:
    order = stage.order(on("1", "noChange", "keller-mesh-wifi"))
    stage.ended(order, "completed")
    assert stage.service_orders(order) == []


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (add("1", "nope"), "Line 1: the catalog has no offering nope."),
        (add("1", "dsl-50"), "Line 1: DSL 50 is not on sale: its lifecycle status is Retired."),
        (add("1", "fibre-10000"), "Line 1: Fibre 10000 is not on sale: its lifecycle status is In Test."),
        (
            add("1", "fibre-500", product=traits(ipVersion="IPv9")),
            "Line 1: ipVersion cannot be IPv9; it is one of dual-stack, IPv6.",
        ),
        (
            add("1", "fibre-100", product=traits(downstreamSpeed=500)),
            "Line 1: Fibre 100 has downstreamSpeed 100, not 500.",
        ),
        (
            add("1", "mobile-s", product=traits(phoneNumber="044 123")),
            r"Line 1: phoneNumber cannot be '044 123'; it has the form ^\+[1-9][0-9]{6,14}$.",
        ),
        (add("1", None), "Line 1: it names neither an offering nor what the product is."),
        (on("1", "modify", "nope", **traits(a=1)), "Line 1: the customer has no product nope."),
        (on("1", "delete", "schmid-dsl"), "Line 1: the product schmid-dsl is terminated."),
        (
            on("1", "delete", "novak-home-5g"),
            "Line 1: the product novak-home-5g is pendingActive, and can end once it is active.",
        ),
        (
            add("1", "home-bundle", add("1.1", "fibre-500")),
            "Line 1: Home bundle has 1 to 1 of tv, and 0 are ordered. "
            "Line 1: Home bundle has 1 to 1 of home-voice, and 0 are ordered.",
        ),
    ],
)
def test_what_cannot_be_carried_out_fails_with_a_reason(stage: Stage, item: Any, reason: str) -> None:
    order = stage.order(item)
    failed = stage.ended(order, "failed")
    assert notes(failed) == [reason]
    assert set(item_states(failed).values()) == {"failed"}
    assert stage.service_orders(order) == []
    assert stage.products(order) == []
    assert stage.orchestration(order)["message"] == reason


def test_one_wrong_line_fails_the_whole_order(stage: Stage) -> None:
    order = stage.order(add("1", "mobile-s"), add("2", "nope"))
    failed = stage.ended(order, "failed")
    assert item_states(failed) == {"1": "failed", "2": "failed"}
    assert stage.services(order) == []


def test_a_product_without_services_is_recorded_all_the_same() -> None:
    with staged(dataset="empty") as stage:
        specification = stage.create("TMF620", "productSpecification", {"name": "Warranty"})
        sold = {"lifecycleStatus": "Active"}
        about = {"productSpecification": {"id": specification["id"]}, **sold}
        warranty = stage.create("TMF620", "productOffering", {"name": "Warranty", **about})["id"]
        part = {"id": warranty, "bundledProductOfferingOption": {"numberRelOfferDefault": 2}}
        pack = stage.create(
            "TMF620",
            "productOffering",
            {"name": "Pack", "isBundle": True, "bundledProductOffering": [part], **sold},
        )["id"]
        order = stage.order(add("1", warranty), add("2", pack))
        stage.ended(order, "completed")
        assert [each["status"] for each in stage.products(order)] == ["active"] * 4
        assert stage.service_orders(order) == []
        stage.check()
