"""Posting notifications to callbacks: as little as HTTP/1.1 asks for, over connections that stay open.

A general client takes several times as long for one POST as checking and storing an order takes.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import time
from asyncio.staggered import staggered_race
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import Any, Final, NamedTuple, cast

import httptools
import httpx2

MOST_IDLE: Final = 100
"""Connections that are kept open while nothing is sent."""
LONGEST_IDLE: Final = 5.0
"""Seconds after which a connection is not used again: who is between may have forgotten it."""
NEXT_ADDRESS: Final = 0.25
"""Seconds after which one more address of a host is tried, beside those that do not answer (RFC 8305)."""
MOST_HEARD: Final = 64 * 1024
"""Bytes of an answer that are kept, about; the rest is read and dropped."""

Origin = tuple[str, str, int]
"""Scheme, host and port."""
_LENGTHS = frozenset({"content-length", "transfer-encoding"})


class Reply(NamedTuple):
    """What a callback answered. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class NothingHeardError(ConnectionError):
    """A connection was closed before anything of an answer came."""


class Posting:
    """Posts to callbacks. How many connections there are is up to how many post at a time."""

    def __init__(self) -> None:
        self._idle: list[_Connection] = []

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Send, and wait for the answer as long as it takes; redirects are not followed.

        OSError, httpx2.InvalidURL or UnicodeError where none comes.
        """
        place = _place(url)
        fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode("latin-1")
        message = b"%b%bContent-Length: %d\r\n\r\n%b" % (place.head, fields, len(body), body)
        idle = self._taken(place.origin)
        if idle is not None:
            # many a server closes an idle connection without a word
            with contextlib.suppress(NothingHeardError):
                return await self._said(idle, message)
        return await self._said(await self._opened(place.origin), message)

    async def _said(self, connection: _Connection, message: bytes) -> Reply:
        try:
            reply = await connection.exchange(message)
        except BaseException:
            # the answer to this must not be taken for that to the next one
            connection.close()
            raise
        self._keep(connection)
        return reply

    def close(self) -> None:
        """Close the connections."""
        while self._idle:
            self._idle.pop().close()

    def _taken(self, origin: Origin) -> _Connection | None:
        """An idle connection, the one that was used last."""
        earliest = time.monotonic() - LONGEST_IDLE
        while self._idle and self._idle[0].since < earliest:
            self._idle.pop(0).close()
        for position in range(len(self._idle) - 1, -1, -1):
            if self._idle[position].origin == origin:
                connection = self._idle.pop(position)
                if connection.is_open:
                    return connection
        return None

    def _keep(self, connection: _Connection) -> None:
        if not connection.is_open:
            return
        connection.since = time.monotonic()
        self._idle.append(connection)
        if len(self._idle) > MOST_IDLE:
            self._idle.pop(0).close()

    async def _opened(self, origin: Origin) -> _Connection:
        scheme, host, port = origin
        secured: dict[str, Any] = {}
        if scheme == "https":
            secured = {"ssl": self._trusted, "server_hostname": host}
        reached = await _reached(host, port)
        try:
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: _Connection(origin), sock=reached, **secured
            )
        except BaseException:
            reached.close()
            raise
        return connection

    @cached_property
    def _trusted(self) -> ssl.SSLContext:
        context = httpx2.create_ssl_context(trust_env=False)
        context.set_alpn_protocols(["http/1.1"])
        return context


async def _reached(host: str, port: int) -> socket.socket:
    """A socket that is connected to that address of a host which lets us in first."""
    loop = asyncio.get_running_loop()
    addresses = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    connects = [partial(_connected, family, address) for family, _, _, _, address in addresses]
    reached: socket.socket | None
    reached, _, failures = await staggered_race(connects, NEXT_ADDRESS)
    if reached is None:
        raise next(each for each in failures if each is not None)
    return reached


async def _connected(family: int, address: Any) -> socket.socket:
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(connection, address)
    except BaseException:
        connection.close()
        raise
    return connection


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a callback is, and how every request to it begins."""

    origin: Origin
    head: bytes


@lru_cache(1024)
def _place(url: str) -> _Place:
    request = httpx2.Request("POST", url)
    parts = request.url
    if parts.username or parts.password:
        request = next(httpx2.BasicAuth(parts.username, parts.password).sync_auth_flow(request))
    port = parts.port or (443 if parts.scheme == "https" else 80)
    lines = [b"POST %b HTTP/1.1" % parts.raw_path]
    lines += [b"%b: %b" % line for line in request.headers.raw if line[0].lower() != b"content-length"]
    lines += [b"Accept: */*", b"Accept-Encoding: identity", b"User-Agent: tmfrig", b""]
    return _Place((parts.scheme, parts.raw_host.decode("ascii"), port), b"\r\n".join(lines))


class _Connection(asyncio.Protocol):
    """One connection, on which one thing is said at a time; idle `since` when.

    The parser calls what is named after parts of a message.
    """

    def __init__(self, origin: Origin) -> None:
        self.origin = origin
        self.is_open = True
        """Whether something more can be said."""
        self.since = 0.0
        self._parser = httptools.HttpResponseParser(self)
        self._awaited: asyncio.Future[Reply] | None = None
        self._is_heard = False
        self._begin()

    async def exchange(self, message: bytes) -> Reply:
        """Send a request and wait for its answer; OSError where none comes."""
        self._awaited = asyncio.get_running_loop().create_future()
        self._is_heard = False
        self._transport.write(message)
        return await self._awaited

    def close(self) -> None:
        """Hang up."""
        self.is_open = False
        self._transport.abort()

    # ── what the transport tells ────────────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Something has come."""
        self._is_heard = True
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(ConnectionError(f"what comes is no answer in HTTP/1.1 ({error})"))
            self.close()

    def connection_lost(self, error: Exception | None) -> None:
        """Nothing more comes: that ends an answer that does not say its length, and breaks off others."""
        self.is_open = False
        if error is None and self._status and self._headers.keys().isdisjoint(_LENGTHS):
            self._end()
        else:
            kind = ConnectionError if self._is_heard else NothingHeardError
            self._fail(kind("the connection was closed before the answer was complete"))

    # ── what the parser tells ───────────────────────────────────────────────────────────────────────────────

    def on_message_begin(self) -> None:
        """An answer, which somebody should be waiting for."""
        if self._awaited is None or self._awaited.done():
            self.close()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A line of its head."""
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """The end of its head."""
        self._status = self._parser.get_status_code()

    def on_body(self, part: bytes) -> None:
        """A part of its body."""
        if self._size < MOST_HEARD:
            self._parts.append(part)
            self._size += len(part)

    def on_message_complete(self) -> None:
        """Its end; below 200 something that comes before the answer."""
        self.is_open = self.is_open and self._parser.should_keep_alive()
        if self._status >= 200:
            self._end()
        self._begin()

    def _begin(self) -> None:
        self._status = 0
        self._headers: dict[str, str] = {}
        self._parts: list[bytes] = []
        self._size = 0

    def _end(self) -> None:
        if self._awaited is not None and not self._awaited.done():
            self._awaited.set_result(Reply(self._status, self._headers, b"".join(self._parts)))

    def _fail(self, error: ConnectionError) -> None:
        if self._awaited is not None and not self._awaited.done():
            self._awaited.set_exception(error)
