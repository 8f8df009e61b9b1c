"""A conductor among neighbours in memory, where everything that a neighbour may do can be done by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from com_fakes import SHOP, FakeCatalog, FakeInventory, add, deployed

from tmfrig.mockservers.com.auditing import Auditor
from tmfrig.mockservers.com.conducting import Conductor
from tmfrig.mockservers.com.inventory import Deployment, Service, Subscription
from tmfrig.mockservers.com.ledger import Ledger
from tmfrig.mockservers.com.orchestration import Orchestration
from tmfrig.mockservers.com.orders import Line, Order, Phase, Standing
from tmfrig.mockservers.com.plan import Holding
from tmfrig.mockservers.com.ports import Ports, Report, TaskStatus, Work, WorkStatus
from tmfrig.mockservers.neighbours import Neighbour, NeighbourError
from tmfrig.mockservers.site import Site
from tmfrig.mockservers.stores import MemoryStore
from tmfrig.specs import rig_contract, standard_contract

Steps = Callable[["World"], Awaitable[None]]


def trouble(api: str, status: int | None = None) -> NeighbourError:
    """What a neighbour's failure looks like."""
    return NeighbourError(Neighbour(api, standard_contract(api), ""), "what was asked", status, "no")


@dataclass
class FakeOrdering:
    """Holds one order, and follows what is reported of it."""

    order: Order | None
    reports: list[Report] = field(default_factory=list)
    down: bool = False
    is_draft: bool = False
    """Whether it only looks like a new order."""

    async def read(self, number: str) -> Order | None:
        if self.down:
            raise trouble("TMF622")
        return None if self.order is None else self.order.model_copy(deep=True)

    async def take_on(self, order: Order) -> bool:
        if self.is_draft:
            return False
        await self.report(
            order, Report(Phase.WORKING, {each.number: Phase.WORKING for each in order.every_line()})
        )
        return True

    async def report(self, order: Order, report: Report) -> None:
        if self.down:
            raise trouble("TMF622")
        if self.order is not None:
            self.reports.append(report)
            self.order.phase = report.phase

    @property
    def phases(self) -> list[Phase]:
        """What was reported, repetitions left out."""
        told = [each.phase for each in self.reports]
        return [each for number, each in enumerate(told) if number == 0 or told[number - 1] is not each]

    @property
    def notes(self) -> list[str]:
        return [each.note for each in self.reports if each.note]


@dataclass
class Placed:
    """Work that was ordered."""

    work: Work
    status: WorkStatus
    cancel_asked: int = 0
    denied: bool = False
    supplied: list[Mapping[str, Mapping[str, Any]]] = field(default_factory=list)


@dataclass
class FakeFulfilment:
    """Takes work, and does what a test says."""

    placed: dict[str, Placed] = field(default_factory=dict)
    refuses: list[NeighbourError] = field(default_factory=list)
    """What placing runs into, one after the other."""
    loses_answers: int = 0
    """How many answers to placing get lost on their way."""
    refuses_to_cancel: NeighbourError | None = None
    down: bool = False

    async def place(self, work: Work) -> str:
        if self.refuses:
            raise self.refuses.pop(0)
        number = f"so-{len(self.placed) + 1}"
        tasks = {each.id: TaskStatus(Phase.NEW) for each in work.tasks}
        self.placed[number] = Placed(work, WorkStatus(Phase.NEW, tasks))
        if self.loses_answers:
            self.loses_answers -= 1
            raise trouble("TMF641")
        return number

    async def find(self, reference: str) -> str | None:
        return next((n for n, each in self.placed.items() if each.work.reference == reference), None)

    async def read(self, number: str) -> WorkStatus | None:
        if self.down:
            raise trouble("TMF641")
        found = self.placed.get(number)
        return None if found is None else found.status

    async def resume(self, number: str, traits: Mapping[str, Mapping[str, Any]]) -> None:
        status = self.placed[number].status
        if {Phase.WAITING, Phase.HELD} & {status.phase, *(each.phase for each in status.tasks.values())}:
            self.placed[number].supplied.append(traits)
            self.move(number, Phase.WORKING)

    async def cancel(self, number: str, reason: str) -> None:
        if self.refuses_to_cancel is not None:
            raise self.refuses_to_cancel
        if not self.placed[number].cancel_asked or self.placed[number].denied:
            self.placed[number].cancel_asked += 1
            self.placed[number].denied = False

    async def denied(self, number: str) -> bool:
        return self.placed[number].denied

    def move(self, number: str, phase: Phase, *tasks: str, **about: Any) -> None:
        """Work is in another phase, and so are its tasks (all of them where none is named)."""
        placed = self.placed[number]
        moved = {
            each: replace(status, phase=phase, **about) if not tasks or each in tasks else status
            for each, status in placed.status.tasks.items()
        }
        whole = placed.status.phase if tasks else phase
        placed.status = replace(placed.status, phase=whole, tasks=moved)

    def whole(self, number: str, phase: Phase) -> None:
        """Work is in another phase, and its tasks are not."""
        self.placed[number].status = replace(self.placed[number].status, phase=phase)

    @property
    def references(self) -> list[str]:
        return [each.work.reference for each in self.placed.values()]


class FakeSubscriptions(FakeInventory):
    """Subscriptions by id, which are written; the history of their standings."""

    def __init__(self, *entries: Subscription) -> None:
        super().__init__(*entries)
        self.history: list[tuple[str, Standing]] = []
        self.loses_answers = 0
        self.down = False

    async def of_line(self, order: str, line: str) -> list[Subscription]:
        return [each for each in self.all if each.origin == (order, line)]

    async def realised_by(self, service: str) -> AsyncIterator[Subscription]:
        for each in self.all:
            if service in each.services:
                yield each

    async def open(
        self, order: Order, holding: Holding, services: Sequence[str], parts: Sequence[str]
    ) -> str:
        if self.down:
            raise trouble("TMF637")
        made = Subscription(
            id=f"p-{len(self.entries) + 1}",
            standing=Standing.PENDING,
            offer=holding.offer,
            blueprint=holding.blueprint,
            is_package=holding.is_package,
            traits=holding.traits,
            services=list(services),
            parts=list(parts),
            origin=(order.number, holding.line),
        )
        self.entries[made.id] = made
        self.history.append((made.id, Standing.PENDING))
        if self.loses_answers:
            self.loses_answers -= 1
            raise trouble("TMF637")
        return made.id

    async def update(self, identifier: str, **changes: Any) -> None:
        if self.down:
            raise trouble("TMF637")
        present = self.entries[identifier]
        traits = {**cast(Subscription, present).traits, **(changes.pop("traits", None) or {})}
        known = {name: value for name, value in changes.items() if value is not None}
        self.entries[identifier] = present.model_copy(update={**known, "traits": traits})
        if "standing" in known and known["standing"] is not cast(Subscription, present).standing:
            self.history.append((identifier, known["standing"]))

    @property
    def all(self) -> list[Subscription]:
        return [cast(Subscription, each) for each in self.entries.values()]

    def standings(self) -> list[Standing]:
        return [each.standing for each in self.all]


class FailingStore(MemoryStore):
    """A store whose process dies at the n-th commit, before or after that is kept."""

    def __init__(self) -> None:
        super().__init__()
        self.dies_at: int | None = None
        self.keeps_the_last = False
        self.commits = 0

    async def commit(self, *changes: Any, **beside: Any) -> None:
        if self.dies_at is not None and self.commits >= self.dies_at:
            raise ProcessDiedError
        self.commits += 1
        if self.commits == self.dies_at:
            if self.keeps_the_last:
                await super().commit(*changes, **beside)
            raise ProcessDiedError
        await super().commit(*changes, **beside)


ACTS = (
    ("ordering", "report"),
    ("fulfilment", "place"),
    ("fulfilment", "resume"),
    ("fulfilment", "cancel"),
    ("subscriptions", "open"),
    ("subscriptions", "update"),
)
"""What is done to neighbours, and cannot be taken back by dying."""


class ProcessDiedError(BaseException):
    """Nothing goes on from here."""


class World:
    """An order and everybody who has to do with it; `patience` in seconds."""

    def __init__(
        self,
        *lines: Line,
        catalog: tuple[Any, ...] = SHOP,
        subscriptions: tuple[Subscription, ...] = (),
        services: tuple[Service, ...] = (),
        patience: float = 60,
        phase: Phase = Phase.NEW,
    ) -> None:
        placed = Order(
            number="17", phase=phase, reference="shop-17", lines=list(lines or [add("1", "fibre")])
        )
        self.ordering = FakeOrdering(placed)
        self.fulfilment = FakeFulfilment()
        self.inventory = FakeInventory(*services)
        self.subscriptions = FakeSubscriptions(*subscriptions)
        self.catalog = FakeCatalog(*catalog)
        self.store = FailingStore()
        self.patience = patience
        self.acts = 0
        self.dies_after_act: int | None = None
        for neighbour, act in ACTS:
            self._watch(getattr(self, neighbour), act)
        self.restart()

    def _watch(self, neighbour: Any, act: str) -> None:
        method = getattr(neighbour, act)

        async def watched(*arguments: Any, **named: Any) -> Any:
            answer = await method(*arguments, **named)
            self.acts += 1
            if self.acts == self.dies_after_act:
                self.store.dies_at = self.store.commits
                raise ProcessDiedError
            return answer

        setattr(neighbour, act, watched)

    @property
    def order(self) -> Order:
        assert self.ordering.order is not None
        return self.ordering.order

    def restart(self) -> None:
        """Another process over the same store."""
        self.store.dies_at, self.dies_after_act = None, None
        contract = rig_contract("COM")
        site = Site([contract], store=self.store)
        self.ledger = Ledger(
            self.store, site.collection(contract, "orchestration"), site.collection(contract, "orderPlan")
        )
        ports = Ports(
            ordering=cast(Any, self.ordering),
            catalog=self.catalog,
            fulfilment=self.fulfilment,
            deployed=cast(Any, self.inventory),
            subscriptions=cast(Any, self.subscriptions),
        )
        self.conductor = Conductor(ports, self.ledger, self.patience)
        jobs = site.collection(contract, "reconciliationJob")
        self.findings = site.collection(contract, "reconciliationFinding")
        self.auditor = Auditor(ports, self.ledger, jobs, self.findings, self.patience)

    def lose_patience(self) -> None:
        """From now on nothing may stand still."""
        self.patience = 0
        self.restart()

    async def look(self, times: int = 1) -> None:
        """Have the order looked at."""
        for _ in range(times):
            await self.conductor.advance("17")

    async def course(self) -> Orchestration:
        found = await self.ledger.load("17")
        assert found is not None
        return found

    def deploy(self, *tasks: str, deployment: Deployment = Deployment.ACTIVE, number: str = "so-1") -> None:
        """Services for tasks of ordered work, which names them."""
        work = self.fulfilment.placed[number].work
        for each in work.tasks:
            if each.id in tasks or not tasks:
                service = deployed(f"s-{each.id}", each.blueprint, deployment=deployment, facing=each.facing)
                self.inventory.entries[service.id] = service
                self.fulfilment.move(
                    number,
                    self.fulfilment.placed[number].status.tasks[each.id].phase,
                    each.id,
                    service=service.id,
                )

    def finish(self, number: str = "so-1") -> None:
        """Ordered work is done, and deployed."""
        self.fulfilment.move(number, Phase.COMPLETED)
        if any(each.service is None for each in self.fulfilment.placed[number].work.tasks):
            self.deploy(number=number)
            return
        for each in self.fulfilment.placed[number].work.tasks:
            present = self.inventory.entries[each.service or ""]
            self.inventory.entries[present.id] = present.model_copy(
                update={"deployment": Deployment.ENDED, "told": "terminated"}
            )


def play(steps: Steps, *lines: Line, **more: Any) -> World:
    """A world in which something has happened."""
    world = World(*lines, **more)
    asyncio.run(steps(world))
    return world
