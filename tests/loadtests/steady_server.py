"""A product inventory of known capacity: each answer takes its time, and only so many are made at once."""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

BASE = "/tmf-api/productInventory/v4"
PRODUCT = {"id": "1", "href": f"{BASE}/product/1", "name": "Fibre 500", "status": "active"}


@dataclass
class Steady:
    """`seconds` is how long an answer takes, by chance up to `spread` times as long; `at_once` how many are
    made at a time, None for any number. Afterwards `took` says how long each answer took."""

    seconds: float = 0.01
    at_once: int | None = None
    spread: float = 1.0
    took: list[float] = field(default_factory=list)
    stalls: tuple[float, float] | None = None
    """From when, and for how long, nothing is answered, in seconds since the first request."""
    _began: float | None = None

    @property
    def capacity(self) -> float:
        """Requests per second."""
        assert self.at_once is not None
        return self.at_once / self.seconds


@contextmanager
def serving_steadily(steady: Steady) -> Iterator[str]:
    """Serve on a free port, in a thread, for as long as the context lasts; the base URL."""
    loop = asyncio.new_event_loop()
    started = threading.Event()
    port = 0

    async def serve() -> None:
        nonlocal port
        turns = asyncio.Semaphore(steady.at_once or 1_000_000)
        chance = random.Random(3)

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                while True:
                    head = await reader.readuntil(b"\r\n\r\n")
                    came = time.perf_counter()
                    steady._began = steady._began or came
                    async with turns:
                        await _stalled(steady)
                        await asyncio.sleep(steady.seconds * chance.uniform(1.0, steady.spread))
                    writer.write(_response(head))
                    await writer.drain()
                    steady.took.append(time.perf_counter() - came)
            except (asyncio.IncompleteReadError, ConnectionError):
                writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1000)
        port = server.sockets[0].getsockname()[1]
        started.set()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(serve())
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert started.wait(10)
    try:
        yield f"http://127.0.0.1:{port}{BASE}"
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


async def _stalled(steady: Steady) -> None:
    if steady.stalls is None or steady._began is None:
        return
    begin, lasts = steady.stalls
    since = time.perf_counter() - steady._began
    if begin <= since < begin + lasts:
        await asyncio.sleep(begin + lasts - since)


def _response(head: bytes) -> bytes:
    one = b"/product/" in head.split(b"\r\n", 1)[0]
    body = json.dumps(PRODUCT if one else [PRODUCT]).encode()
    lists = b"" if one else b"X-Total-Count: 1\r\nX-Result-Count: 1\r\n"
    return (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + lists +
        b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    )  # fmt: skip
