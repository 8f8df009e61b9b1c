"""What a customer wants: the lines of an order, before the channel puts them into the words of TMF622."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tmfrig.features.bodies import characteristics
from tmfrig.features.data import Outcome

ADD, MODIFY, DELETE = "add", "modify", "delete"


@dataclass(frozen=True)
class Offering:
    """A product offering that a customer has chosen, and how they configure it."""

    id: str
    name: str | None = None
    characteristics: Mapping[str, Any] = field(default_factory=dict)

    @property
    def reference(self) -> dict[str, Any]:
        """As a body refers to it."""
        return {"id": self.id} | ({"name": self.name} if self.name else {})


@dataclass(frozen=True)
class Line:
    """One item of an order. `product` is the id of a product that the customer already holds."""

    id: str
    action: str = ADD
    offering: Offering | None = None
    product: str | None = None
    characteristics: Mapping[str, Any] = field(default_factory=dict)
    place: Mapping[str, Any] | None = None
    status: str | None = None
    parts: Sequence[Line] = ()
    relies_on: Sequence[str] = ()

    def body(self) -> dict[str, Any]:
        """The product order item in the words of version 4."""
        product: dict[str, Any] = {"id": self.product} if self.product else {}
        if self.characteristics:
            product["productCharacteristic"] = characteristics(self.characteristics)
        if self.place:
            product["place"] = [{"role": "installationAddress", **self.place}]
        if self.status:
            product["status"] = self.status
        body: dict[str, Any] = {"id": self.id, "quantity": 1, "action": self.action}
        if self.offering:
            body["productOffering"] = self.offering.reference
        if product:
            body["product"] = product
        if self.parts:
            body["productOrderItem"] = [each.body() for each in self.parts]
        if self.relies_on:
            body["productOrderItemRelationship"] = [
                {"id": each, "relationshipType": "reliesOn"} for each in self.relies_on
            ]
        return body

    def every(self) -> Iterator[Line]:
        """The line and all its parts."""
        yield self
        for part in self.parts:
            yield from part.every()


@dataclass(frozen=True)
class Wish:
    """An order that is about to be placed."""

    lines: Sequence[Line]
    external_id: str = field(default_factory=lambda: f"tmfrig-{secrets.token_hex(4)}")
    customer: Mapping[str, Any] | None = None
    billing_account: Mapping[str, Any] | None = None

    def body(self) -> dict[str, Any]:
        """The product order in the words of version 4."""
        body: dict[str, Any] = {
            "externalId": self.external_id,
            "description": "An order of a tmfrig scenario",
            "productOrderItem": [each.body() for each in self.lines],
        }
        if self.customer:
            body["relatedParty"] = [{"role": "customer", **self.customer}]
        if self.billing_account:
            body["billingAccount"] = dict(self.billing_account)
        return body

    def that_comes_to(self, outcome: Outcome) -> Wish:
        """The same order, made so that it comes to this outcome."""
        first, *others = self.lines
        if outcome.offering is not None:
            first = replace(first, offering=Offering(outcome.offering.id, outcome.offering.name))
        if outcome.place is not None:
            first = replace(first, place=outcome.place.reference)
        if outcome.characteristics:
            first = replace(first, characteristics={**first.characteristics, **outcome.characteristics})
        return replace(
            self, lines=[first, *others], external_id=self.external_id + (outcome.externalId or "")
        )
