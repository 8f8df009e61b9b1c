"""JSON Patch: lists of operations in place of a merge patch, where the contract declares them.

A server need not offer them; one that does keeps RFC 6902.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tmfrig.conformance.api import NOT_OFFERED, Api, Instance
from tmfrig.conformance.check import MUST, Violation, check, skip
from tmfrig.conformance.checks.elements import with_two_elements
from tmfrig.conformance.checks.patching import REFUSED, shows
from tmfrig.conformance.checks.places import objects_in
from tmfrig.conformance.exchange import ACCEPTED, Exchange, Intent
from tmfrig.conformance.expect import describe_answer, expect, same_json, show
from tmfrig.specs import Kind, Resource

JSON_PATCH = "application/json-patch+json"
QUERY_PATCH = "application/json-patch-query+json"
_NEVER_THERE = "a value that was never there"


def declares(media_type: str) -> Callable[[Resource], bool]:
    """Whether a contract declares a format for the PATCH of a resource."""
    return lambda resource: media_type in resource.operations[Kind.PATCH].request_media_types


@check(
    "patch.json-patch",
    MUST,
    "Where JSON Patch is offered, its operations change what they name.",
    source="the API's OpenAPI document, media types of PATCH; RFC 6902; rule PATCH-03",
    on=Kind.PATCH,
    when=declares(JSON_PATCH),
)
def operations_change_what_they_name(api: Api, resource: Resource) -> None:
    mine, name, value = to_be_changed(api, resource)
    answer = sent(api, mine, [replacing(mine, name, value)], JSON_PATCH)
    expect(answer).success(f"{name} can be patched, and {JSON_PATCH} was not refused as such")
    shows(api, mine, answer, [name], f"{name} {show(value)}", lambda body: same_json(body.get(name), value))


@check(
    "patch.json-patch-test",
    MUST,
    "Where JSON Patch is offered, a test that fails refuses the patch, and nothing is changed.",
    source="RFC 6902, sections 4.6 and 5; rule PATCH-03",
    on=Kind.PATCH,
    when=declares(JSON_PATCH),
)
def a_failed_test_changes_nothing(api: Api, resource: Resource) -> None:
    mine, name, value = to_be_changed(api, resource)
    change = replacing(mine, name, value)
    if not sent(api, mine, [change], JSON_PATCH, intent=Intent.OPEN).ok:
        skip("a JSON Patch without a test is refused as well")
    other = api.fresh(resource)
    # The test comes last, when a careless server has made the change already.
    test = {"op": "test", "path": f"/{name}", "value": _NEVER_THERE}
    label = f"PATCH {resource.path}/{{id}} with a test that fails"
    answer = sent(api, other, [change, test], JSON_PATCH, label=label, intent=Intent.INVALID)
    if answer.status != ACCEPTED:
        expect(answer).refused(because="the test of the patch does not hold")
    is_unchanged(api, other, answer, name, value)


def is_unchanged(api: Api, mine: Instance, answer: Exchange, name: str, value: Any) -> None:
    """Violation where an attribute has the value that a patch that was refused gave it."""
    shown = api.retrieve(mine.resource, mine.id, label=f"GET after {answer.label}", intent=Intent.OPEN)
    now = next(iter(shown.representations), {})
    if same_json(now.get(name), value):
        raise Violation(
            f"{answer.label}: answered {answer.status}, yet {name} is changed; a patch is carried out as a "
            "whole or not at all",
            expected=f"{name} {show(mine.body.get(name))} as before",
            actual=f"{name} {show(value)}",
            exchange=answer,
        )


@check(
    "patch.query-patch",
    MUST,
    "Where patches with a query are offered, they change the element of a list that the query selects.",
    source="the API's OpenAPI document, media types of PATCH; TMF630 part 5; rule PATCH-04",
    on=Kind.PATCH,
    when=declares(QUERY_PATCH),
)
def the_selected_element_changes(api: Api, resource: Resource) -> None:
    name, told_by, mine = with_two_elements(api, resource)
    before = mine.body[name]
    key = "id" if all(isinstance(each.get("id"), str) for each in before) else told_by
    path = f"/{name}/{told_by}?{name}.{key}={before[1][key]}"
    operation = {"op": "replace", "path": path, "value": "changed"}
    answer = sent(api, mine, [operation], QUERY_PATCH)
    expect(answer).success(f"{QUERY_PATCH} was not refused as such")

    def is_changed(body: dict[str, Any]) -> bool:
        shown = body.get(name)
        wanted = [before[0].get(told_by), "changed"]
        return isinstance(shown, list) and [each.get(told_by) for each in objects_in(shown)] == wanted

    shows(api, mine, answer, [name], f"{told_by} changed in the second {name} and only there", is_changed)


def to_be_changed(api: Api, resource: Resource) -> tuple[Instance, str, Any]:
    """A new instance, the name of an attribute that may be changed, and another value for it."""
    mine = api.fresh(resource)
    name, value = next(iter(api.change(mine).items()))
    return mine, name, value


def replacing(mine: Instance, name: str, value: Any) -> dict[str, Any]:
    """The operation that gives an attribute a value, whether it has one or not."""
    return {"op": "replace" if name in mine.body else "add", "path": f"/{name}", "value": value}


def sent(
    api: Api,
    mine: Instance,
    operations: list[dict[str, Any]],
    media_type: str,
    *,
    label: str = "",
    intent: Intent = Intent.OPEN,
) -> Exchange:
    """PATCH with operations; skips where they are not offered."""
    path = f"{mine.resource.path}/{{id}}"
    label = label or f"PATCH {path} with {operations[0]['op']} {operations[0]['path']}"
    answer = api.patch(mine.resource, mine.id, operations, media_type=media_type, label=label, intent=intent)
    if answer.status in NOT_OFFERED | {415}:
        skip(f"{media_type} is not offered (answered {answer.status})")
    if answer.status in REFUSED and intent is Intent.OPEN:
        skip(f"the change was refused: {describe_answer(answer)}")
    return answer
