"""Walks: the terms of an attribute as their index has them, forwards or backwards, so that nothing is sorted.

Documents of one value are in their own order, either way; backwards, the index has those the wrong way round.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from typing import Any

from tmfrig.mockservers.stores.atoms import Atom, Choice, Statement
from tmfrig.mockservers.stores.terms import NULL

Ask = Callable[[Statement], Awaitable[Sequence[tuple[Any, ...]]]]
"""Runs a statement."""


@dataclass(frozen=True, slots=True)
class Walk:
    """Some terms of an attribute of which no document has two; conditions are on `w`, one of them."""

    attribute: int
    stretch: Statement
    """From where to where it goes."""
    conditions: tuple[Statement, ...] = ()
    """What else holds of the documents that are wanted."""
    descending: bool = False
    patience: int | None = None
    """Terms after which it gives up, wanted or not."""
    tells_all: bool = True
    """Whether every choice that a document must be in is among the conditions."""

    @classmethod
    def along(
        cls, attribute: int, choices: Iterable[Choice], *, descending: bool, patience: int | None = None
    ) -> Walk:
        """All values of an attribute, of the documents that are in every choice as far as look-ups tell."""
        ranges: list[Atom] = []
        tests: list[Statement | None] = []
        for choice in choices:
            (only, *others) = choice.atoms
            if only.is_range and only.attribute == attribute and not others:
                ranges.append(only)
            else:
                tests.append(_within(choice, attribute))
        conditions = tuple(each for each in tests if each is not None)
        stretch = _stretch(attribute, ranges)
        return cls(attribute, stretch, conditions, descending, patience, None not in tests)

    @property
    def condition(self) -> Statement:
        """Whatever holds of the terms that are wanted."""
        every = (self.stretch, *self.conditions)
        arguments = (argument for each in every for argument in each.arguments)
        return Statement(" AND ".join(each.sql for each in every), tuple(arguments))

    async def shortened(self, ask: Ask, *, in_order: bool = False) -> Walk:
        """The same walk up to where it gives up; `in_order`, without a part of the documents of one value."""
        if self.patience is None:
            return self
        ends = await ask(replace(self, conditions=())._steps(1, self.patience))
        if not ends:
            return self
        value, seq = ends[0]
        if self.descending and in_order:
            return self._up_to("w.value > ?", value)
        return self._up_to(f"(w.value, w.seq) {'>' if self.descending else '<'} (?, ?)", value, seq)

    async def numbers(self, ask: Ask, limit: int, offset: int) -> list[int]:
        """The numbers of a page of documents; fewer where the walk ends before."""
        if not self.descending:
            return [seq for _, seq in await ask(self._steps(limit, offset))]
        if not offset:
            return await self._first(ask, limit)
        begin = await ask(self._steps(1, offset))
        if not begin:
            return []
        value = begin[0][0]
        before = self._where("w.value > ?", value).condition
        counting = Statement(f"SELECT count(*) FROM term w WHERE {before.sql}", before.arguments)
        ((above,),) = await ask(counting)
        numbers = await self._tied(ask, value, limit, offset - above)
        if len(numbers) < limit:
            numbers += await self._where("w.value < ?", value)._first(ask, limit - len(numbers))
        return numbers

    async def _first(self, ask: Ask, limit: int) -> list[int]:
        rows = await ask(self._steps(limit, 0))
        if not rows:
            return []
        last = rows[-1][0]
        numbers: list[int] = []
        for value, tied in groupby(rows, key=itemgetter(0)):
            if value != last:
                numbers += sorted(seq for _, seq in tied)
        # of the last value, others may come first
        return numbers + await self._tied(ask, last, limit - len(numbers), 0)

    async def _tied(self, ask: Ask, value: str, limit: int, offset: int) -> list[int]:
        """Those of one value. Where that ends too early, so did the walk itself: nothing comes after it."""
        stretch = Statement("w.attribute = ? AND w.value = ?", (self.attribute, value))
        tied = await replace(self, stretch=stretch, descending=False).shortened(ask)
        return await tied.numbers(ask, limit, offset)

    def _up_to(self, sql: str, *arguments: Any) -> Walk:
        stretch = Statement(f"{self.stretch.sql} AND {sql}", (*self.stretch.arguments, *arguments))
        return replace(self, stretch=stretch)

    def _where(self, sql: str, *arguments: Any) -> Walk:
        return replace(self, conditions=(*self.conditions, Statement(sql, arguments)))

    def _steps(self, limit: int, offset: int) -> Statement:
        """Values and numbers on the way."""
        condition = self.condition
        order = "w.value DESC, w.seq DESC" if self.descending else "w.value, w.seq"
        return Statement(
            f"SELECT w.value, w.seq FROM term w WHERE {condition.sql} ORDER BY {order} LIMIT ? OFFSET ?",
            (*condition.arguments, limit, offset),
        )


def _stretch(attribute: int, ranges: Sequence[Atom]) -> Statement:
    """What is in every range; without any, all values that come before what has none."""
    if not ranges:
        return Statement("w.attribute = ? AND w.value < ?", (attribute, NULL))
    low = max((each.comparisons[0] for each in ranges), key=lambda test: (test[1], test[0] == ">"))
    high = min((each.comparisons[1] for each in ranges), key=lambda test: (test[1], test[0] == "<="))
    return replace(ranges[0], comparisons=(low, high)).on("w")


def _within(choice: Choice, attribute: int) -> Statement | None:
    """Whether a document with a term `w` of an attribute is in a choice; None where no look-up tells that."""
    tests: list[Statement] = []
    for atom in choice.atoms:
        if atom.attribute == attribute:
            tests.append(atom.on("w"))
        elif atom.is_range:
            return None
        else:
            tests.append(_looked_up(atom))
    arguments = (argument for each in tests for argument in each.arguments)
    sql = " OR ".join(each.sql for each in tests)
    return Statement(sql if len(tests) == 1 else f"({sql})", tuple(arguments))


def _looked_up(atom: Atom) -> Statement:
    # of an EXISTS, PostgreSQL would make a join, and read all that has the value
    condition = atom.condition
    return Statement(
        f"(SELECT 1 FROM term t WHERE {condition.sql} AND t.seq = w.seq) IS NOT NULL", condition.arguments
    )
