"""Observing: what the neighbours say of ordered work becomes what we know of it."""

from __future__ import annotations

from tmfrig.mockservers.com.compensation import follow_up
from tmfrig.mockservers.com.orchestration import Group, Orchestration, now
from tmfrig.mockservers.com.orders import Phase
from tmfrig.mockservers.com.ports import Fulfilment, TaskStatus, WorkStatus

_SOURCE = "service ordering"


async def observe(fulfilment: Fulfilment, course: Orchestration) -> None:
    """Read everything that was ordered and is not at its end."""
    for group in course.groups:
        if group.number is None or group.phase.is_final:
            continue
        status = await fulfilment.read(group.number)
        if status is None:
            fail(course, group, f"the service order {group.number} does not exist any more")
        else:
            _take_over(course, group, status)
    follow_up(course)


def fail(course: Orchestration, group: Group, why: str) -> None:
    """Nothing will come of a group, except of what is at its end already."""
    group.phase, group.message = Phase.FAILED, why
    for each in group.tasks:
        state = course.tasks[each]
        if not state.phase.is_final:
            state.phase, state.message = Phase.FAILED, why
    course.note(why, _SOURCE)


def _take_over(course: Orchestration, group: Group, status: WorkStatus) -> None:
    before = _seen(course, group)
    if status.phase is not group.phase:
        course.note(f"{group.number} is {status.phase}", _SOURCE)
    group.phase, group.message, group.seen = status.phase, status.message, status.mark
    for each in group.tasks:
        state, told = course.tasks[each], status.tasks.get(each)
        # one that tells nothing of its items tells it of the whole
        state.phase = _phase(status.phase, told.phase if told is not None else status.phase)
        if told is not None:
            state.service = told.service or state.service
            state.message, state.missing = told.message, _missing(told)
    if before != _seen(course, group):
        group.moved = now()
        if course.stalled:
            course.note("something moves again", _SOURCE)
            course.stalled = ""


def _seen(course: Orchestration, group: Group) -> tuple[Phase, str, list[Phase]]:
    return group.phase, group.seen, [course.tasks[each].phase for each in group.tasks]


def _phase(whole: Phase, item: Phase) -> Phase:
    """The phase of a task: at the end of the whole, an item that says otherwise did not get to its own."""
    if not whole.is_final:
        return Phase.WORKING if item is Phase.NEW else item
    if item is Phase.PARTIAL or not item.is_final:
        item = whole
    return Phase.FAILED if item in (Phase.PARTIAL, Phase.REFUSED) else item


def _missing(told: TaskStatus) -> list[str]:
    return list(told.missing) if told.phase is Phase.WAITING else []
