"""Faults of media types: what is served, and what is read."""

from __future__ import annotations

from tmfrig.mockservers.errors import ApiError, unsupported_media_type
from tmfrig.mockservers.exchange import JSON, Exchange
from tmfrig.mockservers.faults.answers import Altered, Answer, altering
from tmfrig.mockservers.faults.fault import fault
from tmfrig.specs import Kind

FAMILY = "media-types"
CONTENT_TYPE = b"content-type"
READING = (Kind.LIST, Kind.RETRIEVE)


@altering(
    "json-served-as-text",
    "TMF637",
    "Resources are served as text/plain; they should be application/json.",
    rule="HTTP-11",
    family=FAMILY,
    on=READING,
)
def served_as_text(_exchange: Altered, answer: Answer) -> Answer:
    """Sends strings, which the framework takes for text."""
    return answer.with_header(CONTENT_TYPE, b"text/plain;charset=utf-8")


@altering(
    "lists-served-as-hal",
    "TMF620",
    "Lists are served as application/hal+json; they should be application/json.",
    rule="HTTP-11",
    family=FAMILY,
    on=Kind.LIST,
)
def served_as_hal(_exchange: Altered, answer: Answer) -> Answer:
    """Leaves the media type to the framework."""
    return answer.with_header(CONTENT_TYPE, b"application/hal+json")


@altering(
    "content-type-missing",
    "TMF638",
    "Answers have no Content-Type; it should be application/json.",
    rule="HTTP-11",
    family=FAMILY,
    on=(Kind.CREATE, Kind.PATCH),
)
def served_as_anything(_exchange: Altered, answer: Answer) -> Answer:
    """Sends bytes."""
    return answer.without_header(CONTENT_TYPE)


@altering(
    "errors-served-as-text-json",
    "TMF622",
    "Errors are served as text/json, which no one has registered; they should be application/json.",
    rule="HTTP-11",
    family=FAMILY,
    answered="4",
)
def errors_are_text_json(_exchange: Altered, answer: Answer) -> Answer:
    """Has a handler of its own for errors, older than RFC 4627."""
    return answer.with_header(CONTENT_TYPE, b"text/json")


@fault(
    "accept-demanded",
    "TMF637",
    "A request without Accept is answered 406; JSON should be the default.",
    rule="HTTP-11",
    family=FAMILY,
)
class DemandsAccept(Exchange):
    """Compares Accept with what it can serve."""

    @property
    def identifier(self) -> str:
        """The id in the path, for who says what is acceptable."""
        if not self.header(b"accept"):
            raise ApiError(406, "notAcceptable", "Accept should be application/json")
        return super().identifier


@altering(
    "html-served-by-default",
    "TMF641",
    "A request without Accept is answered with HTML; JSON should be the default.",
    rule="HTTP-11",
    family=FAMILY,
    on=Kind.RETRIEVE,
)
def html_by_default(exchange: Altered, answer: Answer) -> Answer:
    """Shows a page to whom it takes for a browser."""
    if exchange.header(b"accept"):
        return answer
    return answer.with_body(b"<html><body>Order</body></html>").with_header(CONTENT_TYPE, b"text/html")


@fault(
    "charset-refused",
    "TMF638",
    "A body as application/json;charset=utf-8 is answered 415; the parameter should not matter.",
    rule="HTTP-11",
    family=FAMILY,
)
class RefusesCharset(Exchange):
    """Compares the whole header."""

    def media_type(self, accepted: tuple[str, ...]) -> str:
        """The body's media type; ApiError (415) where it has a parameter."""
        told = self.header(b"content-type").decode("latin-1")
        if ";" in told:
            raise unsupported_media_type(told, accepted)
        return super().media_type(accepted)


@fault(
    "any-media-type-read",
    "TMF622",
    "A body as text/plain is read as JSON; it should be answered 415.",
    rule="HTTP-14",
    family=FAMILY,
)
class ReadsAnything(Exchange):
    """Parses whatever comes."""

    def media_type(self, accepted: tuple[str, ...]) -> str:
        """The body's media type, JSON where it is one that nobody reads."""
        try:
            return super().media_type(accepted)
        except ApiError:
            return JSON


@fault(
    "other-media-type-is-a-server-error",
    "TMF637",
    "A body as text/plain is answered 500; it should be 415.",
    rule="HTTP-14",
    family=FAMILY,
)
class FailsForOtherTypes(Exchange):
    """Has no reader for it, and does not expect that."""

    def media_type(self, accepted: tuple[str, ...]) -> str:
        """The body's media type; ApiError (500) for one that is not accepted."""
        try:
            return super().media_type(accepted)
        except ApiError:
            raise ApiError(500, "internalError", "no reader for the body") from None
