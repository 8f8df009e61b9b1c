"""Structural comparison of two OpenAPI documents, whatever their dialects and their names for schemas.

Both are walked side by side from their operations. Descriptions, examples, titles, tags and operation ids are
not compared, nor are `not`, `if` and other conditions of JSON Schema that no TM Forum document uses.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias, TypeVar

from tmfrig.specs.alternatives import match
from tmfrig.specs.difference import Aspect, Difference, KnownDefect, Sides, is_answered
from tmfrig.specs.document import Document, DocumentOperation, DocumentParameter, DocumentResponse
from tmfrig.specs.reading import Json
from tmfrig.specs.shape import Place, Shape, Shapes, key_of

_Found: TypeAlias = tuple[Aspect, Any, Any]
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
_Pair: TypeAlias = tuple[_Value | None, _Value | None]


def compare(
    left: Document, right: Document, exceptions: Iterable[KnownDefect] = (), *, both_ways: bool = False
) -> list[Difference]:
    """Every structural difference between two documents, in the order of the left one.

    `exceptions` are left out (`known_defects` gives those of the official files). A pair of places that is
    met again is not compared again: a difference in a shared type is reported once, where it is first met;
    with `both_ways` once in what the API takes and once in what it answers.
    """
    found = _Comparison(left, right, both_ways).differences()
    known = tuple(exceptions)
    return [each for each in found if not any(defect.explains(each) for defect in known)]


class _Comparison:
    def __init__(self, left: Document, right: Document, both_ways: bool) -> None:
        self._both_ways = both_ways
        self._left_operations = by_route(left)
        self._right_operations = by_route(right)
        self._left = Shapes(left)
        self._right = Shapes(right)
        self._seen: set[tuple[bool, tuple[int, ...], tuple[int, ...]]] = set()

    def differences(self) -> Iterator[Difference]:
        for left, right in _paired(self._left_operations, self._right_operations).values():
            if left is None or right is None:
                name = _name(left or right)
                yield Difference(name, "", Aspect.OPERATION, _declared(left), _declared(right))
            else:
                yield from self._operation(_name(left), left, right)

    def _operation(
        self, name: str, left: DocumentOperation, right: DocumentOperation
    ) -> Iterator[Difference]:
        yield from self._parameters(name, left, right)
        place = f"{name} request"
        if left.request is not None and right.request is not None:
            yield from _told(
                place,
                "",
                (Aspect.MEDIA_TYPES, _plain(left.request_media_types), _plain(right.request_media_types)),
                (Aspect.MANDATORY, left.request_required, right.request_required),
            )
        yield from self._body(place, left.request, right.request)
        for status, (one, other) in _paired(left.responses, right.responses).items():
            place = f"{name} response {status}"
            if one is None or other is None:
                yield Difference(
                    f"{name} response {status}", "", Aspect.STATUS, _declared(one), _declared(other)
                )
            else:
                yield from self._response(f"{name} response {status}", one, other)

    def _parameters(
        self, name: str, left: DocumentOperation, right: DocumentOperation
    ) -> Iterator[Difference]:
        for (_, parameter), (one, other) in _paired(_by_name(left), _by_name(right)).items():
            if one is None or other is None:
                yield Difference(name, parameter, Aspect.PARAMETER, _place(one), _place(other))
                continue
            yield from _told(name, parameter, (Aspect.MANDATORY, one.required, other.required))
            yield from self._schemas(name, parameter, one.schema, other.schema)

    def _response(self, place: str, left: DocumentResponse, right: DocumentResponse) -> Iterator[Difference]:
        ours = {name.lower(): (name, schema) for name, schema in left.headers.items()}
        theirs = {name.lower(): (name, schema) for name, schema in right.headers.items()}
        for one, other in _paired(ours, theirs).values():
            if one is None or other is None:
                name = (one or other or ("", {}))[0]
                yield Difference(place, name, Aspect.HEADER, _declared(one), _declared(other))
            else:
                yield from self._schemas(place, one[0], one[1], other[1])
        if left.schema is not None and right.schema is not None:
            yield from _told(
                place, "", (Aspect.MEDIA_TYPES, _plain(left.media_types), _plain(right.media_types))
            )
        yield from self._body(place, left.schema, right.schema)

    def _body(self, place: str, left: Json | None, right: Json | None) -> Iterator[Difference]:
        if left is None or right is None:
            yield from _told(place, "", (Aspect.BODY, _declared(left), _declared(right)))
        else:
            yield from self._schemas(place, "", left, right)

    def _schemas(self, place: str, path: str, left: Json, right: Json) -> Iterator[Difference]:
        way = self._both_ways and is_answered(place)
        # breadth first: a difference in a type that is used all over is named by its shortest path
        waiting = deque([(path, self._left.place(left), self._right.place(right))])
        while waiting:
            path, one, other = waiting.popleft()
            if (pair := (way, key_of(one), key_of(other))) in self._seen:
                continue
            self._seen.add(pair)
            ours, theirs = self._left.shape(one), self._right.shape(other)
            sides = Sides(ours, theirs)
            yield from _told(place, path, *_facts(ours, theirs), sides=sides)
            if ours.alternatives or theirs.alternatives:
                matching = match(one, other, self._left, self._right)
                if not matching.complete or ours.choice != theirs.choice:
                    sides = replace(sides, left_only=matching.left_only, right_only=matching.right_only)
                    yield Difference(place, path, Aspect.ALTERNATIVES, _choice(ours), _choice(theirs), sides)
                waiting += [(f"{path}<{pair.name}>", pair.left, pair.right) for pair in matching.pairs]
            else:
                waiting += _subtypes(path, ours, theirs)
            if _are_alike(ours, theirs):
                yield from self._members(place, path, ours, theirs)
                waiting += _inner(path, ours, theirs)

    def _members(self, place: str, path: str, left: Shape, right: Shape) -> Iterator[Difference]:
        sides = Sides(left, right)
        for name, (one, other) in _paired(left.properties, right.properties).items():
            below = _below(path, name)
            if one is None or other is None:
                yield Difference(
                    place,
                    below,
                    Aspect.PROPERTY,
                    None if one is None else _words(self._left, one),
                    None if other is None else _words(self._right, other),
                    sides,
                )
        either = left.properties.keys() ^ right.properties.keys()
        for name in sorted((left.required ^ right.required) - either):
            below = _below(path, name)
            yield Difference(
                place, below, Aspect.MANDATORY, name in left.required, name in right.required, sides
            )


def _inner(path: str, left: Shape, right: Shape) -> Iterator[tuple[str, Place, Place]]:
    """The places inside two shapes that answer each other."""
    for name in left.properties:
        if name in right.properties:
            yield _below(path, name), left.properties[name], right.properties[name]
    if left.items or right.items:
        yield f"{path}[]", left.items, right.items
    if left.additional is not None and right.additional is not None:
        yield _below(path, "*"), left.additional, right.additional


def _subtypes(path: str, left: Shape, right: Shape) -> Iterator[tuple[str, Place, Place]]:
    """The places of the sub-types that both shapes map to."""
    theirs = {each.name: each.place for each in right.mapped}
    for each in left.mapped:
        if each.name in theirs:
            yield f"{path}<{each.name}>", each.place, theirs[each.name]


def _facts(left: Shape, right: Shape) -> Iterator[_Found]:
    """What two shapes say of themselves, without what is inside them."""
    yield Aspect.TYPE, left.type, right.type
    yield Aspect.NULLABLE, left.nullable, right.nullable
    if not _are_alike(left, right):
        return
    yield Aspect.FORMAT, left.format, right.format
    yield Aspect.ENUMERATION, _sorted(left.enum), _sorted(right.enum)
    yield Aspect.DEFAULT, left.default, right.default
    yield Aspect.CARDINALITY, _cardinality(left), _cardinality(right)
    yield Aspect.LIMITS, _limits(left), _limits(right)
    yield Aspect.READ_ONLY, left.read_only, right.read_only
    yield Aspect.WRITE_ONLY, left.write_only, right.write_only
    yield Aspect.FURTHER_PROPERTIES, left.additional is not None, right.additional is not None
    yield Aspect.DISCRIMINATOR, _discriminator(left), _discriminator(right)


def _are_alike(left: Shape, right: Shape) -> bool:
    """Whether it makes sense to compare what is inside two shapes.

    It does not for an object with a string, nor for an object with a choice between objects: there, the
    object is compared with the alternative that it is most like.
    """
    if left.type != right.type:
        return False
    if bool(left.alternatives) == bool(right.alternatives):
        return True
    chooser = left if left.alternatives else right
    return bool(chooser.properties)


def _told(place: str, path: str, *facts: _Found, sides: Sides | None = None) -> Iterator[Difference]:
    for aspect, left, right in facts:
        # true is not 1 in JSON
        if left != right or isinstance(left, bool) != isinstance(right, bool):
            yield Difference(place, path, aspect, left, right, sides)


def _paired(left: Mapping[_Key, _Value], right: Mapping[_Key, _Value]) -> dict[_Key, _Pair[_Value]]:
    """Values of the same key, in the order of the left side; None where a side has none."""
    return {
        key: (left.get(key), right.get(key)) for key in (*left, *(key for key in right if key not in left))
    }


def by_route(document: Document) -> Mapping[str, DocumentOperation]:
    """Operations by method and path, whatever the parameters in the path are called."""
    # what a path's parameters are called cannot be seen from outside, where they are cannot be missed
    return {f"{each.method} {re.sub(r'{[^{}]*}', '{}', each.path)}": each for each in document.operations}


def _by_name(operation: DocumentOperation) -> Mapping[tuple[str, str], DocumentParameter]:
    return {
        (each.place, each.name.lower() if each.place == "header" else each.name): each
        for each in operation.parameters
    }


def _name(operation: DocumentOperation | None) -> str:
    return f"{operation.method.upper()} {operation.path}" if operation else ""


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _declared(thing: object) -> str | None:
    return None if thing is None else "declared"


def _place(parameter: DocumentParameter | None) -> str | None:
    return None if parameter is None else f"in {parameter.place}"


def _plain(media_types: Iterable[str]) -> tuple[str, ...]:
    # JSON is UTF-8 whether or not a charset says so (RFC 8259, rule HTTP-11)
    return tuple(sorted({each.split(";")[0].strip().lower() for each in media_types}))


def _words(shapes: Shapes, place: Place) -> str:
    shape = shapes.shape(place)
    if shape.type == "array":
        return f"array of {_words(shapes, shape.items)}"
    return " ".join(each for each in (shape.type, shape.format) if each)


def _sorted(values: tuple[Any, ...]) -> tuple[Any, ...] | None:
    return tuple(sorted(values, key=repr)) or None


def _choice(shape: Shape) -> str | None:
    names = ", ".join(each.name or "unnamed" for each in shape.alternatives)
    return f"{shape.choice} {names}" if shape.alternatives else None


def _cardinality(shape: Shape) -> str | None:
    if shape.type != "array":
        return None
    return f"{shape.min_items}..{'*' if shape.max_items is None else shape.max_items}"


def _limits(shape: Shape) -> str | None:
    return ", ".join(f"{key} {shape.limits[key]}" for key in sorted(shape.limits)) or None


def _discriminator(shape: Shape) -> str | None:
    if shape.discriminator is None:
        return None
    return f"{shape.discriminator} of {', '.join(sorted(shape.subtypes))}".removesuffix(" of ")
