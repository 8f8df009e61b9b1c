"""Routing by Connexion, from the contracts: once per request, around the engine.

Connexion gets the paths of a contract and nothing else. Bodies are checked by the contract's compiled
validators, so a copy of all schemas in Connexion's own form would only cost start-up time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connexion.middleware import ConnexionMiddleware  # type: ignore[import-untyped]
from connexion.middleware.routing import RoutingMiddleware  # type: ignore[import-untyped]
from connexion.resolver import Resolver  # type: ignore[import-untyped]
from starlette.routing import Router
from starlette.types import ASGIApp, Receive, Scope, Send

from tmfrig.mockservers.engine import operation_key
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


class QuickRouting(RoutingMiddleware):  # type: ignore[misc]
    """Connexion's routing with its routes grouped by resource.

    Starlette tries the routes of an API one after the other; TMF620 has 37, which took up to 50 µs. Grouped
    by the first segment of their path there are at most five to try.
    """

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        # a redirect to another spelling of a path is no TMF answer: such paths are for the engine to judge
        self.router.redirect_slashes = False

    def add_api(self, *args: Any, **kwargs: Any) -> None:
        """Add an API, then group the routes that Connexion has made for it."""
        super().add_api(*args, **kwargs)
        mount = self.router.routes[-1]
        mount.app = _BySegment(mount.app)


class _BySegment:
    """The routes of one API, looked up by the first segment below its base path."""

    def __init__(self, router: Router) -> None:
        self._routers: dict[str, Router] = {}
        for route in router.routes:
            group = self._routers.setdefault(
                route.path.split("/", 2)[1],  # type: ignore[attr-defined]
                Router(redirect_slashes=False, default=router.default),
            )
            group.routes.append(route)
        self._default = router.default

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope["path"][len(scope["root_path"]) :]
        router = self._routers.get(path.split("/", 2)[1])
        await (self._default if router is None else router.app)(scope, receive, send)
