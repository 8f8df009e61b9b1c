"""How the roles of this process talk to others: HTTP, or the same ASGI messages where the other is here too.

Every request says who sends it (`X-Client-Id`) and to which story it belongs (`traceparent`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx2
import orjson
from starlette.types import ASGIApp, Message, Scope

from tmfrig.mockservers import tracing
from tmfrig.mockservers.journal import SPAN, Journal, Said, Span
from tmfrig.mockservers.posting import Posting
from tmfrig.mockservers.tracing import Trace

CLIENT_ID = "X-Client-Id"
LONGEST_BREATH = 0.02
"""Seconds for which roles of this process may talk to each other without a pause."""

# no ceiling: a hundred peers that hang must not keep the others waiting for a connection
_LIMITS = httpx2.Limits(max_connections=None, max_keepalive_connections=100)


class NoAnswerError(Exception):
    """Nobody answered, or not in time; the message says why in a few words."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether the status is one of success."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The parsed body; None where it is empty or no JSON."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return None


class Wire:
    """Sends requests.

    `timeout` is in seconds, for a whole exchange. The journal is told of what leaves this process.
    """

    def __init__(self, timeout: float = 10.0, journal: Journal | None = None) -> None:
        self._timeout = timeout
        self._journal = journal
        self._breath = 0.0
        self._here: dict[str, ASGIApp] = {}
        self._client: httpx2.AsyncClient | None = None
        self._posting = Posting()

    def mount(self, origin: str, application: ASGIApp) -> None:
        """Hand requests to an origin (scheme, host and port) to an application in this process."""
        self._here[origin] = application

    async def request(
        self,
        method: str,
        url: str,
        *,
        caller: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        trace: Trace | None = None,
        within: float | None = None,
        notification: bool = False,
    ) -> Answer:
        """Send a request as `caller`, in the given trace or the current one.

        NoAnswerError where no answer came `within` so many seconds (by default the wire's own timeout).
        `notification` says that it goes to a callback.
        """
        above = trace or tracing.current.get()
        own = (above or Trace.new()).child()
        span = Span(above.span_id if above else None, notification)
        sent = {**(headers or {}), CLIENT_ID: caller, "traceparent": own.header}
        parts = urlsplit(url)
        application = self._here.get(f"{parts.scheme}://{parts.netloc}")
        within = self._timeout if within is None else within
        if application is None:
            with self._followed(method, url, body, caller, own, span) as said:
                if notification:
                    answer = await _within(within, self._posted(url, sent, body))
                else:
                    answer = await _within(within, self._asked(method, url, sent, body))
                said.hear(answer.status, answer.body)
            return answer
        try:
            scope = _scope(method, parts.path, parts.query, parts, sent)
        except UnicodeError as error:
            raise NoAnswerError(f"{type(error).__name__}: there are no such paths") from None
        scope[SPAN] = span
        try:
            async with asyncio.timeout(within):
                await self._let_others_go_on()
                return await _inside(application, scope, body)
        except TimeoutError:
            raise NoAnswerError(f"no answer within {within:g} s") from None

    async def _let_others_go_on(self) -> None:
        """Nothing in this process waits for a network, and a long task would keep all others from theirs."""
        moment = asyncio.get_running_loop().time()
        if moment - self._breath > LONGEST_BREATH:
            await asyncio.sleep(0)
            self._breath = asyncio.get_running_loop().time()

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None
        self._posting.close()

    def _followed(
        self, method: str, url: str, body: bytes, caller: str, trace: Trace, span: Span
    ) -> AbstractContextManager[Said]:
        if self._journal is None:
            return nullcontext(Said())
        return self._journal.sending(method, url, body, caller=caller, trace=trace, span=span)

    async def _posted(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        return Answer(*await self._posting.post(url, headers, body))

    async def _asked(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        if self._client is None:
            # peers are addressed directly: a proxy of the environment is not meant for them
            self._client = httpx2.AsyncClient(timeout=None, trust_env=False, limits=_LIMITS)
        answer = await self._client.request(method, url, content=body, headers=dict(headers))
        return Answer(answer.status_code, dict(answer.headers.items()), answer.content)


async def _within(seconds: float, asked: Awaitable[Answer]) -> Answer:
    """An answer from the network; NoAnswerError where none comes in time."""
    try:
        async with asyncio.timeout(seconds):
            return await asked
    except TimeoutError:
        raise NoAnswerError(f"no answer within {seconds:g} s") from None
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, UnicodeError) as error:
        raise NoAnswerError(f"{type(error).__name__}: {error}".rstrip(": ")) from None


def _scope(method: str, path: str, query: str, parts: Any, headers: Mapping[str, str]) -> Scope:
    raw = [(b"host", parts.netloc.encode("latin-1"))]
    raw += [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": parts.scheme,
        "path": unquote(path),
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        "root_path": "",
        "headers": raw,
        "client": ("127.0.0.1", 0),
        "server": (parts.hostname, parts.port),
    }


async def _inside(application: ASGIApp, scope: Scope, body: bytes) -> Answer:
    status, headers, parts = 500, {}, []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status = message["status"]
            headers = {
                name.decode("latin-1").lower(): value.decode("latin-1")
                for name, value in message.get("headers", ())
            }
        elif message["type"] == "http.response.body":
            parts.append(message.get("body", b""))

    # what the application sets as its trace is no business of who asked
    before = tracing.current.set(None)
    try:
        await application(scope, receive, send)
    finally:
        tracing.current.reset(before)
    return Answer(status, headers, b"".join(parts))
