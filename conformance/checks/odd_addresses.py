"""Odd addresses: ids and queries that no client should send, and that break nothing."""

from __future__ import annotations

from http import HTTPStatus

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import MUST, SHOULD, Violation, check
from tmfrig.conformance.checks.oddities import ABSURD, NO_FAILURE, ODD_QUERIES, odd_ids
from tmfrig.conformance.client import NoAnswer
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import describe_answer, expect
from tmfrig.specs import Kind, Resource


@check(
    "robust.ids",
    MUST,
    "Ids that are very long or full of odd characters are answered 404 or another 4xx.",
    source="conformance profiles, GET by id, 404; RFC 9110, 15.6, server errors; rules ROB-03, HTTP-03",
    on=Kind.RETRIEVE,
)
def odd_ids_are_not_found(api: Api, resource: Resource) -> None:
    methods = [("GET", Kind.RETRIEVE), ("PATCH", Kind.PATCH), ("DELETE", Kind.DELETE)]
    for method in (method for method, kind in methods if kind in resource.operations):
        for what, id in odd_ids(api.unknown_id(resource)):
            answer = _asked_of(api, resource, method, id, what)
            if answer is None:
                continue
            expect(answer).not_a_server_error(NO_FAILURE)
            if answer.ok and method != "DELETE":  # some say 204 whether or not there was anything
                raise Violation(
                    f"{answer.label}: answered {answer.status}, although nothing has this id",
                    expected="404, or another 4xx",
                    actual=describe_answer(answer),
                    exchange=answer,
                )


def _asked_of(api: Api, resource: Resource, method: str, id: str, what: str) -> Exchange | None:
    label = f"{method} {resource.path}/{{id}} by an id {what}"
    content = b"{}" if method == "PATCH" else None
    path = f"{resource.path}/{id}"
    try:
        return api.request(
            method, path, content=content, label=label, intent=Intent.UNKNOWN_ID, tags=(ABSURD,)
        )
    except NoAnswer:
        return None  # it was too much for the web server in front


@check(
    "error.unknown-path",
    SHOULD,
    "A path that the contract does not know is answered 404.",
    source="RFC 9110, 15.5.5, not found; rule HTTP-10",
    scope="api",
)
def an_unknown_path_is_not_found(api: Api) -> str | None:
    label = "GET /noSuchResource, which no contract has"
    answer = api.request("GET", "/noSuchResource", label=label, intent=Intent.UNKNOWN_ID, tags=(ABSURD,))
    if answer.ok and not answer.is_json:
        return f"a page is shown there ({answer.media_type or 'of no type'})"
    if answer.ok or answer.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Violation(
            f"{label}: answered {answer.status}",
            expected="404, or another 4xx",
            actual=describe_answer(answer),
            exchange=answer,
        )
    return None


@check(
    "robust.queries",
    MUST,
    "Queries of what no resource has are answered, ignored or refused.",
    source="TMF630 part 1, filtering; RFC 9110, 15.6, server errors; rule ROB-03",
    on=Kind.LIST,
)
def odd_queries_do_no_harm(api: Api, resource: Resource) -> None:
    for what, query in ODD_QUERIES:
        label = f"GET {resource.path}?… with {what}"
        try:
            answer = api.request("GET", f"{resource.path}?limit=2&{query}", label=label, tags=(ABSURD,))
        except NoAnswer:
            continue
        expect(answer).not_a_server_error(NO_FAILURE)
