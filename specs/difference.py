"""What a structural comparison finds, and which findings are known defects of the official files."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

import yaml


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

    def __str__(self) -> str:
        where = f"{self.place}: {self.path}" if self.path else self.place
        return f"{where}: {self.aspect}: {said(self.left)} | {said(self.right)}"


@dataclass(frozen=True, slots=True)
class KnownDefect:
    """A difference that is a defect of an official file, with the reason why ours does not repeat it."""

    api: str
    place: str
    path: str
    aspect: Aspect
    reason: str

    def explains(self, difference: Difference) -> bool:
        """Whether this is what the difference is about."""
        return (self.place, self.path, self.aspect) == (difference.place, difference.path, difference.aspect)


@cache
def known_defects(api: str) -> tuple[KnownDefect, ...]:
    """The known defects of an API's official document, from `exceptions.yaml`."""
    data = yaml.safe_load((files(__package__) / "exceptions.yaml").read_text("utf-8"))
    defects = (
        KnownDefect(each["api"], each["place"], each["path"], Aspect(each["aspect"]), each["reason"])
        for each in data["exceptions"]
    )
    return tuple(each for each in defects if each.api == api)


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
