"""Odd bodies: JSON of a form or a size that few clients send, which breaks nothing either."""

from __future__ import annotations

from typing import Any

from tmfrig.conformance.api import NOT_OFFERED, Api
from tmfrig.conformance.check import MUST, Violation, check, skip
from tmfrig.conformance.checks.oddities import NO_FAILURE
from tmfrig.conformance.checks.refusing import put_away
from tmfrig.conformance.exchange import Intent
from tmfrig.conformance.expect import expect
from tmfrig.specs import Kind, Resource

_MANY = 30
"""Elements of a list that a large customer may well send, and most tests do not."""


@check(
    "robust.many-elements",
    MUST,
    f"A create with {_MANY} elements in a mandatory list, such as the items of an order, is kept or refused.",
    source="the API's OpenAPI document, which limits no list; RFC 9110, 15.6; rules ROB-01, ITEM-01",
    on=Kind.CREATE,
    when=lambda resource: _list_of(resource) is not None,
)
def many_elements_do_no_harm(api: Api, resource: Resource) -> str:
    name, body = _list_of(resource) or "", api.payload(resource)
    first = body[name][0]
    many = [first | ({"id": str(number)} if "id" in first else {}) for number in range(1, _MANY + 1)]
    label = f"POST {resource.path} with {_MANY} elements in {name}"
    answer = api.create(resource, body | {name: many}, label=label, intent=Intent.OPEN)
    if answer.status in NOT_OFFERED:
        skip(f"POST {resource.path} is not offered (answered {answer.status})")
    put_away(api, resource, answer)
    expect(answer).not_a_server_error("the contract has no limit, and who has one refuses with a 4xx")
    shown = answer.representations[0].get(name) if answer.ok and answer.representations else None
    if isinstance(shown, list) and 0 < len(shown) < _MANY:
        raise Violation(
            f"{label}: accepted, and {len(shown)} of them are kept",
            expected=f"{_MANY} elements in {name}, or a 4xx",
            actual=f"{len(shown)} elements",
            exchange=answer,
        )
    return "taken" if answer.ok else f"refused with {answer.status}"


def _list_of(resource: Resource) -> str | None:
    """A list of objects without which nothing is created."""
    created = resource.creation.attributes if resource.creation else {}
    lists = [each for each in created.values() if each.required and each.type == "array" and each.attributes]
    return lists[0].name if lists else None


@check(
    "robust.patch-list",
    MUST,
    "A PATCH whose body is a list where an object is due is not answered with a server error.",
    source="RFC 7396, 1, merge patches; RFC 9110, 15.6, server errors; rules ROB-01, PATCH-01",
    on=Kind.PATCH,
)
def a_list_for_a_patch_does_no_harm(api: Api, resource: Resource) -> str:
    mine = api.fresh(resource)
    changes: list[Any] = [api.change(mine)]
    label = f"PATCH {resource.path}/{{id}} with a list of one"
    path = api.path_of(resource, mine.id)
    answer = api.request("PATCH", path, json=changes, label=label, intent=Intent.INVALID)
    if answer.status in NOT_OFFERED:
        skip(f"PATCH {resource.path}/{{id}} is not offered (answered {answer.status})")
    expect(answer).not_a_server_error(NO_FAILURE)
    return "taken" if answer.ok else f"refused with {answer.status}"
