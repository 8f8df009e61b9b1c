"""The client of the load generator: one connection per user, and as little as possible done per request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import gevent  # type: ignore[import-untyped]

from tmfrig.conformance.client import Connection, reason
from tmfrig.conformance.credentials import sendable_headers
from tmfrig.loadtests.incoming import Fields, Incoming, Trouble, Unanswered, unpacked
from tmfrig.loadtests.link import Link, Way

_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"})
RESTS = 2.0
"""A connection that has rested for longer, in seconds, is not trusted with what must not be sent twice: many
servers close it after five, at the very moment at which the request comes."""
HARDLY = 0.001
"""A connection that has rested for less, in seconds, is taken to stand where a request may be repeated."""
_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS", "DELETE", "TRACE"})
"""Methods whose requests need not say that they have no body."""
_FRAMING = frozenset({"content-length", "transfer-encoding"})
"""What only the client knows; standing headers of these names are left out."""


@dataclass(slots=True)
class Answer:
    """What came of one request. Not to be changed (freezing it would cost 1 µs per request)."""

    status: int
    """0: no complete answer came, and `trouble` says why in a few words."""
    headers: Mapping[str, str]
    """By names in lower case; the values of repeated fields joined with ", "."""
    body: bytes
    """Without compression."""
    sent: float
    """`time.perf_counter()` when the request was on its way; connecting, where it must be, comes after."""
    ended: float
    """`time.perf_counter()` when the answer was complete, or the trouble came."""
    trouble: str = ""


class _Late(BaseException):
    """The time for an exchange is over; nothing on the way may take it for an error."""


class Channel:
    """One user's way to one API: keeps its connection open between requests. Not for two greenlets at once.

    Redirects are not followed. Nothing is sent twice, with one exception: where a connection that was kept
    from an earlier request turns out closed before any byte of the answer came, a request is sent again on a
    new one if its method is idempotent. Of others that is true only if the closing was known before sending.

    In an interpreter that Locust has patched any `ssl.SSLContext` will do, in others only `gevent.ssl`'s.
    """

    def __init__(self, connection: Connection) -> None:
        """ValueError when a header cannot be sent, CommandError when the proxy is none that can be used."""
        self._bounds = connection.bounds
        self._way = Way(connection)
        self._head = _Head(connection.headers, self._way)
        self._link: Link | None = None
        self._rested = 0.0
        self._clock: Any = None

    def send(
        self, method: str, path: str, body: bytes | None = None, content_type: str = "application/json"
    ) -> Answer:
        """Send one request, its method in capitals, to a path below the base URL, percent-encoded and with
        its query.

        Whatever the target does, there is an Answer; ValueError when `path` or `content_type` cannot be sent.
        """
        request = self._head.request(method, path, body, content_type)
        sent = perf_counter()
        clock = self._started_clock()
        try:
            incoming = self._exchanged(request, method)
            plain = unpacked(incoming.body, incoming.lines, self._bounds.body)
        except (Trouble, OSError) as trouble:
            self.close()
            return _unanswered(sent, str(trouble) if isinstance(trouble, Trouble) else reason(trouble))
        except _Late:
            missing = "answer" if self._link else "connection"
            self.close()
            return _unanswered(sent, f"no {missing} within {self._bounds.seconds:g} s")
        except BaseException:
            # The user was stopped in the middle of an exchange.
            self.close()
            raise
        finally:
            clock.stop()
        if not incoming.kept:
            self.close()
        self._rested = perf_counter()
        return Answer(incoming.status, Fields(incoming.lines), plain, sent, self._rested)

    def hurry(self, seconds: float) -> None:
        """From now on no request may take longer than so many seconds."""
        self._bounds = replace(self._bounds, seconds=min(seconds, self._bounds.seconds))
        self._clock = None

    def close(self) -> None:
        """Close the connection; the next request opens a new one."""
        if self._link is not None:
            self._link.close()
            self._link = None

    def _started_clock(self) -> Any:
        # gevent.Timeout does the same, but is made anew for every request, which takes 2 µs.
        if self._clock is None:
            seconds = self._bounds.seconds
            self._clock = gevent.get_hub().loop.timer(seconds, seconds)
        self._clock.again(gevent.getcurrent().throw, _Late, update=True)
        return self._clock

    def _exchanged(self, request: bytes, method: str) -> Incoming:
        bodiless = method == "HEAD"
        rested, again = perf_counter() - self._rested, method in _IDEMPOTENT
        if self._link is not None and (again or rested < RESTS):
            # to look costs as much as a tenth of a request, and there was hardly time to close it
            stands = (again and rested < HARDLY) or self._link.stands()
            try:
                if stands:
                    return self._link.exchange(request, bodiless)
            except Unanswered:
                if not again:
                    raise
        self.close()
        self._link = self._way.open(self._bounds.body)
        return self._link.exchange(request, bodiless)


class _Head:
    """The head of every request, which is made once but for the path and the length of the body."""

    def __init__(self, headers: Mapping[str, str], way: Way) -> None:
        fields = {
            "host": ("Host", way.host),
            "accept": ("Accept", "application/json"),
            "accept-encoding": ("Accept-Encoding", "gzip"),
            "user-agent": ("User-Agent", "tmfrig"),
        }
        for name, value in (sendable_headers(headers) | way.headers).items():
            if name.lower() not in _FRAMING:
                fields[name.lower()] = (name, value)
        self._start = way.prefix
        self._end = _lines(fields)
        fields.pop("content-type", None)
        self._end_before_body = _lines(fields)
        self._types: dict[str, str] = {}

    def request(self, method: str, path: str, body: bytes | None, content_type: str) -> bytes:
        """A request as it is sent."""
        if not (path.isascii() and path.isprintable()) or " " in path:
            raise ValueError(f"the path {path!r} is not percent-encoded")
        start = f"{method} {self._start}{path} HTTP/1.1\r\n"
        if body is not None:
            return f"{start}{self._before_body(content_type)}{len(body)}\r\n\r\n".encode() + body
        if method in _WITHOUT_BODY:
            return f"{start}{self._end}\r\n".encode()
        return f"{start}{self._end}Content-Length: 0\r\n\r\n".encode()

    def _before_body(self, content_type: str) -> str:
        found = self._types.get(content_type)
        if found is None:
            typed = sendable_headers({"Content-Type": content_type})["Content-Type"]
            found = f"{self._end_before_body}Content-Type: {typed}\r\nContent-Length: "
            self._types[content_type] = found
        return found


def _lines(fields: Mapping[str, tuple[str, str]]) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in fields.values())


def _unanswered(sent: float, why: str) -> Answer:
    return Answer(0, {}, b"", sent, perf_counter(), why)
