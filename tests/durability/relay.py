"""A network between a server and its database that can fall silent: nothing gets through, nobody hangs up."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from types import TracebackType
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

_LOOK = 0.05


class Relay:
    """Passes on what comes to a port of this machine to the database of a URL, until it is silent."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query))
        host, port = options.pop("host", parts.hostname or "127.0.0.1"), parts.port or 5432
        self._address: str | tuple[str, int] = f"{host}/.s.PGSQL.{port}" if host[0] == "/" else (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        user = f"{parts.username or 'postgres'}{':' + parts.password if parts.password else ''}"
        here = f"{user}@127.0.0.1:{self._listener.getsockname()[1]}"
        self.url = urlunsplit(parts._replace(netloc=here, query=urlencode(options)))
        self._silent_after = float("inf")
        self._ends = False
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> Relay:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ends = True
        self._thread.join()

    @property
    def is_silent(self) -> bool:
        """Whether nothing gets through any more."""
        return self._silent_after <= 0

    def fall_silent(self, after: int = 0) -> None:
        """Let nothing through any more, in either direction, or so many packets."""
        self._silent_after = after

    def _work(self) -> None:
        with selectors.DefaultSelector() as selector, contextlib.ExitStack() as stack:
            stack.enter_context(self._listener)
            selector.register(self._listener, selectors.EVENT_READ)
            while not self._ends:
                for key, _ in selector.select(_LOOK):
                    if self.is_silent:
                        # what comes stays where it is
                        selector.unregister(key.fileobj)
                    elif key.fileobj is self._listener:
                        for one, other in self._connected(stack):
                            selector.register(one, selectors.EVENT_READ, other)
                    else:
                        self._silent_after -= 1
                        self._passed_on(selector, key)

    def _connected(self, stack: contextlib.ExitStack) -> list[tuple[socket.socket, socket.socket]]:
        here = stack.enter_context(self._listener.accept()[0])
        family = socket.AF_UNIX if isinstance(self._address, str) else socket.AF_INET
        there = stack.enter_context(socket.socket(family))
        there.connect(self._address)
        return [(here, there), (there, here)]

    def _passed_on(self, selector: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
        source, target = key.fileobj, key.data
        assert isinstance(source, socket.socket)
        with contextlib.suppress(OSError):
            if data := source.recv(1 << 16):
                target.sendall(data)
                return
        for each in (source, target):
            with contextlib.suppress(KeyError, ValueError):
                selector.unregister(each)
            each.close()
