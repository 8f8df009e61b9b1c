"""Valid create bodies made from a contract: just what is mandatory, and what else a resource needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx2

from tmfrig.specs import API_IDS, Attribute, Kind, Resource, standard_contract

SAMPLES: Mapping[str, Any] = {"integer": 1, "number": 1.5, "boolean": True, "any": "anything"}
FORMATS = {"date-time": "2026-05-01T10:00:00Z", "date": "2026-05-01"}

RESOURCES = [(api, resource) for api in API_IDS for resource in standard_contract(api).resources.values()]
IDS = [f"{api}-{resource.name}" for api, resource in RESOURCES]
PATCHABLE = [(api, each) for api, each in RESOURCES if Kind.PATCH in each.operations]
PATCHABLE_IDS = [f"{api}-{each.name}" for api, each in PATCHABLE]


def minimal(resource: Resource) -> dict[str, Any]:
    """A body with nothing but the mandatory attributes."""
    assert resource.creation is not None
    return _object(resource.creation.attributes)


def create(
    http: httpx2.Client, servers: Mapping[str, str], api: str, name: str, /, **extra: Any
) -> dict[str, Any]:
    """Create a resource (and the order that a cancel task needs); the created resource."""
    resource = standard_contract(api).resources[name]
    body = creatable(http, servers, api, resource) | extra
    answer = http.post(servers[api] + resource.path, json=body)
    assert answer.status_code in (200, 201), answer.text
    created: dict[str, Any] = answer.json()
    return created


def creatable(
    http: httpx2.Client, servers: Mapping[str, str], api: str, resource: Resource
) -> dict[str, Any]:
    """A minimal body that refers to what exists."""
    body = minimal(resource)
    if resource.name.startswith("cancel"):
        order = resource.name.removeprefix("cancel")
        name = order[0].lower() + order[1:]
        body[name] = {"id": create(http, servers, api, name)["id"]}
    return body


def _object(attributes: Mapping[str, Attribute]) -> dict[str, Any]:
    return {name: _value(each) for name, each in attributes.items() if each.required}


def _value(attribute: Attribute) -> Any:
    if attribute.type == "array":
        return [_value(attribute.items)] if attribute.items is not None else ["x"]
    if attribute.type == "object":
        return _object(attribute.attributes)
    if attribute.enum:
        return attribute.enum[0]
    if attribute.type == "string":
        return FORMATS.get(attribute.format or "", "text")
    return SAMPLES[attribute.type]
