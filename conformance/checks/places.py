"""Places inside JSON bodies: reading, changing and naming them, and those that a contract singles out."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias

from tmfrig.conformance.expect import same_json
from tmfrig.conformance.typed import TYPE, asks_for_type
from tmfrig.specs import Attribute

Place: TypeAlias = tuple[str | int, ...]
MISSING: Final = object()
_DEPTH = 5


def named(place: Place) -> str:
    """The place as people read it: `productOrderItem[0].action`."""
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def without_positions(place: Place) -> str:
    """The place as a cause names it: `productOrderItem.action`."""
    return ".".join(part for part in place if isinstance(part, str))


def at(body: Any, place: Place) -> Any:
    """The value at a place, or MISSING."""
    for part in place:
        inside = isinstance(body, list) and isinstance(part, int) and part < len(body)
        if not inside and not (isinstance(body, dict) and part in body):
            return MISSING
        body = body[part]
    return body


def with_value(body: Any, place: Place, value: Any) -> Any:
    """A copy of the body with another value at a place that it has."""
    changed = copy.deepcopy(body)
    at(changed, place[:-1])[place[-1]] = value
    return changed


def without(body: Any, place: Place) -> Any:
    """A copy of the body that lacks what was at a place."""
    changed = copy.deepcopy(body)
    del at(changed, place[:-1])[place[-1]]
    return changed


def without_nulls(value: Any) -> Any:
    """The value with null members of objects left out: JSON APIs write an absent attribute either way.

    Written without recursion, as an answer may nest deeper than Python's stack is high.
    """
    whole: list[Any] = [value]
    waiting: list[Any] = [whole]
    while waiting:
        above = waiting.pop()
        for key, each in list(above.items() if isinstance(above, dict) else enumerate(above)):
            if isinstance(each, dict):
                above[key] = {name: inner for name, inner in each.items() if inner is not None}
            elif isinstance(each, list):
                above[key] = each[:]
            else:
                continue
            waiting.append(above[key])
    return whole[0]


def is_empty(value: Any) -> bool:
    """Whether a value says nothing: absent, null, or an empty text, list or object."""
    return value is MISSING or value is None or value in ("", [], {})


def objects_in(value: Any) -> list[dict[str, Any]]:
    """The objects of what should be a list of them, whatever a target has made of it."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def mandatory_places(
    attributes: Mapping[str, Attribute], body: Any, before: Place = ()
) -> Iterator[tuple[Place, Attribute]]:
    """Every mandatory attribute of a body, nested ones too as long as all around them is mandatory.

    Of a list, the first element stands for all. Only places that the body has are named.
    """
    if len(before) >= 2 * _DEPTH or not isinstance(body, dict):
        return
    for name, attribute in attributes.items():
        if not attribute.required or name not in body:
            continue
        place = (*before, name)
        yield place, attribute
        inner, value = place, body[name]
        if isinstance(value, list) and value:
            inner, value = (*place, 0), value[0]
        yield from mandatory_places(attribute.attributes, value, inner)


def enumerated_places(
    attributes: Mapping[str, Attribute], body: Any, before: Place = ()
) -> Iterator[tuple[Place, Attribute]]:
    """Every place of a body whose attribute has an enumeration, those at the top first."""
    if len(before) >= 2 * _DEPTH or not isinstance(body, dict):
        return
    for name, attribute in attributes.items():
        if name in body and attribute.enum:
            yield (*before, name), attribute
    for name, attribute in attributes.items():
        place, value = (*before, name), body.get(name)
        if isinstance(value, list) and value:
            place, value = (*place, 0), value[0]
        if isinstance(value, dict):
            yield from enumerated_places(attribute.attributes, value, place)


def untyped_places(attribute: Attribute, value: Any, before: Place = ()) -> Iterator[Place]:
    """Every object inside a value (or list) that names no `@type`, although its type asks for it."""
    if isinstance(value, list):
        for index, each in enumerate(value):
            yield from untyped_places(attribute.items or attribute, each, (*before, index))
    if not isinstance(value, dict):
        return
    described = attribute.of_type(value)
    if described is attribute and isinstance(value.get("@baseType"), str):
        described = attribute.of_type({TYPE: value["@baseType"]})
    if is_empty(value.get(TYPE)) and _wants_type(described):
        yield before
    for name, each in value.items():
        if name in described.attributes:
            yield from untyped_places(described.attributes[name], each, (*before, name))


def _wants_type(attribute: Attribute) -> bool:
    choices = attribute.subtypes.values() if not attribute.attributes else ()
    return asks_for_type(attribute.attributes) or any(asks_for_type(each.attributes) for each in choices)


def says_the_same(one: Any, other: Any) -> bool:
    """Whether two values are equal as JSON has it, or name the same moment."""
    moment = instant(one)
    return same_json(one, other) or (moment is not None and moment == instant(other))


def instant(value: Any) -> datetime | None:
    """The moment that an RFC 3339 date-time names, or None for anything else."""
    if not isinstance(value, str) or len(value) < len("2020-01-01T00:00:00Z"):
        return None
    try:
        moment = datetime.fromisoformat(value.upper())
    except ValueError:
        return None
    return moment if moment.tzinfo else None
