"""Nested refusing: what a create does where something inside an optional part is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tmfrig.conformance.api import NOT_OFFERED, Api
from tmfrig.conformance.check import MAY, SHOULD, Suite, check, skip
from tmfrig.conformance.checks.oddities import wrong_values
from tmfrig.conformance.checks.places import Place, mandatory_places, named, without
from tmfrig.conformance.checks.refusing import put_away, should_be_refused
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import show
from tmfrig.conformance.typed import TYPE, is_typed
from tmfrig.specs import Contract, Kind, Resource

_MOST_PARTS = 8


@check(
    "create.reference-incomplete",
    SHOULD,
    "An optional part of a create that lacks what is mandatory inside it, such as the id of a reference, is "
    "refused.",
    source="the API's OpenAPI document, attributes required inside others; rules POLY-05, HTTP-13",
    on=Kind.CREATE,
    suite=Suite.full,
)
def an_incomplete_part_is_refused(api: Api, resource: Resource) -> str | None:
    parts = list(_parts(api, resource))[:_MOST_PARTS]
    if not parts:
        skip(f"no optional part of {resource.name} has anything mandatory inside it")
    refused, taken = [], []
    for body, places in parts:
        whole = _sent(api, resource, body, f"with {places[0][0]}")
        if not whole.ok:
            refused.append(str(places[0][0]))
            continue
        for place in places:
            answer = _sent(api, resource, without(body, place), f"without {named(place)}", Intent.INVALID)
            if not 400 <= answer.status < 500:
                taken.append((named(place), answer))
    if taken:
        raise should_be_refused(taken, "; the contract makes it mandatory there")
    if len(refused) == len(parts):
        skip(f"{', '.join(refused)} are refused even as the contract has them")
    return f"not judged, as refused when complete: {', '.join(refused)}" if refused else None


def _parts(api: Api, resource: Resource) -> Iterator[tuple[dict[str, Any], list[Place]]]:
    """Bodies with one optional part each, and the mandatory places inside it."""
    created = resource.creation.attributes if resource.creation else {}
    minimal, full = api.payload(resource), api.full_payload(resource)
    for name, value in full.items():
        attribute = created.get(name)
        if attribute is None or attribute.required or not isinstance(value, dict | list):
            continue
        element, before = (value[0], (name, 0)) if isinstance(value, list) and value else (value, (name,))
        inside = attribute.of_type(element).attributes
        places = [
            place
            for place, _ in mandatory_places(inside, element, before)
            if not str(place[-1]).startswith("@")
        ]
        if places:
            yield {**minimal, name: value}, places


def _sent(
    api: Api, resource: Resource, body: dict[str, Any], how: str, intent: Intent = Intent.OPEN
) -> Exchange:
    answer = api.create(resource, body, label=f"POST {resource.path} {how}", intent=intent)
    put_away(api, resource, answer)
    return answer


@check(
    "create.optional-types",
    SHOULD,
    "A create whose optional attributes are of the wrong JSON type, or no date, is refused.",
    source="the API's OpenAPI document, types; rules ROB-02, HTTP-12",
    on=Kind.CREATE,
)
def optional_attributes_of_wrong_types_are_refused(api: Api, resource: Resource) -> None:
    taken = []
    for name, value in _wrongly_said(resource).items():
        body = api.payload(resource) | {name: value}
        answer = _sent(api, resource, body, f"with {show(value)} as {name}", Intent.INVALID)
        if answer.status in NOT_OFFERED:
            skip(f"POST {resource.path} is not offered (answered {answer.status})")
        # who leaves it out, or makes the right thing of it, has not taken it as it is
        if answer.ok and any(each.get(name) == value for each in answer.representations):
            taken.append((name, answer))
    if taken:
        raise should_be_refused(taken, ", and taken as it is")


def _wrongly_said(resource: Resource) -> dict[str, Any]:
    """One optional attribute of each kind, with what is none of it."""
    created = resource.creation.attributes if resource.creation else {}
    wrong: dict[str, tuple[str, Any]] = {}
    for name, each in created.items():
        kind = "date" if each.format == "date-time" else each.type
        values = ("the day after tomorrow",) if kind == "date" else wrong_values(each)
        if name.startswith("@") or each.required or each.enum or not values or name == "id":
            continue
        if kind in ("date", "boolean", "integer", "string"):
            wrong.setdefault(kind, (name, values[0]))
    return dict(wrong.values())


@check(
    "create.unrelated-type",
    MAY,
    "A create whose @type names another type of the contract, and says no @baseType, is refused.",
    source="the API's OpenAPI document, discriminators; rule POLY-03",
    on=Kind.CREATE,
    when=is_typed,
)
def an_unrelated_type_is_refused(api: Api, resource: Resource) -> None:
    body = api.payload(resource)
    named_type = _unrelated(api.contract)
    label = f"POST {resource.path} with {TYPE} {named_type}"
    answer = api.create(resource, body | {TYPE: named_type}, label=label, intent=Intent.INVALID)
    put_away(api, resource, answer)
    shown = next(iter(answer.representations), {}).get(TYPE)
    if answer.ok and shown != named_type:
        return  # it has its own mind about what it is
    if not 400 <= answer.status < 500:
        what = f"; the contract declares {named_type} as something else"
        raise should_be_refused([(named_type, answer)], what)


def _unrelated(contract: Contract) -> str:
    """A type that every contract declares and no resource is."""
    return "Error" if contract.error is not None else "Hub"
