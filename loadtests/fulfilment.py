"""Systems that fulfil: they order services, and keep the inventories up to date."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from locust import task

from tmfrig.conformance.purposes import Entry
from tmfrig.loadtests import queries
from tmfrig.loadtests.asking import Reply
from tmfrig.loadtests.follower import Follower
from tmfrig.loadtests.following import state_of
from tmfrig.loadtests.traffic import PASSING, Traffic
from tmfrig.specs import Kind, Resource, canonical_state

SERVICE_CATALOG, SPECIFICATION = "TMF633", "serviceSpecification"
SERVICE_ORDERING, SERVICE_ORDER = "TMF641", "serviceOrder"
SERVICES = ("TMF638", "service")
PRODUCTS = ("TMF637", "product")
_REFUSED = frozenset({409, 422})
"""No published lifecycle is binding: a target need not take every step of it."""
_TERMINATED = "terminated"


class Fulfilment(Follower):
    """Places service orders (TMF641) and sees what becomes of some; creates, changes and removes services and
    products of its own (TMF638, TMF637)."""

    followed = (SERVICE_ORDERING,)
    thinks = (0.1, 0.5)

    @classmethod
    def can_act(cls, traffic: Traffic) -> bool:
        """Whether services can be ordered, or an inventory be written."""
        places = ((SERVICE_ORDERING, SERVICE_ORDER), SERVICES, PRODUCTS)
        return any(traffic.ask(*place, Kind.CREATE) is not None for place in places)

    @task(2)
    def order_service(self) -> None:
        """Order a service; half of the orders are followed."""
        if not self.offered(SERVICE_ORDERING, SERVICE_ORDER, Kind.CREATE):
            return
        body = self.traffic.body(SERVICE_ORDERING, SERVICE_ORDER, self._specification())
        reply = self.create(SERVICE_ORDERING, SERVICE_ORDER, body) if body is not None else None
        if reply is not None and self.traffic.random.random() < 0.5:
            self.follow(reply, order=True)

    @task(3)
    def update_services(self) -> None:
        """Record a service and what becomes of it."""
        self._record(*SERVICES)

    @task(1)
    def update_products(self) -> None:
        """Record a product and what becomes of it."""
        self._record(*PRODUCTS)

    def _specification(self) -> dict[str, Entry]:
        """One of the service specifications that the target has, unless the vendor's data name one."""
        if self.traffic.names(SERVICE_ORDERING, SPECIFICATION):
            return {}
        ask = self.traffic.ask(SERVICE_CATALOG, SPECIFICATION, Kind.LIST)
        if ask is None:
            return {}
        known = self.traffic.id_of(SERVICE_CATALOG, SPECIFICATION)
        if known is None or self.traffic.random.random() < 0.2:
            query = queries.page(ask, 0, 20) | queries.in_state(ask, "Active")
            self.list(SERVICE_CATALOG, SPECIFICATION, query)
            self.think(*self.thinks)
            known = self.traffic.id_of(SERVICE_CATALOG, SPECIFICATION)
        return {SPECIFICATION: Entry(id=known)} if known is not None else {}

    def _record(self, api: str, resource: str) -> None:
        reply, passing = self._make(api, resource)
        body = self.made(reply)
        if reply is None or body is None:
            return
        id = str(body["id"])
        self.think(*self.thinks)
        step = next_state(reply.ask.resource, body, self.traffic.random)
        if step and self.patch(api, resource, id, step, _REFUSED) is not None:
            self.think(*self.thinks)
        if passing:
            self.delete(api, resource, id)
        elif self.offered(api, resource, Kind.PATCH):
            change = self.traffic.change(api, resource, body)
            if change:
                self.patch(api, resource, id, change, _REFUSED)

    def _make(self, api: str, resource: str) -> tuple[Reply | None, bool]:
        """Create one, and say whether it will be removed."""
        if not self.offered(api, resource, Kind.CREATE):
            return None, False
        body = self.traffic.body(api, resource)
        if body is None:
            return None, False
        passing = (
            self.offered(api, resource, Kind.DELETE)
            and not self.traffic.gives(api, resource)
            and self.traffic.random.random() < 0.4
        )
        if passing:
            body["name"] = f"{PASSING} {self.traffic.random.randrange(16**8):08x}"
        return self.create(api, resource, body), passing


def next_state(resource: Resource, body: Mapping[str, Any], chance: Random) -> dict[str, Any]:
    """A patch to a state that may follow the one in which something is; empty where none may."""
    before, lifecycle, name = state_of(resource, body), resource.lifecycle, resource.state_attribute
    if before is None or lifecycle is None or name is None:
        return {}
    following = set(lifecycle.next_states(before)) - {*lifecycle.terminal, _TERMINATED}
    possible = [
        each
        for each in resource.attributes[name].enum
        if isinstance(each, str) and canonical_state(each) in following and each == each.strip()
    ]
    return {name: chance.choice(possible)} if possible else {}
