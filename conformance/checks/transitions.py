"""Transitions: the states through which a resource goes by itself.

The published graphs are not normative, hence the level; a target file may bring a graph of its own.
"""

from __future__ import annotations

import time

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import MUST, PUBLISHED, Violation, check, skip
from tmfrig.conformance.checks.courses import Course, course_of, described, is_final, look, moves_by_itself
from tmfrig.conformance.checks.moments import dates_of_creation
from tmfrig.conformance.checks.places import instant
from tmfrig.conformance.checks.samples import texts
from tmfrig.conformance.exchange import Notification
from tmfrig.conformance.expect import show
from tmfrig.conformance.lifecycles import UNDER_CANCELLATION, is_of, is_tolerated, leads_to
from tmfrig.specs import Kind, Lifecycle, Resource

_LASTS = 1.2
"""Seconds after which what has ended is looked at once more."""
PUBLISHED_GRAPHS = "published state diagrams, which are not normative; rule STATE-02"


@check(
    "state.course",
    PUBLISHED,
    "What moves by itself goes from state to state as the published lifecycle has it.",
    source=PUBLISHED_GRAPHS,
    on=Kind.RETRIEVE,
    when=moves_by_itself,
)
def the_course_is_published(api: Api, resource: Resource) -> str:
    course = course_of(api, resource)
    raise_for_course(course, avoiding=UNDER_CANCELLATION)
    return described(course)


def raise_for_course(course: Course, *, avoiding: frozenset[str] = frozenset()) -> None:
    """A Violation where the states of a course do not follow each other. States between two looks may have
    been missed, unless they are to be avoided: nobody has asked for what they are about."""
    resource = course.instance.resource
    lifecycle = resource.lifecycle
    if lifecycle is None:
        return
    for before, after in zip(course.sights, course.sights[1:], strict=False):
        if not (is_of(lifecycle, before.state) and is_of(lifecycle, after.state)):
            continue
        if not leads_to(lifecycle, before.state, after.state, avoiding=avoiding):
            raise Violation(
                f"{resource.name} {course.instance.id} went from {before.state} to "
                f"{after.state} by itself; the published lifecycle has no way from one to the other",
                expected=ways_on(lifecycle, before.state),
                actual=f"{resource.state_attribute} {' → '.join(course.states)}",
                exchange=after.exchange,
            )


@check(
    "state.events",
    PUBLISHED,
    "The states that notifications tell of follow each other, step by step, as it is published.",
    source=PUBLISHED_GRAPHS,
    on=Kind.RETRIEVE,
    when=lambda resource: moves_by_itself(resource) and "StateChange" in resource.events,
)
def the_told_course_is_published(api: Api, resource: Resource) -> str:
    course = course_of(api, resource)
    assert resource.lifecycle is not None
    told = _told(course)
    strange = [
        (state, each)
        for state, each in told
        if is_of(resource.lifecycle, state)
        and course.sights
        and is_of(resource.lifecycle, course.states[0])
        and not leads_to(resource.lifecycle, course.states[0], state)
    ]
    if strange:
        state, notification = strange[0]
        raise Violation(
            f"{notification.event_type} tells that a {resource.name} that began as {course.states[0]} is "
            f"{state}; the published lifecycle has no way from one to the other",
            expected=ways_on(resource.lifecycle, course.states[0]),
            actual=state,
            exchange=notification,
        )
    if course.sights:
        _goes_step_by_step(course, resource.lifecycle, told)
    return f"told of {', '.join(dict.fromkeys(state for state, _ in told))}"


def _told(course: Course) -> list[tuple[str, Notification]]:
    """The states that notifications told of, in the order in which they came; skips without any."""
    name = course.instance.resource.state_attribute or ""
    if not course.told:
        skip("no notification of a changed state came")
    found = [
        (state, each) for each in course.told if isinstance(state := (each.payload or {}).get(name), str)
    ]
    return found or skip(f"the notifications of changed states do not show {name}")


def _goes_step_by_step(course: Course, lifecycle: Lifecycle, told: list[tuple[str, Notification]]) -> None:
    """Each told state is one step after another told one, or after the first: no look may have come too late
    to see one between them, as with `raise_for_course`."""
    known = {course.states[0], *(state for state, _ in told)}
    if not all(is_of(lifecycle, each) for each in known):
        return
    for state, notification in told:
        if state == course.states[0] or any(is_tolerated(lifecycle, each, state) for each in known - {state}):
            continue
        raise Violation(
            f"{notification.event_type} tells of {state}, and none of a state that it could follow",
            expected=ways_on(lifecycle, course.states[0]),
            actual=f"begun as {course.states[0]}, then told of {', '.join(each for each, _ in told)}",
            exchange=notification,
        )


@check(
    "notification.new-state",
    MUST,
    "An event of a changed state shows the state after the change, as far as it shows one.",
    source="the API's OpenAPI document, payloads of the event types; rule NOTE-04",
    on=Kind.RETRIEVE,
    when=lambda resource: moves_by_itself(resource) and "StateChange" in resource.events,
)
def a_changed_state_is_told_as_it_is_now(api: Api, resource: Resource) -> str:
    course = course_of(api, resource)
    told = _told(course)
    if len(course.states) < 2:
        skip(f"nothing changed while we looked: {described(course)}")
    first, last, states = course.states[0], course.states[-1], [state for state, _ in told]
    # who tells that something has begun tells of the first state too; of the last one nobody who does not
    # tell what was before the change
    if len(told) == len(course.told) and first in states and last not in states:
        raise Violation(
            f"{told[0][1].event_type}: {resource.state_attribute} is {first}, as it was before the change; "
            f"none shows {last}, which it came to",
            expected=f"{', '.join(course.states[1:])}",
            actual=", ".join(states),
            exchange=told[0][1],
        )
    return f"told of {', '.join(states)}"


@check(
    "state.keeps",
    MUST,
    "What moves by itself keeps what its client said, and the date of its creation.",
    source="the API's OpenAPI document, POST; conformance profiles, dates of creation; rules HTTP-04, ID-04",
    on=Kind.RETRIEVE,
    when=moves_by_itself,
)
def what_was_said_is_kept_on_the_way(api: Api, resource: Resource) -> str:
    course = course_of(api, resource)
    if course.last is None or len(course.sights) < 2:
        skip(f"nothing changed while we looked: {described(course)}")
    first, last = course.sights[0].body, course.last.body
    said = course.instance.exchange.sent if isinstance(course.instance.exchange.sent, dict) else {}
    for name in texts(resource):
        was_kept = name in said and first.get(name) == said[name]
        if was_kept and last.get(name) != first[name]:
            raise _lost_on_the_way(course, name)
    for name in dates_of_creation(resource):
        if instant(first.get(name)) != instant(last.get(name)):
            raise _lost_on_the_way(course, name)
    return described(course)


def _lost_on_the_way(course: Course, name: str) -> Violation:
    assert course.last is not None
    before, now = course.sights[0].body.get(name), course.last.body.get(name)
    return Violation(
        f"{course.instance.resource.name} {course.instance.id} came to {course.last.state}, and {name} is "
        "not what it was",
        expected=f"{name} {show(before)}",
        actual=f"{name} {show(now)}" if now is not None else f"no {name}",
        exchange=course.last.exchange,
    )


@check(
    "state.stays-final",
    PUBLISHED,
    "What has ended stays as it is: nothing leaves a final state by itself.",
    source=PUBLISHED_GRAPHS,
    on=Kind.RETRIEVE,
    when=moves_by_itself,
)
def a_final_state_lasts(api: Api, resource: Resource) -> str:
    course = course_of(api, resource)
    if course.end is None:
        _shows_what_is_told(api, course)
    if course.end is None or course.last is None:
        skip(f"no {resource.name} ended while we looked: {described(course)}")
    final = course.end.state
    if course.last.state == final:
        assert course.ended is not None
        look(api, course, max(0.0, course.ended + _LASTS - time.monotonic()))
    if course.last.state != final:
        raise Violation(
            f"{resource.name} {course.instance.id} was {final}, which is a final state, and then "
            f"{course.last.state}",
            expected=f"{resource.state_attribute} {final}",
            actual=f"{resource.state_attribute} {course.last.state}",
            exchange=course.last.exchange,
        )
    return f"stayed {final}"


def _shows_what_is_told(api: Api, course: Course) -> None:
    """A Violation where GET does not show an end that a notification has told."""
    name = course.instance.resource.state_attribute or ""
    ends = [
        each for each in course.told if is_final(course.instance.resource, (each.payload or {}).get(name))
    ]
    if not ends or course.last is None or look(api, course, _LASTS) is not None or course.end is not None:
        return
    told = (ends[0].payload or {})[name]
    raise Violation(
        f"{course.instance.resource.name} {course.instance.id} was told to be {told}, which is final, "
        f"and GET shows {course.last.state}",
        expected=f"{name} {told}",
        actual=f"{name} {course.last.state}",
        exchange=ends[0],
    )


def ways_on(lifecycle: Lifecycle, state: str) -> str:
    following = lifecycle.next_states(state)
    if not following:
        return f"{state} is final"
    return f"{', '.join(following)} {'follows' if len(following) == 1 else 'follow'} {state}"
