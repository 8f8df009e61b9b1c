"""The conformance profiles: what they make mandatory of each API."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tmfrig.specs import API_IDS, Kind, lines_of, standard_contract
from tmfrig.specs.profiles import Due, api_profile, resource_profile

FACTS = Path(__file__).parents[3] / "shared" / "tmf" / "facts" / "facts.md"
EVERY = [(api, line) for api in API_IDS for line in lines_of(api)]
ALL = frozenset(Kind)
READ = frozenset({Kind.LIST, Kind.RETRIEVE})
PUBLISHED = {
    "TMF620": dict.fromkeys(("productOffering", "productOfferingPrice", "productSpecification"), ALL),
    "TMF622": {"productOrder": READ | {Kind.CREATE}},
    "TMF633": {"serviceSpecification": ALL},
    "TMF637": {"product": READ},
    "TMF645": dict.fromkeys(
        ("checkServiceQualification", "queryServiceQualification"), frozenset({Kind.CREATE})
    ),
}


@pytest.mark.parametrize(("api", "line"), EVERY)
def test_every_contract_has_a_profile(api: str, line: int) -> None:
    contract = standard_contract(api, line)
    profile = api_profile(contract)
    assert profile.resources
    assert profile.derived is not (line == 4 and api in PUBLISHED)
    assert bool(profile.manner) is profile.derived
    assert ("derived" in profile.told) is profile.derived
    for name, each in profile.resources.items():
        resource = contract.resources[name]
        assert each.operations
        assert each.operations | each.kept <= resource.operations.keys()
        assert set(each.always) <= resource.attributes.keys()
        assert resource.mandatory - {"@type"} >= {path for path in each.create if "." not in path}
        for due in each.answers:
            assert due.when.keys() <= resource.attributes.keys()


@pytest.mark.parametrize("api", PUBLISHED)
def test_published_profiles_name_these_operations(api: str) -> None:
    profile = api_profile(standard_contract(api))
    assert {name: each.operations for name, each in profile.resources.items()} == PUBLISHED[api]


@pytest.mark.skipif(not FACTS.exists(), reason="the collected profiles are not here")
@pytest.mark.parametrize("api", PUBLISHED)
def test_published_profiles_name_the_collected_attributes(api: str) -> None:
    line = next(
        each for each in FACTS.read_text("utf-8").splitlines() if each.startswith(f"- **{api}** ({api}")
    )
    said = json.loads(_after(line, "in responses "))
    profile = api_profile(standard_contract(api))
    for name, attributes in said.items():
        known = {path.split(".")[0] for due in profile.resources[name].answers for path in due.any_of}
        wanted = {first for each in attributes for first in _first_level(each)} - {"id", "href"}
        assert wanted <= known


def _after(line: str, words: str) -> str:
    return line[line.index(words) + len(words) :].partition("}")[0] + "}"


def _first_level(said: str) -> list[str]:
    said = re.sub(r" \(.*\)", "", said)
    return [each.split(".")[0].strip() for each in said.split(" or ")]


@pytest.mark.parametrize(
    ("due", "body", "applies", "there"),
    [
        (Due(("name",)), {"name": "x"}, True, True),
        (Due(("name",)), {"name": ""}, True, False),
        (Due(("name",)), {"name": None}, True, False),
        (Due(("isBundle",)), {"isBundle": False}, True, True),
        (Due(("a", "b")), {"b": 1}, True, True),
        (Due(("party.id",)), {"party": [{"id": "1"}, {"id": "2"}]}, True, True),
        (Due(("party.id",)), {"party": [{"id": "1"}, {"role": "x"}]}, True, False),
        (Due(("party.id",)), {"party": []}, True, False),
        (Due(("party.id",)), {"party": "x"}, True, False),
        (Due(("done",), {"state": ("completed",)}), {"state": "completed"}, True, False),
        (Due(("done",), {"state": ("completed",)}), {"state": "held"}, False, False),
        (Due(("spec",), {"isBundle": (False,)}), {}, False, False),
    ],
)
def test_an_attribute_is_due_and_there(due: Due, body: dict[str, Any], applies: bool, there: bool) -> None:
    assert (due.applies(body), due.is_in(body)) == (applies, there)


def test_nothing_is_mandatory_of_other_resources() -> None:
    contract = standard_contract("TMF622")
    assert not resource_profile(contract, contract.resources["cancelProductOrder"]).operations
