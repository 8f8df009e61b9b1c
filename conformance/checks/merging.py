"""Merging: what a JSON merge patch does to the rest of a resource (RFC 7396)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from tmfrig.conformance.api import Api, Instance
from tmfrig.conformance.check import MUST, CannotJudge, Skipped, Violation, check, skip
from tmfrig.conformance.checks.patching import REFUSED, SOURCE, patched, shows
from tmfrig.conformance.checks.places import instant, is_empty
from tmfrig.conformance.checks.samples import texts
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import describe_answer, same_json, show
from tmfrig.specs import Kind, Resource


@check(
    "patch.keeps-others",
    MUST,
    "A PATCH leaves the attributes alone that it does not name.",
    source=f"{SOURCE}; rule PATCH-01",
    on=Kind.PATCH,
)
def a_patch_keeps_the_rest(api: Api, resource: Resource) -> None:
    mine = _fresh_with_texts(api, resource)
    # What a server keeps by itself moves on by itself; what the client said does not.
    sent = set(resource.creation.attributes if resource.creation else ())
    changes = api.change(mine)
    answer = _accepted(api, mine, changes)
    kept = [
        name
        for name, value in mine.body.items()
        if name in sent and name not in changes and not is_empty(value) and name != resource.state_attribute
    ]
    if not kept:
        skip(f"{resource.name} {mine.id} has nothing else that could be lost")

    def is_whole(body: dict[str, Any]) -> bool:
        return not any(is_empty(body.get(name)) for name in kept)

    _shows(api, mine, answer, kept, f"{', '.join(kept)} as before", is_whole)


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
    answer = _accepted(api, mine, {name: None})
    # Some servers write every attribute without a value as null; in others a null was stored.
    writes_nulls = None in mine.body.values()

    def is_removed(body: dict[str, Any]) -> bool:
        return is_empty(body.get(name)) if writes_nulls else name not in body or body[name] == ""

    _shows(api, mine, answer, [name], f"{name} removed", is_removed)


@check(
    "patch.array-replaced",
    MUST,
    "An array in a merge patch replaces the whole array.",
    source=f"{SOURCE}; rule PATCH-01",
    on=Kind.PATCH,
)
def an_array_is_replaced(api: Api, resource: Resource) -> None:
    name, mine, second = _with_one_element(api, resource)
    answer = _accepted(api, mine, {name: [second]})

    def is_replaced(body: dict[str, Any]) -> bool:
        shown = body.get(name)
        return isinstance(shown, list) and len(shown) == 1 and _contains(shown[0], second)

    _shows(api, mine, answer, [name], f"one {name} in place of the other", is_replaced)


def _with_one_element(api: Api, resource: Resource) -> tuple[str, Instance, dict[str, Any]]:
    """The name of a list, a new instance that has one element in it, and another element."""
    reason = f"{resource.name} has no list of the client's choice whose elements could be told apart"
    for name, first, second in _lists(api, resource)[:_TRIES]:
        try:
            mine = api.fresh(resource, api.payload(resource) | {name: [first]})
        except CannotJudge as refusal:
            # What a list refers to has to exist, perhaps: that says nothing about PATCH.
            reason = str(refusal)
            continue
        before = mine.body.get(name)
        if isinstance(before, list) and len(before) == 1:
            return name, mine, second
        reason = f"one {name} was sent, but the new {resource.name} shows {show(before)}"
    raise Skipped(reason)


def with_two_elements(api: Api, resource: Resource) -> tuple[str, str, Instance]:
    """The name of a list, the text by which its elements differ, and a new instance with two of them."""
    reason = f"{resource.name} has no list of the client's choice whose elements could be told apart"
    for name, first, second in _lists(api, resource)[:_TRIES]:
        told_by = _told_by(first)
        assert told_by is not None
        # Plain words, which need no encoding where they stand in a query.
        both = [
            each | {told_by: word} | ({"id": word} if "id" in each else {})
            for each, word in ((first, "one"), (second, "two"))
        ]
        try:
            mine = api.fresh(resource, api.payload(resource) | {name: both})
        except CannotJudge as refusal:
            reason = str(refusal)
            continue
        shown = mine.body.get(name)
        if isinstance(shown, list) and [
            _contains(each, {told_by: sent[told_by]}) for each, sent in zip(shown, both, strict=False)
        ] == [True, True]:
            return name, told_by, mine
        reason = f"two {name} were sent, but the new {resource.name} shows {show(shown)}"
    raise Skipped(reason)


def _told_by(element: Any) -> str | None:
    return next((key for key in _TOLD_APART_BY if isinstance(element, dict) and key in element), None)


_TRIES = 2
# Texts of an element that nobody has to know: an id would have to exist.
_TOLD_APART_BY = ("text", "name", "description", "role", "message")


def _lists(api: Api, resource: Resource) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Optional lists that can be patched, each with two elements that differ in a text.

    Lists of things that refer to nothing come first, notes before all.
    """
    patchable = resource.patching.attributes if resource.patching else {}
    created = resource.creation.attributes if resource.creation else {}
    found = []
    for name, values in api.full_payload(resource).items():
        first = values[0] if isinstance(values, list) and values else None
        told_by = _told_by(first)
        if first is None or told_by is None or name not in patchable or created[name].required:
            continue
        if not any(isinstance(value, dict | list) for value in first.values()):
            found.append((name, first, first | {told_by: f"{first[told_by]} two"}))
    return sorted(found, key=lambda each: (each[0] != "note", "id" in each[1]))


def _contains(shown: Any, sent: dict[str, Any]) -> bool:
    """Whether an element shows what was sent; a server may complete it, and write a date in another zone."""
    return isinstance(shown, dict) and all(
        same_json(shown.get(key), value) for key, value in sent.items() if instant(value) is None
    )


def _accepted(api: Api, instance: Instance, changes: dict[str, Any]) -> Exchange:
    answer = patched(api, instance, changes)
    if answer.status in REFUSED:
        skip(f"a change of {', '.join(changes)} was refused: {describe_answer(answer)}")
    if not answer.ok:
        raise CannotJudge(f"{answer.label} was answered {describe_answer(answer)}")
    return answer


def _fresh_with_texts(api: Api, resource: Resource) -> Instance:
    """An instance with a few optional texts, so that there is something to lose."""
    optional = {name: f"{name} to be kept" for name in texts(resource)[:3]}
    return api.fresh(resource, optional | api.payload(resource))


def _shows(
    api: Api,
    mine: Instance,
    answer: Exchange,
    names: Collection[str],
    what: str,
    holds: Callable[[dict[str, Any]], bool],
) -> None:
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
