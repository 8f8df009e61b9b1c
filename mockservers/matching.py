"""Queries applied to parsed bodies: whether one matches, and in which order they come."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, TypeVar

import orjson

from tmfrig.mockservers.query import Condition, Operator, Predicate, Query, SortKey

_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ].+)?", re.ASCII)
LONGEST_INSTANT = 100
_LONG = re.compile(r"[+-]?\d{16,60}", re.ASCII)
_BLANK_OFFSET = re.compile(r" (\d\d:\d\d)$")
Scalar = tuple[int, Any]
T = TypeVar("T")


def selected(body: dict[str, Any], query: Query) -> bool:
    """Whether a query asks for a body."""
    return matches(body, query.conditions) and all(each.selects([body]) for each in query.filters)


def matches(body: dict[str, Any], conditions: Iterable[Condition]) -> bool:
    """Whether a body meets every condition. An attribute that it does not have meets none."""
    return all(any(_holds(body, each) for each in condition.alternatives) for condition in conditions)


def in_order(items: Iterable[T], keys: Sequence[SortKey], body_of: Callable[[T], Any]) -> list[T]:
    """The items by the keys, the first key first; what lacks an attribute comes last, either way."""
    return sorted(items, key=lambda each: sort_key(body_of(each), keys))


def sort_key(body: Any, keys: Sequence[SortKey]) -> tuple[Any, ...]:
    """Something by which bodies are in the order of the keys."""
    return tuple(_place(next(values_at(body, key.path), None), key) for key in keys)


def _place(value: Any, key: SortKey) -> tuple[bool, Any]:
    if value is None:
        return True, None
    return False, _Descending(_rank(value)) if key.descending else _rank(value)


@dataclass(frozen=True, slots=True)
class _Descending:
    """Comes before what it is larger than."""

    value: Scalar

    def __lt__(self, other: _Descending) -> bool:
        return self.value > other.value


def values_at(body: Any, path: Sequence[str]) -> Iterator[Any]:
    """Every value at a dotted path; a list on the way stands for each of its elements."""
    if isinstance(body, list):
        for each in body:
            yield from values_at(each, path)
    elif not path:
        yield body
    elif isinstance(body, dict) and path[0] in body:
        yield from _below(body[path[0]], path[1:])


def _below(value: Any, path: Sequence[str]) -> Iterator[Any]:
    if not path and isinstance(value, list):
        yield value  # the list itself can be compared with a JSON array
    yield from values_at(value, path)


def _holds(body: dict[str, Any], predicate: Predicate) -> bool:
    if predicate.operator is Operator.NE:
        return not any(equals(found, predicate.values) for found in values_at(body, predicate.path))
    return any(_compares(found, predicate) for found in values_at(body, predicate.path))


def _compares(found: Any, predicate: Predicate) -> bool:
    match predicate.operator:
        case Operator.EQ:
            return equals(found, predicate.values)
        case Operator.REGEX:
            text = _as_text(found)
            return text is not None and predicate.pattern is not None and predicate.pattern.found_in(text)
    return any(_ordered(found, value, predicate.operator) for value in predicate.values)


def equals(found: Any, values: tuple[str, ...]) -> bool:
    """Whether a value is one of those that are written as text: numbers and dates in any spelling."""
    if isinstance(found, str):
        if found in values:
            return True
        moments = _instants(values)
        return bool(moments) and instant(found) in moments
    if isinstance(found, bool) or found is None:
        return _as_text(found) in values
    if isinstance(found, int | float):
        return any(number(each) == found for each in values)
    return any(_parsed(each) == found for each in values)


def _ordered(found: Any, value: str, operator: Operator) -> bool:
    left, right = _rank(found), _comparable(found, value)
    if right is None:
        return False
    match operator:
        case Operator.GT:
            return left > right
        case Operator.GTE:
            return left >= right
        case Operator.LT:
            return left < right
    return left <= right


def _comparable(found: Any, value: str) -> Scalar | None:
    """The query's text as something that can be compared with the value found, or None."""
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return None
    if isinstance(found, int | float):
        asked = number(value)
        return None if asked is None else (1, asked)
    moment = instant(value)
    if instant(found) is not None:
        return None if moment is None else (2, moment)
    return (3, value)


def _rank(value: Any) -> Scalar:
    """A key under which values of any type can be sorted: numbers, instants, texts, anything else."""
    match value:
        case bool():
            return (0, value)
        case int() | float():
            return (1, value)
        case str():
            moment = instant(value)
            return (3, value) if moment is None else (2, moment)
    return (4, "")


@lru_cache(maxsize=256)
def _instants(values: tuple[str, ...]) -> frozenset[datetime]:
    return frozenset(moment for each in values if (moment := instant(each)) is not None)


def instant(text: str) -> datetime | None:
    """A date or date-time as an instant, so that offsets do not matter; UTC where it names no offset."""
    # most texts are none: they are not worth a place in the memory of those that are
    return _instant(text) if text[4:5] == "-" and len(text) <= LONGEST_INSTANT else None


@lru_cache(maxsize=4096)
def _instant(text: str) -> datetime | None:
    if not _DATE.fullmatch(text):
        return None
    try:
        # a plus in a query may have become a blank
        moment = datetime.fromisoformat(_BLANK_OFFSET.sub(r"+\1", text).upper())
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _as_text(value: Any) -> str | None:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return orjson.dumps(value).decode()
        case None:
            return "null"
    return None


def number(text: str) -> float | None:
    """The number that a text writes, whole ones exactly; None where it writes none."""
    try:
        # a double has fifteen digits and a half, and documents are read with whole numbers of 64 bits
        whole = int(text) if _LONG.fullmatch(text) else None
        return whole if whole is not None and -(2**63) <= whole < 2**64 else float(text)
    except ValueError:
        return None


def _parsed(text: str) -> Any:
    if text[:1] not in ("{", "["):
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
