"""Probes in SQL: atoms, each one value or one range of one attribute in the table of terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tmfrig.mockservers.stores.probes import Probe
from tmfrig.mockservers.stores.terms import ODD


@dataclass(frozen=True, slots=True)
class Statement:
    """Some SQL, or a part of it, and what stands for its question marks."""

    sql: str
    arguments: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Atom:
    """One value of an attribute, or a range, and how many terms there are at most up to a limit."""

    condition: Statement
    """On `t`, a row of the table of terms."""
    is_range: bool
    is_odd: bool
    found: int = 0


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
        counted = "t.seq" if len(self.atoms) == 1 and self.single else "DISTINCT t.seq"
        conditions = " OR ".join(f"({each.condition.sql})" for each in self.atoms)
        return Statement(
            f"SELECT count({counted}) FROM term t WHERE {conditions}", _all_arguments(self.atoms)
        )


def atoms_of(probe: Probe, attributes: Mapping[str, int]) -> Iterator[Atom]:
    """The atoms of a probe, not counted yet; none for a path that no document has."""
    for span in probe.spans:
        attribute = attributes.get(span.path)
        if attribute is None:
            continue
        for value in span.values:
            equal = Statement("t.attribute = ? AND t.value = ?", (attribute, value))
            yield Atom(equal, is_range=False, is_odd=value == ODD)
        if span.is_range:
            low, high = ">=" if span.low_closed else ">", "<=" if span.high_closed else "<"
            between = f"t.attribute = ? AND t.value {low} ? AND t.value {high} ?"
            yield Atom(Statement(between, (attribute, span.low, span.high)), is_range=True, is_odd=False)


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


def in_all(choices: Sequence[Choice]) -> Statement:
    """The numbers of the documents that are in every choice."""
    sets = [f"SELECT * FROM ({each.numbers.sql}) AS s" for each in choices]
    arguments = [each for choice in choices for each in choice.numbers.arguments]
    return Statement(" INTERSECT ".join(sets), tuple(arguments))


def _all_arguments(atoms: Sequence[Atom]) -> tuple[Any, ...]:
    return tuple(argument for each in atoms for argument in each.condition.arguments)
