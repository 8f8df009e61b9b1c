"""Referencing: whether references say what they have to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tmfrig.conformance.api import NOT_OFFERED, Api, identity
from tmfrig.conformance.check import (
    MUST,
    SHOULD,
    Skipped,
    Violation,
    check,
    not_applicable,
    observing,
    skip,
)
from tmfrig.conformance.checks.places import Place, at, named, without
from tmfrig.conformance.checks.referring import (
    Reference,
    flattened,
    is_reference,
    lacking,
    references,
)
from tmfrig.conformance.checks.shared import once_per_api
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import describe_answer, show
from tmfrig.conformance.instance import created_by
from tmfrig.specs import Kind, Resource

_BODIES = (Kind.LIST, Kind.CREATE, Kind.RETRIEVE, Kind.PATCH)
_PARTIES = "relatedParty"
_PREFERRED = (_PARTIES, "channel", "place", "category")
_ROLES = ("customer", "technicalContact")
_MOST = 4
_incomplete: set[str] = set()
"""Ids of what was created with a reference that lacks something, on purpose: its sight proves nothing."""


@observing(
    "reference.complete",
    MUST,
    "A reference says what it refers to, as the contract has it: its id, and @referredType where required.",
    source="the API's OpenAPI document, mandatory attributes of references; rule POLY-05",
    on=_BODIES,
)
def references_are_complete(exchange: Exchange) -> None:
    resource = exchange.resource
    if resource is None or exchange.intent is Intent.INVALID or exchange.asked("fields") is not None:
        not_applicable()
    judged = 0
    for body in exchange.representations:
        if identity(body) in _incomplete:
            continue
        for place, holder in flattened(resource.attributes, body):
            raise Violation(
                f"{exchange.label}: {named(place)} has an id of its own; what it names belongs into {holder}",
                expected=f"{named(place)}.{holder} with id",
                actual=show(at(body, place)),
                exchange=exchange,
            )
        for reference in _outright(resource, body):
            judged += 1
            if missing := lacking(reference):
                raise Violation(
                    f"{exchange.label}: {reference.name} has no {' and no '.join(missing)}",
                    expected=f"{' and '.join(missing)} in every such reference",
                    actual=show(dict(reference.value)),
                    exchange=exchange,
                )
    if not judged:
        not_applicable()


def _outright(resource: Resource, body: Any) -> Iterator[Reference]:
    """The references that are nothing else: what may as well be the thing itself needs no id."""
    for reference in references(resource.attributes, body):
        if not (reference.attribute.type_name or "").endswith("RefOrValue"):
            yield reference


# ── from request to answer ──────────────────────────────────────────────────────────────────────────────────


@once_per_api
def _accepted(api: Api, resource: Resource) -> tuple[Exchange, ...]:
    """A create with references that was accepted, and what GET shows of it then."""
    full, minimal = api.full_payload(resource), api.payload(resource)
    referring = [each for each in _referring(resource) if each in full][:_MOST]
    doubled = {_PARTIES: _in_two_roles(full[_PARTIES])} if _PARTIES in referring else {}
    several = {name: full[name] for name in referring}
    tries = [several | doubled, several, *({name: full[name]} for name in referring[:1])]
    label = f"POST {resource.path} with {', '.join(referring)}"
    answer: Exchange | None = None
    for each in [each for number, each in enumerate(tries) if each and each not in tries[:number]]:
        answer = api.create(resource, minimal | each, label=label, intent=Intent.OPEN)
        if answer.status in NOT_OFFERED:
            skip(f"POST {resource.path} is not offered (answered {answer.status})")
        mine = created_by(answer, resource)
        if mine is not None and Kind.RETRIEVE in resource.operations:
            return answer, api.retrieve(resource, mine.id, label=f"GET after {label}", intent=Intent.OPEN)
        if answer.representations:
            return (answer,)
    if answer is None:
        skip(f"no reference can be said of a {resource.name}")
    return skip(f"references were refused, complete as they were: {describe_answer(answer)}")


def _in_two_roles(parties: Any) -> Any:
    """The same party twice, in a role each, where the contract has roles."""
    if not isinstance(parties, list) or not parties or not isinstance(parties[0], dict):
        return parties
    return [parties[0] | {"role": role} for role in _ROLES] if "role" in parties[0] else parties


@check(
    "reference.kept",
    MUST,
    "A reference names what the client named, or is not there: it does not name something else.",
    source="the API's OpenAPI document, references in POST; rules POLY-05, HTTP-04",
    on=Kind.CREATE,
    when=lambda resource: bool(resource.creation and _referring(resource)),
)
def references_name_the_same(api: Api, resource: Resource) -> None:
    create, *_ = answers = _accepted(api, resource)
    sent = _ids(resource, create.sent)
    for answer in answers:
        for body in answer.representations[:1]:
            shown = _ids(resource, body)
            for path, ids in sent.items():
                # what a server leaves out or adds is no change of what was said
                if len(shown.get(path, ())) == len(ids) and shown[path] != ids:
                    raise Violation(
                        f"{answer.label}: {path} names other things than the client did",
                        expected=f"{path} with the id {', '.join(ids)}",
                        actual=f"the id {', '.join(shown[path])}",
                        exchange=answer,
                    )


def _ids(resource: Resource, body: Any) -> dict[str, list[str]]:
    """The ids of all references, in no order, by the attribute that holds them."""
    found: dict[str, list[str]] = {}
    for each in _outright(resource, body):
        if each.id is not None:
            path = ".".join(part for part in each.place if isinstance(part, str))
            found.setdefault(path, []).append(each.id)
    return {path: sorted(ids) for path, ids in found.items()}


@check(
    "reference.roles",
    SHOULD,
    "A party that is named in two roles has both.",
    source="the API's OpenAPI document, relatedParty and role; rule HTTP-04",
    on=Kind.CREATE,
    when=lambda resource: bool(resource.creation and _PARTIES in _referring(resource)),
)
def a_party_has_two_roles(api: Api, resource: Resource) -> None:
    answers = _accepted(api, resource)
    parties = answers[0].sent.get(_PARTIES) if isinstance(answers[0].sent, dict) else None
    if not isinstance(parties, list) or len(parties) < 2:
        skip("nobody was taken in two roles")
    for answer in answers:
        for body in answer.representations[:1]:
            kept = body.get(_PARTIES)
            if isinstance(kept, list) and len(kept) < len(parties):
                raise Violation(
                    f"{answer.label}: of a party in {len(parties)} roles {len(kept)} were kept",
                    expected=show(parties),
                    actual=show(kept),
                    exchange=answer,
                )


# ── in requests ─────────────────────────────────────────────────────────────────────────────────────────────


@check(
    "reference.mandatory",
    SHOULD,
    "A reference without what the contract requires of it, its id first of all, is refused.",
    source="the API's OpenAPI document, mandatory attributes of references; rule POLY-05",
    on=Kind.CREATE,
    when=lambda resource: bool(resource.creation and _referring(resource)),
)
def an_incomplete_reference_is_refused(api: Api, resource: Resource) -> str:
    body, place, required = _with_reference(api, resource)
    for name in required:
        label = f"POST {resource.path} with {named(place)} without {name}"
        answer = api.create(resource, without(body, (*place, name)), label=label, intent=Intent.INVALID)
        if 400 <= answer.status < 500:
            continue
        _forget(api, resource, answer)
        raise Violation(
            f"{label}: answered {answer.status}, not 4xx; the contract requires it",
            expected="a 4xx status",
            actual=describe_answer(answer),
            exchange=answer,
        )
    return f"refused without {' and without '.join(required)}"


def _referring(resource: Resource) -> list[str]:
    """The attributes of a create that hold references, or lists of them, the preferred ones first."""
    created = resource.creation.attributes if resource.creation else {}
    names = [
        name for name, each in created.items() if is_reference(each.items or each) or name in _PREFERRED[:1]
    ]
    return sorted(names, key=lambda name: _PREFERRED.index(name) if name in _PREFERRED else len(_PREFERRED))


def _with_reference(api: Api, resource: Resource) -> tuple[dict[str, Any], Place, list[str]]:
    """A body with a reference that the target takes, the reference's place, and what it has to say."""
    reason = f"the contract requires nothing of the references in {resource.name}"
    full, minimal = api.full_payload(resource), api.payload(resource)
    for name in [each for each in _referring(resource) if each in full][:2]:
        body = minimal | {name: full[name]}
        found = [
            (reference.place, required)
            for reference in _outright(resource, body)
            if reference.place[0] == name
            and (required := [each for each in ("id", "@referredType") if _requires(reference, each)])
        ]
        if not found:
            continue
        label = f"POST {resource.path} with {name}"
        answer = api.create(resource, body, label=label, intent=Intent.OPEN)
        if answer.status in NOT_OFFERED:
            skip(f"POST {resource.path} is not offered (answered {answer.status})")
        if answer.ok:
            return body, *found[0]
        reason = f"{name} was refused, complete as it was: {describe_answer(answer)}"
    raise Skipped(reason)


def _requires(reference: Reference, name: str) -> bool:
    declared = reference.attribute.attributes.get(name)
    return declared is not None and declared.required and name in reference.value


def _forget(api: Api, resource: Resource, answer: Exchange) -> None:
    mine = created_by(answer, resource)
    if mine is None:
        return
    _incomplete.add(mine.id)
    if Kind.DELETE in resource.operations:
        label = f"DELETE {resource.path}/{{id}} of one with an incomplete reference"
        api.delete(resource, mine.id, label=label, intent=Intent.OPEN)
