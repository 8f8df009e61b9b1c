"""The network below the client: every request has one deadline for everything, name resolution to last byte.

Timeouts per read, which HTTP libraries offer, do not bound a target that sends one byte a second.
"""

from __future__ import annotations

import queue
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import httpcore2
import httpx2


class Deadline(threading.local):
    """The moment at which the request under way in this thread must be over."""

    def __init__(self) -> None:
        self._until: float | None = None

    def set(self, seconds: float) -> None:
        """Start the clock for one request."""
        self._until = time.monotonic() + seconds

    def left(self, timeout: float | None) -> float:
        """The shorter of `timeout` and what is left; httpcore2.ReadTimeout when nothing is."""
        left = float("inf") if self._until is None else self._until - time.monotonic()
        if left <= 0:
            raise httpcore2.ReadTimeout("the deadline of the request has passed")
        return min(left, 60.0 if timeout is None else timeout)


class _Stream(httpcore2.NetworkStream):
    def __init__(self, stream: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        left = self._deadline.left(timeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


_IDLE = 2
"""So many connections are kept for later: each is asked at every request whether it still lives."""


class _Backend(httpcore2.NetworkBackend):
    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._inner = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        left = self._deadline.left(timeout)

        def connect() -> httpcore2.NetworkStream:
            return self._inner.connect_tcp(host, port, left, local_address, socket_options)

        return _Stream(interruptible(connect, left), self._deadline)


def interruptible(call: Callable[[], httpcore2.NetworkStream], within: float) -> httpcore2.NetworkStream:
    """Make a call that may block in the C library (a name look-up), so that time and Ctrl-C can end the
    waiting."""
    done: queue.SimpleQueue[httpcore2.NetworkStream | BaseException] = queue.SimpleQueue()

    def run() -> None:
        try:
            done.put(call())
        except BaseException as problem:
            done.put(problem)

    threading.Thread(target=run, name="connect", daemon=True).start()
    try:
        outcome = done.get(timeout=within)
    except queue.Empty:
        raise httpcore2.ConnectTimeout("no connection in time") from None
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


class Transport(httpx2.BaseTransport):
    """httpx2's own transport with a network whose deadline can be set; raises httpcore2's exceptions."""

    def __init__(self, deadline: Deadline, ssl_context: ssl.SSLContext | None, proxy: str | None) -> None:
        backend = _Backend(deadline)
        if proxy is None:
            self._pool = httpcore2.ConnectionPool(
                ssl_context=ssl_context, max_keepalive_connections=_IDLE, network_backend=backend
            )
        else:
            through = httpx2.Proxy(proxy)
            self._pool = httpcore2.HTTPProxy(
                proxy_url=str(through.url),
                proxy_auth=through.raw_auth,
                ssl_context=ssl_context,
                max_keepalive_connections=_IDLE,
                network_backend=backend,
            )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request; the body of the response is still to be read."""
        url = request.url
        answer = self._pool.handle_request(
            httpcore2.Request(
                method=request.method,
                url=httpcore2.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx2.Response(status_code=answer.status, headers=answer.headers, stream=_Body(answer))

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


class _Body(httpx2.SyncByteStream):
    def __init__(self, answer: httpcore2.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()
