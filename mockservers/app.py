"""The ASGI application of the reference servers: Connexion's routing around the engine, TMF Errors."""

from __future__ import annotations

import logging
import re

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from tmfrig.mockservers.administration import Administration
from tmfrig.mockservers.documentation import Documentation
from tmfrig.mockservers.engine import Engine, refuse
from tmfrig.mockservers.errors import ApiError, method_not_allowed, not_found, overloaded, unexpected
from tmfrig.mockservers.exchange import Exchange
from tmfrig.mockservers.journal import Journal
from tmfrig.mockservers.routing import routed
from tmfrig.mockservers.site import Site
from tmfrig.mockservers.tracing import Trace, current

log = logging.getLogger(__name__)

MOST_UNDER_WAY = 2000
"""Requests that are answered at the same time; more are refused, so that memory has a bound."""
METHODS = ("get", "post", "put", "patch", "delete")
_SLASHES = re.compile(r"/{2,}")


class Application:
    """All APIs of a site, and its administration where there is one, below their base paths."""

    def __init__(self, site: Site, administration: Administration | None = None) -> None:
        self.site = site
        self._administration = administration
        self._under_way = 0
        self.contracts = site.contracts
        engine = site.faults.instead_of(Engine)(site, self._otherwise)
        self._exchange = site.faults.instead_of(Exchange)
        if administration is not None:
            self.contracts = (*site.contracts, administration.contract)
            engine.handlers |= administration.handlers
        self._documentation = Documentation(self.contracts)
        self._routed = routed(engine, self.contracts, engine.handlers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; who runs the application starts and stops it."""
        match scope["type"]:
            case "http":
                administration = self._administration
                if self._under_way >= MOST_UNDER_WAY:
                    await refuse(self._exchange(scope, receive, send), overloaded())
                    return
                self._under_way += 1
                try:
                    if administration is None or administration.answers(scope["path"]):
                        _enter(_trace(scope))
                        await self._answer(scope, receive, send)
                    else:
                        await self._journaled(administration.journal, scope, receive, send)
                finally:
                    self._under_way -= 1
            case "websocket":
                await send({"type": "websocket.close", "code": 1000})

    async def start(self) -> None:
        """Make ready to answer.

        StoreError where the store cannot be used, or is in use by processes that serve something else.
        """
        await self.site.start()
        if self._administration is not None:
            await self._administration.begin()
        # Connexion makes its routes when it is first called: let no request wait for that
        await self._routed({"type": "lifespan"}, _hears_nothing, _says_nothing)
        await self.site.begin()

    async def stop(self) -> None:
        """End what runs by itself."""
        await self.site.stop()

    async def _journaled(self, journal: Journal, scope: Scope, receive: Receive, send: Send) -> None:
        # who names no trace begins one, so that what follows from the request is seen to do so
        trace = _trace(scope) or Trace.new()
        _enter(trace)
        answering = journal.answering(scope, trace)
        try:
            await self._answer(scope, answering.receiving(receive), answering.sending(send))
        finally:
            answering.end()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if self._administration is not None:
                self._administration.outages.check(scope["path"])
            await self._routed(scope, receive, send)
        except ApiError as error:
            await refuse(self._exchange(scope, receive, send), error)
        except HTTPException as error:
            await self._refuse(self._exchange(scope, receive, send), error)
        except Exception:
            log.exception("%s %s failed", scope["method"], scope["path"][:200])
            await refuse(self._exchange(scope, receive, send), unexpected())

    async def _refuse(self, exchange: Exchange, error: HTTPException) -> None:
        """What Starlette's routes refuse: a method that a path does not have, a missing static file."""
        if error.status_code != 405:
            await refuse(exchange, ApiError(error.status_code, "refused", error.detail))
            return
        allowed = self._allowed(exchange.scope["path"])
        if exchange.scope["method"] == "OPTIONS":
            await exchange.answer(204, b"", ((b"allow", ", ".join(sorted(allowed)).encode()),))
        else:
            await refuse(exchange, method_not_allowed(exchange.scope["method"], allowed))

    def _allowed(self, path: str) -> set[str]:
        allowed = {
            method.upper()
            for contract in self.contracts
            if path.startswith(contract.base_path + "/")
            for method in METHODS
            if contract.operation_for(method, path[len(contract.base_path) :]) is not None
        }
        return allowed | {"OPTIONS"} | ({"HEAD"} if "GET" in allowed else set())

    async def _otherwise(self, exchange: Exchange) -> None:
        """Paths that no contract has: other spellings of those that one has, documentation, or nothing."""
        path = exchange.scope["path"]
        usual = _SLASHES.sub("/", path)
        usual = usual.rstrip("/") or "/"
        if usual != path and not self._documentation.serves(path):
            await self._answer({**exchange.scope, "path": usual}, exchange.receive, exchange.send)
        elif self._documentation.serves(path):
            await self._documentation(exchange)
        else:
            raise not_found(f"{exchange.scope['method']} {path[:200]}")


def _trace(scope: Scope) -> Trace | None:
    """The trace that a request belongs to, where it names one."""
    for name, value in scope["headers"]:
        if name == b"traceparent":
            return Trace.parse(value)
    return None


def _enter(trace: Trace | None) -> None:
    # what plans something keeps the context it is in: one that says nothing new need not be a new one
    if current.get() is not trace:
        current.set(trace)


async def _hears_nothing() -> Message:
    return {"type": "lifespan.startup"}


async def _says_nothing(message: Message) -> None:
    return
