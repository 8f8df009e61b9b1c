"""What is sold and what it is made of, as far as decomposition needs to know it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import Field

from tmfrig.mockservers.com.orders import Thing
from tmfrig.mockservers.com.plan import Facing


class TraitRule(Thing):
    """What a characteristic of a specification may be. `allowed` is empty where anything is."""

    name: str
    allowed: list[Any] = Field(default_factory=list)
    default: Any = None
    least: float | None = None
    most: float | None = None
    pattern: str | None = None

    def problem(self, value: Any) -> str | None:
        """Why a value is not possible; None where it is."""
        if self.allowed and not any(_same(value, each) for each in self.allowed):
            return f"{self.name} cannot be {value}; it is one of {', '.join(map(str, self.allowed))}"
        if self.least is not None or self.most is not None:
            low, high = self.least, self.most
            number = _number(value)
            if number is None or (low is not None and number < low) or (high is not None and number > high):
                return f"{self.name} cannot be {value}; it {_between(low, high)}"
        if self.pattern is not None and isinstance(value, str) and not _fits(self.pattern, value):
            return f"{self.name} cannot be {value!r}; it has the form {self.pattern}"
        return None


class Part(Thing):
    """An offer within a package: how many of it there are without being asked for, and may be."""

    offer: str
    usual: int = 1
    least: int = 0
    most: int | None = None


class Offer(Thing):
    """Something that is sold.

    `traits` are the values that the offer fixes or suggests, `choices` those that it leaves to choose from.
    """

    id: str
    name: str
    on_sale: bool = True
    why_not: str = ""
    only_in_packages: bool = False
    blueprint: str | None = None
    is_package: bool = False
    parts: list[Part] = Field(default_factory=list)
    traits: dict[str, Any] = Field(default_factory=dict)
    choices: dict[str, list[Any]] = Field(default_factory=dict)

    def problem(self, trait: str, value: Any) -> str | None:
        """Why a trait cannot have a value in this offer; None where it can."""
        choices = self.choices.get(trait)
        if not choices or any(_same(value, each) for each in choices):
            return None
        return f"{self.name} has {trait} {' or '.join(map(str, choices))}, not {value}"


class Blueprint(Thing):
    """What a product is: its traits, and the services that bring it about."""

    id: str
    name: str
    services: list[str] = Field(default_factory=list)
    rules: list[TraitRule] = Field(default_factory=list)


class ServiceBlueprint(Thing):
    """What a service is. It cannot do without what it `requires`, and uses what it `relies_on`."""

    id: str
    name: str
    facing: Facing = Facing.CUSTOMER
    requires: list[str] = Field(default_factory=list)
    relies_on: list[str] = Field(default_factory=list)
    rules: list[TraitRule] = Field(default_factory=list)


def wrong_traits(asked: Mapping[str, Any], blueprint: Blueprint | None) -> list[str]:
    """Why a product cannot have the traits that are asked for."""
    rules = {each.name: each for each in blueprint.rules} if blueprint is not None else {}
    found = [rules[name].problem(value) for name, value in asked.items() if name in rules]
    return [each for each in found if each is not None]


def _same(value: Any, other: Any) -> bool:
    """Equal as a customer means it: 500 and "500" are the same speed."""
    return bool(value == other) or str(value).lower() == str(other).lower()


def _between(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return f"is at least {low:g}" if low is not None else f"is at most {high:g}"
    return f"lies between {low:g} and {high:g}"


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _fits(pattern: str, value: str) -> bool:
    try:
        return re.search(pattern, value[:500]) is not None
    except re.error:
        return True  # what the catalog says cannot be understood: nothing can be said against the value
