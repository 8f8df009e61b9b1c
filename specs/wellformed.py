"""Whether the schemas of a document are schemas at all, so that all that follows may rely on their form."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from graphlib import CycleError, TopologicalSorter
from typing import Any

from tmfrig.specs import dialect
from tmfrig.specs.reading import ContractError, Json

TYPES = ("string", "number", "integer", "boolean", "object", "array", "null", "file")
COUNTS = ("minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties")
BOUNDS = ("minimum", "maximum", "multipleOf")
TEXTS = ("format", "pattern", "x-format")


def check_schemas(
    schemas: Iterable[tuple[str, Any]], spoken: str, source: str, resolve: Callable[[str], Any]
) -> None:
    """Look at the given schemas (each with a word for its place) and at all that they refer to.

    `spoken` is the document's dialect, `resolve` finds what a `$ref` points at. ContractError for the first
    schema that cannot mean anything, or that contains itself as a whole.
    """
    walk = _Walk(spoken, source, resolve)
    for place, schema in schemas:
        walk.visit(schema, place)
    walk.check_circles()


class _Walk:
    def __init__(self, spoken: str, source: str, resolve: Callable[[str], Any]) -> None:
        self._spoken = spoken
        self._source = source
        self._resolve = resolve
        self._places: dict[int, str] = {}
        self._same_value: dict[int, list[int]] = {}

    def visit(self, schema: Any, place: str) -> None:
        """Check a schema and everything below it, each once."""
        waiting = [(schema, place)]
        while waiting:
            raw, place = waiting.pop()
            if isinstance(raw, bool) or id(raw) in self._places:
                continue
            if not isinstance(raw, dict):
                raise self._complaint(place, "a schema is expected", raw)
            self._places[id(raw)] = place
            waiting += self._inner(raw, place)

    def check_circles(self) -> None:
        """ContractError for a schema that holds only if it holds: no validator can say whether it does."""
        try:
            TopologicalSorter(self._same_value).prepare()
        except CycleError as error:
            circle = " → ".join(dict.fromkeys(self._places[each] for each in error.args[1]))
            raise ContractError(
                f"{self._source}: {circle}: contains itself through $ref, allOf, anyOf or oneOf; "
                "break the circle (a discriminator mapping may name subtypes instead)"
            ) from None

    def _inner(self, raw: Json, place: str) -> list[tuple[Any, str]]:
        inner: list[tuple[Any, str]] = []
        same: list[Any] = []
        reference = dialect.reference_of(raw)
        if reference is not None:
            target = self._resolve(reference)
            inner.append((target, reference))
            same.append(target)
        if reference is None or self._spoken == "3.1":
            self._check_keywords(raw, place)
            inner += [(each, f"{place}/{below}") for below, each in dialect.subschemas(raw)]
            same += dialect.same_value_schemas(raw)
        self._same_value[id(raw)] = [id(each) for each in same if isinstance(each, dict)]
        return inner

    def _check_keywords(self, raw: Json, place: str) -> None:
        for key in dialect.SCHEMA_MAPS:
            self._expect(isinstance(raw.get(key, {}), dict), raw, key, place, "an object of schemas")
        for key in dialect.SCHEMA_LISTS:
            fine = _is_list(raw.get(key, [0]), object, least=1)
            self._expect(fine, raw, key, place, "a list of schemas")
        for key in ("enum", "required", "type"):
            if key in raw and raw[key] is None:
                raise self._complaint(f"{place}/{key}", "a value is expected", None)
        self._expect(isinstance(raw.get("enum", []), list), raw, "enum", place, "a list of values")
        self._expect(_is_list(raw.get("required", []), str), raw, "required", place, "a list of names")
        self._expect(_are_types(raw.get("type", [])), raw, "type", place, f"one of {', '.join(TYPES[:-1])}")
        for key in COUNTS:
            self._expect(_is_count(raw.get(key, 0)), raw, key, place, "a whole number")
        for key in BOUNDS:
            self._expect(_is_number(raw.get(key, 0)), raw, key, place, "a number")
        for key in TEXTS:
            self._expect(isinstance(raw.get(key, ""), str), raw, key, place, "a text")
        self._check_discriminator(raw, place)

    def _check_discriminator(self, raw: Json, place: str) -> None:
        discriminator = raw.get("discriminator", "")
        fine = isinstance(discriminator, str) or (
            isinstance(discriminator, dict)
            and isinstance(discriminator.get("propertyName"), str)
            and isinstance(discriminator.get("mapping", {}), dict)
            and all(isinstance(each, str) for each in discriminator.get("mapping", {}).values())
        )
        self._expect(fine, raw, "discriminator", place, "a property name, or an object with propertyName")

    def _expect(self, holds: bool, raw: Json, key: str, place: str, expected: str) -> None:
        if not holds:
            raise self._complaint(f"{place}/{key}", f"{expected} is expected", raw.get(key))

    def _complaint(self, place: str, expected: str, found: Any) -> ContractError:
        return ContractError(f"{self._source}: {place}: {expected}, not {str(found)[:60]!r}")


def _is_list(value: Any, of: type, least: int = 0) -> bool:
    return isinstance(value, list) and len(value) >= least and all(isinstance(each, of) for each in value)


def _are_types(value: Any) -> bool:
    names = [value] if isinstance(value, str) else value
    return _is_list(names, str) and all(each in TYPES for each in names)


def _is_count(value: Any) -> bool:
    return _is_number(value) and value >= 0 and float(value).is_integer()


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
