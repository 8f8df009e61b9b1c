"""Undoing: when a part of what belongs together failed, what was completed of it is taken back."""

from __future__ import annotations

from tmfrig.mockservers.com.orchestration import Group, Orchestration, Purpose, TaskState, counted
from tmfrig.mockservers.com.orders import Phase
from tmfrig.mockservers.com.plan import Task, Verb
from tmfrig.mockservers.com.recording import Save

_SPOILT = frozenset({Phase.FAILED, Phase.REFUSED, Phase.CANCELLED})


async def compensate(course: Orchestration, save: Save) -> bool:
    """Plan what has to be undone; whether new work is to be ordered."""
    spoilt = _spoilt_roots(course)
    return await _take_back(
        [each for each in not_undone(course) if course.root_of(each) in spoilt], course, save
    )


async def take_everything_back(course: Orchestration, save: Save) -> bool:
    """As `compensate`, for an order that is cancelled although something of it was completed meanwhile."""
    at_work = any(each.number is not None and not each.phase.is_final for each in course.groups)
    return False if at_work else await _take_back(not_undone(course), course, save)


def not_undone(course: Orchestration) -> list[Task]:
    """The tasks that created something which nobody has been told to take back."""
    return [
        each
        for each in (course.plan.tasks if course.plan else ())
        if each.verb is Verb.CREATE
        and course.tasks[each.id].phase is Phase.COMPLETED
        and f"undo {each.id}" not in course.tasks
    ]


async def _take_back(victims: list[Task], course: Orchestration, save: Save) -> bool:
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
    course.note(f"{counted(len(undoing), 'completed task')} to be taken back")
    await save(course)
    return True


def _spoilt_roots(course: Orchestration) -> set[str]:
    """The top lines of which something will not be, once nothing of them is in work any more."""
    if course.plan is None:
        return set()
    phases: dict[str, list[Phase]] = {}
    for each in course.plan.tasks:
        phases.setdefault(course.root_of(each), []).append(course.tasks[each.id].phase)
    return {
        root
        for root, found in phases.items()
        if all(each.is_final for each in found) and _SPOILT & set(found)
    }


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


def follow_up(course: Orchestration) -> None:
    """Note what is undone by now."""
    for each in course.undoing:
        if course.tasks[each.id].phase is Phase.COMPLETED:
            course.tasks[each.id.removeprefix("undo ")].undone = True
