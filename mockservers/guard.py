"""Who is let in: with tokens in the environment, nobody gets at an API without one of them (rule SEC-01)."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from typing import Final

from tmfrig.mockservers.errors import ApiError
from tmfrig.mockservers.exchange import Exchange, Handler

VARIABLE: Final = "TMFRIG_TOKENS"
"""Bearer tokens, separated by commas; without any, everybody is let in."""


def tokens_of(environment: Mapping[str, str] = os.environ) -> frozenset[str]:
    """The tokens that log in."""
    return frozenset(filter(None, map(str.strip, environment.get(VARIABLE, "").split(","))))


class Guard:
    """Stands before the operations of the APIs, and before nothing else."""

    def __init__(self, tokens: Collection[str]) -> None:
        self._tokens = frozenset(tokens)

    @property
    def key(self) -> Mapping[str, str]:
        """The header that lets the roles behind this guard in at each other; none where nobody is asked."""
        return {"Authorization": f"Bearer {min(self._tokens)}"} if self._tokens else {}

    def before(self, handler: Handler) -> Handler:
        """The handler, for those who are let in."""
        if not self._tokens:
            return handler

        async def guarded(exchange: Exchange) -> None:
            await self.guard(exchange, handler)

        return guarded

    async def guard(self, exchange: Exchange, handler: Handler) -> None:
        """Let who has a token go on to the handler; ApiError (401) for everybody else."""
        self.check(exchange)
        await handler(exchange)

    def check(self, exchange: Exchange) -> None:
        """ApiError (401) for whoever has no token, or another one."""
        scheme, _, token = exchange.header(b"authorization").decode("latin-1").partition(" ")
        if not token:
            raise unauthorized("no bearer token was sent", b"Bearer")
        if scheme.lower() != "bearer" or token.strip() not in self._tokens:
            raise unauthorized("the token is not known", b'Bearer error="invalid_token"')


def unauthorized(message: str, challenge: bytes) -> ApiError:
    """401, with the way to log in."""
    return ApiError(401, "unauthorized", "log in first", message, headers=((b"www-authenticate", challenge),))
