"""Nested merging: a merge patch reaches into objects, and leaves what it does not name there (RFC 7396)."""

from __future__ import annotations

from typing import Any

from tmfrig.conformance.api import Api, Instance
from tmfrig.conformance.check import MUST, CannotJudge, Skipped, check, skip
from tmfrig.conformance.checks.merging import shows_patched
from tmfrig.conformance.checks.patching import SOURCE, patched
from tmfrig.conformance.checks.places import instant, is_empty, says_the_same
from tmfrig.conformance.exchange import Exchange
from tmfrig.conformance.expect import describe_answer
from tmfrig.specs import Attribute, Kind, Resource

_HINTS = frozenset({"id", "href", "@type", "@baseType", "@schemaLocation", "@referredType"})


@check(
    "patch.nested-merge",
    MUST,
    "An object in a merge patch is merged: members that it does not name stay.",
    source=f"{SOURCE}, section 2; rule PATCH-01",
    on=Kind.PATCH,
)
def objects_are_merged(api: Api, resource: Resource) -> None:
    name, mine, members = _with_object(api, resource, at_least=1)
    kept, *others = members
    # where there is but one, the patch names only what the contract makes mandatory in the object
    change = {each: _another(mine.body[name][each]) for each in others[:1]}
    answer = _accepted(api, mine, {name: _mandatory(resource, mine, name) | change})

    def is_merged(body: dict[str, Any]) -> bool:
        shown = body.get(name)
        if not isinstance(shown, dict) or is_empty(shown.get(kept)):
            return False
        return all(says_the_same(value, shown.get(each)) for each, value in change.items())

    what = f"{name}.{kept} as before" + "".join(f", and {name}.{each} changed" for each in change)
    shows_patched(api, mine, answer, [name], what, is_merged)


@check(
    "patch.nested-null",
    MUST,
    "null inside an object of a merge patch removes that member and no other.",
    source=f"{SOURCE}, section 2; rule PATCH-01",
    on=Kind.PATCH,
)
def null_removes_a_member(api: Api, resource: Resource) -> None:
    name, mine, (kept, removed, *_) = _with_object(api, resource, at_least=2)
    answer = _accepted(api, mine, {name: _mandatory(resource, mine, name) | {removed: None}})
    writes_nulls = None in mine.body.values() or None in mine.body[name].values()

    def is_removed(body: dict[str, Any]) -> bool:
        shown = body.get(name)
        if not isinstance(shown, dict) or is_empty(shown.get(kept)):
            return False
        return removed not in shown or (writes_nulls and shown[removed] is None)

    what = f"{name} without {removed}, and with {kept}"
    shows_patched(api, mine, answer, [name], what, is_removed)


def _with_object(api: Api, resource: Resource, *, at_least: int) -> tuple[str, Instance, list[str]]:
    """An object, a new instance that has it, and optional members of it: one to keep, then some to change."""
    reason = f"{resource.name} has no object with {at_least} members of the client's choice"
    for name, value, members in _candidates(api, resource, at_least):
        try:
            mine = api.fresh(resource, api.payload(resource) | {name: value})
        except CannotJudge as refusal:
            # what an object refers to has to exist, perhaps: that says nothing about PATCH
            reason = str(refusal)
            continue
        shown = mine.body.get(name)
        if isinstance(shown, dict) and not any(is_empty(shown.get(each)) for each in members):
            return name, mine, members
        reason = f"{name} was sent, but the new {resource.name} does not show all of it"
    raise Skipped(reason)


def _candidates(api: Api, resource: Resource, at_least: int) -> list[tuple[str, dict[str, Any], list[str]]]:
    """Objects of a client's choice with their optional members; those that refer to nothing come first."""
    patchable = resource.patching.attributes if resource.patching else {}
    created = resource.creation.attributes if resource.creation else {}
    found = []
    for name, value in api.full_payload(resource).items():
        if not isinstance(value, dict) or name not in patchable:
            continue
        members = [each for each in value if _is_optional_scalar(created[name], each, value[each])]
        if len(members) >= at_least:
            # the end of a period can be moved without overtaking its beginning
            found.append((name, value, sorted(members, key=lambda each: each.startswith("end"))))
    return sorted(found, key=lambda each: ("id" in each[1], each[0] != "validFor"))[:2]


def _is_optional_scalar(around: Attribute, name: str, value: Any) -> bool:
    attribute = around.of_type({}).attributes.get(name)
    declared = attribute is not None and not attribute.required and not attribute.enum
    return (
        declared
        and name not in _HINTS
        and isinstance(value, str | int | float)
        and not isinstance(value, bool)
    )


def _mandatory(resource: Resource, mine: Instance, name: str) -> dict[str, Any]:
    """What the contract asks for in the object, even in a patch, as it is."""
    attribute = resource.patching.attributes[name] if resource.patching else None
    members = attribute.of_type(mine.body[name]).attributes if attribute else {}
    value = mine.body[name]
    return {key: value[key] for key, each in members.items() if each.required and key in value}


def _another(value: Any) -> Any:
    moment = instant(value)
    if moment is not None:
        return (
            moment.replace(microsecond=0, minute=(moment.minute + 1) % 60).isoformat().replace("+00:00", "Z")
        )
    return value + 1 if isinstance(value, int | float) else f"{value}, changed"


def _accepted(api: Api, mine: Instance, changes: dict[str, Any]) -> Exchange:
    answer = patched(api, mine, changes)
    if not answer.ok:
        # a target may ask for whole objects, as validating what it reads by the contract comes to that
        skip(f"a change inside {', '.join(changes)} was refused: {describe_answer(answer)}")
    return answer
