"""Courses: what a resource goes through by itself after it was created.

An order that is carried out, a task, a job: it is looked at until it has ended, or for as long as something
is to be seen. One course per resource is shared by all checks that judge it.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tmfrig.conformance.api import Api, Instance
from tmfrig.conformance.check import CannotJudge, Skipped, Violation
from tmfrig.conformance.checks.merging import fresh_with_texts
from tmfrig.conformance.checks.shared import once_per_api
from tmfrig.conformance.exchange import Exchange, Intent, Notification
from tmfrig.conformance.sink import Subscription
from tmfrig.specs import Kind, Resource, canonical_state

QUIET = 1.0
"""Seconds without any change after which nobody waits for the next: slow is legal."""
LONGEST = 6.0
LATE = 2.0
"""Seconds that the notification of the last state may take."""
_ARRIVING = 0.2
"""Seconds in which what was sent at the same time comes as well."""
STAYS = 0.3
"""Seconds for which what has ended is looked at once more."""


@dataclass(frozen=True)
class Sight:
    """A resource in a state, as one answer showed it."""

    state: str
    body: dict[str, Any]
    exchange: Exchange


@dataclass
class Course:
    """The changes of state of one resource that nobody else changes, in order."""

    instance: Instance
    sights: list[Sight] = field(default_factory=list)
    told: list[Notification] = field(default_factory=list)
    """The notifications of changed states, in the order in which they came."""
    ended: float | None = None
    """When the first final state was seen."""

    @property
    def states(self) -> list[str]:
        """The states that were seen."""
        return [sight.state for sight in self.sights]

    @property
    def last(self) -> Sight | None:
        """The last sight; None where the resource never showed a state."""
        return self.sights[-1] if self.sights else None

    @property
    def end(self) -> Sight | None:
        """The first sight of a final state; None where it was not seen to end."""
        return next((each for each in self.sights if is_final(self.instance.resource, each.state)), None)

    def see(self, body: dict[str, Any], exchange: Exchange) -> bool:
        """Take a representation in; whether it shows another state than the one before."""
        resource = self.instance.resource
        state = body.get(resource.state_attribute or "")
        if not isinstance(state, str) or (self.sights and self.sights[-1].state == state):
            return False
        self.sights.append(Sight(state, body, exchange))
        if self.ended is None and is_final(resource, state):
            self.ended = time.monotonic()
        return True


def is_final(resource: Resource, state: object) -> bool:
    """Whether a state is one of the final states of the resource's lifecycle."""
    return resource.lifecycle is not None and isinstance(state, str) and resource.lifecycle.ends_in(state)


def moves_by_itself(resource: Resource) -> bool:
    """Whether something new goes from state to state without a client."""
    return (
        resource.lifecycle is not None
        and Kind.CREATE in resource.operations
        and resource.state_attribute in resource.server_set
        # a task about an order is watched together with its order
        and not resource.name.startswith("cancel")
    )


@once_per_api
def course_of(api: Api, resource: Resource) -> Course:
    """The course of one new resource."""
    with _listening(api, resource) as subscription:
        course = watched(api, _something_new(api, resource))
        if course.ended is not None and look(api, course, STAYS) is not None:
            look(api, course, STAYS)
        if subscription is not None:
            course.told = _told(api, course, subscription)
    return course


def _something_new(api: Api, resource: Resource) -> Instance:
    """Something with texts that are to be kept on its way, where it is taken with some."""
    try:
        return fresh_with_texts(api, resource)
    except CannotJudge:
        return api.fresh(resource)


@contextlib.contextmanager
def _listening(api: Api, resource: Resource) -> Iterator[Subscription | None]:
    """Who hears of changed states meanwhile; nobody where the hub is not offered."""
    subscription: Subscription | None = None
    with contextlib.ExitStack() as stack:
        if "StateChange" in resource.events:
            with contextlib.suppress(CannotJudge, Skipped, Violation):
                subscription = stack.enter_context(api.subscribe())
        yield subscription


def _told(api: Api, course: Course, subscription: Subscription) -> list[Notification]:
    """What was heard of the changes of state. Where events come at all, the last one is given its time."""
    resource = course.instance.resource
    event = resource.events["StateChange"]

    def is_told(each: Notification) -> bool:
        return each.declared is event and each.about(course.instance.id)

    def is_last(each: Notification) -> bool:
        return is_told(each) and (each.payload or {}).get(resource.state_attribute or "") == course.states[-1]

    if len(course.states) > 1 and api.event_types_heard:
        subscription.glimpse(is_last, LATE)
        subscription.glimpse(lambda each: False, _ARRIVING)
    return [each for each in subscription.received if is_told(each)]


def watched(api: Api, instance: Instance, *, quiet: float = QUIET, within: float = LONGEST) -> Course:
    """Look at a resource until it has ended, or nothing has changed for a while."""
    course = Course(instance)
    course.see(instance.body, instance.exchange)
    if Kind.RETRIEVE not in instance.resource.operations:
        return course
    deadline = time.monotonic() + within
    while course.ended is None and (left := deadline - time.monotonic()) > 0:
        answer = look(api, course, min(quiet, left))
        if answer is None or not answer.representations:
            break
    return course


def look(api: Api, course: Course, within: float) -> Exchange | None:
    """Look until the next change of state, or the end of the resource; None where there is none in time."""
    resource = course.instance.resource
    label = f"GET {resource.path}/{{id}}, to see how it goes on"

    def is_news(answer: Exchange) -> bool:
        return not answer.representations or course.see(answer.representations[0], answer)

    return api.wait_until(
        lambda: api.retrieve(resource, course.instance.id, label=label, intent=Intent.OPEN), is_news, within
    )


def described(course: Course) -> str:
    """What was seen, in a few words."""
    if len(course.states) < 2 and course.ended is None:
        return f"it stayed {course.states[0] if course.states else 'without a state'} while we looked"
    return f"seen as {', '.join(course.states)}"


def spelled(resource: Resource, state: str) -> str:
    """A state as the contract writes it, which has some in an odd way."""
    listed = resource.attributes[resource.state_attribute or ""].enum
    return next((each for each in listed if canonical_state(each) == canonical_state(state)), state)
