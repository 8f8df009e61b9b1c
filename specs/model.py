"""The information model: our compact YAML under `model/`, read into dataclasses.

A type is a mapping of attribute to a short notation:

    name: string!              mandatory
    note: Note[]               a list of another type
    productOrderItem: X[1..]!  a mandatory list with at least one element
    amount: float = 1          a default
    value: any                 any JSON value
    id: undeclared!            mandatory in the official contract, yet without a property of its own

The key `+` of a type takes in a group (`extensible`, `reference`, …). An API's file comes before the
common one, so that a name means what the API itself says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

SCALARS: Mapping[str, Mapping[str, str]] = {
    "string": {"type": "string"},
    "uri": {"type": "string", "format": "uri"},
    "date-time": {"type": "string", "format": "date-time"},
    "base64": {"type": "string", "format": "base64"},
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer"},
    "float": {"type": "number", "format": "float"},
    "any": {},
}
UNDECLARED = "undeclared"

_NOTATION = re.compile(
    r"(?P<type>[\w-]+)(?P<list>\[(?:(?P<least>\d+)\.\.)?\])?(?P<mandatory>!)?(?: = (?P<default>.+))?"
)


class ModelError(Exception):
    """The information model contradicts itself; the message names the file's place."""


@dataclass(frozen=True, slots=True)
class Field:
    """One attribute of a type as the model writes it."""

    name: str
    type: str
    is_list: bool = False
    least: int | None = None
    mandatory: bool = False
    default: Any = None

    @classmethod
    def parse(cls, name: str, notation: str) -> Field:
        """Read `ProductOrderItem[1..]!` and the like; ModelError for anything else."""
        match = _NOTATION.fullmatch(notation)
        if match is None:
            raise ModelError(
                f"{name}: {notation!r} is not an attribute notation such as 'Note[]' or 'string!'"
            )
        least, default = match["least"], match["default"]
        return cls(
            name=name,
            type=match["type"],
            is_list=match["list"] is not None,
            least=int(least) if least else None,
            mandatory=match["mandatory"] is not None,
            default=json.loads(default) if default else None,
        )


@dataclass(frozen=True, slots=True)
class ResourceModel:
    """What an API offers for one resource, beyond the type of its representation."""

    name: str
    type: str
    operations: tuple[str, ...]
    server_set: tuple[str, ...]
    non_patchable: tuple[str, ...]
    mandatory_on_create: tuple[str, ...]
    mandatory_on_patch: tuple[str, ...]
    on_create: Mapping[str, Field]
    answers_at_once: bool
    events: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ApiModel:
    """One API in one version: resources, types and enumerations by name."""

    api: str
    title: str
    version: str
    base: str
    event_identity: bool
    resources: Mapping[str, ResourceModel]
    types: Mapping[str, tuple[Field, ...]]
    enumerations: Mapping[str, tuple[str, ...]]


@cache
def models(line: int = 4) -> Mapping[str, ApiModel]:
    """All APIs of a major version, by identifier ("TMF620") in ascending order."""
    folder = files(__package__) / "model" / f"v{line}"
    if not folder.is_dir():
        return {}
    common = yaml.safe_load((folder / "common.yaml").read_text("utf-8"))
    found = {}
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.name.startswith("tmf"):
            model = _api_model(yaml.safe_load(entry.read_text("utf-8")), common)
            found[model.api] = model
    return found


def _api_model(own: Mapping[str, Any], common: Mapping[str, Any]) -> ApiModel:
    groups = common["groups"] | own.get("groups", {})
    types = common["types"] | own["types"]
    enumerations = common["enumerations"] | own.get("enumerations", {})
    return ApiModel(
        api=own["api"],
        title=own["title"],
        version=own["version"],
        base=own["base"],
        event_identity=own["event-identity"],
        resources={name: _resource(name, data) for name, data in own["resources"].items()},
        types={name: _fields(f"{own['api']} {name}", data, groups) for name, data in types.items()},
        enumerations={name: tuple(values) for name, values in enumerations.items()},
    )


def _resource(name: str, data: Mapping[str, Any]) -> ResourceModel:
    mandatory = data["mandatory"]
    return ResourceModel(
        name=name,
        type=data["type"],
        operations=tuple(data["operations"]),
        server_set=tuple(data["server-set"]),
        non_patchable=tuple(data.get("non-patchable", ())),
        mandatory_on_create=tuple(mandatory["create"]),
        mandatory_on_patch=tuple(mandatory.get("patch", ())),
        on_create={key: Field.parse(key, text) for key, text in data.get("create", {}).items()},
        answers_at_once=data.get("answers-at-once", False),
        events=tuple(data["events"]),
    )


def _fields(
    place: str, data: Mapping[str, str], groups: Mapping[str, Mapping[str, str]]
) -> tuple[Field, ...]:
    own = {key: text for key, text in data.items() if key != "+"}
    taken_in: dict[str, str] = {}
    group = data.get("+")
    while group is not None:
        if group not in groups:
            raise ModelError(f"{place}: no group is called {group!r}")
        taken_in = {key: text for key, text in groups[group].items() if key != "+"} | taken_in
        group = groups[group].get("+")
    # id and href first and @type last, whichever way they came in: documents read the same everywhere
    merged = taken_in | own
    order = sorted(merged, key=lambda key: (key not in ("id", "href"), key.startswith("@")))
    return tuple(Field.parse(key, merged[key]) for key in order)
