"""Merging: what a JSON merge patch does to the rest of a resource (RFC 7396)."""

from __future__ import annotations

from typing import Any

from tmfrig.conformance.api import Api, Instance
from tmfrig.conformance.check import MUST, CannotJudge, Skipped, check, skip
from tmfrig.conformance.checks.patching import REFUSED, SOURCE, patched, shows
from tmfrig.conformance.checks.places import instant, is_empty
from tmfrig.conformance.checks.samples import texts
from tmfrig.conformance.exchange import Exchange
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

    shows(api, mine, answer, f"{', '.join(kept)} as before, beside the new {', '.join(changes)}", is_whole)


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
    shows(api, mine, answer, f"no {name}", lambda body: is_empty(body.get(name)))


@check(
    "patch.array-replaced",
    MUST,
    "An array in a merge patch replaces the whole array.",
    source=f"{SOURCE}; rule PATCH-01",
    on=Kind.PATCH,
)
def an_array_is_replaced(api: Api, resource: Resource) -> None:
    name, first, second = _two_elements(api, resource)
    mine = api.fresh(resource, api.payload(resource) | {name: [first]})
    before = mine.body.get(name)
    if not isinstance(before, list) or len(before) != 1:
        skip(f"one {name} was sent, but the new {resource.name} shows {show(before)}")
    answer = _accepted(api, mine, {name: [second]})
    what = f"one {name} in place of the other"

    def is_replaced(body: dict[str, Any]) -> bool:
        shown = body.get(name)
        return isinstance(shown, list) and len(shown) == 1 and _contains(shown[0], second)

    shows(api, mine, answer, what, is_replaced)


def _two_elements(api: Api, resource: Resource) -> tuple[str, Any, Any]:
    """An optional list of a client's making that can be patched, and two elements that differ in a text."""
    patchable = resource.patching.attributes if resource.patching else {}
    full = api.full_payload(resource)
    for name, attribute in (resource.creation.attributes if resource.creation else {}).items():
        values = full.get(name)
        if attribute.type != "array" or attribute.required or name not in patchable or not values:
            continue
        element = values[0]
        for key in _TOLD_APART_BY:
            if isinstance(element, dict) and isinstance(element.get(key), str) and _stands_alone(element):
                return name, element, element | {key: f"{element[key]} two"}
    raise Skipped(f"{resource.name} has no list of the client's choice whose elements could be told apart")


# Texts of an element that nobody has to know: an id would have to exist.
_TOLD_APART_BY = ("text", "name", "description", "role", "message")


def _stands_alone(element: dict[str, Any]) -> bool:
    return not any(isinstance(value, dict | list) for value in element.values())


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
