"""One validation of a create is enough where it shows that the completed resource is valid too."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import orjson
import pytest

from tmfrig.mockservers.errors import ApiError
from tmfrig.mockservers.foregone import is_foregone
from tmfrig.mockservers.intake import Intake
from tmfrig.specs import Resource, standard_apis, standard_contract
from tmfrig.specs.schema import Schema

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "specs"))

from generated_bodies import broken, valid_body

ALL = [
    pytest.param(api, resource, id=f"{api}-{resource.name}")
    for api in standard_apis(4)
    for resource in standard_contract(api, 4).resources.values()
    if resource.creation is not None
]
ORDER = standard_contract("TMF622", 4).resources["productOrder"]
SAID = {"id": "1", "state": "acknowledged", "@type": "ProductOrder", "orderDate": "2024-02-29T10:00:00Z"}


def bodies(resource: Resource, count: int) -> list[Any]:
    """Create bodies with attributes of the representation too, some of them wrong."""
    random = Random(resource.name)
    assert resource.creation is not None
    found = []
    for _ in range(count):
        whole = valid_body(resource.representation.json_schema, random)
        body = (whole if isinstance(whole, dict) else {}) | valid_body(resource.creation.json_schema, random)
        found += [body, broken(body, random)]
    return found


def completions(intake: Intake, said: list[Any]) -> Iterator[Any]:
    """What becomes of the bodies that are accepted."""
    for raw in map(orjson.dumps, said):
        with contextlib.suppress(ApiError):
            yield intake.complete(intake.check(orjson.loads(raw), raw), "http://host/resource")


@pytest.mark.parametrize(("api", "resource"), ALL)
def test_what_was_accepted_keeps_the_representation_when_completed(api: str, resource: Resource) -> None:
    completed = list(completions(Intake(api, resource), bodies(resource, 200)))
    assert len(completed) > 10
    assert [each for each in completed if resource.representation.problems(each)] == []


def test_orders_of_version_4_are_validated_once() -> None:
    assert is_foregone(ORDER, SAID, "productOrderItem", "acknowledged")


@pytest.mark.parametrize(
    "wrong", [{"state": "unheard of"}, {"orderDate": "today"}, {"@type": 5}, {"id": None}]
)
def test_what_the_server_would_add_wrongly_is_noticed(wrong: dict[str, Any]) -> None:
    assert not is_foregone(ORDER, SAID | wrong, "productOrderItem", "acknowledged")


def test_a_wrong_state_of_items_is_noticed() -> None:
    assert not is_foregone(ORDER, SAID, "productOrderItem", "unheard of")


@pytest.mark.parametrize(
    "otherwise",
    [
        {"required": []},
        {"properties": {"description": {"type": "integer"}}},
        {"properties": {"note": {}}},
        {"additionalProperties": False},
        {"anyOf": [{"required": ["note"]}]},
    ],
)
def test_a_create_that_says_something_else_is_noticed(otherwise: dict[str, Any]) -> None:
    assert ORDER.creation is not None
    schema = ORDER.creation.json_schema
    created = schema["$defs"]["ProductOrder_Create"]
    changed = created | otherwise | {"properties": created["properties"] | otherwise.get("properties", {})}
    definitions = schema["$defs"] | {"ProductOrder_Create": changed}
    creation = SimpleNamespace(json_schema=schema | {"$defs": definitions})
    resource = replace(ORDER, creation=cast("Schema", creation))
    assert not is_foregone(resource, SAID, "productOrderItem", "acknowledged")


def test_choices_by_type_are_validated_again() -> None:
    order = standard_contract("TMF622", 5).resources["productOrder"]
    assert not is_foregone(order, SAID, "productOrderItem", "acknowledged")


def test_a_check_of_another_kind_proves_nothing() -> None:
    class Trusting(Intake):
        def check(self, body: Any, raw: bytes) -> dict[str, Any]:
            return dict(body)

    with pytest.raises(ApiError, match="description should be a string"):
        Trusting("TMF622", ORDER).complete({"productOrderItem": [], "description": 5}, "http://host/order")
