"""The course of one order: what was planned, what was ordered, how far it is, and what happened when."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum

from pydantic import Field

from tmfrig.mockservers.com.orders import Phase, Standing, Thing
from tmfrig.mockservers.com.plan import Plan, Task

MOST_TOLD = 300
"""Entries of a timeline; an order that goes on for ever must not grow for ever."""


class Purpose(StrEnum):
    """Why work was ordered: for the customer, or to undo what another group could not complete."""

    FULFIL = "fulfil"
    COMPENSATE = "compensate"


class Group(Thing):
    """Tasks that are ordered together. `number` is what the work is called once it is ordered.

    `attempted` is written before ordering: whoever finds it without a number looks first whether it was.
    """

    id: str
    tasks: list[str]
    purpose: Purpose = Purpose.FULFIL
    attempted: bool = False
    number: str | None = None
    phase: Phase = Phase.NEW
    message: str = ""
    cancel_asked: bool = False
    seen: str = ""
    """What was last told of it in all detail, to notice when something moves."""
    moved: datetime = Field(default_factory=lambda: now())
    """When something was last seen to happen."""


class TaskState(Thing):
    """How far a task is. `undone` says that it was completed and taken back."""

    phase: Phase = Phase.NEW
    service: str | None = None
    message: str = ""
    missing: list[str] = Field(default_factory=list)
    undone: bool = False


class HoldingState(Thing):
    """What is recorded of a holding; `attempted` as for a group.

    `related` are the services, or the parts of a package, with which it was last recorded.
    """

    attempted: bool = False
    subscription: str | None = None
    standing: Standing | None = None
    related: list[str] = Field(default_factory=list)


class Happening(Thing):
    """One entry of a timeline."""

    time: datetime
    what: str
    source: str = ""


class Orchestration(Thing):
    """The course of one order."""

    order: str
    reference: str | None = None
    phase: Phase = Phase.NEW
    """What the order was last told to be."""
    telling: Phase | None = None
    """What it is about to be told to be, where another could have told the same: who finds it so knows."""
    begun: datetime = Field(default_factory=lambda: now())
    ended: datetime | None = None
    trace: str | None = None
    plan: Plan | None = None
    planned_from: str = ""
    """What the order said when it was planned, to notice an amendment."""
    groups: list[Group] = Field(default_factory=list)
    tasks: dict[str, TaskState] = Field(default_factory=dict)
    undoing: list[Task] = Field(default_factory=list)
    holdings: dict[str, HoldingState] = Field(default_factory=dict)
    told: dict[str, str] = Field(default_factory=dict)
    """The phases of lines as the customer was last told."""
    cancel_before: Phase | None = None
    """Where the order was when its cancellation was asked for; None when nobody asks."""
    stalled: str = ""
    """Why it is held although no neighbour says so."""
    message: str = ""
    timeline: list[Happening] = Field(default_factory=list)

    @property
    def over(self) -> bool:
        """Whether nothing more is to be done."""
        return self.ended is not None

    def note(self, what: str, source: str = "COM") -> None:
        """Add to the timeline, unless the last entry says the same."""
        if self.timeline and self.timeline[-1].what == what:
            return
        self.timeline.append(Happening(time=now(), what=what, source=source))
        del self.timeline[: max(0, len(self.timeline) - MOST_TOLD)]

    def end(self, phase: Phase, message: str = "") -> None:
        """Nothing more happens."""
        self.phase, self.ended = phase, now()
        if message:
            self.message = message
        self.note(f"the order is {phase}" + (f": {message}" if message else ""))

    def adopt(self, plan: Plan, planned_from: str) -> None:
        """Take a plan, in place of an earlier one of which nothing was ordered."""
        self.plan, self.planned_from = plan, planned_from
        self.groups = [Group(id=str(number), tasks=ids) for number, ids in enumerate(plan.groups, 1)]
        self.tasks = {each.id: TaskState(service=each.service) for each in plan.tasks}
        self.holdings = {each.key: HoldingState(subscription=each.subscription) for each in plan.holdings}
        self.note(
            f"planned: {counted(len(plan.holdings), 'product')}, {counted(len(plan.tasks), 'task')} "
            f"in {counted(len(plan.groups), 'service order')}"
        )

    def task(self, identifier: str) -> Task:
        """A task of the plan, or one that undoes."""
        undoing = next((each for each in self.undoing if each.id == identifier), None)
        if undoing is not None:
            return undoing
        assert self.plan is not None
        return self.plan.task(identifier)

    @property
    def in_use(self) -> frozenset[str]:
        """The services and subscriptions that this is about."""
        services = (each.service for each in self.tasks.values())
        subscriptions = (each.subscription for each in self.holdings.values())
        return frozenset(each for each in (*services, *subscriptions) if each)

    def is_in(self, group: Group, phase: Phase) -> bool:
        """Whether work or a part of it is in a phase."""
        phases = {group.phase, *(self.tasks[each].phase for each in group.tasks)}
        return phase in phases and not group.phase.is_final

    def root_of(self, task: Task) -> str:
        """The top line to which a task belongs."""
        assert self.plan is not None
        return self.plan.holding(task.holding).root

    @property
    def anything_ordered(self) -> bool:
        """Whether work was ordered, or may have been."""
        return any(each.attempted for each in self.groups)


def now() -> datetime:
    """The present instant."""
    return datetime.now(UTC)


def counted(number: int, what: str) -> str:
    """A number of things, in words."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
