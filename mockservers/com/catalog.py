"""What is sold and what it is made of, as far as decomposition needs to know it."""

from __future__ import annotations

import re
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
                return f"{self.name} cannot be {value}; it lies between {low:g} and {high:g}"
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
    """Something that is sold. `traits` are the values that the offer fixes."""

    id: str
    name: str
    on_sale: bool = True
    why_not: str = ""
    blueprint: str | None = None
    is_package: bool = False
    parts: list[Part] = Field(default_factory=list)
    traits: dict[str, Any] = Field(default_factory=dict)


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


def _same(value: Any, other: Any) -> bool:
    """Equal as a customer means it: 500 and "500" are the same speed."""
    return bool(value == other) or str(value).lower() == str(other).lower()


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _fits(pattern: str, value: str) -> bool:
    try:
        return re.search(pattern, value[:500]) is not None
    except re.error:
        return True  # what the catalog says cannot be understood: nothing can be said against the value
