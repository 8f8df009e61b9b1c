"""Qualification: questions that are answered at once (200) or become a task (201)."""

from __future__ import annotations

from tmfrig.conformance.api import NOT_OFFERED, Api
from tmfrig.conformance.check import MUST, CannotJudge, Violation, check, not_applicable, observing, skip
from tmfrig.conformance.exchange import ACCEPTED, Exchange, Intent
from tmfrig.conformance.expect import describe_answer, expect
from tmfrig.conformance.instance import created_by
from tmfrig.specs import Kind, Resource

AT_ONCE = "instantSyncQualification"
OPEN_STATES = ("acknowledged", "accepted", "inProgress")


def _is_question(resource: Resource) -> bool:
    return resource.answers_at_once


def _may_be_asked_at_once(resource: Resource) -> bool:
    created = resource.creation.attributes if resource.creation else {}
    return resource.answers_at_once and AT_ONCE in created


@observing(
    "qualification.result",
    MUST,
    "A qualification answered with 200 is answered: its task is not still to be done.",
    source="the API's OpenAPI document, POST with 200 and 201; rule HTTP-06",
    on=Kind.CREATE,
    when=_is_question,
)
def an_answer_is_an_answer(exchange: Exchange) -> None:
    state = exchange.resource.state_attribute if exchange.resource else None
    if exchange.status != 200 or state is None or not exchange.representations:
        not_applicable()
    if str(exchange.representations[0].get(state)) in OPEN_STATES:
        raise Violation(
            f"{exchange.label}: answered 200, the status of a result, with a task that is "
            f"{exchange.representations[0][state]}",
            expected=f"201 with the task, or {state} done",
            actual=f"200 with {state} {exchange.representations[0][state]}",
            exchange=exchange,
        )


@check(
    "qualification.at-once",
    MUST,
    "A qualification can be asked for at once and as a task, and is answered 200 or 201.",
    source="the API's OpenAPI document, POST and instantSyncQualification; rule HTTP-06",
    on=Kind.CREATE,
    when=_may_be_asked_at_once,
)
def a_qualification_is_answered(api: Api, resource: Resource) -> str:
    statuses = []
    for at_once in (True, False):
        answer = _ask(api, resource, at_once)
        expect(answer).status(200, 201, 202, because="either is an answer to a qualification")
        if answer.status != ACCEPTED:
            expect(answer).json_object("the qualification or its task is in the answer")
        statuses.append(f"{answer.status} {'at once' if at_once else 'as a task'}")
    return f"answered {' and '.join(statuses)}"


@check(
    "qualification.task",
    MUST,
    "A qualification answered with 201 is a task that can be retrieved.",
    source="conformance profile of TMF645, GET is mandatory after a 201; rule HTTP-06",
    on=Kind.RETRIEVE,
    when=_is_question,
)
def a_task_can_be_retrieved(api: Api, resource: Resource) -> None:
    answer = _ask(api, resource, at_once=False) if _may_be_asked_at_once(resource) else api.create(resource)
    if answer.status == 200:
        skip("answered at once with 200: there is no task to retrieve")
    if answer.status not in (201, ACCEPTED):
        raise CannotJudge(f"{answer.label} was answered {describe_answer(answer)}")
    task = created_by(answer, resource)
    if task is None:
        raise CannotJudge(f"{answer.label} gave no id by which to retrieve the task")
    label = f"GET {resource.path}/{{id}} of the task"
    expect(api.retrieve(resource, task.id, label=label, intent=Intent.OPEN)).status(
        200, because=f"a {answer.status} says that the task is there"
    )


def _ask(api: Api, resource: Resource, at_once: bool) -> Exchange:
    label = f"POST {resource.path} with {AT_ONCE} {str(at_once).lower()}"
    answer = api.create(resource, api.payload(resource) | {AT_ONCE: at_once}, label=label, intent=Intent.OPEN)
    if answer.status in NOT_OFFERED:
        skip(f"POST {resource.path} is not offered (answered {answer.status})")
    return answer
