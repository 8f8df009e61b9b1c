"""The roles of the business, as the scenarios know them: the channel, and the APIs that it may speak to.

The digital channel speaks to the product catalog (TMF620), the qualifications (TMF679, TMF645) and product
ordering (TMF622), and to nothing behind them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import CannotJudge, Violation
from tmfrig.conformance.exchange import Exchange
from tmfrig.conformance.expect import describe_answer
from tmfrig.conformance.instance import created_by
from tmfrig.conformance.typed import TYPE, asks_for_type, chosen
from tmfrig.features.orders import Ear, Order, order_resource
from tmfrig.specs import Resource

CATALOG = "TMF620"
PRODUCT_ORDERING = "TMF622"

_FOR_SALE = frozenset({"active", "launched"})
_BROWSED = 50


@dataclass(frozen=True)
class Offering:
    """A product offering that a customer has chosen."""

    id: str
    name: str | None = None


class Channel:
    """The digital channel. `apis`: what it may speak to, by API identifier."""

    def __init__(self, apis: Mapping[str, Api], patience: float) -> None:
        self._apis = apis
        self._patience = patience

    @property
    def ordering(self) -> Api:
        """Product ordering."""
        return self._apis[PRODUCT_ORDERING]

    def choose(self) -> Offering:
        """An offering for sale from the catalog; without a catalog, one that nobody has published."""
        catalog = self._apis.get(CATALOG)
        if catalog is None:
            # The scenario asks product ordering for its handling of an order; whether an order for an
            # unknown offering is refused, is that product's own business rule.
            return Offering(self.ordering.unknown_id())
        resource = catalog.contract.resources["productOffering"]
        answer = catalog.list(resource, {"limit": _BROWSED}, label="GET the offerings, to choose one")
        if not answer.ok or not answer.is_json or not isinstance(answer.json, list):
            raise Violation(
                f"the product catalog cannot be browsed: it answered {describe_answer(answer)}",
                expected="200 with a list of offerings",
                actual=describe_answer(answer),
                exchange=answer,
            )
        offered = sorted(answer.representations, key=lambda each: not _is_for_sale(each))
        known = [each for each in offered if isinstance(each.get("id"), str)]
        return _offering(known[0]) if known else self._publish(catalog)

    def place(self, offering: Offering) -> Exchange:
        """Send an order for one piece of the offering; the answer is not judged here."""
        api, resource = self.ordering, order_resource(self.ordering)
        body = api.payload(resource)
        reference = _type_of_reference(resource) | {"id": offering.id}
        item = body["productOrderItem"][0] | {
            "action": "add",
            "productOffering": reference | ({"name": offering.name} if offering.name else {}),
        }
        return api.create(
            resource, body | {"productOrderItem": [item]}, label="POST the order for the chosen offering"
        )

    def taken(self, answer: Exchange, ear: Ear) -> Order:
        """The order that product ordering has taken; Violation when it refused, or took it without an id."""
        if not answer.ok:
            raise Violation(
                f"product ordering refused the order: it answered {describe_answer(answer)}",
                expected="201 with the order",
                actual=describe_answer(answer),
                exchange=answer,
            )
        made = created_by(answer, order_resource(self.ordering))
        if made is None:
            raise Violation(
                "product ordering took the order but gave it no id, so nobody can follow it",
                expected="an order with an id",
                actual=describe_answer(answer),
                exchange=answer,
            )
        return Order(self.ordering, made.id, answer, ear, self._patience)

    def _publish(self, catalog: Api) -> Offering:
        resource = catalog.contract.resources["productOffering"]
        body = catalog.payload(resource) | {"lifecycleStatus": "Active", "isSellable": True}
        try:
            made = catalog.fresh(resource, body)
        except CannotJudge as problem:
            raise CannotJudge(
                f"the product catalog is empty, and an offering could not be added: {problem}"
            ) from None
        return _offering(made.body | {"id": made.id})


def _type_of_reference(order: Resource) -> dict[str, str]:
    """How a reference to an offering names its type, where the contract asks for that."""
    created = order.creation.attributes if order.creation else {}
    offering = created["productOrderItem"].attributes.get("productOffering")
    named, described = chosen(offering) if offering is not None else ("", None)
    return {TYPE: named} if described is not None and asks_for_type(described.attributes) else {}


def _is_for_sale(offering: Mapping[str, Any]) -> bool:
    status = str(offering.get("lifecycleStatus", "active")).lower()
    return status in _FOR_SALE and offering.get("isSellable") is not False and not offering.get("isBundle")


def _offering(body: Mapping[str, Any]) -> Offering:
    name = body.get("name")
    return Offering(str(body["id"]), name if isinstance(name, str) else None)
