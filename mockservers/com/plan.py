"""What has to be done for an order: tasks on services, and the subscriptions that come of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeVar

from pydantic import Field

from tmfrig.mockservers.com.orders import Intent, Opaque, Standing, Thing

T = TypeVar("T")


class Verb(StrEnum):
    """What is done to a service."""

    CREATE = "create"
    CHANGE = "change"
    END = "end"
    KEEP = "keep"


class Facing(StrEnum):
    """Whom a service is for: the customer, or another service."""

    CUSTOMER = "customer"
    RESOURCE = "resource"


class Task(Thing):
    """One piece of technical work. `service` is the deployed one that it is about; `relies_on` are tasks."""

    id: str
    line: str
    holding: str
    verb: Verb
    blueprint: str
    name: str = ""
    facing: Facing = Facing.CUSTOMER
    traits: dict[str, Any] = Field(default_factory=dict)
    sites: list[Opaque] = Field(default_factory=list)
    service: str | None = None
    standing: Standing | None = None
    relies_on: list[str] = Field(default_factory=list)


class Holding(Thing):
    """What the customer will hold, holds or held because of a line. `parts` are keys of a package's holdings.

    `subscription` is its record in the inventory, known from the start where an existing one is changed.
    """

    key: str
    line: str
    root: str
    intent: Intent
    name: str = ""
    offer: str | None = None
    blueprint: str | None = None
    is_package: bool = False
    parts: list[str] = Field(default_factory=list)
    traits: dict[str, Any] = Field(default_factory=dict)
    sites: list[Opaque] = Field(default_factory=list)
    standing: Standing | None = None
    subscription: str | None = None


class Plan(Thing):
    """The decomposition of an order. Each group of tasks is ordered together."""

    holdings: list[Holding] = Field(default_factory=list)
    tasks: list[Task] = Field(default_factory=list)
    groups: list[list[str]] = Field(default_factory=list)

    def task(self, identifier: str) -> Task:
        """A task by its id."""
        return self._tasks_by_id[identifier]

    def holding(self, key: str) -> Holding:
        """A holding by its key."""
        return self._holdings_by_key[key]

    def tasks_of(self, holding: str) -> list[Task]:
        """The work behind one subscription."""
        return self._tasks_by_holding.get(holding, [])

    def holdings_of(self, line: str) -> list[Holding]:
        """What one line of the order is about."""
        return self._holdings_by_line.get(line, [])

    def together_with(self, holding: Holding) -> list[Task]:
        """All work that belongs to the same top line, and is done or undone together."""
        return self._tasks_by_root.get(holding.root, [])

    def below(self, holding: Holding) -> list[Holding]:
        """The parts of a package, and their parts."""
        parts = [self.holding(key) for key in holding.parts]
        return [found for part in parts for found in (part, *self.below(part))]

    # An order may have hundreds of lines, and each is asked for again and again.

    @cached_property
    def _tasks_by_id(self) -> dict[str, Task]:
        return {each.id: each for each in self.tasks}

    @cached_property
    def _holdings_by_key(self) -> dict[str, Holding]:
        return {each.key: each for each in self.holdings}

    @cached_property
    def _tasks_by_holding(self) -> dict[str, list[Task]]:
        return _by(self.tasks, lambda each: each.holding)

    @cached_property
    def _tasks_by_root(self) -> dict[str, list[Task]]:
        return _by(self.tasks, lambda each: self.holding(each.holding).root)

    @cached_property
    def _holdings_by_line(self) -> dict[str, list[Holding]]:
        return _by(self.holdings, lambda each: each.line)


def _by(things: Iterable[T], key: Callable[[T], str]) -> dict[str, list[T]]:
    found: dict[str, list[T]] = {}
    for each in things:
        found.setdefault(key(each), []).append(each)
    return found


def grouped(
    tasks: Iterable[Task], roots: dict[str, str], bonds: Iterable[tuple[str, str]]
) -> list[list[str]]:
    """Tasks that have to be ordered together: of one top line, or bound by what relies on what.

    `roots` gives the top line of each line, `bonds` are pairs of lines of which one needs the other.
    """
    tasks = list(tasks)
    leader = {root: root for root in roots.values()}

    def lead(root: str) -> str:
        while leader[root] != root:
            root = leader[root]
        return root

    by_id = {each.id: each for each in tasks}
    crossing = [(each.line, by_id[other].line) for each in tasks for other in each.relies_on]
    for one, other in [*bonds, *crossing]:
        if one in roots and other in roots:
            leader[lead(roots[other])] = lead(roots[one])
    groups: dict[str, list[str]] = {}
    for each in tasks:
        groups.setdefault(lead(roots[each.line]), []).append(each.id)
    return list(groups.values())
