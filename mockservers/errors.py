"""Errors as TM Forum clients read them: a status and an Error body (rules ERR-01, ERR-03)."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from tmfrig.specs import Problem

MOST_NAMED_PROBLEMS = 20
ILLEGAL_TRANSITION = "illegalTransition"
OFFICE_IS_OVER = "officeIsOver"


class ApiError(Exception):
    """A request that is answered with an Error body.

    `code` is a stable word for programs, `reason` a sentence for people, `message` the details.
    """

    def __init__(
        self,
        status: int,
        code: str,
        reason: str,
        message: str = "",
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> None:
        super().__init__(f"{status} {code}: {reason} {message}".rstrip())
        self.status = status
        self.code = code
        self.reason = reason
        self.message = message
        self.headers = headers

    @property
    def body(self) -> bytes:
        """The Error as JSON; `status` is the HTTP status as text."""
        error = {"@type": "Error", "code": self.code, "reason": self.reason, "status": str(self.status)}
        if self.message:
            error["message"] = self.message
        return orjson.dumps(error)


def illegal_transition(attribute: str, before: str, after: str, message: str) -> ApiError:
    """409: the lifecycle has no way from one state to the other."""
    return ApiError(409, ILLEGAL_TRANSITION, f"{attribute} cannot go from {before} to {after}", message)


def not_found(what: str) -> ApiError:
    """404: nothing is there."""
    return ApiError(404, "notFound", f"{what} does not exist")


def method_not_allowed(method: str, allowed: Iterable[str]) -> ApiError:
    """405, with the methods that the path does have in `Allow`."""
    allow = ", ".join(sorted(allowed))
    return ApiError(
        405,
        "methodNotAllowed",
        f"{method} is not offered here",
        f"allowed: {allow}",
        headers=((b"allow", allow.encode()),),
    )


def unsupported_media_type(found: str, accepted: Iterable[str]) -> ApiError:
    """415: the body is in a format that the operation does not read."""
    return ApiError(
        415,
        "unsupportedMediaType",
        f"a body of type {found} is not accepted",
        "send " + " or ".join(accepted),
    )


def malformed(message: str) -> ApiError:
    """400: the body is no JSON object that can be read."""
    return ApiError(400, "malformedBody", "the body cannot be read", message)


def invalid_query(message: str) -> ApiError:
    """400: a query parameter cannot be understood."""
    return ApiError(400, "invalidQuery", "the query cannot be understood", message)


def invalid_body(problems: Iterable[Problem]) -> ApiError:
    """400: the body does not keep the contract; each problem is named by its path."""
    sentences = [str(each) for each in problems]
    shown = "; ".join(sentences[:MOST_NAMED_PROBLEMS])
    if len(sentences) > MOST_NAMED_PROBLEMS:
        shown += f"; and {len(sentences) - MOST_NAMED_PROBLEMS} more"
    return ApiError(400, "invalidBody", "the body does not keep the contract", shown)


def store_trouble() -> ApiError:
    """503: where resources are kept is out of order; what happened is in the server's log."""
    return ApiError(503, "storeUnavailable", "the store cannot be used", "the server's log says why")


def overloaded() -> ApiError:
    """503: more requests are under way than the server takes on; a client should wait a little."""
    return ApiError(
        503, "overloaded", "too many requests are under way", "try again", ((b"retry-after", b"1"),)
    )


def unexpected() -> ApiError:
    """500: a fault of the server; what happened is in its log, not in the answer."""
    return ApiError(500, "internalError", "the server failed to handle the request", "its log says why")


def is_ending() -> ApiError:
    """503: what would be accepted now would not be done."""
    return ApiError(503, "ending", "this server is about to end", "ask again", ((b"retry-after", b"1"),))


def was_broken_off() -> ApiError:
    """503: the server ends, and could not wait for the end of this request."""
    return ApiError(
        503,
        "brokenOff",
        "this server ends, and the request took too long",
        "it may have been carried out: look before you send it again",
    )


def office_is_over() -> ApiError:
    """503: this process has hung for too long, and what it was about is another one's business now."""
    return ApiError(503, OFFICE_IS_OVER, "another process acts for all now", "this one has hung too long")
