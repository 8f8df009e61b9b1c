"""The items of a service order and the order in which they can be worked on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Any

from tmfrig.mockservers.store import Body

ITEMS = "serviceOrderItem"
RELIES_ON = "reliesOn"
FINAL_ITEM_STATES = frozenset({"completed", "failed", "cancelled", "rejected", "partial"})


class PlanError(Exception):
    """The items of an order contradict each other; `code` is a word for programs."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Line:
    """One item. `key` is unique in its order: the ids of the items around it and its own, with slashes."""

    key: str
    item: Body
    item_id: str
    """By which the outside knows it: its id, or its key where another item has that id too."""
    relies_on: tuple[str, ...] = ()
    """Keys of the items without which its service cannot be; an item relies on those nested in it."""

    @property
    def action(self) -> str:
        """What is to be done: add, modify, delete or noChange."""
        return str(self.item.get("action"))

    @property
    def state(self) -> str:
        """Its state; a client's patch may have left it out."""
        return str(self.item.get("state") or "acknowledged")

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens to it."""
        return self.state in FINAL_ITEM_STATES

    @property
    def service(self) -> Body:
        """The service as the order describes it."""
        service = self.item.get("service")
        return service if isinstance(service, dict) else {}

    @property
    def specification(self) -> str | None:
        """The id of the service's specification."""
        return (self.service.get("serviceSpecification") or {}).get("id")

    @property
    def winds_down(self) -> bool:
        """Whether it takes a service out of use: what relies on that has to go first."""
        suspends = self.action == "modify" and self.service.get("state") == "inactive"
        return suspends or self.action == "delete"

    def characteristics(self) -> Mapping[str, Any]:
        """The values of the service's characteristics by name."""
        given = self.service.get("serviceCharacteristic") or ()
        return {each["name"]: each.get("value") for each in given}


class Plan:
    """All items of an order, nested ones included, as they depend on each other."""

    def __init__(self, lines: Mapping[str, Line]) -> None:
        self.lines = lines

    @classmethod
    def of(cls, order: Body) -> Plan:
        """The plan of an order; PlanError where items rely on each other in a circle, or on nothing known."""
        found = list(_walked(order.get(ITEMS), ""))
        twice = [key for key, count in Counter(key for key, _ in found).items() if count > 1]
        if twice:
            raise PlanError("duplicateItem", f"two items have the id {twice[0]}")
        by_id: dict[str, list[str]] = {}
        for key, item in found:
            by_id.setdefault(str(item.get("id")), []).append(key)
        lines = {key: _line(key, item, by_id) for key, item in found}
        _check_order({key: line.relies_on for key, line in lines.items()})
        return cls(lines)

    @property
    def open(self) -> list[Line]:
        """The items to which something is still to happen."""
        return [line for line in self.lines.values() if not line.is_final]

    @property
    def leaves(self) -> list[Line]:
        """The items that nothing relies on, in the order in which they were ordered."""
        needed = {key for line in self.lines.values() for key in line.relies_on}
        return [line for key, line in self.lines.items() if key not in needed]

    @property
    def from_the_top(self) -> Sequence[Line]:
        """The items so that what relies on another one comes before it."""
        order = TopologicalSorter({key: line.relies_on for key, line in self.lines.items()}).static_order()
        return [self.lines[key] for key in reversed(list(order))]

    def waits_for(self, line: Line) -> tuple[Line, ...]:
        """The items that must be final before work on one begins.

        A service is built after those that it relies on, and taken out of use before them.
        """
        return tuple(self.lines[key] for key in self._waits[line.key])

    def can_begin(self, line: Line) -> bool:
        """Whether all that an item waits for is final."""
        return all(each.is_final for each in self.waits_for(line))

    @cached_property
    def _waits(self) -> Mapping[str, list[str]]:
        waits: dict[str, list[str]] = {key: [] for key in self.lines}
        for upper in self.lines.values():
            for key in upper.relies_on:
                lower = self.lines[key]
                if upper.winds_down and lower.winds_down:
                    waits[key].append(upper.key)
                elif not upper.winds_down and not lower.winds_down:
                    waits[upper.key].append(key)
        return waits


def with_items(order: Body, change: Callable[[str, Body], Body]) -> Body:
    """An order whose items, nested ones included, are what `change` makes of them; it gets their keys."""
    return order | {ITEMS: _changed(order.get(ITEMS), change, "")}


def _changed(items: Any, change: Callable[[str, Body], Body], above: str) -> list[Body]:
    changed = []
    for item in items or ():
        key = _key(item, above)
        below = {ITEMS: _changed(item[ITEMS], change, key)} if item.get(ITEMS) else {}
        changed.append(change(key, item) | below)
    return changed


def _walked(items: Any, above: str) -> Iterator[tuple[str, Body]]:
    for item in items or ():
        key = _key(item, above)
        yield key, item
        yield from _walked(item.get(ITEMS), key)


def _key(item: Body, above: str) -> str:
    return f"{above}/{item.get('id')}" if above else str(item.get("id"))


def _line(key: str, item: Body, by_id: Mapping[str, Sequence[str]]) -> Line:
    identifier = str(item.get("id"))
    nested = [f"{key}/{each.get('id')}" for each in item.get(ITEMS) or ()]
    named = [_resolved(key, name, by_id) for name in _relied_on(item)]
    return Line(
        key,
        item,
        identifier if len(by_id[identifier]) == 1 else key,
        tuple(dict.fromkeys([*nested, *named])),
    )


def _relied_on(item: Body) -> Iterator[str]:
    for each in item.get("serviceOrderItemRelationship") or ():
        target = each.get("orderItem") or {}
        name = target.get("itemId") or target.get("id")
        # an item of another order is that order's business
        elsewhere = target.get("serviceOrderId") or target.get("serviceOrderHref")
        if each.get("relationshipType") == RELIES_ON and name and not elsewhere:
            yield str(name)


def _resolved(key: str, name: str, by_id: Mapping[str, Sequence[str]]) -> str:
    candidates = by_id.get(name)
    if not candidates:
        raise PlanError("unknownItem", f"item {key} relies on item {name}, which the order does not have")
    above = key.rpartition("/")[0]
    sibling = f"{above}/{name}" if above else name
    return sibling if sibling in candidates else candidates[0]


def _check_order(relies_on: Mapping[str, Sequence[str]]) -> None:
    try:
        TopologicalSorter(relies_on).prepare()
    except CycleError as error:
        circle = " → ".join(reversed(error.args[1]))
        raise PlanError("dependencyCycle", f"items rely on each other in a circle: {circle}") from None
