"""The cross-reference: which legacy order and line stand for which service order item and service."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import count

from tmfrig.mockservers.facade.copybook import Card, OrderState
from tmfrig.mockservers.facade.mapping import ORDER_STATES
from tmfrig.mockservers.store import Body

PREFIX = "TM"
"""The order numbers that PROVEX's operators have set aside for the facade: TM000001 and so on."""
FINAL = frozenset({"completed", "failed", "cancelled", "rejected", "partial"})


@dataclass(slots=True, eq=False)
class Job:
    """One service order item on its way through PROVEX."""

    order: str
    item: str
    action: str
    number: str
    service: str | None
    """The service's id in TMF638: an existing one's, or the one that an added service will have."""
    relies_on: frozenset[str] = frozenset()
    draft: Body | None = None
    """The service that is added, before it exists."""
    characteristics: list[Body] = field(default_factory=list)
    card: Card | None = None
    """What was sent; it is sent again unchanged, so that PROVEX knows it for the same."""
    state: OrderState | None = None
    """None until PROVEX has said that it knows the order."""
    refusal: Body | None = None
    carried_out: bool = False
    is_archived: bool = False

    @property
    def creates(self) -> bool:
        """Whether a service begins with it."""
        return self.action == "add"

    @property
    def is_undone(self) -> bool:
        """Whether what it began has to go again."""
        return self.refusal is not None or self.state is OrderState.WITHDRAWN

    @property
    def item_state(self) -> str:
        """How far the item is, in the words of TMF641."""
        if self.refusal is not None:
            return "failed"
        if self.carried_out:
            return "completed"
        if self.state is None:
            return "acknowledged"
        return ORDER_STATES[self.state].item or "inProgress"

    @property
    def service_state(self) -> str | None:
        """Where the added service is; None where the order tells nothing about it, or no more."""
        return None if self.state is None or self.carried_out else ORDER_STATES[self.state].service

    @property
    def is_open(self) -> bool:
        """Whether something is still to come."""
        return self.item_state not in FINAL


@dataclass(slots=True)
class Ledger:
    """All jobs and lines that the facade has ever had to do with."""

    _jobs: dict[str, dict[str, Job]] = field(default_factory=dict)
    _numbered: dict[str, Job] = field(default_factory=dict)
    _lines: dict[str, int] = field(default_factory=dict)
    _services: dict[int, str] = field(default_factory=dict)
    _latest: dict[int, Job] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def open_job(
        self, order: str, item: str, action: str, service: str | None, relies_on: Collection[str]
    ) -> Job:
        """The job of an item: a new one unless there is one, so that nothing is ordered twice."""
        jobs = self._jobs.setdefault(order, {})
        if item not in jobs:
            jobs[item] = Job(order, item, action, "", service, frozenset(relies_on))
            self.renumber(jobs[item])
        return jobs[item]

    def renumber(self, job: Job) -> None:
        """Begin a job from the start, under a number of its own."""
        job.number = f"{PREFIX}{next(self._numbers):06}"
        job.card, job.state, job.is_archived = None, None, False
        self._numbered[job.number] = job

    def jobs_of(self, order: str) -> dict[str, Job]:
        """The jobs of a service order, by item."""
        return self._jobs.get(order, {})

    def numbered(self, number: str) -> Job | None:
        """The job that has a legacy order number."""
        return self._numbered.get(number)

    def connect(self, service: str, line: int) -> None:
        """Note that a line realises a service."""
        self._lines[service] = line
        self._services[line] = service

    def line_of(self, service: str | None) -> int:
        """The line of a service; 0, which PROVEX does not know, for one without."""
        return self._lines.get(service or "", 0)

    def service_on(self, line: int) -> str | None:
        """The service that a line realises."""
        return self._services.get(line)

    def occupy(self, line: int, job: Job) -> None:
        """Note that a job is the last one that was ordered on a line."""
        self._latest[line] = job

    def is_busy(self, line: int, job: Job) -> bool:
        """Whether another job is at work on a line: the night file tells only the last order of each."""
        latest = self._latest.get(line)
        return line != 0 and latest is not None and latest is not job and latest.is_open
