"""Media types: JSON by default, whatever parameters come with it."""

from __future__ import annotations

from tmfrig.conformance.api import NOT_OFFERED, Api
from tmfrig.conformance.check import MUST, SHOULD, CannotJudge, check, not_applicable, observing, skip
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import describe_answer, expect
from tmfrig.specs import Kind, Resource

JSON = "application/json"


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
    expect(exchange).media_type(JSON)


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
