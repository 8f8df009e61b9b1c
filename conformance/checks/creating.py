"""Creating: POST to a collection."""

from __future__ import annotations

from typing import Any

from tmfrig.conformance.api import NOT_OFFERED, Api
from tmfrig.conformance.check import (
    MUST,
    CannotJudge,
    Violation,
    check,
    not_applicable,
    observing,
    skip,
)
from tmfrig.conformance.checks.places import (
    is_empty,
)
from tmfrig.conformance.checks.refusing import CIRCUMSTANCES
from tmfrig.conformance.exchange import ACCEPTED, Exchange, Intent
from tmfrig.conformance.expect import Value, describe_answer, expect, same_json, show
from tmfrig.conformance.instance import created_by
from tmfrig.conformance.settling import unfulfilled
from tmfrig.specs import Kind, Resource


@observing(
    "create.status",
    MUST,
    "A successful create is answered 201, or another success that the contract declares for it.",
    source="the API's OpenAPI document, POST; rules HTTP-04, HTTP-06, HTTP-07",
    on=Kind.CREATE,
)
def a_create_is_answered_201(exchange: Exchange) -> None:
    assert exchange.operation is not None
    if exchange.is_error and (exchange.intent is not Intent.VALID or exchange.status < 500):
        not_applicable()
    declared = [int(status) for status in sorted(exchange.operation.statuses) if status.startswith("2")]
    expect(exchange).status(*(declared or [201]))


@check(
    "create.mandatory-suffices",
    MUST,
    "A body with the mandatory attributes creates a resource.",
    source="the API's OpenAPI document, POST; conformance profiles, mandatory attributes; rule HTTP-04",
    on=Kind.CREATE,
)
def mandatory_attributes_suffice(api: Api, resource: Resource) -> None:
    label = f"POST {resource.path}, mandatory attributes"
    answer = api.create(resource, api.minimal_payload(resource), label=label)
    if answer.status in NOT_OFFERED:
        skip(f"POST {resource.path} is not offered (answered {answer.status})")
    if answer.status in CIRCUMSTANCES:
        skip(f"refused for other reasons than the form of the body: {describe_answer(answer)}")
    if answer.is_error and (foreign := _foreign_references(api, answer.sent)):
        skip(f"refused, perhaps as {', '.join(foreign)} does not exist there: {describe_answer(answer)}")
    expect(answer).success("it carries every attribute that the contract makes mandatory")


def _foreign_references(api: Api, body: Any) -> list[str]:
    """Attributes that refer by id to a resource of another API, of which we cannot know whether it exists."""
    found = []
    for name, value in body.items() if isinstance(body, dict) else ():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                refers = "id" in each and isinstance(value, dict) and name not in api.contract.resources
                found += [name] if refers else []
                found += _foreign_references(api, each)
    return found


@check(
    "create.accepted",
    MUST,
    "What a create that is answered 202 promises comes to be.",
    source="the API's OpenAPI document, POST with 202; rule HTTP-07",
    on=Kind.CREATE,
    when=lambda resource: "202" in resource.operations[Kind.CREATE].statuses,
)
def what_was_accepted_comes_to_be(api: Api, resource: Resource) -> str | None:
    answer = api.create(resource)
    if answer.status != ACCEPTED:
        skip(f"POST {resource.path} is answered {answer.status}, not 202")
    if answer.outcome is None and created_by(answer, resource) is None:
        raise CannotJudge(unfulfilled(answer))
    if answer.outcome is None:
        raise Violation(
            unfulfilled(answer),
            expected=f"the new {resource.name}, soon after the 202",
            actual=describe_answer(answer),
            exchange=answer,
        )
    return None


@observing(
    "create.representation",
    MUST,
    "The answer to a create carries the representation of what was created.",
    source="the API's OpenAPI document, POST; rule HTTP-04",
    on=Kind.CREATE,
)
def the_answer_carries_what_was_created(exchange: Exchange) -> None:
    if exchange.status not in (200, 201) or exchange.intent is Intent.INVALID:
        not_applicable()
    expect(exchange).json_object("the answer to a create is the new resource")


@observing(
    "create.location",
    MUST,
    "A 201 names the new resource in Location, and Location equals href.",
    source="TMF630 part 1, section 1.8; conformance profiles, href; rule HTTP-05",
    on=Kind.CREATE,
)
def location_names_the_new_resource(exchange: Exchange) -> None:
    if exchange.status != 201:
        not_applicable()
    location = expect(exchange).header("Location")
    location.present("a 201 names the new resource in Location")
    href = exchange.json.get("href") if exchange.is_json and isinstance(exchange.json, dict) else None
    if isinstance(href, str) and href.strip():
        location.equals_url(href, "Location and href are the same address")


@observing(
    "create.keeps-mandatory",
    MUST,
    "What a client must say on create is in the new resource as it was said.",
    source="the API's OpenAPI document, mandatory attributes of POST; rule HTTP-04",
    on=Kind.CREATE,
    when=lambda resource: bool(resource.mandatory),
)
def what_had_to_be_said_is_kept(exchange: Exchange) -> None:
    resource, sent = exchange.resource, exchange.sent
    told = exchange.intent in (Intent.VALID, Intent.OPEN) and isinstance(sent, dict)
    told = told and exchange.asked("fields") is None
    if resource is None or not exchange.ok or not told or not exchange.representations:
        not_applicable()
    kept = exchange.representations[0]
    for name in sorted(resource.mandatory & sent.keys() & resource.attributes.keys()):
        if is_empty(sent[name]):
            continue
        because = f"{name} was sent as {show(sent[name])}"
        if is_empty(kept.get(name)):
            Value(exchange, kept, "the new resource").violated(f"no {name}", f"{name} as sent", because)
        if _is_to_be_kept_literally(resource, name) and not same_json(sent[name], kept[name]):
            Value(exchange, kept[name], name).violated(
                f"{name} is {show(kept[name])}", show(sent[name]), because
            )


def _is_to_be_kept_literally(resource: Resource, name: str) -> bool:
    # Structures are completed by the server, dates may be rewritten in another zone, states move on.
    attribute = resource.attributes[name]
    return (
        attribute.type in ("string", "boolean") and not attribute.format and name != resource.state_attribute
    )


@check(
    "create.client-identity",
    MUST,
    "id and href are given by the server, not taken from the client.",
    source="conformance profiles, attributes not available in POST; rule ID-03",
    on=Kind.CREATE,
    when=lambda resource: "href" in resource.server_set,
)
def the_server_gives_id_and_href(api: Api, resource: Resource) -> str | None:
    wanted = api.unknown_id(resource)
    own = {
        "id": wanted,
        "href": f"https://client.example/{resource.name}/{wanted}",
    }
    # Where the contract lets a client choose the id (v5 does), only href is the server's own.
    own = {name: value for name, value in own.items() if name in resource.server_set}
    label = f"POST {resource.path} with {' and '.join(own)} of the client's"
    answer = api.create(resource, api.payload(resource) | own, label=label, intent=Intent.OPEN)
    if answer.status in NOT_OFFERED:
        skip(f"POST {resource.path} is not offered (answered {answer.status})")
    if 400 <= answer.status < 500:
        return f"refused with {answer.status}, which is as right as ignoring them"
    expect(answer).success()
    if not answer.representations:
        raise CannotJudge("the answer shows nothing of what was created")
    created = answer.representations[0]
    taken = [name for name, value in own.items() if created.get(name) == value]
    if taken:
        raise Violation(
            f"{answer.label}: the new resource has the {' and '.join(taken)} that the client sent",
            expected="id and href of the server's own, or a 400",
            actual=show({name: created[name] for name in taken}),
            exchange=answer,
        )
    return None


@check(
    "create.taken-id",
    MUST,
    "A create with the id of something that exists leaves that as it is.",
    source="conformance profiles, attributes not available in POST; rules ID-03, HTTP-04",
    on=Kind.CREATE,
    when=lambda resource: Kind.RETRIEVE in resource.operations,
)
def an_id_that_is_taken_stays_with_its_owner(api: Api, resource: Resource) -> str | None:
    mine = api.fresh(resource)
    before = api.retrieve(resource, mine.id, intent=Intent.OPEN)
    body = api.payload(resource)
    label = f"POST {resource.path} with the id of another one"
    answer = api.create(resource, body | {"id": mine.id}, label=label, intent=Intent.OPEN)
    expect(answer).not_a_server_error("the id is taken, or not the client's to give")
    if answer.is_error:
        return f"refused with {answer.status}"
    after = api.retrieve(resource, mine.id, label=f"GET after {label}", intent=Intent.OPEN)
    told_apart = [name for name in ("name", "description", "url") if isinstance(body.get(name), str)]
    was, now = (next(iter(each.representations), {}) for each in (before, after))
    replaced = [name for name in told_apart if was.get(name) != now.get(name) == body[name]]
    again = answer.ok and [each.get("id") for each in answer.representations] == [mine.id]
    if replaced or again:
        raise Violation(
            f"{label}: answered {answer.status}, and it {'replaced' if replaced else 'has the id of'} that",
            expected="another id, or a 409 or 400",
            actual=show({name: now.get(name) for name in ("id", *replaced)}),
            exchange=answer,
        )
    return None
