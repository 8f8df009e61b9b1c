"""The client of the load generator, against servers that say exactly the bytes that a test wants."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import zlib

import gevent  # type: ignore[import-untyped]
import pytest
from gevent import monkey
from talking_server import (
    CHUNKED,
    GZIPPED,
    KB,
    OK,
    Caller,
    Talk,
    answering,
    channel_to,
    once,
    serving,
)

from tmfrig.conformance.client import Connection
from tmfrig.loadtests.client import Channel


def test_the_module_leaves_the_interpreter_as_it_is() -> None:
    assert not monkey.is_module_patched("socket")


def test_one_connection_carries_all_requests() -> None:
    with (
        serving(answering(OK)) as server,
        channel_to(f"{server.url}/base", headers={"X-Key": "k"}) as channel,
    ):
        before = time.perf_counter()
        answers = [
            channel.send("GET", "/order/1?fields=id"),
            channel.send("POST", "/order", b'{"a":1}'),
            channel.send("PATCH", "/order/1", b"[]", "application/json-patch+json"),
            channel.send("POST", "/order/1/start"),
        ]
        after = time.perf_counter()
    host = f"Host: 127.0.0.1:{server.port}"
    head = (
        f"{host}\r\nAccept: application/json\r\nAccept-Encoding: gzip\r\nUser-Agent: tmfrig\r\nX-Key: k\r\n"
    )
    assert server.requests == [
        f"GET /base/order/1?fields=id HTTP/1.1\r\n{head}\r\n",
        f"POST /base/order HTTP/1.1\r\n{head}Content-Type: application/json\r\nContent-Length: 7\r\n\r\n"
        '{"a":1}',
        f"PATCH /base/order/1 HTTP/1.1\r\n{head}Content-Type: application/json-patch+json\r\n"
        "Content-Length: 2\r\n\r\n[]",
        f"POST /base/order/1/start HTTP/1.1\r\n{head}Content-Length: 0\r\n\r\n",
    ]
    assert server.connections == 1
    for answer in answers:
        assert (answer.status, answer.body, answer.trouble) == (200, b"{}", "")
        assert dict(answer.headers) == {"content-type": "application/json", "content-length": "2"}
    times = [moment for answer in answers for moment in (answer.sent, answer.ended)]
    assert [before, *times, after] == sorted([before, *times, after])


def test_standing_headers_take_the_place_of_ours_but_never_say_where_a_body_ends() -> None:
    headers = {"accept": "text/plain", "HOST": "acme", "Content-Type": "x/y", "Content-Length": "9"}
    with serving(answering(OK)) as server, channel_to(server.url, headers=headers) as channel:
        channel.send("GET", "/a")
        channel.send("POST", "/a", b"{}")
    head = "HOST: acme\r\naccept: text/plain\r\nAccept-Encoding: gzip\r\nUser-Agent: tmfrig\r\n"
    assert server.requests == [
        f"GET /a HTTP/1.1\r\n{head}Content-Type: x/y\r\n\r\n",
        f"POST /a HTTP/1.1\r\n{head}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}",
    ]


@pytest.mark.parametrize(
    ("said", "status", "body"),
    [
        (CHUNKED + b"2;x=1\r\nab\r\n1\r\nc\r\n0\r\nTrailer: t\r\n\r\n", 200, b"abc"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", 304, b""),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK, 200, b"{}"),
        (b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n", 302, b""),
        (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx", 200, b"x"),
        (b"HTTP/1.1 200 \r\ncontent-LENGTH:1\r\n\r\nx", 200, b"x"),
        (b"HTTP/1.1 200 OK\r\nUpgrade: h2c\r\nConnection: upgrade\r\nContent-Length: 0\r\n\r\n", 200, b""),
    ],
)
def test_an_answer_that_says_where_it_ends_leaves_the_connection_open(
    said: bytes, status: int, body: bytes
) -> None:
    whole, bytewise = [said], [said[place : place + 1] for place in range(len(said))]
    for pieces in (whole, bytewise):

        def talk(caller: Caller, pieces: list[bytes] = pieces) -> None:
            caller.request()
            caller.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            caller.say(*pieces)
            caller.answer(OK)

        with serving(talk) as server, channel_to(server.url) as channel:
            answer = channel.send("GET", "/a")
            assert (answer.status, answer.body, answer.trouble) == (status, body, "")
            assert channel.send("POST", "/a").status == 200
            assert server.connections == 1


@pytest.mark.parametrize(
    ("said", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}", b"{}"),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", b"{}"),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", b"until the end"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n{}", b"{}"),
    ],
)
def test_an_answer_that_ends_the_connection_is_followed_by_a_new_one(said: bytes, body: bytes) -> None:
    with serving(once(said), answering(OK)) as server, channel_to(server.url) as channel:
        answer = channel.send("POST", "/a")
        assert (answer.status, answer.body, answer.trouble) == (200, body, "")
        assert channel.send("POST", "/a").body == b"{}"
        assert (server.connections, len(server.requests)) == (2, 2)


def test_a_server_that_will_close_is_not_asked_again_while_it_has_not_yet() -> None:
    def talk(caller: Caller) -> None:
        caller.request()
        caller.say(OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        caller.wait()

    with serving(talk, answering(OK)) as server, channel_to(server.url) as channel:
        assert [channel.send("POST", "/a").status for _ in range(2)] == [200, 200]
        assert server.connections == 2


def test_head_brings_no_body_whatever_it_announces() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"
    with serving(answering(head, OK)) as server, channel_to(server.url) as channel:
        answer = channel.send("HEAD", "/a")
        assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", "500")
        assert channel.send("GET", "/a").body == b"{}"
        assert server.connections == 1


def test_repeated_fields_are_joined() -> None:
    said = b"HTTP/1.1 200 OK\r\nLink: </a>  \r\nX: \r\nlink:</b>\r\nX-N: \xe9\r\nContent-Length: 0\r\n\r\n"
    with serving(once(said)) as server, channel_to(server.url) as channel:
        headers = channel.send("GET", "/a").headers
    assert dict(headers) == {"link": "</a>, </b>", "x": "", "x-n": "é", "content-length": "0"}


def packed(encoding: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


@pytest.mark.parametrize(
    ("said", "body"),
    [
        (packed("gzip", GZIPPED), b"[1]"),
        (packed("GZIP", GZIPPED), b"[1]"),
        (packed("deflate", zlib.compress(b"[1]")), b"[1]"),
        (packed("gzip", b""), b""),
        (packed("br", b"left as it is"), b"left as it is"),
    ],
)
def test_compression_is_taken_off(said: bytes, body: bytes) -> None:
    with serving(answering(said)) as server, channel_to(server.url) as channel:
        assert [channel.send("GET", "/a").body for _ in range(2)] == [body, body]
        assert server.connections == 1


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\n", "the answer is not HTTP"),
        (b"\x15\x03\x01\x00\x02\x02\x28", "the answer is not HTTP"),
        (b"HTTP/1.1 twohundred OK\r\n\r\n", "the answer is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", "the answer is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\n{}", "the answer is not HTTP"),
        (CHUNKED + b"zz\r\n", "the answer is not HTTP"),
        (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "another protocol"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "the connection was closed before the answer was complete"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", "closed before the answer was complete"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", "closed before the answer was complete"),
        (CHUNKED + b"2\r\n{}\r\n", "closed before the answer was complete"),
        (b"", "the connection was closed without an answer"),
        (packed("gzip", b"no gzip"), "the body is not valid gzip"),
        (packed("gzip", GZIPPED[:-9]), "the body is not valid gzip: it is cut off"),
        (packed("gzip", gzip.compress(bytes(10**7), mtime=0)), "the answer is larger than"),
        (packed("x", bytes(KB + 1)), "the answer is larger than"),
        (CHUNKED + b"400\r\n" + bytes(1024) + b"\r\n0\r\n\r\n", "the answer is larger than"),
        (b"HTTP/1.1 200 OK\r\nX: " + bytes(2**21).replace(b"\0", b"x"), "its headers do not end"),
        (b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 2**18, "its headers do not end"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 2**16, "its headers do not end"),
        (CHUNKED + b"0\r\n" + b"A: b\r\n" * 2**18, "its headers do not end"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_answer_is_told_and_the_next_request_finds_a_new_connection(
    said: bytes, words: str
) -> None:
    with serving(once(said), answering(OK)) as server, channel_to(server.url) as channel:
        answer = channel.send("GET", "/a")
        assert (answer.status, answer.body, dict(answer.headers)) == (0, b"", {})
        assert words in answer.trouble
        assert channel.send("POST", "/b").status == 200
        assert (server.connections, len(server.requests)) == (2, 2)


def silence(caller: Caller) -> None:
    caller.request()
    caller.wait()


def dripping(start: bytes, piece: bytes) -> Talk:
    def talk(caller: Caller) -> None:
        caller.request()
        caller.say(start)
        caller.drip(piece)

    return talk


@pytest.mark.parametrize(
    "talk",
    [
        silence,
        dripping(b"HTTP/1.1 200 OK\r\nX: ", b"x"),
        dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", b"x"),
        dripping(CHUNKED, b"1\r\nx\r\n"),
        dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
)
def test_the_time_is_for_the_whole_exchange(talk: Talk) -> None:
    with serving(talk, answering(OK)) as server, channel_to(server.url, seconds=0.2) as channel:
        answer = channel.send("GET", "/a")
        assert (answer.status, answer.trouble) == (0, "no answer within 0.2 s")
        assert 0.2 <= answer.ended - answer.sent < 2
        assert channel.send("GET", "/b").status == 200
        assert server.connections == 2


def test_a_server_that_does_not_read_the_request_is_late_too() -> None:
    with (
        serving(lambda caller: caller.wait()) as server,
        channel_to(server.url, seconds=0.1) as channel,
    ):
        answer = channel.send("POST", "/a", bytes(16 * 2**20))
        assert (answer.status, answer.trouble) == (0, "no answer within 0.1 s")


def test_the_time_starts_anew_with_every_request() -> None:
    late = threading.Event()

    def talk(caller: Caller) -> None:
        while caller.request() is not None:
            late.wait(0.15)
            caller.say(OK)

    with serving(talk) as server, channel_to(server.url, seconds=0.4) as channel:
        assert [channel.send("GET", "/a").status for _ in range(4)] == [200] * 4


def test_a_closing_that_was_known_costs_nothing_not_even_a_post() -> None:
    closed = threading.Event()

    def talk(caller: Caller) -> None:
        once(OK)(caller)
        caller.connection.close()
        closed.set()

    with serving(talk, answering(OK)) as server, channel_to(server.url) as channel:
        channel.send("GET", "/a")
        assert closed.wait(5)
        assert channel.send("POST", "/b").status == 200
        assert (server.connections, len(server.requests)) == (2, 2)


def closing_at_the_second(caller: Caller) -> None:
    once(OK)(caller)
    caller.request()


def resetting_at_the_second(caller: Caller) -> None:
    closing_at_the_second(caller)
    caller.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


@pytest.mark.parametrize("talk", [closing_at_the_second, resetting_at_the_second])
@pytest.mark.parametrize(("method", "sent"), [("GET", 2), ("PUT", 2), ("POST", 1), ("PATCH", 1)])
def test_a_closing_at_the_very_moment_lets_only_idempotent_requests_be_sent_again(
    talk: Talk, method: str, sent: int
) -> None:
    with serving(talk, answering(OK)) as server, channel_to(server.url) as channel:
        channel.send("GET", "/a")
        answer = channel.send(method, "/b")
        assert sum("/b" in request for request in server.requests) == sent
        assert answer.status == (200 if sent == 2 else 0)
        assert answer.trouble == "" or "the connection was" in answer.trouble


def test_a_target_that_never_answers_is_asked_once_per_request() -> None:
    with serving(once(b"")) as server, channel_to(server.url) as channel:
        assert channel.send("GET", "/a").trouble == "the connection was closed without an answer"
        assert len(server.requests) == 1


def test_what_nobody_asked_for_is_not_the_next_answer() -> None:
    said = threading.Event()
    stray = OK.replace(b"{}", b"no")

    def late(caller: Caller) -> None:
        once(OK)(caller)
        said.wait(5)
        caller.say(stray)
        said.clear()
        caller.wait()

    with serving(once(OK + stray), late, answering(OK)) as server, channel_to(server.url) as channel:
        assert channel.send("GET", "/a").body == b"{}"
        assert channel.send("GET", "/b").body == b"{}"
        said.set()
        deadline = time.monotonic() + 5
        while said.is_set() and time.monotonic() < deadline:
            time.sleep(0.001)
        assert channel.send("GET", "/c").body == b"{}"
        assert server.connections == 3


def test_an_answer_given_before_the_whole_request_was_read_counts() -> None:
    refusal = b"HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

    def talk(caller: Caller) -> None:
        caller.connection.recv(100)
        caller.say(refusal)

    with serving(talk) as server, channel_to(server.url) as channel:
        assert channel.send("POST", "/a", bytes(8 * 2**20)).status == 413


def test_nobody_there() -> None:
    with serving(answering(OK)) as server:
        url = server.url
    with channel_to(url) as channel:
        answer = channel.send("GET", "/a")
    assert (answer.status, answer.trouble) == (0, "connection refused")
    with channel_to("http://no-such-host.invalid") as channel:
        answer = channel.send("GET", "/a")
    assert answer.status == 0
    assert answer.trouble


@pytest.mark.parametrize("headers", [{"X": "a\r\nY: b"}, {"X": "a\nb"}, {"X\r\nY": "a"}, {"X": "\0"}])
def test_headers_that_would_be_more_than_one_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="header"):
        Channel(Connection("http://127.0.0.1:1", headers))


@pytest.mark.parametrize("path", ["/a b", "/a\r\nX: y", "/ä", "/a\0"])
def test_a_path_that_is_not_encoded_is_refused(path: str) -> None:
    with channel_to("http://127.0.0.1:1") as channel, pytest.raises(ValueError, match="percent-encoded"):
        channel.send("GET", path)


def test_a_content_type_that_would_be_two_headers_is_refused() -> None:
    with channel_to("http://127.0.0.1:1") as channel, pytest.raises(ValueError, match="Content-Type"):
        channel.send("POST", "/a", b"", "a/b\r\nX: y")


def test_a_user_who_is_stopped_leaves_no_half_answer_behind() -> None:
    with serving(silence, answering(OK)) as server, channel_to(server.url) as channel:
        user = gevent.spawn(channel.send, "GET", "/a")
        with gevent.Timeout(5):
            while not server.requests:
                gevent.sleep(0.001)
        user.kill()
        assert channel.send("GET", "/b").status == 200
        assert server.connections == 2


def test_the_time_of_the_caller_is_not_taken_for_ours() -> None:
    with (
        serving(silence) as server,
        channel_to(server.url) as channel,
        pytest.raises(gevent.Timeout),
        gevent.Timeout(0.05),
    ):
        channel.send("GET", "/a")
