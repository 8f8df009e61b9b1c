"""Filtering: lists narrowed by the values of attributes."""

from __future__ import annotations

from tmfrig.conformance.api import Api, identity
from tmfrig.conformance.check import MUST, CannotJudge, Violation, check, not_applicable, observing, skip
from tmfrig.conformance.checks.matching import OPTIONAL, Condition, conditions, written
from tmfrig.conformance.checks.profiles import always_there
from tmfrig.conformance.checks.samples import ids_in, is_complete, is_there, samples_of, selected
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import describe_answer, expect, show
from tmfrig.specs import Kind, Resource


@observing(
    "filter.equality",
    MUST,
    "A filter leaves only resources whose attribute has the value.",
    source="TMF630 part 1, section 4.4; conformance profiles, filtered search; rule FILT-01",
    on=Kind.LIST,
)
def everything_listed_has_the_value(exchange: Exchange) -> None:
    asked = _conditions(exchange)
    if len(asked) != 1:
        not_applicable()
    _judge(exchange, asked)


@observing(
    "filter.conjunction",
    MUST,
    "Several filters leave only resources that satisfy all of them.",
    source="TMF630 part 1, section 4.4; conformance profiles, filtered search; rule FILT-02",
    on=Kind.LIST,
)
def everything_listed_satisfies_all(exchange: Exchange) -> None:
    asked = _conditions(exchange)
    if len(asked) < 2:
        not_applicable()
    _judge(exchange, asked)


def _conditions(exchange: Exchange) -> list[Condition]:
    if not exchange.ok or not exchange.is_json or not isinstance(exchange.json, list):
        not_applicable()
    if OPTIONAL in exchange.tags:
        not_applicable()  # the check that asked judges it, by what is optional about it
    fields = exchange.asked("fields")
    shown = set(fields.split(",")) if fields else None
    return [each for each in conditions(exchange) if shown is None or each.attribute.name in shown]


def _judge(exchange: Exchange, asked: list[Condition]) -> None:
    # A list that never shows an attribute says nothing about it; fields.complete is about such lists.
    visible = {name for body in exchange.representations for name in body}
    asked = [condition for condition in asked if condition.attribute.name in visible]
    for body in exchange.representations:
        broken = next((condition for condition in asked if not condition.holds(body)), None)
        if broken is not None:
            value = body.get(broken.attribute.name)
            raise Violation(
                f"{exchange.label}: the list holds {identity(body) or 'a resource'}, whose "
                f"{broken.attribute.name} is {show(value)}",
                expected=f"only resources with {' and '.join(map(str, asked))}",
                actual=f"{broken.attribute.name}: {show(value)}",
                exchange=exchange,
            )


@check(
    "filter.finds",
    MUST,
    "A filter by a value finds the resource that has it.",
    source="TMF630 part 1, section 4.4; conformance profiles, filtered search; rule FILT-01",
    on=Kind.LIST,
    when=lambda resource: Kind.CREATE in resource.operations,
)
def a_filter_finds_what_has_the_value(api: Api, resource: Resource) -> None:
    samples = samples_of(api, resource)
    query = {samples.telling: samples.values[0]}
    _found(api, resource, query, samples.ids[0])
    # What a part of the value brings is for filter.equality to judge.
    part = {samples.telling: samples.values[0][:-1]}
    api.list(resource, part, label=f"{_label(resource, part)}, a part of a value", intent=Intent.OPEN)


@check(
    "filter.finds-mandatory",
    MUST,
    "A filter by each mandatory attribute finds an existing resource by the value that it shows.",
    source="TMF630 part 1, section 4.4; official v4 kits, filter by each mandatory attribute; rule FILT-01",
    on=Kind.LIST,
    when=lambda resource: Kind.RETRIEVE in resource.operations,
)
def a_filter_finds_by_mandatory_attributes(api: Api, resource: Resource) -> None:
    instance = api.an_instance(resource)
    for name in ("id", *always_there(api.contract, resource)):
        shown = api.retrieve(resource, instance.id, intent=Intent.OPEN).representations
        value = instance.id if name == "id" else shown[0].get(name) if shown else None
        if isinstance(value, str | int | float) and value != "":
            _found_as_shown(api, resource, instance.id, name, written(value))


def _found_as_shown(api: Api, resource: Resource, id: str, name: str, value: str) -> None:
    answer = selected(api, resource, {name: value}, [id], _label(resource, {name: value}))
    if answer.ok and id not in ids_in(answer):
        if answer.representations and not is_complete(answer):
            return  # a value that many have: ours may stand on a later page
        shown = api.retrieve(resource, id, intent=Intent.OPEN).representations
        if name != "id" and shown and str(shown[0].get(name)) != value:
            return  # it changed while we looked, as orders do
    _judge_found(api, resource, answer, {name: value}, id)


@check(
    "filter.combines",
    MUST,
    "Two filters together find the resource that satisfies both.",
    source="TMF630 part 1, section 4.4; conformance profiles, filtered search; rule FILT-02",
    on=Kind.LIST,
    when=lambda resource: Kind.CREATE in resource.operations,
)
def two_filters_find_what_satisfies_both(api: Api, resource: Resource) -> None:
    samples = samples_of(api, resource)
    alone = {samples.telling: samples.values[1]}
    if samples.ids[1] not in ids_in(selected(api, resource, alone, [samples.ids[1]])):
        raise CannotJudge("one filter alone does not find it either (a finding of filter.finds)")
    # A resource with but one text is told apart by its id as well.
    other = {"id": samples.ids[1]} if samples.telling in samples.selection else samples.selection
    _found(api, resource, other | alone, samples.ids[1])


def _found(api: Api, resource: Resource, query: dict[str, str], id: str) -> None:
    answer = selected(api, resource, query, [id], _label(resource, query))
    _judge_found(api, resource, answer, query, id)


def _judge_found(api: Api, resource: Resource, answer: Exchange, query: dict[str, str], id: str) -> None:
    if answer.status in (401, 403):
        skip(f"the filtered list was refused with {answer.status}")
    expect(answer).status(200, 206, because="every first-level attribute can be filtered by")
    if id not in ids_in(answer):
        if not is_there(api, resource, id):
            raise CannotJudge(f"{resource.name} {id} cannot be found by its id either")
        asked = " and ".join(f"{name} {value}" for name, value in query.items())
        raise Violation(
            f"{answer.label}: {id} is not in the list, although it has {asked}",
            expected=f"a list with {id}",
            actual=f"{len(answer.representations)} others"
            if answer.representations
            else describe_answer(answer),
            exchange=answer,
        )


def _label(resource: Resource, query: dict[str, str]) -> str:
    return f"GET {resource.path}?{'&'.join(f'{name}={value}' for name, value in query.items())}"
