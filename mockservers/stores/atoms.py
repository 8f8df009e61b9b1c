"""Probes in SQL: atoms, each one value or one range of one attribute in the table of terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tmfrig.mockservers.stores.probes import Probe
from tmfrig.mockservers.stores.terms import ODD, has_one_term


@dataclass(frozen=True, slots=True)
class Statement:
    """Some SQL, or a part of it, and what stands for its question marks."""

    sql: str
    arguments: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Atom:
    """One value of an attribute, or a range, and how many terms there are at most up to a limit."""

    attribute: int
    comparisons: tuple[tuple[str, str], ...]
    """Operators and what they compare the value with."""
    is_odd: bool
    is_alone: bool
    """Whether a document has no other term of the attribute."""
    found: int = 0

    @property
    def is_range(self) -> bool:
        """Whether it is a range and not one value."""
        return self.comparisons[0][0] != "="

    @property
    def condition(self) -> Statement:
        """The condition on `t`, a row of the table of terms."""
        return self.on("t")

    def on(self, row: str) -> Statement:
        """The condition on a row of the table of terms, by its name."""
        compared = "".join(f" AND {row}.value {operator} ?" for operator, _ in self.comparisons)
        values = (value for _, value in self.comparisons)
        return Statement(f"{row}.attribute = ?{compared}", (self.attribute, *values))


@dataclass(frozen=True, slots=True)
class Choice:
    """Atoms of which a matching document has at least one: those of a probe that find anything."""

    atoms: tuple[Atom, ...]

    @property
    def found(self) -> int:
        """How many documents there are at most, as far as that was counted."""
        return sum(each.found for each in self.atoms)

    @property
    def is_odd(self) -> bool:
        """Whether a document must be looked into to know."""
        return any(each.is_odd for each in self.atoms)

    @property
    def single(self) -> Atom | None:
        """The one value that there is to choose, if it is one."""
        return self.atoms[0] if len(self.atoms) == 1 and not self.atoms[0].is_range else None

    @property
    def numbers(self) -> Statement:
        """The numbers (`seq`) of the documents."""
        parts = [f"SELECT t.seq FROM term t WHERE {each.condition.sql}" for each in self.atoms]
        return Statement(" UNION ".join(parts), _all_arguments(self.atoms))

    @property
    def amount(self) -> Statement:
        """How many documents there are."""
        if self._is_plain:
            values = [each.comparisons[0][1] for each in self.atoms]
            marks = ", ".join("?" * len(values))
            among = f"SELECT count(*) FROM term t WHERE t.attribute = ? AND t.value IN ({marks})"
            return Statement(among, (self.atoms[0].attribute, *values))
        counted = "t.seq" if len(self.atoms) == 1 and self.atoms[0].is_alone else "DISTINCT t.seq"
        conditions = " OR ".join(f"({each.condition.sql})" for each in self.atoms)
        return Statement(
            f"SELECT count({counted}) FROM term t WHERE {conditions}", _all_arguments(self.atoms)
        )

    @property
    def _is_plain(self) -> bool:
        """Whether it is a choice of values, each with documents of its own."""
        if any(each.is_range for each in self.atoms):
            return False
        alone = self.atoms[0].is_alone and len({each.attribute for each in self.atoms}) == 1
        return alone or len(self.atoms) == 1


def atoms_of(probe: Probe, attributes: Mapping[str, int]) -> Iterator[Atom]:
    """The atoms of a probe, not counted yet; none for a path that no document has."""
    for span in probe.spans:
        attribute = attributes.get(span.path)
        if attribute is None:
            continue
        is_alone = has_one_term(span.path)
        for value in span.values:
            yield Atom(attribute, (("=", value),), value == ODD, is_alone)
        if span.is_range:
            low, high = ">=" if span.low_closed else ">", "<=" if span.high_closed else "<"
            yield Atom(attribute, ((low, span.low), (high, span.high)), False, is_alone)


def counting(atoms: Sequence[Atom], most: int) -> Statement:
    """Counts the terms of each atom, up to a limit, in one row."""
    parts = [
        f"(SELECT count(*) FROM (SELECT 1 FROM term t WHERE {each.condition.sql} LIMIT ?) AS a)"
        for each in atoms
    ]
    arguments: list[Any] = []
    for each in atoms:
        arguments += [*each.condition.arguments, most]
    return Statement(f"SELECT {', '.join(parts)}", tuple(arguments))


def in_all(choices: Sequence[Choice], *, merged: bool) -> Statement:
    """The numbers of the documents that are in every choice; `merged`, by going through all in order."""
    sets = [f"SELECT * FROM ({each.numbers.sql}) AS s" for each in choices]
    arguments = [each for choice in choices for each in choice.numbers.arguments]
    order = " ORDER BY 1" if merged and len(choices) > 1 else ""
    return Statement(" INTERSECT ".join(sets) + order, tuple(arguments))


def _all_arguments(atoms: Sequence[Atom]) -> tuple[Any, ...]:
    return tuple(argument for each in atoms for argument in each.condition.arguments)
