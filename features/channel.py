"""The digital channel: browses, qualifies and orders, and speaks to nothing behind product ordering."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import Violation
from tmfrig.conformance.exchange import Exchange
from tmfrig.conformance.expect import describe_answer
from tmfrig.conformance.instance import created_by
from tmfrig.features.bodies import fitted, objects
from tmfrig.features.cast import (
    CATALOG,
    OFFERING_QUALIFICATION,
    PRODUCT_ORDERING,
    SERVICE_QUALIFICATION,
    Role,
)
from tmfrig.features.data import Entry
from tmfrig.features.following import Ear
from tmfrig.features.orders import CancelTask, Order
from tmfrig.features.wishes import Line, Offering, Wish
from tmfrig.specs import Resource

_FOR_SALE = frozenset({"active", "launched"})
_BROWSED = 50


class Channel(Role):
    """The digital channel, such as a web shop."""

    name: ClassVar[str] = "channel"
    reach: ClassVar[frozenset[str]] = frozenset(
        {CATALOG, OFFERING_QUALIFICATION, SERVICE_QUALIFICATION, PRODUCT_ORDERING}
    )

    @property
    def ordering(self) -> Api:
        """Product ordering."""
        return self.api(PRODUCT_ORDERING)

    @property
    def orders(self) -> Resource:
        """The product order."""
        return self.ordering.contract.resources["productOrder"]

    # ── the catalog ─────────────────────────────────────────────────────────────────────────────────────────

    def browse(self, query: Mapping[str, object] | None = None) -> Exchange:
        """Ask the catalog for its offerings. Violation when it does not answer with a list."""
        catalog = self.api(CATALOG)
        answer = catalog.list(
            catalog.contract.resources["productOffering"],
            query or {"limit": _BROWSED},
            label="GET the offerings, to choose one",
        )
        if not answer.ok or not answer.is_json or not isinstance(answer.json, list):
            raise Violation(
                f"the product catalog cannot be browsed: it answered {describe_answer(answer)}",
                expected="200 with a list of offerings",
                actual=describe_answer(answer),
                exchange=answer,
            )
        return answer

    def for_sale(self) -> list[dict[str, Any]]:
        """The offerings that can be bought by themselves, bundles included."""
        return [each for each in self.browse().representations if is_for_sale(each) and "id" in each]

    def opened(self, name: str, id: str, what: str) -> Exchange:
        """Open an entry of the catalog, such as a productOffering. Violation when it is not there."""
        catalog = self.api(CATALOG)
        answer = catalog.retrieve(catalog.contract.resources[name], id, label=f"GET {what}")
        if answer.status != 200 or not answer.is_json or not isinstance(answer.json, dict):
            raise Violation(
                f"the product catalog does not have {what} {id}: it answered {describe_answer(answer)}",
                expected=f"200 with the {name}",
                actual=describe_answer(answer),
                exchange=answer,
            )
        return answer

    def chosen(self, entry: Entry) -> Offering:
        """An offering of the data document, as the catalog shows it, where there is a catalog."""
        name = entry.name
        if self.offers(CATALOG):
            shown = self.opened("productOffering", entry.id, "the offering").json
            name = str(shown["name"]) if shown.get("name") else name
        return Offering(entry.id, name, entry.characteristics)

    def parts_of(self, offering: Offering) -> list[Offering]:
        """What a bundle is made of, one of each that must be in it; nothing where there is no catalog."""
        if not self.offers(CATALOG):
            return []
        shown = self.opened("productOffering", offering.id, "the bundle").json
        parts = [
            each for each in objects(shown.get("bundledProductOffering")) if _at_least(each) and "id" in each
        ]
        return [Offering(str(each["id"]), each.get("name")) for each in parts]

    # ── ordering ────────────────────────────────────────────────────────────────────────────────────────────

    def wish(self, *lines: Line) -> Wish:
        """An order of the customer whom the data document names."""
        customer, account = self.data.customer, self.data.billing_account
        return Wish(
            lines,
            customer=customer.reference if customer else None,
            billing_account=account.reference if account else None,
        )

    def line(self, id: str, offering: Offering, parts: Sequence[Line] = ()) -> Line:
        """One more of an offering, at the place where everything is possible."""
        place = self.data.places.full
        return Line(
            id,
            offering=offering,
            characteristics=offering.characteristics,
            place=self.located(place) if place else None,
            parts=parts,
        )

    @staticmethod
    def located(place: Entry) -> dict[str, Any]:
        """A place as bodies refer to it."""
        return {"@referredType": "GeographicAddress", **place.reference}

    def place(self, wish: Wish) -> Exchange:
        """Send an order; the answer is not judged here."""
        api, resource = self.ordering, self.orders
        body = {**api.payload(resource), **fitted(wish.body(), resource)}
        return api.create(resource, body, label="POST the order")

    def taken(self, answer: Exchange, ear: Ear | None = None) -> Order:
        """The order that product ordering has taken; Violation when it refused, or took it without an id."""
        if not answer.ok:
            raise Violation(
                f"product ordering refused the order: it answered {describe_answer(answer)}",
                expected="201 with the order",
                actual=describe_answer(answer),
                exchange=answer,
            )
        made = created_by(answer, self.orders)
        if made is None:
            raise Violation(
                "product ordering took the order but gave it no id, so nobody can follow it",
                expected="an order with an id",
                actual=describe_answer(answer),
                exchange=answer,
            )
        return Order(self.ordering, self.orders, made.id, answer, self.story.patience, ear)

    def order(self, wish: Wish, ear: Ear | None = None) -> Order:
        """Place an order that product ordering has to take."""
        return self.taken(self.place(wish), ear)

    def cancel(self, order_id: str, why: str = "The customer changed their mind") -> Exchange:
        """Ask for the cancellation of an order; the answer is not judged here."""
        api = self.ordering
        resource = api.contract.resources["cancelProductOrder"]
        body = fitted({"cancellationReason": why, "productOrder": {"id": order_id}}, resource)
        return api.create(resource, body, label="POST the cancellation of the order")

    def cancelling(self, answer: Exchange) -> CancelTask:
        """The cancel task that product ordering has taken. Violation when it refused it."""
        resource = self.ordering.contract.resources["cancelProductOrder"]
        made = created_by(answer, resource)
        if made is None:
            raise Violation(
                f"product ordering does not take the cancellation: it answered {describe_answer(answer)}",
                expected="201 with the cancel task",
                actual=describe_answer(answer),
                exchange=answer,
            )
        return CancelTask(self.ordering, resource, made.id, answer, self.story.patience)

    def amend(self, order: Order, change: Mapping[str, Any]) -> Exchange:
        """Change an order that is under way; the answer is not judged here."""
        body = fitted(change, order.resource, change=True)
        return order.api.patch(order.resource, order.id, body, label="PATCH the order")


def is_for_sale(offering: Mapping[str, Any]) -> bool:
    """Whether a customer can buy an offering by itself, as far as the catalog says."""
    status = str(offering.get("lifecycleStatus", "active")).lower()
    return status in _FOR_SALE and offering.get("isSellable") is not False


def _at_least(bundled: Mapping[str, Any]) -> bool:
    option = bundled.get("bundledProductOfferingOption")
    lower = option.get("numberRelOfferLowerLimit") if isinstance(option, dict) else None
    return lower is None or (isinstance(lower, int) and lower > 0)
