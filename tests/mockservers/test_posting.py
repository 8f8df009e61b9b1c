"""How notifications are posted: over connections that stay open, to whoever answers in some way."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tmfrig.mockservers import posting
from tmfrig.mockservers.posting import Posting, Reply
from tmfrig.mockservers.wire import NoAnswerError, Wire

TAKEN = b"HTTP/1.1 204 No Content\r\n\r\n"


@dataclass
class Callback:
    """Says to each request what comes next, and hangs up where that is `None`."""

    answers: list[bytes | None]
    port: int = 0
    connections: int = 0
    requests: list[bytes] = field(default_factory=list)
    released: asyncio.Event = field(default_factory=asyncio.Event)
    """Not set while answers are held back."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when somebody has hung up."""
    served: list[asyncio.Task[None] | None] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/callback"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.served.append(asyncio.current_task())
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
                self.requests.append(head + await reader.readexactly(length))
                answer = self.answers.pop(0) if self.answers else TAKEN
                if answer is None:
                    break
                await self.released.wait()
                for part in answer.split(b"|"):
                    writer.write(part)
                    await writer.drain()
                    await asyncio.sleep(0)
                if b"HTTP/1.0" in answer or b"close" in answer:
                    break
        self.ended.set()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


@contextlib.asynccontextmanager
async def calling(
    *answers: bytes | None, secured: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[Callback, Posting]]:
    callback, post = Callback(list(answers)), Posting()
    callback.released.set()
    server = await asyncio.start_server(callback.serve, "127.0.0.1", 0, ssl=secured)
    callback.port = server.sockets[0].getsockname()[1]
    try:
        yield callback, post
    finally:
        post.close()
        server.close()
        # nothing stays open, and nobody waits after a failure
        callback.released.set()
        await asyncio.gather(*(each for each in callback.served if each is not None))


def run(act: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(15):
            await act()

    asyncio.run(limited())


def test_notifications_share_a_connection_as_long_as_it_stays_open() -> None:
    async def act() -> None:
        async with calling() as (callback, post):
            for number in range(3):
                assert (await post.post(callback.url, {"X-Number": str(number)}, b"{}")).status == 204
            assert callback.connections == 1
            await asyncio.gather(*(post.post(callback.url, {}, b"{}") for _ in range(3)))
            assert callback.connections == 3
            lines = [request.split(b"\r\n") for request in callback.requests]
            assert [b"X-Number: %d" % number in lines[number] for number in range(3)] == [True] * 3
            assert lines[0][0] == b"POST /callback HTTP/1.1"
            assert b"Host: 127.0.0.1:%d" % callback.port in lines[0]

    run(act)


@pytest.mark.parametrize(
    ("answer", "reply", "connections"),
    [
        (TAKEN, (204, b""), 1),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", (200, b"ok"), 1),
        (b"HTTP/1.1 20|0 OK\r\nContent-L|ength: 2\r\n\r|\no|k", (200, b"ok"), 1),
        (b"HTTP/1.1 201 \r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n|0\r\n\r\n", (201, b"ok"), 1),
        (b"HTTP/1.1 100 Continue\r\n\r\n|HTTP/1.1 204 No Content\r\n\r\n", (204, b""), 1),
        (b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", (500, b""), 1),
        (b"HTTP/1.1 302 Found\r\nLocation: /else\r\nContent-Length: 0\r\n\r\n", (302, b""), 1),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", (200, b"ok"), 2),
        (b"HTTP/1.0 200 OK\r\n\r\no|k", (200, b"ok"), 2),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok", (200, b"ok"), 2),
        # what nobody asked for is not taken for the next answer
        (TAKEN + b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", (204, b""), 2),
        (b"HTTP/1.1 204 No Content\r\n\r\nbut some", (204, b""), 2),
    ],
)
def test_every_way_to_answer_is_understood(answer: bytes, reply: tuple[int, bytes], connections: int) -> None:
    async def act() -> None:
        async with calling(answer) as (callback, post):
            first = await post.post(callback.url, {}, b"{}")
            assert (first.status, first.body) == reply
            assert (await post.post(callback.url, {}, b"{}")).status == 204
            assert callback.connections == connections

    run(act)


def test_a_connection_that_was_closed_while_nothing_was_said_is_replaced_at_once() -> None:
    async def act() -> None:
        async with calling(TAKEN, None, TAKEN) as (callback, post):
            for _ in range(2):
                assert (await post.post(callback.url, {}, b"{}")).status == 204
            assert (callback.connections, len(callback.requests)) == (2, 3)

    run(act)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (None, "before the answer was complete"),
        (b"HTTP/1.0", "before the answer was complete"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nok", "before the answer"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\nok\r\n",
            "before the answer",
        ),
        (b"220 mail.example ESMTP\r\n", "no answer in HTTP/1.1"),
        (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "HTTP/1.1"),
    ],
)
def test_what_is_no_answer_is_told_and_the_next_one_goes_another_way(answer: bytes | None, told: str) -> None:
    async def act() -> None:
        async with calling(answer) as (callback, post):
            with pytest.raises(ConnectionError, match=told):
                await post.post(callback.url, {}, b"{}")
            assert (await post.post(callback.url, {}, b"{}")).status == 204
            assert callback.connections == 2

    run(act)


def test_an_answer_that_comes_too_late_is_not_taken_for_the_next_one() -> None:
    async def act() -> None:
        late = b"HTTP/1.1 500 Late\r\nContent-Length: 0\r\n\r\n"
        async with calling(late) as (callback, post):
            callback.released.clear()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await post.post(callback.url, {}, b"{}")
            callback.released.set()
            assert (await post.post(callback.url, {}, b"{}")).status == 204
            assert callback.connections == 2

    run(act)


def test_a_connection_that_was_closed_meanwhile_costs_no_notification(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def act() -> None:
        # the callback closes it without having said that it will
        async with calling(b"HTTP/1.1 204 No Content\r\nX-Then: close\r\n\r\n") as (callback, post):
            assert (await post.post(callback.url, {}, b"{}")).status == 204
            (kept,) = post._idle
            while kept.is_open:  # noqa: ASYNC110
                await asyncio.sleep(0)
            assert (await post.post(callback.url, {}, b"{}")).status == 204
            # nobody relies on one that was not used for long
            monkeypatch.setattr(posting, "LONGEST_IDLE", -1.0)
            assert (await post.post(callback.url, {}, b"{}")).status == 204
            assert callback.connections == 3

    run(act)


def test_only_so_many_connections_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "MOST_IDLE", 2)

    async def act() -> None:
        async with calling() as (callback, post):
            await asyncio.gather(*(post.post(callback.url, {}, b"{}") for _ in range(3)))
            await asyncio.wait_for(callback.ended.wait(), 5)
            await asyncio.gather(*(post.post(callback.url, {}, b"{}") for _ in range(3)))
            assert callback.connections == 4

    run(act)


def test_of_an_answer_without_end_only_the_beginning_is_kept() -> None:
    async def act() -> None:
        size = 50 * posting.MOST_HEARD
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (size, b"x" * size)
        async with calling(answer) as (callback, post):
            reply = await post.post(callback.url, {}, b"{}")
            assert posting.MOST_HEARD <= len(reply.body) < size / 2

    run(act)


def test_a_large_notification_arrives_whole() -> None:
    async def act() -> None:
        async with calling() as (callback, post):
            await post.post(callback.url, {}, b"x" * 3_000_000)
            assert callback.requests[0].endswith(b"\r\n\r\n" + b"x" * 3_000_000)

    run(act)


def test_the_address_is_sent_as_a_browser_would() -> None:
    async def act() -> None:
        async with calling() as (callback, post):
            place = f"127.0.0.1:{callback.port}"
            await post.post(f"http://user:pass@{place}/a%20b/ü?q=1#part", {}, b"{}")
            await post.post(f"http://{place}", {}, b"{}")
            lines = [request.split(b"\r\n") for request in callback.requests]
            assert lines[0][0] == b"POST /a%20b/%C3%BC?q=1 HTTP/1.1"
            assert b"Authorization: Basic dXNlcjpwYXNz" in lines[0]
            assert lines[1][0] == b"POST / HTTP/1.1"
            assert not any(each.startswith(b"Authorization") for each in lines[1])

    run(act)


def test_of_several_addresses_of_a_host_one_that_answers_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    async def act() -> None:
        async with calling() as (callback, post):
            loop = asyncio.get_running_loop()
            resolve, connect, given_up = loop.getaddrinfo, loop.sock_connect, asyncio.Event()

            async def resolved(host: str, port: int, **more: Any) -> Any:
                if host != "many":
                    return await resolve(host, port, **more)
                return [(socket.AF_INET, 1, 6, "", ("127.0.0.1", each)) for each in (1, 2, port)]

            async def connected(end: socket.socket, address: tuple[str, int]) -> None:
                if address[1] != 1:
                    return await connect(end, address)
                # as where packets get lost
                try:
                    await asyncio.Event().wait()
                finally:
                    given_up.set()

            monkeypatch.setattr(loop, "getaddrinfo", resolved)
            monkeypatch.setattr(loop, "sock_connect", connected)
            began = time.monotonic()
            assert (await post.post(callback.url.replace("127.0.0.1", "many"), {}, b"{}")).status == 204
            assert time.monotonic() - began < 5
            assert given_up.is_set()

    run(act)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate of localhost that it has issued itself, with its key."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl here to make a certificate")
    key, file = tmp_path / "key.pem", tmp_path / "both.pem"
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=rig"
    )
    options = ("-addext", "subjectAltName=DNS:localhost", "-keyout", str(key))
    made = subprocess.run([*command.split(), *options], check=True, capture_output=True, timeout=60)
    file.write_bytes(key.read_bytes() + made.stdout)
    return file


def test_only_a_callback_that_is_known_is_told_over_tls(
    monkeypatch: pytest.MonkeyPatch, certificate: Path
) -> None:
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(certificate)
    trusting = ssl.create_default_context(cafile=certificate)

    async def told() -> tuple[Sequence[Reply], int]:
        async with calling(secured=served) as (callback, post):
            url = f"https://localhost:{callback.port}/"
            return [await post.post(url, {}, b"{}") for _ in range(2)], callback.connections

    async def act() -> None:
        with pytest.raises(ssl.SSLCertVerificationError):
            await told()
        monkeypatch.setattr(httpx2, "create_ssl_context", lambda **_: trusting)
        replies, connections = await told()
        assert ([each.status for each in replies], connections) == ([204, 204], 1)

    run(act)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/",
        "http://a..b/",
        "https://127.0.0.1:1/",
        "http://here.test/\u2603",
    ],
)
def test_who_cannot_be_reached_is_told_in_a_few_words(url: str) -> None:
    async def act() -> None:
        wire = Wire()
        wire.mount("http://here.test", _nothing)
        with pytest.raises(NoAnswerError) as raised:
            await wire.request("POST", url, caller="TMF622", notification=True)
        assert 5 < len(str(raised.value)) < 200

    run(act)


async def _nothing(*_: object) -> None:
    raise AssertionError("nobody should be asked")
