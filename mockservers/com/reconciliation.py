"""Comparing what is deployed with what customers hold. What is deployed is right: the record follows it.

Resource-facing services are not compared: they belong to the customer-facing ones that they support.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from pydantic import Field

from tmfrig.mockservers.com.inventory import Deployment, Service, Subscription
from tmfrig.mockservers.com.orders import Standing, Thing
from tmfrig.mockservers.com.plan import Facing

_OVER = frozenset({Standing.ENDED, Standing.ABORTED, Standing.CANCELLED})
_BEGINNING = frozenset({Standing.CREATED, Standing.PENDING})


class Drift(StrEnum):
    """How record and reality differ."""

    MISSING_PRODUCT = "missingProduct"
    ORPHAN_SERVICE = "orphanService"
    STATE = "stateDrift"
    CHARACTERISTIC = "characteristicDrift"


class Finding(Thing):
    """One difference, in a sentence, and what would mend it: a standing or traits for the record."""

    kind: Drift
    explanation: str
    expected: str
    actual: str
    service: str | None = None
    subscription: str | None = None
    order: str | None = None
    standing: Standing | None = None
    traits: dict[str, object] = Field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from other findings; the same difference found again has the same."""
        return str(self.kind), self.service or "", self.subscription or ""


@dataclass(frozen=True, slots=True)
class Reality:
    """What is compared: services and subscriptions by id, and the orders by which services were made.

    `busy` are ids of services and subscriptions that an order is changing: nothing can be said of them.
    """

    services: Mapping[str, Service]
    subscriptions: Mapping[str, Subscription]
    orders: Mapping[str, str]
    busy: frozenset[str] = frozenset()


def compare(reality: Reality) -> list[Finding]:
    """Every difference, those of services before those of subscriptions."""
    return [*_unheld(reality), *_drifted(reality)]


def _unheld(reality: Reality) -> Iterator[Finding]:
    """Services that work, and that nobody holds."""
    holders: dict[str, list[Subscription]] = {}
    for each in reality.subscriptions.values():
        for identifier in each.services:
            holders.setdefault(identifier, []).append(each)
    for service in reality.services.values():
        works = service.deployment in (Deployment.ACTIVE, Deployment.IDLE)
        if not works or service.facing is Facing.RESOURCE or service.id in reality.busy:
            continue
        held = holders.get(service.id, [])
        if any(each.standing not in _OVER for each in held):
            continue
        named = f"{service.name or service.blueprint or 'The service'} ({service.id})"
        order = reality.orders.get(service.id)
        if held:
            last = held[-1]
            yield Finding(
                kind=Drift.ORPHAN_SERVICE,
                service=service.id,
                subscription=last.id,
                explanation=f"{named} is {service.told}, but its product {last.id} is {last.told}.",
                expected="a terminated service",
                actual=service.told,
            )
        elif order is not None and service.deployment is Deployment.ACTIVE:
            yield Finding(
                kind=Drift.MISSING_PRODUCT,
                service=service.id,
                order=order,
                explanation=f"{named} is active for the order {order}, but no product records it.",
                expected="a product that it realises",
                actual="none",
            )
        elif order is None:
            yield Finding(
                kind=Drift.ORPHAN_SERVICE,
                service=service.id,
                explanation=f"{named} is {service.told}, but no product and no order explains it.",
                expected="a product that it realises",
                actual="none",
            )


def _drifted(reality: Reality) -> Iterator[Finding]:
    """Subscriptions that say something else than their services."""
    for each in reality.subscriptions.values():
        involved = {each.id, *each.services}
        if each.standing in _OVER or each.is_package or not each.services or involved & reality.busy:
            continue
        services = [reality.services.get(identifier) for identifier in each.services]
        real = _standing(each, services)
        if real is not None and real is not each.standing and not _is_on_its_way(each, real):
            told = _told(each.services, services)
            yield Finding(
                kind=Drift.STATE,
                service=told[0],
                subscription=each.id,
                explanation=f"The product {each.name or each.id} ({each.id}) is {each.told}, "
                f"but its service {told[0]} is {told[1]}.",
                expected=f"a product that is {real}",
                actual=each.told,
                standing=real,
            )
        yield from _different_traits(each, [found for found in services if found is not None])


def _standing(subscription: Subscription, services: Iterable[Service | None]) -> Standing | None:
    """Where a subscription stands by what is deployed for it; None while that is still being built."""
    deployments = {Deployment.ENDED if each is None else each.deployment for each in services}
    if Deployment.ENDED in deployments:
        # what never began does not end: it is given up
        return Standing.ABORTED if subscription.standing in _BEGINNING else Standing.ENDED
    if Deployment.BUILDING in deployments:
        return None
    return Standing.SUSPENDED if Deployment.IDLE in deployments else Standing.ACTIVE


def _is_on_its_way(subscription: Subscription, real: Standing) -> bool:
    """What is about to begin need not be active yet, and what is about to end still is."""
    if subscription.standing is Standing.ENDING:
        return real is not Standing.ENDED
    return subscription.standing in _BEGINNING and real is Standing.SUSPENDED


def _told(identifiers: list[str], services: list[Service | None]) -> tuple[str, str]:
    """The service that speaks against the record, and its state."""
    pairs = list(zip(identifiers, services, strict=True))
    for identifier, service in pairs:
        if service is None:
            return identifier, "not in the service inventory"
    worst = min(
        (service for _, service in pairs if service is not None),
        key=lambda each: (each.deployment is not Deployment.ENDED, each.deployment is Deployment.ACTIVE),
    )
    return worst.id, worst.told


def _different_traits(subscription: Subscription, services: Iterable[Service]) -> Iterator[Finding]:
    for service in services:
        if service.deployment is Deployment.ENDED:
            continue
        different = {
            name: value
            for name, value in service.traits.items()
            if name in subscription.traits and str(subscription.traits[name]) != str(value)
        }
        if different:
            recorded = {name: subscription.traits[name] for name in different}
            yield Finding(
                kind=Drift.CHARACTERISTIC,
                service=service.id,
                subscription=subscription.id,
                explanation=f"The product {subscription.name or subscription.id} ({subscription.id}) says "
                f"{_listed(recorded)}, but its service {service.id} has {_listed(different)}.",
                expected=_listed(different),
                actual=_listed(recorded),
                traits=different,
            )


def _listed(traits: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in traits.items())
