"""`@type` where a contract asks for it: version 5 names the type of extensible objects (rule POLY-01)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tmfrig.mockservers.store import Body
from tmfrig.specs import Attribute

_OF_REFERENCES = frozenset({"id", "href", "name", "version", "@type", "@referredType", "@baseType"})
# In the order in which they are tried: an integer is a number too, and a contract may lack some of them.
_JSON_TYPES: tuple[tuple[str, tuple[type, ...]], ...] = (
    ("Boolean", (bool,)),
    ("Integer", (int,)),
    ("Number", (int, float)),
    ("Float", (int, float)),
    ("String", (str,)),
    ("Object", (dict,)),
)


def with_types(body: Body, attributes: Mapping[str, Attribute]) -> Body:
    """A copy of an object in which every object that lacks a mandatory `@type` has the plainest fitting one.

    `attributes` are those that the contract declares for the object. The object itself is left as it is.
    """
    return {
        name: _typed(value, attributes[name]) if name in attributes else value for name, value in body.items()
    }


def _typed(value: Any, attribute: Attribute) -> Any:
    if isinstance(value, list):
        return [_typed(each, attribute.items or attribute) for each in value]
    if not isinstance(value, dict):
        return value
    named = value.get("@type")
    if not isinstance(named, str):
        named = type_for(value, attribute)
    # an extension is known by the type that it extends
    base = str(value.get("@baseType"))
    known = attribute.subtypes.get(named or "") or attribute.subtypes.get(base, attribute)
    typed = with_types(value, known.attributes)
    if named is not None and known.attributes.get("@type") is not None and "@type" not in typed:
        typed["@type"] = named
    return typed


def type_for(value: Body, attribute: Attribute) -> str | None:
    """The type that an untyped value has by its looks; None where the contract wants none."""
    if attribute.subtypes:
        return _chosen(value, attribute)
    declared = attribute.attributes.get("@type")
    return attribute.type_name if declared is not None and declared.required else None


def _chosen(value: Body, attribute: Attribute) -> str | None:
    named = _view_free(attribute.type_name or "")
    by_value = [each for each in _names_by_value(value, named) if each in attribute.subtypes]
    if "value" in value and by_value:
        return by_value[0]
    if named in attribute.subtypes:
        return named
    is_reference = "id" in value and value.keys() <= _OF_REFERENCES
    references = [each for each in attribute.subtypes if each.endswith("Ref")]
    values = [each for each in attribute.subtypes if not each.endswith("Ref")]
    preferred = [*references, *values] if is_reference else [*values, *references]
    referred = value.get("@referredType")
    wanted = f"{referred}Ref" if is_reference else referred
    exact = [each for each in preferred if each == wanted]
    return next(iter([*exact, *preferred]), None)


def _names_by_value(value: Body, named: str) -> Iterator[str]:
    """`IntegerCharacteristic`, `StringArrayCharacteristicValueSpecification` … for what the value is."""
    content = value.get("value")
    is_list = isinstance(content, list)
    sample = content[0] if isinstance(content, list) and content else content
    for word, kinds in _JSON_TYPES:
        if isinstance(sample, kinds) and not (word != "Boolean" and isinstance(sample, bool)):
            yield f"{word}{'Array' if is_list else ''}{named}"


def _view_free(name: str) -> str:
    # request bodies have types of their own in a contract: ours end like this, the official ones like that
    for ending in ("_Create", "_Update", "_FVO", "_MVO"):
        name = name.removesuffix(ending)
    return name
