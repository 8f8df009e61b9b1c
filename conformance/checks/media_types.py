"""Media types: JSON by default, whatever parameters come with it."""

from __future__ import annotations

import re

from tmfrig.conformance.api import NOT_OFFERED, Api
from tmfrig.conformance.check import (
    MUST,
    SHOULD,
    CannotJudge,
    Violation,
    check,
    not_applicable,
    observing,
    skip,
)
from tmfrig.conformance.checks.refusing import CIRCUMSTANCES, put_away
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import describe_answer, expect
from tmfrig.specs import Kind, Resource

JSON = "application/json"
PROBLEM = "application/problem+json"


@observing(
    "media-type.json",
    MUST,
    "Answers are served as application/json; a charset parameter is fine.",
    source="TMF630 part 1, section 3.2; the API's OpenAPI document, produces; rule HTTP-11",
)
def answers_are_json(exchange: Exchange) -> None:
    # An error that is no JSON at all is the finding of error.body.
    if not exchange.body.strip() or not (exchange.ok or (exchange.is_error and exchange.is_json)):
        not_applicable()
    if exchange.operation is None and not exchange.is_error:
        not_applicable()
    if not _wants_json(exchange):
        not_applicable()  # what else a target has to offer is not ours to judge
    if exchange.is_error and exchange.media_type == PROBLEM:
        not_applicable()  # RFC 9457, by which gateways say what is wrong; error.body judges what it holds
    expect(exchange).media_type(JSON)


def _wants_json(exchange: Exchange) -> bool:
    accepted = exchange.request_headers.get("accept", "*/*").lower()
    return any(each in accepted for each in ("json", "*/*", "application/*"))


@observing(
    "media-type.utf8",
    MUST,
    "Where an answer in JSON names its charset, that is UTF-8.",
    source="RFC 8259, 8.1, character encoding; rule HTTP-11",
)
def the_charset_is_utf8(exchange: Exchange) -> None:
    found = re.search(
        r"charset\s*=\s*\"?([^\s;\"]+)", exchange.headers.get("content-type", ""), re.IGNORECASE
    )
    if found is None or exchange.media_type != JSON:
        not_applicable()
    if found[1].lower() not in ("utf-8", "utf8", "us-ascii"):
        raise Violation(
            f"{exchange.label}: the charset is {found[1]}; JSON is exchanged in UTF-8",
            expected="Content-Type: application/json;charset=utf-8",
            actual=f"Content-Type: {exchange.headers['content-type']}",
            exchange=exchange,
        )


@check(
    "media-type.default",
    MUST,
    "Without an Accept header, JSON is answered.",
    source="TMF630 part 1, section 3.2; rule HTTP-11",
    on=Kind.RETRIEVE,
)
def json_is_the_default(api: Api, resource: Resource) -> None:
    instance = api.an_instance(resource)
    label = f"GET {resource.path}/{{id}} without Accept"
    path = api.path_of(resource, instance.id)
    answer = api.request("GET", path, headers={"Accept": ""}, label=label)
    if answer.status != 200 and not api.retrieve(resource, instance.id, intent=Intent.OPEN).ok:
        raise CannotJudge(f"GET {resource.path}/{instance.id} is not answered with Accept either")
    expect(answer).status(200, because="application/json is the default representation")
    expect(answer).json_object("application/json is the default representation")


@check(
    "media-type.charset",
    MUST,
    "A request body is read as JSON with and without a charset parameter.",
    source="TMF630 part 1, section 3.2; the API's OpenAPI document, consumes; rule HTTP-11",
    on=Kind.CREATE,
)
def a_charset_is_tolerated(api: Api, resource: Resource) -> None:
    for media_type in (JSON, f"{JSON};charset=utf-8", f"{JSON}; charset=UTF-8"):
        label = f"POST {resource.path} as {media_type}"
        answer = api.create(resource, api.payload(resource), media_type=media_type, label=label)
        if answer.status in NOT_OFFERED:
            skip(f"POST {resource.path} is not offered (answered {answer.status})")
        if answer.status in CIRCUMSTANCES and media_type == JSON:
            skip(f"refused for other reasons than its media type: {describe_answer(answer)}")
        if answer.is_error and answer.status != 415 and media_type == JSON:
            raise CannotJudge(f"{label} was answered {describe_answer(answer)}")
        expect(answer).success(f"{media_type} is what the API consumes")


@check(
    "media-type.unsupported",
    SHOULD,
    "A body of a media type that the API does not consume is refused with 415.",
    source="TMF630 part 1, section 3.3, in no OpenAPI document; rule HTTP-14",
    on=Kind.CREATE,
)
def other_media_types_are_refused(api: Api, resource: Resource) -> None:
    label = f"POST {resource.path} as text/plain"
    body = api.payload(resource)
    answer = api.create(resource, body, media_type="text/plain", label=label, intent=Intent.INVALID)
    if answer.status in NOT_OFFERED:
        skip(f"POST {resource.path} is not offered (answered {answer.status})")
    expect(answer).status(415, because="the API does not consume text/plain")


_ACCEPTING_JSON = (
    "*/*",
    "application/*",
    "application/json;charset=utf-8",
    "Application/JSON",
    "application/json, text/plain;q=0.5, */*;q=0.1",
    "text/html, application/xhtml+xml;q=0.9, */*;q=0.8",
)


@check(
    "media-type.accept",
    MUST,
    "Whoever accepts JSON in whatever words gets it.",
    source="RFC 9110, 12.5.1, Accept; TMF630 part 1, section 3.2; rule HTTP-11",
    on=Kind.RETRIEVE,
)
def whoever_accepts_json_gets_it(api: Api, resource: Resource) -> None:
    path = api.path_of(resource, api.an_instance(resource).id)
    for accepted in _ACCEPTING_JSON:
        label = f"GET {resource.path}/{{id}} with Accept: {accepted}"
        answer = api.request("GET", path, headers={"Accept": accepted}, label=label)
        if answer.status in (404, 410):
            raise CannotJudge(f"{path} has gone meanwhile")
        expect(answer).not_a_server_error("the API has JSON, and JSON is accepted")
        if "html" not in accepted:  # who prefers HTML may get that, or be sent to where it is
            expect(answer).status(200, because="the API has JSON, and JSON is accepted")
            expect(answer).json_object("JSON is accepted")


@check(
    "media-type.not-acceptable",
    MUST,
    "Whoever accepts only what the API does not have gets JSON all the same, or 406.",
    source="RFC 9110, 15.5.7, not acceptable; rule HTTP-11",
    on=Kind.LIST,
)
def other_formats_are_not_acceptable(api: Api, resource: Resource) -> str:
    label = f"GET {resource.path} with Accept: image/png"
    query = {"limit": 1}
    answer = api.request("GET", resource.path, query=query, headers={"Accept": "image/png"}, label=label)
    expect(answer).not_a_server_error("the answer is JSON all the same, or 406")
    return f"answered {answer.status}"


@check(
    "media-type.case",
    MUST,
    "The names of media types are read in whatever case.",
    source="RFC 9110, 8.3.1, media types; rule HTTP-11",
    on=Kind.CREATE,
)
def the_case_of_a_media_type_does_not_matter(api: Api, resource: Resource) -> None:
    for media_type in (JSON, "Application/JSON", "APPLICATION/JSON; Charset=UTF-8"):
        label = f"POST {resource.path} as {media_type}"
        answer = api.create(resource, media_type=media_type, label=label, intent=Intent.OPEN)
        put_away(api, resource, answer)
        if answer.status in NOT_OFFERED:
            skip(f"POST {resource.path} is not offered (answered {answer.status})")
        if answer.status in CIRCUMSTANCES and media_type == JSON:
            skip(f"refused for other reasons than its media type: {describe_answer(answer)}")
        if not answer.ok and media_type == JSON:
            raise CannotJudge(f"{label} was answered {describe_answer(answer)}")
        expect(answer).success(f"{media_type} is {JSON} in other letters")


@check(
    "media-type.missing",
    MUST,
    "A body without Content-Type is read as JSON or refused.",
    source="RFC 9110, 8.3, Content-Type; rule HTTP-14",
    on=Kind.CREATE,
)
def a_missing_media_type_does_no_harm(api: Api, resource: Resource) -> str:
    label = f"POST {resource.path} without Content-Type"
    body = api.payload(resource)
    answer = api.request("POST", resource.path, json=body, media_type="", label=label)
    put_away(api, resource, answer)
    expect(answer).not_a_server_error("a body without Content-Type is read as JSON or refused with a 4xx")
    return "read as JSON" if answer.ok else f"refused with {answer.status}"
