"""People in customer care: they look up what customers have, change it, and cancel orders."""

from __future__ import annotations

from collections import deque
from typing import Any

from locust import task
from locust.env import Environment

from tmfrig.conformance.instance import identity
from tmfrig.conformance.purposes import Entry
from tmfrig.loadtests import queries
from tmfrig.loadtests.shopper import ORDER, ORDERING, Customer
from tmfrig.loadtests.traffic import Traffic, stays
from tmfrig.specs import Kind

INVENTORY, PRODUCT = "TMF637", "product"
CANCELLATION = "cancelProductOrder"
_CONFLICT = frozenset({409})
"""What somebody looked at may have changed, and an order may be over, by the time of the request."""


class CareAgent(Customer):
    """Searches product inventory (TMF637) by customer and status, modifies products, and cancels orders of
    the agent's own (TMF622).
    """

    followed = (ORDERING,)

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._customers: deque[str] = deque(maxlen=50)

    @classmethod
    def can_act(cls, traffic: Traffic) -> bool:
        """Whether there is an inventory, or orders can be cancelled."""
        return traffic.ask(INVENTORY, PRODUCT, Kind.LIST) is not None or cancels(traffic)

    @task(4)
    def look_up(self) -> None:
        """Search for products, read one of them, and sometimes modify it."""
        found = self._search()
        if found:
            self.think(*self.thinks)
            product = self._read(self.traffic.random.choice(found))
            if product is not None and self.traffic.random.random() < 0.4:
                self.think(*self.thinks)
                self._modify(product)

    @task(1)
    def cancel(self) -> None:
        """Place an order for a customer who has a change of mind."""
        if not cancels(self.traffic):
            return
        order = self.made(self.order(self.offering()))
        if order is None:
            return
        self.think(0.5, 1.5)
        body = self.traffic.body(ORDERING, CANCELLATION, {ORDER: Entry(id=str(order["id"]))})
        reply = self.create(ORDERING, CANCELLATION, body, _CONFLICT) if body is not None else None
        if reply is not None:
            self.follow(reply)

    def _search(self) -> list[dict[str, Any]]:
        ask = self.traffic.ask(INVENTORY, PRODUCT, Kind.LIST)
        if ask is None:
            return []
        query = queries.page(ask, 0, 20)
        if self._customers and self.traffic.random.random() < 0.6:
            query |= queries.of_party(ask, self.traffic.random.choice(self._customers))
        else:
            query |= queries.in_state(ask, "active")
        reply = self.list(INVENTORY, PRODUCT, query)
        found = reply.resources if reply is not None and reply.ok else []
        for each in found:
            self._customers.extend(queries.parties_of(each))
        return [each for each in found if stays(each) and identity(each) is not None]

    def _read(self, product: dict[str, Any]) -> dict[str, Any] | None:
        reply = self.retrieve(INVENTORY, PRODUCT, str(identity(product)))
        if reply is None:
            return product
        return next(iter(reply.resources), None) if reply.ok else None

    def _modify(self, product: dict[str, Any]) -> None:
        if not self.offered(INVENTORY, PRODUCT, Kind.PATCH):
            return
        change = self.traffic.change(INVENTORY, PRODUCT, product)
        if change:
            self.patch(INVENTORY, PRODUCT, str(identity(product)), change, _CONFLICT)


def cancels(traffic: Traffic) -> bool:
    """Whether orders can be placed and cancelled."""
    return all(traffic.ask(ORDERING, name, Kind.CREATE) is not None for name in (ORDER, CANCELLATION))
