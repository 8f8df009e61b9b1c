"""A vendor's product ordering: right in every respect, unless a test makes it wrong in one."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

BASE = "/tmf-api/productOrderingManagement/v4"


@dataclass
class OrderingVendor:
    """How it behaves. An order takes the next of `states` each time that somebody looks at it."""

    states: Sequence[str] = ("acknowledged", "inProgress", "completed")
    status: int = 201
    gives_ids: bool = True
    has_hub: bool = True
    announces: bool = True
    announces_backwards: bool = False
    item_state: str | None = "as the order"
    tells_completion: bool = True
    answers_looks: bool = True
    dies_with_the_order: bool = False
    description: str = ""
    looks: int = 0
    callbacks: list[str] = field(default_factory=list)
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    _told: list[dict[str, Any]] = field(default_factory=list)

    def place(self, body: dict[str, Any]) -> tuple[int, Any]:
        if self.status != 201:
            return self.status, {"code": str(self.status), "reason": "The order base is down"}
        id = str(len(self.orders) + 1)
        order = body | {"id": id, "href": f"{BASE}/productOrder/{id}", "description": self.description}
        self.orders[id] = self._in_state(order, self.states[0])
        self._announce("ProductOrderCreateEvent", self.orders[id])
        shown = (
            self.orders[id] if self.gives_ids else {k: v for k, v in order.items() if k not in ("id", "href")}
        )
        return 201, shown

    def look(self, id: str) -> tuple[int, Any]:
        self.looks += 1
        order = self.orders.get(id)
        if order is None or not self.answers_looks:
            return 404, {"code": "404", "reason": "There is no such order"}
        position = order.pop("_position", 0)
        following = min(position + 1, len(self.states) - 1)
        self.orders[id] = self._in_state(order, self.states[following]) | {"_position": following}
        if following != position:
            self._announce("ProductOrderStateChangeEvent", self.orders[id])
        return 200, {key: value for key, value in self.orders[id].items() if key != "_position"}

    def _in_state(self, order: dict[str, Any], state: str) -> dict[str, Any]:
        item_state = state if self.item_state == "as the order" else self.item_state
        items = [item | ({"state": item_state} if item_state else {}) for item in order["productOrderItem"]]
        done = (
            {"completionDate": "2026-01-05T10:00:00Z"}
            if state == "completed" and self.tells_completion
            else {}
        )
        return order | {"state": state, "productOrderItem": items} | done

    def _announce(self, event_type: str, order: dict[str, Any]) -> None:
        number = len(self._told)
        shown = {key: value for key, value in order.items() if key != "_position"}
        self._told.append(
            {
                "eventId": str(number),
                "eventTime": f"2026-01-05T10:00:{number:02d}Z",
                "eventType": event_type,
                "event": {"productOrder": shown},
            }
        )
        if not self.announces:
            return
        if not self.announces_backwards:
            self._send(self._told[-1])
        elif shown["state"] == self.states[-1]:
            for event in reversed(self._told):
                self._send(event)

    def _send(self, event: dict[str, Any]) -> None:
        for callback in self.callbacks:
            request = urllib.request.Request(
                callback, json.dumps(event).encode(), {"Content-Type": "application/json"}
            )
            urllib.request.urlopen(request, timeout=5).close()


@contextmanager
def selling(vendor: OrderingVendor) -> Iterator[str]:
    """The vendor's system on a free port, for as long as the context lasts; the base URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.removeprefix(BASE).partition("?")[0].strip("/").split("/")
            self._answer(*(vendor.look(path[1]) if len(path) == 2 else (200, [])))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path != f"{BASE}/hub":
                self._answer(*vendor.place(body))
                if vendor.dies_with_the_order:
                    self.close_connection = True
                    server.socket.close()
            elif vendor.has_hub:
                vendor.callbacks.append(body["callback"])
                self._answer(201, {"id": "1", "callback": body["callback"]})
            else:
                self._answer(404, {"code": "404", "reason": "No such path"})

        def do_DELETE(self) -> None:
            vendor.callbacks.clear()
            self._answer(204, None)

        def _answer(self, status: int, body: Any) -> None:
            content = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{BASE}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
