"""Matching: what a query says about the resources that it selects, and in which order they come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tmfrig.conformance.checks.places import instant
from tmfrig.conformance.exchange import Exchange
from tmfrig.specs import Attribute

_DIRECTIVES = frozenset({"fields", "filter", "limit", "offset", "sort"})
_SCALARS = frozenset({"string", "integer", "number", "boolean"})
OPTIONAL = "optional notation"
"""Tags a request whose filter is written in a way that a target need not understand."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A first-level attribute and the values of which it should have one."""

    attribute: Attribute
    wanted: tuple[str, ...]

    def holds(self, body: Mapping[str, Any]) -> bool:
        """Whether a representation satisfies it; a list does with one of its elements."""
        value = body.get(self.attribute.name)
        values = value if isinstance(value, list) else [value]
        return any(_equals(each, wanted) for each in values for wanted in self.wanted)

    def __str__(self) -> str:
        return f"{self.attribute.name}={' or '.join(self.wanted)}"


def conditions(exchange: Exchange) -> list[Condition]:
    """The equality filters of a list request on first-level scalars; operators and paths are left out."""
    attributes = exchange.resource.attributes if exchange.resource else {}
    wanted: dict[str, list[str]] = {}
    for name, value in exchange.query:
        values = _between_semicolons(name, value)
        if name not in _DIRECTIVES and name in attributes and _is_plain(attributes[name]) and values:
            wanted.setdefault(name, []).extend(values)
    return [Condition(attributes[name], tuple(_alternatives(values))) for name, values in wanted.items()]


def written(value: Any) -> str:
    """A scalar as a filter names it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _between_semicolons(name: str, value: str) -> list[str]:
    """The alternatives of `a=x;a=y`, which come as one value; none where some are of another attribute."""
    first, *others = value.split(";")
    pairs = [each.partition("=") for each in others]
    if not any(sign for _, sign, _ in pairs):
        return [value]  # a semicolon of the value's own
    return [value, first, *(each for _, _, each in pairs)] if {key for key, _, _ in pairs} == {name} else []


def _is_plain(attribute: Attribute) -> bool:
    described = attribute.items if attribute.type == "array" else attribute
    return described is not None and described.type in _SCALARS


def _alternatives(values: list[str]) -> list[str]:
    # A comma separates alternatives, unless it belongs to the value: either reading is accepted.
    return [part for value in values for part in dict.fromkeys((value, *value.split(",")))]


def _equals(value: Any, wanted: str) -> bool:
    if isinstance(value, bool):
        return wanted.strip().lower() == str(value).lower()
    if isinstance(value, int | float):
        try:
            return float(wanted) == value
        except ValueError:
            return False
    if not isinstance(value, str):
        return False
    if value.strip().casefold() == wanted.strip().casefold():
        return True
    moment = instant(value)
    return moment is not None and moment == instant(wanted)


@dataclass(frozen=True, slots=True)
class Order:
    """One term of a `sort` parameter."""

    name: str
    descending: bool

    def is_kept_by(self, before: Any, after: Any) -> bool:
        """Whether two neighbours may stand in this order.

        Collations differ (case, punctuation, accents), so texts are blamed only when they are wrong in code
        points and as their letters and digits alone; absent values may come first or last.
        """
        if type(before) is not type(after):
            return True
        one, other = (after, before) if self.descending else (before, after)
        if isinstance(one, int | float):
            return bool(one <= other)
        if not isinstance(one, str):
            return True
        first, second = instant(one), instant(other)
        if first is not None and second is not None:
            return first <= second
        return one <= other or _letters(one) <= _letters(other)


def order(exchange: Exchange) -> Order | None:
    """The order that a list request asks for, if it is by one first-level scalar; None otherwise."""
    asked = exchange.asked("sort")
    if not asked or "," in asked or exchange.resource is None:
        return None
    # "+" in a query string is a blank to many, so a blank in front means ascending as well.
    name = asked.strip().lstrip("+-").strip()
    attribute = exchange.resource.attributes.get(name)
    if attribute is None or attribute.type not in _SCALARS:
        return None
    return Order(name, asked.strip().startswith("-"))


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
