"""Unpatchable: patches that must not have an effect, or not more than they ask for."""

from __future__ import annotations

import uuid
from typing import Any

from tmfrig.conformance.api import Api, Instance, identity
from tmfrig.conformance.check import MUST, SHOULD, CannotJudge, Violation, check, skip
from tmfrig.conformance.checks.merging import accepted, fresh_with_texts
from tmfrig.conformance.checks.patching import MERGE_PATCH, SOURCE, patched
from tmfrig.conformance.checks.places import is_empty, says_the_same
from tmfrig.conformance.checks.refusing import NO_SUCH_VALUE, put_away
from tmfrig.conformance.checks.retrieving import of_the_same_form
from tmfrig.conformance.checks.samples import patchable_texts, selected
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import describe_answer, expect, same_json, show
from tmfrig.specs import Kind, Resource

# Moments that a server moves on by itself while it works on what it has.
_MOVING = frozenset(
    {"lastUpdate", "completionDate", "startDate", "cancellationDate", "expectedCompletionDate"}
)
_WRONG_VALUE: dict[str, Any] = {"not": ["what", "the", "contract", "declares"]}


@check(
    "patch.unknown-id",
    MUST,
    "A PATCH of an id that nothing has is answered 404, and creates nothing.",
    source="the API's OpenAPI document, PATCH, 404; rules HTTP-03, HTTP-08",
    on=Kind.PATCH,
)
def a_patch_of_nothing_is_answered_404(api: Api, resource: Resource) -> None:
    mine = api.fresh(resource)
    changes = api.change(mine)
    if not patched(api, mine, changes, intent=Intent.OPEN).ok:
        skip(f"a change of {', '.join(changes)} is refused for what exists as well")
    label = f"PATCH {resource.path}/{{id}} by an id that nothing has"

    def ask(id: str) -> Exchange:
        answer = api.patch(resource, id, changes, label=label, intent=Intent.UNKNOWN_ID)
        if answer.status == 415:
            answer = api.patch(
                resource, id, changes, media_type=MERGE_PATCH, label=label, intent=Intent.UNKNOWN_ID
            )
        return answer

    unknown = api.unknown_id(resource)
    answer = ask(unknown)
    if answer.status == 400 and (alike := of_the_same_form(mine.id)) != mine.id:
        unknown, answer = alike, ask(alike)
    expect(answer).status(404, 410, because="nothing has this id")
    shown = api.retrieve(resource, unknown, label=f"GET after {label}", intent=Intent.UNKNOWN_ID)
    if shown.ok:
        raise Violation(
            f"{label}: answered {answer.status}, yet GET finds something there now",
            expected="404 Not Found",
            actual=describe_answer(shown),
            exchange=shown,
        )


@check(
    "patch.empty",
    MUST,
    "A PATCH that names nothing changes nothing: it is carried out or refused, and all stays.",
    source=f"{SOURCE}; rule PATCH-01",
    on=Kind.PATCH,
)
def an_empty_patch_changes_nothing(api: Api, resource: Resource) -> str | None:
    mine = fresh_with_texts(api, resource)
    label = f"PATCH {resource.path}/{{id}} with nothing"
    answer = patched(api, mine, {}, label=label, intent=Intent.OPEN)
    expect(answer).not_a_server_error("an empty object is a legal merge patch")
    shown = api.retrieve(resource, mine.id, label=f"GET after {label}", intent=Intent.OPEN)
    _is_unchanged(mine, answer, shown, set(_said(resource)))
    return f"refused with {answer.status}" if answer.is_error else None


@check(
    "patch.keeps-own",
    MUST,
    "A PATCH of something else leaves id, href and the dates of the making as they are.",
    source="the API's OpenAPI document, attributes absent from the PATCH body; rule PATCH-05",
    on=Kind.PATCH,
)
def what_is_the_servers_own_stays(api: Api, resource: Resource) -> None:
    mine = api.fresh(resource)
    before = _shown(api, mine)
    answer = accepted(api, mine, api.change(mine))
    names = {"id", "href", *_own_dates(resource)}
    label = f"GET {resource.path}/{{id}} after {answer.label}"
    shown = api.retrieve(resource, mine.id, label=label, intent=Intent.OPEN)
    _is_unchanged(mine, answer, shown, names, before)


def _own_dates(resource: Resource) -> list[str]:
    return [
        name for name in resource.non_patchable - _MOVING if resource.attributes[name].format == "date-time"
    ]


@check(
    "patch.others",
    MUST,
    "A PATCH of one resource changes no other.",
    source="the API's OpenAPI document, PATCH; rule HTTP-08",
    on=Kind.PATCH,
    when=lambda resource: {Kind.CREATE, Kind.LIST} <= resource.operations.keys(),
)
def other_resources_stay_as_they_are(api: Api, resource: Resource) -> None:
    name = next(iter(patchable_texts(resource)), None)
    if name is None:
        skip(f"{resource.name} has no text that could be changed")
    api.an_instance(resource)
    mine, value = api.fresh(resource), f"rig-{uuid.uuid4().hex[:8]}"
    answer = accepted(api, mine, {name: value})
    label = f"GET {resource.path}?{name}={value}, after a PATCH of one to this"
    listed = selected(api, resource, {name: value}, [mine.id], label)
    others = [identity(each) for each in listed.representations if each.get(name) == value]
    changed = [each for each in others if each not in (None, mine.id)]
    if changed:
        raise Violation(
            f"{answer.label}: {', '.join(map(str, changed[:3]))} has this {name} as well since then",
            expected=f"{mine.id} alone with {name} {value}",
            actual=", ".join(map(str, others[:5])),
            exchange=listed,
        )


@check(
    "patch.wrong-type",
    SHOULD,
    "A PATCH with a value of the wrong JSON type is refused.",
    source="the API's OpenAPI document, 400; rule HTTP-12",
    on=Kind.PATCH,
)
def a_value_of_the_wrong_type_is_refused(api: Api, resource: Resource) -> None:
    name = next(iter(patchable_texts(resource)), None)
    if name is None:
        skip(f"{resource.name} has no text that could be changed")
    mine = api.fresh(resource)
    label = f"PATCH {resource.path}/{{id}} with an object for the text {name}"
    answer = patched(api, mine, {name: _WRONG_VALUE}, label=label, intent=Intent.INVALID)
    shown = api.retrieve(resource, mine.id, label=f"GET after {label}", intent=Intent.INVALID)
    put_away(api, resource, mine.exchange)
    if (
        answer.ok
        and shown.representations
        and not isinstance(shown.representations[0].get(name), dict | list)
    ):
        return  # left alone or written as text: nothing illegal came of it
    expect(answer).refused(because=f"{name} is a text in the contract")


@check(
    "patch.refused-unchanged",
    MUST,
    "A PATCH that is refused changes nothing, not even what was right about it.",
    source="RFC 5789, section 2, changes are applied as a whole; rule PATCH-01",
    on=Kind.PATCH,
)
def a_refused_patch_changes_nothing(api: Api, resource: Resource) -> None:
    mine = api.fresh(resource)
    change = api.change(mine)
    spoilt = next((each for each in _spoilt(resource) if each.keys() != change.keys()), None)
    if spoilt is None:
        skip(f"{resource.name} has no second attribute that could be wrong")
    if not patched(api, mine, change, intent=Intent.OPEN).ok:
        skip(f"a change of {', '.join(change)} is refused by itself")
    other = api.fresh(resource)
    label = (
        f"PATCH {resource.path}/{{id}} with {', '.join(change)} as it may be and a wrong {', '.join(spoilt)}"
    )
    # what is right about it comes first, when a careless server has made the change already
    answer = patched(api, other, change | spoilt, label=label, intent=Intent.INVALID)
    shown = api.retrieve(resource, other.id, label=f"GET after {label}", intent=Intent.INVALID)
    put_away(api, resource, other.exchange)
    if not answer.is_error:
        skip(f"it is not refused (a finding of other checks): {answer.status}")
    name, value = next(iter(change.items()))
    now = next(iter(shown.representations), {})
    if same_json(now.get(name), value):
        raise Violation(
            f"{label}: answered {answer.status}, yet {name} is changed",
            expected=f"{name} {show(other.body.get(name))} as before",
            actual=f"{name} {show(value)}",
            exchange=answer,
        )


def _spoilt(resource: Resource) -> list[dict[str, Any]]:
    """Changes that the contract does not allow, those that servers see through most often first."""
    patchable = resource.patching.attributes if resource.patching else {}
    enumerated = [name for name, each in patchable.items() if each.enum]
    return [
        *({name: NO_SUCH_VALUE} for name in enumerated),
        *({name: _WRONG_VALUE} for name in patchable_texts(resource)),
    ]


@check(
    "patch.mandatory-kept",
    SHOULD,
    "A PATCH does not remove what is mandatory on create.",
    source="conformance profiles, mandatory attributes have a value; rules ID-04, PATCH-01",
    on=Kind.PATCH,
    when=lambda resource: bool(_removable(resource)),
)
def what_is_mandatory_cannot_be_removed(api: Api, resource: Resource) -> str | None:
    mine = api.fresh(resource)
    names = [name for name in _removable(resource) if not is_empty(mine.body.get(name))]
    if not names:
        raise CannotJudge(f"the new {resource.name} shows none of its mandatory attributes")
    for name in names:
        label = f"PATCH {resource.path}/{{id}} with null for {name}"
        answer = patched(api, mine, {name: None}, label=label, intent=Intent.INVALID)
        # a GET like any other: what answers have to hold is a matter of representation.profile
        shown = api.retrieve(resource, mine.id, label=f"GET after {label}", intent=Intent.OPEN)
        if shown.representations and is_empty(shown.representations[0].get(name)):
            put_away(api, resource, mine.exchange)
            raise Violation(
                f"{label}: answered {answer.status}, and {name} is gone",
                expected=f"a 4xx, or {name} as before",
                actual=show({name: shown.representations[0].get(name)}),
                exchange=answer,
            )
    return None


def _removable(resource: Resource) -> list[str]:
    patchable = resource.patching.attributes if resource.patching else {}
    return [
        name
        for name in sorted(resource.mandatory & patchable.keys() & resource.attributes.keys())
        if not name.startswith("@") and name != resource.state_attribute
    ]


def _said(resource: Resource) -> list[str]:
    """Attributes of a client's choice: what else a resource has may move on by itself."""
    created = resource.creation.attributes if resource.creation else {}
    return [name for name in created if name != resource.state_attribute and name not in _MOVING]


def _shown(api: Api, mine: Instance) -> dict[str, Any]:
    answer = api.retrieve(mine.resource, mine.id, intent=Intent.OPEN)
    return answer.representations[0] if answer.representations else mine.body


def _is_unchanged(
    mine: Instance, answer: Exchange, shown: Exchange, names: set[str], before: dict[str, Any] | None = None
) -> None:
    """Violation where one of the attributes was there and is another now, or is gone."""
    if not shown.representations:
        raise Violation(
            f"{answer.label}: afterwards GET is answered {shown.status}",
            expected="the resource as before",
            actual=describe_answer(shown),
            exchange=answer,
        )
    then, now = mine.body if before is None else before, shown.representations[0]
    for name in sorted(names & then.keys()):
        if is_empty(then[name]) or _alike(then[name], now.get(name)):
            continue
        raise Violation(
            f"{answer.label}: {name} was {show(then[name])}, and is {show(now.get(name))} now",
            expected=f"{name} as before",
            actual=show(now.get(name)),
            exchange=answer,
        )


def _alike(then: Any, now: Any) -> bool:
    """Whether a value says the same: what moves on by itself inside a structure is left out."""
    if isinstance(then, dict | list):
        return (
            not is_empty(now)
            and type(now) is type(then)
            and len(now) >= (len(then) if isinstance(then, list) else 0)
        )
    return says_the_same(then, now)
