"""Selecting and what is inside: structures that are selected as a whole, and paths into them."""

from __future__ import annotations

from tmfrig.conformance.api import Api, Instance
from tmfrig.conformance.check import MAY, MUST, CannotJudge, Skipped, Violation, check, skip
from tmfrig.conformance.checks.elements import lists_of_choice
from tmfrig.conformance.checks.places import is_empty, without_nulls
from tmfrig.conformance.exchange import Intent
from tmfrig.conformance.expect import expect, same_json, show
from tmfrig.specs import Kind, Resource


@check(
    "fields.whole-values",
    MUST,
    "A list or an object that is selected by its name is there with all that is inside.",
    source="TMF630 part 1, section 4.3; conformance profiles, attribute selection; rule FIELDS-01",
    on=Kind.RETRIEVE,
)
def what_is_selected_is_whole(api: Api, resource: Resource) -> None:
    instance, name = _with_structure(api, resource)
    label = f"GET {resource.path}/{{id}} with fields={name}"
    for _ in range(2):
        # asked again before anybody is blamed: resources change while we look at them
        answer = api.retrieve(resource, instance.id, {"fields": name}, label=label, intent=Intent.OPEN)
        whole = api.retrieve(resource, instance.id, intent=Intent.OPEN)
        if not answer.representations or not whole.representations:
            skip(f"it is answered {answer.status}, and {whole.status} without fields")
        shown, known = (each.representations[0].get(name) for each in (answer, whole))
        if shown is None:
            skip(f"fields={name} does not select it at all (a finding of fields.by-id)")
        if is_empty(known) or same_json(without_nulls(shown), without_nulls(known)):
            return
    raise Violation(
        f"{label}: {name} is not what it is without fields",
        expected=f"{name} {show(known)}",
        actual=f"{name} {show(shown)}",
        exchange=answer,
    )


def _with_structure(api: Api, resource: Resource) -> tuple[Instance, str]:
    """An instance with a list or an object in it, and the name of that."""
    instance = api.an_instance(resource)
    found = next((each for each in _structures(resource, instance)), None)
    for name, element, _ in [] if found else lists_of_choice(api, resource)[:1]:
        try:
            instance = api.fresh(resource, api.payload(resource) | {name: [element]})
        except CannotJudge as refusal:
            skip(f"a {name} of this kind is refused: {refusal}")
        found = next((each for each in _structures(resource, instance)), None)
    return instance, found or skip(f"{resource.name} {instance.id} has no list and no object to select")


def _structures(resource: Resource, instance: Instance) -> list[str]:
    return [
        name
        for name, value in instance.body.items()
        if name in resource.attributes and isinstance(value, list | dict) and value
    ]


@check(
    "fields.dotted",
    MAY,
    "fields may name attributes of sub-resources by a dotted path.",
    source="TMF630 part 1, section 4.3; rule FIELDS-05",
    on=Kind.RETRIEVE,
)
def dotted_fields(api: Api, resource: Resource) -> str:
    instance = api.an_instance(resource)
    for name, value in instance.body.items():
        inner = value[0] if isinstance(value, list) and value else value
        keys = [key for key in inner if not is_empty(inner[key])] if isinstance(inner, dict) else []
        if len(keys) > 1:
            path = f"{name}.{keys[0]}"
            answer = api.retrieve(resource, instance.id, {"fields": path}, intent=Intent.OPEN)
            expect(answer).status(200)
            shown = answer.representations[0].get(name) if answer.representations else None
            first = shown[0] if isinstance(shown, list) and shown else shown
            if isinstance(first, dict) and list(first) == [keys[0]]:
                return f"fields={path} selects inside {name}"
            raise Violation(
                f"fields={path} does not select inside {name}", f"only {keys[0]}", show(shown), answer
            )
    raise Skipped(f"{resource.name} {instance.id} has no sub-resource to select from")
