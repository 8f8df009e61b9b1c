"""A description of one resource's operations for Schemathesis, derived from the contract.

The contract's own schemas nest in circles and make generators wander: here they are written out to a depth,
sub-types are branches that name their `@type`, what only a server sets is not there (create and patch bodies
do not declare it), and scalars are drawn from plausible values. So it allows less than the contract does:
whatever is drawn from it is judged by the contract's validators, never by this document.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tmfrig.conformance.payloads import type_of
from tmfrig.conformance.properties.values import Known, value_schema
from tmfrig.conformance.typed import TYPE
from tmfrig.specs import Attribute, Contract, Kind, Resource

DEPTH: Final = 3
"""Optional attributes nest so deep; below, only what is mandatory is given."""
_DEEPEST: Final = 8
_MOST_ITEMS: Final = 2
_OWN_IDS: Final = 8
_PAGING: Final = frozenset({"limit", "offset"})
_LINKED: Final = (Kind.RETRIEVE, Kind.PATCH, Kind.DELETE)

Json = dict[str, Any]


@dataclass(frozen=True)
class Bounds:
    """How a document is written: ids that exist, how deep, and by which number its attributes are shuffled
    (a run that is cut short sees others with another seed)."""

    known: Known
    depth: int = DEPTH
    seed: int = 1
    only: frozenset[str] | None = None
    """The first-level attributes that bodies are made of; None for all."""


def document(contract: Contract, resource: Resource, bounds: Bounds) -> Json:
    """An OpenAPI 3.1 document with the operations of a resource, and links from its create to the others."""
    writer = _Writer(bounds)
    paths: dict[str, Json] = {}
    for kind, operation in resource.operations.items():
        path = f"{resource.path}/{{id}}" if kind in _LINKED else resource.path
        written: Json = {"operationId": kind.value, "responses": {"default": {"description": "any answer"}}}
        written["parameters"] = [_parameter(name) for name in operation.query]
        if kind in _LINKED:
            written["parameters"].append(_ID)
        if kind is Kind.LIST:
            written["parameters"] += [_parameter(name) for name in filters(resource)]
        body = writer.body(resource, kind)
        if body is not None:
            written["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
        if kind is Kind.CREATE:
            written["responses"]["201"] = {"description": "created", "links": _links(resource)}
        paths.setdefault(path, {})[operation.method] = written
    info = {"title": contract.title, "version": contract.version}
    return {"openapi": "3.1.0", "info": info, "paths": paths}


def filters(resource: Resource, most: int = 4) -> list[str]:
    """A few first-level attributes that a list may be asked for by."""
    scalars = [each.name for each in resource.attributes.values() if each.type == "string"]
    return [name for name in scalars if name != "id" and not name.startswith("@")][:most]


_ID: Final[Json] = {
    "name": "id",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "minLength": 1},
}


def _parameter(name: str) -> Json:
    schema = {"type": "integer", "minimum": 0, "maximum": 50} if name in _PAGING else {"type": "string"}
    return {"name": name, "in": "query", "schema": schema}


def _links(resource: Resource) -> Json:
    return {
        kind.value: {"operationId": kind.value, "parameters": {"id": "$response.body#/id"}}
        for kind in _LINKED
        if kind in resource.operations
    }


class _Writer:
    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._random = random.Random(f"{bounds.seed} order of attributes")

    def body(self, resource: Resource, kind: Kind) -> Json | None:
        schema = {Kind.CREATE: resource.creation, Kind.PATCH: resource.patching}.get(kind)
        if schema is None:
            return None
        only = self._bounds.only
        attributes = {name: each for name, each in schema.attributes.items() if only is None or name in only}
        if kind is Kind.PATCH:
            # states have edges of their own, and types are fixed
            fixed = {resource.state_attribute, "id", "href", TYPE, "@baseType", "@schemaLocation"}
            attributes = {name: each for name, each in attributes.items() if name not in fixed}
        written = self._object(attributes, type_of(resource), 1, named=type_of(resource))
        if "id" in written["properties"] and kind is Kind.CREATE:
            # where a client may choose the id: none that anybody else would
            chosen = [f"rig-{self._random.getrandbits(48):012x}" for _ in range(_OWN_IDS)]
            written["properties"]["id"] = {"type": "string", "enum": chosen}
        state, lifecycle = resource.state_attribute, resource.lifecycle
        if (
            lifecycle is not None
            and state is not None
            and state in written["properties"]
            and not attributes[state].enum
        ):
            written["properties"][state] = {"type": "string", "enum": sorted(lifecycle.initial)}
        return written

    def _object(self, attributes: Mapping[str, Attribute], owner: str, depth: int, named: str | None) -> Json:
        inside = [
            each
            for each in attributes.values()
            if (each.required and depth <= _DEEPEST) or depth <= self._bounds.depth
        ]
        self._random.shuffle(inside)
        properties = {each.name: self._value(each, owner, depth + 1) for each in inside}
        if named is not None and TYPE in properties:
            properties[TYPE] = {"const": named}
        required = [each.name for each in attributes.values() if each.required]
        return {
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": False,
        }

    def _value(self, attribute: Attribute, owner: str, depth: int) -> Json:
        if attribute.type == "array":
            return self._list(attribute, owner, depth)
        if attribute.subtypes:
            branches = [
                self._object(each.attributes, name, depth, named=name)
                for name, each in attribute.subtypes.items()
            ]
            return {"oneOf": branches} if len(branches) > 1 else branches[0]
        if attribute.attributes:
            inner = attribute.type_name or f"{owner}.{attribute.name}"
            return self._object(attribute.attributes, inner, depth, named=None)
        if attribute.type == "object":
            return {"type": "object", "additionalProperties": False}
        return value_schema(attribute, owner, self._bounds.known)

    def _list(self, attribute: Attribute, owner: str, depth: int) -> Json:
        least = max(1, attribute.min_items)
        most = max(least, min(_MOST_ITEMS, attribute.max_items or _MOST_ITEMS))
        items = self._value(attribute.items, owner, depth) if attribute.items else {}
        return {"type": "array", "items": items, "minItems": least, "maxItems": most}
