"""Faults of errors: what is refused, and what a refusal looks like."""

from __future__ import annotations

from typing import Any

from tmfrig.mockservers.errors import ApiError
from tmfrig.mockservers.exchange import Exchange
from tmfrig.mockservers.faults.answers import Altered, Answer, altering
from tmfrig.mockservers.faults.creating import Failing, Lenient
from tmfrig.mockservers.faults.fault import fault
from tmfrig.mockservers.intake import Intake
from tmfrig.mockservers.store import Body
from tmfrig.specs import Problem

FAMILY = "errors"
CATALOG, ORDERS, PRODUCTS, SERVICES, SERVICE_ORDERS = "TMF620", "TMF622", "TMF637", "TMF638", "TMF641"
CONTENT_TYPE = b"content-type"

# ── what an error looks like ────────────────────────────────────────────────────────────────────────────────


@altering(
    "error-without-body",
    PRODUCTS,
    "Errors have no body; they should be a TMF Error.",
    rule="ERR-01",
    family=FAMILY,
    answered="4",
)
def errors_are_empty(_exchange: Altered, answer: Answer) -> Answer:
    """Thinks that the status says it all."""
    return answer.with_body(b"").without_header(CONTENT_TYPE)


@altering(
    "error-in-html",
    SERVICES,
    "Errors are pages of HTML; they should be a TMF Error.",
    rule="ERR-01",
    family=FAMILY,
    answered="4",
)
def errors_are_pages(_exchange: Altered, answer: Answer) -> Answer:
    """Leaves errors to the web server."""
    page = b"<html><head><title>Error</title></head><body><h1>Error %d</h1></body></html>" % answer.status
    return answer.with_body(page).with_header(CONTENT_TYPE, b"text/html;charset=iso-8859-1")


@altering(
    "error-in-plain-text",
    SERVICE_ORDERS,
    "Errors are plain text; they should be a TMF Error.",
    rule="ERR-01",
    family=FAMILY,
    answered="4",
)
def errors_are_text(_exchange: Altered, answer: Answer) -> Answer:
    """Throws sentences."""
    reason = str(answer.json["reason"])
    return answer.with_body(reason.encode()).with_header(CONTENT_TYPE, b"text/plain;charset=utf-8")


@altering(
    "error-of-the-framework",
    ORDERS,
    "Errors hold timestamp, error and path; a TMF Error has code and reason.",
    rule="ERR-01",
    family=FAMILY,
    answered="4",
)
def errors_of_the_framework(exchange: Altered, answer: Answer) -> Answer:
    """Has never changed what the framework says by default."""
    told = {"timestamp": "2026-11-23T10:00:00.000+00:00", "error": "Error", "path": exchange.scope["path"]}
    return answer.with_json(told | {"status": answer.status})


@altering(
    "error-without-code",
    PRODUCTS,
    "Errors have a reason and no code; a TMF Error has both.",
    rule="ERR-01",
    family=FAMILY,
    answered="4",
)
def errors_have_no_code(_exchange: Altered, answer: Answer) -> Answer:
    """Has no catalogue of errors."""
    return answer.without("code")


@altering(
    "error-code-is-a-number",
    CATALOG,
    "The code of an Error is a number; it should be text.",
    rule="ERR-01",
    family=FAMILY,
    answered="4",
)
def codes_are_numbers(_exchange: Altered, answer: Answer) -> Answer:
    """Numbers its errors."""
    return answer.with_json(answer.json | {"code": 20 + answer.status % 100})


@altering(
    "error-without-reason",
    SERVICES,
    "Errors have a code and no reason; a TMF Error has both.",
    rule="ERR-01",
    family=FAMILY,
    answered="4",
)
def errors_have_no_reason(_exchange: Altered, answer: Answer) -> Answer:
    """Calls the reason message."""
    told = answer.json
    return answer.with_json({"message": told.pop("reason"), **told})


@altering(
    "error-in-a-list",
    SERVICE_ORDERS,
    "Errors come as a list; a TMF Error is one object.",
    rule="ERR-01",
    family=FAMILY,
    answered="4",
)
def errors_are_listed(_exchange: Altered, answer: Answer) -> Answer:
    """Could find more than one."""
    return answer.with_json([answer.json])


@altering(
    "not-found-in-html",
    CATALOG,
    "What is not found is answered with a page of HTML; it should be a TMF Error.",
    rule="ERR-01",
    family=FAMILY,
    answered="404",
)
def not_found_is_a_page(_exchange: Altered, answer: Answer) -> Answer:
    """Has an error handler for everything but this."""
    page = b"<!doctype html><html><body>404 Not Found</body></html>"
    return answer.with_body(page).with_header(CONTENT_TYPE, b"text/html")


@altering(
    "error-untyped",
    PRODUCTS,
    "Errors have no @type, which version 5 makes mandatory.",
    rule="ERR-02",
    family=FAMILY,
    line=5,
    answered="4",
)
def errors_have_no_type(_exchange: Altered, answer: Answer) -> Answer:
    """Takes its errors over from version 4."""
    return answer.without("@type")


@altering(
    "error-of-another-status",
    ORDERS,
    "Errors say status 500, whatever the answer's is; it should be the same.",
    rule="ERR-03",
    family=FAMILY,
    answered="4",
)
def errors_say_500(_exchange: Altered, answer: Answer) -> Answer:
    """Sets the status of the answer, and not that of the body."""
    return answer.with_json(answer.json | {"status": "500"})


# ── what is refused ─────────────────────────────────────────────────────────────────────────────────────────


class _Hasty(Exchange):
    """Handles bodies that it cannot read in a way of its own."""

    async def json_and_bytes(self) -> tuple[Any, bytes]:
        """The body; what comes of one that is no JSON is left to `unreadable`."""
        try:
            return await super().json_and_bytes()
        except ApiError as error:
            return self.unreadable(error)

    def unreadable(self, error: ApiError) -> tuple[Any, bytes]:
        """What is taken for the body, or an ApiError."""
        raise error


@fault(
    "malformed-json-is-a-server-error",
    PRODUCTS,
    "A body that is not JSON is answered 500; it should be 400.",
    rule="HTTP-12",
    family=FAMILY,
)
class FailsToParse(_Hasty):
    """Does not expect that parsing fails."""

    def unreadable(self, error: ApiError) -> tuple[Any, bytes]:
        """A failure."""
        raise ApiError(500, "internalError", "the request could not be handled")


@fault(
    "malformed-json-is-no-body",
    "TMF679",
    "A body that is not JSON is taken for an empty one, and something is created; it should be refused.",
    rule="HTTP-12",
    family=FAMILY,
)
class ParsesNothing(_Hasty):
    """Goes on with defaults."""

    def unreadable(self, error: ApiError) -> tuple[Any, bytes]:
        """An empty object."""
        return {}, b"{}"


@fault(
    "list-taken-for-an-object",
    PRODUCTS,
    "A list with one resource is taken for that resource; it should be refused.",
    rule="HTTP-12",
    family=FAMILY,
)
class UnwrapsLists(Intake):
    """Accepts single values as lists, and the other way round."""

    def check(self, body: Any, raw: bytes) -> Body:
        """The body, or the one in it."""
        return super().check(body[0] if isinstance(body, list) and len(body) == 1 else body, raw)


@fault(
    "wrong-type-is-a-server-error",
    ORDERS,
    "A body with a value of the wrong type is answered 500; it should be 400.",
    rule="HTTP-12",
    family=FAMILY,
)
class FailsToCast(Failing):
    """Casts without looking."""

    keyword = "type"


@fault(
    "unlisted-value-accepted",
    ORDERS,
    "A create with a value that its enumeration does not list is answered 201; it should be refused.",
    rule="ENUM-01",
    family=FAMILY,
)
class TakesAnyValue(Lenient):
    """Keeps enumerations as texts."""

    def forgives(self, problem: Problem) -> bool:
        """Forgives values of its own."""
        return problem.keyword == "enum"


@fault(
    "unlisted-value-is-a-server-error",
    PRODUCTS,
    "A create with a value that its enumeration does not list is answered 500; it should be 400.",
    rule="ENUM-01",
    family=FAMILY,
)
class FailsForOtherValues(Failing):
    """Looks values up, and does not expect that there is none."""

    keyword = "enum"
