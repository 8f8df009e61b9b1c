"""Cancelling: tasks that ask for an order to be cancelled, and what becomes of both."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from tmfrig.conformance.api import NOT_OFFERED, Api, Instance
from tmfrig.conformance.check import PUBLISHED, SHOULD, Suite, Violation, check, skip
from tmfrig.conformance.checks.cancellations import (
    EFFECTIVE,
    SETTLED,
    Cancellation,
    ask_for,
    asked_for,
    body_of_task,
    cancellation_of,
    followed,
    is_task,
    late,
    orders_of,
)
from tmfrig.conformance.checks.courses import Course, Sight, described, look, watched
from tmfrig.conformance.checks.places import instant
from tmfrig.conformance.checks.transitions import raise_for_course
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import describe_answer
from tmfrig.conformance.instance import created_by
from tmfrig.conformance.lifecycles import UNDER_CANCELLATION
from tmfrig.specs import Kind, Resource, canonical_state

_SOURCE = "published state diagrams of cancel tasks; rule STATE-03"
AT_ONCE = 3
"""So many tasks ask for the same at the same time."""


@check(
    "cancel.task",
    SHOULD,
    "A cancel task that says that it is done has cancelled its order, and one that is not leaves it alone.",
    source=_SOURCE,
    on=Kind.CREATE,
    when=is_task,
)
def a_task_and_its_order_agree(api: Api, resource: Resource) -> str:
    found = cancellation_of(api, resource)
    told = f"the task was {described(found.task)}, the order {described(found.order)}"
    order, task = found.order.last, found.task.last
    if task is None or order is None or found.task.ended is None:
        return told
    if found.is_effective and order.state != "cancelled":
        raise _disagreement(found, f"{EFFECTIVE} {task.body[EFFECTIVE]}, and its order is {order.state}")
    if canonical_state(task.state) == "terminatedWithError" and order.state == "cancelled":
        raise _disagreement(found, f"{task.state}, and its order is cancelled")
    if order.state in UNDER_CANCELLATION and _still(api, found.order):
        raise _disagreement(found, f"{task.state}, and its order is still {found.order.states[-1]}")
    return told


def _still(api: Api, order: Course) -> bool:
    """Whether an order remains under cancellation, although nobody is left to decide."""
    look(api, order, SETTLED)
    return order.last is not None and order.last.state in UNDER_CANCELLATION


def _disagreement(found: Cancellation, what: str) -> Violation:
    name = found.task.instance.resource.name
    order = found.order.last
    return Violation(
        f"the {name} {found.task.instance.id} is {what}",
        expected="done with the order cancelled, or ended with the order as it was",
        actual=f"order seen as {', '.join(found.order.states)}; task as {', '.join(found.task.states)}",
        exchange=order.exchange if order else None,
    )


@check(
    "cancel.course",
    PUBLISHED,
    "A cancel task and the order that it is about move as their published lifecycles have it.",
    source="published state diagrams, which are not normative; rules STATE-02, STATE-03",
    on=Kind.CREATE,
    when=is_task,
)
def task_and_order_move_as_published(api: Api, resource: Resource) -> str:
    found = cancellation_of(api, resource)
    for course in (found.task, found.order):
        raise_for_course(course)
    return f"the task was {described(found.task)}, the order {described(found.order)}"


@check(
    "cancel.unknown-order",
    SHOULD,
    "A cancel task about an order that does not exist is refused, or ends with an error.",
    source=_SOURCE,
    on=Kind.CREATE,
    when=is_task,
)
def an_unknown_order_cannot_be_cancelled(api: Api, resource: Resource) -> str | None:
    orders = orders_of(api.contract, resource)
    label = f"POST {resource.path} for a {orders.name} that does not exist"
    answer = asked_for(api, resource, api.unknown_id(orders), label)
    if answer.status in NOT_OFFERED:
        ask_for(api, resource, api.fresh(orders))  # a 404 may be about the order: then this works
    task = created_by(answer, resource)
    if task is None:
        return f"refused with {answer.status}"
    last = watched(api, task).last
    if last is not None and canonical_state(last.state) == "done":
        raise Violation(
            f"{label}: answered {answer.status}, and the task is done",
            expected="a 4xx status, or a task that ends as terminatedWithError",
            actual=f"{resource.state_attribute} {last.state}",
            exchange=last.exchange,
        )
    return f"taken; the task is {last.state if last else 'without a state'}"


@check(
    "cancel.final-order",
    SHOULD,
    "An order that is completed stays so: a cancel task about it is refused, or ends without effect.",
    source=_SOURCE,
    on=Kind.CREATE,
    when=is_task,
)
def a_completed_order_stays_so(api: Api, resource: Resource) -> str:
    course, answer = late(api, resource)
    assert course.end is not None
    return _without_effect(api, resource, course.end, course.instance, answer)


@check(
    "cancel.second",
    SHOULD,
    "An order is cancelled once: a second cancel task is refused, or ends without effect.",
    source=_SOURCE,
    on=Kind.CREATE,
    when=is_task,
    suite=Suite.full,
)
def an_order_is_cancelled_once(api: Api, resource: Resource) -> str:
    found = cancellation_of(api, resource)
    if found.order.last is None or found.order.last.state != "cancelled":
        skip(f"no order was cancelled while we looked: {described(found.order)}")
    order = found.order.instance
    answer = asked_for(api, resource, order.id, f"POST {resource.path} for a cancelled {order.resource.name}")
    return _without_effect(api, resource, found.order.last, order, answer)


def _without_effect(api: Api, resource: Resource, before: Sight, order: Instance, answer: Exchange) -> str:
    task = created_by(answer, resource)
    if task is None:
        if answer.status in NOT_OFFERED:
            skip(f"POST {resource.path} is not offered (answered {answer.status})")
        return f"refused with {answer.status}"
    found = followed(api, task, order)
    after = found.order.last
    if after is not None and after.state not in (before.state, order.body.get("state")):
        raise Violation(
            f"{answer.label}: the order was {before.state} and is {after.state} now",
            expected=f"the order {before.state}, as it was",
            actual=f"{after.state}",
            exchange=after.exchange,
        )
    # one answer for all who ask may name the moment of the first
    once = {
        instant(before.body.get("cancellationDate")),
        instant((after or before).body.get("cancellationDate")),
    }
    if found.is_effective and (before.state != "cancelled" or found.since not in once):
        task_body = found.task.last.body if found.task.last else {}
        raise Violation(
            f"{answer.label}: the task is done since {task_body.get(EFFECTIVE)}, although the order was "
            f"{before.state} before",
            expected=f"a 4xx status, or a task without {EFFECTIVE}",
            actual=f"{EFFECTIVE} {task_body.get(EFFECTIVE)}",
            exchange=found.task.last.exchange if found.task.last else answer,
        )
    return f"taken; the task was {described(found.task)}, without effect"


@check(
    "cancel.one-wins",
    SHOULD,
    "Of several cancel tasks that ask for the same at the same time, one wins: the order is cancelled once.",
    source=f"{_SOURCE.removesuffix('STATE-03')}CONC-03",
    on=Kind.CREATE,
    when=is_task,
    repeats=False,
)
def one_cancel_wins(api: Api, resource: Resource) -> str:
    order = api.fresh(orders_of(api.contract, resource))
    label = f"POST {resource.path}, {AT_ONCE} at the same time for one {order.resource.name}"
    bodies = [body_of_task(api, resource, order.id) for _ in range(AT_ONCE)]
    answers = api.in_parallel(
        [partial(api.create, resource, body, label=label, intent=Intent.OPEN) for body in bodies]
    )
    tasks = [task for answer in answers if (task := created_by(answer, resource)) is not None]
    if not tasks:
        skip(f"the cancellation of a new {order.resource.name} was refused: {describe_answer(answers[0])}")
    ends = [followed(api, tasks[0], order)]
    # they began together: who has not ended by now is given a moment only
    ends += [followed(api, task, order, quiet=0.4) for task in tasks[1:]]
    effective = [each for each in ends if each.is_effective]
    if len({str(each.since) for each in effective}) > 1:
        raise Violation(
            f"{label}: {len(effective)} of the tasks have cancelled it, at different moments",
            expected=f"one {EFFECTIVE}; the other tasks refused, without effect or with the same",
            actual=_dates(effective),
            exchange=effective[-1].task.last.exchange if effective[-1].task.last else None,
        )
    return f"{len(tasks)} of {AT_ONCE} were taken, {len(effective)} had an effect"


def _dates(effective: Sequence[Cancellation]) -> str:
    dates = [each.task.last.body.get(EFFECTIVE) for each in effective if each.task.last]
    return f"{EFFECTIVE} {' and '.join(map(str, dates))}"
