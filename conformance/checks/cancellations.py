"""Cancellations: a cancel task and the order that it is about, and how both went."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tmfrig.conformance.api import NOT_OFFERED, Api, Instance
from tmfrig.conformance.check import CannotJudge, Skipped, skip
from tmfrig.conformance.checks.courses import Course, course_of, described, look
from tmfrig.conformance.checks.places import instant
from tmfrig.conformance.checks.shared import once_per_api
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import describe_answer
from tmfrig.conformance.instance import created_by
from tmfrig.specs import Contract, Kind, Resource, canonical_state

_PREFIX = "cancel"
EFFECTIVE = "effectiveCancellationDate"
"""Where a task says since when its order is cancelled; a task that was denied does not have it."""
SETTLED = 1.0
"""Seconds in which an order shows what its finished task has done."""


def order_name(task: str) -> str:
    """What a task of that name cancels: "productOrder" for "cancelProductOrder", empty for no such task."""
    name = task.removeprefix(_PREFIX)
    return name[:1].lower() + name[1:] if name != task else ""


def is_task(resource: Resource) -> bool:
    order = order_name(resource.name)
    return bool(order) and order in resource.attributes and Kind.RETRIEVE in resource.operations


@dataclass(frozen=True)
class Cancellation:
    """A task, the order that it is about, and how both went."""

    task: Course
    order: Course

    @property
    def is_effective(self) -> bool:
        """Whether the task says that it has had its effect."""
        last = self.task.last
        return last is not None and canonical_state(last.state) == "done" and bool(last.body.get(EFFECTIVE))

    @property
    def since(self) -> object:
        """The moment since when the order is cancelled, as the task has it."""
        told = self.task.last.body.get(EFFECTIVE) if self.task.last else None
        return instant(told) or told


@once_per_api
def cancellation_of(api: Api, resource: Resource) -> Cancellation:
    """The cancellation of one new order."""
    order = api.fresh(orders_of(api.contract, resource))
    task = ask_for(api, resource, order)
    with suppress(CannotJudge, Skipped):
        late(api, resource)  # that one takes its time as well: it may do so meanwhile
    return followed(api, task, order)


def orders_of(contract: Contract, task: Resource) -> Resource:
    order = contract.resources.get(order_name(task.name))
    return order or skip(f"{contract.api} has no {order_name(task.name)} of its own")


def ask_for(api: Api, resource: Resource, order: Instance) -> Instance:
    """A new task about an order."""
    answer = asked_for(api, resource, order.id, f"POST {resource.path} for a new {order.resource.name}")
    task = created_by(answer, resource)
    if answer.status in NOT_OFFERED:
        skip(f"POST {resource.path} is not offered (answered {answer.status})")
    if task is None:
        # a synchronous denial may be a 4xx: cancelling is the business's to grant
        skip(f"the cancellation of a new {order.resource.name} was refused: {describe_answer(answer)}")
    return task


def asked_for(api: Api, resource: Resource, order: str, label: str) -> Exchange:
    return api.create(resource, body_of_task(api, resource, order), label=label, intent=Intent.OPEN)


def body_of_task(api: Api, resource: Resource, order: str) -> dict[str, Any]:
    name = order_name(resource.name)
    body = api.payload(resource)
    reference = {key: value for key, value in body.get(name, {}).items() if key != "href"}
    return body | {name: reference | {"id": order}}


def followed(api: Api, task: Instance, order: Instance, quiet: float = 1.5) -> Cancellation:
    """Look at a task and its order in turns until the task has ended, then at the order until it shows it;
    or until nothing has changed for `quiet` seconds."""
    tasks, orders = Course(task), Course(order)
    tasks.see(task.body, task.exchange)
    orders.see(order.body, order.exchange)

    def ask() -> Exchange:
        shown = api.retrieve(order.resource, order.id, intent=Intent.OPEN)
        if shown.representations:
            orders.see(shown.representations[0], shown)
        return api.retrieve(task.resource, task.id, intent=Intent.OPEN)

    def moved(answer: Exchange) -> bool:
        return not answer.representations or tasks.see(answer.representations[0], answer)

    deadline = time.monotonic() + 5.0
    while tasks.ended is None and time.monotonic() < deadline:
        answer = api.wait_until(ask, moved, within=quiet)
        if answer is None or not answer.representations:
            break
    found = Cancellation(tasks, orders)
    if found.is_effective:
        _look_for(api, orders, "cancelled")
    else:
        look(api, orders, 0.1)
    return found


def _look_for(api: Api, course: Course, state: str) -> None:
    deadline = time.monotonic() + SETTLED
    while (not course.last or course.last.state != state) and (left := deadline - time.monotonic()) > 0:
        if look(api, course, left) is None:
            return


def late(api: Api, resource: Resource) -> tuple[Course, Exchange]:
    """An order that is completed, and the answer to the task about it; asked once."""
    course = course_of(api, orders_of(api.contract, resource))
    if course.end is None or course.end.state != "completed":
        skip(f"no order was completed while we looked: {described(course)}")
    label = f"POST {resource.path} for a completed {course.instance.resource.name}"
    return course, _asked_once(api, resource, course.instance.id, label)


@once_per_api
def _asked_once(api: Api, resource: Resource, order: str, label: str) -> Exchange:
    return asked_for(api, resource, order, label)
