"""Whether a completed resource keeps its representation, known beforehand from what a create may say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tmfrig.specs import Resource
from tmfrig.specs.schema import compiled

_PLAIN: Final = frozenset({"type", "properties", "required"})
_TEXT: Final = {"type": "string"}

Json = dict[str, Any]


def is_foregone(resource: Resource, added: Mapping[str, Any], items: str, item_state: str | None) -> bool:
    """Whether what the create schema accepts keeps the representation once the server has completed it.

    `added` are examples of what the server adds to every resource, beside its href, where the client has not
    said it, and `item_state` is the state into which it puts all `items`; None for none. False also where it
    cannot be seen: what can are plain lists of attributes, each declared alike in both schemas or set by the
    server.
    """
    if resource.creation is None:
        return False
    definitions = resource.representation.json_schema.get("$defs", {})
    created = _plain(resource.creation.json_schema, resource.creation.json_schema.get("$defs", {}))
    whole = _plain(resource.representation.json_schema, definitions)
    if created is None or whole is None:
        return False
    declared, said = whole["properties"], created["properties"]
    return (
        set(whole.get("required", ())) <= {"href", *created.get("required", ()), *added}
        and declared.get("href", _TEXT) == _TEXT
        # both are of one document, in which a name stands for the same definition everywhere
        and all(name in resource.server_set or said.get(name) == each for name, each in declared.items())
        and all(
            _allows(declared[name], value, definitions) for name, value in added.items() if name in declared
        )
        and (item_state is None or _allows_in_items(declared.get(items), items, item_state, definitions))
    )


def _plain(schema: Json, definitions: Json) -> Json | None:
    """What a schema says of an object, attribute by attribute; None where it says more than that."""
    schema = {key: value for key, value in schema.items() if key != "$defs"}
    for _ in definitions:
        if schema.keys() != {"$ref"}:
            break
        schema = definitions[schema["$ref"].rsplit("/", 1)[1]]
    is_plain = schema.keys() <= _PLAIN and schema.get("type") == "object" and "properties" in schema
    return schema if is_plain else None


def _allows(schema: Any, value: Any, definitions: Json) -> bool:
    return compiled({"allOf": [schema], "$defs": definitions}, "the contract").is_valid(value)


def _allows_in_items(schema: Any, items: str, state: str, definitions: Json) -> bool:
    """Whether all items, and those below them, can be in a state."""
    element = schema.get("items") if isinstance(schema, dict) else None
    item = _plain(element, definitions) if isinstance(element, dict) else None
    if item is None:
        return False
    declared = item["properties"]
    below = declared.get(items)
    return (below is None or below.get("items") == element) and _allows(
        declared.get("state", True), state, definitions
    )
