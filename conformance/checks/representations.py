"""Representations: what a resource looks like in an answer, whoever asked for it.

The schema, dates and enumerations are judged apart, so that one wrong value is blamed by one check.
"""

from __future__ import annotations

from typing import Any

from tmfrig.conformance.api import Api, Instance, identity
from tmfrig.conformance.check import MUST, CannotJudge, Violation, check, not_applicable, observing, skip
from tmfrig.conformance.checks.places import named, untyped_places, without_nulls
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import expect, show
from tmfrig.conformance.typed import TYPE, is_typed
from tmfrig.specs import Kind, Problem, Resource, Schema
from tmfrig.specs.profiles import Due, api_profile, resource_profile

_BODIES = (Kind.LIST, Kind.CREATE, Kind.RETRIEVE, Kind.PATCH)
_JUDGED_APART = frozenset({"enum", "format"})
# What a target makes of a wrong request, or finds under an id that nothing has, is another check's matter.
_WRONGLY_ASKED = frozenset({Intent.INVALID, Intent.UNKNOWN_ID})


@observing(
    "representation.schema",
    MUST,
    "The body of a successful answer has the attributes and types that the contract declares.",
    source="the API's OpenAPI document, response bodies; rules HTTP-01, HTTP-02, HTTP-04, HTTP-08, POLY-03",
    on=_BODIES,
)
def bodies_keep_the_contract(exchange: Exchange) -> None:
    if exchange.ok and exchange.body.strip() and exchange.media_type == "application/json":
        expect(exchange).json("Content-Type says so")
    untyped = _untyped(exchange)
    found = [
        each for each in _problems(exchange) if each.keyword not in _JUDGED_APART and each.path not in untyped
    ]
    _blame(exchange, found, "a body as the contract declares it")


@observing(
    "representation.dates",
    MUST,
    "Dates and times are written as RFC 3339 has them.",
    source="the API's OpenAPI document, format date-time; rule DATE-01",
    on=_BODIES,
)
def dates_are_rfc_3339(exchange: Exchange) -> None:
    found = [each for each in _problems(exchange) if each.keyword == "format"]
    _blame(exchange, found, "RFC 3339 with time and zone, such as 2026-11-23T10:00:00Z")


@observing(
    "representation.enumerations",
    MUST,
    "Enumerated attributes hold one of the values that the contract lists.",
    source="the API's OpenAPI document, enumerations; rule ENUM-01",
    on=_BODIES,
)
def enumerated_values_are_listed(exchange: Exchange) -> None:
    found = [each for each in _problems(exchange) if each.keyword == "enum"]
    _blame(exchange, found, "a value of the enumeration, spelled as listed")


@observing(
    "representation.identity",
    MUST,
    "Every full representation carries id and href.",
    source="TMF630 part 1, section 2.3; conformance profiles, mandatory in responses; rule ID-01",
    on=_BODIES,
)
def resources_carry_id_and_href(exchange: Exchange) -> None:
    for body in _full(exchange):
        missing = [
            name
            for name in ("id", "href")
            if exchange.resource is not None
            and name in exchange.resource.attributes
            and not _identifies(body.get(name))
        ]
        if missing:
            shown = {name: body.get(name) for name in ("id", "href")}
            raise Violation(
                f"{exchange.label}: {_one_of(exchange)} has no {' and no '.join(missing)}; no contract "
                "declares them as required, but TMF630 has them in every representation",
                expected="id and href, both text that is not blank",
                actual=show(shown),
                exchange=exchange,
            )


@observing(
    "representation.profile",
    MUST,
    "Attributes that the conformance profile makes mandatory in responses are there.",
    source="TM Forum v4 conformance profiles and kit, attributes mandatory in responses; rule ID-04",
    on=_BODIES,
)
def attributes_of_the_profile_are_there(exchange: Exchange) -> None:
    assert exchange.resource is not None
    profile = resource_profile(exchange.contract, exchange.resource)
    wanted = [due for due in profile.answers if not due.given or _was_sent(exchange, due)]
    if not wanted:
        not_applicable()
    for body in _full(exchange):
        due = [each for each in wanted if each.applies(body)]
        missing = [each.told for each in due if not each.is_in(body)]
        if missing:
            derived = "derived " if api_profile(exchange.contract).derived else ""
            raise Violation(
                f"{exchange.label}: {_one_of(exchange)} {body.get('id', '')} has no {', '.join(missing)}; "
                f"the {derived}conformance profile of {exchange.contract.api} has it in every response",
                expected=f"{', '.join(each.told for each in due)} present",
                actual=f"no {', '.join(missing)}; present: {', '.join(body)}",
                exchange=exchange,
            )


def _was_sent(exchange: Exchange, due: Due) -> bool:
    """Whether a create has given what no server can invent."""
    return exchange.kind is Kind.CREATE and due.is_in(exchange.sent)


@check(
    "representation.href",
    MUST,
    "The href of a resource leads to that resource.",
    source="conformance profiles, href; rule ID-02",
    on=Kind.RETRIEVE,
)
def href_leads_to_the_resource(api: Api, resource: Resource) -> str | None:
    instance = api.an_instance(resource)
    href = instance.href
    if href is None:
        skip(f"{resource.name} {instance.id} has no href to follow (a finding of representation.identity)")
    try:
        answer = api.follow(href, label=f"GET the href {href}")
    except CannotJudge as elsewhere:
        _leads_nowhere(api, instance, href)
        # A gateway may publish addresses that cannot be reached from here; that says nothing about the href.
        skip(f"the href {href} was not followed: {elsewhere}")
    if answer.status != 200:
        at_its_path = api.retrieve(resource, instance.id, intent=Intent.OPEN)
        if not at_its_path.ok:
            skip(f"{resource.name} {instance.id} has gone meanwhile")
    expect(answer).status(200, because="href is the address of the resource")
    id = identity(expect(answer).json_object().value)
    if id is not None and id != instance.id:
        raise Violation(
            f"{answer.label}: this is {resource.name} {id}; href is the address of {instance.id}",
            expected=f"id {instance.id}",
            actual=f"id {id}",
            exchange=answer,
        )
    return None


def _leads_nowhere(api: Api, instance: Instance, href: str) -> None:
    """Violation where an href at the target's own host lies out of the base path, and nothing is there."""
    status = api.client.status_at(href)
    if status in (404, 410):
        raise Violation(
            f"the href {href} of {instance.resource.name} {instance.id} leads out of the base path, and is "
            f"answered {status} there",
            expected=f"an address below {api.base_url}",
            actual=f"{href}, which is answered {status}",
            exchange=instance.exchange,
        )


@observing(
    "representation.own-href",
    MUST,
    "Each resource of a list has an href of its own.",
    source="conformance profiles, href; rule ID-02",
    on=Kind.LIST,
)
def no_two_have_the_same_href(exchange: Exchange) -> None:
    owners: dict[str, str] = {}
    for body in exchange.representations or not_applicable():
        id, href = identity(body), body.get("href")
        if not id or not isinstance(href, str) or not href:
            continue
        if owners.setdefault(href, id) != id:
            raise Violation(
                f"{exchange.label}: {owners[href]} and {id} have the same href {href}",
                expected="the address of each resource",
                actual=href,
                exchange=exchange,
            )


def _problems(exchange: Exchange) -> list[Problem]:
    """What the body does not keep."""
    schema = _schema(exchange)
    wrongly_asked = exchange.intent in _WRONGLY_ASKED
    if not exchange.ok or wrongly_asked or schema is None or not exchange.is_json:
        not_applicable()
    body = exchange.json
    if exchange.kind is Kind.LIST and not isinstance(body, list):
        not_applicable()  # the finding of list.array
    if schema.accepts(body):
        return []
    problems = schema.problems(without_nulls(body))
    if exchange.asked("fields") is not None:
        return [each for each in problems if each.keyword != "required"]
    return problems


def _untyped(exchange: Exchange) -> frozenset[str]:
    """Where a type is not named: the finding of polymorphism.type."""
    resource = exchange.resource
    if resource is None or not exchange.is_json or not is_typed(resource):
        return frozenset()
    places = untyped_places(resource.representation.body, without_nulls(exchange.json))
    return frozenset(named(each) for place in places for each in (place, (*place, TYPE)))


def _schema(exchange: Exchange) -> Schema | None:
    operation = exchange.operation
    if operation is None:
        return None
    # 206 is the status of a partial page in TMF630, yet no contract declares it.
    status = "200" if exchange.status == 206 else str(exchange.status)
    declared = operation.responses.get(status) or operation.responses.get("default")
    return declared.schema if declared else None


def _blame(exchange: Exchange, problems: list[Problem], expected: str) -> None:
    if not problems:
        return
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    raise Violation(
        f"{exchange.label}: {problems[0]}{more}",
        expected=expected,
        actual="; ".join(map(str, problems[:5])) + ("; …" if len(problems) > 5 else ""),
        exchange=exchange,
    )


def _full(exchange: Exchange) -> list[dict[str, Any]]:
    """The full representations of an answer; those narrowed by `fields` say nothing about completeness.

    A qualification that is answered at once, with 200, need not exist as a resource.
    """
    at_once = exchange.kind is Kind.CREATE and exchange.status != 201
    if exchange.asked("fields") is not None or at_once or exchange.intent in _WRONGLY_ASKED:
        not_applicable()
    if exchange.kind is Kind.LIST and exchange.is_json and not isinstance(exchange.json, list):
        not_applicable()
    return exchange.representations or not_applicable()


def _identifies(value: Any) -> bool:
    # A number instead of text is the schema check's finding, not a missing identity.
    return bool(value.strip()) if isinstance(value, str) else value is not None


def _one_of(exchange: Exchange) -> str:
    name = exchange.resource.name if exchange.resource else "resource"
    return f"a listed {name}" if exchange.kind is Kind.LIST else f"the {name}"
