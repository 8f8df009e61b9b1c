"""A contract read from an official document is the one of the house, in all that the rig asks of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from tmf_oracle import OFFICIAL_V5, every_api, every_v5_api, official_contract, official_path

from tmfrig.specs import (
    API_IDS,
    Attribute,
    Contract,
    ContractError,
    Kind,
    Operation,
    lines_of,
    load_contract,
    standard_apis,
    standard_contract,
)


def operation_facts(operation: Operation) -> tuple[Any, ...]:
    return (
        operation.kind,
        operation.method,
        operation.path,
        operation.resource,
        operation.query,
        operation.request_media_types,
        {
            status: (response.headers, response.schema is not None and tree(response.schema.attributes, 2))
            for status, response in operation.responses.items()
        },
    )


def tree(attributes: Mapping[str, Attribute], depth: int) -> dict[str, tuple[Any, ...]]:
    """Attributes down to a depth, as plain data."""
    # official documents have a name for the type that allows anything
    return {
        name: (
            *(each.type, each.format, each.enum, each.required, each.min_items, each.default),
            None if each.type_name == "Any" else each.type_name,
            tree(each.attributes, depth - 1) if depth else None,
        )
        for name, each in attributes.items()
    }


def contract_facts(contract: Contract) -> dict[str, Any]:
    return {
        "api": contract.api,
        "version": contract.version,
        "line": contract.line,
        "base path": contract.base_path,
        "media type": contract.media_type,
        "error": contract.error and tree(contract.error.attributes, 1),
        "hub": [operation_facts(each) for each in (contract.register, contract.unregister) if each],
        "operations": {f"{each.method} {each.path}": operation_facts(each) for each in contract.operations},
        "events": {
            name: (each.change, each.resource, each.payload_key, each.path, tree(each.schema.attributes, 2))
            for name, each in contract.events.items()
        },
        "resources": {
            name: (
                *(each.path, sorted(each.operations), each.mandatory, each.server_set, each.non_patchable),
                *(each.answers_at_once, each.state_attribute, each.lifecycle, sorted(each.events)),
                tree(each.attributes, 4),
                each.creation and tree(each.creation.attributes, 4),
                each.patching and tree(each.patching.attributes, 4),
            )
            for name, each in contract.resources.items()
        },
    }


@every_api
def test_official_contract_and_ours_agree_in_everything(api: str) -> None:
    official, ours = contract_facts(official_contract(api)), contract_facts(standard_contract(api))
    for key, value in ours.items():
        assert official[key] == value, key


@every_api
def test_the_api_of_an_official_document_is_recognised(api: str) -> None:
    assert official_contract(api).api == api


@every_api
def test_an_official_document_is_not_taken_for_another_api(api: str) -> None:
    other = "TMF638" if api != "TMF638" else "TMF637"
    with pytest.raises(ContractError, match=f"none of the resources of {other}"):
        load_contract(official_path(api), other)


def test_the_two_catalogs_are_told_apart_though_they_share_their_jobs() -> None:
    with pytest.raises(ContractError, match="none of the resources of TMF633"):
        load_contract(official_path("TMF620"), "TMF633")


@every_v5_api
def test_an_official_document_of_version_5_loads(api: str) -> None:
    contract = official_contract(api, 5)
    assert (contract.api, contract.line) == (api, 5)
    assert contract.register is not None
    assert contract.error is not None
    assert "code" in contract.error.attributes
    for resource in contract.resources.values():
        assert {"id", "href", "@type"} <= set(resource.attributes)
        if resource.creation is not None:
            assert "href" in resource.server_set
            assert "@type" in resource.mandatory
        if Kind.PATCH in resource.operations:
            assert {"id", "href"} <= resource.non_patchable
        assert "Create" in resource.events


def test_patches_of_version_5_ask_for_nothing_though_their_required_lists_are_in_all_of() -> None:
    patching = official_contract("TMF622", 5).resources["productOrder"].patching
    assert patching is not None
    assert patching.accepts({"description": "changed"})
    assert not any(each.required for each in patching.attributes.values())


def test_creations_of_version_5_ask_for_what_a_part_of_all_of_asks() -> None:
    creation = official_contract("TMF622", 5).resources["productOrder"].creation
    assert creation is not None
    assert {"@type", "productOrderItem"} <= {each.path for each in creation.problems({})}


def test_what_our_documents_are_asked_for() -> None:
    contract = standard_contract("TMF622")
    assert contract is standard_contract("TMF622")
    assert contract.source == "standard"
    assert contract.digest.startswith("sha256:")
    assert contract.event_type("PRODUCTORDERCREATEEVENT") is contract.events["ProductOrderCreateEvent"]
    assert contract.event_type("SomethingElseEvent") is None
    assert contract.operation_for("POST", "/hub") is contract.register
    assert contract.operation_for("DELETE", "/hub/1") is contract.unregister
    assert contract.operation_for("PUT", "/productOrder/1") is None
    assert contract.operation_for("GET", "/productOrder/1/note") is None
    assert not any(each.path.startswith("/listener") for each in contract.operations)
    assert "productOrder" in contract.document["paths"]["/productOrder"]["get"]["tags"]


@pytest.mark.parametrize("api", ["TMF999", "tmf622"])
def test_an_api_that_is_not_in_the_house(api: str) -> None:
    with pytest.raises(ContractError, match=f"{api}.*known are TMF620, TMF622"):
        standard_contract(api)


@pytest.mark.parametrize(
    ("api", "line"), [("TMF633", 5), ("TMF641", 5), ("TMF645", 5), ("TMF622", 3), ("TMF622", 6)]
)
def test_a_version_that_is_not_in_the_house(api: str, line: int) -> None:
    with pytest.raises(
        ContractError, match=f"{api} version {line} is not in the house.*known: 4.*--contract FILE"
    ):
        standard_contract(api, line)


def test_what_is_in_the_house() -> None:
    assert standard_apis(4) == API_IDS
    assert standard_apis(5) == OFFICIAL_V5
    assert {api: lines_of(api) for api in ("TMF622", "TMF641")} == {"TMF622": (4, 5), "TMF641": (4,)}
