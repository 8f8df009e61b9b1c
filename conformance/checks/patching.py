"""Patching: JSON merge patch, as application/json and as application/merge-patch+json."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from tmfrig.conformance.api import NOT_OFFERED, Api, Instance, Query
from tmfrig.conformance.check import (
    MUST,
    SHOULD,
    Violation,
    check,
    not_applicable,
    observing,
    skip,
)
from tmfrig.conformance.checks.places import instant, is_empty
from tmfrig.conformance.checks.refusing import NO_SUCH_VALUE
from tmfrig.conformance.checks.retrieving import SETTLING
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import describe_answer, expect, same_json, show
from tmfrig.conformance.typed import TYPE, is_typed
from tmfrig.specs import Kind, Resource

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
SOURCE = "conformance profiles, PATCH with JSON merge; RFC 7396"
_LONG_AGO = "1999-12-31T23:59:59Z"
REFUSED = frozenset({401, 403, 409, 422})


@observing(
    "patch.status",
    MUST,
    "A successful PATCH is answered 200, or another success that the contract declares for it.",
    source="the API's OpenAPI document, PATCH; conformance profiles; rule HTTP-08",
    on=Kind.PATCH,
)
def a_patch_is_answered_200(exchange: Exchange) -> None:
    assert exchange.operation is not None
    if exchange.is_error and (exchange.intent is not Intent.VALID or exchange.status < 500):
        not_applicable()
    declared = [int(status) for status in sorted(exchange.operation.statuses) if status.startswith("2")]
    expect(exchange).status(*(declared or [200]))


@observing(
    "patch.representation",
    MUST,
    "The answer to a PATCH carries the representation of the resource that was patched.",
    source="the API's OpenAPI document, PATCH; rule HTTP-08",
    on=Kind.PATCH,
)
def the_answer_carries_what_was_patched(exchange: Exchange) -> None:
    if exchange.status != 200 or exchange.intent is Intent.INVALID:
        not_applicable()
    body = expect(exchange).json_object("the answer to a PATCH is the patched resource")
    if body.value.get("id") is not None and str(body.value["id"]) != exchange.id_in_path:
        body.violated(f"the answer is about id {body.value['id']}", f"id {exchange.id_in_path}")


@check(
    "patch.changes",
    MUST,
    "A PATCH as application/json changes the attribute that it names, and GET shows it.",
    source=f"{SOURCE}; the API's OpenAPI document, media types of PATCH; rules HTTP-08, PATCH-02",
    on=Kind.PATCH,
)
def a_patch_changes_what_it_names(api: Api, resource: Resource) -> None:
    _changes_as(api, resource, JSON)


@check(
    "patch.merge-patch",
    MUST,
    "A PATCH as application/merge-patch+json changes the attribute that it names, and GET shows it.",
    source=f"{SOURCE}; rule PATCH-01",
    on=Kind.PATCH,
)
def a_merge_patch_changes_what_it_names(api: Api, resource: Resource) -> None:
    _changes_as(api, resource, MERGE_PATCH)


def _changes_as(api: Api, resource: Resource, media_type: str) -> None:
    mine = api.fresh(resource)
    changes = api.change(mine)
    name, value = next(iter(changes.items()))
    label = f"PATCH {resource.path}/{{id}} with {name} as {media_type}"
    answer = patched(api, mine, changes, media_type=media_type, label=label)
    if answer.status in REFUSED:
        skip(f"a change of {name} was refused: {describe_answer(answer)}")
    expect(answer).success(f"{name} can be patched, and {media_type} is mandatory for PATCH")
    shows(api, mine, answer, [name], f"{name} {show(value)}", lambda body: same_json(body.get(name), value))
    _answers_with(answer, name, value)


def _answers_with(answer: Exchange, name: str, value: Any) -> None:
    """A 200 carries the resource as it is after the change; one that answers later says 202."""
    body = answer.json if answer.status == 200 and answer.is_json else None
    if isinstance(body, dict) and body and not same_json(body.get(name), value):
        answered = f"{name} {show(body[name])}" if name in body else f"no {name}"
        raise Violation(
            f"{answer.label}: answered with {answered}, although GET shows {show(value)}",
            expected=f"{name} {show(value)}: the representation after the change",
            actual=answered,
            exchange=answer,
        )


@check(
    "patch.non-patchable",
    MUST,
    "A PATCH does not change what is the server's own: id, href, dates of its making.",
    source="the API's OpenAPI document, attributes absent from the PATCH body; rule PATCH-05",
    on=Kind.PATCH,
)
def the_servers_own_does_not_change(api: Api, resource: Resource) -> str | None:
    attributes = resource.attributes
    # a date that a client may say on create is no server's own: patch.beyond-contract is about it
    dates = {
        name: _LONG_AGO
        for name in sorted(resource.non_patchable & resource.server_set)
        if attributes[name].format == "date-time"
    }
    identity = {"id": "another-id", "href": "https://client.example/another-id"}
    own = {name: value for name, value in identity.items() if name in resource.non_patchable}
    return does_not_change(api, resource, {**own, **dates})


@check(
    "patch.beyond-contract",
    SHOULD,
    "A PATCH does not change attributes that the contract leaves out of its body.",
    source="the API's OpenAPI document, attributes absent from the PATCH body; rule PATCH-05",
    on=Kind.PATCH,
    when=lambda resource: bool(_beyond_contract(resource)),
)
def attributes_beyond_the_contract_do_not_change(api: Api, resource: Resource) -> str | None:
    return does_not_change(api, resource, _beyond_contract(resource))


def _beyond_contract(resource: Resource) -> dict[str, str]:
    """Texts, and dates of the client's own, each with a value that nobody else would give it."""
    attributes = resource.attributes
    # Type hints are left out: profiles and contracts of version 4 disagree about them.
    names = [
        name
        for name in sorted(resource.non_patchable - {"id", "href"})
        if attributes[name].type == "string" and not attributes[name].enum and not name.startswith("@")
    ]
    texts = {name: "changed by a client" for name in names if not attributes[name].format}
    dates = {name: _LONG_AGO for name in names if attributes[name].format == "date-time"}
    return texts | {name: value for name, value in dates.items() if name not in resource.server_set}


def does_not_change(api: Api, resource: Resource, changes: dict[str, str]) -> str | None:
    """None of these attributes takes the value that a PATCH gives it; what else the check has to say."""
    if not changes:
        skip(f"the contract keeps nothing of this kind out of the PATCH of {resource.name}")
    mine = api.fresh(resource)
    refused = []
    for name, value in changes.items():
        label = f"PATCH {resource.path}/{{id}} with {name}"
        answer = patched(api, mine, {name: value}, label=label, intent=Intent.INVALID)
        refused += [name] if not answer.ok else []
        shown = api.retrieve(resource, mine.id, label=f"GET after {label}", intent=Intent.UNKNOWN_ID)
        body = shown.representations[0] if shown.representations else {}
        if name == "id" and not shown.ok:
            raise Violation(
                f"{label}: afterwards GET by the id is answered {shown.status}",
                expected="id unchanged",
                actual=describe_answer(shown),
                exchange=answer,
            )
        taken = body.get(name)
        if taken == value or (instant(value) is not None and instant(taken) == instant(value)):
            raise Violation(
                f"{label}: {name} is now {show(taken)}, as the client wanted it",
                expected=f"{name} {show(mine.body.get(name))} as before, or a 4xx",
                actual=f"{name} {show(taken)}",
                exchange=answer,
            )
    return f"refused for {', '.join(refused)}, which is as right as ignoring it" if refused else None


@check(
    "patch.untyped",
    MUST,
    "A PATCH without the @type that the contract asks for is carried out or refused, and no more.",
    source="the API's OpenAPI document, PATCH, @type is mandatory; rule PATCH-06",
    on=Kind.PATCH,
    when=lambda resource: is_typed(resource) and TYPE not in resource.non_patchable,
)
def a_patch_without_type_is_no_trouble(api: Api, resource: Resource) -> str:
    mine = api.fresh(resource)
    label = f"PATCH {resource.path}/{{id}} without {TYPE}"
    path = api.path_of(resource, mine.id)
    answer = api.request("PATCH", path, json=api.change(mine), label=label, intent=Intent.INVALID)
    if answer.status in NOT_OFFERED:
        skip(f"PATCH {resource.path}/{{id}} is not offered (answered {answer.status})")
    expect(answer).not_a_server_error(because=f"{TYPE} is mandatory, and some take it as understood")
    return "refused" if answer.is_error else "carried out"


@check(
    "patch.illegal-enumeration",
    MUST,
    "A PATCH with a value that its enumeration does not list is refused.",
    source="the API's OpenAPI document, enumerations; rule ENUM-01",
    on=Kind.PATCH,
    when=lambda resource: _enumerated(resource) is not None,
)
def an_unlisted_value_is_refused(api: Api, resource: Resource) -> None:
    name = _enumerated(resource)
    assert name is not None
    mine = api.fresh(resource)
    label = f"PATCH {resource.path}/{{id}} with {name} {NO_SUCH_VALUE}"
    answer = patched(api, mine, {name: NO_SUCH_VALUE}, label=label, intent=Intent.INVALID)
    if answer.ok:
        shown = api.retrieve(resource, mine.id, intent=Intent.OPEN).representations
        if shown and shown[0].get(name) != NO_SUCH_VALUE:
            skip(f"{name} is not taken from a PATCH at all (it still is {show(shown[0].get(name))})")
    expect(answer).refused(because=f"the contract does not list {NO_SUCH_VALUE}")


def _enumerated(resource: Resource) -> str | None:
    attributes = resource.patching.attributes if resource.patching else {}
    return next((name for name, each in attributes.items() if each.enum), None)


def patched(
    api: Api,
    instance: Instance,
    changes: dict[str, Any],
    *,
    query: Query = (),
    media_type: str = "",
    label: str = "",
    intent: Intent = Intent.VALID,
) -> Exchange:
    """PATCH an instance; skips where the target does not offer PATCH.

    Without `media_type`, whichever of the two is accepted. Some targets take the contract's word that a PATCH
    of an order names its items: what is mandatory on create is then sent along, unchanged.
    """
    resource = instance.resource
    label = label or f"PATCH {resource.path}/{{id}} with {', '.join(changes)}"
    wanted = media_type or JSON

    def send(body: dict[str, Any], label: str) -> Exchange:
        return api.patch(
            resource, instance.id, body, query=query, media_type=wanted, label=label, intent=intent
        )

    answer = send(changes, label)
    if answer.status == 415 and not media_type:
        wanted = MERGE_PATCH
        answer = send(changes, label)
    if answer.status in NOT_OFFERED:
        skip(f"PATCH {resource.path}/{{id}} is not offered (answered {answer.status})")
    along = {
        name: instance.body[name]
        for name in sorted(resource.mandatory - resource.non_patchable - changes.keys())
        if not is_empty(instance.body.get(name))
    }
    if answer.status not in (400, 422) or not along:
        return answer
    second = send({**along, **changes}, f"{label}, and {', '.join(along)} as they are")
    return second if second.ok else answer


def shows(
    api: Api,
    instance: Instance,
    answer: Exchange,
    names: Collection[str],
    what: str,
    holds: Callable[[dict[str, Any]], bool],
) -> None:
    """GET shows the outcome of a PATCH, at once or a little later; `names` are the attributes to look at."""

    def retrieve() -> Exchange:
        label = f"GET {instance.resource.path}/{{id}} after {answer.label}"
        return api.retrieve(instance.resource, instance.id, label=label, intent=Intent.OPEN)

    def settled(shown: Exchange) -> bool:
        return bool(shown.representations) and holds(shown.representations[0])

    if api.wait_until(retrieve, settled, within=SETTLING) is None:
        shown = retrieve()
        body = shown.representations[0] if shown.representations else {}
        seen = show({name: body[name] for name in names if name in body}) if shown.ok else str(shown.status)
        raise Violation(
            f"{answer.label}: answered {answer.status}, but GET afterwards does not show {what}",
            expected=what,
            actual=f"{seen} in GET {instance.resource.path}/{instance.id}",
            exchange=answer,
        )
