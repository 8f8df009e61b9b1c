"""Listing: GET of a collection."""

from __future__ import annotations

from tmfrig.conformance.api import NOT_OFFERED, Api, identity
from tmfrig.conformance.check import MUST, Violation, check, not_applicable, observing, skip
from tmfrig.conformance.checks.samples import ids_in, is_there, selected
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


@observing(
    "list.distinct",
    MUST,
    "A list holds each resource once.",
    source="the API's OpenAPI document, GET collection; rules HTTP-01, HTTP-08",
    on=Kind.LIST,
)
def each_resource_is_listed_once(exchange: Exchange) -> None:
    seen: set[tuple[str, str | None]] = set()
    for body in exchange.representations or not_applicable():
        id, version = identity(body), body.get("version")
        if id is None:
            continue
        # versions of one resource may share an id
        one = (id, version if isinstance(version, str) else None)
        if one in seen:
            raise Violation(
                f"{exchange.label}: {id} is in the list twice",
                expected="each resource once",
                actual=", ".join(str(identity(each)) for each in exchange.representations[:5]),
                exchange=exchange,
            )
        seen.add(one)


@check(
    "list.created",
    MUST,
    "What was created is listed.",
    source="the API's OpenAPI document, GET collection; conformance profiles; rules HTTP-01, FILT-01",
    on=Kind.LIST,
    when=lambda resource: {Kind.CREATE, Kind.RETRIEVE} <= resource.operations.keys(),
)
def what_was_created_is_listed(api: Api, resource: Resource) -> None:
    older, mine = api.an_instance(resource), api.fresh(resource)
    label = f"GET {resource.path}?id={mine.id}, which was created before"
    answer = selected(api, resource, {"id": mine.id}, [mine.id], label)
    if not answer.ok or mine.id in ids_in(answer):
        return
    if older.id not in ids_in(selected(api, resource, {"id": older.id}, [older.id])):
        skip("a filter by id finds nothing at all (a finding of filter.finds-mandatory)")
    if not is_there(api, resource, mine.id):
        skip(f"{resource.name} {mine.id} has gone meanwhile")
    raise Violation(
        f"{label}: {mine.id} is not in the list, although GET by its id shows it; {older.id}, which is "
        "older, is found in the same way",
        expected=f"a list with {mine.id}",
        actual=", ".join(ids_in(answer)[:5]) or "an empty list",
        exchange=answer,
    )


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
