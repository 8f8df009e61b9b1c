"""What customer order management needs of its neighbours, in its own words; `boundaries` has who provides it.

Every method raises NeighbourError where the neighbour cannot or will not.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from tmfrig.mockservers.com.catalog import Blueprint, Offer, ServiceBlueprint
from tmfrig.mockservers.com.inventory import Service, Subscription
from tmfrig.mockservers.com.orders import Order, Phase, Standing
from tmfrig.mockservers.com.plan import Holding, Task


@dataclass(frozen=True, slots=True)
class Report:
    """How far an order and its lines are, and what the customer should know about it."""

    phase: Phase
    lines: Mapping[str, Phase]
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """Technical work to be ordered. `reference` is the same whenever the same work is ordered again."""

    reference: str
    customer_reference: str
    description: str
    tasks: Sequence[Task]
    order: Order


@dataclass(frozen=True, slots=True)
class TaskStatus:
    """How far one task is; `missing` names the traits that it waits for."""

    phase: Phase
    service: str | None = None
    message: str = ""
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkStatus:
    """How far ordered work is."""

    phase: Phase
    tasks: Mapping[str, TaskStatus] = field(default_factory=dict)
    message: str = ""
    mark: str = ""
    """Differs whenever anything about the work differs that shows that somebody is at it."""


class Ordering(Protocol):
    """Where customers' orders are taken."""

    async def read(self, number: str) -> Order | None:
        """The order as it is now; None where there is none."""

    def unfinished(self, *, begun: bool) -> AsyncIterator[str]:
        """Numbers of the new orders; with `begun` also of the others that are not at their end."""

    async def take_on(self, order: Order) -> bool:
        """Tell that work on a new order begins; False where it may not, or not yet."""

    async def report(self, order: Order, report: Report) -> None:
        """Tell how far the order is."""


class Catalog(Protocol):
    """What is sold, and what it is made of; None where there is no such thing."""

    async def offer(self, identifier: str) -> Offer | None:
        """An offer."""

    async def blueprint(self, identifier: str) -> Blueprint | None:
        """What a product is."""

    async def service_blueprint(self, identifier: str) -> ServiceBlueprint | None:
        """What a service is."""


class Fulfilment(Protocol):
    """Where technical work is ordered."""

    async def place(self, work: Work) -> str:
        """Order work: its number."""

    async def find(self, reference: str) -> str | None:
        """The number of work that was ordered under a reference."""

    async def read(self, number: str) -> WorkStatus | None:
        """How far it is; None where nobody knows of it."""

    async def resume(self, number: str, traits: Mapping[str, Mapping[str, Any]]) -> None:
        """Let work go on, with traits that were missing, by task."""

    async def cancel(self, number: str, reason: str) -> None:
        """Ask that work be cancelled."""

    async def denied(self, number: str) -> bool:
        """Whether it was decided that work is not cancelled."""


class Deployed(Protocol):
    """What is deployed: the authority on services."""

    async def read(self, identifier: str) -> Service | None:
        """A service; None where it is not deployed (any more)."""

    def every(self) -> AsyncIterator[Service]:
        """All services."""


class Subscriptions(Protocol):
    """What customers hold: the record that this domain writes."""

    async def read(self, identifier: str) -> Subscription | None:
        """A subscription."""

    async def of_line(self, order: str, line: str) -> list[Subscription]:
        """What a line of an order brought."""

    def every(self) -> AsyncIterator[Subscription]:
        """All subscriptions."""

    def realised_by(self, service: str) -> AsyncIterator[Subscription]:
        """The subscriptions behind which a service stands."""

    async def open(
        self, order: Order, holding: Holding, services: Sequence[str], parts: Sequence[str]
    ) -> str:
        """Record a new subscription, which is pending: its id."""

    async def update(
        self,
        identifier: str,
        *,
        standing: Standing | None = None,
        traits: Mapping[str, Any] | None = None,
        services: Sequence[str] | None = None,
        parts: Sequence[str] | None = None,
        offer: str | None = None,
    ) -> None:
        """Change a subscription; what is None stays."""


@dataclass(frozen=True, slots=True)
class Ports:
    """All neighbours together."""

    ordering: Ordering
    catalog: Catalog
    fulfilment: Fulfilment
    deployed: Deployed
    subscriptions: Subscriptions
