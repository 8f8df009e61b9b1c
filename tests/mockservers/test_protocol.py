"""What clients get from our HTTP connections, however an answer is made and whenever they ask."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn

from tmfrig.mockservers.protocol import MOST_KEPT, QuickProtocol
from tmfrig.mockservers.running import bind

LARGE = b"0123456789abcdef" * (MOST_KEPT // 4)


async def application(scope: Any, receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
    """Answers with its path, with much, piece by piece, or not until the client has got a first piece."""
    path = scope["path"]
    headers = [(b"content-type", b"text/plain")]
    if path in ("/pieces", "/waiting"):
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for number in range(3):
            await send({"type": "http.response.body", "body": b"piece %d;" % number, "more_body": True})
            if path == "/waiting":
                await receive()  # nothing comes but the end of the connection
                return
        await send({"type": "http.response.body", "body": b"end"})
        return
    if path == "/break":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"10")]})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise RuntimeError("no more")
    if path == "/reading":
        await receive()
    body = LARGE if path == "/large" else path.encode()
    headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@contextmanager
def served() -> Iterator[int]:
    config = uvicorn.Config(
        application, http=QuickProtocol, log_config=None, access_log=False, lifespan="off",
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    with bind("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(10)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with served() as found:
        yield found


@pytest.fixture
def connection(port: int) -> Iterator[http.client.HTTPConnection]:
    opened = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    yield opened
    opened.close()


def get(connection: http.client.HTTPConnection, path: str, method: str = "GET", **headers: str) -> bytes:
    connection.request(method, path, headers=headers)
    return connection.getresponse().read()


def test_one_answer_after_the_other(connection: http.client.HTTPConnection) -> None:
    assert [get(connection, f"/{number}") for number in range(50)] == [b"/%d" % each for each in range(50)]


def test_large_answers_are_whole(connection: http.client.HTTPConnection) -> None:
    assert [get(connection, path) for path in ("/large", "/small", "/large")] == [LARGE, b"/small", LARGE]


def test_answers_piece_by_piece(connection: http.client.HTTPConnection) -> None:
    assert get(connection, "/pieces") == b"piece 0;piece 1;piece 2;end"
    assert get(connection, "/next") == b"/next"


def test_answers_without_a_body(connection: http.client.HTTPConnection) -> None:
    assert get(connection, "/head", "HEAD") == b""
    assert get(connection, "/next") == b"/next"


def test_a_connection_that_the_client_wants_to_be_closed(connection: http.client.HTTPConnection) -> None:
    assert get(connection, "/last", Connection="close") == b"/last"


def asked(port: int, requests: bytes) -> bytes:
    """All that comes back on one connection for requests that are sent at once."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(requests)
        found = b""
        while data := client.recv(65536):
            found += data
        return found


def test_requests_that_do_not_wait_for_answers_get_them_in_order(port: int) -> None:
    paths = ("/1", "/large", "/pieces", "/2")
    requests = b"".join(b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n" % each.encode() for each in paths)
    found = asked(port, requests + b"GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert found.count(b"HTTP/1.1 200 OK\r\n") == 5
    places = [found.index(each) for each in (b"\r\n\r\n/1", LARGE, b"piece 2;", b"\r\n\r\n/2", b"\r\n\r\n/3")]
    assert places == sorted(places)


def test_what_is_no_request_is_told_so_before_the_connection_ends(port: int) -> None:
    assert asked(port, b"nonsense\r\n\r\n").startswith(b"HTTP/1.1 400 Bad Request\r\n")


def test_what_was_said_before_a_failure_is_sent(port: int) -> None:
    assert asked(port, b"GET /break HTTP/1.1\r\nHost: a\r\n\r\n").endswith(b"\r\n\r\nhalf")


def test_a_first_piece_does_not_wait_for_the_rest(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(b"GET /waiting HTTP/1.1\r\nHost: a\r\n\r\n")
        found = b""
        while b"piece 0;" not in found:
            data = client.recv(65536)
            assert data
            found += data


def test_the_client_may_be_asked_to_go_on(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(b"POST /reading HTTP/1.1\r\nHost: a\r\nConnection: close\r\n")
        client.sendall(b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        found = client.recv(65536)
        assert found == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"{}")
        while data := client.recv(65536):
            found += data
        assert found.endswith(b"\r\n\r\n/reading")
