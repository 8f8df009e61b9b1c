"""The information model: our compact YAML under `model/`, read into dataclasses.

A type is a mapping of attribute to a short notation:

    name: string!              mandatory
    note: Note[]               a list of another type
    productOrderItem: X[1..]!  a mandatory list with at least one element
    amount: float = 1          a default
    value: any                 any JSON value
    id: undeclared!            mandatory in the official contract, yet without a property of its own
    name: string!create,patch  mandatory in some views only
    href: string -create       absent from a view
    product: Product@read      the same view of another type everywhere

The views are `read` (answers and events), `create` and `patch` (their request bodies). A type's other keys:

    +: extensible              takes in a group, or the attributes of a parent type
    v4: ProductOrder           takes in what version 4 says of the same attributes …
    gone: [orderDate]          … except for these
    '<': [StringCharacteristic]  sub-types whose `@type` may stand in its place; empty: its own may not either
    '|': [Product, ProductRef]   nothing but a choice by `@type`

A type that is written as a notation alone (`position: number[2..]`) is another name for that. An API's file
comes before the common one, so that a name means what the API itself says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

SCALARS: Mapping[str, Mapping[str, Any]] = {
    "string": {"type": "string"},
    "uri": {"type": "string", "format": "uri"},
    "date-time": {"type": "string", "format": "date-time"},
    "base64": {"type": "string", "format": "base64"},
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer"},
    "int32": {"type": "integer", "format": "int32"},
    "number": {"type": "number"},
    "float": {"type": "number", "format": "float"},
    "object": {"type": "object"},
    "map": {"type": "object", "additionalProperties": {"type": "object"}},
    "any": {},
}
UNDECLARED = "undeclared"


class View(StrEnum):
    """Where a type's attributes stand: in answers and events, or in a request body."""

    READ = "read"
    CREATE = "create"
    PATCH = "patch"


_NOTATION = re.compile(
    r"(?P<type>[\w-]+?)(?:@(?P<view>read|create|patch))?(?P<lists>(?:\[(?:\d+\.\.)?\])*)(?P<mandatory>!(?P<in>(?:(?:read|create|patch)\b,?)*))?"
    r"(?P<absent>(?: -(?:read|create|patch))*)(?: = (?P<default>.+))?"
)


class ModelError(Exception):
    """The information model contradicts itself; the message names the file's place."""


@dataclass(frozen=True, slots=True)
class Field:
    """One attribute of a type as the model writes it."""

    name: str
    type: str
    lists: tuple[int, ...] = ()
    """The least number of elements of each list around the type, outermost first."""
    mandatory: frozenset[View] = frozenset()
    absent: frozenset[View] = frozenset()
    default: Any = None
    view: View | None = None
    """The view of the type, where it is not the one in which the attribute stands."""

    @classmethod
    def parse(cls, name: str, notation: str) -> Field:
        """Read `ProductOrderItem[1..]!` and the like; ModelError for anything else."""
        match = _NOTATION.fullmatch(notation)
        if match is None:
            raise ModelError(
                f"{name}: {notation!r} is not an attribute notation such as 'Note[]' or 'string!'"
            )
        absent = frozenset(map(View, match["absent"].replace("-", "").split()))
        named = frozenset(map(View, match["in"].split(","))) if match["in"] else frozenset(View)
        return cls(
            name=name,
            type=match["type"],
            lists=tuple(int(least or 0) for least in re.findall(r"\[(\d*)", match["lists"])),
            mandatory=named - absent if match["mandatory"] else frozenset(),
            absent=absent,
            default=json.loads(match["default"]) if match["default"] else None,
            view=View(match["view"]) if match["view"] else None,
        )


@dataclass(frozen=True, slots=True)
class Type:
    """A type of the model: its own attributes, its parent, and how `@type` chooses among its sub-types."""

    name: str
    fields: tuple[Field, ...] = ()
    parent: str | None = None
    subtypes: tuple[str, ...] | None = None
    """What `@type` may name in its place, itself included; None where it chooses nothing."""
    choice: tuple[str, ...] = ()
    """The alternatives of a type that is nothing by itself."""
    alias: Field | None = None


@dataclass(frozen=True, slots=True)
class Wire:
    """What a major version says of every API alike: media types, statuses, parameters, events."""

    media_type: str
    merge_media_types: tuple[str, ...]
    operation_media_types: tuple[str, ...]
    fields_on: tuple[str, ...]
    accepted_on: tuple[str, ...]
    errors: Mapping[str, tuple[str, ...]]
    hub: tuple[str, ...]
    notified: str
    notified_with: str | None
    payloads: Mapping[str, Mapping[str, str]]
    typed: bool
    """Whether types have views and choose their sub-types by `@type`."""


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
    wire: Wire
    resources: Mapping[str, ResourceModel]
    types: Mapping[str, Type]
    enumerations: Mapping[str, tuple[str, ...]]
    hears: tuple[str, ...] = ()
    """The APIs whose notifications this one takes at `/callback/{id}`."""


@cache
def models(line: int = 4) -> Mapping[str, ApiModel]:
    """All APIs of a major version, by identifier ("TMF620") in ascending order."""
    found = {}
    for name, data in _files(line).items():
        if name != "common":
            model = _api_model(data, _files(line)["common"], line)
            found[model.api] = model
    return found


@cache
def _files(line: int) -> Mapping[str, Mapping[str, Any]]:
    folder = files(__package__) / "model" / f"v{line}"
    if not folder.is_dir():
        return {}
    entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    return {
        entry.name.removesuffix(".yaml"): yaml.load(entry.read_text("utf-8"), Loader=_Loader)
        for entry in entries
    }


_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _older_types(line: int, name: str) -> Mapping[str, Mapping[str, str]]:
    """The types in a file of the version before, with their groups taken in."""
    older = _files(line - 1)
    if name not in older:
        return {}
    groups = older["common"].get("groups", {}) | older[name].get("groups", {})
    return {
        each: _with_groups(f"v{line - 1} {each}", data, groups) for each, data in older[name]["types"].items()
    }


def _api_model(own: Mapping[str, Any], common: Mapping[str, Any], line: int) -> ApiModel:
    groups = common.get("groups", {}) | own.get("groups", {})
    types = common["types"] | own["types"]
    enumerations = common["enumerations"] | own.get("enumerations", {})
    shared = _older_types(line, "common")
    older = {**shared, **_older_types(line, own["api"].lower())}
    wire = _wire(common["wire"], own.get("wire", {}))
    return ApiModel(
        api=own["api"],
        title=own["title"],
        version=own["version"],
        base=own["base"],
        event_identity=own.get("event-identity", False),
        wire=wire,
        resources={name: _resource(name, data) for name, data in own["resources"].items()},
        types={
            name: _type(
                f"{own['api']} {name}",
                name,
                data,
                groups,
                older if name in own["types"] else shared,
                typed=wire.typed,
            )
            for name, data in types.items()
        },
        enumerations={name: tuple(values) for name, values in enumerations.items()},
        hears=tuple(own.get("hears", ())),
    )


def _wire(common: Mapping[str, Any], own: Mapping[str, Any]) -> Wire:
    data = {**common, **own}
    errors = {**common["errors"], **own.get("errors", {})}
    return Wire(
        media_type=data["media-type"],
        merge_media_types=tuple(data["patch"]["merge"]),
        operation_media_types=tuple(data["patch"].get("operations", ())),
        fields_on=tuple(data["fields"]),
        accepted_on=tuple(data.get("accepted", ())),
        errors={name: tuple(statuses) for name, statuses in errors.items()},
        hub=tuple(data["hub"]),
        notified=data["notified"]["status"],
        notified_with=data["notified"].get("body"),
        payloads=data.get("payloads", {}),
        typed=data.get("typed", False),
    )


def _resource(name: str, data: Mapping[str, Any]) -> ResourceModel:
    mandatory = data.get("mandatory", {})
    return ResourceModel(
        name=name,
        type=data["type"],
        operations=tuple(data["operations"]),
        server_set=tuple(data.get("server-set", ())),
        non_patchable=tuple(data.get("non-patchable", ())),
        mandatory_on_create=tuple(mandatory.get("create", ())),
        mandatory_on_patch=tuple(mandatory.get("patch", ())),
        on_create={key: Field.parse(key, text) for key, text in data.get("create", {}).items()},
        answers_at_once=data.get("answers-at-once", False),
        events=tuple(data["events"]),
    )


def _type(
    place: str,
    name: str,
    data: Mapping[str, Any] | str,
    groups: Mapping[str, Mapping[str, str]],
    older: Mapping[str, Mapping[str, str]],
    *,
    typed: bool,
) -> Type:
    if isinstance(data, str):
        return Type(name, alias=Field.parse(name, data))
    if "|" in data:
        return Type(name, choice=tuple(data["|"]), subtypes=(*data["|"], *data.get("<", ())))
    own = {key: text for key, text in data.items() if key not in _KEYS}
    is_group = data.get("+") in groups
    notations = _with_groups(place, own | {"+": data["+"]} if is_group else own, groups)
    parent = None if is_group else data.get("+")
    if "v4" in data:
        notations = _taken_over(place, data, older) | notations
    # id and href first and @type last, whichever way they came in: documents read the same everywhere
    order = sorted(notations, key=lambda key: (key not in ("id", "href"), key.startswith("@")))
    is_typed = typed and (parent is not None or "@type" in notations)
    listed = data.get("<")
    return Type(
        name,
        tuple(Field.parse(key, notations[key]) for key in order),
        parent,
        (name, *(listed or ())) if is_typed and listed != [] else None,
    )


_KEYS = ("+", "<", "v4", "gone")


def _with_groups(
    place: str, data: Mapping[str, str], groups: Mapping[str, Mapping[str, str]]
) -> dict[str, str]:
    found = {key: text for key, text in data.items() if key != "+"}
    group = data.get("+")
    while group is not None:
        if group not in groups:
            raise ModelError(f"{place}: no group is called {group!r}")
        found = {key: text for key, text in groups[group].items() if key != "+"} | found
        group = groups[group].get("+")
    return found


def _taken_over(
    place: str, data: Mapping[str, Any], older: Mapping[str, Mapping[str, str]]
) -> dict[str, str]:
    """What the version before says of a type, without its hints of type, which each version writes itself."""
    if data["v4"] not in older:
        raise ModelError(f"{place}: the version before has no type {data['v4']!r}")
    before = {key: text for key, text in older[data["v4"]].items() if not key.startswith("@")}
    unknown = sorted(set(data.get("gone", ())) - set(before))
    if unknown:
        raise ModelError(f"{place}: {', '.join(unknown)} cannot be gone: the version before does not have it")
    return {key: text for key, text in before.items() if key not in data.get("gone", ())}
