"""Undoing: when a part of what belongs together failed, what was completed of it is taken back."""

from __future__ import annotations

from tmfrig.mockservers.com.orchestration import Group, Orchestration, Purpose, TaskState
from tmfrig.mockservers.com.orders import Order, Phase
from tmfrig.mockservers.com.plan import Task, Verb
from tmfrig.mockservers.com.recording import Save

_SPOILT = frozenset({Phase.FAILED, Phase.REFUSED})


async def compensate(order: Order, course: Orchestration, save: Save) -> bool:
    """Plan what has to be undone, and follow up what was; whether new work is to be ordered."""
    _follow_up(course)
    spoilt = _spoilt_roots(course)
    victims = [
        each
        for each in (course.plan.tasks if course.plan else ())
        if _root(course, each) in spoilt
        and each.verb is Verb.CREATE
        and course.tasks[each.id].phase is Phase.COMPLETED
        and f"undo {each.id}" not in course.tasks
    ]
    if not victims:
        return False
    undoing = [_undone(each, course, {victim.id for victim in victims}) for each in victims]
    group = Group(
        id=f"undo-{sum(each.purpose is Purpose.COMPENSATE for each in course.groups) + 1}",
        tasks=[each.id for each in undoing],
        purpose=Purpose.COMPENSATE,
    )
    course.undoing += undoing
    course.groups.append(group)
    course.tasks |= {each.id: TaskState(service=each.service) for each in undoing}
    course.note(f"{len(undoing)} completed tasks are taken back, because another failed")
    await save(course)
    return True


def _spoilt_roots(course: Orchestration) -> set[str]:
    """The top lines of which something failed, once nothing of them is in work any more."""
    if course.plan is None:
        return set()
    phases: dict[str, list[Phase]] = {}
    for each in course.plan.tasks:
        phases.setdefault(_root(course, each), []).append(course.tasks[each.id].phase)
    return {
        root
        for root, found in phases.items()
        if all(each.is_final for each in found) and _SPOILT & set(found)
    }


def _root(course: Orchestration, task: Task) -> str:
    assert course.plan is not None
    return next(each.root for each in course.plan.holdings if each.key == task.holding)


def _undone(task: Task, course: Orchestration, together: set[str]) -> Task:
    return task.model_copy(
        update={
            "id": f"undo {task.id}",
            "verb": Verb.END,
            "service": course.tasks[task.id].service,
            "traits": {},
            "relies_on": [f"undo {each}" for each in task.relies_on if each in together],
        }
    )


def _follow_up(course: Orchestration) -> None:
    for each in course.undoing:
        if course.tasks[each.id].phase is Phase.COMPLETED:
            course.tasks[each.id.removeprefix("undo ")].undone = True
