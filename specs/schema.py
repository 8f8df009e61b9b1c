"""Compiled schemas: JSON Schema 2020-12 made from any dialect, checked by jsonschema-rs.

Known defects of the official files are smoothed out here, so that nobody is blamed for them: a state that
they misspell is accepted in its right spelling too, and an attribute that is required without being
declared is not asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import islice
from typing import Any

import jsonschema_rs

from tmfrig.specs import dialect
from tmfrig.specs.attribute import Attribute, attributes
from tmfrig.specs.document import Document
from tmfrig.specs.lifecycle import right_spellings
from tmfrig.specs.problem import Problem, problem_of
from tmfrig.specs.reading import ContractError, Json
from tmfrig.specs.shape import Shapes

MOST_PROBLEMS = 100
ENFORCED_FORMATS = ("date-time", "date")


class Schemas:
    """All schemas of one document, converted once and shared by everything that refers to them."""

    def __init__(self, document: Document) -> None:
        self.shapes = Shapes(document)
        self._document = document
        self._names: dict[str, str] = {}
        self._converted: dict[str, Json] = {}
        self._bodies: list[Json] = []
        self._parts = frozenset(_parts(document.raw))

    def schema(self, raw: Json, *, partial: bool = False) -> Schema:
        """A schema of the document, ready to be compiled.

        With `partial`, mandatory attributes of the body itself are not asked for: a merge patch carries what
        changes, although v4 contracts give some PATCH bodies a `required` list (rule PATCH-07).
        """
        converted = self._convert(raw)
        if partial:
            converted = self._without_required(converted)
        self._bodies.append(converted)
        return Schema(self, raw, converted, partial=partial)

    def compile_all(self) -> None:
        """Compile every schema once; ContractError when the document has one that cannot be."""
        references: list[Json] = [{"$ref": f"#/$defs/{name}"} for name in self._converted]
        compiled({"$defs": self._converted, "anyOf": [*self._bodies, *references]}, self._document.source)

    def self_contained(self, schema: Json) -> Json:
        """A converted schema with all definitions that it refers to, directly or not."""
        found: Json = {}
        waiting = [schema]
        while waiting:
            for name in _referred(waiting.pop()):
                if name not in found:
                    found[name] = self._converted[name]
                    waiting.append(found[name])
        return {**schema, "$defs": found} if found else schema

    def compiled(self, schema: Json) -> jsonschema_rs.Draft202012Validator:
        """The validator of a self-contained schema."""
        return compiled(schema, self._document.source)

    def _convert(self, raw: Json, *, part: bool = False) -> Json:
        reference = dialect.reference_of(raw)
        if reference is not None:
            siblings = dialect.siblings_of_reference(raw, self._document.dialect)
            beside = self._convert(siblings, part=part) if siblings else {}
            return {"$ref": "#/$defs/" + self._definition(reference), **beside}
        schema: Json = {}
        for key, value in raw.items():
            if key in dialect.SCHEMA_MAPS:
                schema[key] = {name: self._convert(dialect.as_schema(each)) for name, each in value.items()}
            elif key in dialect.SCHEMA_LISTS:
                schema[key] = [self._convert(dialect.as_schema(each), part=key == "allOf") for each in value]
            elif key in dialect.SINGLE_SCHEMAS:
                schema[key] = self._convert(dialect.as_schema(value))
            elif key not in dialect.ANNOTATIONS and not key.startswith(("x-", "$")):
                schema[key] = value
        if "required" in raw and not part:
            schema["required"] = _declared(raw)
        return _as_json_schema(schema, raw, self._document.dialect)

    def _definition(self, reference: str) -> str:
        if reference not in self._names:
            name = self._names[reference] = self._free_name(reference)
            self._converted[name] = {}  # holds the place: types refer to each other in circles
            target = dialect.as_schema(self._document.resolve(reference))
            self._converted[name] = self._convert(target, part=reference in self._parts)
        return self._names[reference]

    def _free_name(self, reference: str) -> str:
        # letters that a JSON pointer writes as they are
        name = re.sub(r"[^\w.-]", "_", reference.rsplit("/", 1)[-1], flags=re.ASCII) or "_"
        while name in self._converted:
            name += "_"
        return name

    def _without_required(self, schema: Json) -> Json:
        if "$ref" in schema:
            target = self._without_required(self._converted[schema["$ref"].rsplit("/", 1)[1]])
            beside = {key: value for key, value in schema.items() if key != "$ref"}
            return {"allOf": [target, self._without_required(beside)]} if beside else target
        lenient = {key: value for key, value in schema.items() if key != "required"}
        for key in dialect.SAME_VALUE_LISTS:
            if key in lenient:
                lenient[key] = [self._without_required(each) for each in lenient[key]]
        return lenient


class Schema:
    """One body of a contract, compiled when first used.

    It is tolerant of the official files' known defects; ContractError when it is no valid schema.
    """

    def __init__(self, schemas: Schemas, raw: Json, schema: Json, *, partial: bool) -> None:
        self._schemas = schemas
        self._raw = raw
        self._schema = schema
        self._partial = partial

    @cached_property
    def json_schema(self) -> Json:
        """The schema as a self-contained JSON Schema 2020-12."""
        return self._schemas.self_contained(self._schema)

    @cached_property
    def attributes(self) -> Mapping[str, Attribute]:
        """The attributes of the body; of its elements where the body is a list."""
        shapes = self._schemas.shapes
        place = shapes.place(self._raw)
        shape = shapes.shape(place)
        return attributes(shapes, shape.items if shape.type == "array" else place, partial=self._partial)

    @cached_property
    def _validator(self) -> jsonschema_rs.Draft202012Validator:
        return self._schemas.compiled(self.json_schema)

    def accepts(self, value: Any) -> bool:
        """Whether a parsed body keeps the contract; the fast path."""
        return self._validator.is_valid(value)

    def problems(self, value: Any) -> list[Problem]:
        """Everything that a parsed body does not keep, by path; at most 100 of them."""
        errors = islice(self._validator.iter_errors(value), MOST_PROBLEMS)
        return sorted({problem_of(error) for error in errors}, key=lambda each: (each.path, each.keyword))


def compiled(schema: Json, source: str) -> jsonschema_rs.Draft202012Validator:
    """The validator of a JSON Schema; ContractError when it is none."""
    try:
        return jsonschema_rs.Draft202012Validator(schema, validate_formats=True, offline=True)
    except (jsonschema_rs.ValidationError, ValueError, TypeError, OverflowError) as error:
        place = "/".join(map(str, getattr(error, "instance_path", ())))
        reason = getattr(error, "message", str(error))
        raise ContractError(
            f"{source}: a schema cannot be compiled: {place}: {str(reason)[:300]}; lint the file as OpenAPI"
        ) from None


def _as_json_schema(schema: Json, raw: Json, spoken: str) -> Json:
    schema = dialect.with_plain_bounds(schema)
    if "enum" in schema:
        schema["enum"] = _tolerant(schema["enum"])
    if schema.get("format") not in ENFORCED_FORMATS:
        # an href may be relative and a float be written as 1: other formats inform, they do not decide
        schema.pop("format", None)
    if schema.get("type") == "file":
        del schema["type"]
    return _or_null(schema) if dialect.allows_null(raw, spoken) else schema


def _or_null(schema: Json) -> Json:
    named = dialect.types_of(schema)
    if not named:
        return {"anyOf": [schema, {"type": "null"}]} if schema else schema
    # rather than a choice of two schemas, so that problems below it keep their paths
    schema["type"] = list(dict.fromkeys([*named, "null"]))
    if "enum" in schema and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    return schema


def _tolerant(values: list[Any]) -> list[Any]:
    return [*values, *right_spellings(values).values()]


def _declared(raw: Json) -> list[str]:
    # v4 ServiceOrderItemRef asks for an `id` that it does not have
    if "properties" not in raw or any(key in raw for key in dialect.SAME_VALUE_LISTS):
        return list(raw["required"])
    return [name for name in raw["required"] if name in raw["properties"]]


def _parts(node: Any) -> Iterator[str]:
    """What is referred to from an `allOf`: such a schema may ask for what another part declares."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            for part in each["allOf"] if isinstance(each.get("allOf"), list) else ():
                if isinstance(part, dict) and isinstance(part.get("$ref"), str):
                    yield part["$ref"]
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each


def _referred(schema: Json) -> Iterator[str]:
    reference = dialect.reference_of(schema)
    if reference is not None:
        yield reference.rsplit("/", 1)[1]
    for _, each in dialect.subschemas(schema):
        yield from _referred(each)
