"""People who buy: they look around, ask what is possible, order, and see what becomes of it."""

from __future__ import annotations

from collections import deque
from typing import Any

from locust import task
from locust.env import Environment

from tmfrig.conformance.instance import identity
from tmfrig.conformance.purposes import Entry
from tmfrig.loadtests import queries
from tmfrig.loadtests.asking import Reply
from tmfrig.loadtests.follower import Follower
from tmfrig.loadtests.traffic import Traffic
from tmfrig.specs import Kind

CATALOG, ORDERING = "TMF620", "TMF622"
OFFERING, ORDER = "productOffering", "productOrder"
QUALIFYING = ("TMF679", "TMF645")
"""Commercial and technical qualification."""
_FOR_SALE = frozenset({"active", "launched"})
_SHOWN = ("id", "name", "lifecycleStatus", "isSellable", "isBundle")
_AT_ONCE = "instantSyncQualification"
_PAGE = 10
_REMEMBERED = 50
"""Offerings that a customer has in mind."""


class Customer(Follower):
    """Whoever chooses an offering and orders it."""

    abstract = True

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self._for_sale: deque[dict[str, Any]] = deque(maxlen=_REMEMBERED)

    def offering(self) -> dict[str, Any] | None:
        """Something that is for sale: of what was seen before, else after a look at the catalog."""
        known = self._for_sale or self.offerings()
        return self.traffic.random.choice(known) if known else None

    def offerings(self) -> list[dict[str, Any]]:
        """Look at a page or some of the catalog, all or only what is active; what is for sale there."""
        ask = self.traffic.ask(CATALOG, OFFERING, Kind.LIST)
        if ask is None:
            return []
        chance = self.traffic.random.random
        asked = queries.in_state(ask, "Active") if chance() < 0.5 else {}
        asked |= queries.only(ask, *_SHOWN) if chance() < 0.5 else {}
        found: list[dict[str, Any]] = []
        for number in range(3):
            query = queries.page(ask, number, _PAGE)
            reply = self.list(CATALOG, OFFERING, asked | query)
            shown = reply.resources if reply is not None and reply.ok else []
            found += filter(is_for_sale, shown)
            if not query or len(shown) < _PAGE or (found and chance() < 0.5):
                break
            self.think(*self.thinks)
        self._for_sale.extend(found)
        return found

    def order(self, wanted: dict[str, Any] | None) -> Reply | None:
        """Place an order for what the vendor's data name, else for what is wanted; None where that is not
        possible."""
        if not self.offered(ORDERING, ORDER, Kind.CREATE):
            return None
        about = {} if self.traffic.names(ORDERING, OFFERING) else referring(wanted)
        body = self.traffic.body(ORDERING, ORDER, about)
        return self.create(ORDERING, ORDER, body) if body is not None else None


class Shopper(Customer):
    """Browses (TMF620), asks what is possible (TMF679, TMF645), orders (TMF622), and follows the order."""

    followed = (ORDERING, *QUALIFYING)

    @classmethod
    def can_act(cls, traffic: Traffic) -> bool:
        """Whether there is something to look at, to ask for or to order."""
        return (
            traffic.ask(CATALOG, OFFERING, Kind.LIST) is not None
            or traffic.ask(ORDERING, ORDER, Kind.CREATE) is not None
            or any(question(traffic, api) is not None for api in QUALIFYING)
        )

    @task
    def visit(self) -> None:
        """One visit to the shop; every other one ends with an order, or all, where there is nothing else."""
        chance = self.traffic.random.random
        wanted = self._browse()
        if chance() < 0.7:
            self._qualify(QUALIFYING[0], wanted)
        if chance() < 0.3:
            self._qualify(QUALIFYING[1], None)
        if not self.has_asked or chance() < 0.5:
            reply = self.order(wanted or self.offering())
            if reply is not None:
                self.follow(reply, order=True, measured=True)

    def _browse(self) -> dict[str, Any] | None:
        """Look around, and at one or two offerings more closely; the last of these."""
        wanted = None
        found = self.offerings()
        for each in self.traffic.random.sample(found, min(len(found), self.traffic.random.choice((1, 1, 2)))):
            self.think(*self.thinks)
            wanted = each
            self.retrieve(CATALOG, OFFERING, str(identity(each)))
        return wanted

    def _qualify(self, api: str, wanted: dict[str, Any] | None) -> None:
        resource = question(self.traffic, api)
        if resource is None:
            return
        self.think(*self.thinks)
        body = self.traffic.body(api, resource, referring(wanted))
        if body is None:
            return
        creation = self.traffic.apis[api].contract.resources[resource].creation
        if creation is not None and _AT_ONCE in creation.attributes and not self.traffic.gives(api, resource):
            body[_AT_ONCE] = self.traffic.random.random() < 0.8
        reply = self.create(api, resource, body)
        if reply is not None and reply.status != 200:
            self.follow(reply, within=10.0)


def question(traffic: Traffic, api: str) -> str | None:
    """What is created to ask an API for a qualification; None where that is not possible."""
    mounted = traffic.apis.get(api)
    names = mounted.contract.resources if mounted else ()
    return next((name for name in names if traffic.ask(api, name, Kind.CREATE) is not None), None)


def is_for_sale(offering: dict[str, Any]) -> bool:
    """Whether it can be bought by itself, as far as the catalog says."""
    status = str(offering.get("lifecycleStatus", "active")).lower()
    return identity(offering) is not None and status in _FOR_SALE and offering.get("isSellable") is not False


def referring(offering: dict[str, Any] | None) -> dict[str, Entry]:
    """What a body is told to refer to an offering."""
    if offering is None:
        return {}
    name = offering.get("name")
    return {OFFERING: Entry(id=str(identity(offering)), name=name if isinstance(name, str) else None)}
