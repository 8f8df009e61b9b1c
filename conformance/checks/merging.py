"""Merging: what a JSON merge patch does to the rest of a resource (RFC 7396)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection
from typing import Any

from tmfrig.conformance.api import Api, Instance
from tmfrig.conformance.check import MUST, CannotJudge, Skipped, Violation, check, skip
from tmfrig.conformance.checks.elements import contains, with_one_element, with_two_elements
from tmfrig.conformance.checks.keeping import with_much_said
from tmfrig.conformance.checks.patching import REFUSED, SOURCE, patched, shows
from tmfrig.conformance.checks.places import is_empty, objects_in
from tmfrig.conformance.checks.samples import texts
from tmfrig.conformance.checks.several import changes
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import describe_answer, same_json
from tmfrig.specs import Kind, Resource

_MOST_TRUTHS = 3


@check(
    "patch.keeps-others",
    MUST,
    "A PATCH leaves the attributes alone that it does not name.",
    source=f"{SOURCE}; rule PATCH-01",
    on=Kind.PATCH,
)
def a_patch_keeps_the_rest(api: Api, resource: Resource) -> None:
    mine = _much_said(api, resource)
    # What a server keeps by itself moves on by itself; what the client said does not.
    sent = set(resource.creation.attributes if resource.creation else ())
    change = api.change(mine)
    answer = accepted(api, mine, change)
    kept = [
        name
        for name, value in mine.body.items()
        if name in sent and name not in change and not is_empty(value) and name != resource.state_attribute
    ]
    if not kept:
        skip(f"{resource.name} {mine.id} has nothing else that could be lost")

    def is_whole(body: dict[str, Any]) -> bool:
        return all(_is_kept(mine.body[name], body.get(name)) for name in kept)

    shows_patched(api, mine, answer, kept, f"{', '.join(kept)} as before", is_whole)


def _much_said(api: Api, resource: Resource) -> Instance:
    """An instance with all that it can be created with, else with a few optional texts."""
    try:
        return with_much_said(api, resource)[0]
    except Skipped:
        return fresh_with_texts(api, resource)


def _is_kept(before: Any, now: Any) -> bool:
    if isinstance(before, bool):
        return now is before
    if isinstance(before, list):
        return isinstance(now, list) and len(now) >= len(before)
    return not is_empty(now)


@check(
    "patch.false",
    MUST,
    "false in a merge patch is a value as any other: what was true is false afterwards.",
    source=f"{SOURCE}; rules PATCH-01, HTTP-08",
    on=Kind.PATCH,
    when=lambda resource: bool(_truths(resource)),
)
def false_is_a_value(api: Api, resource: Resource) -> None:
    mine = api.fresh(resource)
    for name in _truths(resource)[:_MOST_TRUTHS]:
        true = patched(api, mine, {name: True}, intent=Intent.OPEN)
        shown = api.retrieve(resource, mine.id, label=f"GET after {true.label}", intent=Intent.OPEN)
        if not true.ok or not shown.representations or shown.representations[0].get(name) is not True:
            continue
        label = f"PATCH {resource.path}/{{id}} with false for {name}, which is true"
        answer = patched(api, mine, {name: False}, label=label, intent=Intent.OPEN)
        if not answer.ok:
            skip(f"{name} can be set, but not be taken back ({describe_answer(answer)})")
        _shows_false(api, mine, answer, name)
        return
    skip(f"{resource.name} has no truth that a PATCH sets")


def _shows_false(api: Api, mine: Instance, answer: Exchange, name: str) -> None:
    # null and absence may say the same, and true does not
    shows(api, mine, answer, [name], f"{name} false", lambda body: not body.get(name))


def _truths(resource: Resource) -> list[str]:
    patchable = resource.patching.attributes if resource.patching else {}
    return [name for name, each in patchable.items() if each.type == "boolean"]


@check(
    "patch.null-removes",
    MUST,
    "null in a merge patch removes the attribute.",
    source=f"{SOURCE}; rule PATCH-01",
    on=Kind.PATCH,
)
def null_removes(api: Api, resource: Resource) -> None:
    patchable = resource.patching.attributes if resource.patching else {}
    names = [each for each in texts(resource, ("description",)) if each in patchable]
    name = next((each for each in names if each not in resource.mandatory), None)
    if name is None:
        skip(f"{resource.name} has no optional text that could be removed")
    mine = api.fresh(resource, api.payload(resource) | {name: "to be removed"})
    if is_empty(mine.body.get(name)):
        skip(f"{name} was sent, but the new {resource.name} does not show it")
    answer = accepted(api, mine, {name: None})
    # Some servers write every attribute without a value as null, or every text without one as blank; in
    # others it was stored.
    unsaid = [value for key, value in mine.body.items() if is_empty(value)]

    def is_removed(body: dict[str, Any]) -> bool:
        return name not in body or any(body[name] == value for value in unsaid)

    shows_patched(api, mine, answer, [name], f"{name} removed", is_removed)


@check(
    "patch.array-replaced",
    MUST,
    "An array in a merge patch replaces the whole array.",
    source=f"{SOURCE}; rule PATCH-01",
    on=Kind.PATCH,
)
def an_array_is_replaced(api: Api, resource: Resource) -> None:
    name, mine, second = with_one_element(api, resource)
    answer = accepted(api, mine, {name: [second]})

    def is_replaced(body: dict[str, Any]) -> bool:
        shown = body.get(name)
        return isinstance(shown, list) and len(shown) == 1 and contains(shown[0], second)

    shows_patched(api, mine, answer, [name], f"one {name} in place of the other", is_replaced)


@check(
    "patch.array-shortened",
    MUST,
    "A shorter array in a merge patch leaves its own elements and no others.",
    source=f"{SOURCE}; rule PATCH-01",
    on=Kind.PATCH,
)
def an_array_is_shortened(api: Api, resource: Resource) -> None:
    name, key, mine = with_two_elements(api, resource)
    left = mine.body[name][1]
    answer = accepted(api, mine, {name: [left]})

    def is_shortened(body: dict[str, Any]) -> bool:
        shown = body.get(name)
        return isinstance(shown, list) and [each.get(key) for each in objects_in(shown)] == [left[key]]

    shows_patched(api, mine, answer, [name], f"the second {name} alone", is_shortened)


@check(
    "patch.several",
    MUST,
    "A PATCH changes all the attributes that it names.",
    source=f"{SOURCE}; rules PATCH-01, HTTP-08",
    on=Kind.PATCH,
)
def a_patch_changes_all_that_it_names(api: Api, resource: Resource) -> None:
    several = changes(api, resource)
    if len(several) < 2:
        skip(f"{resource.name} has but {len(several)} attributes that could harmlessly be changed")
    mine = api.fresh(resource)
    names = [each.name for each in several]
    answer = accepted(api, mine, {each.name: each.value for each in several})

    def are_changed(body: dict[str, Any]) -> bool:
        return all(each.holds(body) for each in several)

    shows_patched(api, mine, answer, names, f"all of {', '.join(names)} changed", are_changed)


def accepted(api: Api, instance: Instance, body: dict[str, Any]) -> Exchange:
    """The answer to a patch that went well; skips where it was refused for reasons of business."""
    answer = patched(api, instance, body)
    if answer.status in REFUSED:
        skip(f"a change of {', '.join(body)} was refused: {describe_answer(answer)}")
    if not answer.ok:
        raise CannotJudge(f"{answer.label} was answered {describe_answer(answer)}")
    return answer


def fresh_with_texts(api: Api, resource: Resource) -> Instance:
    """An instance with a few optional texts, so that there is something to lose."""
    # of its own, as some take a name only once
    token = f"rig-{uuid.uuid4().hex[:8]}"
    optional = {name: f"{name} to be kept, {token}" for name in texts(resource)[:3]}
    return api.fresh(resource, optional | api.payload(resource))


def shows_patched(
    api: Api,
    mine: Instance,
    answer: Exchange,
    names: Collection[str],
    what: str,
    holds: Callable[[dict[str, Any]], bool],
) -> None:
    """Like `shows`, but no finding where patches change nothing at all."""
    try:
        shows(api, mine, answer, names, what, holds)
    except Violation:
        if not _can_be_patched(api, mine):
            raise CannotJudge("PATCH changes nothing at all (a finding of patch.changes)") from None
        raise


def _can_be_patched(api: Api, mine: Instance) -> bool:
    """Whether the plainest of all patches has an effect."""
    name, value = next(iter(api.change(mine).items()))
    patched(api, mine, {name: value}, intent=Intent.OPEN)
    shown = api.retrieve(mine.resource, mine.id, intent=Intent.OPEN).representations
    return bool(shown) and same_json(shown[0].get(name), value)
