"""Errors: what a refusal looks like."""

from __future__ import annotations

from tmfrig.conformance.check import MUST, SHOULD, Violation, not_applicable, observing
from tmfrig.conformance.checks.places import without_nulls
from tmfrig.conformance.exchange import Exchange
from tmfrig.conformance.expect import Value, expect

# Bad gateway, unavailable, gateway timeout: an intermediary speaks, not the API.
_INTERMEDIARIES = frozenset({502, 503, 504})


@observing(
    "error.body",
    MUST,
    "An error is answered with a TMF Error body: code and reason, and @type where the contract asks for it.",
    source="TMF630 part 1, section 3.4; the API's OpenAPI document, Error; rules ERR-01, ERR-02",
)
def errors_carry_code_and_reason(exchange: Exchange) -> None:
    if not exchange.is_error or exchange.status in _INTERMEDIARIES or exchange.method == "HEAD":
        not_applicable()
    because = "every error carries a TMF Error body with code and reason"
    error = expect(exchange).json_object(because)
    error.attribute("code", because).is_text("code is text")
    error.attribute("reason", because).is_text("reason is text")
    if exchange.contract.error is not None:
        Value(exchange, without_nulls(error.value), "the error").matches(exchange.contract.error, because)


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
