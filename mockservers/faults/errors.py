"""Faults of errors that say too much, and of requests that are answered with one for no reason."""

from __future__ import annotations

from tmfrig.mockservers.errors import ApiError, unsupported_media_type
from tmfrig.mockservers.exchange import Exchange
from tmfrig.mockservers.faults.answers import Altered, Answer, altering
from tmfrig.mockservers.faults.fault import fault

FAMILY = "errors"
CONTENT_TYPE = b"content-type"


@altering(
    "errors-show-a-trace-of-python",
    "TMF622",
    "Errors show the stack trace of the server; they should say what is wrong with the request.",
    rule="SEC-04",
    family=FAMILY,
    answered="",
)
def python_is_shown(_exchange: Altered, answer: Answer) -> Answer:
    """Runs in debug mode."""
    return with_message(
        answer,
        "Traceback (most recent call last):\n"
        '  File "/usr/src/app/orders/views.py", line 88, in retrieve\n'
        "    order = orders[id]\nKeyError: 'id'",
    )


@altering(
    "errors-show-a-trace-of-java",
    "TMF637",
    "Errors show the stack trace of the server; they should say what is wrong with the request.",
    rule="SEC-04",
    family=FAMILY,
    answered="",
)
def java_is_shown(_exchange: Altered, answer: Answer) -> Answer:
    """Leaves server.error.include-stacktrace as it was."""
    return with_message(
        answer,
        "com.acme.inventory.NotFoundException: product\n"
        "\tat com.acme.inventory.ProductService.find(ProductService.java:112)\n"
        "\tat com.acme.inventory.ProductController.get(ProductController.java:57)",
    )


@altering(
    "errors-name-classes",
    "TMF620",
    "Errors name the classes of the server; they should say what is wrong with the request.",
    rule="SEC-04",
    family=FAMILY,
    answered="",
)
def classes_are_named(_exchange: Altered, answer: Answer) -> Answer:
    """Passes on what its libraries say."""
    return with_message(answer, "org.springframework.http.converter.HttpMessageNotReadableException")


@altering(
    "errors-show-queries",
    "TMF638",
    "Errors show the query of the data base; they should say what is wrong with the request.",
    rule="SEC-04",
    family=FAMILY,
    answered="",
)
def queries_are_shown(_exchange: Altered, answer: Answer) -> Answer:
    """Passes on what its data base says."""
    return with_message(answer, "SELECT s.id, s.state FROM services s WHERE s.id = ? -- no row")


@altering(
    "errors-show-oracle",
    "TMF641",
    "Errors show what the data base says; they should say what is wrong with the request.",
    rule="SEC-04",
    family=FAMILY,
    answered="",
)
def oracle_is_shown(_exchange: Altered, answer: Answer) -> Answer:
    """Passes on what its data base says."""
    return with_message(answer, "ORA-01403: no data found")


@altering(
    "errors-show-paths",
    "TMF637",
    "Errors show paths of the server; they should say what is wrong with the request.",
    rule="SEC-04",
    family=FAMILY,
    answered="",
)
def paths_are_shown(_exchange: Altered, answer: Answer) -> Answer:
    """Passes on what its language says."""
    return with_message(answer, "Undefined index: id in /var/www/html/api/product.php on line 31")


@altering(
    "head-is-a-server-error",
    "TMF620",
    "HEAD on a collection is answered 500; it should be as GET without a body, or 405.",
    rule="HTTP-10",
    family=FAMILY,
    answered="",
)
def head_fails(exchange: Altered, answer: Answer) -> Answer:
    """Has handlers that nobody called without a body before."""
    return answer.with_status(500) if exchange.method == "HEAD" else answer


@altering(
    "accept-wildcard-not-acceptable",
    "TMF622",
    "Accept: */* is answered 406; whoever accepts everything accepts JSON.",
    rule="HTTP-11",
    family=FAMILY,
)
def wildcards_are_unknown(exchange: Altered, answer: Answer) -> Answer:
    """Compares Accept with what it has, letter by letter."""
    if exchange.header(b"accept") != b"*/*":
        return answer
    return answer.with_error(ApiError(406, "notAcceptable", "Accept should be application/json"))


@altering(
    "other-accept-is-a-server-error",
    "TMF637",
    "Accept: image/png is answered 500; it should be 406, or JSON all the same.",
    rule="HTTP-11",
    family=FAMILY,
    answered="",
)
def other_accept_fails(exchange: Altered, answer: Answer) -> Answer:
    """Finds no converter, and nobody who handles that."""
    return answer.with_status(500) if exchange.header(b"accept").startswith(b"image/") else answer


@fault(
    "media-type-in-capitals-refused",
    "TMF638",
    "Application/JSON is answered 415; the case of a media type does not matter.",
    rule="HTTP-11",
    family=FAMILY,
)
class MindsCapitals(Exchange):
    """Compares letter by letter."""

    def media_type(self, accepted: tuple[str, ...]) -> str:
        """The body's media type; ApiError (415) for one in other letters."""
        sent = self.header(b"content-type").decode("latin-1").partition(";")[0]
        if sent != sent.lower():
            raise unsupported_media_type(sent, accepted)
        return super().media_type(accepted)


@altering(
    "charset-said-to-be-latin-1",
    "TMF641",
    "Answers in UTF-8 say that they are ISO-8859-1; JSON is UTF-8.",
    rule="HTTP-11",
    family=FAMILY,
    answered="",
)
def latin_is_said(_exchange: Altered, answer: Answer) -> Answer:
    """Has a framework with a default of its own."""
    named = answer.header(CONTENT_TYPE) is not None
    return answer.with_header(CONTENT_TYPE, b"application/json;charset=ISO-8859-1") if named else answer


@fault(
    "missing-content-type-is-a-server-error",
    "TMF620",
    "A body without Content-Type is answered 500; it should be read as JSON, or 415.",
    rule="HTTP-14",
    family=FAMILY,
)
class NeedsContentType(Exchange):
    """Does not look whether there is one."""

    def media_type(self, accepted: tuple[str, ...]) -> str:
        """The body's media type."""
        if not self.header(b"content-type"):
            raise RuntimeError("no media type")
        return super().media_type(accepted)


def with_message(answer: Answer, message: str) -> Answer:
    """An error with another message; any other answer as it is."""
    if not answer.is_error:
        return answer
    return answer.with_each(lambda error: error | {"message": message})


@altering(
    "unknown-path-is-empty",
    "TMF638",
    "A path that no operation has is answered 200 with an empty list; it should be 404.",
    rule="HTTP-10",
    family="status-codes",
    answered="404",
)
def unknown_paths_are_empty(exchange: Altered, answer: Answer) -> Answer:
    """Takes every path for a collection."""
    return answer if exchange.operation is not None else answer.with_status(200).with_body(b"[]")
