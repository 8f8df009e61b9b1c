"""The journal: who called whom and what was said, in memory, for who asks for it (see `administration`).

Every exchange that the application answers is one entry, and so is every request that its roles send across
the network; what they say to each other in this process is seen where it is answered. Headers are not kept,
and so neither are credentials.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import orjson
from starlette.types import Message, Receive, Scope, Send

from tmfrig.mockservers.journal_entry import Entry, Wanted
from tmfrig.mockservers.tracing import Trace

MOST_ENTRIES = 100_000
LARGEST_TEXT = 64 * 1024
"""How much of a body is kept, in bytes."""
MOST_TEXT = 256 * 1024 * 1024
"""How much of all bodies is kept, in bytes."""

SPAN = "tmfrig.span"
"""Where in an ASGI scope a request of this process tells its `Span`."""

_SECRET = re.compile(r"(?i)(?<![^&])((?:\w+[-_])?(?:token|secret|password|signature)|api[-_]?key|sig)=[^&]*")
_CALLBACKS = re.compile(r"/(?:listener|callback)(?:/|$)")
MASK = "***"


@dataclass(frozen=True, slots=True)
class Span:
    """What a request of ours is within its trace, and whether it is a notification."""

    parent: str | None
    notification: bool = False


@dataclass(slots=True)
class Journal:
    """What was exchanged.

    `bases` are the base paths of what is served here, by the role's name; `places` the base URLs of external
    roles by theirs. No text that is in `secrets` is kept.
    """

    bases: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    most_entries: int = MOST_ENTRIES
    most_text: int = MOST_TEXT
    dropped: int = 0
    """How many entries had to go, the oldest first."""
    _entries: deque[Entry] = field(default_factory=deque)
    _text: int = 0
    _last: int = 0
    _registrants: dict[str, str] = field(default_factory=dict)

    @property
    def last(self) -> int:
        """The number of the latest entry; 0 before the first."""
        return self._last

    def entries(self, wanted: Wanted | None = None) -> Iterator[Entry]:
        """The entries that are wanted, in the order of their numbers."""
        wanted = wanted or Wanted()
        first = self._entries[0].number if self._entries else 0
        return filter(wanted.means, islice(self._entries, max(0, wanted.after + 1 - first), None))

    def clear(self) -> None:
        """Forget all entries; numbers go on."""
        self._entries.clear()
        self._text = 0
        self.dropped = 0

    def answering(self, scope: Scope, trace: Trace) -> Answering:
        """Begin to follow a request that is being answered."""
        return Answering(self, scope, trace)

    @contextmanager
    def sending(
        self, method: str, url: str, body: bytes, *, caller: str, trace: Trace, span: Span
    ) -> Iterator[Said]:
        """Follow a request that leaves this process: within the block it is sent, and answered or not."""
        began, said = Moment(), Said(body)
        try:
            yield said
        except Exception as error:
            said.problem = str(error)
            raise
        finally:
            parts = urlsplit(url)
            self._add(
                began,
                direction="sent",
                caller=caller,
                callee=self._callee(url, f"{parts.scheme}://{parts.netloc}"),
                method=method,
                path=parts.path,
                query=parts.query,
                trace=trace,
                parent=span.parent,
                notification=span.notification,
                said=said,
            )

    def answered(self, began: Moment, scope: Scope, trace: Trace, said: Said) -> None:
        """A request was answered here."""
        path: str = scope["path"]
        base, role = self._served(path)
        span: Span | None = scope.get(SPAN)
        caller = _caller(scope)
        below = path[len(base) :]
        if scope["method"] == "POST" and below == "/hub" and said.status == 201:
            self._registers(caller, said.request)
        self._add(
            began,
            direction="answered",
            caller=caller,
            callee=role,
            method=scope["method"],
            path=path,
            query=scope["query_string"].decode("latin-1"),
            trace=trace,
            parent=span.parent if span else None,
            notification=span.notification if span else bool(_CALLBACKS.match(below)),
            said=said,
        )

    def _add(
        self, began: Moment, *, trace: Trace, notification: bool, query: str, said: Said, **known: Any
    ) -> None:
        self._last += 1
        entry = Entry(
            number=self._last,
            time=began.text,
            seconds=round(time.monotonic() - began.clock, 6),
            query=_SECRET.sub(rf"\1={MASK}", query),
            status=said.status,
            trace=trace.trace_id,
            span=trace.span_id,
            kind="notification" if notification and known["method"] == "POST" else "request",
            request=self._masked(said.request),
            response=self._masked(said.response),
            problem=said.problem,
            **known,
        )
        self._entries.append(entry)
        self._text += _size(entry)
        while len(self._entries) > self.most_entries or self._text > self.most_text:
            self._text -= _size(self._entries.popleft())
            self.dropped += 1

    def _masked(self, body: bytes) -> bytes:
        for each in self.secrets:
            body = body.replace(each.encode(), MASK.encode())
        return body

    def _served(self, path: str) -> tuple[str, str]:
        """The base path and the role that a path belongs to."""
        for base, role in self.bases.items():
            if path.startswith(base + "/") or path == base:
                return base, role
        return "", "rig"

    def _callee(self, url: str, origin: str) -> str:
        """Who is at a URL: an external role, whoever has registered it as callback, else the host."""
        for role, place in self.places.items():
            if url == place or url.startswith((place + "/", place + "?")):
                return role
        if url in self._registrants:
            return self._registrants[url]
        there = [role for role, place in self.places.items() if (place + "/").startswith(origin + "/")]
        return there[0] if len(there) == 1 else origin.rpartition("/")[2].rpartition("@")[2]

    def _registers(self, caller: str, body: bytes) -> None:
        try:
            callback = orjson.loads(body)["callback"]
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return
        if len(self._registrants) >= self.most_entries:
            self._registrants.clear()
        self._registrants[str(callback)] = caller


@dataclass(frozen=True, slots=True)
class Moment:
    """When something began."""

    text: str = field(default_factory=lambda: datetime.now(UTC).isoformat().replace("+00:00", "Z"))
    clock: float = field(default_factory=time.monotonic)


@dataclass(slots=True)
class Said:
    """What was said in an exchange, as far as it is kept."""

    request: bytes = b""
    response: bytes = b""
    status: int | None = None
    problem: str | None = None

    def __post_init__(self) -> None:
        self.request = self.request[:LARGEST_TEXT]

    def hear(self, status: int, response: bytes) -> None:
        """An answer came."""
        self.status, self.response = status, response[:LARGEST_TEXT]


class Answering:
    """A request that is being answered: follow it by receiving and sending through this."""

    def __init__(self, journal: Journal, scope: Scope, trace: Trace) -> None:
        self._journal = journal
        self._scope = scope
        self._trace = trace
        self._began = Moment()
        self._said = Said()

    def receiving(self, receive: Receive) -> Receive:
        """The same, overheard."""

        async def overheard() -> Message:
            message = await receive()
            if message["type"] == "http.request":
                self._said.request = _grown(self._said.request, message.get("body", b""))
            return message

        return overheard

    def sending(self, send: Send) -> Send:
        """The same, overheard."""

        async def overheard(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._said.status = message["status"]
            elif message["type"] == "http.response.body":
                self._said.response = _grown(self._said.response, message.get("body", b""))
            await send(message)

        return overheard

    def end(self) -> None:
        """The exchange is over."""
        self._journal.answered(self._began, self._scope, self._trace, self._said)


def without_secrets(url: str) -> str:
    """A URL as it may be shown: without who logs in there, and how."""
    parts = urlsplit(url)
    _, at, host = parts.netloc.rpartition("@")
    place = f"{MASK}@{host}" if at else host
    return urlunsplit(parts._replace(netloc=place, query=_SECRET.sub(rf"\1={MASK}", parts.query)))


def secrets_in(headers: Iterable[Mapping[str, str]]) -> frozenset[str]:
    """What must not be kept wherever somebody repeats it: the values of headers that log us in."""
    values = {value for each in headers for value in each.values()}
    return frozenset(part for value in values for part in (value, value.rpartition(" ")[2]) if len(part) >= 4)


def _grown(body: bytes, more: bytes) -> bytes:
    return body if not more or len(body) >= LARGEST_TEXT else (body + more)[:LARGEST_TEXT]


def _size(entry: Entry) -> int:
    return len(entry.request) + len(entry.response)


def _caller(scope: Scope) -> str:
    """Who sends a request: by its own name, by its program, or by its address."""
    headers = {name: value for name, value in scope["headers"] if name in (b"x-client-id", b"user-agent")}
    named = headers.get(b"x-client-id", b"").decode("latin-1").strip()
    program = re.split(r"[/\s]", headers.get(b"user-agent", b"").decode("latin-1").strip())[0]
    client = scope.get("client")
    return (named or program or (client[0] if client else "unknown"))[:100]
