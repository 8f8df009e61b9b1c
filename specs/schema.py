"""Compiled schemas: JSON Schema 2020-12 made from any dialect, checked by jsonschema-rs.

Known defects of the official files are smoothed out here, so that nobody is blamed for them: spellings of
one state are all accepted, and an attribute that is required without being declared is not asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any

import jsonschema_rs

from tmfrig.specs.document import ContractError, Document, Json
from tmfrig.specs.lifecycle import state_variants

MOST_PROBLEMS = 100
ENFORCED_FORMATS = ("date-time", "date")

# Keywords of the dialects that JSON Schema does not know, or that say nothing about validity.
_DOCUMENTATION = frozenset({"description", "title", "example", "examples", "externalDocs", "deprecated"})
_ANNOTATIONS = _DOCUMENTATION | {"discriminator", "nullable", "readOnly", "writeOnly", "xml"}
_SCHEMA_MAPS = ("properties", "patternProperties")
_SCHEMA_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_SINGLE_SCHEMAS = ("items", "additionalProperties", "not")


@dataclass(frozen=True, slots=True)
class Problem:
    """One place where a body does not keep the contract."""

    path: str
    """Dotted path with list indices, `productOrderItem[0].action`; empty for the body itself."""
    sentence: str
    keyword: str
    """The JSON Schema keyword that is not kept: `required`, `type`, `enum`, `format`, `minItems` …"""

    def __str__(self) -> str:
        return f"{self.path or 'the body'} {self.sentence}"


@dataclass(frozen=True)
class Attribute:
    """One attribute of a type. Its own attributes are worked out when asked for, as types nest in circles."""

    name: str
    type: str
    format: str | None
    enum: tuple[Any, ...]
    required: bool
    min_items: int
    default: Any
    type_name: str | None
    _schemas: Schemas = field(repr=False, compare=False)
    _schema: Json = field(repr=False, compare=False)

    @cached_property
    def items(self) -> Attribute | None:
        """The element of a list, None for anything else."""
        if self.type != "array":
            return None
        return self._schemas.attribute(self.name, self._schema.get("items", {}), required=False)

    @cached_property
    def attributes(self) -> Mapping[str, Attribute]:
        """The attributes of an object (or of a list's elements), empty for scalars."""
        if self.items is not None:
            return self.items.attributes
        return self._schemas.attributes(self._schema)


class Schemas:
    """All schemas of one document, converted once and shared by everything that refers to them."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._converted: dict[str, Json] = {}

    def schema(self, raw: Json, *, partial: bool = False) -> Schema:
        """A schema of the document, ready to be compiled.

        With `partial`, mandatory attributes of the body itself are not asked for: a merge patch carries what
        changes, although v4 contracts give some PATCH bodies a `required` list (rule PATCH-07).
        """
        converted = self._convert(self._document.followed(raw) if partial else raw)
        if partial:
            converted = {key: value for key, value in converted.items() if key != "required"}
        return Schema(self, converted)

    def reachable(self, schema: Json) -> Json:
        """The definitions that a converted schema refers to, directly or not."""
        found: Json = {}
        waiting = [schema]
        while waiting:
            for name in _referred(waiting.pop()):
                if name not in found:
                    found[name] = self._converted[name]
                    waiting.append(found[name])
        return found

    def attribute(self, name: str, schema: Json, *, required: bool) -> Attribute:
        """How a property reads, its references followed."""
        type_name = schema["$ref"].rsplit("/", 1)[1] if "$ref" in schema else None
        flat = self.flattened(schema)
        kind = flat.get("type")
        if isinstance(kind, list):
            kind = next((each for each in kind if each != "null"), None)
        if kind is None and "properties" in flat:
            kind = "object"
        return Attribute(
            name=name,
            type=kind or "any",
            format=flat.get("format", flat.get("x-format")),
            enum=tuple(flat.get("enum", ())),
            required=required,
            min_items=flat.get("minItems", 0),
            default=flat.get("default"),
            type_name=type_name,
            _schemas=self,
            _schema=flat,
        )

    def attributes(self, schema: Json) -> Mapping[str, Attribute]:
        """The properties of an object schema."""
        flat = self.flattened(schema)
        required = flat.get("required", ())
        return {
            name: self.attribute(name, each, required=name in required)
            for name, each in flat.get("properties", {}).items()
        }

    def flattened(self, schema: Json) -> Json:
        """The schema with its reference followed and everything of its `allOf` in one object."""
        while "$ref" in schema:
            schema = self._converted[schema["$ref"].rsplit("/", 1)[1]]
        if "allOf" not in schema:
            return schema
        merged: Json = {key: value for key, value in schema.items() if key != "allOf"}
        for part in (self.flattened(each) for each in schema["allOf"]):
            merged["properties"] = part.get("properties", {}) | merged.get("properties", {})
            merged["required"] = [*merged.get("required", ()), *part.get("required", ())]
            merged = part | merged
        return merged

    def _convert(self, raw: Any) -> Json:
        if not isinstance(raw, dict):
            # `true` and `false` are schemas since OpenAPI 3.1
            return {} if raw is not False else {"not": {}}
        if isinstance(raw.get("$ref"), str):
            return {"$ref": "#/$defs/" + self._definition(raw["$ref"])}
        schema: Json = {}
        for key, value in raw.items():
            if key in _SCHEMA_MAPS and isinstance(value, dict):
                schema[key] = {name: self._convert(each) for name, each in value.items()}
            elif key in _SCHEMA_LISTS and isinstance(value, list):
                schema[key] = [self._convert(each) for each in value]
            elif key in _SINGLE_SCHEMAS and isinstance(value, dict):
                schema[key] = self._convert(value)
            elif key not in _ANNOTATIONS and not key.startswith("x-"):
                schema[key] = value
        return _without_dialect(raw, schema)

    def _definition(self, reference: str) -> str:
        name = reference.rsplit("/", 1)[1]
        if reference.count("/") != (2 if self._document.dialect == "2.0" else 3):
            name = reference.lstrip("#/").replace("/", ".")
        if name not in self._converted:
            self._converted[name] = {}  # holds the place: types refer to each other in circles
            self._converted[name] = self._convert(self._document.resolve(reference))
        return name


class Schema:
    """One body of a contract, compiled when first used.

    It is tolerant of the official files' known defects; ContractError when it is no valid schema.
    """

    def __init__(self, schemas: Schemas, schema: Json) -> None:
        self._schemas = schemas
        self._schema = schema

    @cached_property
    def json_schema(self) -> Json:
        """The schema as a self-contained JSON Schema 2020-12."""
        definitions = self._schemas.reachable(self._schema)
        return {**self._schema, "$defs": definitions} if definitions else self._schema

    @cached_property
    def attributes(self) -> Mapping[str, Attribute]:
        """The attributes of the body; of its elements where the body is a list."""
        flat = self._schemas.flattened(self._schema)
        return self._schemas.attributes(flat.get("items", flat))

    @cached_property
    def _validator(self) -> jsonschema_rs.Draft202012Validator:
        try:
            return jsonschema_rs.Draft202012Validator(self.json_schema, validate_formats=True, offline=True)
        except (jsonschema_rs.ValidationError, ValueError) as error:
            raise ContractError(f"a schema of the contract cannot be compiled: {error}") from None

    def accepts(self, value: Any) -> bool:
        """Whether a parsed body keeps the contract; the fast path."""
        return self._validator.is_valid(value)

    def problems(self, value: Any) -> list[Problem]:
        """Everything that a parsed body does not keep, by path; at most 100 of them."""
        errors = islice(self._validator.iter_errors(value), MOST_PROBLEMS)
        return sorted({_problem(error) for error in errors}, key=lambda each: each.path)


def _without_dialect(raw: Json, schema: Json) -> Json:
    if "enum" in schema:
        schema["enum"] = _tolerant(schema["enum"])
    if "required" in schema:
        schema["required"] = _declared(raw, schema["required"])
    for bound in ("Minimum", "Maximum"):
        # OpenAPI 3.0 and 2.0 make a bound exclusive with a flag, JSON Schema with a number
        if isinstance(flag := schema.get("exclusive" + bound), bool):
            del schema["exclusive" + bound]
            if flag:
                schema["exclusive" + bound] = schema.pop(bound.lower())
    if schema.get("format") not in ENFORCED_FORMATS:
        # an href may be relative and a float be written as 1: other formats inform, they do not decide
        schema.pop("format", None)
        if "format" in raw:
            schema["x-format"] = raw["format"]
    if raw.get("nullable") is True:
        return {"anyOf": [schema, {"type": "null"}]}
    return schema


def _tolerant(values: list[Any]) -> list[Any]:
    allowed = list(values)
    for group in state_variants():
        if any(each in values for each in group):
            allowed += [each for each in group if each not in allowed]
    return allowed


def _declared(raw: Json, required: list[str]) -> list[str]:
    # v4 ServiceOrderItemRef asks for an `id` that it does not have
    if "properties" not in raw or "allOf" in raw:
        return required
    return [name for name in required if name in raw["properties"]]


def _referred(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key == "$ref":
                yield value.rsplit("/", 1)[1]
            elif key not in ("enum", "default"):
                yield from _referred(value)
    elif isinstance(schema, list):
        for each in schema:
            yield from _referred(each)


def _problem(error: jsonschema_rs.ValidationError) -> Problem:
    keyword, path = error.kind.name, list(error.instance_path)
    match error.kind:
        case jsonschema_rs.ValidationErrorKind.Required(name):
            return Problem(dotted([*path, name]), "is mandatory and missing", keyword)
        case jsonschema_rs.ValidationErrorKind.Type(types):
            sentence = f"should be {_either(types)}, not {_shown(error.instance)}"
        case jsonschema_rs.ValidationErrorKind.Enum(options):
            sentence = f"is {_shown(error.instance)}, which is none of {', '.join(map(str, options))}"
        case jsonschema_rs.ValidationErrorKind.Format(name):
            sentence = f"is {_shown(error.instance)}, which is no {_FORMATS.get(name, name)}"
        case jsonschema_rs.ValidationErrorKind.MinItems(least):
            sentence = f"should have at least {least} element{'s' if least > 1 else ''}"
        case _:
            sentence = f"does not keep {keyword}: {error.message[:200]}"
    return Problem(dotted(path), sentence, keyword)


_FORMATS = {"date-time": "RFC 3339 date-time", "date": "RFC 3339 date"}


def dotted(path: list[str | int]) -> str:
    """A path as people read it: `productOrderItem[0].action`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _either(types: list[str]) -> str:
    return " or ".join(f"{'an' if each[0] in 'aeiou' else 'a'} {each}" for each in types)


def _shown(value: Any) -> str:
    match value:
        case dict():
            return "an object"
        case list():
            return "an array"
        case str():
            return repr(value if len(value) <= 60 else value[:57] + "…")
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case _:
            return str(value)[:60]
