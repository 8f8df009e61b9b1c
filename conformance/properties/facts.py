"""What a body shows of its contract: attributes, enumeration values, sub-types, and how deep it nests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tmfrig.specs import Attribute

Fact = tuple[object, ...]


def facts(attributes: Mapping[str, Attribute], body: Any, owner: str, depth: int = 1) -> set[Fact]:
    """What a body shows, each as (kind, type, attribute, value)."""
    return set(_facts(attributes, body, owner, depth))


def possible_facts(attributes: Mapping[str, Attribute], owner: str, most: int, depth: int = 1) -> set[Fact]:
    """What bodies may show down to a depth."""
    return set(_possible(attributes, owner, most, depth))


def _facts(attributes: Mapping[str, Attribute], body: Any, owner: str, depth: int) -> Iterator[Fact]:
    if not isinstance(body, dict):
        return
    for name, value in body.items():
        attribute = attributes.get(name)
        if attribute is None:
            continue
        yield "attribute", owner, name
        element = attribute.items or attribute
        for each in value if isinstance(value, list) else [value]:
            if element.enum:
                yield "value", owner, name, str(each)
            if isinstance(each, dict):
                of_type = attribute.of_type(each)
                if element.subtypes:
                    yield "type", owner, name, str(each.get("@type"))
                yield "depth", depth
                yield from _company(of_type, each, _owner(of_type, owner, name))
                yield from _facts(of_type.attributes, each, _owner(of_type, owner, name), depth + 1)


def _company(attribute: Attribute, value: dict[str, Any], owner: str) -> Iterator[Fact]:
    """That an object has one optional attribute, or none: programs rely on company that is not owed."""
    optional = [
        name
        for name, each in attribute.attributes.items()
        if name in value and not each.required and name[0] != "@"
    ]
    if len(optional) < 2:
        yield "alone", owner, *optional


def _possible(attributes: Mapping[str, Attribute], owner: str, most: int, depth: int) -> Iterator[Fact]:
    for name, attribute in attributes.items():
        yield "attribute", owner, name
        element = attribute.items or attribute
        for value in element.enum:
            yield "value", owner, name, str(value)
        if depth >= most:
            continue
        for named, each in (element.subtypes or {"": element}).items():
            if named:
                yield "type", owner, name, named
            if each.attributes:
                yield "depth", depth
                yield from _possible(each.attributes, _owner(each, owner, name), most, depth + 1)


def _owner(attribute: Attribute, owner: str, name: str) -> str:
    return attribute.type_name or f"{owner}.{name}"
