"""What an implementation of an API has to offer, from TM Forum's conformance profiles (`profiles.yaml`).

The OpenAPI documents declare hardly any attribute of an answer as required and every operation alike; the
profiles name those that everybody has to have.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from tmfrig.specs.contract import Contract
from tmfrig.specs.resource import Kind, Resource


@dataclass(frozen=True, slots=True)
class Due:
    """An attribute that answers hold: one of `any_of`, nested ones with dots."""

    any_of: tuple[str, ...]
    when: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    """Only where these attributes have one of these values."""
    given: bool = False
    """Only where a client has given it: no server can invent it."""
    may_be_empty: bool = False
    """Whether an empty list holds it: what was looked for, and not found."""

    @property
    def told(self) -> str:
        """The attribute in words, "productOffering or productSpecification"."""
        return " or ".join(self.any_of)

    @property
    def always(self) -> bool:
        """Whether it is in every answer, whatever else holds."""
        return not self.when and not self.given

    def applies(self, body: Mapping[str, Any]) -> bool:
        """Whether a representation is one of those that have to hold it (if it was given)."""
        return all(body.get(name) in values for name, values in self.when.items())

    def is_in(self, body: Any) -> bool:
        """Whether a body holds it; of a list, every element has to."""
        if self.may_be_empty and isinstance(body, dict) and [] in map(body.get, self.any_of):
            return True
        return any(_holds(body, path.split(".")) for path in self.any_of)


@dataclass(frozen=True, slots=True)
class ResourceProfile:
    """One resource in a profile."""

    operations: frozenset[Kind] = frozenset()
    kept: frozenset[Kind] = frozenset()
    """Operations that are mandatory where a create was answered 201."""
    create: tuple[str, ...] = ()
    """What a create must carry, nested attributes with dots."""
    answers: tuple[Due, ...] = ()

    @property
    def always(self) -> tuple[str, ...]:
        """First-level attributes that every complete representation holds."""
        return tuple(due.any_of[0] for due in self.answers if due.always)


@dataclass(frozen=True, slots=True)
class ApiProfile:
    """The mandatory part of one API in a major version."""

    source: str
    """Where it is taken from."""
    derived: bool
    """Whether TM Forum has published none, so that it is made from what is published of others."""
    manner: str
    """How it is derived; empty for a published one."""
    resources: Mapping[str, ResourceProfile]

    @property
    def told(self) -> str:
        """Where it comes from, in a few words for people."""
        return f"{self.source}; derived {self.manner}".rstrip() if self.derived else self.source


@dataclass(frozen=True, slots=True)
class CommonPart:
    """What all profiles have in common."""

    attributes: tuple[str, ...]
    """What every representation holds."""
    parameters: Mapping[str, tuple[Kind, ...]]
    """Query parameters, and of which operations."""
    headers: Mapping[str, tuple[Kind, ...]]
    """Headers of successful answers, and of which operations."""


_NONE = ResourceProfile()


@cache
def api_profile(contract: Contract) -> ApiProfile:
    """The profile of an API, reduced to resources, operations and attributes that the contract knows.

    Of an API that has no entry in the data, nothing is mandatory.
    """
    entry = _entry(contract.api, contract.line)
    known = contract.resources
    return ApiProfile(
        source=str(entry.get("source", "no profile is known")),
        derived=bool(entry.get("derived", not entry)),
        manner=str(entry.get("manner", "")),
        resources={
            name: _reduced(said, known[name])
            for name, said in entry.get("resources", {}).items()
            if name in known
        },
    )


def resource_profile(contract: Contract, resource: Resource) -> ResourceProfile:
    """The profile of a resource; an empty one where nothing of it is mandatory."""
    return api_profile(contract).resources.get(resource.name, _NONE)


@cache
def common_part() -> CommonPart:
    """What all profiles have in common."""
    common = _data()["common"]
    return CommonPart(
        attributes=tuple(common["attributes"]),
        parameters={name: tuple(map(Kind, kinds)) for name, kinds in common["parameters"].items()},
        headers={name: tuple(map(Kind, kinds)) for name, kinds in common["headers"].items()},
    )


def _reduced(said: Mapping[str, Any], resource: Resource) -> ResourceProfile:
    created = resource.creation.attributes if resource.creation else {}
    return ResourceProfile(
        operations=_kinds(said.get("operations", ()), resource),
        kept=_kinds(said.get("kept", ()), resource),
        create=tuple(path for path in said.get("create", ()) if path.split(".")[0] in created),
        answers=tuple(
            due for each in said.get("answers", ()) if (due := _due(each, resource.attributes)) is not None
        ),
    )


def _kinds(names: Iterable[str], resource: Resource) -> frozenset[Kind]:
    return frozenset(map(Kind, names)) & resource.operations.keys()


def _due(said: str | Mapping[str, Any], known: Mapping[str, Any]) -> Due | None:
    entry: Mapping[str, Any] = {"any": [said]} if isinstance(said, str) else said
    any_of = tuple(path for path in entry["any"] if path.split(".")[0] in known)
    when = {name: tuple(values) for name, values in entry.get("when", {}).items()}
    if not any_of or not when.keys() <= known.keys():
        return None
    return Due(any_of, when, bool(entry.get("given")), bool(entry.get("may_be_empty")))


def _holds(value: Any, path: list[str]) -> bool:
    if isinstance(value, list):
        return bool(value) and all(_holds(each, path) for each in value)
    if not path:
        return value is not None and value != ""
    return isinstance(value, dict) and _holds(value.get(path[0]), path[1:])


def _entry(api: str, line: int) -> Mapping[str, Any]:
    return next((each for each in _data()["profiles"] if (each["api"], each["line"]) == (api, line)), {})


@cache
def _data() -> Mapping[str, Any]:
    data: Mapping[str, Any] = yaml.safe_load((files(__package__) / "profiles.yaml").read_text("utf-8"))
    return data
