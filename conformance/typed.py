"""Types: what `@type` has to say about a body, and which of its sub-types a value best is.

Version 5 names the type of every extensible object; a contract that wants it makes `@type` mandatory.
"""

from __future__ import annotations

from collections.abc import Mapping

from tmfrig.specs import Attribute, Resource

TYPE = "@type"
_VIEWS = ("_Create", "_Update", "_FVO", "_MVO")
"""What documents add to the name of a type where they describe what a client sends of it."""


def asks_for_type(attributes: Mapping[str, Attribute]) -> bool:
    """Whether an object with these attributes has to name its type."""
    named = attributes.get(TYPE)
    return named is not None and named.required


def is_typed(resource: Resource) -> bool:
    """Whether every representation of a resource names its type."""
    return asks_for_type(resource.attributes)


def plain(type_name: str) -> str:
    """The name of a type as `@type` says it: `Product`, where a document has `Product_FVO` for its create."""
    for view in _VIEWS:
        type_name = type_name.removesuffix(view)
    return type_name


def chosen(attribute: Attribute) -> tuple[str, Attribute]:
    """What a value of an attribute (an element of a list) should be: the name for its `@type`, and the
    attribute of that type.

    The type itself where it is one; a value rather than a reference, which would have to lead somewhere; and
    of types that differ in the `value` which they hold the one that holds a text.
    """
    element = attribute.items or attribute
    own, choices = plain(element.type_name or ""), element.subtypes
    if "value" not in element.attributes:
        with_text = [name for name, each in choices.items() if _holds_text(each)]
        if own in choices and with_text:
            return with_text[0], choices[with_text[0]]
    if own in choices or not choices:
        return own, choices.get(own, element)
    values = [name for name in choices if not name.endswith("Ref")]
    name = next(iter([*values, *choices]))
    return name, choices[name]


def _holds_text(attribute: Attribute) -> bool:
    value = attribute.attributes.get("value")
    return value is not None and value.type == "string"
