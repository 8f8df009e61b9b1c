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


async def _into_nothing(_message: Message) -> None:
    """Where an answer goes that nobody gets."""


@fault(
    "lists-open-to-everybody",
    "TMF622",
    "Lists are answered without a login; 401 is right where the target asks for one.",
    rule="SEC-01",
    family=FAMILY,
)
class OpensLists(Guarded):
    """Protects what it takes for private."""

    async def guard(self, exchange: Exchange, handler: Handler) -> None:
        """Let in who has a token, and others."""
        if exchange.scope["method"] == "GET" and "id" not in exchange.scope["path_params"]:
            await handler(exchange)
        else:
            await super().guard(exchange, handler)


@fault(
    "reading-open-to-everybody",
    "TMF637",
    "A resource is shown by its id without a login; 401 is right where the target asks for one.",
    rule="SEC-01",
    family=FAMILY,
)
class OpensReading(Guarded):
    """Protects what changes something."""

    async def guard(self, exchange: Exchange, handler: Handler) -> None:
        """Let in who has a token, and others."""
        if exchange.scope["method"] == "GET" and "id" in exchange.scope["path_params"]:
            await handler(exchange)
        else:
            await super().guard(exchange, handler)


@fault(
    "creating-open-to-everybody",
    "TMF620",
    "Everybody can create without a login; 401 is right where the target asks for one.",
    rule="SEC-01",
    family=FAMILY,
)
class OpensCreating(Guarded):
    """Forgot one route."""

    async def guard(self, exchange: Exchange, handler: Handler) -> None:
        """Let in who has a token, and others."""
        if exchange.scope["method"] == "POST":
            await handler(exchange)
        else:
            await super().guard(exchange, handler)


@fault(
    "patching-open-to-everybody",
    "TMF638",
    "Everybody can change a resource without a login; 401 is right where the target asks for one.",
    rule="SEC-01",
    family=FAMILY,
)
class OpensPatching(Guarded):
    """Protects the methods that it knew when it was young."""

    async def guard(self, exchange: Exchange, handler: Handler) -> None:
        """Let in who has a token, and others."""
        if exchange.scope["method"] == "PATCH":
            await handler(exchange)
        else:
            await super().guard(exchange, handler)


@fault(
    "deleting-open-to-everybody",
    "TMF620",
    "Everybody can delete without a login; 401 is right where the target asks for one.",
    rule="SEC-01",
    family=FAMILY,
)
class OpensDeleting(Guarded):
    """Forgot one route."""

    async def guard(self, exchange: Exchange, handler: Handler) -> None:
        """Let in who has a token, and others."""
        if exchange.scope["method"] == "DELETE":
            await handler(exchange)
        else:
            await super().guard(exchange, handler)


@fault(
    "hub-open-to-everybody",
    "TMF622",
    "Everybody can register at the hub without a login; 401 is right where the target asks for one.",
    rule="SEC-01",
    family=FAMILY,
)
class OpensTheHub(Guarded):
    """Takes the hub for plumbing."""

    async def guard(self, exchange: Exchange, handler: Handler) -> None:
        """Let in who has a token, and others."""
        if exchange.scope["path"].endswith("/hub"):
            await handler(exchange)
        else:
            await super().guard(exchange, handler)


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
class TakesAnyToken(Guarded):
    """Looks whether there is one."""

    async def guard(self, exchange: Exchange, handler: Handler) -> None:
        """Let in who has a token, and others."""
        if exchange.header(b"authorization").lower().startswith(b"bearer "):
            await handler(exchange)
        else:
            await super().guard(exchange, handler)


@fault(
    "beginning-of-a-token-is-good",
    "TMF637",
    "The beginning of a token logs in as well; 401 is right for what nobody has issued.",
    rule="SEC-02",
    family=FAMILY,
)
class TakesBeginnings(Guarded):
    """Compares as many characters as there are."""

    async def guard(self, exchange: Exchange, handler: Handler) -> None:
        """Let in who has a token, and who has begun to write one."""
        _, _, token = exchange.header(b"authorization").decode("latin-1").partition(" ")
        if token and any(each.startswith(token) for each in self._tokens):
            await handler(exchange)
        else:
            await super().guard(exchange, handler)


@fault(
    "token-in-any-case-is-good",
    "TMF638",
    "A token logs in with capitals in place of small letters as well; 401 is right for another one.",
    rule="SEC-02",
    family=FAMILY,
)
class TakesAnyCase(Guarded):
    """Has its tokens in a database that ignores the case."""

    async def guard(self, exchange: Exchange, handler: Handler) -> None:
        """Let in who has a token, and who has one in other letters."""
        _, _, token = exchange.header(b"authorization").decode("latin-1").partition(" ")
        if token.lower() in {each.lower() for each in self._tokens}:
            await handler(exchange)
        else:
            await super().guard(exchange, handler)


@fault(
    "head-open-to-everybody",
    "TMF622",
    "HEAD is answered without a login, where GET is not; 401 is right for both.",
    rule="SEC-01",
    family=FAMILY,
)
class OpensHead(Guarded):
    """Protects GET, POST, PATCH and DELETE."""

    async def guard(self, exchange: Exchange, handler: Handler) -> None:
        """Let in who has a token, and others."""
        if exchange.scope["method"] == "HEAD":
            await handler(exchange)
        else:
            await super().guard(exchange, handler)


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
