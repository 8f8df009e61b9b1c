"""Routing by Connexion, from the contracts: once per request, around the engine.

Connexion gets the paths of a contract and nothing else. Bodies are checked by the contract's compiled
validators, so a copy of all schemas in Connexion's own form would only cost start-up time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connexion.middleware import ConnexionMiddleware  # type: ignore[import-untyped]
from connexion.middleware.routing import RoutingMiddleware  # type: ignore[import-untyped]
from connexion.resolver import Resolver  # type: ignore[import-untyped]
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tmfrig.mockservers.engine import ROUTING, operation_key
from tmfrig.mockservers.exchange import Handler
from tmfrig.specs import Contract


def routed(engine: ASGIApp, contracts: Sequence[Contract], handlers: Mapping[str, Handler]) -> ASGIApp:
    """The engine behind Connexion's routing, which names the operation of each request in its scope."""
    middleware = ConnexionMiddleware(engine, middlewares=[QuickRouting])
    for contract in contracts:
        middleware.add_api(
            paths_only(contract), base_path=contract.base_path, resolver=Resolver(handlers.__getitem__)
        )
    application: ASGIApp = middleware
    return application


def paths_only(contract: Contract) -> dict[str, Any]:
    """An OpenAPI document of a contract's paths and methods, without schemas."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in contract.operations:
        declared: dict[str, Any] = {
            "operationId": operation_key(contract, operation),
            "responses": {"default": {"description": "see the full document"}},
        }
        if "{id}" in operation.path:
            declared["parameters"] = [
                {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
            ]
        paths.setdefault(operation.path, {})[operation.method] = declared
    return {
        "openapi": "3.0.3",
        "info": {"title": contract.title, "version": contract.version},
        "paths": paths,
    }


@dataclass(frozen=True, slots=True)
class _Known:
    """What Connexion's routing says of a request for one operation."""

    extensions: Mapping[str, Mapping[str, str]]
    parameter: str | None
    """The parameter that the last segment of the path is; None for a path without one."""


class QuickRouting(RoutingMiddleware):  # type: ignore[misc]
    """Connexion's routing, with its routes looked up where Starlette would try one after the other.

    That took up to 50 µs a request, for TMF620 with its 37 routes. What is looked up are the methods and
    paths that a contract has, in their usual spelling; all else is left to the routes themselves, as they
    know what to say about a method that a path does not have.
    """

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self.router.redirect_slashes = False
        self._whole: dict[tuple[str, str], _Known] = {}
        self._above_parameter: dict[tuple[str, str], _Known] = {}

    def add_api(self, *args: Any, **kwargs: Any) -> None:
        """Add an API, then note the routes that Connexion has made for it."""
        super().add_api(*args, **kwargs)
        mount = self.router.routes[-1]
        # a redirect to another spelling of a path is no TMF answer: such paths are for the engine to judge
        mount.app.redirect_slashes = False
        for route in mount.app.routes:
            self._note(mount.path, route)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Name the operation of a request in its scope, and pass it on."""
        if scope["type"] != "http" or scope["root_path"]:
            await super().__call__(scope, receive, send)
            return
        method, path = scope["method"], scope["path"]
        parameters: dict[str, str] = {}
        known = self._whole.get((method, path))
        if known is None:
            above, _, last = path.rpartition("/")
            known = self._above_parameter.get((method, above)) if last else None
            if known is None or known.parameter is None:
                await super().__call__(scope, receive, send)
                return
            parameters[known.parameter] = last
        scope["path_params"] = parameters
        others = scope.get("extensions")
        scope["extensions"] = {**others, **known.extensions} if others else known.extensions
        await self.app(scope, receive, send)

    def _note(self, base_path: str, route: Route) -> None:
        above, _, last = (base_path + route.path).rpartition("/")
        parameter = last[1:-1] if last.startswith("{") else None
        if "{" in above or (parameter is not None and not parameter.isidentifier()):
            return
        operation: Any = route.endpoint
        routing = {"api_base_path": base_path, "operation_id": operation.operation_id}
        known = _Known({ROUTING: routing}, parameter)
        for method in route.methods or ():
            if parameter is None:
                self._whole.setdefault((method, f"{above}/{last}"), known)
            else:
                self._above_parameter.setdefault((method, above), known)
