"""The reference data that the contracts are measured against, where it lies beside the repository."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tmfrig.specs import API_IDS, Document, lines_of, load_contract, standard_contract
from tmfrig.specs.contract import Contract

SHARED = Path(__file__).parents[2].parent / "shared" / "tmf"
OFFICIAL_V5 = ("TMF620", "TMF622", "TMF637", "TMF638", "TMF679")

CONTRACTS = tuple((api, line) for api in API_IDS for line in lines_of(api))
RESOURCES = tuple(
    pytest.param(api, line, name, id=f"{api}-v{line}-{name}")
    for api, line in CONTRACTS
    for name in standard_contract(api, line).resources
)

every_contract = pytest.mark.parametrize(("api", "line"), CONTRACTS)
every_resource = pytest.mark.parametrize(("api", "line", "name"), RESOURCES)
every_api = pytest.mark.parametrize("api", API_IDS)
every_v5_api = pytest.mark.parametrize("api", OFFICIAL_V5)


def official_path(api: str, line: int = 4) -> Path:
    found = sorted((SHARED / "official" / f"v{line}").glob(f"{api}-*"))
    if not found:
        pytest.skip(f"the official document of {api} v{line} is not here ({SHARED})")
    return found[0]


@cache
def official_document(api: str, line: int = 4) -> Document:
    return Document.load(official_path(api, line))


@cache
def official_contract(api: str, line: int = 4) -> Contract:
    return load_contract(official_path(api, line))


@cache
def facts(api: str, line: int = 4) -> dict[str, Any]:
    documents = _fact_file("facts.json")["documents"]
    return next(each for each in documents if (each["api"], each["version_line"]) == (api, f"v{line}"))


@cache
def state_machines() -> dict[str, Any]:
    machines: dict[str, Any] = _fact_file("state_machines.json")["machines"]
    return machines


def _fact_file(name: str) -> dict[str, Any]:
    path = SHARED / "facts" / name
    if not path.is_file():
        pytest.skip(f"{name} is not here ({path.parent})")
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return content


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    """Every object of a document."""
    if isinstance(node, dict):
        yield node
        for each in node.values():
            yield from nodes(each)
    elif isinstance(node, list):
        for each in node:
            yield from nodes(each)
