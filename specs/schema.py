"""Compiled schemas: JSON Schema 2020-12 made from any dialect, checked by jsonschema-rs.

Known defects of the official files are smoothed out here, so that nobody is blamed for them: a state that
they misspell is accepted in its right spelling too (and the other way round), and an attribute that is
required without being declared is not asked for.

Where a schema names its sub-types by a discriminator, `@type` decides which of them a value has to keep, as
plain `oneOf` would reject what is right: references and values overlap (rule POLY-03).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from itertools import islice
from typing import Any

import jsonschema_rs

from tmfrig.specs import dialect
from tmfrig.specs.attribute import Attribute, attribute, attributes
from tmfrig.specs.document import Document
from tmfrig.specs.lifecycle import right_spellings, spelt_with_blanks
from tmfrig.specs.problem import Problem, problem_of
from tmfrig.specs.reading import ContractError, Json
from tmfrig.specs.shape import CHOICES, Shapes

MOST_PROBLEMS = 100
ENFORCED_FORMATS = ("date-time", "date")


class Schemas:
    """All schemas of one document, converted once and shared by everything that refers to them."""

    def __init__(self, document: Document) -> None:
        self.shapes = Shapes(document)
        self._document = document
        self._names: dict[str, str] = {}
        self._converted: dict[str, Json] = {}
        self._choosing: dict[str, str] = {}
        self._targets: dict[str, tuple[Json, Mapping[str, str]] | None] = {}
        self._bodies: list[Json] = []
        self._parts = frozenset(_parts(document.raw))

    def schema(self, raw: Json, *, partial: bool = False) -> Schema:
        """A schema of the document, ready to be compiled.

        With `partial`, mandatory attributes of the body itself are not asked for: a merge patch carries what
        changes, although v4 contracts give some PATCH bodies a `required` list (rule PATCH-07).
        """
        converted = self._without_required(self._convert(raw, part=True)) if partial else self._convert(raw)
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
            definition = self._definition(reference) if part else self._choosing_definition(reference)
            return {"$ref": "#/$defs/" + definition, **beside}
        return self._written_out(raw, part=part) if part else self._choosing_schema(raw)

    def _written_out(self, raw: Json, *, part: bool) -> Json:
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
            if dialect.reference_of(target) is None:
                self._converted[name] = self._written_out(target, part=reference in self._parts)
            else:
                self._converted[name] = self._convert(target, part=True)
        return self._names[reference]

    def _choosing_definition(self, reference: str) -> str:
        """The definition of a type whose sub-types may stand in its place; its own where it has none."""
        if reference not in self._choosing:
            target = dialect.as_schema(self._document.resolve(reference))
            if self._subtypes(target).keys() <= {reference}:
                self._choosing[reference] = self._definition(reference)
            else:
                name = self._choosing[reference] = self._free_name(f"{reference}.any")
                self._converted[name] = {}  # holds the place, as in `_definition`
                self._converted[name] = self._choosing_schema(target, {"$ref": self._place_of(reference)})
        return self._choosing[reference]

    def _choosing_schema(self, raw: Json, base: Json | None = None) -> Json:
        """Chooses by `@type` among the sub-types that a schema names; the schema itself where it names none.

        What has an unknown type is an extension: it is judged by the type that it says to extend
        (`@baseType`), else by the schema itself, which for a choice is any of its alternatives.
        """
        subtypes = self._subtypes(raw)
        named = dialect.discriminator_of(raw)
        if named is None or not subtypes:
            return base or self._written_out(raw, part=False)
        schema = self._otherwise(raw, base, named)
        around = self._around_choice(raw)
        for key in ("@baseType", named) if named == "@type" else (named,):
            schema = {"if": _says(key, *subtypes.values()), **self._chosen(key, subtypes), "else": schema}
        if around:
            schema = {"allOf": [around, schema]}
        # rather than a choice with null, so that problems below it keep their paths
        return {"if": {"type": "null"}, "else": schema} if self._allows_null(raw) else schema

    def _chosen(self, key: str, subtypes: Mapping[str, list[str]]) -> Json:
        # side by side and not one in the other, which a compiler would follow down to its limit
        choices = [
            {"if": _says(key, values), "then": {"$ref": self._place_of(reference)}}
            for reference, values in subtypes.items()
        ]
        return {"then": {"allOf": choices}}

    def _around_choice(self, raw: Json) -> Json:
        """What a choice asks of all its alternatives; nothing for a type that is no choice."""
        if not any(key in raw for key in CHOICES):
            return {}
        rest = {key: value for key, value in raw.items() if key not in (*CHOICES, "nullable", "x-nullable")}
        written = self._written_out(rest, part=True)
        return {} if written.keys() <= {"type"} else written

    def _allows_null(self, raw: Json) -> bool:
        alternatives = [each for key in CHOICES for each in raw.get(key, ())]
        return dialect.allows_null(raw, self._document.dialect) or {"type": "null"} in alternatives

    def _otherwise(self, raw: Json, base: Json | None, named: str) -> Json:
        choice = next((key for key in CHOICES if key in raw), None)
        if choice is None:
            return base or self._written_out(raw, part=False)
        is_typed = {"required": [named]}
        schema = {"type": "object", **is_typed, "if": is_typed, "then": self._any_of(raw[choice])}
        references = [each for each in raw[choice] if _is_reference_type(each)]
        if not references:
            return schema
        # what calls itself a reference has to identify something, however unknown its type is (rule POLY-05)
        is_reference = {**is_typed, "properties": {named: {"type": "string", "pattern": "Ref$"}}}
        return {"if": is_reference, "then": {"type": "object", **self._any_of(references)}, "else": schema}

    def _any_of(self, alternatives: list[Any]) -> Json:
        return {"anyOf": [self._convert(dialect.as_schema(each), part=True) for each in alternatives]}

    def _subtypes(self, raw: Json) -> Mapping[str, list[str]]:
        """The types that a discriminator maps to, and those that they map to, with the values for each."""
        found: dict[str, list[str]] = {}
        waiting = [dialect.mapping_of(raw)]
        while waiting:
            for value, reference in waiting.pop().items():
                target = self._target(reference)
                if reference in found:
                    found[reference] += [value] if value not in found[reference] else []
                elif target is not None:
                    found[reference] = [value]
                    waiting.append(target[1])
        return found

    def _target(self, reference: str) -> tuple[Json, Mapping[str, str]] | None:
        """What a mapping leads to, and the mapping of that."""
        if reference not in self._targets:
            # nothing else in a document depends on a mapping: one that leads nowhere names no sub-type
            try:
                schema = dialect.as_schema(self._document.followed({"$ref": reference}))
                self._targets[reference] = (schema, dialect.mapping_of(schema))
            except ContractError:
                self._targets[reference] = None
        return self._targets[reference]

    def _place_of(self, reference: str) -> str:
        return "#/$defs/" + self._definition(reference)

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
    def body(self) -> Attribute:
        """The body itself, looked at as if it were an attribute: its type and its sub-types."""
        shapes = self._schemas.shapes
        return attribute(shapes, "", shapes.place(self._raw), required=True)

    @cached_property
    def _validator(self) -> jsonschema_rs.Draft202012Validator:
        return self._schemas.compiled(self.json_schema)

    @cached_property
    def accepts(self) -> Callable[[Any], bool]:
        """Whether a parsed body keeps the contract; the fast path, straight to the validator."""
        return self._validator.is_valid

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
    blanks = [odd for each in values for odd in spelt_with_blanks(each) if odd not in values]
    return [*values, *right_spellings(values).values(), *blanks]


def _says(key: str, *values: list[str]) -> Json:
    """A schema for what names one of the values."""
    return {"required": [key], "properties": {key: {"enum": [each for group in values for each in group]}}}


def _is_reference_type(alternative: Any) -> bool:
    reference = dialect.reference_of(dialect.as_schema(alternative)) or ""
    return bool(re.search(r"Ref(_(FVO|MVO|Create|Update))?$", reference))


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
