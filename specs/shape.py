"""What a contract says about one place in a body, with references followed and `allOf` merged.

A place is the list of schemas that all hold there. Schemas are told apart by identity, which is steady as
long as their document lives, so a walk that remembers places ends however types nest in circles.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tmfrig.specs import dialect
from tmfrig.specs.document import Document
from tmfrig.specs.reading import ContractError, Json

Place = tuple[Json, ...]

# Which of two limits is the stricter one.
_STRICTEST: Mapping[str, Any] = {
    "minLength": max,
    "maxLength": min,
    "minProperties": max,
    "maxProperties": min,
    "minimum": max,
    "maximum": min,
    "exclusiveMinimum": max,
    "exclusiveMaximum": min,
}
LIMITS = (*_STRICTEST, "pattern", "multipleOf", "uniqueItems")
CHOICES = ("oneOf", "anyOf")


@dataclass(frozen=True, slots=True)
class Alternative:
    """One branch of a `oneOf` or `anyOf`, and what its document calls it."""

    name: str | None
    place: Place


@dataclass(frozen=True, slots=True)
class Shape:
    """Everything that holds at one place of a body."""

    type: str
    """ "object", "array", "string" …; "any" where nothing is said, "string|integer" where several are."""
    nullable: bool
    format: str | None
    enum: tuple[Any, ...]
    default: Any
    min_items: int
    max_items: int | None
    limits: Mapping[str, Any]
    read_only: bool
    write_only: bool
    properties: Mapping[str, Place]
    required: frozenset[str]
    items: Place
    additional: Place | None
    """What further properties must be; None where there may be none. An empty place allows any."""
    choice: str | None
    """ "oneOf" or "anyOf" where there are alternatives."""
    alternatives: tuple[Alternative, ...]
    discriminator: str | None
    """The property whose value says which alternative or subtype a body is of."""
    subtypes: frozenset[str]
    """The values of that property that the contract maps to a schema."""
    mapped: tuple[Alternative, ...]
    """The schemas that it maps them to, named by these values."""


class Shapes:
    """The shapes of one document's places, each worked out once."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._shapes: dict[tuple[int, ...], Shape] = {}
        self._siblings: dict[int, Json] = {}
        self._names: dict[int, str] = {}

    def place(self, *schemas: Any) -> Place:
        """The place where all the given schemas of the document hold."""
        found: dict[int, Json] = {}
        for schema in schemas:
            for each in self._flat(dialect.as_schema(schema)):
                if each is not dialect.ANYTHING:
                    found[id(each)] = each
        return tuple(found.values())

    def shape(self, place: Place) -> Shape:
        """What holds at a place."""
        key = key_of(place)
        if key not in self._shapes:
            self._shapes[key] = self._shape(place)
        return self._shapes[key]

    def name_of(self, place: Place) -> str | None:
        """What the document calls the type at a place, None for one that is written out there."""
        for each in place:
            if id(each) in self._names or each.get("properties"):
                return self._names.get(id(each))
        return None

    def _flat(self, raw: Json) -> Iterator[Json]:
        reference = dialect.reference_of(raw)
        if reference is not None:
            yield self._beside(raw)
            target = dialect.as_schema(self._document.resolve(reference))
            self._names.setdefault(id(target), reference.rsplit("/", 1)[-1])
            yield from self._flat(target)
            return
        yield raw
        for each in raw.get("allOf", ()):
            yield from self._flat(dialect.as_schema(each))
        for choice in CHOICES:
            others = [each for each in raw.get(choice, ()) if not _is_null(each)]
            if len(others) == 1:
                # the way of OpenAPI 3.1 to say that something may be null
                yield from self._flat(dialect.as_schema(others[0]))

    def _beside(self, raw: Json) -> Json:
        if id(raw) not in self._siblings:
            siblings = dialect.siblings_of_reference(raw, self._document.dialect)
            self._siblings[id(raw)] = siblings or dialect.ANYTHING
        return self._siblings[id(raw)]

    def _shape(self, place: Place) -> Shape:
        choice, alternatives = self._alternatives(place)
        enums = [each["enum"] for each in place if "enum" in each]
        enums += [[each["const"]] for each in place if "const" in each]
        own = self._own(place)
        discriminators = [each["discriminator"] for each in own if each.get("discriminator")]
        return Shape(
            type=self._type(place, alternatives),
            nullable=self._is_nullable(place),
            format=_first(place, "format"),
            enum=_common(enums),
            default=_first(place, "default"),
            min_items=max((int(each["minItems"]) for each in place if "minItems" in each), default=0),
            max_items=min((int(each["maxItems"]) for each in place if "maxItems" in each), default=None),
            limits=_limits(place),
            read_only=any(each.get("readOnly") is True for each in place),
            write_only=any(each.get("writeOnly") is True for each in place),
            properties=self._properties(place),
            required=frozenset(name for each in place for name in each.get("required", ())),
            items=self.place(*(each["items"] for each in place if "items" in each)),
            additional=self._additional(place),
            choice=choice,
            alternatives=alternatives,
            discriminator=_first(map(_named_property, discriminators), "propertyName"),
            subtypes=frozenset(value for each in own for value in dialect.mapping_of(each)),
            mapped=self._mapped(own),
        )

    def _type(self, place: Place, alternatives: tuple[Alternative, ...]) -> str:
        declared = _type(place)
        of_alternatives = {self.shape(each.place).type for each in alternatives}
        return of_alternatives.pop() if declared == "any" and len(of_alternatives) == 1 else declared

    def _properties(self, place: Place) -> Mapping[str, Place]:
        names = dict.fromkeys(name for each in place for name in each.get("properties", ()))
        return {
            name: self.place(
                *(each["properties"][name] for each in place if name in each.get("properties", ()))
            )
            for name in names
        }

    def _additional(self, place: Place) -> Place | None:
        found = [each["additionalProperties"] for each in place if "additionalProperties" in each]
        return None if any(each is False for each in found) else self.place(*found)

    def _alternatives(self, place: Place) -> tuple[str | None, tuple[Alternative, ...]]:
        for raw in place:
            for choice in CHOICES:
                others = [each for each in raw.get(choice, ()) if not _is_null(each)]
                if len(others) > 1:
                    values = _values_by_reference(raw)
                    return choice, tuple(
                        Alternative(_name(each, values), self.place(each)) for each in others
                    )
        return None, ()

    def _own(self, place: Place) -> Place:
        """The schemas of a place without those that others of it take in: they choose for themselves."""
        taken_in = {
            id(self._document.followed(part))
            for each in place
            for part in each.get("allOf", ())
            if isinstance(part, dict)
        }
        return tuple(each for each in place if id(each) not in taken_in)

    def _mapped(self, place: Place) -> tuple[Alternative, ...]:
        found = {
            value: Alternative(value, self.place(target))
            for each in place
            for value, reference in dialect.mapping_of(each).items()
            if (target := self._target(reference)) is not None
        }
        return tuple(found.values())

    def _target(self, reference: str) -> Json | None:
        # a mapping that leads nowhere names no sub-type
        try:
            self._document.resolve(reference)
        except ContractError:
            return None
        return {"$ref": reference}

    def _is_nullable(self, place: Place) -> bool:
        if any(dialect.allows_null(each, self._document.dialect) for each in place):
            return True
        if any(_is_null(other) for each in place for key in CHOICES for other in each.get(key, ())):
            return True
        typed = [dialect.types_of(each) for each in place if "type" in each]
        return bool(typed) and all("null" in types for types in typed)


def key_of(place: Place) -> tuple[int, ...]:
    """What tells a place of a document from all others of it."""
    return tuple(sorted(map(id, place)))


def _type(place: Place) -> str:
    named: list[str] | None = None
    for each in place:
        types = [name for name in dialect.types_of(each) or _types_of_constant(each) if name != "null"]
        if types:
            both = [name for name in types if named is None or name in named]
            named = both or named
    if named:
        return "|".join(sorted(named))
    if any(each.get("properties") for each in place):
        return "object"
    if any("items" in each for each in place):
        return "array"
    return "any"


def _types_of_constant(raw: Json) -> tuple[str, ...]:
    match raw.get("const"):
        case bool():
            return ("boolean",)
        case str():
            return ("string",)
        case int() | float():
            return ("number",)
        case _:
            return ()


def _first(found: Iterable[Json], key: str) -> Any:
    return next((each[key] for each in found if key in each), None)


def _named_property(discriminator: Any) -> Json:
    # OpenAPI 2.0 names the property and nothing else
    return discriminator if isinstance(discriminator, dict) else {"propertyName": discriminator}


def _common(enums: list[list[Any]]) -> tuple[Any, ...]:
    first, *others = enums or [[]]
    return tuple(each for each in first if each is not None and all(each in other for other in others))


def _limits(place: Place) -> Mapping[str, Any]:
    found: Json = {}
    for each in map(dialect.with_plain_bounds, place):
        for key in LIMITS:
            if key in each:
                stricter = _STRICTEST.get(key)
                found[key] = stricter(found[key], each[key]) if stricter and key in found else each[key]
    return found


def _is_null(schema: Any) -> bool:
    return isinstance(schema, dict) and dialect.types_of(schema) == ("null",) and "$ref" not in schema


def _values_by_reference(raw: Json) -> Mapping[str, str]:
    discriminator = raw.get("discriminator")
    mapping = discriminator.get("mapping", {}) if isinstance(discriminator, dict) else {}
    return {reference: value for value, reference in mapping.items()}


def _name(alternative: Any, values: Mapping[str, str]) -> str | None:
    reference = dialect.reference_of(alternative) if isinstance(alternative, dict) else None
    if reference is None:
        return None
    short = reference.rsplit("/", 1)[-1]
    return values.get(reference) or values.get(short) or short
