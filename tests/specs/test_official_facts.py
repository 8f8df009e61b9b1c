"""Our contracts say what the fact tables say of the official documents, resource by resource."""

from collections.abc import Mapping
from typing import Any

from tmf_oracle import every_contract, every_resource, every_v5_api, facts

from tmfrig.specs import Attribute, Contract, Kind, Resource, standard_contract

# Slips of the official files of version 5 that our documents do not repeat (exceptions.yaml says why).
RENAMED_EVENTS = {"ProductProductBatchEvent": "ProductBatchEvent"}
RENAMED_LISTENERS = {"/listener/productProductBatchEvent": "/listener/productBatchEvent"}
RENAMED_PAYLOADS = {"canccelProductOrder": "cancelProductOrder"}
MENDED_STATES = {"aborted ": "aborted"}


def resource_and_facts(api: str, line: int, name: str) -> tuple[Resource, dict[str, Any]]:
    return standard_contract(api, line).resources[name], facts(api, line)["resources"][name]


def mended(states: list[str], line: int) -> list[str]:
    return states if line == 4 else [MENDED_STATES.get(each, each) for each in states]


@every_contract
def test_resources_and_their_order(api: str, line: int) -> None:
    assert list(standard_contract(api, line).resources) == list(facts(api, line)["resources"])


@every_contract
def test_versions_and_base_paths(api: str, line: int) -> None:
    contract, known = standard_contract(api, line), facts(api, line)
    assert contract.version == known["info_version"]
    if line == 4:
        assert contract.base_path == known["basePath"].rstrip("/")
        assert [contract.media_type] == known["produces"]


@every_v5_api
def test_base_paths_of_version_5_go_on_from_those_of_version_4(api: str) -> None:
    """Most official files of version 5 name no base path, or a part of it."""
    before, after = standard_contract(api, 4).base_path, standard_contract(api, 5).base_path
    assert after == before.replace("/v4", "/v5")
    (server,) = facts(api, 5)["servers"]
    named = server.replace("https://serverRoot", "").replace("{apiRoot}", "").rstrip("/")
    assert after.endswith(named)


@every_resource
def test_operations(api: str, line: int, name: str) -> None:
    resource, known = resource_and_facts(api, line, name)
    offered = {f"{each.method.upper()} {each.path}" for each in resource.operations.values()}
    assert offered == set(known["operations"])


@every_resource
def test_attributes(api: str, line: int, name: str) -> None:
    resource, known = resource_and_facts(api, line, name)
    assert {key: in_words(each) for key, each in resource.attributes.items()} == known["properties"]


@every_resource
def test_mandatory_attributes(api: str, line: int, name: str) -> None:
    resource, known = resource_and_facts(api, line, name)
    assert resource.mandatory == set(known["mandatory_on_create"])
    assert resource.creation is not None
    assert set(mandatory_paths(resource.creation.attributes)) == set(known["mandatory_on_create_nested"])


@every_resource
def test_attributes_that_only_the_server_sets(api: str, line: int, name: str) -> None:
    resource, known = resource_and_facts(api, line, name)
    assert resource.server_set == set(known["absent_from_create (server-set / read-only)"])
    assert resource.creation is not None
    assert set(resource.creation.attributes) - set(resource.attributes) == set(known["only_in_create"])


@every_resource
def test_attributes_that_cannot_be_patched(api: str, line: int, name: str) -> None:
    resource, known = resource_and_facts(api, line, name)
    assert (Kind.PATCH in resource.operations) == (known["update_schema"] is not None)
    assert resource.non_patchable == set(known.get("absent_from_update (non-patchable)", ()))


@every_resource
def test_states(api: str, line: int, name: str) -> None:
    resource, known = resource_and_facts(api, line, name)
    for attribute, states in known["state_like"].items():
        if isinstance(states, list):
            assert list(resource.attributes[attribute].enum) == mended(states, line)
    assert (resource.state_attribute is None) == (not known["state_like"])


@every_contract
def test_enumerations(api: str, line: int) -> None:
    ours, theirs = dict(enumerations(standard_contract(api, line))), facts(api, line)["enums"]
    if line == 4:
        assert ours.items() <= theirs.items()
    else:  # where version 5 writes an enumeration out, ours has a name
        known = {name.split(".")[0]: mended(each, line) for name, each in theirs.items()}
        assert all(values in known.values() for values in ours.values())
        assert {name: each for name, each in ours.items() if name in known}.items() <= known.items()


@every_contract
def test_events(api: str, line: int) -> None:
    known = {
        RENAMED_EVENTS.get(each["eventType"], each["eventType"]): each for each in facts(api, line)["events"]
    }
    events = standard_contract(api, line).events
    assert set(events) == set(known)
    assert line == 5 or list(events) == list(known)
    for name, event in events.items():
        listener, (payload, *_) = known[name]["listener"], known[name]["event_payload"]
        assert event.path == RENAMED_LISTENERS.get(listener, listener)
        assert event.payload_key == RENAMED_PAYLOADS.get(payload, payload)
        assert set(event.schema.attributes) == set(known[name]["envelope"])
        assert {each for each in event.statuses if each.startswith("2")} == set(known[name]["responses"])
        assert event is standard_contract(api, line).resources[event.resource].events[event.change]


@every_v5_api
def test_mandatory_attributes_of_events_of_version_5(api: str) -> None:
    for each in facts(api, 5)["events"]:
        event = standard_contract(api, 5).event_type(RENAMED_EVENTS.get(each["eventType"], each["eventType"]))
        assert event is not None
        ours = {name for name, attribute in event.schema.attributes.items() if attribute.required}
        assert ours == set(each["required"])


@every_contract
def test_statuses_and_parameters(api: str, line: int) -> None:
    contract = standard_contract(api, line)
    for known in facts(api, line)["operations"]:
        if known["path"].startswith("/listener/"):
            continue
        operation = contract.operation_for(known["method"], known["path"].replace("{id}", "42"))
        assert operation is not None
        assert operation.statuses == set(known["responses"])
        assert set(operation.request_media_types) == set(known.get("request", {}).get("contentTypes", ()))
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
