"""Selecting what is optional: attributes that few resources have, by names of letters of both cases."""

from __future__ import annotations

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import MUST, CannotJudge, Violation, check, skip
from tmfrig.conformance.checks.places import is_empty
from tmfrig.conformance.exchange import Intent
from tmfrig.conformance.expect import show
from tmfrig.specs import Kind, Resource

_SCALARS = frozenset({"string", "boolean"})


@check(
    "fields.optional",
    MUST,
    "fields selects an optional attribute as well, by its name as the contract writes it.",
    source="TMF630 part 1, section 4.3; rule FIELDS-01",
    on=Kind.RETRIEVE,
    when=lambda resource: bool(_in_both_cases(resource)),
)
def an_optional_attribute_is_selected(api: Api, resource: Resource) -> None:
    name, full = _in_both_cases(resource)[0], api.full_payload(resource)
    if is_empty(full.get(name)):
        skip(f"there is no {name} that could be said on create")
    try:
        mine = api.fresh(resource, api.payload(resource) | {name: full[name]})
    except CannotJudge as refusal:
        skip(f"a {name} of this kind is refused: {refusal}")
    label = f"GET {resource.path}/{{id}} with fields={name}"
    for _ in range(2):
        # asked again before anybody is blamed: what is optional may go by itself
        answer = api.retrieve(resource, mine.id, {"fields": name}, label=label, intent=Intent.OPEN)
        whole = api.retrieve(resource, mine.id, intent=Intent.OPEN)
        if not whole.representations or is_empty(whole.representations[0].get(name)):
            skip(f"{name} was said on create, and is not shown")
        if not answer.ok:
            skip(f"{name} cannot be selected (answered {answer.status})")
        if answer.representations and not is_empty(answer.representations[0].get(name)):
            return
    raise Violation(
        f"{label}: there is no {name}, and there is without fields",
        expected=f"{name} {show(whole.representations[0][name])}",
        actual=f"only {', '.join(sorted(answer.representations[0])) or 'nothing'}"
        if answer.representations
        else "no resource",
        exchange=answer,
    )


def _in_both_cases(resource: Resource) -> list[str]:
    created = resource.creation.attributes if resource.creation else {}
    return [
        name
        for name, each in created.items()
        if each.type in _SCALARS and name != name.lower() and not name.startswith("@")
        if name in resource.attributes and name not in resource.mandatory
        if name != resource.state_attribute and not each.format and not each.enum
    ]
