"""Robustness: what is wrong or odd is refused or taken, but nothing breaks over it.

A 5xx says that the server failed (RFC 9110, 15.6): it is never the right answer to a request that the client
should not have sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any

from tmfrig.conformance.api import NOT_OFFERED, Api
from tmfrig.conformance.check import MUST, SHOULD, Suite, Violation, check, not_applicable, observing, skip
from tmfrig.conformance.checks.oddities import (
    ABSURD,
    DEEP,
    HUGE,
    LARGE,
    MALFORMED,
    MISTYPED,
    NESTED,
    NO_FAILURE,
    has_its_type,
    malformed,
    post_bytes,
    unless_cut_off,
    wrong_values,
)
from tmfrig.conformance.checks.places import Place, at, mandatory_places, named, with_value
from tmfrig.conformance.checks.refusing import put_away
from tmfrig.conformance.checks.samples import texts
from tmfrig.conformance.client import NoAnswer
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import describe_answer, expect
from tmfrig.specs import Attribute, Kind, Resource

_MOST_VALUES = 100


# ── bodies ──────────────────────────────────────────────────────────────────────────────────────────────────


@observing(
    "robust.malformed",
    MUST,
    "A body that is no JSON is not answered with a server error.",
    source="RFC 9110, 15.6, server errors; rules ROB-01, HTTP-12",
)
def malformed_bodies_cause_no_server_error(exchange: Exchange) -> None:
    _causes_no_failure(exchange, MALFORMED)


@check(
    "robust.malformed-refused",
    SHOULD,
    "A body that is no JSON is refused, whatever is wrong with it.",
    source="RFC 8259, grammar; the API's OpenAPI document, 400; rules ROB-01, HTTP-12",
    on=Kind.CREATE,
)
def malformed_bodies_are_refused(api: Api, resource: Resource) -> None:
    whole = api.client.serialise(api.payload(resource))
    answers = []
    for what, content in malformed(whole):
        label = f"POST {resource.path} with {what}"
        answers.append(post_bytes(api, resource, content, label, (MALFORMED,)))
        put_away(api, resource, answers[-1])
    _are_refused(answers, "what is no JSON cannot have been understood")


@check(
    "robust.byte-order-mark",
    MUST,
    "A byte order mark in front of the JSON is overlooked or refused.",
    source="RFC 8259, 8.1, byte order marks; rule ROB-01",
    on=Kind.CREATE,
)
def a_byte_order_mark_does_no_harm(api: Api, resource: Resource) -> str:
    content = b"\xef\xbb\xbf" + api.client.serialise(api.payload(resource))
    answer = post_bytes(api, resource, content, f"POST {resource.path} with a byte order mark")
    put_away(api, resource, answer)
    expect(answer).not_a_server_error(NO_FAILURE)
    return "overlooked" if answer.ok else f"refused with {answer.status}"


@check(
    "robust.duplicate-keys",
    MUST,
    "Of a name that an object has twice, one value is taken, or the body is refused.",
    source="RFC 8259, 4, names of an object; rule ROB-01",
    on=Kind.CREATE,
    when=lambda resource: bool(texts(resource)),
)
def a_name_given_twice_does_no_harm(api: Api, resource: Resource) -> str | None:
    name = texts(resource)[0]
    said = api.client.serialise(api.payload(resource) | {name: "the first"})
    content = said[:-1] + b"," + api.client.serialise({name: "the second"})[1:]
    answer = post_bytes(api, resource, content, f"POST {resource.path} with {name} twice")
    put_away(api, resource, answer)
    expect(answer).not_a_server_error(NO_FAILURE)
    kept = answer.representations[0].get(name) if answer.representations else None
    if kept not in (None, "the first", "the second"):
        raise Violation(
            f"{answer.label}: {name} has become {kept!r}", "one of the two values, or a 400", exchange=answer
        )
    return f"takes {kept}" if kept is not None else None


@check(
    "robust.oversized",
    MUST,
    "A body of some megabytes is taken or refused, and the target answers others afterwards.",
    source="RFC 9110, 15.5.14, content too large; rule ROB-01",
    on=Kind.CREATE,
    suite=Suite.full,
)
def a_huge_body_does_no_harm(api: Api, resource: Resource) -> str:
    # Its end is missing, so that nobody keeps it.
    begin = api.client.serialise(api.payload(resource)).removesuffix(b"}").rstrip(b"{") or b"{"
    content = begin + (b"," if len(begin) > 1 else b"") + b'"rig":"' + b"x" * HUGE
    answer = _sent(api, resource, content, f"{HUGE // 2**20} MiB of JSON that is cut off")
    _answers_still(api, resource)
    return f"answered {unless_cut_off(answer).status}"


@check(
    "robust.deep",
    MUST,
    "A deeply nested body is refused, and the target answers others afterwards.",
    source="RFC 8259, 9, limits of nesting; rule ROB-01",
    on=Kind.CREATE,
    suite=Suite.full,
)
def a_deep_body_does_no_harm(api: Api, resource: Resource) -> str:
    bodies = {"lists": b"[" * DEEP + b"]" * DEEP, "objects": b'{"rig":' * DEEP + b"1" + b"}" * DEEP}
    answers = [_sent(api, resource, content, f"{DEEP} levels of {what}") for what, content in bodies.items()]
    _answers_still(api, resource)
    return f"answered {', '.join(str(unless_cut_off(answer).status) for answer in answers)}"


@check(
    "robust.nested",
    MUST,
    "A body that nests some dozens of levels is taken or refused.",
    source="RFC 8259, 9, limits of nesting; rule ROB-01",
    on=Kind.CREATE,
)
def a_nested_body_does_no_harm(api: Api, resource: Resource) -> str:
    nested: Any = "rig"
    for _ in range(NESTED):
        nested = {"rigNested": nested}
    return _is_no_trouble(api, resource, {"rigNested": nested}, f"{NESTED} levels of objects")


@check(
    "robust.large",
    MUST,
    "A body of 64 KiB is taken or refused.",
    source="RFC 9110, 15.5.14, content too large; rule ROB-01",
    on=Kind.CREATE,
)
def a_large_body_does_no_harm(api: Api, resource: Resource) -> str:
    large = [f"{number:03} " + "rig " * 60 for number in range(LARGE // 244)]
    return _is_no_trouble(api, resource, {"rigNotes": large}, f"{LARGE // 2**10} KiB")


def _is_no_trouble(api: Api, resource: Resource, more: dict[str, Any], what: str) -> str:
    content = api.client.serialise(api.payload(resource) | more)
    answer = unless_cut_off(_sent(api, resource, content, what, ABSURD))
    expect(answer).not_a_server_error(NO_FAILURE)
    return "taken" if answer.ok else f"refused with {answer.status}"


def _sent(api: Api, resource: Resource, content: bytes, what: str, *tags: str) -> Exchange | NoAnswer:
    label = f"POST {resource.path} with {what}"
    try:
        answer = post_bytes(api, resource, content, label, tags or (MALFORMED, ABSURD))
    except NoAnswer as closed:
        return closed
    put_away(api, resource, answer)
    return answer


def _answers_still(api: Api, resource: Resource) -> None:
    kind = Kind.LIST if Kind.LIST in resource.operations else Kind.CREATE
    if kind is Kind.LIST:
        answer = api.list(resource, {"limit": 1}, label=f"GET {resource.path}, after that")
    else:
        answer = api.create(resource, label=f"POST {resource.path}, after that")
    expect(answer).not_a_server_error("the target should answer afterwards as before")


# ── values of the wrong type ────────────────────────────────────────────────────────────────────────────────


@observing(
    "robust.types",
    MUST,
    "A value of the wrong JSON type is not answered with a server error.",
    source="RFC 9110, 15.6, server errors; rules ROB-02, HTTP-12",
)
def wrong_types_cause_no_server_error(exchange: Exchange) -> None:
    _causes_no_failure(exchange, MISTYPED)


@check(
    "robust.wrong-types",
    SHOULD,
    "A create with a mandatory attribute of the wrong JSON type is refused.",
    source="the API's OpenAPI document, types of mandatory attributes; rules ROB-02, HTTP-12",
    on=Kind.CREATE,
    when=lambda resource: bool(resource.mandatory),
)
def wrong_types_are_refused(api: Api, resource: Resource) -> None:
    def first(place: Place, attribute: Attribute) -> tuple[Any, ...]:
        return wrong_values(attribute)[:1] if len(place) == 1 else ()

    _are_refused(_mistyped(api, resource, first), "the contract declares another type")


@check(
    "robust.wrong-types-everywhere",
    SHOULD,
    "A create with any wrong JSON type at any mandatory place of the body is refused.",
    source="the API's OpenAPI document, types of mandatory attributes; rules ROB-02, HTTP-12",
    on=Kind.CREATE,
    when=lambda resource: bool(resource.mandatory),
    suite=Suite.full,
)
def wrong_types_are_refused_everywhere(api: Api, resource: Resource) -> None:
    def all_others(place: Place, attribute: Attribute) -> tuple[Any, ...]:
        return wrong_values(attribute)[1 if len(place) == 1 else 0 :]

    _are_refused(_mistyped(api, resource, all_others), "the contract declares another type")


def _mistyped(
    api: Api, resource: Resource, values: Callable[[Place, Attribute], tuple[Any, ...]]
) -> Iterator[Exchange]:
    """The answers to creates of which each has one value of a wrong type.

    Who makes the right type of it (a text of a number, a list of its only element) has not taken it as it
    is: such answers are left out.
    """
    whole = api.payload(resource)
    attributes = resource.creation.attributes if resource.creation else {}
    spoilt = [
        (place, attribute, value)
        for place, attribute in mandatory_places(attributes, whole)
        for value in values(place, attribute)
    ]
    for place, attribute, value in spoilt[:_MOST_VALUES]:
        body = with_value(whole, place, value)
        shown = api.client.serialise(value).decode()
        label = f"POST {resource.path} with {shown} for {named(place)}, which is of type {attribute.type}"
        tags = (MISTYPED,)
        answer = api.request("POST", resource.path, json=body, label=label, intent=Intent.INVALID, tags=tags)
        if answer.status in NOT_OFFERED:
            skip(f"POST {resource.path} is not offered (answered {answer.status})")
        put_away(api, resource, answer)
        kept = at(answer.representations[0], place) if answer.representations else value
        if not (answer.ok and kept != value and has_its_type(kept, attribute)):
            yield answer


# ── attributes that there are not ───────────────────────────────────────────────────────────────────────────


@check(
    "robust.unknown-attribute",
    MUST,
    "An attribute that the contract does not know is kept, overlooked or refused.",
    source="the API's OpenAPI document, whose objects are all open; rule EXT-01",
    on=Kind.CREATE,
)
def an_unknown_attribute_does_no_harm(api: Api, resource: Resource) -> str:
    body = api.payload(resource) | {"rigNote": "of a client's own", "rigNotes": [{"rig": 1}]}
    answer = api.create(resource, body, label=f"POST {resource.path} with rigNote", intent=Intent.OPEN)
    if answer.status in NOT_OFFERED:
        skip(f"POST {resource.path} is not offered (answered {answer.status})")
    put_away(api, resource, answer)
    expect(answer).not_a_server_error(NO_FAILURE)
    if not answer.ok:
        return f"refused with {answer.status}"
    return "kept" if answer.representations and "rigNote" in answer.representations[0] else "overlooked"


# ── what they share ─────────────────────────────────────────────────────────────────────────────────────────


def _causes_no_failure(exchange: Exchange, tag: str) -> None:
    # An intermediary that gives up on something huge, or is busy, speaks for itself.
    gave_up = exchange.status == HTTPStatus.SERVICE_UNAVAILABLE or (
        ABSURD in exchange.tags and exchange.status in (HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT)
    )
    if tag not in exchange.tags or gave_up:
        not_applicable()
    expect(exchange).not_a_server_error(NO_FAILURE)


def _are_refused(answers: Iterator[Exchange] | list[Exchange], because: str) -> None:
    """None of the answers is a success; what is a 5xx is another check's finding."""
    taken = [answer for answer in answers if answer.status < 400]
    if taken:
        also = "; ".join(answer.label for answer in taken[1:4])
        more = f"; and {len(taken) - 4} more" if len(taken) > 4 else ""
        raise Violation(
            f"{taken[0].label}: answered {taken[0].status}; {because}"
            + (f" (the same for {also}{more})" if also else ""),
            expected="400, or another 4xx",
            actual=describe_answer(taken[0]),
            exchange=taken[0],
        )
