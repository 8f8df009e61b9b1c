"""Elements: lists of the client's choice, and instances with elements in them that can be told apart."""

from __future__ import annotations

from typing import Any

from tmfrig.conformance.api import Api, Instance
from tmfrig.conformance.check import CannotJudge, Skipped
from tmfrig.conformance.checks.places import instant
from tmfrig.conformance.expect import same_json, show
from tmfrig.specs import Resource

_TRIES = 2
# Texts of an element that nobody has to know: an id would have to exist.
_TOLD_APART_BY = ("text", "name", "description", "role", "message")


def with_one_element(api: Api, resource: Resource) -> tuple[str, Instance, dict[str, Any]]:
    """The name of a list, a new instance that has one element in it, and another element."""
    reason = f"{resource.name} has no list of the client's choice whose elements could be told apart"
    for name, first, second in lists_of_choice(api, resource)[:_TRIES]:
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
    for name, first, second in lists_of_choice(api, resource)[:_TRIES]:
        key = told_by(first)
        assert key is not None
        # Plain words, which need no encoding where they stand in a query.
        both = [
            each | {key: word} | ({"id": word} if "id" in each else {})
            for each, word in ((first, "one"), (second, "two"))
        ]
        try:
            mine = api.fresh(resource, api.payload(resource) | {name: both})
        except CannotJudge as refusal:
            reason = str(refusal)
            continue
        shown = mine.body.get(name)
        if isinstance(shown, list) and [
            contains(each, {key: sent[key]}) for each, sent in zip(shown, both, strict=False)
        ] == [True, True]:
            return name, key, mine
        reason = f"two {name} were sent, but the new {resource.name} shows {show(shown)}"
    raise Skipped(reason)


def told_by(element: Any) -> str | None:
    """The text by which an element may be told apart from others, None where it has none."""
    return next((key for key in _TOLD_APART_BY if isinstance(element, dict) and key in element), None)


def lists_of_choice(api: Api, resource: Resource) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Optional lists that can be patched, each with two elements that differ in a text.

    Lists of things that refer to nothing come first, notes before all.
    """
    patchable = resource.patching.attributes if resource.patching else {}
    created = resource.creation.attributes if resource.creation else {}
    found = []
    for name, values in api.full_payload(resource).items():
        first = values[0] if isinstance(values, list) and values else None
        key = told_by(first)
        if first is None or key is None or name not in patchable or created[name].required:
            continue
        if not any(isinstance(value, dict | list) for value in first.values()):
            found.append((name, first, first | {key: f"{first[key]} two"}))
    return sorted(found, key=lambda each: (each[0] != "note", "id" in each[1]))


def contains(shown: Any, sent: dict[str, Any]) -> bool:
    """Whether an element shows what was sent; a server may complete it, and write a date in another zone."""
    return isinstance(shown, dict) and all(
        same_json(shown.get(key), value) for key, value in sent.items() if instant(value) is None
    )
