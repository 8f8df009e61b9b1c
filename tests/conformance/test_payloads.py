"""Bodies made from the contract alone: valid for every resource of every API, ours and official."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tmfrig.conformance.check import CannotJudge
from tmfrig.conformance.payloads import Payloads, registration_of
from tmfrig.specs import API_IDS, Contract, Kind, Resource, lines_of, load_contract, standard_contract

OFFICIAL = Path(__file__).parents[3] / "shared" / "tmf" / "official"
EVERY = [(api, line) for api in API_IDS for line in lines_of(api)]


@dataclass(frozen=True)
class Known:
    id: str
    href: str | None


def nothing_known(name: str) -> None:
    return None


def resources(contract: Contract) -> Iterator[Resource]:
    return (each for each in contract.resources.values() if Kind.CREATE in each.operations)


def official(api: str, line: int) -> Contract:
    found = list((OFFICIAL / f"v{line}").glob(f"{api}[-_]*"))
    if not found:
        pytest.skip(f"the official documents are not at {OFFICIAL}")
    return load_contract(found[0], api)


def contracts(api: str, line: int, whose: str) -> Contract:
    return standard_contract(api, line) if whose == "ours" else official(api, line)


@pytest.mark.parametrize("whose", ["ours", "official"])
@pytest.mark.parametrize(("api", "line"), EVERY)
def test_minimal_and_full_bodies_are_valid(api: str, line: int, whose: str) -> None:
    contract = contracts(api, line, whose)
    payloads = Payloads(contract, 1, nothing_known)
    for resource in resources(contract):
        assert resource.creation is not None
        for body in (payloads.minimal(resource), payloads.full(resource)):
            assert resource.creation.problems(body) == [], resource.name


@pytest.mark.parametrize(("api", "line"), EVERY)
def test_a_minimal_body_has_the_mandatory_attributes_and_no_more(api: str, line: int) -> None:
    contract = standard_contract(api, line)
    payloads = Payloads(contract, 1, nothing_known)
    for resource in resources(contract):
        if resource.mandatory - {"@type"}:
            assert payloads.minimal(resource).keys() == resource.mandatory, resource.name


@pytest.mark.parametrize(("api", "line"), EVERY)
def test_a_full_body_has_every_attribute_that_a_client_may_set(api: str, line: int) -> None:
    contract = standard_contract(api, line)
    payloads = Payloads(contract, 1, nothing_known)
    for resource in resources(contract):
        assert resource.creation is not None
        extension = {"@baseType", "@schemaLocation"}
        assert payloads.full(resource).keys() == resource.creation.attributes.keys() - extension, (
            resource.name
        )


def test_where_nothing_is_mandatory_the_body_says_what_it_is_about() -> None:
    contract = standard_contract("TMF679")
    (resource,) = contract.resources.values()
    (item,) = Payloads(contract, 1, nothing_known).minimal(resource)["productOfferingQualificationItem"]
    assert item.keys() == {"id", "productOffering"}


def full(api: str, name: str) -> dict[str, Any]:
    contract = standard_contract(api, 5)
    return Payloads(contract, 1, nothing_known).full(contract.resources[name])


def test_where_only_the_type_is_mandatory_the_body_says_something_as_well() -> None:
    contract = standard_contract("TMF637", 5)
    body = Payloads(contract, 1, nothing_known).minimal(contract.resources["product"])
    assert body.keys() == {"@type", "name"}


def test_types_are_named_as_values_name_them_not_as_documents_do() -> None:
    order = full("TMF622", "productOrder")
    assert order["@type"] == "ProductOrder"
    assert order["externalId"][0]["@type"] == "ExternalIdentifier"
    assert order["relatedParty"][0]["@type"] == "RelatedPartyRefOrPartyRoleRef"


def test_a_value_is_given_rather_than_a_reference_that_would_have_to_lead_somewhere() -> None:
    assert full("TMF622", "productOrder")["productOrderItem"][0]["product"]["@type"] == "Product"


def test_a_characteristic_is_of_the_type_of_its_value() -> None:
    (characteristic,) = full("TMF637", "product")["productCharacteristic"]
    assert characteristic["@type"] == "StringCharacteristic"
    assert isinstance(characteristic["value"], str)


def test_a_party_is_named_in_the_way_of_its_contract() -> None:
    (party,) = full("TMF622", "productOrder")["relatedParty"]
    assert party["partyOrPartyRole"]["@type"] == "PartyRef"
    assert party["partyOrPartyRole"]["@referredType"] == "Organization"


@pytest.mark.parametrize(("api", "line"), EVERY)
def test_a_registration_is_as_the_contract_has_it(api: str, line: int) -> None:
    contract = standard_contract(api, line)
    body = registration_of(contract, "http://rig.example/1", "eventType=X")
    assert contract.register is not None
    assert contract.register.request is not None
    assert contract.register.request.problems(body) == []
    assert body.get("@type") == ("Hub" if line == 5 else None)


def depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return max(map(depth, value), default=0) if isinstance(value, list) else 0


@pytest.mark.parametrize(("api", "line"), EVERY)
def test_types_that_contain_themselves_come_to_an_end(api: str, line: int) -> None:
    contract = standard_contract(api, line)
    payloads = Payloads(contract, 1, nothing_known)
    assert max(depth(payloads.full(resource)) for resource in resources(contract)) <= 12


def test_the_same_seed_gives_the_same_bodies_and_another_seed_others() -> None:
    contract = standard_contract("TMF620")
    offering = contract.resources["productOffering"]
    one, same, other = (Payloads(contract, seed, nothing_known).full(offering) for seed in (5, 5, 6))
    assert one == same
    assert one != other


def test_two_bodies_of_one_run_differ_in_what_tells_them_apart() -> None:
    contract = standard_contract("TMF620")
    payloads = Payloads(contract, 1, nothing_known)
    names = {payloads.minimal(contract.resources["catalog"])["name"] for _ in range(20)}
    assert len(names) == 20


def test_states_start_where_the_lifecycle_starts() -> None:
    contract = standard_contract("TMF638")
    service = contract.resources["service"]
    assert service.lifecycle is not None
    assert Payloads(contract, 1, nothing_known).minimal(service)["state"] in service.lifecycle.initial


def test_order_items_are_numbered() -> None:
    contract = standard_contract("TMF622")
    body = Payloads(contract, 1, nothing_known).minimal(contract.resources["productOrder"])
    assert [item["id"] for item in body["productOrderItem"]] == ["1"]


def test_periods_end_after_they_began() -> None:
    contract = standard_contract("TMF620")
    period = Payloads(contract, 1, nothing_known).full(contract.resources["catalog"])["validFor"]
    assert period["startDateTime"] < period["endDateTime"]


@pytest.mark.parametrize("href", ["https://target/productOrder/42", None])
def test_a_cancellation_names_an_order_that_exists(contract: Contract, href: str | None) -> None:
    asked: list[str] = []

    def reference(name: str) -> Known:
        asked.append(name)
        return Known("42", href)

    payloads = Payloads(contract, 1, reference)
    cancel = contract.resources["cancelProductOrder"]
    assert payloads.minimal(cancel)["productOrder"] == {"id": "42"}
    if href is not None:
        assert payloads.full(cancel)["productOrder"]["href"] == href
    assert set(asked) == {"productOrder"}


@pytest.mark.parametrize(("api", "line"), EVERY)
def test_a_change_is_a_valid_patch_that_leaves_the_state_alone(api: str, line: int) -> None:
    contract = standard_contract(api, line)
    payloads = Payloads(contract, 1, nothing_known)
    for resource in contract.resources.values():
        if Kind.PATCH not in resource.operations or resource.patching is None:
            continue
        before = payloads.full(resource) | {"id": "1", "href": "/1"}
        change = payloads.change(resource, before)
        assert change is not None, resource.name
        ((name, value),) = change.items()
        assert name not in {"id", "href", resource.state_attribute}
        assert before.get(name) != value
        assert resource.patching.accepts(change)


def test_no_body_is_better_than_a_wrong_one(tmp_path: Path) -> None:
    """What the contract asks for beyond what we can make up must not be blamed on the target."""
    document = {
        "openapi": "3.0.1",
        "info": {"title": "Acme", "version": "4.0.0"},
        "paths": {
            "/productOrder": {
                "post": {
                    "requestBody": {
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "required": ["channelCode"],
                                    "properties": {
                                        "channelCode": {"type": "string", "pattern": "^[A-Z]{9}$"}
                                    },
                                }
                            }
                        }
                    },
                    "responses": {"201": {"description": "created"}},
                }
            }
        },
    }

    path = tmp_path / "acme.json"
    path.write_text(json.dumps(document))
    contract = load_contract(path, "TMF622")
    with pytest.raises(CannotJudge, match="channelCode"):
        Payloads(contract, 1, nothing_known).minimal(contract.resources["productOrder"])
