"""Supplying: what a customer was asked for is handed on, once it is in the order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tmfrig.mockservers.com.orchestration import Group, Orchestration, now
from tmfrig.mockservers.com.orders import Order, Phase
from tmfrig.mockservers.com.ports import Fulfilment


async def supply(fulfilment: Fulfilment, order: Order, course: Orchestration) -> None:
    """Let work go on that waits for information: when that is there, or when somebody resumed the order."""
    known = {each.number: each.traits for each in order.every_line()}
    resumed = order.phase is Phase.WORKING and course.phase is Phase.WAITING
    for group in course.groups:
        if group.number is None or not course.is_in(group, Phase.WAITING):
            continue
        supplied = _found(course, group, known)
        if not supplied and not resumed:
            continue
        course.note(f"handed on {_names(supplied)}", "service ordering")
        await fulfilment.resume(group.number, supplied)
        _remember(course, supplied)
        # that the order says more now is no amendment: it is what was asked for
        course.planned_from = said(order)
        group.phase, group.moved = Phase.WORKING, now()
        for each in group.tasks:
            state = course.tasks[each]
            if state.phase is Phase.WAITING:
                state.phase, state.missing = Phase.WORKING, []


def said(order: Order) -> str:
    """What an order wants, without how far it is."""
    return order.model_dump_json(include={"lines"})


def _found(
    course: Orchestration, group: Group, known: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """The traits that tasks wait for, of those for which all are known."""
    supplied = {}
    for each in group.tasks:
        missing = course.tasks[each].missing
        line = known.get(course.task(each).line, {})
        if missing and all(name in line for name in missing):
            supplied[each] = {name: line[name] for name in missing}
    return supplied


def _remember(course: Orchestration, supplied: Mapping[str, Mapping[str, Any]]) -> None:
    assert course.plan is not None
    for identifier, traits in supplied.items():
        task = course.task(identifier)
        task.traits |= traits
        for holding in course.plan.holdings:
            if holding.key == task.holding:
                holding.traits |= traits


def _names(supplied: Mapping[str, Mapping[str, Any]]) -> str:
    names = dict.fromkeys(name for traits in supplied.values() for name in traits)
    return ", ".join(names) or "that the order goes on"
