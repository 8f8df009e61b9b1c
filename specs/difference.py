"""What a structural comparison finds, and which findings are known defects of the official files."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from tmfrig.specs.shape import Shape


class Aspect(StrEnum):
    """In what two documents may differ at a place."""

    OPERATION = "operation"
    PARAMETER = "parameter"
    BODY = "body"
    MEDIA_TYPES = "media types"
    STATUS = "status"
    HEADER = "header"
    PROPERTY = "property"
    TYPE = "type"
    FORMAT = "format"
    ENUMERATION = "enumeration"
    MANDATORY = "mandatory"
    CARDINALITY = "cardinality"
    DEFAULT = "default"
    NULLABLE = "nullable"
    READ_ONLY = "read only"
    WRITE_ONLY = "write only"
    LIMITS = "limits"
    FURTHER_PROPERTIES = "further properties"
    ALTERNATIVES = "alternatives"
    DISCRIMINATOR = "discriminator"


@dataclass(frozen=True, slots=True)
class Sides:
    """All that two documents say where they differ: at the place itself, or of the object that holds it."""

    left: Shape
    right: Shape
    left_only: tuple[str, ...] = ()
    """Alternatives of the first document that have no like in the second."""
    right_only: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """One fact that two documents state differently, named by the place and path where it is first met."""

    place: str
    """`POST /productOrder`, `POST /productOrder request`, `GET /productOrder response 200`."""
    path: str
    """`productOrderItem[].action` in a body; a parameter's or header's name; empty for the place itself."""
    aspect: Aspect
    left: Any
    """What the first document says; None where it says nothing."""
    right: Any
    """What the second document says; None where it says nothing."""
    sides: Sides | None = field(default=None, compare=False, repr=False)
    """None outside of schemas: for operations, parameters, statuses, headers and media types."""

    @property
    def operation(self) -> str:
        """`POST /productOrder`"""
        return " ".join(self.place.split(" ")[:2])

    @property
    def answered(self) -> bool:
        """Whether the API writes this, and its clients have to understand it."""
        return is_answered(self.place)

    def __str__(self) -> str:
        where = f"{self.place}: {self.path}" if self.path else self.place
        return f"{where}: {self.aspect}: {said(self.left)} | {said(self.right)}"


@dataclass(frozen=True, slots=True)
class KnownDefect:
    """A difference that is a defect of an official file, with the reason why ours does not repeat it."""

    api: str
    line: int
    place: str
    path: str
    aspect: Aspect
    reason: str

    def explains(self, difference: Difference) -> bool:
        """Whether this is what the difference is about."""
        return (self.place, self.path, self.aspect) == (difference.place, difference.path, difference.aspect)


def is_answered(place: str) -> bool:
    """Whether the API writes what stands at a place: its responses, and what it sends to listeners."""
    return (" response " in place) != ("/listener/" in place)


@cache
def known_defects(api: str, line: int = 4) -> tuple[KnownDefect, ...]:
    """The known defects of an API's official document of a major version, from `exceptions.yaml`."""
    data = yaml.safe_load((files(__package__) / "exceptions.yaml").read_text("utf-8"))
    return tuple(
        KnownDefect(api, line, place, group["path"], Aspect(group["aspect"]), group["reason"])
        for group in data["exceptions"]
        if group["line"] == line
        for place in group["places"].get(api, ())
    )


def said(value: Any) -> str:
    """What a document says about something, as people read it."""
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "no"
        case tuple() | list() | frozenset():
            return ", ".join(map(str, value))
        case _:
            return str(value)
