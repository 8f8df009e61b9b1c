"""Bodies in the words of one contract: scenarios think in those of version 4, whatever the target speaks.

What differs is read from the contract: whether a type is named, whether a reference stands in an object of
its own, whether an external id is a text. An attribute that the contract does not have is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tmfrig.conformance.payloads import type_of
from tmfrig.conformance.typed import TYPE, asks_for_type, plain
from tmfrig.specs import Attribute, Resource

_HOLDERS = ("partyOrPartyRole", "place")
"""Attributes that hold a reference, where the object around it holds only its role."""
_OF_REFERENCE = ("id", "href", "name", "@referredType")
_CHARACTERISTICS: Mapping[type, str] = {
    bool: "BooleanCharacteristic",
    int: "IntegerCharacteristic",
    float: "NumberCharacteristic",
    str: "StringCharacteristic",
}
_IDENTITY = ("id", "href")


def fitted(body: Mapping[str, Any], resource: Resource, *, change: bool = False) -> dict[str, Any]:
    """A body to create a resource with, or to change it with, as its contract has it."""
    schema = resource.patching if change else resource.creation
    attributes = schema.attributes if schema is not None else resource.attributes
    made = _members(body, attributes)
    if not change and asks_for_type(attributes):
        made = {TYPE: type_of(resource)} | made
    return made


def characteristics(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Characteristics from plain names and values."""
    return [{"name": name, "value": value} for name, value in values.items()]


def told(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The characteristics of a body as plain names and values."""
    return {each["name"]: each.get("value") for each in objects(body.get(name)) if "name" in each}


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects of a list, whatever else a target has put there; none where it is no list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def references(value: Any) -> Iterator[str]:
    """The ids in a list of references, also of those that stand in an object of their own."""
    for each in objects(value):
        inner = next((each[name] for name in (*_HOLDERS, "product", "service") if name in each), None)
        found = inner.get("id") if isinstance(inner, dict) else each.get("id")
        if isinstance(found, str):
            yield found


def _members(body: Mapping[str, Any], attributes: Mapping[str, Attribute]) -> dict[str, Any]:
    return {
        name: _value(value, attributes[name]) if name in attributes else value
        for name, value in body.items()
        if name in attributes or name in _IDENTITY
    }


def _value(value: Any, attribute: Attribute) -> Any:
    if attribute.items is not None:
        if isinstance(value, list):
            return [_value(each, attribute.items) for each in value]
        # an external id is a text in one version, and a list of identifiers in another
        return [_value({"id": str(value), "owner": "tmfrig"}, attribute.items)]
    if not isinstance(value, Mapping) or not (attribute.attributes or attribute.subtypes):
        return value
    name, chosen = _choice(value, attribute)
    holder = next((each for each in _HOLDERS if each in chosen.attributes), None)
    if holder is not None and holder not in value and "id" not in chosen.attributes:
        inner = {each: value[each] for each in _OF_REFERENCE if each in value}
        value = {each: value[each] for each in value if each not in inner} | {holder: inner}
    made = _members(value, chosen.attributes)
    if _is_characteristic(chosen) and "value" in value:
        made["value"] = value["value"]  # not every contract has a characteristic for every kind of value
    return {TYPE: name} | made if asks_for_type(chosen.attributes) else made


def _is_characteristic(attribute: Attribute) -> bool:
    return plain(attribute.type_name or "") == "Characteristic"


def _choice(value: Mapping[str, Any], attribute: Attribute) -> tuple[str, Attribute]:
    own, choices = plain(attribute.type_name or ""), attribute.subtypes
    typed = _CHARACTERISTICS.get(type(value.get("value")))
    if typed in choices:
        return str(typed), choices[str(typed)]
    if own in choices or not choices:
        return own, choices.get(own, attribute)
    is_reference = set(value) <= set(_OF_REFERENCE)
    fitting = [each for each in choices if each.endswith("Ref") is is_reference]
    name = next(iter([*fitting, *choices]))
    return name, choices[name]
