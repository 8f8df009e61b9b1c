"""What is drawn for the largest creates: all of it keeps the contract, and nothing is missing."""

from __future__ import annotations

import json
from itertools import islice
from typing import Any

import pytest

from tmfrig.conformance.payloads import Payloads
from tmfrig.conformance.properties.exploring import Explorer
from tmfrig.conformance.properties.facts import facts, possible_facts
from tmfrig.specs import Kind, Resource, standard_contract

LARGE = [
    ("TMF622", 4, "productOrder"),
    ("TMF622", 5, "productOrder"),
    ("TMF620", 4, "productOffering"),
    ("TMF620", 5, "productOffering"),
]
DEPTH = 3


def explorer(api: str, line: int, name: str, seed: int = 1) -> tuple[Resource, Explorer]:
    contract = standard_contract(api, line)
    resource = contract.resources[name]
    payloads = Payloads(contract, seed, lambda _name: None)
    return resource, Explorer(contract, resource, seed, lambda: payloads.minimal(resource))


@pytest.mark.parametrize(("api", "line", "name"), LARGE)
def test_500_valid_bodies_show_every_attribute_value_and_type_down_to_depth_3(
    api: str, line: int, name: str
) -> None:
    resource, draws = explorer(api, line, name)
    assert resource.creation is not None
    bodies = list(islice(draws.valid_bodies(), 500))
    assert len(bodies) == len({json.dumps(body, sort_keys=True) for body in bodies}) == 500
    assert all(resource.creation.accepts(body) for body in bodies)
    attributes = resource.creation.attributes
    shown = set().union(*(facts(attributes, body, name) for body in bodies))
    possible = possible_facts(attributes, name, DEPTH)
    assert ("depth", DEPTH) in shown
    assert possible - shown == set()


def test_what_is_possible_is_counted_independently_of_what_is_drawn() -> None:
    resource, _ = explorer("TMF622", 5, "productOrder")
    assert resource.creation is not None
    kinds = [fact[0] for fact in possible_facts(resource.creation.attributes, "productOrder", DEPTH)]
    assert kinds.count("attribute") > 250
    assert kinds.count("value") > 20
    assert kinds.count("type") > 30


def test_the_same_seed_draws_the_same() -> None:
    first, again, other = (
        list(islice(explorer("TMF622", 4, "productOrder", seed)[1].valid_bodies(), 40)) for seed in (7, 7, 8)
    )
    assert first == again
    assert first != other


def test_the_same_seed_breaks_the_same() -> None:
    first, again = (
        list(islice(explorer("TMF645", 4, "checkServiceQualification")[1].broken_bodies(), 40))
        for _ in range(2)
    )
    assert first == again


@pytest.mark.parametrize("kind", [Kind.CREATE, Kind.PATCH])
def test_broken_bodies_are_broken_at_the_place_that_they_name(kind: Kind) -> None:
    resource, draws = explorer("TMF620", 4, "productSpecification")
    schema = resource.creation if kind is Kind.CREATE else resource.patching
    assert schema is not None
    broken = [each for each in islice(draws.broken_bodies(kind), 120) if each.place is not None]
    assert len(broken) > 60
    assert {"type", "required" if kind is Kind.CREATE else "type"} <= {each.keyword for each in broken}
    for each in broken:
        assert [problem.keyword for problem in schema.problems(each.body)] == [each.keyword]


def test_broken_bodies_lack_mandatory_attributes_and_have_unlisted_values() -> None:
    _, draws = explorer("TMF622", 4, "productOrder")
    found = {(each.keyword, str(each.place)) for each in islice(draws.broken_bodies(), 250) if each.place}
    assert ("required", "('productOrderItem',)") in found
    assert ("required", "('productOrderItem', 0, 'id')") in found
    assert ("enum", "('productOrderItem', 0, 'action')") in found
    assert ("enum", "('productOrderItem', 0, 'product', 'status')") in found
    assert any(keyword == "format" for keyword, _ in found)


def test_references_lead_to_what_is_known() -> None:
    contract = standard_contract("TMF622")
    resource = contract.resources["cancelProductOrder"]
    base: dict[str, Any] = {"productOrder": {"id": "o-1"}}
    draws = Explorer(contract, resource, 1, lambda: dict(base), {"productorder": ["o-1", "o-2"]})
    orders = {body["productOrder"]["id"] for body in islice(draws.valid_bodies(), 80)}
    assert orders == {"o-1", "o-2"}


def test_queries_repeat_parameters_and_have_wrong_ones() -> None:
    _, draws = explorer("TMF622", 4, "productOrder")
    queries = list(islice(draws.queries(), 150))
    assert len(set(queries)) == len(queries)
    assert any(query.count("limit=") > 1 for query in queries)
    assert any("limit=" in query and "limit=0" not in query for query in queries)
