"""A listener for notifications on a real port, well-behaved or not."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from mock_waiting import eventually


class Listener:
    """Collects what is posted to it. `statuses` are answered first, one each; then 201."""

    def __init__(self, url: str, *statuses: int) -> None:
        self.url = url
        self.statuses = list(statuses)
        self.heard: list[dict[str, Any]] = []
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.hold = threading.Event()
        self.hold.set()

    def types(self) -> list[str]:
        """The event types heard so far, in order."""
        return [each["eventType"] for each in self.heard]

    def wait_for(self, *types: str) -> list[dict[str, Any]]:
        """What was heard, once it includes these event types."""
        eventually(lambda: set(types) <= set(self.types()))
        return self.heard

    def about(self, identifier: str) -> list[dict[str, Any]]:
        """The notifications about one resource."""
        return [each for each in self.heard if next(iter(each["event"].values()))["id"] == identifier]


@contextmanager
def listening(*statuses: int) -> Iterator[Listener]:
    """A listener as long as the context lasts."""
    listener: Listener

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            listener.hold.wait(30)
            status = listener.statuses.pop(0) if listener.statuses else 201
            if status < 300:
                listener.heard.append(json.loads(body))
            listener.requests.append((self.path, dict(self.headers)))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    listener = Listener(f"http://127.0.0.1:{server.server_port}/callback", *statuses)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        listener.hold.set()
        server.shutdown()
        server.server_close()
