"""How OpenAPI 2.0, 3.0 and 3.1 spell in a schema what JSON Schema 2020-12 says in one way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tmfrig.specs.reading import Json

# Where schemas nest in schemas.
SCHEMA_MAPS = ("properties", "patternProperties", "dependentSchemas")
SCHEMA_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
SINGLE_SCHEMAS = (
    "items",
    "additionalProperties",
    "not",
    "if",
    "then",
    "else",
    "contains",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
)
# Of these, the ones that judge the same value as the schema that holds them, not a part of it.
SAME_VALUE_LISTS = ("allOf", "anyOf", "oneOf")
SAME_VALUE_SINGLES = ("not", "if", "then", "else")

# Keywords that say nothing about which bodies are right.
DOCUMENTATION = frozenset({"description", "title", "example", "examples", "externalDocs", "deprecated"})
ANNOTATIONS = DOCUMENTATION | {"discriminator", "nullable", "readOnly", "writeOnly", "xml"}

ANYTHING: Json = {}
NOTHING: Json = {"not": {}}


def as_schema(raw: Any) -> Json:
    """The schema itself; since OpenAPI 3.1 `true` and `false` are schemas too."""
    if isinstance(raw, dict):
        return raw
    return NOTHING if raw is False else ANYTHING


def reference_of(raw: Json) -> str | None:
    """Where a schema's `$ref` points, None for a schema that is written out."""
    reference = raw.get("$ref")
    return reference if isinstance(reference, str) else None


def discriminator_of(raw: Json) -> str | None:
    """The attribute whose value names a sub-type, None where a schema names none."""
    found = raw.get("discriminator")
    named = found.get("propertyName") if isinstance(found, dict) else found
    return named if isinstance(named, str) else None


def mapping_of(raw: Json) -> Mapping[str, str]:
    """The reference for each value of the discriminator; a bare name is one of the document's schemas.

    The alternatives of a choice are known by their schemas' names unless a mapping calls them otherwise.
    """
    found = raw.get("discriminator")
    if not isinstance(found, dict):
        return {}
    named = {
        value: reference if reference.startswith("#") else f"#/components/schemas/{reference}"
        for value, reference in found.get("mapping", {}).items()
    }
    choice = (reference_of(each) for key in ("oneOf", "anyOf") for each in raw.get(key, ()) if each)
    others = (each for each in choice if each is not None and each not in named.values())
    return {each.rsplit("/", 1)[-1]: each for each in others} | named


def siblings_of_reference(raw: Json, dialect: str) -> Json:
    """What holds beside a `$ref`: nothing before OpenAPI 3.1, which is the first to read it."""
    if dialect != "3.1":
        return ANYTHING
    return {key: value for key, value in raw.items() if key != "$ref" and key not in DOCUMENTATION}


def allows_null(raw: Json, dialect: str) -> bool:
    """Whether a schema adds null to what it allows; 3.1 has no flag for it but the type `null`."""
    flag = {"2.0": "x-nullable", "3.0": "nullable"}.get(dialect)
    return flag is not None and raw.get(flag) is True


def types_of(raw: Json) -> tuple[str, ...]:
    """The JSON types that a schema names; none where it allows any. A file (2.0) is anything to us."""
    named = raw.get("type", ())
    types = (named,) if isinstance(named, str) else tuple(named)
    return tuple(each for each in types if each != "file")


def with_plain_bounds(raw: Mapping[str, Any]) -> Json:
    """The schema with exclusive bounds as numbers; OpenAPI 2.0 and 3.0 make a bound exclusive by a flag."""
    plain = dict(raw)
    for bound in ("minimum", "maximum"):
        exclusive = "exclusive" + bound.capitalize()
        if isinstance(plain.get(exclusive), bool) and plain.pop(exclusive) and bound in plain:
            plain[exclusive] = plain.pop(bound)
    return plain


def subschemas(raw: Json) -> Iterator[tuple[str, Any]]:
    """Every schema directly inside a schema, with its place below it (`properties/id`, `allOf/0`)."""
    for key in SCHEMA_MAPS:
        for name, each in raw.get(key, {}).items():
            yield f"{key}/{name}", each
    for key in SCHEMA_LISTS:
        for index, each in enumerate(raw.get(key, ())):
            yield f"{key}/{index}", each
    for key in SINGLE_SCHEMAS:
        if key in raw:
            yield key, raw[key]


def same_value_schemas(raw: Json) -> Iterator[Any]:
    """The schemas directly inside a schema that judge the same value."""
    for key in SAME_VALUE_LISTS:
        yield from raw.get(key, ())
    for key in SAME_VALUE_SINGLES:
        if key in raw:
            yield raw[key]
