"""The observer: looks into the inventories and at the service orders, and changes nothing.

A customer care desk sees as much. What it looks for is found by the links of the standard: a product names
its order item and the services that realise it, a service the item of the service order that brought it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import Violation
from tmfrig.conformance.exchange import Exchange
from tmfrig.conformance.expect import describe_answer
from tmfrig.conformance.instance import identity
from tmfrig.features.bodies import objects, references
from tmfrig.features.cast import PRODUCT_INVENTORY, SERVICE_INVENTORY, SERVICE_ORDERING, Role
from tmfrig.features.following import refuse_another
from tmfrig.features.orders import Order, external_id
from tmfrig.specs import canonical_state

_LISTED = 100


@dataclass(frozen=True)
class Record:
    """A product, a service or a service order as it stands in its inventory."""

    id: str
    body: dict[str, Any]
    exchange: Exchange

    @property
    def state(self) -> str | None:
        """Its state, or its status where that is what it has."""
        told = self.body.get("state", self.body.get("status"))
        # the standard itself spells some states in more than one way
        return canonical_state(told) if isinstance(told, str) else None

    @property
    def is_active(self) -> bool:
        """Whether it is in use."""
        return self.state == "active"

    @property
    def services(self) -> list[str]:
        """The services that realise a product."""
        return list(references(self.body.get("realizingService")))

    @property
    def parts(self) -> list[str]:
        """The products that a bundle bundles."""
        related = objects(self.body.get("productRelationship"))
        return list(references([each for each in related if each.get("relationshipType") == "bundles"]))

    @property
    def ordered_by(self) -> list[tuple[str, str]]:
        """The orders and items that a product or a service comes from, as pairs of ids."""
        return [
            (str(order), str(each.get("orderItemId") or each.get("itemId")))
            for name in ("productOrderItem", "serviceOrderItem")
            for each in objects(self.body.get(name))
            if (order := _first(each, "productOrderId", "orderId", "serviceOrderId")) is not None
        ]


class Observer(Role):
    """Reads product inventory, service inventory and service ordering."""

    name: ClassVar[str] = "observer"
    reach: ClassVar[frozenset[str]] = frozenset({PRODUCT_INVENTORY, SERVICE_INVENTORY, SERVICE_ORDERING})

    def product(self, id: str) -> Record:
        """One product. Violation when product inventory does not have it."""
        return self._one(PRODUCT_INVENTORY, "product", id)

    def service(self, id: str) -> Record:
        """One service. Violation when service inventory does not have it."""
        return self._one(SERVICE_INVENTORY, "service", id)

    def service_or_nothing(self, id: str) -> Record | None:
        """One service; None when service inventory has it no longer."""
        api = self.api(SERVICE_INVENTORY)
        answer = api.retrieve(api.contract.resources["service"], id, label="GET the service")
        return _record(answer, id) if answer.ok else None

    def products_of(self, order: Order) -> list[Record]:
        """The products that name an order as where they come from, and those that the order names."""
        api = self.api(PRODUCT_INVENTORY)
        described = api.contract.resources["product"].attributes["productOrderItem"].attributes
        name = "productOrderId" if "productOrderId" in described else "orderId"
        listed = self._listed(api, "product", f"productOrderItem.{name}", order.id)
        found = {
            each.id: each for each in listed if any(order_id == order.id for order_id, _ in each.ordered_by)
        }
        for id in self._named_by(order):
            if id not in found:
                found[id] = self.product(id)
        return list(found.values())

    def service_orders_of(self, order: Order) -> list[Record]:
        """The service orders that carry out a product order: they name it, or what the channel calls it."""
        api = self.api(SERVICE_ORDERING)
        names = {order.id, *([order.external_id] if order.external_id else [])}
        found: dict[str, Record] = {}
        for each in names:
            listed = self._listed(api, "serviceOrder", "externalReference.name", each)
            found |= {record.id: record for record in listed if _carries_out(record.body, order.id, names)}
        return list(found.values())

    def services_of(self, order: Order) -> list[Record]:
        """Every service that an order has brought or touched, as far as it still is in the inventory."""
        ids = {
            str(service["id"]): None
            for each in self.service_orders_of(order)
            for item in objects(each.body.get("serviceOrderItem"))
            if isinstance(service := item.get("service"), dict) and service.get("id")
        }
        ids |= dict.fromkeys(id for product in self.products_of(order) for id in product.services)
        return [record for id in ids if (record := self.service_or_nothing(id)) is not None]

    def realising(self, product: Record) -> list[Record]:
        """The services that realise a product. Violation for one that service inventory does not have."""
        return [self.service(id) for id in product.services]

    def products_realised_by(self, service_id: str) -> list[Record]:
        """The products that name a service as what realises them."""
        api = self.api(PRODUCT_INVENTORY)
        listed = self._listed(api, "product", "realizingService.id", service_id)
        return [each for each in listed if service_id in each.services]

    def resting_on(self, service: Record) -> list[Record]:
        """The services that a service rests on."""
        return [self.service(id) for id in references(service.body.get("supportingService"))]

    def _named_by(self, order: Order) -> Iterator[str]:
        for item in order.items:
            product = item.get("product")
            if item.get("action") == "add" and isinstance(product, dict) and product.get("id"):
                yield str(product["id"])

    def _one(self, name: str, kind: str, id: str) -> Record:
        api = self.api(name)
        answer = api.retrieve(api.contract.resources[kind], id, label=f"GET the {kind}")
        if not answer.ok or not answer.is_json or not isinstance(answer.json, dict):
            raise Violation(
                f"{kind} inventory does not have the {kind} {id}: it answered {describe_answer(answer)}",
                expected=f"200 with the {kind}",
                actual=describe_answer(answer),
                exchange=answer,
            )
        refuse_another(answer, id, f"the {kind} {id}", f"{kind} inventory")
        return _record(answer, id)

    def _listed(self, api: Api, kind: str, by: str, value: str) -> list[Record]:
        """What the list shows for a filter; for a target that does not filter, its first page."""
        resource = api.contract.resources[kind]
        answer = api.list(resource, {by: value, "limit": _LISTED}, label=f"GET the {kind}s, by {by}")
        if not answer.ok:
            answer = api.list(resource, {"limit": _LISTED}, label=f"GET the {kind}s")
        if not answer.ok or not answer.is_json or not isinstance(answer.json, list):
            raise Violation(
                f"{api.contract.api} does not list its {kind}s: it answered {describe_answer(answer)}",
                expected="200 with a list",
                actual=describe_answer(answer),
                exchange=answer,
            )
        bodies = answer.representations
        return [Record(id, body, answer) for body in bodies if (id := identity(body)) is not None]


def _record(answer: Exchange, id: str) -> Record:
    body = answer.json if answer.is_json and isinstance(answer.json, dict) else {}
    return Record(id, body, answer)


def _carries_out(body: Mapping[str, Any], order_id: str, names: set[str]) -> bool:
    told = {str(each.get("name")) for each in objects(body.get("externalReference"))}
    own = external_id(body) or ""
    related = set(references(body.get("orderRelationship")))
    return bool(told & names) or own.partition("/")[0] in names or order_id in related


def _first(body: Mapping[str, Any], *names: str) -> Any:
    return next((body[each] for each in names if body.get(each) is not None), None)
