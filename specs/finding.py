"""What the judgement of a vendor's document finds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Group(StrEnum):
    """How a document departs from the standard."""

    MISSING = "missing"
    """The standard has it, the document has not."""
    NARROWER = "narrower"
    """The document rejects what the standard allows a client to send."""
    WIDER = "wider"
    """The document accepts more than the standard, or answers what clients of the standard do not expect."""
    EXTENSION = "extension"
    """The document has it, the standard has not."""


class Level(StrEnum):
    """How much a finding matters: what is mandatory and missing makes a document incomplete."""

    MANDATORY = "mandatory"
    OPTIONAL = "optional"


@dataclass(frozen=True, slots=True)
class Finding:
    """One departure from the standard."""

    group: Group
    level: Level
    about: str
    """`attribute`, `operation`, `resource`, `event`, `sub-type`, `enumeration` …"""
    place: str
    """`POST /productOrder request`"""
    path: str
    """`productOrderItem[].action` in a body; a parameter's or header's name; empty for the place itself."""
    standard: str
    """What the standard says, "–" where it says nothing."""
    vendor: str
    """What the document says, "–" where it says nothing."""
    sentence: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """A vendor's document, judged by the contract of an API in a major version."""

    api: str
    title: str
    """The name of the API, "Product Ordering"."""
    version: str
    """The version of the contract, "4.0.0"."""
    document: str
    """The file that was judged."""
    digest: str
    """`sha256:…` of its bytes."""
    profile: str
    """Where it is taken from what is mandatory."""
    derived: bool
    """Whether TM Forum itself does not say which operations are mandatory."""
    findings: tuple[Finding, ...]
    """By group; in a group what is mandatory first, then in the standard's order."""

    @property
    def complete(self) -> bool:
        """Whether no mandatory part is missing."""
        return all(each.level is not Level.MANDATORY for each in self.findings)

    def count(self, group: Group, level: Level | None = None) -> int:
        """The number of findings of a group, and of a level where one is given."""
        return sum(each.group is group and level in (None, each.level) for each in self.findings)
