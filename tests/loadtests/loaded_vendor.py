"""A vendor's product ordering under load: right in every respect, unless a test makes it wrong in one."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

BASE = "/tmf-api/productOrderingManagement/v4"
TYPE = "application/json"


def unchanged(order: dict[str, Any]) -> dict[str, Any]:
    return order


@dataclass
class LoadedVendor:
    """How it behaves: `shown` is what becomes of an order in an answer; `fails_after` so many orders a 500
    comes for the next one, `dies_after` so many orders nothing answers any more."""

    shown: Callable[[dict[str, Any]], Any] = unchanged
    media_type: str = TYPE
    fails_after: int | None = None
    dies_after: int | None = None
    orders: list[dict[str, Any]] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    def place(self, body: dict[str, Any]) -> tuple[int, Any]:
        if self.fails_after is not None and len(self.orders) >= self.fails_after:
            return 500, {"code": "500", "reason": "The order base is full"}
        id = str(len(self.orders) + 1)
        order = body | {"id": id, "href": f"{BASE}/productOrder/{id}", "state": "acknowledged"}
        order["orderDate"] = datetime.now(UTC).isoformat()
        self.orders.append(order)
        return 201, self.shown(order)

    @property
    def dead(self) -> bool:
        return self.dies_after is not None and len(self.orders) >= self.dies_after


@contextmanager
def serving_load(vendor: LoadedVendor) -> Iterator[str]:
    """The vendor's system on a free port, for as long as the context lasts; the base URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            id = self.path.removeprefix(BASE).partition("?")[0].strip("/").split("/")[1:]
            if id:
                self._answer(200, vendor.shown(vendor.orders[int(id[0]) - 1]))
            else:
                page = [vendor.shown(order) for order in vendor.orders[:10]]
                self._answer(200, page, {"X-Total-Count": len(vendor.orders), "X-Result-Count": len(page)})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, order = vendor.place(body)
            headers = {"Location": order["href"]} if isinstance(order, dict) and "href" in order else {}
            self._answer(status, order, headers)

        def _answer(self, status: int, body: Any, headers: dict[str, Any] | None = None) -> None:
            vendor.seen.append(self.headers.get("Authorization", ""))
            if vendor.dead:
                self.close_connection = True
                server.socket.close()
                return
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", vendor.media_type)
            self.send_header("Content-Length", str(len(content)))
            for name, value in (headers or {}).items():
                self.send_header(name, str(value))
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
