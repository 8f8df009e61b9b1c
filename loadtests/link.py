"""The way to a target, and one open connection along it: proxies, TLS, and whether it still stands."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Callable
from typing import Any

import gevent.ssl  # type: ignore[import-untyped]
import httpx2
from gevent import monkey, socket

from tmfrig.conformance.client import Connection
from tmfrig.conformance.failure import CommandError
from tmfrig.loadtests.incoming import Incoming, Trouble, Unanswered

_PIECE = 65536
# Locust puts gevent's own in its place, which waits for the event loop; asking the kernel is enough here.
_poll: Callable[[], Any] = monkey.get_original("select", "poll")
_READABLE: int = monkey.get_original("select", "POLLIN")


class Way:
    """How connections to one API are opened, and what a request must say to travel along them."""

    def __init__(self, connection: Connection) -> None:
        url = httpx2.URL(connection.base_url)
        secure = url.scheme == "https"
        self.host = url.netloc.decode()
        """The Host header."""
        self.prefix = url.raw_path.decode().rstrip("/")
        """What stands before each path in a request line."""
        self.headers: dict[str, str] = {}
        """What a proxy wants to be told with every request."""
        self._hostname = url.raw_host.decode()
        port = url.port or (443 if secure else 80)
        self._address = (self._hostname, port)
        self._tls = (connection.ssl_context or _default_context()) if secure else None
        self._tunnel = b""
        if connection.proxy is not None:
            self._through(httpx2.Proxy(connection.proxy), url, port)

    def _through(self, proxy: httpx2.Proxy, url: httpx2.URL, port: int) -> None:
        if proxy.url.scheme != "http":
            raise CommandError(f"load goes through proxies at http:// only, not at {proxy.url.scheme}://")
        self._address = (proxy.url.raw_host.decode(), proxy.url.port or 80)
        login = base64.b64encode(b":".join(proxy.raw_auth)).decode() if proxy.raw_auth else ""
        told = {"Proxy-Authorization": f"Basic {login}"} if login else {}
        if self._tls is None:
            self.prefix = f"http://{self.host}{self.prefix}"
            self.headers = told
            return
        host = f"[{self._hostname}]" if ":" in self._hostname else self._hostname
        lines = [f"CONNECT {host}:{port} HTTP/1.1", f"Host: {host}:{port}", "User-Agent: tmfrig"]
        lines += [f"{name}: {value}" for name, value in told.items()]
        self._tunnel = "\r\n".join([*lines, "", ""]).encode()

    def open(self, most_body: int) -> Link:
        """A new connection; OSError or Trouble where there is none to be had."""
        sock = socket.create_connection(self._address)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tunnel:
                _dig(self._tunnel, Link(sock, most_body))
            if self._tls is not None:
                sock = self._tls.wrap_socket(
                    sock, server_hostname=self._hostname, do_handshake_on_connect=False
                )
                sock.do_handshake()
        except BaseException:
            sock.close()
            raise
        return Link(sock, most_body)


class Link:
    """One open connection, which carries one exchange after the other."""

    def __init__(self, sock: Any, most_body: int) -> None:
        self._sock = sock
        self._most_body = most_body
        self._incoming = Incoming(most_body)
        self._poll = _poll()
        self._poll.register(sock.fileno(), _READABLE)

    def stands(self) -> bool:
        """Whether the server has neither closed the connection nor said what nobody asked for."""
        if not self._poll.poll(0):
            return True
        # Something has come. In TLS that may be a session ticket, which means nothing.
        self._sock.settimeout(0)
        try:
            self._sock.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            self._sock.settimeout(None)
            return True
        except OSError:
            return False
        return False

    def exchange(self, request: bytes, bodiless: bool) -> Incoming:
        """Send a request and take in the answer; OSError or Trouble where none comes, Unanswered where the
        connection ended without one."""
        incoming = self._incoming
        if incoming.stopped:
            incoming = self._incoming = Incoming(self._most_body)
        incoming.expect(bodiless)
        receive, feed = self._sock.recv, incoming.feed
        try:
            self._send(request)
            while not incoming.complete:
                if data := receive(_PIECE):
                    feed(data)
                else:
                    incoming.end()
        except ConnectionResetError:
            if incoming.received:
                raise
            raise Unanswered("the connection was reset") from None
        return incoming

    def _send(self, request: bytes) -> None:
        try:
            # Nearly always that is all; gevent's sendall takes 2 µs longer.
            sent = self._sock.send(request)
            if sent < len(request):
                self._sock.sendall(memoryview(request)[sent:])
        except (BrokenPipeError, ConnectionResetError):
            # The server has closed without having read all of it, and may have said why.
            return

    def close(self) -> None:
        """Close the connection."""
        self._sock.close()


def _dig(tunnel: bytes, link: Link) -> None:
    answer = link.exchange(tunnel, bodiless=True)
    if answer.status // 100 != 2:
        raise Trouble(f"the proxy refused the connection ({answer.status})")


def _default_context() -> ssl.SSLContext:
    # ssl.create_default_context makes one that blocks the event loop where Locust has not patched ssl.
    context: ssl.SSLContext = gevent.ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_default_certs()
    return context
