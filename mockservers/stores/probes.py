"""Queries as a database can answer them: which terms a document must have, and whether that says it all."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from operator import attrgetter

from tmfrig.mockservers import matching
from tmfrig.mockservers.matching import instant
from tmfrig.mockservers.query import Condition, Operator, Predicate, Query
from tmfrig.mockservers.stores.terms import (
    BOOLEAN,
    LONGEST_TEXT,
    NULL,
    NUMBER,
    ODD,
    TEXT,
    has_one_term,
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

    @property
    def start(self) -> tuple[str, bool]:
        """Where a range starts, and whether after that value: what starts later is larger."""
        return self.low, not self.low_closed

    @property
    def end(self) -> tuple[str, bool]:
        """Where a range ends, and whether with that value: it has something in it where this is larger."""
        return self.high, self.high_closed

    def __contains__(self, value: str) -> bool:
        return value in self.values or (self.start <= (value, False) and (value, True) <= self.end)

    def overlap(self, other: Span) -> Span | None:
        """The values that are in this one and in another at the same path; None where there are none."""
        for one, another in ((self, other), (other, self)):
            if one.values:
                among = frozenset(another.values) or another
                values = tuple(each for each in one.values if each in among)
                return Span(self.path, values) if values else None
        start, end = max(self.start, other.start), min(self.end, other.end)
        return _range(self.path, start, end) if start < end else None


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

    @property
    def only(self) -> str | None:
        """The path that it is about, if it is one at which a document has one term at most."""
        path = self.spans[0].path
        return path if has_one_term(path) and self.paths == {path} else None

    def overlap(self, other: Probe) -> Probe:
        """What holds of a document where both do; they have the same `only`."""
        pairs = product(self.spans, other.spans)
        shared = [both for one, another in pairs if (both := one.overlap(another)) is not None]
        # each is about odd values too, so that there is something left
        return Probe(tuple(_united(shared)))


@dataclass(frozen=True, slots=True)
class Plan:
    """The conditions of a query that terms can tell, and whether those are all."""

    probes: tuple[Probe, ...]
    complete: bool


def planned(query: Query) -> Plan:
    """How a query can be answered: conditions on the one term of an attribute are one probe, so that of two
    ends of a range only what is between them is read.
    """
    probes: dict[str | int, Probe] = {}
    sought = told = 0
    for number, condition in enumerate(query.conditions):
        probe = _probe(condition)
        if probe is None or probe.sought > MOST_SOUGHT:
            continue
        key = probe.only or number
        before = probes.get(key)
        if before is not None:
            probe = before.overlap(probe)
        then = sought + probe.sought - (before.sought if before is not None else 0)
        if then <= MOST_SOUGHT:
            probes[key] = probe
            sought, told = then, told + 1
    return Plan(tuple(probes.values()), told == len(query.conditions) and not query.filters)


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
    return Probe(tuple(_united(spans)))


def _united(spans: Iterable[Span]) -> Iterator[Span]:
    """The same in as few spans as can be: of each path one choice, and ranges that do not touch."""
    by_path: dict[str, list[Span]] = {}
    for each in spans:
        by_path.setdefault(each.path, []).append(each)
    for path, some in by_path.items():
        yield Span(path, tuple(sorted({value for each in some for value in each.values})))
        ranges: list[Span] = []
        for each in sorted(filter(attrgetter("is_range"), some), key=attrgetter("start")):
            if ranges and each.start <= ranges[-1].end:
                each = _range(path, ranges[-1].start, max(ranges.pop().end, each.end))
            ranges.append(each)
        yield from ranges


def _range(path: str, start: tuple[str, bool], end: tuple[str, bool]) -> Span:
    return Span(path, (), start[0], end[0], not start[1], end[1])


def _equal_to(value: str) -> Iterator[str]:
    """The written forms of everything that equals what a query gives as text (`matching.equals`)."""
    if value in ("true", "false"):
        yield f"{BOOLEAN}{int(value == 'true')}"
    elif value == "null":
        yield NULL
    written = _number(value)
    if written is not None:
        yield written
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
        moment, written = instant(value), _number(value)
        if "\0" in value or (written is None and matching.number(value) is not None):
            return None
        keys = [TEXT + value]
        if moment is not None:
            keys.append(written_instant(moment))
        if written is not None:
            keys.append(written)
        for key in keys:
            if predicate.operator in (Operator.GT, Operator.GTE):
                spans.append(Span(path, (), key, _AFTER[key[0]], predicate.operator is Operator.GTE))
            else:
                spans.append(Span(path, (), key[0], key, True, predicate.operator is Operator.LTE))
    return spans


def _number(text: str) -> str | None:
    """The written form of a number; None for what is none, has no end, or has none of its own."""
    asked = matching.number(text)
    if asked is None or (isinstance(asked, float) and not math.isfinite(asked)):
        return None
    return written_number(asked)
