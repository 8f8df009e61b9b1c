"""Our contracts say what the fact tables say of the official documents, resource by resource."""

from collections.abc import Mapping
from typing import Any

import pytest
from tmf_oracle import every_api, facts

from tmfrig.specs import API_IDS, Attribute, Contract, Kind, Resource, standard_contract

EVERY_RESOURCE = [
    pytest.param(api, name, id=f"{api}-{name}")
    for api in API_IDS
    for name in standard_contract(api).resources
]
every_resource = pytest.mark.parametrize(("api", "name"), EVERY_RESOURCE)


def resource_and_facts(api: str, name: str) -> tuple[Resource, dict[str, Any]]:
    return standard_contract(api).resources[name], facts(api)["resources"][name]


@every_api
def test_resources_and_their_order(api: str) -> None:
    assert list(standard_contract(api).resources) == list(facts(api)["resources"])


@every_api
def test_versions_and_base_paths(api: str) -> None:
    contract, known = standard_contract(api), facts(api)
    assert contract.version == known["info_version"]
    assert contract.base_path == known["basePath"].rstrip("/")
    assert [contract.media_type] == known["produces"]


@every_resource
def test_operations(api: str, name: str) -> None:
    resource, known = resource_and_facts(api, name)
    offered = {f"{each.method.upper()} {each.path}" for each in resource.operations.values()}
    assert offered == set(known["operations"])


@every_resource
def test_attributes(api: str, name: str) -> None:
    resource, known = resource_and_facts(api, name)
    assert {key: in_words(each) for key, each in resource.attributes.items()} == known["properties"]


@every_resource
def test_mandatory_attributes(api: str, name: str) -> None:
    resource, known = resource_and_facts(api, name)
    assert resource.mandatory == set(known["mandatory_on_create"])
    assert resource.creation is not None
    assert set(mandatory_paths(resource.creation.attributes)) == set(known["mandatory_on_create_nested"])


@every_resource
def test_attributes_that_only_the_server_sets(api: str, name: str) -> None:
    resource, known = resource_and_facts(api, name)
    assert resource.server_set == set(known["absent_from_create (server-set / read-only)"])
    assert resource.creation is not None
    assert set(resource.creation.attributes) - set(resource.attributes) == set(known["only_in_create"])


@every_resource
def test_attributes_that_cannot_be_patched(api: str, name: str) -> None:
    resource, known = resource_and_facts(api, name)
    assert (Kind.PATCH in resource.operations) == (known["update_schema"] is not None)
    assert resource.non_patchable == set(known.get("absent_from_update (non-patchable)", ()))


@every_resource
def test_states(api: str, name: str) -> None:
    resource, known = resource_and_facts(api, name)
    for attribute, states in known["state_like"].items():
        if isinstance(states, list):
            assert list(resource.attributes[attribute].enum) == states
    assert (resource.state_attribute is None) == (not known["state_like"])


@every_api
def test_enumerations(api: str) -> None:
    assert dict(enumerations(standard_contract(api))).items() <= facts(api)["enums"].items()


@every_api
def test_events(api: str) -> None:
    known = {each["eventType"]: each for each in facts(api)["events"]}
    events = standard_contract(api).events
    assert list(events) == list(known)
    for name, event in events.items():
        assert event.path == known[name]["listener"]
        assert [event.payload_key] == list(known[name]["event_payload"])
        assert set(event.schema.attributes) == set(known[name]["envelope"])
        assert event is standard_contract(api).resources[event.resource].events[event.change]


@every_api
def test_statuses_and_parameters(api: str) -> None:
    contract = standard_contract(api)
    for known in facts(api)["operations"]:
        if known["path"].startswith("/listener/"):
            continue
        operation = contract.operation_for(known["method"], known["path"].replace("{id}", "42"))
        assert operation is not None
        assert operation.statuses == set(known["responses"])
        assert list(operation.query) == [each["name"] for each in known["query"]]
        for status, answer in known["responses"].items():
            assert set(operation.responses[status].headers) == set(answer.get("headers", ()))


def in_words(attribute: Attribute) -> str:
    if attribute.items is not None:
        return f"array<{in_words(attribute.items)}>"
    if attribute.type_name:
        return attribute.type_name
    return f"{attribute.type}:{attribute.format}" if attribute.format else attribute.type


def mandatory_paths(attributes: Mapping[str, Attribute], before: str = "") -> list[str]:
    found = []
    for name, each in attributes.items():
        if each.required:
            path = before + name
            found.append(path)
            found += mandatory_paths(each.attributes, f"{path}[]." if each.items else f"{path}.")
    return found


def enumerations(contract: Contract) -> list[tuple[str, list[str]]]:
    schemas = contract.document["components"]["schemas"]
    return [(name, each["enum"]) for name, each in schemas.items() if "enum" in each]
