"""Listing: GET of a collection."""

from __future__ import annotations

from tmfrig.conformance.api import NOT_OFFERED, Api
from tmfrig.conformance.check import MUST, check, not_applicable, observing, skip
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import expect
from tmfrig.specs import Kind, Resource


@observing(
    "list.array",
    MUST,
    "A collection is answered 200 (206 for a part of it) with a JSON array.",
    source="the API's OpenAPI document, GET collection; rules HTTP-01, PAGE-05",
    on=Kind.LIST,
)
def a_collection_is_an_array(exchange: Exchange) -> None:
    if exchange.is_error:
        not_applicable()
    expect(exchange).status(200, 206).json_array("a collection is a JSON array, also when it is empty")


@check(
    "list.answers",
    MUST,
    "A collection can be listed without any parameter.",
    source="the API's OpenAPI document, GET collection; rule HTTP-01",
    on=Kind.LIST,
)
def a_collection_can_be_listed(api: Api, resource: Resource) -> None:
    answer = api.list(resource)
    if answer.status in NOT_OFFERED - {404} or answer.status in (401, 403):
        skip(f"GET {resource.path} is not offered (answered {answer.status})")
    expect(answer).status(200, 206)


@check(
    "list.empty",
    MUST,
    "A selection that nothing matches is an empty list, not an error.",
    source="TMF630 part 1, GET collection; rule HTTP-01",
    on=Kind.LIST,
)
def nothing_found_is_an_empty_list(api: Api, resource: Resource) -> None:
    label = f"GET {resource.path} filtered by an id that nothing has"
    answer = api.list(resource, {"id": api.unknown_id(resource)}, label=label, intent=Intent.OPEN)
    if answer.status in (400, 401, 403, 405, 501):
        skip(f"not to be seen here: the filter itself was refused with {answer.status}")
    # What is in the list is the matter of the filter checks.
    expect(answer).status(200, 206, because="a list in which nothing is left is an empty list")
