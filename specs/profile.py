"""What an implementation of an API has to offer, from TM Forum's conformance profiles (`profiles.yaml`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from tmfrig.specs.contract import Contract
from tmfrig.specs.document import Document
from tmfrig.specs.resource import Kind


@dataclass(frozen=True, slots=True)
class Profile:
    """The mandatory part of one API in a major version, in the words of structural comparison."""

    source: str
    """Where it is taken from."""
    derived: bool
    """Whether TM Forum has published no profile, so that the operations are derived from their purpose."""
    operations: frozenset[str]
    """`POST /productOrder`"""
    attributes: Mapping[str, frozenset[str]]
    """What answers carry beyond what the contract requires, by resource."""
    parameters: frozenset[tuple[str, str]]
    """Query parameters: (`GET /productOrder`, `limit`)."""
    headers: frozenset[tuple[str, str]]
    """Headers of successful answers: (`GET /productOrder`, `X-Total-Count`)."""


def profile_of(standard: Contract, vendor: Document) -> Profile:
    """What of the standard contract is mandatory for a vendor.

    The vendor's document matters in one point: a qualification has to be kept (listed, retrieved) only where
    its POST answers 201. Of an API that has no entry in the data, no operation is mandatory.
    """
    entry = _entry(standard.api, standard.line)
    common = _data()["common"]
    operations = {
        (resource, kind)
        for resource, kinds in _chosen(entry, standard, vendor)
        for kind in map(Kind, kinds)
        if resource in standard.resources and kind in standard.resources[resource].operations
    }
    named = {pair: _name(standard, *pair) for pair in operations}
    given: Mapping[str, list[str]] = entry.get("attributes", {})
    return Profile(
        source=str(entry.get("source", "no profile is known")),
        derived=bool(entry.get("derived", not entry)),
        operations=frozenset(named.values()),
        attributes={
            resource: frozenset((*common["attributes"], *given.get(resource, ())))
            for resource, _ in operations
        },
        parameters=_parts(named, common["parameters"]),
        headers=_parts(named, common["headers"]),
    )


def _chosen(
    entry: Mapping[str, Any], standard: Contract, vendor: Document
) -> Iterator[tuple[str, list[str]]]:
    yield from entry.get("operations", {}).items()
    creating = {each.path: each for each in vendor.operations if each.method == "post"}
    for resource, kinds in entry.get("when_created", {}).items():
        post = creating.get(f"/{resource}")
        if post is not None and "201" in post.responses:
            yield resource, kinds


def _name(standard: Contract, resource: str, kind: Kind) -> str:
    operation = standard.resources[resource].operations[kind]
    return f"{operation.method.upper()} {operation.path}"


def _parts(
    named: Mapping[tuple[str, Kind], str], wanted: Mapping[str, list[str]]
) -> frozenset[tuple[str, str]]:
    return frozenset(
        (operation, part)
        for (_, kind), operation in named.items()
        for part, kinds in wanted.items()
        if kind in kinds
    )


def _entry(api: str, line: int) -> Mapping[str, Any]:
    return next((each for each in _data()["profiles"] if (each["api"], each["line"]) == (api, line)), {})


@cache
def _data() -> Mapping[str, Any]:
    data: Mapping[str, Any] = yaml.safe_load((files(__package__) / "profiles.yaml").read_text("utf-8"))
    return data
