"""Polymorphism: what `@type` says of a value, and what follows from it.

That a value keeps the type which its `@type` names is part of every schema (representation.schema). Here is
what a schema cannot say, or would say badly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tmfrig.conformance.api import NOT_OFFERED, Api
from tmfrig.conformance.check import (
    MAY,
    MUST,
    SHOULD,
    Violation,
    check,
    not_applicable,
    observing,
    observing_notification,
    skip,
)
from tmfrig.conformance.checks.patching import does_not_change
from tmfrig.conformance.checks.places import Place, named, untyped_places, without_nulls
from tmfrig.conformance.exchange import Exchange, Intent, Notification
from tmfrig.conformance.expect import describe_answer, expect
from tmfrig.conformance.payloads import type_of
from tmfrig.conformance.typed import TYPE, asks_for_type, is_typed, plain
from tmfrig.specs import Attribute, Kind, Resource

_BECAUSE = "the contract has every extensible object name its type"
_PATTERN = "TMF630, polymorphism and extension; the API's OpenAPI document, Extensible"
_EXTENSION = "RigExtensionOf"
_NO_NUMBER = "not a number"


@observing(
    "polymorphism.type",
    MUST,
    "Every object of an extensible type in an answer names its @type, where the contract asks for it.",
    source=f"{_PATTERN}; rules POLY-01, POLY-02",
    on=(Kind.LIST, Kind.CREATE, Kind.RETRIEVE, Kind.PATCH),
    when=is_typed,
)
def objects_name_their_type(exchange: Exchange) -> None:
    assert exchange.resource is not None
    # What a target makes of a wrong request is another check's matter; `fields` may leave @type out.
    if not exchange.representations or exchange.intent is Intent.INVALID or exchange.asked("fields"):
        not_applicable()
    body = exchange.resource.representation.body
    _all_are_typed(exchange, exchange.label, untyped_places(body, without_nulls(exchange.representations)))


@observing(
    "polymorphism.kept",
    MUST,
    "A value that was created as one of a special type is not one of the general type afterwards.",
    source=f"{_PATTERN}, discriminators; rule POLY-03",
    on=Kind.CREATE,
    when=is_typed,
)
def values_keep_their_type(exchange: Exchange) -> None:
    resource, sent = exchange.resource, exchange.sent
    if resource is None or exchange.intent is Intent.INVALID or not isinstance(sent, dict):
        not_applicable()
    if not exchange.representations or exchange.asked("fields"):
        not_applicable()
    judged = list(_special(resource.attributes, sent, exchange.representations[0]))
    for place, special, shown in judged:
        if shown != special:
            raise Violation(
                f"{exchange.label}: {named(place)} was sent as a {special} and is a {shown} now",
                expected=f"{TYPE} {special}, or one that extends it",
                actual=f"{TYPE} {shown}",
                exchange=exchange,
            )
    if not judged:
        not_applicable()


def _special(
    attributes: Mapping[str, Attribute], sent: Any, shown: Any, before: Place = ()
) -> Iterator[tuple[Place, str, str]]:
    """Every value that was sent as one of a special type and is shown as that, or as of the type that all of
    them have in common, with both types."""
    for name, value in sent.items():
        attribute, now = attributes.get(name), shown.get(name)
        if attribute is None:
            continue
        pairs = [(value, now)] if isinstance(value, dict) else []
        if isinstance(value, list) and isinstance(now, list) and len(value) == len(now):
            pairs = list(zip(value, now, strict=True))
        declared = attribute.items or attribute
        general = plain(declared.type_name or "")
        for index, (one, other) in enumerate(pairs):
            if not isinstance(one, dict) or not isinstance(other, dict):
                continue
            place = (*before, name, index) if isinstance(value, list) else (*before, name)
            special, shown_as = one.get(TYPE), other.get(TYPE)
            is_special = special in attribute.subtypes or special in declared.subtypes
            if is_special and special != general and shown_as in (special, general):
                yield place, str(special), str(shown_as)
            yield from _special(declared.of_type(one).attributes, one, other, place)


@observing_notification(
    "polymorphism.event-type",
    MUST,
    "Every object of an extensible type in a notification names its @type, where the contract asks for it.",
    source=f"{_PATTERN}; rules POLY-01, POLY-02",
)
def notifications_name_their_types(notification: Notification) -> None:
    declared = notification.declared
    asked_for = declared is not None and asks_for_type(declared.schema.attributes)
    if declared is None or not asked_for or not isinstance(notification.json, dict):
        not_applicable()
    places = untyped_places(declared.schema.body, [without_nulls(notification.json)])
    _all_are_typed(notification, declared.name, places)
    other = notification.contract.event_type(str(notification.json.get(TYPE)))
    if other is not None and other.name != declared.name:
        raise Violation(
            f"{declared.name}: {TYPE} says {other.name}, which is another event",
            expected=f'"{TYPE}": "{declared.name}"',
            actual=f'"{TYPE}": "{other.name}"',
            exchange=notification,
        )


def _all_are_typed(witness: Exchange | Notification, label: str, places: Iterator[Place]) -> None:
    # Which of several resources it is does not matter: the evidence shows it.
    found = list(dict.fromkeys(named(place[1:]) or "the object itself" for place in places))
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise Violation(
            f"{label}: no {TYPE} in {found[0]}{more}; {_BECAUSE}",
            expected=f"{TYPE} in every extensible object",
            actual=f"none in {', '.join(found[:5])}{', …' if len(found) > 5 else ''}",
            exchange=witness,
        )


@check(
    "polymorphism.immutable",
    MUST,
    "A PATCH does not change what a resource is: @type, @baseType and @schemaLocation stay.",
    source="user guides of version 5, attributes that cannot be patched; rules POLY-04, PATCH-05",
    on=Kind.PATCH,
    when=is_typed,
)
def the_type_does_not_change(api: Api, resource: Resource) -> str | None:
    other = {
        TYPE: f"{_EXTENSION}{type_of(resource)}",
        "@baseType": "SomethingElse",
        "@schemaLocation": "https://client.example/other-schema.json",
    }
    declared = {name: value for name, value in other.items() if name in resource.attributes}
    return does_not_change(api, resource, declared)


@check(
    "polymorphism.extension",
    MAY,
    "A sub-type that a server does not know is taken by the type that it extends.",
    source=f"{_PATTERN}; rule POLY-03",
    on=Kind.CREATE,
    when=is_typed,
)
def an_extension_is_taken(api: Api, resource: Resource) -> str:
    own = {TYPE: f"{_EXTENSION}{type_of(resource)}", "@baseType": type_of(resource)}
    label = f"POST {resource.path} with a sub-type of the client's own"
    answer = api.create(resource, api.payload(resource) | own, label=label, intent=Intent.OPEN)
    if answer.status in NOT_OFFERED:
        skip(f"POST {resource.path} is not offered (answered {answer.status})")
    expect(answer).success()
    return f"taken as an extension of {own['@baseType']}"


@check(
    "polymorphism.value",
    SHOULD,
    "A create whose value is not of the kind that its @type names is refused.",
    source=f"{_PATTERN}, discriminators; rule POLY-03",
    on=Kind.CREATE,
    when=lambda resource: _typed_by_value(resource) is not None,
)
def a_value_of_another_kind_is_refused(api: Api, resource: Resource) -> None:
    found = _typed_by_value(resource)
    assert found is not None
    name, number = found
    valid = api.full_payload(resource)[name][0]
    right, wrong = (valid | {TYPE: number, "value": value} for value in (7, _NO_NUMBER))
    label = f"POST {resource.path} with a {number}"
    answer = api.create(resource, api.payload(resource) | {name: [right]}, label=label, intent=Intent.OPEN)
    if not answer.ok:
        skip(f"{label} is refused even with a number: {describe_answer(answer)}")
    label = f"POST {resource.path} with a {number} that holds a text"
    body: Any = api.payload(resource) | {name: [wrong]}
    answer = api.create(resource, body, label=label, intent=Intent.INVALID)
    expect(answer).refused(because=f"the contract has a number in {number}")


def _typed_by_value(resource: Resource) -> tuple[str, str] | None:
    """A list of things whose `@type` says of which kind their `value` is, and the type for numbers."""
    created = resource.creation.attributes if resource.creation else {}
    for name, attribute in created.items():
        for type_name, each in attribute.subtypes.items() if attribute.items else ():
            if _is_number(each.attributes.get("value")):
                return name, type_name
    return None


def _is_number(value: Attribute | None) -> bool:
    return value is not None and value.type in ("number", "integer")
