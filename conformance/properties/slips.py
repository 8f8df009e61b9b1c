"""Slips: the mistakes that clients really make, at every place of a body where they can be made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tmfrig.conformance.checks.places import MISSING, Place, with_value, without
from tmfrig.conformance.checks.refusing import NO_SUCH_VALUE
from tmfrig.specs import Attribute


def slips(attributes: Mapping[str, Attribute], body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Bodies with one mistake each: a value that no enumeration lists, a text for a boolean or a number, a
    date without its time, an object for a list, something mandatory left out."""
    for place, attribute, value in _places(attributes, body, ()):
        if isinstance(place[-1], str) and attribute.required and not place[-1].startswith("@"):
            yield without(body, place)
        wrong = _mistaken(attribute, value)
        if wrong is not MISSING:
            yield with_value(body, place, wrong)


def listed_values(attributes: Mapping[str, Attribute], body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The body with each value that an enumeration lists, wherever it has one."""
    for place, attribute, _ in _places(attributes, body, ()):
        for value in attribute.enum:
            yield with_value(body, place, value)


def _mistaken(attribute: Attribute, value: Any) -> Any:
    if attribute.enum:
        return NO_SUCH_VALUE
    if attribute.type == "array" and isinstance(value, list) and value:
        return value[0]
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if attribute.format == "date-time":
        return "2036-03-01"
    return MISSING


def _places(
    attributes: Mapping[str, Attribute], body: Any, before: Place
) -> Iterator[tuple[Place, Attribute, Any]]:
    """Every place of a body that the contract declares; of lists the first element."""
    for name, value in body.items() if isinstance(body, dict) else ():
        attribute = attributes.get(name)
        if attribute is None:
            continue
        place = (*before, name)
        yield place, attribute, value
        if isinstance(value, list) and value:
            place, value = (*place, 0), value[0]
            if attribute.items is not None and not isinstance(value, dict):
                yield place, attribute.items, value
        if isinstance(value, dict):
            yield from _places(attribute.of_type(value).attributes, value, place)
