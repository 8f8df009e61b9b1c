"""Which alternative of one document answers which of another, where a body may be one of several things."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tmfrig.specs.shape import Alternative, Place, Shape, Shapes


@dataclass(frozen=True, slots=True)
class Pair:
    """Two alternatives that stand for the same thing, and what to call it."""

    name: str
    left: Place
    right: Place


@dataclass(frozen=True, slots=True)
class Matching:
    """Alternatives of two places, matched up."""

    pairs: tuple[Pair, ...]
    left_only: tuple[str, ...]
    """The names of alternatives that have not found their like on the other side."""
    right_only: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether every alternative of either side has found its like."""
        return not self.left_only and not self.right_only


def choices(shapes: Shapes, place: Place) -> tuple[Alternative, ...]:
    """The alternatives at a place; the place itself where there is no choice."""
    return shapes.shape(place).alternatives or (Alternative(shapes.name_of(place), place),)


def match(left: Place, right: Place, left_shapes: Shapes, right_shapes: Shapes) -> Matching:
    """Match the alternatives of two places by name (discriminator value or type), else by likeness."""
    ours, theirs = list(choices(left_shapes, left)), list(choices(right_shapes, right))
    found: list[tuple[Alternative, Alternative]] = []
    for one in list(ours):
        namesake = next((each for each in theirs if each.name is not None and each.name == one.name), None)
        if namesake is not None:
            found.append(_taken(one, namesake, ours, theirs))
    scores = sorted(
        (
            (-_likeness(left_shapes.shape(one.place), right_shapes.shape(other.place)), i, j, one, other)
            for i, one in enumerate(ours)
            for j, other in enumerate(theirs)
        ),
        key=lambda each: each[:3],
    )
    for score, _, _, one, other in scores:
        if score < 0 and one in ours and other in theirs:
            found.append(_taken(one, other, ours, theirs))
    chooser = 0 if left_shapes.shape(left).alternatives else 1
    return Matching(tuple(_named(found, chooser)), _names(ours), _names(theirs))


def _taken(
    one: Alternative, other: Alternative, ours: list[Alternative], theirs: list[Alternative]
) -> tuple[Alternative, Alternative]:
    ours.remove(one)
    theirs.remove(other)
    return one, other


def _names(alternatives: Iterable[Alternative]) -> tuple[str, ...]:
    return tuple(each.name or "unnamed" for each in alternatives)


def _named(found: Iterable[tuple[Alternative, Alternative]], chooser: int) -> Iterable[Pair]:
    for index, pair in enumerate(found, 1):
        # where only one side has a choice, it is that side's name which tells the reader something
        yield Pair(pair[chooser].name or pair[1 - chooser].name or str(index), pair[0].place, pair[1].place)


def _likeness(left: Shape, right: Shape) -> float:
    """From 0 (nothing in common) to 1 (the same at first sight)."""
    if left.type != right.type:
        return 0
    ours, theirs = set(left.properties), set(right.properties)
    if ours or theirs:
        return len(ours & theirs) / len(ours | theirs)
    same = (left.format, left.enum) == (right.format, right.enum)
    return 1 if same else 0.5
