"""Conditions that no term serves, as JSONB can tell them: what surely does not match is not read at all.

Only attributes of the resource itself are looked at, for JSONPath does not look into lists in lists as
`matching` does. Whatever PostgreSQL cannot compare counts as a match here, and is looked into.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import orjson

from tmfrig.mockservers.query import Condition, Operator, Predicate, Query
from tmfrig.mockservers.stores.atoms import Statement
from tmfrig.mockservers.stores.terms import is_indexed

_TEST = "(d.body @@ (SELECT ?::text::jsonpath)) IS NOT FALSE"
_LARGER = frozenset({Operator.GT, Operator.GTE})
_SMALLER = frozenset({Operator.LT, Operator.LTE})


def narrowing(query: Query) -> Iterator[Statement]:
    """Conditions on `d.body` that every matching document meets."""
    for condition in query.conditions:
        path = _json_path(condition)
        if path is not None:
            yield Statement(_TEST, (path,))


def _json_path(condition: Condition) -> str | None:
    tests: list[str] = []
    for predicate in condition.alternatives:
        if len(predicate.path) != 1 or is_indexed(predicate.path) or predicate.operator is Operator.NE:
            return None
        if "\0" in predicate.path[0]:
            return None
        tests += _tests(predicate)
    return " || ".join(f"({each})" for each in tests) or None


def _tests(predicate: Predicate) -> list[str]:
    name = f"$.{orjson.dumps(predicate.path[0]).decode()}"
    tests = []
    for value in predicate.values:
        number = _number(value)
        if number is None or predicate.operator is Operator.REGEX:
            return [f"exists({name})"]
        # a little more than asked, for a number of the document may be rounded when it is read
        low, high = (f"({name} >= {_beside(number, -math.inf)})", f"({name} <= {_beside(number, math.inf)})")
        if predicate.operator in _LARGER:
            tests.append(low)
        elif predicate.operator in _SMALLER:
            tests.append(high)
        else:
            tests.append(f"{low} && {high}")
    return tests


def _number(text: str) -> float | None:
    """A number that can be compared with others."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and abs(number) < 1e300 else None


def _beside(number: float, side: float) -> str:
    return repr(math.nextafter(math.nextafter(number, side), side))
