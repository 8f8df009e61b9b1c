"""Refusing: what a create does with a body that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from tmfrig.conformance.api import NOT_OFFERED, Api
from tmfrig.conformance.check import MUST, SHOULD, Violation, check, skip
from tmfrig.conformance.checks.places import (
    MISSING,
    Place,
    at,
    enumerated_places,
    mandatory_places,
    named,
    with_value,
    without,
)
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import describe_answer, expect, show
from tmfrig.conformance.instance import created_by
from tmfrig.specs import Attribute, Kind, Resource

NO_SUCH_VALUE = "noSuchValue"
NO_SUCH_NAME = "noSuchAttribute"
CIRCUMSTANCES = frozenset({401, 402, 403, 409, 422})
"""400 and 415 blame what was sent; these blame rights, or what the business allows just now."""

_Spoiling: TypeAlias = Callable[[Any, Place, Attribute], Any]


@check(
    "create.mandatory-missing",
    MUST,
    "A create without a mandatory attribute is refused.",
    source="conformance profiles, mandatory attributes of POST; rule HTTP-13",
    on=Kind.CREATE,
    when=lambda resource: bool(resource.mandatory),
)
def a_missing_mandatory_attribute_is_refused(api: Api, resource: Resource) -> str | None:
    return _refuses(api, resource, "without", _lacking)


@check(
    "create.mandatory-null",
    MUST,
    "A create with null for a mandatory attribute is refused.",
    source="conformance profiles, mandatory attributes of POST have a value; rule HTTP-13",
    on=Kind.CREATE,
    when=lambda resource: bool(resource.mandatory),
)
def a_mandatory_attribute_is_not_null(api: Api, resource: Resource) -> str | None:
    return _refuses(api, resource, "with null for", _nulled)


@check(
    "create.mandatory-blank",
    MUST,
    "A create with nothing in a mandatory attribute is refused.",
    source="conformance profiles, mandatory attributes of POST are not blank; rule HTTP-13",
    on=Kind.CREATE,
    when=lambda resource: bool(resource.mandatory),
)
def a_mandatory_attribute_is_not_blank(api: Api, resource: Resource) -> str | None:
    return _refuses(api, resource, "with nothing in", _blanked)


def _lacking(body: Any, place: Place, _attribute: Attribute) -> Any:
    return without(body, place)


def _nulled(body: Any, place: Place, _attribute: Attribute) -> Any:
    return with_value(body, place, None)


def _blanked(body: Any, place: Place, attribute: Attribute) -> Any:
    if attribute.type == "string":
        return with_value(body, place, "")
    if attribute.type == "array" and attribute.min_items:
        return with_value(body, place, [])
    return MISSING


def _refuses(api: Api, resource: Resource, how: str, spoil: _Spoiling) -> str | None:
    """Spoil each mandatory attribute in turn; only a 4xx is right (400 or 422, but none of them is wrong)."""
    answers = list(_spoilt(api, resource, how, spoil))
    if not answers:
        skip(f"{resource.name} has no mandatory attribute to which this could be done")
    wrong = [(place, answer) for place, answer in answers if not 400 <= answer.status < 500]
    if wrong:
        taken = [(named(place), answer) for place, answer in wrong]
        raise should_be_refused(taken, "; mandatory attributes have a value")
    unusual = sorted({answer.status for _, answer in answers} - {400, 422})
    return f"refused with {', '.join(map(str, unusual))}, where 400 is usual" if unusual else None


def should_be_refused(taken: Sequence[tuple[str, Exchange]], what: str) -> Violation:
    """Of what was not refused, each by its name, the first one with what is wrong about it."""
    _, first = taken[0]
    return Violation(
        f"{first.label}: answered {first.status}{what}{the_same_for([name for name, _ in taken[1:]])}",
        expected="400 or 422 with an Error",
        actual=describe_answer(first),
        exchange=first,
    )


def the_same_for(others: Sequence[str]) -> str:
    """Names what a finding holds for as well, behind its sentence."""
    return f" (the same for {', '.join(others)})" if others else ""


def _spoilt(api: Api, resource: Resource, how: str, spoil: _Spoiling) -> Iterator[tuple[Place, Exchange]]:
    attributes = resource.creation.attributes if resource.creation else {}
    whole = api.payload(resource)
    for place, attribute in mandatory_places(attributes, whole):
        body = spoil(whole, place, attribute)
        if body is MISSING:
            continue
        label = f"POST {resource.path} {how} {named(place)}"
        answer = api.create(resource, body, label=label, intent=Intent.INVALID)
        if answer.status in NOT_OFFERED - {404}:
            skip(f"POST {resource.path} is not offered (answered {answer.status})")
        put_away(api, resource, answer)
        yield place, answer


def put_away(api: Api, resource: Resource, answer: Exchange) -> None:
    """Delete at once what should not have been created, before it spoils what other checks look at."""
    made = created_by(answer, resource)
    if made is not None and api.offers(resource, Kind.DELETE):
        api.delete(
            resource, made.id, label=f"DELETE {resource.path}/{{id}}, to put it away", intent=Intent.OPEN
        )


@check(
    "create.malformed-json",
    SHOULD,
    "A body that is not JSON is refused with 400.",
    source="the API's OpenAPI document, 400; rule HTTP-12",
    on=Kind.CREATE,
)
def malformed_json_is_refused(api: Api, resource: Resource) -> None:
    answer = api.request(
        "POST",
        resource.path,
        content=b'{"name": "cut',
        label=f"POST {resource.path} with JSON that is cut off",
        intent=Intent.INVALID,
    )
    _refused_as_malformed(api, resource, answer, "the body cannot be read")


@check(
    "create.wrong-type",
    SHOULD,
    "A body of the wrong JSON type is refused with 400.",
    source="the API's OpenAPI document, 400; rule HTTP-12",
    on=Kind.CREATE,
)
def a_body_of_the_wrong_type_is_refused(api: Api, resource: Resource) -> None:
    body = api.payload(resource)
    label = f"POST {resource.path} with an array instead of an object"
    answer = api.create(resource, [body], label=label, intent=Intent.INVALID)
    _refused_as_malformed(api, resource, answer, "the contract asks for one object")
    attributes = resource.creation.attributes if resource.creation else {}
    for place, attribute in mandatory_places(attributes, body):
        if attribute.type == "array":
            label = f"POST {resource.path} with a number instead of a list for {named(place)}"
            answer = api.create(resource, with_value(body, place, 7), label=label, intent=Intent.INVALID)
            _refused_as_malformed(api, resource, answer, "the contract asks for a list")
            break


def _refused_as_malformed(api: Api, resource: Resource, answer: Exchange, because: str) -> None:
    if answer.status in NOT_OFFERED:
        skip(f"POST {resource.path} is not offered (answered {answer.status})")
    put_away(api, resource, answer)
    # 422 says the same in the field, and 415 is at least a refusal of what was sent.
    expect(answer).refused(400, 422, 415, because=because)


@check(
    "create.illegal-enumeration",
    MUST,
    "A create with a value that its enumeration does not list is refused.",
    source="the API's OpenAPI document, enumerations; rule ENUM-01",
    on=Kind.CREATE,
)
def an_unlisted_value_is_refused(api: Api, resource: Resource) -> str | None:
    body, place = _with_enumerated_value(api, resource)
    label = f"POST {resource.path} with {named(place)} {NO_SUCH_VALUE}"
    answer = api.create(resource, with_value(body, place, NO_SUCH_VALUE), label=label, intent=Intent.INVALID)
    if answer.status in NOT_OFFERED - {404}:
        skip(f"POST {resource.path} is not offered (answered {answer.status})")
    put_away(api, resource, answer)
    if answer.ok and answer.representations and at(answer.representations[0], place) != NO_SUCH_VALUE:
        # A server may have its own mind about a state that it sets itself; then nothing illegal is stored.
        return f"accepted, but not taken over: {named(place)} is {show(at(answer.representations[0], place))}"
    expect(answer).refused(because=f"the contract does not list {NO_SUCH_VALUE}")
    return None


def _with_enumerated_value(api: Api, resource: Resource) -> tuple[dict[str, Any], Place]:
    """A valid body with an enumerated value in it, and where."""
    attributes = resource.creation.attributes if resource.creation else {}
    body = api.payload(resource)
    place = next((place for place, _ in enumerated_places(attributes, body)), None)
    if place is not None:
        return body, place
    full = api.full_payload(resource)
    place = next((place for place, _ in enumerated_places(attributes, full)), None)
    if place is None:
        skip(f"a client of {resource.name} sends no enumerated attribute")
    body[str(place[0])] = full[str(place[0])]
    if len(place) > 1:
        # So much optional content may be refused for other reasons: it has to be accepted as it is first.
        put_away(api, resource, _accepted(api, resource, body, place))
    return body, place


def _accepted(api: Api, resource: Resource, body: dict[str, Any], place: Place) -> Exchange:
    label = f"POST {resource.path} with {place[0]}"
    answer = api.create(resource, body, label=label, intent=Intent.OPEN)
    if not answer.ok:
        skip(f"{label} is refused even with listed values: {describe_answer(answer)}")
    return answer
