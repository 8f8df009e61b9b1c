"""Where the path of a JSON Patch query leads: one place, several or none (TMF630 part 5, extended in part 6).

Three notations are in use. A pointer may be followed by a query, `/note/author?note.id=1`; a step of it may
have a JSONPath filter, `/note[?(@.id=='1')]/author`; or it is a JSONPath, `$.note[?(@.id=='1')].author`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol
from urllib.parse import unquote

import orjson

from tmfrig.mockservers.jsonpath import Expression, JsonPathError, Place, expression
from tmfrig.mockservers.matching import equals

LONGEST_PATH = 1000
END_OF_LIST = "-"

_PARAMETER = re.compile(r"([\w@$.\-]+)==?(.*)", re.DOTALL)

Condition = tuple[tuple[str, ...], tuple[str, ...]]
"""A dotted path, relative to the value that it is asked of, and the texts of which one must stand there."""


class Address(Protocol):
    """What a path means, whatever its notation."""

    def places(self, document: Any) -> Iterator[Place]:
        """The places that there are, in document order; the attributes that an `add` may make are among
        them."""


@lru_cache(maxsize=256)
def address(path: str) -> Address | None:
    """The address that a path writes; None for a plain JSON pointer. JsonPathError where it is neither."""
    if len(path) > LONGEST_PATH:
        raise JsonPathError(f"a path may have {LONGEST_PATH} characters, not {len(path)}")
    if path and not path.startswith("/"):
        return ExpressionAddress(_unambiguous(path))
    if "[?" in path:
        return ExpressionAddress(_unambiguous(_as_jsonpath(path)))
    if "?" in path:
        return QueryAddress.parse(path)
    return None


def pointer(place: Place) -> str:
    """A place as a JSON pointer (RFC 6901)."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in place)


def value_at(document: Any, place: Place) -> Any:
    """The value at a place; KeyError or IndexError where there is none."""
    for step in place:
        document = document[step]
    return document


@dataclass(frozen=True, slots=True)
class ExpressionAddress:
    """A JSONPath; one that ends with an attribute also addresses where that attribute could be."""

    expression: Expression

    def places(self, document: Any) -> Iterator[Place]:
        """See `Address`."""
        name = self.expression.last_name
        if name is None:
            yield from self.expression.places(document)
            return
        for parent in self.expression.parent.places(document):
            if isinstance(value_at(document, parent), dict) or name == END_OF_LIST:
                yield (*parent, name)


@dataclass(frozen=True, slots=True)
class QueryAddress:
    """A pointer with a query. A list on its way stands for those of its elements that meet the query.

    A name of the query that begins as the path does is followed from the resource on (`note.id`); any other
    is an attribute of an element on the way (`/note?id=1` in the examples of version 5).
    """

    steps: tuple[str, ...]
    rooted: tuple[Condition, ...]
    relative: tuple[Condition, ...]

    @classmethod
    def parse(cls, path: str) -> QueryAddress:
        """The address; JsonPathError where the query is none."""
        way, _, query = path.partition("?")
        steps = tuple(each.replace("~1", "/").replace("~0", "~") for each in way.split("/")[1:])
        conditions = _conditions(query)
        rooted = tuple(each for each in conditions if each[0][0] == steps[0])
        return cls(steps, rooted, tuple(each for each in conditions if each not in rooted))

    def places(self, document: Any) -> Iterator[Place]:
        """See `Address`."""
        if _meets(document, self.rooted):
            yield from self._below(document, 0, (), ())

    def _below(self, node: Any, done: int, place: Place, elements: tuple[Any, ...]) -> Iterator[Place]:
        is_target = done == len(self.steps)
        if isinstance(node, list):
            yield from self._in_list(node, done, place, elements)
        elif is_target:
            if self._is_met_on_the_way(elements):
                yield place
        elif isinstance(node, dict):
            name = self.steps[done]
            if name in node:
                yield from self._below(node[name], done + 1, (*place, name), elements)
            elif done + 1 == len(self.steps) and self._is_met_on_the_way(elements):
                yield (*place, name)

    def _in_list(
        self, node: list[Any], done: int, place: Place, elements: tuple[Any, ...]
    ) -> Iterator[Place]:
        conditions = self._about_elements(self.steps[:done])
        if done < len(self.steps) and self.steps[done].isdigit():
            index = int(self.steps[done])
            if index < len(node) and _meets(node[index], conditions):
                yield from self._below(node[index], done + 1, (*place, index), (*elements, node[index]))
            return
        if done == len(self.steps) and not conditions and self._is_met_on_the_way(elements):
            yield place
            return
        for index, each in enumerate(node):
            if _meets(each, conditions):
                yield from self._below(each, done, (*place, index), (*elements, each))

    def _about_elements(self, steps: tuple[str, ...]) -> tuple[Condition, ...]:
        names = tuple(each for each in steps if not each.isdigit())
        return tuple(
            (path[len(names) :], values) for path, values in self.rooted if path[: len(names)] == names
        )

    def _is_met_on_the_way(self, elements: tuple[Any, ...]) -> bool:
        return not self.relative or any(_meets(each, self.relative) for each in elements)


def _meets(value: Any, conditions: Sequence[Condition]) -> bool:
    """Whether a value meets all conditions; of a list on the way, one and the same element must."""
    if not conditions:
        return True
    if isinstance(value, list):
        return any(_meets(each, conditions) for each in value)
    further: dict[str, list[Condition]] = {}
    for path, values in conditions:
        if path:
            further.setdefault(path[0], []).append((path[1:], values))
        elif not equals(value, values):
            return False
    return all(
        isinstance(value, dict) and name in value and _meets(value[name], below)
        for name, below in further.items()
    )


def _conditions(query: str) -> tuple[Condition, ...]:
    pieces: list[str] = []
    for piece in query.split("&"):
        if pieces and not _PARAMETER.fullmatch(piece):
            pieces[-1] += "&" + piece  # an ampersand inside a value
        else:
            pieces.append(piece)
    return tuple(_condition(each) for each in pieces)


def _condition(piece: str) -> Condition:
    found = _PARAMETER.fullmatch(piece)
    if found is None:
        raise JsonPathError(f"{piece[:60]!r} is no condition; write attribute=value")
    # in a JSON body nothing need be encoded, yet some clients send what they would send in a URL
    values = tuple(dict.fromkeys((found[2], unquote(found[2]))))
    return tuple(found[1].split(".")), values


def _as_jsonpath(path: str) -> str:
    """The JSONPath of a pointer with filters in its steps."""
    steps = []
    for piece in _pieces(path[1:]):
        name, bracket, rest = piece.partition("[")
        name = name.replace("~1", "/").replace("~0", "~")
        if name or not bracket:
            steps.append(f"[{name}]" if name.isdigit() else f"[{orjson.dumps(name).decode()}]")
        steps.append(bracket + rest)
    return "$" + "".join(steps)


def _pieces(path: str) -> Iterator[str]:
    """A path at its slashes, except those within brackets."""
    begin, depth, quote = 0, 0, ""
    for index, character in enumerate(path):
        if quote:
            quote = "" if character == quote else quote
        elif depth and character in "'\"":
            quote = character
        elif character in "[]":
            depth += 1 if character == "[" else -1
        elif character == "/" and not depth:
            yield path[begin:index]
            begin = index + 1
    yield path[begin:]


def _unambiguous(text: str) -> Expression:
    """The expression. `..` is refused: a patch says where it changes what."""
    found = expression(text)
    if found.descends:
        raise JsonPathError(".. is not offered in a patch")
    return found
