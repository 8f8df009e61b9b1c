"""Faults of security: who is let in without being known.

A server with one of these asks for the bearer token `TOKEN`, where its environment names no other.
"""

from __future__ import annotations

from collections.abc import Collection

from starlette.types import Message

from tmfrig.mockservers.errors import ApiError
from tmfrig.mockservers.exchange import Exchange, Handler
from tmfrig.mockservers.faults.fault import fault
from tmfrig.mockservers.guard import Guard

FAMILY = "security"
TOKEN = "rig-token"


class Guarded(Guard):
    """A guard where there would be none."""

    def __init__(self, tokens: Collection[str]) -> None:
        super().__init__(tokens or (TOKEN,))


class Opening(Guarded):
    """Lets more in than it should."""

    def lets_in(self, exchange: Exchange) -> bool:
        """Whether it does so for a request, whoever sends it."""
        raise NotImplementedError

    async def guard(self, exchange: Exchange, handler: Handler) -> None:
        """Let in who has a token, and others."""
        if self.lets_in(exchange):
            await handler(exchange)
        else:
            await super().guard(exchange, handler)


async def _into_nothing(_message: Message) -> None:
    """Where an answer goes that nobody gets."""


@fault(
    "lists-open-to-everybody",
    "TMF622",
    "Lists are answered without a login; 401 is right where the target asks for one.",
    rule="SEC-01",
    family=FAMILY,
)
class OpensLists(Opening):
    """Protects what it takes for private."""

    def lets_in(self, exchange: Exchange) -> bool:
        """Lists."""
        return bool(exchange.scope["method"] == "GET" and "id" not in exchange.scope["path_params"])


@fault(
    "reading-open-to-everybody",
    "TMF637",
    "A resource is shown by its id without a login; 401 is right where the target asks for one.",
    rule="SEC-01",
    family=FAMILY,
)
class OpensReading(Opening):
    """Protects what changes something."""

    def lets_in(self, exchange: Exchange) -> bool:
        """Single resources."""
        return bool(exchange.scope["method"] == "GET" and "id" in exchange.scope["path_params"])


@fault(
    "creating-open-to-everybody",
    "TMF620",
    "Everybody can create without a login; 401 is right where the target asks for one.",
    rule="SEC-01",
    family=FAMILY,
)
class OpensCreating(Opening):
    """Forgot one route."""

    def lets_in(self, exchange: Exchange) -> bool:
        """Creates."""
        return bool(exchange.scope["method"] == "POST")


@fault(
    "patching-open-to-everybody",
    "TMF638",
    "Everybody can change a resource without a login; 401 is right where the target asks for one.",
    rule="SEC-01",
    family=FAMILY,
)
class OpensPatching(Opening):
    """Protects the methods that it knew when it was young."""

    def lets_in(self, exchange: Exchange) -> bool:
        """Patches."""
        return bool(exchange.scope["method"] == "PATCH")


@fault(
    "deleting-open-to-everybody",
    "TMF620",
    "Everybody can delete without a login; 401 is right where the target asks for one.",
    rule="SEC-01",
    family=FAMILY,
)
class OpensDeleting(Opening):
    """Forgot one route."""

    def lets_in(self, exchange: Exchange) -> bool:
        """Deletes."""
        return bool(exchange.scope["method"] == "DELETE")


@fault(
    "hub-open-to-everybody",
    "TMF622",
    "Everybody can register at the hub without a login; 401 is right where the target asks for one.",
    rule="SEC-01",
    family=FAMILY,
)
class OpensTheHub(Opening):
    """Takes the hub for plumbing."""

    def lets_in(self, exchange: Exchange) -> bool:
        """The hub."""
        return bool(exchange.scope["path"].endswith("/hub"))


@fault(
    "refused-deletes-are-carried-out",
    "TMF637",
    "A delete without a login is answered 401 and carried out; nothing should change.",
    rule="SEC-01",
    family=FAMILY,
)
class DeletesFirst(Guarded):
    """Checks the login after the work."""

    async def guard(self, exchange: Exchange, handler: Handler) -> None:
        """Let in who has a token; others delete all the same."""
        try:
            self.check(exchange)
        except ApiError:
            if exchange.scope["method"] == "DELETE":
                await handler(Exchange(exchange.scope, exchange.receive, _into_nothing))
            raise
        await handler(exchange)


@fault(
    "any-token-is-good",
    "TMF641",
    "Every bearer token logs in, whatever it is; 401 is right for one that nobody has issued.",
    rule="SEC-02",
    family=FAMILY,
)
class TakesAnyToken(Opening):
    """Looks whether there is one."""

    def lets_in(self, exchange: Exchange) -> bool:
        """Any bearer token."""
        return exchange.header(b"authorization").lower().startswith(b"bearer ")


@fault(
    "beginning-of-a-token-is-good",
    "TMF637",
    "The beginning of a token logs in as well; 401 is right for what nobody has issued.",
    rule="SEC-02",
    family=FAMILY,
)
class TakesBeginnings(Opening):
    """Compares as many characters as there are."""

    def lets_in(self, exchange: Exchange) -> bool:
        """Who has begun to write a token."""
        _, _, token = exchange.header(b"authorization").decode("latin-1").partition(" ")
        return token != "" and any(each.startswith(token) for each in self._tokens)


@fault(
    "token-in-any-case-is-good",
    "TMF638",
    "A token logs in with capitals in place of small letters as well; 401 is right for another one.",
    rule="SEC-02",
    family=FAMILY,
)
class TakesAnyCase(Opening):
    """Has its tokens in a database that ignores the case."""

    def lets_in(self, exchange: Exchange) -> bool:
        """Who has a token in other letters."""
        _, _, token = exchange.header(b"authorization").decode("latin-1").partition(" ")
        return token.lower() in {each.lower() for each in self._tokens}


@fault(
    "head-open-to-everybody",
    "TMF622",
    "HEAD is answered without a login, where GET is not; 401 is right for both.",
    rule="SEC-01",
    family=FAMILY,
)
class OpensHead(Opening):
    """Protects GET, POST, PATCH and DELETE."""

    def lets_in(self, exchange: Exchange) -> bool:
        """HEAD."""
        return bool(exchange.scope["method"] == "HEAD")


@fault(
    "bad-token-is-a-server-error",
    "TMF622",
    "A bearer token that cannot be read is answered 500; it should be 401.",
    rule="SEC-02",
    family=FAMILY,
)
class FailsAtBadTokens(Guarded):
    """Decodes tokens, and catches nothing."""

    def check(self, exchange: Exchange) -> None:
        """Fail at a token that is not known."""
        try:
            super().check(exchange)
        except ApiError as error:
            if exchange.header(b"authorization"):
                raise ValueError("not enough segments") from error
            raise


@fault(
    "missing-login-is-a-bad-request",
    "TMF622",
    "Who is not logged in is answered 400; it should be 401.",
    rule="SEC-01",
    family=FAMILY,
)
class MissesAHeader(Guarded):
    """Declares the header as mandatory and leaves the rest to its framework."""

    def check(self, exchange: Exchange) -> None:
        """Refuse a request without the header as one that is wrong."""
        if not exchange.header(b"authorization"):
            raise ApiError(400, "missingHeader", "the header Authorization is missing")
        super().check(exchange)


@fault(
    "login-without-challenge",
    "TMF637",
    "A 401 has no WWW-Authenticate; RFC 9110 asks for one.",
    rule="SEC-01",
    family=FAMILY,
)
class SaysNoScheme(Guarded):
    """Sends the status alone."""

    def check(self, exchange: Exchange) -> None:
        """Refuse without a word of how to log in."""
        try:
            super().check(exchange)
        except ApiError as error:
            raise ApiError(error.status, error.code, error.reason, error.message) from error


@fault(
    "missing-login-is-forbidden-in-html",
    "TMF638",
    "Who is not logged in gets a page in HTML; it should be an Error.",
    rule="ERR-01",
    family=FAMILY,
)
class ShowsALoginPage(Guarded):
    """Leaves it to the gateway."""

    async def guard(self, exchange: Exchange, handler: Handler) -> None:
        """Let in who has a token; show others a page."""
        try:
            self.check(exchange)
        except ApiError as error:
            headers = ((b"content-type", b"text/html"), *error.headers)
            await exchange.answer(error.status, b"<html><h1>Please log in</h1></html>", headers)
            return
        await handler(exchange)
