"""The client of the benchmarks: keep-alive connections that ask as fast as they are answered, or at a pace.

It does as little as it can, for it shares the machine with what it measures.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, cycle
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import uvloop

MEDIA_TYPE = "application/json;charset=utf-8"
MERGE_PATCH = "application/merge-patch+json"
FIRST_NUMBER = 10**9
"""The first of the numbers in requests: all that follow have as many digits."""
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_CLOSES = re.compile(rb"(?i)\r\nconnection: *close")
_CHUNKED = re.compile(rb"(?i)\r\ntransfer-encoding: *chunked")
_TICK = 0.002
_PATIENCE = 30.0

Sent = tuple[bytes, bytes]
"""A request, and how its answer begins."""


@dataclass(frozen=True)
class Job:
    """A request, sent again and again to one path after the other.

    `%d` in its body stands for a number that is another each time.
    """

    name: str
    method: str
    paths: Sequence[str]
    body: bytes = b""
    status: int = 200
    media_type: str = MEDIA_TYPE

    def requests(self, host: str) -> Iterator[Sent]:
        """The requests to send, one after the other."""
        expected = f"HTTP/1.1 {self.status} ".encode()
        wholes = [self._whole(path, host) for path in self.paths]
        if b"%d" in self.body:
            return ((whole % number, expected) for whole, number in zip(cycle(wholes), count(FIRST_NUMBER)))
        return cycle([(whole, expected) for whole in wholes])

    def _whole(self, path: str, host: str) -> bytes:
        head = f"{self.method} {path} HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\n"
        if not self.body:
            return head.encode() + b"\r\n"
        length = len(self.body % FIRST_NUMBER if b"%d" in self.body else self.body)
        # what is filled in later leaves other per cent signs alone
        if b"%d" in self.body:
            head = head.replace("%", "%%")
        head += f"Content-Type: {self.media_type}\r\nContent-Length: {length}\r\n\r\n"
        return head.encode() + self.body


@dataclass(frozen=True)
class Mixed:
    """Several jobs, each as often in a row of requests as its weight says."""

    name: str
    jobs: Sequence[tuple[Job, int]]

    def requests(self, host: str) -> Iterator[Sent]:
        """The requests to send, one after the other."""
        rows = [(job.requests(host), weight) for job, weight in self.jobs]
        most = max(weight for _, weight in rows)
        # spread evenly: those of one kind do not come all at once
        turns = sorted(
            ((number + 0.5) * most / weight, place)
            for place, (_, weight) in enumerate(rows)
            for number in range(weight)
        )
        return (next(rows[place][0]) for _, place in cycle(turns))


@dataclass
class Outcome:
    """What a client has seen."""

    answers: int = 0
    seconds: float = 0.0
    processor: float = 0.0
    """Seconds of the client's own processor."""
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers in a second."""
        return self.answers / self.seconds


class Connection(asyncio.Protocol):
    """A keep-alive connection; when an answer is complete, `answered` is called."""

    def __init__(self) -> None:
        self.answers = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._buffer = b""
        self._expected = b""
        self._usual: tuple[int, bytes] = (0, b"")
        self._usual_at = (0, 0)
        self._again: asyncio.Task[None] | None = None
        self._is_closing = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Keep it."""
        self.transport = transport

    def send(self, sent: Sent) -> None:
        """Ask something; one thing at a time."""
        request, self._expected = sent
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        """Look whether an answer is complete."""
        if self._buffer:
            data = self._buffer + data
        length, said = self._usual
        start, end = self._usual_at
        # nearly all answers say what the one before said, at the same place
        if len(data) != length or data[start:end] != said:
            length = self._length_of(data)
            if length == 0 or len(data) < length:
                self._buffer = data
                return
        self._buffer = b""
        if not data.startswith(self._expected):
            self.fail(f"unexpected answer: {data[:300]!r}")
            return
        if len(data) != length:
            self.fail(f"more than was asked for: {data[length : length + 100]!r}")
            return
        self.answers += 1
        if not self._is_closing:
            self.answered()

    def _length_of(self, data: bytes) -> int:
        """How long the whole answer is; 0 where that is not known yet."""
        end = data.find(b"\r\n\r\n")
        if end < 0:
            return 0
        self._is_closing = _CLOSES.search(data, 0, end + 2) is not None
        said = _LENGTH.search(data, 0, end + 2)
        if said is not None:
            length = end + 4 + int(said[1])
            self._usual, self._usual_at = (length, said[0]), said.span()
            return length
        if _CHUNKED.search(data, 0, end + 2):
            return len(data) if data.endswith(b"\r\n0\r\n\r\n") else 0
        return end + 4

    def answered(self) -> None:
        """Go on."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Go on with another connection where the answer has said so; else that is the end."""
        if self._is_closing and not self._buffer and not self.done.done():
            self._again = asyncio.get_running_loop().create_task(self._reconnect())
        else:
            self.fail(f"the connection was closed: {exc}")

    async def _reconnect(self) -> None:
        host, port = self.transport.get_extra_info("peername")[:2]
        self._is_closing, self._usual = False, (0, b"")
        try:
            await asyncio.get_running_loop().create_connection(lambda: self, host, port)
        except OSError as error:
            self.fail(f"it takes no other connection: {error}")
        else:
            self.answered()

    def fail(self, reason: str) -> None:
        """End with a reason."""
        if not self.done.done():
            self.done.set_exception(RuntimeError(reason))

    def close(self) -> None:
        """Hang up, whatever is under way."""
        self.done.cancel()
        self.transport.abort()


class _Hurrying(Connection):
    """Asks the next thing when an answer is complete."""

    def __init__(self, requests: Iterator[Sent]) -> None:
        super().__init__()
        self._requests = requests
        self.is_ending = False

    def answered(self) -> None:
        """Ask the next thing, unless it is over."""
        if not self.is_ending:
            self.send(next(self._requests))
        elif not self.done.done():
            self.done.set_result(None)

    def begin(self) -> None:
        """Ask the first thing."""
        self.send(next(self._requests))


class _Paced(Connection):
    """Takes the next thing that is due when an answer is complete."""

    def __init__(self, idle: deque[_Paced], due: deque[float], outcome: Outcome) -> None:
        super().__init__()
        self._idle, self._due, self._outcome = idle, due, outcome
        self.requests: Iterator[Sent]
        self._since = 0.0

    def ask(self, since: float) -> None:
        """Ask what was due at a time: the answer's latency counts from then."""
        self._since = since
        self.send(next(self.requests))

    def answered(self) -> None:
        """Note how long it took, and take what waits."""
        self._outcome.latencies.append(time.perf_counter() - self._since)
        if self._due:
            self.ask(self._due.popleft())
        else:
            self._idle.append(self)


async def _connected(url: str, made: Any, connections: int) -> list[Any]:
    where = urlsplit(url)
    loop = asyncio.get_running_loop()
    return [
        (await loop.create_connection(made, where.hostname, where.port or 80))[1] for _ in range(connections)
    ]


async def hurried(url: str, job: Job | Mixed, seconds: float, connections: int) -> Outcome:
    """Ask as fast as answers come, and count them; everything that was asked is answered at the end."""
    # one row of numbers for all connections: no two requests in a row are alike
    requests = job.requests(urlsplit(url).netloc)
    made: list[_Hurrying] = await _connected(url, lambda: _Hurrying(requests), connections)
    try:
        began, processor = time.perf_counter(), time.process_time()
        for each in made:
            each.begin()
        failed, _ = await asyncio.wait(
            [each.done for each in made], timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        for each in made:
            each.is_ending = True
        for future in failed:
            future.result()
        await asyncio.wait_for(asyncio.gather(*(each.done for each in made)), _PATIENCE)
        spent = time.perf_counter() - began
        return Outcome(sum(each.answers for each in made), spent, time.process_time() - processor)
    finally:
        for each in made:
            each.close()


async def paced(
    url: str, job: Job | Mixed, rate: float, seconds: float, connections: int, outcome: Outcome
) -> None:
    """Ask so many times a second, whether or not answers come; `outcome` is filled on the way."""
    idle: deque[_Paced] = deque()
    due: deque[float] = deque()
    made: list[_Paced] = await _connected(url, lambda: _Paced(idle, due, outcome), connections)
    requests = job.requests(urlsplit(url).netloc)
    for each in made:
        each.requests = requests
    idle.extend(made)
    began, asked = time.perf_counter(), 0
    try:
        while (now := time.perf_counter()) < began + seconds:
            for number in range(asked, int((now - began) * rate)):
                moment = began + number / rate
                if idle:
                    idle.popleft().ask(moment)
                else:
                    due.append(moment)
                asked = number + 1
            for each in made:
                if each.done.done():
                    each.done.result()
            await asyncio.sleep(_TICK)
        for _ in range(round(_PATIENCE / _TICK)):
            if len(idle) == len(made):
                break
            await asyncio.sleep(_TICK)
        outcome.answers, outcome.seconds = sum(each.answers for each in made), time.perf_counter() - began
    finally:
        for each in made:
            each.close()


def rate_of(url: str, job: Job | Mixed, seconds: float, connections: int) -> Outcome:
    """Ask as fast as answers come, from this process."""
    return uvloop.run(hurried(url, job, seconds, connections))


def call(
    url: str, body: bytes | None = None, method: str | None = None, media_type: str = MEDIA_TYPE
) -> tuple[bytes, Any]:
    """One request by itself: the answer as it is, and parsed."""
    asked = Request(url, data=body, headers={"Content-Type": media_type}, method=method)
    with urlopen(asked, timeout=60) as answer:
        content = answer.read()
    return content, json.loads(content or b"null")
