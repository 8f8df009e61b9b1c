"""Errors: what a refusal looks like."""

from __future__ import annotations

from http import HTTPStatus

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import MUST, SHOULD, Violation, check, not_applicable, observing
from tmfrig.conformance.checks.oddities import ABSURD
from tmfrig.conformance.checks.places import without_nulls
from tmfrig.conformance.exchange import Exchange
from tmfrig.conformance.expect import Value, expect
from tmfrig.specs import Kind, Resource

# Bad gateway, unavailable, gateway timeout: an intermediary speaks, not the API.
_INTERMEDIARIES = frozenset({502, 503, 504})
# Who is not let in, asks too much or too often is mostly turned away before the API hears of it.
_AT_THE_DOOR = frozenset({401, 403, 407, 408, 411, 413, 414, 429, 431})
_BECAUSE = "every error carries a TMF Error body with code and reason"


def _says_the_api(exchange: Exchange) -> bool:
    """Whether an error is the API's own, rather than that of a web server or gateway in front of it."""
    return exchange.status not in _AT_THE_DOOR and ABSURD not in exchange.tags


@observing(
    "error.body",
    MUST,
    "An error is answered with a TMF Error body: code and reason, and @type where the contract asks for it.",
    source="TMF630 part 1, section 3.4; the API's OpenAPI document, Error; rules ERR-01, ERR-02",
)
def errors_carry_code_and_reason(exchange: Exchange) -> None:
    if not _is_judged(exchange) or not _says_the_api(exchange):
        not_applicable()
    _is_an_error(exchange)


@observing(
    "error.body-at-the-door",
    SHOULD,
    "Who is turned away for missing rights, or for asking too much, is told so with a TMF Error body too.",
    source="TMF630 part 1, section 3.4, where gateways answer for themselves; rule ERR-01",
)
def errors_at_the_door_carry_code_and_reason(exchange: Exchange) -> None:
    if not _is_judged(exchange) or _says_the_api(exchange):
        not_applicable()
    _is_an_error(exchange)


def _is_judged(exchange: Exchange) -> bool:
    # HEAD has no body, and OPTIONS is mostly the web framework's own.
    is_bare = exchange.method in ("HEAD", "OPTIONS")
    return exchange.is_error and exchange.status not in _INTERMEDIARIES and not is_bare


def _is_an_error(exchange: Exchange) -> None:
    error = expect(exchange).json_object(_BECAUSE)
    error.attribute("code", _BECAUSE).is_text("code is text")
    error.attribute("reason", _BECAUSE).is_text("reason is text")
    if exchange.contract.error is not None:
        Value(exchange, without_nulls(error.value), "the error").matches(exchange.contract.error, _BECAUSE)


@observing(
    "error.status",
    SHOULD,
    "Where an Error names a status, it is the HTTP status of the answer.",
    source="the API's OpenAPI document, Error.status; rule ERR-03",
)
def the_errors_status_is_that_of_the_answer(exchange: Exchange) -> None:
    if not exchange.is_error or not exchange.is_json or not isinstance(exchange.json, dict):
        not_applicable()
    status = exchange.json.get("status")
    if status is None:
        not_applicable()
    if str(status).strip() != str(exchange.status):
        raise Violation(
            f"{exchange.label}: the Error says status {status}, the answer is a {exchange.status}",
            expected=f'"status": "{exchange.status}"',
            actual=f'"status": "{status}"',
            exchange=exchange,
        )


@observing(
    "error.no-failure",
    MUST,
    "No request of a client makes the server fail: 500 is answered to none.",
    source="RFC 9110, 15.6.1, internal server error; rules ROB-01, ROB-03, HTTP-12",
)
def no_request_makes_the_server_fail(exchange: Exchange) -> None:
    if exchange.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        expect(exchange).not_a_server_error("it means that the server has met what it was not prepared for")


@check(
    "error.harmless-methods",
    MUST,
    "HEAD and OPTIONS are answered or refused, without a server error and without a body for HEAD.",
    source="RFC 9110, 9.3.2 and 9.3.7, HEAD and OPTIONS; rules HTTP-10, ERR-01",
    on=Kind.LIST,
)
def harmless_methods_do_no_harm(api: Api, resource: Resource) -> str:
    answers = []
    for method in ("HEAD", "OPTIONS"):
        label = f"{method} {resource.path}"
        answers.append(api.request(method, f"{resource.path}?limit=1", label=label))
        expect(answers[-1]).not_a_server_error("who does not offer it says 405 or 501")
    return ", ".join(f"{answer.method} is answered {answer.status}" for answer in answers)
