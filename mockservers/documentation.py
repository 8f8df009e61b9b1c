"""What people look at: an index of the APIs, each contract as OpenAPI, and Swagger UI (no network needed)."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import orjson
from connexion.middleware import ConnexionMiddleware  # type: ignore[import-untyped]
from connexion.middleware.swagger_ui import SwaggerUIMiddleware  # type: ignore[import-untyped]
from connexion.options import SwaggerUIOptions  # type: ignore[import-untyped]
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from tmfrig.mockservers.errors import method_not_allowed
from tmfrig.mockservers.exchange import HTML, JSON, Exchange
from tmfrig.mockservers.routing import paths_only
from tmfrig.specs import Contract

DOCUMENT = "/openapi.json"
UI = "/ui"


class Documentation:
    """Pages beside the APIs. They are built when somebody first looks at them."""

    def __init__(self, contracts: Sequence[Contract]) -> None:
        self._contracts = {each.base_path: each for each in contracts}
        self._documents: dict[str, bytes] = {}
        self._consoles: dict[str, ASGIApp] = {}

    def serves(self, path: str) -> bool:
        """Whether a path is one of the pages."""
        return path == "/" or self._place(path) is not None

    async def __call__(self, exchange: Exchange) -> None:
        """Answer a request for one of the pages."""
        method = exchange.scope["method"]
        if method not in ("GET", "HEAD"):
            raise method_not_allowed(method, ("GET", "HEAD"))
        place = self._place(exchange.scope["path"])
        if place is None:
            await self._index(exchange)
            return
        contract, below = place
        if below == "":
            await _answer_json(exchange, orjson.dumps(self._entry(contract, exchange.origin())))
        elif below == DOCUMENT:
            await _answer_json(exchange, self._document(contract))
        else:
            await self._console(contract)(exchange.scope, exchange.receive, exchange.send)

    def _place(self, path: str) -> tuple[Contract, str] | None:
        """The API of a path and which of its pages is meant."""
        for base, contract in self._contracts.items():
            below = path[len(base) :] if path.startswith(base) else None
            if below is not None and (below in ("", DOCUMENT, UI) or below.startswith(UI + "/")):
                return contract, below
        return None

    async def _index(self, exchange: Exchange) -> None:
        entries = [self._entry(each, exchange.origin()) for each in self._contracts.values()]
        if b"text/html" in exchange.header(b"accept"):
            await exchange.answer(200, _page(entries), ((b"content-type", HTML.encode()),))
        else:
            await _answer_json(exchange, orjson.dumps(entries))

    def _entry(self, contract: Contract, origin: str) -> dict[str, object]:
        base = origin + contract.base_path
        return {
            "api": contract.api,
            "title": contract.title,
            "version": contract.version,
            "url": base,
            "resources": {name: base + each.path for name, each in contract.resources.items()},
            "openapi": base + DOCUMENT,
            "ui": f"{base}{UI}/",
        }

    def _document(self, contract: Contract) -> bytes:
        if contract.key not in self._documents:
            self._documents[contract.key] = orjson.dumps(contract.document)
        return self._documents[contract.key]

    def _console(self, contract: Contract) -> ASGIApp:
        if contract.key not in self._consoles:
            # the page reads the document above, so Connexion need not resolve and check all schemas itself
            options = SwaggerUIOptions(serve_spec=False, spec_path=DOCUMENT, swagger_ui_path=UI)
            middleware = ConnexionMiddleware(_nothing_there, middlewares=[SwaggerUIMiddleware])
            middleware.add_api(paths_only(contract), base_path=contract.base_path, swagger_ui_options=options)
            self._consoles[contract.key] = middleware
        return self._consoles[contract.key]


async def _nothing_there(scope: Scope, receive: Receive, send: Send) -> None:
    raise HTTPException(404, "no such page")


async def _answer_json(exchange: Exchange, body: bytes) -> None:
    await exchange.answer(200, body, ((b"content-type", JSON.encode()),))


def _page(entries: Sequence[dict[str, object]]) -> bytes:
    rows = "".join(
        f"<tr><td>{escape(str(each['api']))}</td><td>{escape(str(each['title']))}</td>"
        f'<td>{escape(str(each["version"]))}</td><td><a href="{escape(str(each["ui"]))}">try it</a></td>'
        f'<td><a href="{escape(str(each["openapi"]))}">OpenAPI</a></td>'
        f"<td><code>{escape(str(each['url']))}</code></td></tr>"
        for each in entries
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>TM Forum reference servers</title>'
        "<style>body{font:16px/1.5 system-ui;margin:2rem}td{padding:.2rem .8rem}</style>"
        f"<h1>TM Forum reference servers</h1><table>{rows}</table></html>"
    ).encode()
