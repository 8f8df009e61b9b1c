"""What a difference between the standard and a vendor's document is judged with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from tmfrig.specs.difference import Difference, said
from tmfrig.specs.document import DocumentOperation
from tmfrig.specs.finding import Finding, Group, Level
from tmfrig.specs.mandatory import Mandatory


@dataclass(frozen=True)
class Case:
    """The two documents, as far as a difference does not say itself what they say."""

    profile: Mandatory
    standard: Mapping[str, DocumentOperation]
    """By name, `POST /productOrder`."""
    vendor: Mapping[str, DocumentOperation]
    """The vendor's operations, by the names that the standard has for them."""
    types: frozenset[str]
    """The names of the types that the standard knows."""


class Judge(Protocol):
    """Gives the findings that a difference of one aspect amounts to."""

    def __call__(self, difference: Difference, case: Case, /) -> Iterator[Finding]: ...


def found(
    difference: Difference,
    group: Group,
    sentence: str,
    *,
    mandatory: bool = False,
    about: str | None = None,
    said_by: tuple[Any, Any] | None = None,
) -> Finding:
    """A finding at the place of a difference."""
    standard, vendor = said_by or (difference.left, difference.right)
    return Finding(
        group=group,
        level=Level.MANDATORY if mandatory else Level.OPTIONAL,
        about=about or str(difference.aspect),
        place=difference.place,
        path=difference.path,
        standard=said(standard),
        vendor=said(vendor),
        sentence=sentence,
    )


def written(difference: Difference) -> str:
    """What the API writes at the place of a difference, as the beginning of a sentence."""
    return "Notifications" if "/listener/" in difference.place else "Answers"


def in_success(difference: Difference) -> bool:
    """Whether a difference is one of an answer that reports success."""
    return " response 2" in difference.place
