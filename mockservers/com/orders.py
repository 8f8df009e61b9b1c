"""What a customer has ordered, and how far it is."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

Opaque = dict[str, Any]
"""Something that is handed on as it came, and that this domain has no words for (a party, a place)."""


class Thing(BaseModel):
    """The common manners of the domain's objects."""

    model_config = ConfigDict(extra="forbid")


class Intent(StrEnum):
    """What a line of an order wants to happen to a subscription."""

    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"
    KEEP = "keep"


class Phase(StrEnum):
    """How far an order, a line, or a piece of work is."""

    DRAFT = "draft"
    NEW = "new"
    WORKING = "working"
    WAITING = "waiting for information"
    HELD = "held"
    CANCEL_ASKED = "cancellation asked for"
    CANCELLING = "being cancelled"
    COMPLETED = "completed"
    FAILED = "failed"
    PARTIAL = "partly completed"
    CANCELLED = "cancelled"
    REFUSED = "refused"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen."""
        return self in _FINAL


_FINAL = frozenset({Phase.COMPLETED, Phase.FAILED, Phase.PARTIAL, Phase.CANCELLED, Phase.REFUSED})


class Standing(StrEnum):
    """Where a subscription stands."""

    CREATED = "created"
    PENDING = "pending"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    ENDING = "ending"
    ENDED = "ended"
    ABORTED = "aborted"
    CANCELLED = "cancelled"


class Line(Thing):
    """One line of an order. `holding` is the subscription that it changes, `needs` are other lines.

    `within` is the line of the order to which a part belongs that the order does not mention.
    """

    number: str
    intent: Intent
    offer: str | None = None
    blueprint: str | None = None
    holding: str | None = None
    traits: dict[str, Any] = Field(default_factory=dict)
    sites: list[Opaque] = Field(default_factory=list)
    standing: Standing | None = None
    quantity: int = 1
    parts: list[Line] = Field(default_factory=list)
    needs: list[str] = Field(default_factory=list)
    within: str | None = None

    @property
    def mentioned(self) -> str:
        """The number of the line of the order that it is, or belongs to."""
        return self.within or self.number

    def with_parts(self) -> Iterator[Line]:
        """The line and everything below it."""
        yield self
        for part in self.parts:
            yield from part.with_parts()


class Order(Thing):
    """An order as the customer sees it. `reference` is what the customer calls it."""

    number: str
    phase: Phase
    lines: list[Line]
    reference: str | None = None
    placed: str | None = None
    parties: list[Opaque] = Field(default_factory=list)
    account: Opaque | None = None

    def every_line(self) -> Iterator[Line]:
        """All lines, those of packages before their parts."""
        for line in self.lines:
            yield from line.with_parts()
