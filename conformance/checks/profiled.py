"""What the conformance profiles ask beyond the rules that hold for everybody: attributes that only a client
can give, two filters on what exists, and tasks that are not there."""

from __future__ import annotations

from typing import Any

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import MUST, CannotJudge, Violation, check, skip
from tmfrig.conformance.checks.profiles import always_there
from tmfrig.conformance.checks.samples import ids_in, is_complete, selected
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import describe_answer, expect
from tmfrig.specs import Attribute, Kind, Resource
from tmfrig.specs.profiles import Due, api_profile, resource_profile

_SOURCE = "TM Forum v4 conformance profiles and kits"


@check(
    "representation.profile-given",
    MUST,
    "What a client gives, and the conformance profile makes mandatory in responses, can be retrieved.",
    source=f"{_SOURCE}, attributes mandatory in responses; rule ID-04",
    on=Kind.RETRIEVE,
)
def what_was_given_is_there(api: Api, resource: Resource) -> str | None:
    profile = resource_profile(api.contract, resource)
    given = [due for due in profile.answers if due.given]
    if not given:
        skip(f"the conformance profile names nothing of {resource.name} that only a client can give")
    if Kind.CREATE not in profile.operations:
        return _exists_with(api, resource, given)
    body = _with_given(api, resource, given)
    label = f"POST {resource.path} with {', '.join(_names(given, body))}"
    answer = api.create(resource, body, label=label, intent=Intent.OPEN)
    if answer.is_error:
        skip(f"{label} was refused: {describe_answer(answer)}")
    mine = answer.representations[0] if answer.representations else {}
    if not isinstance(mine.get("id"), str) or answer.status == 200:
        skip("nothing was kept that could be retrieved")
    label = f"GET {resource.path}/{{id}} after {label}"
    shown = api.retrieve(resource, mine["id"], label=label, intent=Intent.OPEN)
    _judge(api, resource, [due for due in given if due.is_in(body)], shown)
    return None


def _with_given(api: Api, resource: Resource, given: list[Due]) -> dict[str, Any]:
    """A body that has what only a client can give; parts of bundles only where the vendor's own body has
    them."""
    body, full = api.payload(resource), api.full_payload(resource)
    for due in given:
        if any(True in values for values in due.when.values()) or due.is_in(body):
            continue
        name = due.any_of[0].split(".")[0]
        if name in full:
            body |= {name: full[name]}
            body |= {each: values[0] for each, values in due.when.items() if each in full}
    return body


def _exists_with(api: Api, resource: Resource, given: list[Due]) -> str | None:
    """Where nobody has to be able to create, somebody has given it to what exists."""
    known = api.known(resource)
    for each in known:
        _judge(api, resource, given, each.exchange)
    if known:
        return None
    listed = api.list(resource, label=f"GET {resource.path}, to look at what exists", intent=Intent.OPEN)
    if any(all(due.is_in(body) for due in given) for body in listed.representations):
        return None
    wanted = ", ".join(due.told for due in given)
    return skip(f"no {resource.name} in the list has {wanted}; name one that has, under ids in the data")


def _judge(api: Api, resource: Resource, given: list[Due], shown: Exchange) -> None:
    if not shown.representations:
        raise CannotJudge(f"{shown.label} was answered {describe_answer(shown)}")
    body = shown.representations[0]
    due = [each for each in given if each.applies(body)]
    missing = [each.told for each in due if not each.is_in(body)]
    if missing:
        derived = "derived " if api_profile(api.contract).derived else ""
        raise Violation(
            f"{shown.label}: {resource.name} {body.get('id', '')} has no {', '.join(missing)}; the {derived}"
            f"conformance profile of {api.contract.api} has it in every response",
            expected=f"{', '.join(each.told for each in due)} present",
            actual=f"no {', '.join(missing)}; present: {', '.join(body)}",
            exchange=shown,
        )


def _names(given: list[Due], body: dict[str, Any]) -> list[str]:
    return list(dict.fromkeys(due.any_of[0].split(".")[0] for due in given if due.is_in(body)))


@check(
    "filter.combines-mandatory",
    MUST,
    "Two filters by attributes that an existing resource shows find it.",
    source=f"TMF630 part 1, section 4.4; {_SOURCE}, filtered search; rule FILT-02",
    on=Kind.LIST,
    when=lambda resource: Kind.RETRIEVE in resource.operations,
)
def two_filters_find_what_exists(api: Api, resource: Resource) -> None:
    instance = api.an_instance(resource)
    shown = api.retrieve(resource, instance.id, intent=Intent.OPEN).representations
    names = [
        name
        for name in always_there(api.contract, resource)
        if shown and _is_plain(resource.attributes[name], shown[0].get(name))
    ]
    if not names:
        skip(f"{resource.name} {instance.id} shows no mandatory text beside its id")
    # States may change while we look.
    name = min(names, key=lambda each: each == resource.state_attribute)
    value = shown[0][name]
    query = {"id": instance.id, name: value}
    label = f"GET {resource.path}?id={instance.id}&{name}={value}"
    answer = selected(api, resource, query, [instance.id], label)
    expect(answer).status(200, 206, because="first-level attributes can be filtered by, also together")
    if instance.id in ids_in(answer) or (answer.representations and not is_complete(answer)):
        return
    again = api.retrieve(resource, instance.id, intent=Intent.OPEN).representations
    if again and again[0].get(name) != value:
        skip(f"{name} of {resource.name} {instance.id} changed while it was looked at")
    if instance.id not in ids_in(selected(api, resource, {name: value}, [instance.id])):
        raise CannotJudge(f"{name} alone does not find it either (a finding of filter.finds-mandatory)")
    raise Violation(
        f"{label}: {instance.id} is not in the list, although it has this id and this {name}",
        expected=f"a list with {instance.id}",
        actual=f"{len(answer.representations)} others" if answer.representations else describe_answer(answer),
        exchange=answer,
    )


def _is_plain(attribute: Attribute, value: Any) -> bool:
    # A comma or semicolon in a value would be taken for alternatives.
    plain = attribute.type == "string" and not attribute.format and isinstance(value, str)
    return plain and bool(value.strip()) and not set(value) & {",", ";"}


@check(
    "qualification.unknown-task",
    MUST,
    "Where qualifications are kept as tasks, an id that none of them has is answered 404.",
    source="conformance profile of TMF645, GET is mandatory after a 201; rule HTTP-03",
    on=Kind.RETRIEVE,
    when=lambda resource: resource.answers_at_once,
)
def an_unknown_task_is_answered_404(api: Api, resource: Resource) -> None:
    api.an_instance(resource)
    label = f"GET {resource.path} by an id that no task has"
    answer = api.retrieve(resource, api.unknown_id(resource), label=label, intent=Intent.UNKNOWN_ID)
    if answer.status == 400:
        skip("the id that was made up is not of the form of ids here")
    expect(answer).status(404, because="nothing has this id")
