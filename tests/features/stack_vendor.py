"""A vendor's whole order management, small: right in every respect, unless it is given a fault.

Product ordering, product and service inventory, and service ordering of version 4, on one port. An order
takes its next state each time that somebody looks at it; what the inventories hold follows its state.
"""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

BASES = {
    "TMF622": "/tmf-api/productOrderingManagement/v4",
    "TMF637": "/tmf-api/productInventory/v4",
    "TMF638": "/tmf-api/serviceInventory/v4",
    "TMF641": "/tmf-api/serviceOrdering/v4",
}
STATES = ("acknowledged", "inProgress", "completed")

NOTHING_ACTIVATED = "completes without activating"
NO_SERVICE = "records products that no service realises"
NO_PRODUCT = "completes without a product"
TWICE = "product created twice"
EARLY = "service active before the order is in progress"
CANCELS_COMPLETED = "cancel of a completed order accepted"
UNDOES_COMPLETED = "cancel of a completed order carried out"
ITEM_FAILED = "order completed while an item failed"
STUCK = "stuck in progress"
EVENTS_LOST = "events lost"


@dataclass
class StackVendor:
    """How it behaves: as it should, but for one fault. `headers` are those of each request that came."""

    fault: str = ""
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    products: dict[str, dict[str, Any]] = field(default_factory=dict)
    services: dict[str, dict[str, Any]] = field(default_factory=dict)
    cancellations: dict[str, dict[str, Any]] = field(default_factory=dict)
    callbacks: list[tuple[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    _ticks: int = 0

    def place(self, body: dict[str, Any]) -> tuple[int, Any]:
        id = str(len(self.orders) + 1)
        self.orders[id] = body | {"id": id, "href": f"{BASES['TMF622']}/productOrder/{id}", "at": 0}
        if self.fault == EARLY:
            self._activate(id)
        self._enter(id, "Create")
        return 201, self._shown(id)

    def look(self, id: str) -> tuple[int, Any]:
        if id not in self.orders:
            return 404, {"code": "404", "reason": "There is no such order"}
        order = self.orders[id]
        last = 1 if self.fault == STUCK else len(STATES) - 1
        if order["at"] < last and not order.get("cancelled"):
            order["at"] += 1
            if STATES[order["at"]] == "completed" and self.fault != EARLY:
                self._activate(id)
            self._enter(id, "StateChange")
        return 200, self._shown(id)

    def cancel(self, body: dict[str, Any]) -> tuple[int, Any]:
        id = str(body["productOrder"]["id"])
        if id not in self.orders:
            return 404, {"code": "404", "reason": "There is no such order"}
        if self.fault not in (CANCELS_COMPLETED, UNDOES_COMPLETED):
            return 409, {"code": "409", "reason": "The order is completed"}
        self.orders[id]["cancelled"] = self.fault == UNDOES_COMPLETED
        effect = (
            {"effectiveCancellationDate": "2026-01-05T10:00:00Z"} if self.fault == CANCELS_COMPLETED else {}
        )
        task = str(len(self.cancellations) + 1)
        self.cancellations[task] = {**body, "id": task, "href": f"/{task}", "state": "done", **effect}
        return 201, self.cancellations[task]

    def listed(self, kind: str, query: dict[str, str]) -> list[dict[str, Any]]:
        if kind != "product":
            return []
        wanted = query.get("productOrderItem.productOrderId")
        found = list(self.products.values())
        return [each for each in found if wanted in (None, each["productOrderItem"][0]["productOrderId"])]

    def _activate(self, id: str) -> None:
        for item in self.orders[id]["productOrderItem"]:
            service, state = f"s{id}-{item['id']}", "active"
            if self.fault == NOTHING_ACTIVATED:
                state = "designed"
            self.services[service] = {"id": service, "href": f"/{service}", "state": state}
            self._announce("TMF638", "ServiceStateChangeEvent", "service", self.services[service])
            if self.fault == NO_PRODUCT:
                continue
            for copy in range(2 if self.fault == TWICE else 1):
                product = f"p{id}-{item['id']}{'-again' * copy}"
                self.products[product] = {
                    "id": product,
                    "href": f"/{product}",
                    "status": "active",
                    "startDate": "2026-01-05T10:00:00Z",
                    "productOffering": item["productOffering"],
                    "realizingService": [] if self.fault == NO_SERVICE else [{"id": service}],
                    "productOrderItem": [{"productOrderId": id, "orderItemId": item["id"]}],
                }

    def _shown(self, id: str) -> dict[str, Any]:
        order = self.orders[id]
        state = "cancelled" if order.get("cancelled") else STATES[order["at"]]
        items = [each | {"state": state} for each in order["productOrderItem"]]
        if state == "completed" and self.fault == ITEM_FAILED:
            items[-1]["state"] = "failed"
        done = {"completionDate": "2026-01-05T10:00:00Z"} if state == "completed" else {}
        shown = {name: value for name, value in order.items() if name not in ("at", "cancelled")}
        return shown | {"state": state, "productOrderItem": items} | done

    def _enter(self, id: str, change: str) -> None:
        if self.fault != EVENTS_LOST or change == "Create":
            self._announce("TMF622", f"ProductOrder{change}Event", "productOrder", self._shown(id))

    def _announce(self, api: str, event_type: str, name: str, body: dict[str, Any]) -> None:
        self._ticks += 1
        event = {
            "eventId": str(self._ticks),
            "eventTime": f"2026-01-05T10:{self._ticks // 60:02d}:{self._ticks % 60:02d}Z",
            "eventType": event_type,
            "event": {name: body},
        }
        for owner, callback in self.callbacks:
            if owner == api:
                request = urllib.request.Request(
                    callback, json.dumps(event).encode(), {"Content-Type": "application/json"}
                )
                urllib.request.urlopen(request, timeout=5).close()


@contextmanager
def running(vendor: StackVendor) -> Iterator[dict[str, str]]:
    """The vendor's system on a free port, for as long as the context lasts; its base URLs by API."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            vendor.headers.append(dict(self.headers.items()))
            _, path = self._where()
            query = dict(parse_qsl(urlsplit(self.path).query))
            if len(path) == 1:
                return self._answer(200, vendor.listed(path[0], query))
            kind, id = path
            if kind == "productOrder":
                return self._answer(*vendor.look(id))
            kept = {
                "product": vendor.products,
                "service": vendor.services,
                "cancelProductOrder": vendor.cancellations,
            }[kind]
            if id not in kept:
                return self._answer(404, {"code": "404", "reason": "There is no such thing"})
            return self._answer(200, kept[id])

        def do_POST(self) -> None:
            vendor.headers.append(dict(self.headers.items()))
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            api, path = self._where()
            if path == ["hub"]:
                vendor.callbacks.append((api, body["callback"]))
                return self._answer(201, {"id": str(len(vendor.callbacks)), "callback": body["callback"]})
            place = vendor.place if path == ["productOrder"] else vendor.cancel
            return self._answer(*place(body))

        def do_DELETE(self) -> None:
            vendor.callbacks.clear()
            self._answer(204, None)

        def _where(self) -> tuple[str, list[str]]:
            path = urlsplit(self.path).path
            api, base = next(each for each in BASES.items() if path.startswith(each[1]))
            return api, path.removeprefix(base).strip("/").split("/")

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
        yield {api: f"http://127.0.0.1:{server.server_port}{base}" for api, base in BASES.items()}
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
