"""What exists at a target, by the purpose for which somebody needs it: an offering to order, an address, an
outcome to provoke.

The sections of a data file that scenarios read; checks take from them what they refer to.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from tmfrig.conformance.documents import Strict


class Entry(BaseModel):
    """Something that exists at the target: its id, and whatever else a reference to it should say."""

    model_config = ConfigDict(extra="allow", frozen=True)

    id: str = Field(min_length=1)
    name: str | None = None
    characteristics: dict[str, Any] = Field(
        default_factory=dict, description="How it is configured when it is ordered or asked for"
    )

    @property
    def reference(self) -> dict[str, Any]:
        """The entry as a body refers to it."""
        return self.model_dump(exclude={"characteristics"}, exclude_none=True)


def _entry(value: Any) -> Any:
    return {"id": value} if isinstance(value, str) else value


Known = Annotated[Entry, BeforeValidator(_entry)]
"""An entry, written as its id alone or as an object."""


class Offerings(Strict):
    """Product offerings."""

    single: Known | None = Field(
        default=None, description="One for sale by itself, possible at `places.full`"
    )
    another: Known | None = Field(default=None, description="Another one, for orders with two items")
    bundle: Known | None = Field(default=None, description="One that bundles others")
    add_on: Known | None = Field(default=None, description="One that a customer of `single` may add")
    unavailable: Known | None = Field(default=None, description="One that is known, and no longer for sale")


class Places(Strict):
    """Addresses, seen from `offerings.single` and `services.single`."""

    full: Known | None = Field(default=None, description="Everything is possible here")
    limited: Known | None = Field(default=None, description="The same with less speed")
    alternative: Known | None = Field(default=None, description="Not the same, but something in its place")
    none: Known | None = Field(default=None, description="Nothing at all")


class Services(Strict):
    """Service specifications (TMF633)."""

    single: Known | None = Field(default=None, description="A customer-facing one")
    underlying: Known | None = Field(default=None, description="One that `single` rests on")


class Outcome(Strict):
    """How to make an order come out as wanted: all of what is given is put into the order."""

    externalId: str | None = Field(  # noqa: N815 - as the attribute that it changes is called
        default=None, description="Appended to the order's external id"
    )
    offering: Known | None = Field(default=None, description="Ordered in place of `offerings.single`")
    place: Known | None = Field(default=None, description="Ordered at this place")
    characteristics: dict[str, Any] = Field(default_factory=dict, description="Added to the ordered product")
    answer: dict[str, Any] = Field(
        default_factory=dict, description="Characteristics that answer a question for information"
    )


class Outcomes(Strict):
    """What an order may come to when it is provoked."""

    fail: Outcome | None = Field(default=None, description="Fulfilment of the order fails")
    fail_part: Outcome | None = Field(default=None, description="A bundle fails in one of its parts")
    partial: Outcome | None = Field(default=None, description="A part is delivered, another one is not")
    information: Outcome | None = Field(default=None, description="Information is required before it goes on")
    hold: Outcome | None = Field(default=None, description="The order is held once, until it is resumed")
    never_ending: Outcome | None = Field(default=None, description="Stays in progress until it is cancelled")
    slow: Outcome | None = Field(default=None, description="Takes long enough to be looked at meanwhile")
    cancel_denied: Outcome | None = Field(default=None, description="Its cancellation is denied")
    duplicate_events: Outcome | None = Field(default=None, description="Every notification comes twice")
    reordered_events: Outcome | None = Field(default=None, description="Notifications come out of order")
    lost_events: Outcome | None = Field(default=None, description="Notifications of fulfilment are lost")


class Purposes(Strict):
    """What exists, by purpose; nothing of it has to be named."""

    offerings: Offerings = Offerings()
    places: Places = Places()
    services: Services = Services()
    customer: Known | None = Field(default=None, description="A party that may order")
    billing_account: Known | None = Field(default=None, description="The account that an order is billed to")
    change: dict[str, Any] = Field(
        default_factory=dict, description="Characteristics of `offerings.single` that a customer may change"
    )
    outcomes: Outcomes = Outcomes()
