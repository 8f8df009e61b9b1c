"""What a neighbour of version 5 is told and understood to say, by roles that speak version 4."""

from __future__ import annotations

from typing import Any

import pytest

from tmfrig.mockservers.dataset import load_dataset
from tmfrig.mockservers.neighbour_words import Words, words_of
from tmfrig.specs import Resource, lines_of, standard_contract

Json = dict[str, Any]
TELCO = load_dataset("telco").resources
SAID = [
    (api, name)
    for api, names in TELCO.items()
    if lines_of(api)[-1] > lines_of(api)[0]
    for name in names
    if standard_contract(api).resources[name].creation is not None
]
IDS = [f"{api}-{name}" for api, name in SAID]

ITEM = {
    "@type": "ProductOrderItem",
    "id": "1",
    "action": "add",
    "state": "acknowledged",
    "note": [{"@type": "Note", "id": "n", "text": "ring twice"}],
    "product": {
        "@type": "Product",
        "productCharacteristic": [{"@type": "IntegerCharacteristic", "name": "speed", "value": 500}],
        "creationDate": "2026-01-01T10:00:00Z",
    },
}
ORDER = {
    "@type": "ProductOrder",
    "id": "4711",
    "href": "http://elsewhere/v5/productOrder/4711",
    "state": "acknowledged",
    "creationDate": "2026-01-01T10:00:00Z",
    "requestedInitialState": "acknowledged",
    "externalId": [
        {"@type": "ExternalIdentifier", "id": "shop-1", "owner": "shop"},
        {"@type": "ExternalIdentifier", "id": "crm-9", "owner": "CRM"},
    ],
    "productOrderMilestone": [{"@type": "ProductOrderMilestone", "name": "paid", "status": "Completed"}],
    "productOrderItem": [ITEM, ITEM | {"id": "2", "action": "modify"}],
}


def words(api: str, line: int = 5) -> Words:
    return words_of(standard_contract(api, line))


def theirs(api: str, name: str) -> Resource:
    """The resource as version 5 has it."""
    return standard_contract(api, 5).resources[words(api).name(name)]


def valid_patch(resource: Resource, patch: Json) -> bool:
    assert resource.patching is not None
    assert not patch.keys() & resource.non_patchable
    return (
        resource.patching.problems({name: value for name, value in patch.items() if value is not None}) == []
    )


def without_booleans(value: Any) -> Any:
    """Without the values of boolean characteristics in a catalog, for which version 5 has no type."""
    if isinstance(value, dict):
        return {
            name: without_booleans(each)
            for name, each in value.items()
            if not (name == "value" and isinstance(each, bool) and "isDefault" in value)
        }
    return [without_booleans(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("api", ["TMF622", "TMF637", "TMF641"])
def test_who_speaks_as_we_do_is_spoken_to_as_we_speak(api: str) -> None:
    plain, name = words(api, 4), next(iter(standard_contract(api).resources))
    body = {"anything": 1}
    assert plain.are_ours(name)
    assert plain.name(name) == name
    assert plain.said(name, body) is body
    assert plain.heard(name, body) is body
    assert plain.changes(name, {}, body) is body
    assert plain.query(name, {"externalId": "1"}) == {"externalId": "1"}
    assert plain.registration("http://here") == {"callback": "http://here"}


@pytest.mark.parametrize(("api", "name"), SAID, ids=IDS)
def test_what_is_created_keeps_the_contract_and_is_understood_again(api: str, name: str) -> None:
    resource, spoken = theirs(api, name), words(api)
    assert resource.creation is not None
    for body in TELCO[api][name]:
        said = spoken.said(name, body)
        assert resource.creation.problems(said) == []
        assert not said.keys() & resource.server_set
        understood = spoken.heard(name, said)
        for attribute, value in body.items():
            if attribute not in resource.server_set:
                assert understood[attribute] == without_booleans(value)


@pytest.mark.parametrize(("api", "name"), SAID, ids=IDS)
def test_a_change_says_what_is_different_and_nothing_else(api: str, name: str) -> None:
    resource, spoken = theirs(api, name), words(api)
    kind = resource.name[0].upper() + resource.name[1:]
    for body in TELCO[api][name]:
        present = spoken.said(name, body) | {"href": "http://elsewhere/1"}
        patch = spoken.changes(name, present, {"description": "new", "name": present["name"]})
        assert patch == {"@type": kind, "description": "new"}
        assert valid_patch(resource, patch)
        assert spoken.changes(name, present, {}) == {}


def test_a_service_is_created_with_the_types_that_version_5_asks_for() -> None:
    said = words("TMF638").said(
        "service",
        {
            "href": "ours",
            "state": "feasibilityChecked",
            "serviceSpecification": {"id": "line"},
            "serviceCharacteristic": [{"name": "speed", "value": 500}],
            "relatedParty": [{"id": "anna", "role": "customer", "@referredType": "Individual"}],
            "acme:rack": 7,
        },
    )
    assert said == {
        "@type": "Service",
        "state": "feasibilityChecked",
        "serviceSpecification": {"@type": "ServiceSpecificationRef", "id": "line"},
        "serviceCharacteristic": [{"@type": "IntegerCharacteristic", "name": "speed", "value": 500}],
        "relatedParty": [
            {
                "@type": "RelatedPartyRefOrPartyRoleRef",
                "role": "customer",
                "partyOrPartyRole": {"@type": "PartyRef", "id": "anna", "@referredType": "Individual"},
            }
        ],
        "acme:rack": 7,
    }


def test_what_a_create_body_cannot_have_is_left_out() -> None:
    said = words("TMF637").said("product", {"name": "x", "status": "somewhere", "isBundle": False})
    assert said == {"@type": "Product", "name": "x", "isBundle": False}


def test_what_is_missing_is_left_to_the_neighbour_to_ask_for() -> None:
    said = words("TMF638").said("service", {"name": "line"})
    assert said == {"@type": "Service", "name": "line"}


def test_an_order_is_understood() -> None:
    order = words("TMF622").heard("productOrder", ORDER)
    assert order["externalId"] == "shop-1"
    assert order["orderDate"] == ORDER["creationDate"]
    assert order["href"] == ORDER["href"]
    assert order["productOrderItem"][0]["product"]["productCharacteristic"] == [
        {"name": "speed", "value": 500}
    ]


@pytest.mark.parametrize(
    ("api", "name", "state"), [("TMF622", "productOrder", "draft"), ("TMF638", "service", "suspended")]
)
def test_a_state_that_only_version_5_has_is_heard_as_it_is(api: str, name: str, state: str) -> None:
    body = {"@type": "x", "state": state}
    assert words(api).heard(name, body)["state"] == state


def test_a_status_is_written_as_version_5_spells_it() -> None:
    spoken, present = words("TMF637"), {"@type": "Product", "id": "1", "status": "pendingActive"}
    assert spoken.changes("product", present, {"status": "aborted "})["status"] == "aborted"


def test_a_type_of_the_neighbours_own_keeps_its_name() -> None:
    spoken, body = words("TMF638"), {"@type": "ResourceFacingService", "id": "1", "state": "active"}
    assert spoken.heard("service", body)["@type"] == "ResourceFacingService"
    assert spoken.changes("service", body, {"name": "x"}) == {"@type": "ResourceFacingService", "name": "x"}


def test_the_values_of_a_type_that_version_5_does_not_foresee_are_understood() -> None:
    value = {"@type": "BooleanCharacteristicValueSpecification", "value": True, "isDefault": True}
    rule = {
        "@type": "CharacteristicSpecification",
        "name": "voicemail",
        "characteristicValueSpecification": [value],
    }
    body = {"@type": "ProductSpecification", "id": "voice", "productSpecCharacteristic": [rule]}
    found = words("TMF620").heard("productSpecification", body)["productSpecCharacteristic"][0]
    assert found["productSpecCharacteristicValue"][0]["value"] is True


def test_progress_leaves_alone_what_version_4_cannot_say() -> None:
    spoken, resource = words("TMF622"), theirs("TMF622", "productOrder")
    items = spoken.heard("productOrder", ORDER)["productOrderItem"]
    moved = [each | {"state": "inProgress"} for each in items]
    patch = spoken.changes("productOrder", ORDER, {"state": "inProgress", "productOrderItem": moved})
    assert patch == {
        "@type": "ProductOrder",
        "state": "inProgress",
        "productOrderItem": [
            ITEM | {"state": "inProgress"},
            ITEM | {"state": "inProgress", "id": "2", "action": "modify"},
        ],
    }
    assert valid_patch(resource, patch)


def test_a_change_of_an_identifier_leaves_the_others() -> None:
    patch = words("TMF622").changes("productOrder", ORDER, {"externalId": "shop-2"})
    assert patch["externalId"] == [ORDER["externalId"][0] | {"id": "shop-2"}, ORDER["externalId"][1]]


def test_what_goes_is_taken_away() -> None:
    offering = {"@type": "ProductOfferingRef", "id": "tv", "name": "TV"}
    present = {"@type": "Product", "id": "1", "description": "old", "productOffering": offering}
    patch = words("TMF637").changes(
        "product", present, {"description": None, "productOffering": {"id": "tv-2", "name": None}}
    )
    assert patch == {
        "@type": "Product",
        "description": None,
        "productOffering": {"@type": "ProductOfferingRef", "id": "tv-2", "name": None},
    }


def test_what_cannot_be_changed_there_is_not_sent() -> None:
    assert words("TMF622").changes("productOrder", ORDER, {"orderDate": "2027-01-01T10:00:00Z"}) == {}


@pytest.mark.parametrize(
    ("api", "name", "ours", "there"),
    [
        ("TMF622", "productOrder", "externalId", "externalId.id"),
        ("TMF622", "productOrder", "orderDate.gt", "creationDate.gt"),
        (
            "TMF622",
            "productOrder",
            "productOrderItem.product.place.id",
            "productOrderItem.product.place.place.id",
        ),
        ("TMF637", "product", "productOrderItem.productOrderId", "productOrderItem.orderId"),
        ("TMF637", "product", "realizingService.id", "realizingService.id"),
        ("TMF637", "product", "relatedParty.id", "relatedParty.partyOrPartyRole.id"),
        ("TMF637", "product", "relatedParty.role", "relatedParty.role"),
        ("TMF637", "product", "productRelationship.product.id", "productRelationship.id"),
        ("TMF638", "service", "serviceOrderItem.serviceOrderId", "serviceOrderItem.serviceOrderId"),
        ("TMF620", "category", "parentId", "parent.id"),
    ],
)
def test_a_query_asks_where_version_5_has_it(api: str, name: str, ours: str, there: str) -> None:
    assert words(api).query(name, {ours: "1"}) == {there: "1"}


def test_resources_and_chosen_and_sorting_attributes_are_called_as_there() -> None:
    assert words("TMF620").name("catalog") == "productCatalog"
    query = {"fields": "id,orderDate", "sort": "-orderDate,+id", "state": "held"}
    assert words("TMF622").query("productOrder", query) == {
        "fields": "id,creationDate",
        "sort": "-creationDate,+id",
        "state": "held",
    }


def test_a_listener_is_registered_with_its_type() -> None:
    assert words("TMF622").registration("http://here", "a=b") == {
        "@type": "Hub",
        "callback": "http://here",
        "query": "a=b",
    }


CANCEL = {
    "@type": "CancelProductOrder",
    "id": "7",
    "productOrder": {"@type": "ProductOrderRef", "id": "4711"},
}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ({"productOrder": ORDER}, {"id": "4711", "externalId": "shop-1"}),
        ({"required": {"path": "/x"}, "productOrder": ORDER}, {"id": "4711"}),
        ({"cancelProductOrder": CANCEL}, {"id": "7", "productOrder": {"id": "4711"}}),
        ({"somethingElse": {"id": "1"}}, {"id": "1"}),
        ({}, None),
        ({"productOrder": "4711"}, None),
    ],
)
def test_a_notification_tells_of_a_resource(event: Json, expected: Json | None) -> None:
    told = words("TMF622").told(event)
    assert (told is None) is (expected is None)
    assert {name: (told or {})[name] for name in expected or {}} == (expected or {})
