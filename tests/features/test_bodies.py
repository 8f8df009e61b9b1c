"""Bodies in the words of a contract: the same wish, valid in each version."""

from __future__ import annotations

import pytest

from tmfrig.features.bodies import fitted, references
from tmfrig.features.wishes import Line, Offering, Wish
from tmfrig.specs import standard_contract

PLACE = {"id": "p1", "@referredType": "GeographicAddress"}
WISH = Wish(
    [
        Line("1", offering=Offering("bundle"), place=PLACE, parts=[Line("1.1", offering=Offering("part"))]),
        Line("2", action="modify", product="held", characteristics={"speed": 5, "name": "x", "on": True}),
        Line("3", offering=Offering("add-on", "Add-on"), relies_on=["1"]),
    ],
    customer={"id": "c1", "name": "Anna", "@referredType": "Individual"},
    billing_account={"id": "a1"},
)


@pytest.mark.parametrize("line", [4, 5])
def test_an_order_is_valid_in_every_version(line: int) -> None:
    resource = standard_contract("TMF622", line).resources["productOrder"]
    assert resource.creation is not None

    assert resource.creation.problems(fitted(WISH.body(), resource)) == []


def test_version_5_names_types_and_wraps_references() -> None:
    resource = standard_contract("TMF622", 5).resources["productOrder"]

    body = fitted(WISH.body(), resource)
    assert body["@type"] == "ProductOrder"
    assert body["externalId"][0]["id"] == WISH.external_id
    assert body["relatedParty"][0]["partyOrPartyRole"]["id"] == "c1"
    bundle, change, _ = body["productOrderItem"]
    assert bundle["product"]["place"][0]["place"] == {"@type": "PlaceRef", **PLACE}
    assert [each["@type"] for each in change["product"]["productCharacteristic"]] == [
        "IntegerCharacteristic",
        "StringCharacteristic",
        "Characteristic",  # this contract has none for true and false
    ]
    assert change["product"]["productCharacteristic"][2]["value"] is True
    assert change["product"]["id"] == "held"


def test_references_are_found_wherever_they_stand() -> None:
    assert list(references([{"id": "a"}, {"place": {"id": "b"}}, {"product": {"id": "c"}}, "no", {}])) == [
        *("a", "b", "c")
    ]
