"""Operations of JSON Patch beside replace and test, where it is offered (RFC 6902, section 4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tmfrig.conformance.api import Api, Instance
from tmfrig.conformance.check import MUST, Violation, check, skip
from tmfrig.conformance.checks.elements import with_two_elements
from tmfrig.conformance.checks.json_patching import (
    JSON_PATCH,
    declares,
    is_unchanged,
    replacing,
    sent,
    to_be_changed,
)
from tmfrig.conformance.checks.patching import shows
from tmfrig.conformance.checks.places import objects_in
from tmfrig.conformance.checks.refusing import NO_SUCH_NAME
from tmfrig.conformance.checks.samples import patchable_texts
from tmfrig.conformance.checks.shared import once_per_api
from tmfrig.conformance.exchange import ACCEPTED, Intent
from tmfrig.conformance.expect import expect, same_json, show
from tmfrig.specs import Kind, Resource

_SOURCE = "the API's OpenAPI document, media types of PATCH; RFC 6902, section 4; rule PATCH-03"
_Holds = Callable[[dict[str, Any]], bool]


@check(
    "patch.json-patch-add",
    MUST,
    "Where JSON Patch is offered, add puts an element at the end of a list (-), or before the one named.",
    source=_SOURCE,
    on=Kind.PATCH,
    when=declares(JSON_PATCH),
)
def add_inserts_elements(api: Api, resource: Resource) -> None:
    name, key, mine = with_two_elements(api, resource)
    one = mine.body[name][0]
    new = {**one, key: "three", **({"id": "three"} if "id" in one else {})}
    operation = {"op": "add", "path": f"/{name}/-", "value": new}
    wanted = ["one", "two", "three"]
    _carried_out(api, mine, operation, name, "three behind the others", _is(name, key, wanted))
    first = {**new, key: "four", **({"id": "four"} if "id" in one else {})}
    operation = {"op": "add", "path": f"/{name}/0", "value": first}
    wanted = ["four", "one", "two", "three"]
    _carried_out(api, mine, operation, name, "four before the others", _is(name, key, wanted))


@check(
    "patch.json-patch-remove",
    MUST,
    "Where JSON Patch is offered, remove takes away an element of a list, and no other.",
    source=_SOURCE,
    on=Kind.PATCH,
    when=declares(JSON_PATCH),
)
def remove_takes_away(api: Api, resource: Resource) -> None:
    name, key, mine = with_two_elements(api, resource)
    operation = {"op": "remove", "path": f"/{name}/0"}
    _carried_out(api, mine, operation, name, f"the second {name} alone", _is(name, key, ["two"]))


@check(
    "patch.json-patch-move",
    MUST,
    "Where JSON Patch is offered, move takes a value from one place to another.",
    source=_SOURCE,
    on=Kind.PATCH,
    when=declares(JSON_PATCH),
)
def move_takes_along(api: Api, resource: Resource) -> None:
    name, key, mine = with_two_elements(api, resource)
    operation = {"op": "move", "from": f"/{name}/1", "path": f"/{name}/0"}
    _carried_out(api, mine, operation, name, f"the second {name} first", _is(name, key, ["two", "one"]))


@check(
    "patch.json-patch-copy",
    MUST,
    "Where JSON Patch is offered, copy puts a value at another place and leaves it where it was.",
    source=_SOURCE,
    on=Kind.PATCH,
    when=declares(JSON_PATCH),
)
def copy_doubles(api: Api, resource: Resource) -> None:
    names = patchable_texts(resource)
    if len(names) < 2:
        skip(f"{resource.name} has but {len(names)} texts that could be copied")
    source, target = names[0], names[1]
    said = "a text to be copied"
    mine = api.fresh(resource, api.payload(resource) | {source: said})
    operation = {"op": "copy", "from": f"/{source}", "path": f"/{target}"}

    def is_copied(body: dict[str, Any]) -> bool:
        return body.get(source) == said and body.get(target) == said

    _carried_out(api, mine, operation, target, f"{target} as {source}", is_copied)


def _carried_out(
    api: Api, mine: Instance, operation: dict[str, Any], name: str, what: str, holds: _Holds
) -> None:
    _needs_replace(api, mine.resource)
    answer = sent(api, mine, [operation], JSON_PATCH)
    expect(answer).success(f"{JSON_PATCH} is offered, and {operation['op']} is one of its six operations")
    shows(api, mine, answer, [name], what, holds)


@once_per_api
def _needs_replace(api: Api, resource: Resource) -> None:
    mine, name, value = to_be_changed(api, resource)
    answer = sent(api, mine, [replacing(mine, name, value)], JSON_PATCH)
    shown = api.retrieve(resource, mine.id, intent=Intent.OPEN)
    if not answer.ok or not any(same_json(each.get(name), value) for each in shown.representations):
        skip("not even replace is carried out (a finding of patch.json-patch)")


def _is(name: str, key: str, wanted: list[str]) -> _Holds:
    def holds(body: dict[str, Any]) -> bool:
        shown = body.get(name)
        return isinstance(shown, list) and [each.get(key) for each in objects_in(shown)] == wanted

    return holds


@check(
    "patch.json-patch-identity",
    MUST,
    "Where JSON Patch is offered, it does not change id, href and the dates of the making either.",
    source="the API's OpenAPI document, attributes absent from the PATCH body; rules PATCH-05, PATCH-03",
    on=Kind.PATCH,
    when=declares(JSON_PATCH),
)
def operations_leave_the_servers_own(api: Api, resource: Resource) -> None:
    _needs_replace(api, resource)
    mine = api.fresh(resource)
    for name, value in (("id", "another-id"), ("href", "https://client.example/another-id")):
        if name not in resource.non_patchable:
            continue
        label = f"PATCH {resource.path}/{{id}} with replace /{name}"
        operation = {"op": "replace", "path": f"/{name}", "value": value}
        answer = sent(api, mine, [operation], JSON_PATCH, label=label, intent=Intent.INVALID)
        expect(answer).not_a_server_error(f"{name} is refused, or left as it is")
        shown = api.retrieve(resource, mine.id, label=f"GET after {label}", intent=Intent.UNKNOWN_ID)
        now = next(iter(shown.representations), {})
        if not shown.ok or now.get(name) == value:
            raise Violation(
                f"{label}: answered {answer.status}, and "
                + (f"{name} is {show(now.get(name))} now" if shown.ok else f"GET answers {shown.status} now"),
                expected=f"{name} {show(mine.body.get(name))} as before",
                actual=show(now.get(name)) if shown.ok else str(shown.status),
                exchange=answer,
            )


@check(
    "patch.json-patch-absent",
    MUST,
    "Where JSON Patch is offered, a replace of what is not there is refused.",
    source="RFC 6902, section 4.3; rule PATCH-03",
    on=Kind.PATCH,
    when=declares(JSON_PATCH),
)
def what_is_not_there_is_not_replaced(api: Api, resource: Resource) -> None:
    _needs_replace(api, resource)
    mine, operation = api.fresh(resource), {"op": "replace", "path": f"/{NO_SUCH_NAME}", "value": "something"}
    label = f"PATCH {resource.path}/{{id}} with replace /{NO_SUCH_NAME}"
    answer = sent(api, mine, [operation], JSON_PATCH, label=label, intent=Intent.INVALID)
    if answer.status != ACCEPTED:
        expect(answer).refused(because="the place of a replace has to exist")


@check(
    "patch.json-patch-whole",
    MUST,
    "Where JSON Patch is offered, an operation that cannot be carried out refuses the patch, and nothing is "
    "changed.",
    source="RFC 6902, section 5; RFC 5789, section 2; rule PATCH-03",
    on=Kind.PATCH,
    when=declares(JSON_PATCH),
)
def operations_are_carried_out_as_a_whole(api: Api, resource: Resource) -> None:
    mine, name, value = to_be_changed(api, resource)
    _needs_replace(api, resource)
    # what cannot be done comes last, when a careless server has made the change already
    nothing = {"op": "remove", "path": f"/{NO_SUCH_NAME}/0"}
    label = f"PATCH {resource.path}/{{id}} with an operation at a place that is not there"
    answer = sent(
        api, mine, [replacing(mine, name, value), nothing], JSON_PATCH, label=label, intent=Intent.INVALID
    )
    if answer.status != ACCEPTED:
        expect(answer).refused(because="what is to be removed has to exist")
    is_unchanged(api, mine, answer, name, value)
