"""Faults in how a body is read: what a client said is something else before the engine looks at it.

A fault of this kind is a subclass of `Misread` with a `misread` of its own, of `MisreadsTexts` with a `text`,
or of `MisreadsNumbers` with a `number`. Each begins with what `super()` makes of it, so that several add up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tmfrig.mockservers.faults.answers import Altered
from tmfrig.specs import Kind

_WRITING = frozenset({Kind.CREATE, Kind.PATCH})


class Misread(Altered):
    """A request whose body is misread where it creates or patches a resource."""

    async def json_and_bytes(self) -> tuple[Any, bytes]:
        """The body as it is misunderstood."""
        value, raw = await super().json_and_bytes()
        return (self.misread(value), raw) if self.kind in _WRITING else (value, raw)

    def misread(self, value: Any) -> Any:
        """What is understood of a parsed body."""
        return value


class MisreadsTexts(Misread):
    """Misreads every text of a body."""

    def misread(self, value: Any) -> Any:
        """The body with other texts."""
        return each_scalar(super().misread(value), self._text)

    def text(self, text: str) -> str:
        """What becomes of a text."""
        return text

    def _text(self, value: Any) -> Any:
        return self.text(value) if isinstance(value, str) else value


class MisreadsNumbers(Misread):
    """Misreads every number of a body."""

    def misread(self, value: Any) -> Any:
        """The body with other numbers."""
        return each_scalar(super().misread(value), self._number)

    def number(self, number: float) -> Any:
        """What becomes of a number."""
        return number

    def _number(self, value: Any) -> Any:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return self.number(value) if is_number else value


def each_scalar(value: Any, change: Callable[[Any], Any]) -> Any:
    """A copy of parsed JSON in which every scalar is changed."""
    if isinstance(value, dict):
        return {name: each_scalar(each, change) for name, each in value.items()}
    if isinstance(value, list):
        return [each_scalar(each, change) for each in value]
    return change(value)
