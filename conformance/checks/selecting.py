"""Selecting attributes: the `fields` parameter."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from tmfrig.conformance.api import NOT_OFFERED, Api, identity
from tmfrig.conformance.check import (
    MUST,
    SHOULD,
    CannotJudge,
    Skipped,
    Violation,
    check,
    not_applicable,
    observing,
    skip,
)
from tmfrig.conformance.checks.patching import REFUSED, patched
from tmfrig.conformance.checks.places import is_empty
from tmfrig.conformance.checks.profiles import always_there
from tmfrig.conformance.checks.refusing import NO_SUCH_NAME
from tmfrig.conformance.checks.samples import samples_of, selected
from tmfrig.conformance.exchange import ACCEPTED, Exchange, Intent
from tmfrig.conformance.expect import Value, expect
from tmfrig.specs import Kind, Resource

# Tolerated beside what was asked for: the identity, and the hints by which a type is recognised.
_ALWAYS_TOLERATED = frozenset({"id", "href", "@type", "@baseType", "@schemaLocation", "@referredType"})
_NONE = "none"
_SOURCE = "TMF630 part 1, section 4.3"


@observing(
    "fields.narrows",
    MUST,
    "With fields, an answer holds only the first-level attributes that were asked for.",
    source="TMF630 part 1, section 4.3; conformance profiles, attribute selection; rule FIELDS-01",
    on=(Kind.LIST, Kind.RETRIEVE),
)
def only_what_was_asked_for(exchange: Exchange) -> None:
    asked = _asked(exchange)
    if asked == {_NONE}:
        not_applicable()
    for body in exchange.representations or not_applicable():
        beyond = [name for name in body if name not in asked | _ALWAYS_TOLERATED]
        if beyond:
            Value(exchange, sorted(body), "the representation").violated(
                f"also has {', '.join(beyond)}", f"only {', '.join(sorted(asked))} (and id, href)"
            )


@observing(
    "fields.none",
    MUST,
    "With fields=none, an answer holds id and href and nothing else.",
    source="TMF630 part 1, section 4.3; rule FIELDS-02",
    on=(Kind.LIST, Kind.RETRIEVE),
)
def none_leaves_the_identity(exchange: Exchange) -> None:
    if _asked(exchange) != {_NONE}:
        not_applicable()
    for body in exchange.representations or not_applicable():
        value = Value(exchange, body, "the representation")
        value.has("id", "href", because="fields=none leaves id and href")
        value.has_not(
            *(name for name in body if name not in _ALWAYS_TOLERATED), because="nothing else was asked for"
        )


def _asked(exchange: Exchange) -> set[str]:
    declared = exchange.operation is not None and "fields" in exchange.operation.query
    fields = exchange.asked("fields")
    if not exchange.ok or not declared or not fields:
        not_applicable()
    # Of a dotted path, its first step is what may be there.
    return {part.strip().partition(".")[0] for part in fields.split(",")}


@check(
    "fields.by-id",
    MUST,
    "fields selects attributes of one resource.",
    source=f"{_SOURCE}; conformance profiles, attribute selection; rules FIELDS-01, FIELDS-02",
    on=Kind.RETRIEVE,
)
def fields_of_one_resource(api: Api, resource: Resource) -> None:
    instance = api.an_instance(resource)
    whole = api.retrieve(resource, instance.id)
    if not whole.representations:
        raise CannotJudge(f"GET {resource.path}/{instance.id} was answered {whole.status}")
    names = _selectable(api, resource, whole.representations[0])
    # each alone, all together, and one as the first and as the last of two
    lists = (",".join(names), f"{names[0]},id", f"id,{names[0]}")
    for asked in dict.fromkeys((*names, *lists)):
        label = f"GET {resource.path}/{{id}} with fields={asked}"
        answer = api.retrieve(resource, instance.id, {"fields": asked}, label=label)
        body = expect(answer).status(200).json_object()
        body.has(*asked.split(","), because="the attribute was asked for, and is there without fields")
    label = f"GET {resource.path}/{{id}} with fields=none"
    _ask_for_none(api.retrieve(resource, instance.id, {"fields": _NONE}, label=label))


@check(
    "fields.list",
    MUST,
    "fields selects attributes of the resources of a list.",
    source=f"{_SOURCE}; conformance profiles, attribute selection; rules FIELDS-01, FIELDS-02",
    on=Kind.LIST,
)
def fields_of_a_list(api: Api, resource: Resource) -> None:
    api.an_instance(resource)
    whole = api.list(resource, {"limit": 5})
    if not whole.representations:
        skip(f"there is no {resource.name} in the list")
    name = _selectable(api, resource, whole.representations[0])[0]
    label = f"GET {resource.path} with fields={name}"
    answer = api.list(resource, {"limit": 5, "fields": name}, label=label)
    expect(answer).status(200, 206).json_array()
    if answer.representations and not any(name in body for body in answer.representations):
        Value(answer, [sorted(body) for body in answer.representations[:3]], "the list").violated(
            f"no element has {name}",
            f"{name} in the elements",
            "it was asked for, and is there without fields",
        )
    label = f"GET {resource.path} with fields=none"
    _ask_for_none(api.list(resource, {"limit": 5, "fields": _NONE}, label=label))


@check(
    "fields.unknown-name",
    MUST,
    "A name in fields that no attribute has selects nothing, and the others are selected all the same.",
    source=f"{_SOURCE}; rule FIELDS-01",
    on=Kind.RETRIEVE,
)
def unknown_names_select_nothing(api: Api, resource: Resource) -> None:
    instance = api.an_instance(resource)
    whole = api.retrieve(resource, instance.id)
    if not whole.representations:
        raise CannotJudge(f"GET {resource.path}/{instance.id} was answered {whole.status}")
    name = _selectable(api, resource, whole.representations[0])[0]
    alone = api.retrieve(resource, instance.id, {"fields": name}, intent=Intent.OPEN)
    if not alone.representations or name not in alone.representations[0]:
        skip(f"fields={name} alone does not select it either (a finding of fields.by-id)")
    for asked in (NO_SUCH_NAME, f"{NO_SUCH_NAME},{name}"):
        label = f"GET {resource.path}/{{id}} with fields={asked}"
        answer = api.retrieve(resource, instance.id, {"fields": asked}, label=label, intent=Intent.OPEN)
        if answer.status in (400, 422):
            skip(f"a name that no attribute has is refused with {answer.status}")
        body = expect(answer).success("the resource is there").json_object()
        if name in asked.split(","):
            body.has(name, because="it was asked for beside a name that no attribute has")


def _ask_for_none(answer: Exchange) -> None:
    # What the answer holds is for fields.none to judge.
    expect(answer).status(200, 206, because="none is a legal value of fields")


def _selectable(api: Api, resource: Resource, body: dict[str, object]) -> list[str]:
    names = [name for name in always_there(api.contract, resource) if not is_empty(body.get(name))]
    optional = [name for name in body if name in resource.attributes and not is_empty(body[name])]
    return (names or [name for name in optional if name not in _ALWAYS_TOLERATED][:1]) or skip(
        f"{resource.name} shows no attribute beside id and href that could be selected"
    )


@check(
    "fields.complete",
    MUST,
    "Without fields, the complete representation is answered, in lists too.",
    source="TMF630 part 1, section 4.3; rule FIELDS-03",
    on=Kind.LIST,
    when=lambda resource: Kind.RETRIEVE in resource.operations,
)
def a_list_shows_all_attributes(api: Api, resource: Resource) -> None:
    api.an_instance(resource)
    lacking: tuple[Exchange, str, list[str]] | None = None
    for _ in range(2):
        # Asked twice before anybody is blamed: resources change while we look at them.
        lacking = _lacking_in_list(api, resource)
        if lacking is None:
            return
    assert lacking is not None
    listed, id, names = lacking
    raise Violation(
        f"{listed.label}: {resource.name} {id} is listed without {', '.join(names)}; without fields the "
        "representation is complete",
        expected="the attributes that GET by id shows",
        actual=f"no {', '.join(names)}",
        exchange=listed,
    )


def _lacking_in_list(api: Api, resource: Resource) -> tuple[Exchange, str, list[str]] | None:
    compared = False
    for listed in _lists(api, resource):
        found = _first_compared(api, resource, listed)
        if found is not None and found[1]:
            return listed, *found
        compared = compared or found is not None
    return None if compared else skip(f"no listed {resource.name} could be compared with GET by id")


def _first_compared(api: Api, resource: Resource, listed: Exchange) -> tuple[str, list[str]] | None:
    """The id of one that is listed and that GET shows too, and what the list lacks of it."""
    for body in listed.representations:
        id = identity(body)
        single = api.retrieve(resource, id, intent=Intent.OPEN) if id else None
        if id and single and single.ok and single.representations:
            shown = single.representations[0]
            return id, [
                name for name, value in shown.items() if not is_empty(value) and body.get(name) is None
            ]
    return None


def _lists(api: Api, resource: Resource) -> Iterator[Exchange]:
    """The list as it comes, and one of our own, which have texts that others may lack."""
    yield api.list(resource, {"limit": 5})
    with suppress(CannotJudge, Skipped):
        samples = samples_of(api, resource)
        yield selected(api, resource, samples.selection, samples.selected)


@check(
    "fields.on-create",
    SHOULD,
    "fields narrows the answer to a create where the contract declares it.",
    source="the API's OpenAPI document, POST; rule FIELDS-04",
    on=Kind.CREATE,
    when=lambda resource: "fields" in resource.operations[Kind.CREATE].query,
)
def fields_on_create(api: Api, resource: Resource) -> None:
    label = f"POST {resource.path}?fields=id"
    answer = api.create(resource, api.payload(resource), query={"fields": "id"}, label=label)
    if answer.status in NOT_OFFERED:
        skip(f"POST {resource.path} is not offered (answered {answer.status})")
    expect(answer).success()
    _is_narrowed_to_id(answer)


@check(
    "fields.on-patch",
    SHOULD,
    "fields narrows the answer to a PATCH where the contract declares it.",
    source="the API's OpenAPI document, PATCH; rule FIELDS-04",
    on=Kind.PATCH,
    when=lambda resource: "fields" in resource.operations[Kind.PATCH].query,
)
def fields_on_patch(api: Api, resource: Resource) -> None:
    mine = api.fresh(resource)
    label = f"PATCH {resource.path}/{{id}}?fields=id"
    answer = patched(api, mine, api.change(mine), query={"fields": "id"}, label=label, intent=Intent.OPEN)
    if answer.status in REFUSED:
        skip(f"a change was refused ({answer.status})")
    expect(answer).success()
    _is_narrowed_to_id(answer)


def _is_narrowed_to_id(answer: Exchange) -> None:
    if answer.status == ACCEPTED:
        skip("answered 202: there is nothing yet that could be narrowed")
    body = expect(answer).json_object()
    body.has("id", because="it was asked for")
    beyond = [name for name in body.value if name not in _ALWAYS_TOLERATED]
    body.has_not(*beyond, because="only id was asked for")
