"""Sub-types that `@type` chooses: which one judges a body, and what is said of a body that keeps none."""

from __future__ import annotations

from typing import Any

import pytest
from small_documents import Json, request_schema

from tmfrig.specs import Attribute, Schema, standard_contract

TEXT = {"type": "string"}


def mapped(*names: str) -> Json:
    return {"propertyName": "@type", "mapping": {each: f"#/components/schemas/{each}" for each in names}}


def reference(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def extended(parent: str, own: Json, *required: str) -> Json:
    return {"allOf": [reference(parent), {"type": "object", "properties": own, "required": list(required)}]}


SCHEMAS: Json = {
    "Extensible": {
        "type": "object",
        "required": ["@type"],
        "properties": {"@type": TEXT, "@baseType": TEXT},
    },
    "Party": {
        **extended("Extensible", {"name": TEXT}, "name"),
        "discriminator": mapped("Party", "Organization"),
    },
    "Organization": {
        **extended("Party", {"tradingName": TEXT}, "tradingName"),
        "discriminator": mapped("Organization", "Company"),
    },
    "Company": extended("Organization", {"register": TEXT}, "register"),
    "PartyRef": extended("Extensible", {"id": TEXT}, "id"),
    "PartyRefOrValue": {
        "oneOf": [reference("Party"), reference("PartyRef")],
        "discriminator": mapped("Party", "PartyRef"),
    },
}
PARTY = {"@type": "Party", "name": "ACME"}
ORGANIZATION = {**PARTY, "@type": "Organization", "tradingName": "ACME Inc."}
COMPANY = {**ORGANIZATION, "@type": "Company", "register": "HRB 1"}
REFERENCE = {"@type": "PartyRef", "id": "42"}


def body_with(name: str, *, listed: bool = False) -> Schema:
    """The schema of a body that has an attribute `a` of a type, or a list of these."""
    value = {"type": "array", "items": reference(name)} if listed else reference(name)
    return request_schema({"type": "object", "properties": {"a": value}}, SCHEMAS)


def without(value: Json, key: str) -> Json:
    return {name: each for name, each in value.items() if name != key}


def found(schema: Schema, value: Any) -> list[tuple[str, str]]:
    problems = [(each.path, each.keyword) for each in schema.problems({"a": value})]
    assert schema.accepts({"a": value}) == (not problems)
    return problems


@pytest.mark.parametrize("name", ["Party", "PartyRefOrValue"])
@pytest.mark.parametrize("value", [PARTY, ORGANIZATION, COMPANY])
def test_a_subtype_may_stand_for_its_type(name: str, value: Json) -> None:
    assert found(body_with(name), value) == []


@pytest.mark.parametrize("name", ["Party", "PartyRefOrValue"])
@pytest.mark.parametrize(
    ("value", "missing"),
    [
        *((PARTY, "name"), (ORGANIZATION, "name"), (ORGANIZATION, "tradingName")),
        *((COMPANY, "name"), (COMPANY, "tradingName"), (COMPANY, "register")),
    ],
)
def test_a_subtype_is_judged_by_itself_and_all_that_it_extends(name: str, value: Json, missing: str) -> None:
    assert found(body_with(name), without(value, missing)) == [(f"a.{missing}", "required")]


def test_a_type_that_is_no_subtype_there_is_an_extension() -> None:
    assert found(body_with("Organization"), {**ORGANIZATION, "@type": "Party"}) == []
    assert found(body_with("Organization"), PARTY) == [("a.tradingName", "required")]


def test_a_reference_and_a_value_are_told_apart_however_alike() -> None:
    choice = body_with("PartyRefOrValue")
    both = {**PARTY, **REFERENCE}
    assert found(choice, both) == []
    assert found(choice, without(both, "id")) == [("a.id", "required")]
    assert found(choice, {**without(both, "id"), "@type": "Party"}) == []


@pytest.mark.parametrize("name", ["Party", "PartyRefOrValue"])
def test_an_unknown_type_is_judged_by_its_base_type(name: str) -> None:
    schema = body_with(name)
    bank = {**ORGANIZATION, "@type": "Bank", "@baseType": "Organization", "code": 1}
    assert found(schema, bank) == []
    assert found(schema, without(bank, "tradingName")) == [("a.tradingName", "required")]
    assert found(schema, {**bank, "tradingName": 1}) == [("a.tradingName", "type")]


def test_a_known_type_is_not_judged_by_its_base_type() -> None:
    assert found(body_with("Party"), {**PARTY, "@baseType": "Organization"}) == []


@pytest.mark.parametrize("more", [{}, {"@baseType": "Legal"}])
def test_an_unknown_type_is_judged_by_the_type_that_stands_there(more: Json) -> None:
    schema = body_with("Party")
    bank = {**PARTY, "@type": "Bank", **more}
    assert found(schema, bank) == []
    assert found(schema, without(bank, "name")) == [("a.name", "required")]


@pytest.mark.parametrize("more", [{}, {"@baseType": "Legal"}])
def test_an_unknown_type_at_a_choice_keeps_one_of_the_alternatives(more: Json) -> None:
    choice = body_with("PartyRefOrValue")
    assert found(choice, {**PARTY, "@type": "Bank", **more}) == []
    assert found(choice, {**REFERENCE, "@type": "BankRef", **more}) == []
    assert found(choice, {"@type": "Bank", **more}) == [("a", "anyOf")]
    assert found(choice, {"@type": "Bank", "name": 1, "id": 1, **more}) == [("a", "anyOf")]


@pytest.mark.parametrize("value", [without(PARTY, "@type"), without(REFERENCE, "@type"), {}])
def test_a_type_that_is_missing_at_a_choice_is_mandatory(value: Json) -> None:
    (problem,) = body_with("PartyRefOrValue").problems({"a": value})
    assert str(problem) == "a.@type is mandatory and missing"


def test_a_type_that_is_missing_where_a_type_stands() -> None:
    assert found(body_with("Party"), without(PARTY, "@type")) == [("a.@type", "required")]


@pytest.mark.parametrize("type_", [None, 1, [], {}])
@pytest.mark.parametrize("name", ["Party", "PartyRefOrValue"])
def test_a_type_that_is_no_text(name: str, type_: Any) -> None:
    assert found(body_with(name), {**PARTY, "@type": type_})


@pytest.mark.parametrize("value", [None, 1, "Party", []])
def test_what_is_no_object_is_none_of_the_types(value: Any) -> None:
    assert found(body_with("Party"), value)[0] == ("a", "type")
    assert ("a", "type") in found(body_with("PartyRefOrValue"), value)


def test_a_choice_in_a_list_is_judged_element_by_element() -> None:
    schema = body_with("PartyRefOrValue", listed=True)
    assert found(schema, [PARTY, REFERENCE, COMPANY]) == []
    assert found(schema, [PARTY, without(REFERENCE, "id"), without(COMPANY, "register")]) == [
        ("a[1].id", "required"),
        ("a[2].register", "required"),
    ]


def test_subtypes_of_an_attribute() -> None:
    choice, party = (body_with(each, listed=True).attributes["a"] for each in ("PartyRefOrValue", "Party"))
    assert set(choice.subtypes) == {"Party", "PartyRef", "Organization", "Company"}
    assert set(party.subtypes) == {"Party", "Organization", "Company"}
    assert choice.attributes == {}
    assert set(choice.of_type(REFERENCE).attributes) == {"@type", "@baseType", "id"}
    assert "tradingName" in party.of_type(ORGANIZATION).attributes
    for value in ({**PARTY, "@type": "Bank"}, {"@type": 1}, {}, None):
        assert party.of_type(value).type_name == "Party"


def in_version_5(api: str, resource: str) -> Schema:
    return standard_contract(api, 5).resources[resource].representation


def party_of(product: Schema) -> Attribute:
    return product.attributes["relatedParty"].attributes["partyOrPartyRole"]


def product_of(party: Json) -> Json:
    related = {"@type": "RelatedPartyOrPartyRole", "role": "buyer", "partyOrPartyRole": party}
    return {"@type": "Product", "relatedParty": [related]}


def test_a_party_of_a_product_is_what_its_type_says() -> None:
    product = in_version_5("TMF637", "product")
    assert {"PartyRef", "PartyRoleRef", "Individual", "Organization"} <= set(party_of(product).subtypes)
    assert product.accepts(product_of({"@type": "PartyRef", "id": "42"}))
    assert product.accepts(product_of({"@type": "Organization", "tradingName": "ACME"}))
    (problem,) = product.problems(product_of({"@type": "Organization", "tradingName": 1}))
    assert str(problem) == "relatedParty[0].partyOrPartyRole.tradingName should be a string, not 1"
    (problem,) = product.problems(product_of({"@type": "PartyRef", "name": "ACME"}))
    assert str(problem) == "relatedParty[0].partyOrPartyRole.id is mandatory and missing"


@pytest.mark.parametrize(
    ("type_", "right", "wrong"),
    [
        ("StringCharacteristic", "8", 8),
        ("NumberCharacteristic", 8, "8"),
        ("IntegerCharacteristic", 8, 8.5),
        ("BooleanCharacteristic", True, "true"),
        ("ObjectCharacteristic", {"any": "thing"}, "thing"),
        ("StringArrayCharacteristic", ["8"], "8"),
        ("NumberArrayCharacteristic", [8], ["8"]),
    ],
)
def test_the_value_of_a_characteristic_is_of_its_type(type_: str, right: Any, wrong: Any) -> None:
    service = in_version_5("TMF638", "service")

    def body(value: Any) -> Json:
        characteristic = {"@type": type_, "name": "ports", "value": value}
        return {"@type": "Service", "serviceCharacteristic": [characteristic]}

    assert service.accepts(body(right))
    assert [(each.path, each.keyword) for each in service.problems(body(wrong))] == [
        (f"serviceCharacteristic[0].value{'[0]' if isinstance(wrong, list) else ''}", "type")
    ]


def test_the_subtypes_of_a_subtype_are_known_too() -> None:
    """An order item's product is a reference or a value, whose parties are references or roles."""
    order = in_version_5("TMF622", "productOrder")
    item = {"@type": "ProductOrderItem", "id": "1", "action": "add"}
    product = product_of({"@type": "PartyRef", "name": "ACME"})
    (problem,) = order.problems({"@type": "ProductOrder", "productOrderItem": [{**item, "product": product}]})
    assert problem.path == "productOrderItem[0].product.relatedParty[0].partyOrPartyRole.id"


def test_two_names_for_one_type_mean_the_same() -> None:
    both = {"Party": "#/components/schemas/Party", "OldParty": "#/components/schemas/Party"}
    choice = {
        "oneOf": [{"$ref": "#/components/schemas/Party"}, {"$ref": "#/components/schemas/Note"}],
        "discriminator": {"propertyName": "@type", "mapping": both},
    }
    typed = {"type": "object", "properties": {"@type": TEXT, "name": TEXT}}
    schemas = {"Choice": choice, "Party": typed | {"required": ["name"]}, "Note": typed}
    schema = request_schema(reference("Choice"), schemas)
    assert [str(each) for each in schema.problems({"@type": "OldParty"})] == ["name is mandatory and missing"]
    assert schema.accepts({"@type": "Note"})
