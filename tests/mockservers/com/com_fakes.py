"""Neighbours in memory, as the domain sees them: what a test says is there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, cast

from tmfrig.mockservers.com.catalog import Blueprint, Offer, Part, ServiceBlueprint
from tmfrig.mockservers.com.inventory import Deployment, Service, Subscription
from tmfrig.mockservers.com.orders import Intent, Line, Order, Phase, Standing
from tmfrig.mockservers.com.plan import Facing
from tmfrig.mockservers.com.ports import Ports


class FakeCatalog:
    """Offers, blueprints and service blueprints by id; counts how often it is asked."""

    def __init__(self, *entries: Offer | Blueprint | ServiceBlueprint) -> None:
        self._entries = entries
        self.asked = 0

    async def offer(self, identifier: str) -> Offer | None:
        return self._found(Offer, identifier)

    async def blueprint(self, identifier: str) -> Blueprint | None:
        return self._found(Blueprint, identifier)

    async def service_blueprint(self, identifier: str) -> ServiceBlueprint | None:
        return self._found(ServiceBlueprint, identifier)

    def _found(self, kind: type[Any], identifier: str) -> Any:
        self.asked += 1
        return next((each for each in self._entries if type(each) is kind and each.id == identifier), None)


class FakeInventory:
    """Services or subscriptions by id."""

    def __init__(self, *entries: Service | Subscription) -> None:
        self.entries = {each.id: each for each in entries}

    async def read(self, identifier: str) -> Any:
        return self.entries.get(identifier)

    async def every(self) -> AsyncIterator[Any]:
        for each in self.entries.values():
            yield each


def ports(
    *catalog: Offer | Blueprint | ServiceBlueprint,
    services: tuple[Service, ...] = (),
    subscriptions: tuple[Subscription, ...] = (),
) -> Ports:
    """Neighbours of which only what decomposition reads is there."""
    nobody = cast(Any, None)
    return Ports(
        ordering=nobody,
        catalog=FakeCatalog(*catalog),
        fulfilment=nobody,
        deployed=cast(Any, FakeInventory(*services)),
        subscriptions=cast(Any, FakeInventory(*subscriptions)),
    )


def order(*lines: Line, **more: Any) -> Order:
    """An order of these lines."""
    return Order(number="17", phase=Phase.NEW, lines=list(lines), **more)


def add(number: str, offer: str | None = None, *parts: Line, **more: Any) -> Line:
    """A line that adds a product."""
    return Line(number=number, intent=Intent.ADD, offer=offer, parts=list(parts), **more)


def on(number: str, intent: Intent, holding: str | None, *parts: Line, **more: Any) -> Line:
    """A line about a product that is there."""
    return Line(number=number, intent=intent, holding=holding, parts=list(parts), **more)


def internet(**more: Any) -> Offer:
    """An offer for internet access."""
    return Offer(id="fibre", name="Fibre", blueprint="access", **more)


ACCESS = Blueprint(id="access", name="Access", services=["broadband"])
BROADBAND = ServiceBlueprint(id="broadband", name="Broadband", requires=["line"])
LINE = ServiceBlueprint(id="line", name="Access line", facing=Facing.RESOURCE)
TELEVISION = ServiceBlueprint(id="television", name="Television", relies_on=["broadband"])
TV = Offer(id="tv", name="TV", blueprint="tv-product")
TV_PRODUCT = Blueprint(id="tv-product", name="Television", services=["television"])
SHOP = (internet(), ACCESS, BROADBAND, LINE, TELEVISION, TV, TV_PRODUCT)
"""A small catalog: fibre with a line below, and television over whichever broadband there is."""
HOME = Offer(id="home", name="Home", is_package=True, parts=[Part(offer="fibre"), Part(offer="tv")])
"""A package of both."""


def held(identifier: str, *services: str, **more: Any) -> Subscription:
    """A product that a customer has."""
    known = {"standing": Standing.ACTIVE, "told": "active", "blueprint": "access", **more}
    return Subscription(id=identifier, services=list(services), **known)


def deployed(identifier: str, blueprint: str = "broadband", *supports: str, **more: Any) -> Service:
    """A service that works."""
    known: Mapping[str, Any] = {"deployment": Deployment.ACTIVE, "told": "active", "name": identifier, **more}
    return Service(id=identifier, blueprint=blueprint, supports=list(supports), **known)
