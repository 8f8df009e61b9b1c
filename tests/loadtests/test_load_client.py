"""The client of the load generator, against servers that say exactly the bytes that a test wants."""

from __future__ import annotations

import contextlib
import gzip
import shutil
import socket
import ssl
import subprocess
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gevent  # type: ignore[import-untyped]
import gevent.ssl  # type: ignore[import-untyped]
import pytest
from gevent import monkey

from tmfrig.conformance.client import Bounds, Connection
from tmfrig.conformance.failure import CommandError
from tmfrig.loadtests.client import Channel

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
KB = 1000
GZIPPED = gzip.compress(b"[1]", mtime=0)


@dataclass
class Caller:
    """One connection of a client, as the server sees it."""

    connection: socket.socket
    server: Server

    def request(self) -> str | None:
        """The head and body of the next request; None when the client has gone."""
        head = self._read(lambda read: read.endswith(b"\r\n\r\n"))
        if head is None:
            return None
        lengths = [int(line[15:]) for line in head.splitlines() if line.startswith(b"Content-Length:")]
        body = self._read(lambda read: len(read) == sum(lengths)) or b""
        self.server.requests.append((head + body).decode())
        return self.server.requests[-1]

    def _read(self, enough: Callable[[bytes], bool]) -> bytes | None:
        read = b""
        while not enough(read):
            byte = self.connection.recv(1)
            if not byte:
                return None
            read += byte
        return read

    def say(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.connection.sendall(piece)

    def answer(self, *answers: bytes) -> None:
        """One answer for each request, the last one again and again."""
        left = list(answers)
        while self.request() is not None:
            self.say(left.pop(0) if len(left) > 1 else left[0])

    def drip(self, piece: bytes) -> None:
        """A piece again and again, for as long as the client and the test last."""
        while not self.server.over.wait(0.01):
            self.say(piece)

    def wait(self) -> None:
        """Do nothing until the test is over."""
        self.server.over.wait(10)


Talk = Callable[[Caller], None]


@dataclass
class Server:
    """Talks to its first caller as the first function does, to the next as the second, and so on; to all
    later ones as the last."""

    talks: list[Talk]
    context: ssl.SSLContext | None = None
    host: str = "127.0.0.1"
    requests: list[str] = field(default_factory=list)
    connections: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self.listener = socket.create_server((self.host, 0), family=family)
        self.port: int = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                talk = self.talks[min(self.connections, len(self.talks) - 1)]
                self.connections += 1
                threading.Thread(target=self._talk, args=(talk, connection), daemon=True).start()

    def _talk(self, talk: Talk, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            if self.context is not None:
                connection = self.context.wrap_socket(connection, server_side=True)
            with connection:
                talk(Caller(connection, self))


@contextlib.contextmanager
def serving(*talks: Talk, **options: Any) -> Iterator[Server]:
    server = Server(list(talks), **options)
    try:
        yield server
    finally:
        server.over.set()
        with contextlib.suppress(OSError):
            server.listener.shutdown(socket.SHUT_RDWR)
        server.listener.close()


@contextlib.contextmanager
def channel_to(url: str, seconds: float = 5, body: int = KB, **options: Any) -> Iterator[Channel]:
    channel = Channel(Connection(url, bounds=Bounds(seconds=seconds, body=body), **options))
    try:
        yield channel
    finally:
        channel.close()


def answering(*answers: bytes) -> Talk:
    return lambda caller: caller.answer(*answers)


def once(*pieces: bytes) -> Talk:
    """Say this to the first request, and close."""

    def talk(caller: Caller) -> None:
        caller.request()
        caller.say(*pieces)

    return talk


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


def test_a_handshake_that_does_not_end_is_no_connection() -> None:
    with (
        serving(lambda caller: caller.wait()) as server,
        channel_to(f"https://127.0.0.1:{server.port}", seconds=0.1) as channel,
    ):
        assert channel.send("GET", "/a").trouble == "no connection within 0.1 s"


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


def test_ipv6() -> None:
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(serving(answering(OK), host="::1"))
        except OSError:
            pytest.skip("this machine has no IPv6")
        channel = stack.enter_context(channel_to(f"http://[::1]:{server.port}/v4"))
        assert channel.send("GET", "/a").status == 200
    assert f"Host: [::1]:{server.port}\r\n" in server.requests[0]


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for localhost, which is its own authority, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("certificates are made with openssl, which is not here")
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "rig.pem", folder / "rig.key"
    names = ["-subj", "/CN=rig", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    made = [openssl, "req", *kind, *names, "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(made, check=True, capture_output=True)
    return certificate, key


def behind_tls(identity: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*identity)
    return context


def trusting(identity: tuple[Path, Path]) -> ssl.SSLContext:
    context: ssl.SSLContext = gevent.ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(identity[0])
    return context


def test_tls_names_the_host_and_keeps_the_connection(identity: tuple[Path, Path]) -> None:
    names: list[str | None] = []
    context = behind_tls(identity)
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    with serving(answering(OK), context=context) as server:
        url = f"https://localhost:{server.port}"
        with channel_to(url, ssl_context=trusting(identity)) as channel:
            assert [channel.send("POST", "/a").status for _ in range(3)] == [200] * 3
        assert (names, server.connections) == (["localhost"], 1)


def test_a_certificate_that_nobody_vouches_for_is_told(identity: tuple[Path, Path]) -> None:
    with serving(answering(OK), context=behind_tls(identity)) as server:
        with channel_to(f"https://127.0.0.1:{server.port}") as channel:
            answer = channel.send("GET", "/a")
        assert answer.status == 0
        assert answer.trouble.startswith("its TLS certificate is not trusted")
    assert server.requests == []


def test_tls_is_closed_without_notice_between_requests(identity: tuple[Path, Path]) -> None:
    with serving(once(OK), answering(OK), context=behind_tls(identity)) as server:
        with channel_to(f"https://127.0.0.1:{server.port}", ssl_context=trusting(identity)) as channel:
            assert [channel.send("GET", "/a").status for _ in range(3)] == [200] * 3
        assert server.connections == 2


def test_a_plain_server_is_no_tls_server() -> None:
    with serving(once(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
        server.talks[0] = lambda caller: caller.say(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        with channel_to(f"https://127.0.0.1:{server.port}") as channel:
            assert "does not speak TLS" in channel.send("GET", "/a").trouble


LOGIN = "Basic dXNAZXI6cGE6c3M="


def test_a_proxy_gets_the_whole_url_and_the_login() -> None:
    with serving(answering(OK)) as proxy:
        through = f"http://us%40er:pa%3Ass@127.0.0.1:{proxy.port}"
        with channel_to("http://acme.example/v4", proxy=through) as channel:
            assert channel.send("GET", "/a?b=c").status == 200
    lines = proxy.requests[0].splitlines()
    assert lines[:2] == ["GET http://acme.example/v4/a?b=c HTTP/1.1", "Host: acme.example"]
    assert f"Proxy-Authorization: {LOGIN}" in lines


def tunnelling(context: ssl.SSLContext) -> Talk:
    def talk(caller: Caller) -> None:
        caller.request()
        caller.say(b"HTTP/1.1 200 Connection established\r\nContent-Length: 7\r\n\r\n")
        with context.wrap_socket(caller.connection, server_side=True) as inside:
            Caller(inside, caller.server).answer(OK)

    return talk


def test_tls_goes_through_a_tunnel_of_the_proxy(identity: tuple[Path, Path]) -> None:
    with serving(tunnelling(behind_tls(identity))) as proxy:
        options = {
            "proxy": f"http://us%40er:pa%3Ass@127.0.0.1:{proxy.port}",
            "ssl_context": trusting(identity),
        }
        with channel_to("https://localhost/v4", **options) as channel:
            assert [channel.send("GET", "/a").status for _ in range(2)] == [200, 200]
    connect, *requests = proxy.requests
    assert connect.splitlines()[:2] == ["CONNECT localhost:443 HTTP/1.1", "Host: localhost:443"]
    assert f"Proxy-Authorization: {LOGIN}\r\n" in connect
    assert [each.splitlines()[:2] for each in requests] == [["GET /v4/a HTTP/1.1", "Host: localhost"]] * 2
    assert all(LOGIN not in each for each in requests)


def test_a_proxy_that_refuses_is_told() -> None:
    refusal = b"HTTP/1.1 407 Login\r\nContent-Length: 500\r\n\r\n"
    with (
        serving(answering(refusal)) as proxy,
        channel_to("https://acme.example", proxy=proxy.url) as channel,
    ):
        assert channel.send("GET", "/a").trouble == "the proxy refused the connection (407)"


def test_a_proxy_behind_tls_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(CommandError, match="http://"):
        Channel(Connection("http://acme.example", proxy="https://proxy.example:443"))
