"""By how much a vendor's values are more or less than the standard's, aspect by aspect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tmfrig.specs.difference import Difference

# Of two formats, the first is a special case of the second.
_SPECIAL_FORMATS = {("int32", "int64"), ("float", "double")}
_LOWER_BOUNDS = ("minLength", "minProperties", "minimum", "exclusiveMinimum")
_UPPER_BOUNDS = ("maxLength", "maxProperties", "maximum", "exclusiveMaximum")


@dataclass(frozen=True, slots=True)
class Change:
    """What a vendor's values exclude and add, in words. Both are given where one replaces the other."""

    less: str = ""
    more: str = ""
    unused: str = ""
    """Values that clients know by name and now never see; what else is less in an answer harms nobody."""


def types(difference: Difference) -> Iterator[Change]:
    """JSON types."""
    ours, theirs = _types(difference.left), _types(difference.right)
    in_url = " request" not in difference.place and " response " not in difference.place
    if in_url and {difference.left, difference.right} == {"string", "array"}:
        return  # a list in a query is its elements with commas between them: the same text
    less = "any" not in theirs and not ours <= theirs
    more = "any" not in ours and not theirs <= ours
    words = f"{difference.right} instead of {difference.left}"
    yield Change(words if less else "", words if more else "")


def nullability(difference: Difference) -> Iterator[Change]:
    """Whether null is a value."""
    yield Change(more="null") if difference.right else Change(less="null")


def formats(difference: Difference) -> Iterator[Change]:
    """Formats of texts and numbers."""
    left, right = difference.left, difference.right
    words = f"{right or 'no format'} instead of {left or 'no format'}"
    less = right is not None and (left, right) not in _SPECIAL_FORMATS
    more = left is not None and (right, left) not in _SPECIAL_FORMATS
    yield Change(words if less else "", words if more else "")


def enumeration(difference: Difference) -> Iterator[Change]:
    """Values that are enumerated; blanks around them, which some official files have, do not count."""
    ours, theirs = _values(difference.left), _values(difference.right)
    if not theirs:
        yield Change(more="any value")
    elif not ours:
        yield Change(less="other values than those enumerated")
    else:
        missing = ", ".join(str(each) for each in ours if each not in theirs)
        added = ", ".join(str(each) for each in theirs if each not in ours)
        yield Change(less=missing, unused=missing)
        yield Change(more=added)


def cardinality(difference: Difference) -> Iterator[Change]:
    """How many elements a list has."""
    if difference.sides is None or difference.left is None or difference.right is None:
        return
    ours, theirs = difference.sides.left, difference.sides.right
    unlimited = float("inf")
    most = unlimited if ours.max_items is None else ours.max_items
    their_most = unlimited if theirs.max_items is None else theirs.max_items
    words = f"{difference.right} instead of {difference.left} elements"
    less = theirs.min_items > ours.min_items or their_most < most
    more = theirs.min_items < ours.min_items or their_most > most
    yield Change(less=words if less else "")
    yield Change(more=words if more else "")


def limits(difference: Difference) -> Iterator[Change]:
    """Lengths, bounds and patterns."""
    if difference.sides is None:
        return
    ours, theirs = difference.sides.left.limits, difference.sides.right.limits
    for name in dict.fromkeys((*ours, *theirs)):
        # uniqueItems: false says nothing
        left, right = (None if each is False else each for each in (ours.get(name), theirs.get(name)))
        if left != right:
            yield _limit(name, left, right)


def _limit(name: str, left: Any, right: Any) -> Change:
    if right is None:
        return Change(more=f"no {name} instead of {left}")
    if left is None:
        return Change(less=f"{name} {right}")
    words = f"{name} {right} instead of {left}"
    if name in _LOWER_BOUNDS:
        return Change(less=words) if right > left else Change(more=words)
    if name in _UPPER_BOUNDS:
        return Change(less=words) if right < left else Change(more=words)
    return Change(less=words, more=words)


def _types(named: str) -> frozenset[str]:
    found = frozenset(named.split("|"))
    return found | {"integer"} if "number" in found else found


def _values(enumerated: Any) -> list[Any]:
    return [each.strip() if isinstance(each, str) else each for each in enumerated or ()]
