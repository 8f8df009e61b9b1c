"""A plan in the making: holdings and tasks as they are found, each with a name that is its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tmfrig.mockservers.com.orders import Intent, Line, Order, Standing
from tmfrig.mockservers.com.plan import Facing, Holding, Plan, Task, Verb, grouped

MOST_HOLDINGS = 5000
"""Products that one order may bring; packages of packages multiply."""


class RefusedError(Exception):
    """The order cannot be carried out as it is; `reasons` are sentences for the customer."""

    def __init__(self, reasons: Iterable[str]) -> None:
        self.reasons = list(reasons)
        super().__init__(" ".join(self.reasons))


class Draft:
    """Collects what an order needs, and what speaks against it."""

    def __init__(self) -> None:
        self.reasons: list[str] = []
        self._holdings: dict[str, Holding] = {}
        self._tasks: list[Task] = []
        self._counts: dict[str, int] = {}
        """How many tasks each holding has."""
        self._units: dict[str, int] = {}
        """How many holdings each line has."""
        self._wishes: list[tuple[Task, str]] = []
        """Tasks that rely on any service of a specification, where the order has one."""

    def holding(self, line: Line, root: str, **known: Any) -> Holding:
        """A new holding of a line; RefusedError where there are too many."""
        if len(self._holdings) >= MOST_HOLDINGS:
            raise RefusedError([f"The order would bring more than {MOST_HOLDINGS} products."])
        holding = Holding(
            key=self._key(line.number),
            line=line.mentioned,
            root=root,
            intent=line.intent,
            sites=line.sites,
            standing=line.standing,
            # the product of a line that adds one may have an id of the customer's, which is nobody else's
            subscription=None if line.intent is Intent.ADD else line.holding,
            **known,
        )
        self._holdings[holding.key] = holding
        return holding

    def task(
        self,
        holding: Holding,
        verb: Verb,
        blueprint: str,
        name: str,
        facing: Facing,
        *,
        traits: Mapping[str, Any] | None = None,
        service: str | None = None,
    ) -> Task:
        """A new task for a holding."""
        number = self._counts[holding.key] = self._counts.get(holding.key, 0) + 1
        task = Task(
            id=f"{holding.key}.{number}",
            line=holding.line,
            holding=holding.key,
            verb=verb,
            blueprint=blueprint,
            name=name,
            facing=facing,
            traits=dict(traits or {}),
            sites=holding.sites if verb is Verb.CREATE else [],
            service=service,
        )
        self._tasks.append(task)
        return task

    def wish(self, task: Task, blueprints: Iterable[str]) -> None:
        """A task relies on services of these specifications, as far as the order is about such services."""
        self._wishes += [(task, each) for each in blueprints]

    def refuse(self, line: str, why: str) -> None:
        """Something speaks against a line."""
        reason = f"Line {line}: {why}."
        if reason not in self.reasons:
            self.reasons.append(reason)

    def plan(self, order: Order) -> Plan:
        """What was found; RefusedError with everything that speaks against it."""
        if self.reasons:
            raise RefusedError(self.reasons)
        self._bind_across_lines()
        holdings = list(self._holdings.values())
        roots = {each.line: each.root for each in holdings}
        bonds = [(line.number, need) for line in order.every_line() for need in line.needs]
        return Plan(holdings=holdings, tasks=self._tasks, groups=grouped(self._tasks, roots, bonds))

    def _key(self, line: str) -> str:
        number = self._units.get(line, 0) + 1
        while (key := line if number == 1 else f"{line}/{number}") in self._holdings:
            number += 1
        self._units[line] = number
        return key

    def _bind_across_lines(self) -> None:
        """A television relies on whichever internet access the same order brings, and ends before one."""
        by_kind: dict[tuple[str, Verb, Standing | None], list[str]] = {}
        for each in self._tasks:
            by_kind.setdefault((each.blueprint, each.verb, each.standing), []).append(each.id)
        for task, blueprint in self._wishes:
            found = by_kind.get((blueprint, task.verb, task.standing), [])
            task.relies_on += [each for each in found if each != task.id and each not in task.relies_on]
