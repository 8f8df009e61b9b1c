"""Retrieving: GET of one resource by its id."""

from __future__ import annotations

import re
from collections.abc import Callable

from tmfrig.conformance.api import Api, Instance
from tmfrig.conformance.check import MUST, Violation, check, not_applicable, observing
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import describe_answer, expect
from tmfrig.specs import Kind, Resource

SETTLING = 3.0
"""Seconds that a target may take until one of its answers knows what another one said."""


@observing(
    "retrieve.status",
    MUST,
    "A resource that is there is answered 200.",
    source="the API's OpenAPI document, GET by id; conformance profiles; rule HTTP-02",
    on=Kind.RETRIEVE,
)
def a_resource_is_answered_200(exchange: Exchange) -> None:
    if exchange.is_error and (exchange.intent is not Intent.VALID or exchange.status < 500):
        not_applicable()
    expect(exchange).status(200)


@observing(
    "retrieve.same-id",
    MUST,
    "The resource that is answered has the id that was asked for.",
    source="conformance profiles, GET by id; rule HTTP-02",
    on=Kind.RETRIEVE,
)
def the_answer_has_the_id_asked_for(exchange: Exchange) -> None:
    if not exchange.ok or not exchange.representations:
        not_applicable()
    id = exchange.representations[0].get("id")
    if id is None or exchange.intent is Intent.UNKNOWN_ID:
        not_applicable()  # its absence is a finding of representation.identity
    if str(id) != exchange.id_in_path:
        raise Violation(
            f"{exchange.label}: the answer is about id {id}",
            expected=f"id {exchange.id_in_path}",
            actual=f"id {id}",
            exchange=exchange,
        )


@check(
    "retrieve.created",
    MUST,
    "What was created can be retrieved by its id.",
    source="conformance profiles, GET by id; rules HTTP-02, HTTP-06",
    on=Kind.RETRIEVE,
    when=lambda resource: Kind.CREATE in resource.operations,
)
def what_was_created_can_be_retrieved(api: Api, resource: Resource) -> None:
    created = api.an_instance(resource)
    found = settled(api, created, lambda answer: answer.ok)
    if found is None:
        answer = api.retrieve(resource, created.id, intent=Intent.OPEN)
        raise Violation(
            f"GET {resource.path}/{created.id}: answered {answer.status}, although "
            f"{'POST answered 201 with this id' if created.created else 'the list shows it'}",
            expected=f"200 with {resource.name} {created.id}",
            actual=describe_answer(answer),
            exchange=answer,
        )
    expect(found).json_object("the answer is the resource")


@check(
    "retrieve.unknown-id",
    MUST,
    "An id that nothing has is answered 404.",
    source="conformance profiles, GET by id, 404; rule HTTP-03",
    on=Kind.RETRIEVE,
)
def an_unknown_id_is_answered_404(api: Api, resource: Resource) -> None:
    label = f"GET {resource.path} by an id that nothing has"
    answer = api.retrieve(resource, api.unknown_id(resource), label=label, intent=Intent.UNKNOWN_ID)
    known = api.an_instance(resource).id if answer.status == 400 else ""
    if (unknown := of_the_same_form(known)) != known:
        # Where ids have a form, one of another form is a malformed request.
        answer = api.retrieve(resource, unknown, label=label, intent=Intent.UNKNOWN_ID)
    expect(answer).status(404, because="nothing has this id")


def settled(
    api: Api, instance: Instance, holds: Callable[[Exchange], bool], label: str = ""
) -> Exchange | None:
    """The first GET of an instance whose answer is as it should be, at once or a little later; None where
    none is in time."""

    def look() -> Exchange:
        return api.retrieve(instance.resource, instance.id, label=label, intent=Intent.OPEN)

    return api.wait_until(look, holds, within=SETTLING)


def of_the_same_form(id: str) -> str:
    """An id that looks like this one and hardly exists, as every digit of it is a 9."""
    return re.sub(r"\d", "9", id)
