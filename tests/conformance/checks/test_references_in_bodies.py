"""Which objects of a body are references, and what they lack."""

from __future__ import annotations

from typing import Any

from tmfrig.conformance.checks.places import named
from tmfrig.conformance.checks.referring import flattened, lacking, references
from tmfrig.specs import Resource, standard_contract


def resource(api: str, name: str, line: int = 4) -> Resource:
    return standard_contract(api, line).resources[name]


def found(kind: Resource, body: Any) -> dict[str, str]:
    return {each.name: each.about for each in references(kind.attributes, body)}


def test_references_are_found_wherever_they_are() -> None:
    order = {
        "id": "1",
        "relatedParty": [{"id": "p", "role": "customer", "@referredType": "Individual"}],
        "productOrderItem": [{"id": "1", "action": "add", "productOffering": {"id": "fibre"}}],
    }

    names = found(resource("TMF622", "productOrder"), order)
    assert names["productOrderItem[0].productOffering"] == "productOffering"
    assert "relatedParty[0]" in names
    assert "productOrderItem[0]" not in names


def test_what_a_reference_lacks_is_told() -> None:
    service = {"relatedParty": [{"id": "p", "role": "customer"}, {"@referredType": "Individual"}]}

    lacks = [lacking(each) for each in references(resource("TMF638", "service").attributes, service)]
    assert lacks == [["@referredType"], ["id"]]


def test_a_party_beside_its_role_is_flat_where_the_contract_holds_it_in_an_attribute() -> None:
    flat = {"relatedParty": [{"@type": "RelatedPartyRefOrPartyRoleRef", "role": "customer", "id": "p"}]}
    held = {"relatedParty": [{"role": "customer", "partyOrPartyRole": {"id": "p", "@type": "PartyRef"}}]}
    kind = resource("TMF637", "product", 5)

    assert [(named(place), holder) for place, holder in flattened(kind.attributes, flat)] == [
        ("relatedParty[0]", "partyOrPartyRole")
    ]
    assert not list(flattened(kind.attributes, held))
    assert not list(flattened(resource("TMF637", "product").attributes, flat))


def test_what_is_no_object_is_no_reference() -> None:
    kind = resource("TMF622", "productOrder")

    assert found(kind, {"relatedParty": ["p", None, 7], "billingAccount": "b"}) == {}
    assert found(kind, ["nothing"]) == {}
