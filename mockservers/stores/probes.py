"""Queries as a database can answer them: which terms a document must have, and whether that says it all."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from tmfrig.mockservers.matching import instant
from tmfrig.mockservers.query import Condition, Operator, Predicate, Query
from tmfrig.mockservers.stores.terms import (
    BOOLEAN,
    LONGEST_TEXT,
    NULL,
    NUMBER,
    ODD,
    TEXT,
    is_indexed,
    written_instant,
    written_number,
)

_COMPARED = frozenset({Operator.GT, Operator.GTE, Operator.LT, Operator.LTE})
_AFTER = {NUMBER: "2", "2": TEXT, TEXT: NULL}
"""Where the values of a kind end."""
MOST_SOUGHT = 400
"""Values and ranges that a query looks for among the terms: databases take no statement of any length."""


@dataclass(frozen=True, slots=True)
class Span:
    """Values at a path: one of `values`, or those between `low` and `high`."""

    path: str
    values: tuple[str, ...] = ()
    low: str = ""
    high: str = ""
    low_closed: bool = False
    high_closed: bool = False

    @property
    def is_range(self) -> bool:
        """Whether it is a range and not a choice."""
        return not self.values


@dataclass(frozen=True, slots=True)
class Probe:
    """Spans of which every matching document has a term in at least one.

    With odd values at one of the paths that a document must be looked into; `paths` are those.
    """

    spans: tuple[Span, ...]

    @property
    def paths(self) -> frozenset[str]:
        """The paths that it is about."""
        return frozenset(each.path for each in self.spans)

    @property
    def sought(self) -> int:
        """How many values and ranges it looks for."""
        return sum(len(each.values) or 1 for each in self.spans)


@dataclass(frozen=True, slots=True)
class Plan:
    """The conditions of a query that terms can tell, and whether those are all."""

    probes: tuple[Probe, ...]
    complete: bool


def planned(query: Query) -> Plan:
    """How a query can be answered."""
    probes: list[Probe] = []
    sought = 0
    for condition in query.conditions:
        probe = _probe(condition)
        if probe is not None and sought + probe.sought <= MOST_SOUGHT:
            probes.append(probe)
            sought += probe.sought
    return Plan(tuple(probes), len(probes) == len(query.conditions) and not query.filters)


def _probe(condition: Condition) -> Probe | None:
    spans: list[Span] = []
    for predicate in condition.alternatives:
        if not is_indexed(predicate.path):
            return None
        path = ".".join(predicate.path)
        if predicate.operator is Operator.EQ:
            values = {key for value in predicate.values for key in _equal_to(value)}
            spans.append(Span(path, (*sorted(values), ODD)))
        elif predicate.operator in _COMPARED:
            ranges = _ranges(path, predicate)
            if ranges is None:
                return None
            spans += [Span(path, (ODD,)), *ranges]
        else:
            return None
    return Probe(tuple(spans))


def _equal_to(value: str) -> Iterator[str]:
    """The written forms of everything that equals what a query gives as text (`matching.equals`)."""
    if value in ("true", "false"):
        yield f"{BOOLEAN}{int(value == 'true')}"
    elif value == "null":
        yield NULL
    number = _number(value)
    if number is not None:
        yield number
    moment = instant(value)
    if moment is not None:
        yield written_instant(moment)
    elif len(value) <= LONGEST_TEXT and "\0" not in value:
        yield TEXT + value


def _ranges(path: str, predicate: Predicate) -> list[Span] | None:
    """Where values are that compare as a predicate wants, kind by kind (`matching._ordered`); None where
    terms cannot tell.
    """
    spans = []
    for value in predicate.values:
        if "\0" in value or _is_endless(value):
            return None
        moment, number = instant(value), _number(value)
        keys = [TEXT + value]
        if moment is not None:
            keys.append(written_instant(moment))
        if number is not None:
            keys.append(number)
        for key in keys:
            if predicate.operator in (Operator.GT, Operator.GTE):
                spans.append(Span(path, (), key, _AFTER[key[0]], predicate.operator is Operator.GTE))
            else:
                spans.append(Span(path, (), key[0], key, True, predicate.operator is Operator.LTE))
    return spans


def _is_endless(text: str) -> bool:
    try:
        return not math.isfinite(float(text))
    except ValueError:
        return False


def _number(text: str) -> str | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return written_number(number) if math.isfinite(number) else None
