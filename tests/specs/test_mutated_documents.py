"""Whatever breaks in a document, loading it gives a contract or a ContractError, and never anything else."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_documents import INVENTORIES

from tmfrig.specs import API_IDS, Contract, ContractError, load_contract, standard_contract
from tmfrig.specs.attribute import Attribute
from tmfrig.specs.diff import compare

DOCUMENTS = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)

JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 2**63),
    st.floats(allow_nan=False),
    st.sampled_from(
        ["", "string", "object", "#/paths", "#/", "#", "x", "\ud7ff\n\r", "{id}", "null", "a" * 2000]
    ),
    st.sampled_from([[], {}, [[]], [{}], {"": {}}, [None], ["a", "a"], {"a": None}]),
    st.sampled_from([{"$ref": "#/paths"}, {"$ref": "#/components/schemas/Error"}, {"$ref": 1}, {"type": []}]),
    st.sampled_from([{"type": ["string", "null"]}, {"oneOf": [{"type": "null"}]}, {"not": {}}, {"const": 1}]),
)
KEYWORDS = st.sampled_from(
    [
        *(
            "$ref",
            "type",
            "properties",
            "required",
            "items",
            "allOf",
            "oneOf",
            "anyOf",
            "not",
            "enum",
            "const",
        ),
        *(
            "format",
            "default",
            "nullable",
            "additionalProperties",
            "minItems",
            "maxItems",
            "minLength",
            "pattern",
        ),
        *("minimum", "exclusiveMinimum", "multipleOf", "discriminator", "parameters", "responses", "content"),
        *(
            "headers",
            "schema",
            "requestBody",
            "consumes",
            "servers",
            "in",
            "name",
            "$id",
            "if",
            "$dynamicRef",
        ),
    ]
)


def objects(node: Any) -> Iterator[Any]:
    if isinstance(node, dict | list):
        yield node
        for each in node.values() if isinstance(node, dict) else node:
            yield from objects(each)


def use(contract: Contract) -> None:
    """Everything that the rig does with a contract: all schemas, all attributes, a comparison."""
    assert repr(contract)
    _ = contract.line, contract.base_path, contract.media_type, contract.title, contract.version
    for resource in contract.resources.values():
        look_into(resource.attributes, 3)
        for operation in resource.operations.values():
            bodies = [operation.request, *(each.schema for each in operation.responses.values())]
            for body in bodies:
                if body is not None:
                    body.accepts({})
                    body.problems({"id": None, "state": [], "relatedParty": [{}]})
                    look_into(body.attributes, 2)
    compare(contract.openapi, standard_contract(contract.api).openapi)


def look_into(attributes: Any, depth: int) -> None:
    for each in attributes.values():
        assert isinstance(each, Attribute)
        if depth:
            look_into(each.attributes, depth - 1)


@st.composite
def mutated(draw: st.DrawFn, name: str) -> dict[str, Any]:
    whole = name not in INVENTORIES
    changed = copy.deepcopy(standard_contract(name).document if whole else INVENTORIES[name]())
    for _ in range(draw(st.integers(1, 3))):
        places = list(objects(changed))
        place = places[draw(st.integers(0, len(places) - 1))]
        if isinstance(place, dict):
            inside = st.sampled_from(sorted(place, key=str)) if place else KEYWORDS
            key: Any = draw(st.one_of(inside, inside, KEYWORDS))
        else:
            key = draw(st.integers(0, max(len(place) - 1, 0)))
        if draw(st.integers(0, 3)) == 0 and (key in place if isinstance(place, dict) else place):
            del place[key]
        elif isinstance(place, list) and not place:
            place.append(copy.deepcopy(draw(JUNK)))
        else:
            place[key] = copy.deepcopy(draw(JUNK))
    return changed


def load_and_use(document: dict[str, Any], path: Path) -> None:
    path.write_bytes(orjson.dumps(document, option=orjson.OPT_NON_STR_KEYS))
    message = ""
    try:
        use(load_contract(path, "TMF637"))
    except ContractError as error:
        message = str(error)
    assert "\n" not in message
    assert not message or message.startswith(f"{path}: ")


@pytest.mark.parametrize("dialect", INVENTORIES)
@settings(DOCUMENTS, max_examples=200)
@given(data=st.data())
def test_a_small_document_with_something_broken(
    dialect: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    changed = data.draw(mutated(dialect))
    load_and_use(changed, tmp_path_factory.getbasetemp() / "small.json")


@settings(DOCUMENTS, max_examples=20)
@given(data=st.data())
def test_a_whole_document_with_something_broken(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    changed = data.draw(mutated("TMF637"))
    load_and_use(changed, tmp_path_factory.getbasetemp() / "whole.json")


YAML_LIKE = st.text(alphabet="{}[]:,-&*!|>'\"#% \n\tab1?<", max_size=60)


@settings(DOCUMENTS, max_examples=150)
@given(content=st.binary(max_size=200) | YAML_LIKE.map(str.encode))
def test_any_bytes(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.yaml"
    path.write_bytes(content)
    with pytest.raises(ContractError):
        load_contract(path)


def test_the_documents_of_the_house_are_usable_as_files(tmp_path: Path) -> None:
    for api in API_IDS:
        path = tmp_path / f"{api}.json"
        path.write_bytes(orjson.dumps(standard_contract(api).document))
        contract = load_contract(path)
        assert contract.api == api
        use(contract)
