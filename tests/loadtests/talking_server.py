"""A server that says exactly the bytes that a test of the load client wants, to each caller others."""

from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tmfrig.conformance.client import Bounds, Connection
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
