"""What the COM's own API shows of a course: the plan, and the orchestration with its steps and timeline."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tmfrig.mockservers.com.orchestration import Group, Orchestration, Purpose
from tmfrig.mockservers.com.orders import Intent, Phase
from tmfrig.mockservers.com.plan import Holding, Task

Body = dict[str, Any]

_STATES = {
    Phase.NEW: "planning",
    Phase.WORKING: "working",
    Phase.WAITING: "waiting",
    Phase.HELD: "held",
    Phase.CANCEL_ASKED: "cancelling",
    Phase.CANCELLING: "cancelling",
    Phase.COMPLETED: "completed",
    Phase.PARTIAL: "partial",
    Phase.FAILED: "failed",
    Phase.REFUSED: "failed",
    Phase.CANCELLED: "cancelled",
}
_STEPS = {
    **_STATES,
    Phase.NEW: "planned",
    Phase.CANCEL_ASKED: "working",
    Phase.CANCELLING: "working",
    Phase.PARTIAL: "failed",
}
_ACTIONS = {Intent.ADD: "create", Intent.CHANGE: "change", Intent.REMOVE: "end", Intent.KEEP: "keep"}


def plan_body(course: Orchestration) -> Body | None:
    """The plan of a course as its API shows it; None before there is one."""
    if course.plan is None:
        return None
    return {
        "id": course.order,
        "order": {"id": course.order},
        "creationDate": _moment(course.begun),
        "holdings": [_holding(each, course) for each in course.plan.holdings],
        "steps": [_planned(each) for each in course.plan.tasks],
        "groups": [{"id": str(number), "steps": ids} for number, ids in enumerate(course.plan.groups, 1)],
    }


def orchestration_body(course: Orchestration) -> Body:
    """A course as its API shows it."""
    tasks = [*(course.plan.tasks if course.plan else ()), *course.undoing]
    return _said(
        {
            "id": course.order,
            "order": {"id": course.order},
            "plan": {"id": course.order} if course.plan else None,
            "externalId": course.reference,
            "state": _state(course),
            "startDate": _moment(course.begun),
            "endDate": _moment(course.ended) if course.ended else None,
            "message": course.message or course.stalled,
            "traceId": course.trace.split("-")[1] if course.trace else None,
            "holdings": [_holding(each, course) for each in (course.plan.holdings if course.plan else ())],
            "groups": [_group(each) for each in course.groups],
            "steps": [_step(each, course) for each in tasks],
            "timeline": [
                _said({"time": _moment(each.time), "what": each.what, "source": each.source})
                for each in course.timeline
            ],
        }
    )


def _state(course: Orchestration) -> str:
    undoing = any(each.purpose is Purpose.COMPENSATE and not each.phase.is_final for each in course.groups)
    if course.cancel_before is not None and not course.phase.is_final:
        return "cancelling"
    return "compensating" if undoing and not course.over else _STATES[course.phase]


def _holding(holding: Holding, course: Orchestration) -> Body:
    assert course.plan is not None
    recorded = course.holdings[holding.key].subscription
    return _said(
        {
            "id": holding.key,
            "line": holding.line,
            "name": holding.name,
            "action": _ACTIONS[holding.intent],
            "offering": _reference(holding.offer),
            "specification": _reference(holding.blueprint),
            "product": _reference(recorded),
            "isBundle": holding.is_package,
            "parts": holding.parts,
            "steps": [each.id for each in course.plan.tasks_of(holding.key)],
            "characteristics": holding.traits,
        }
    )


def _planned(task: Task) -> Body:
    return _said(
        {
            "id": task.id,
            "line": task.line,
            "action": str(task.verb),
            "specification": _reference(task.blueprint or None),
            "name": task.name,
            "facing": str(task.facing),
            "characteristics": task.traits,
            "reliesOn": task.relies_on,
        }
    )


def _group(group: Group) -> Body:
    return _said(
        {
            "id": group.id,
            "steps": group.tasks,
            "serviceOrder": _reference(group.number),
            "state": "ordered" if group.phase is Phase.NEW and group.attempted else _STEPS[group.phase],
            "purpose": str(group.purpose),
        }
    )


def _step(task: Task, course: Orchestration) -> Body:
    state = course.tasks[task.id]
    return _said(
        {
            "id": task.id,
            "line": task.line,
            "action": str(task.verb),
            "state": "undone" if state.undone else _STEPS[state.phase],
            "service": _reference(state.service),
            "message": state.message,
        }
    )


def _reference(identifier: str | None) -> Body | None:
    return {"id": identifier} if identifier else None


def _said(body: Body) -> Body:
    return {name: value for name, value in body.items() if value not in (None, "", [], {})}


def _moment(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
