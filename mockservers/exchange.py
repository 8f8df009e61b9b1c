"""One request and its answer at the level of ASGI: what the engine reads and how it replies."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from functools import lru_cache
from typing import Any

import orjson
from starlette.types import Receive, Scope, Send

from tmfrig.mockservers.errors import ApiError, malformed, unsupported_media_type
from tmfrig.specs.nesting import nests_deeper

Header = tuple[bytes, bytes]

LARGEST_BODY = 16 * 1024 * 1024
DEEPEST_BODY = 200
"""Levels of nesting that a body may have; orjson writes 254, and events wrap resources in some more."""

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
JSON_PATCH = "application/json-patch+json"
JSON_PATCH_QUERY = "application/json-patch-query+json"
HTML = "text/html;charset=utf-8"
_WITHOUT_BODY = frozenset({204, 304})

_HOST = re.compile(r"[A-Za-z0-9._~\-]+(?::\d{1,5})?|\[[0-9A-Fa-f:.]+\](?::\d{1,5})?")


class DisconnectedError(Exception):
    """The client went away before its request was complete."""


class Exchange:
    """A request that waits for its one answer."""

    __slots__ = ("receive", "scope", "send")

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send

    @property
    def identifier(self) -> str:
        """The id in the path."""
        identifier: str = self.scope["path_params"]["id"]
        return identifier

    @property
    def query_string(self) -> bytes:
        """The query as it was sent, not decoded."""
        query: bytes = self.scope["query_string"]
        return query

    def origin(self) -> str:
        """Scheme and host that the client used; empty, so that links are relative, without a usable host."""
        return _origin(self.scope["scheme"], self.header(b"host"))

    def header(self, name: bytes) -> bytes:
        """A header's value, empty where it is absent."""
        for each, value in self.scope["headers"]:
            if each == name:
                return bytes(value)
        return b""

    def joined(self, name: bytes) -> bytes:
        """The value of a header that is a list and may stand in several lines; empty where it is absent."""
        values = (bytes(value).strip() for each, value in self.scope["headers"] if each == name)
        return b", ".join(each for each in values if each)

    def media_type(self, accepted: tuple[str, ...]) -> str:
        """The body's media type, JSON where none is named; ApiError (415) for one that is not accepted."""
        found = _media_type(self.header(b"content-type"))
        if found not in accepted:
            raise unsupported_media_type(found[:100], accepted)
        return found

    async def json(self) -> Any:
        """The parsed body, see `json_and_bytes`."""
        return (await self.json_and_bytes())[0]

    async def json_and_bytes(self) -> tuple[Any, bytes]:
        """The body, parsed and as it came; ApiError (400, 413) where it is no JSON, too deep or too large."""
        raw = await self._body()
        if not raw.strip():
            raise malformed("the body is empty; JSON is expected")
        try:
            value = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise malformed(f"not JSON: {error}") from None
        if raw.count(b"{") + raw.count(b"[") > DEEPEST_BODY and nests_deeper(value, DEEPEST_BODY):
            raise malformed(f"the body nests deeper than {DEEPEST_BODY} levels")
        return value, raw

    async def answer(self, status: int, body: bytes, headers: Iterable[Header]) -> None:
        """Send the answer; Content-Length is added where it may be (RFC 9110 8.6)."""
        sized = () if status in _WITHOUT_BODY else ((b"content-length", b"%d" % len(body)),)
        await self.send({"type": "http.response.start", "status": status, "headers": [*headers, *sized]})
        await self.send({"type": "http.response.body", "body": body})

    async def _body(self) -> bytes:
        message = await self.receive()
        if message["type"] == "http.disconnect":
            raise DisconnectedError
        body: bytes = message.get("body", b"")
        if not message.get("more_body", False):
            return body
        parts, size = [body], len(body)
        while message.get("more_body", False):
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise DisconnectedError
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > LARGEST_BODY:
                raise ApiError(413, "bodyTooLarge", f"a body may have {LARGEST_BODY} bytes")
        return b"".join(parts)


Handler = Callable[[Exchange], Awaitable[None]]
"""Answers an exchange, or raises the ApiError that it is answered with."""


@lru_cache(maxsize=256)
def _origin(scheme: str, host: bytes) -> str:
    text = host.decode("latin-1")
    return f"{scheme}://{text}" if _HOST.fullmatch(text) else ""


@lru_cache(maxsize=256)
def _media_type(header: bytes) -> str:
    """The type without its parameters; a charset other than UTF-8 stays, as it is not read."""
    text = header.decode("latin-1").lower()
    name, _, parameters = text.partition(";")
    charset = re.search(r"charset\s*=\s*\"?([^\s;\"]+)", parameters)
    if charset is not None and charset[1] not in ("utf-8", "utf8", "us-ascii"):
        return f"{name.strip()};charset={charset[1]}"
    return name.strip() or JSON
