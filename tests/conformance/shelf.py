"""The smallest TMF622 that can be judged: orders on a shelf, right enough for tests of the core."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from raw_server import RawServer, Request, Said, response, serving

BASE = "/tmf-api/productOrderingManagement/v4"
ERROR = {"code": "60", "reason": "no such thing"}


class Shelf:
    """Keeps what is posted. `instead` may answer a request in its own way; None from it means: as usual."""

    def __init__(self, instead: Callable[[Request], Said | str] = lambda request: "as usual") -> None:
        self.items: dict[str, dict[str, dict[str, Any]]] = {}
        self.url = ""
        self._instead = instead
        self._numbers = itertools.count(1)

    def __call__(self, request: Request) -> Said:
        own = self._instead(request)
        return self._usual(request) if isinstance(own, str) else own

    def _usual(self, request: Request) -> bytes:
        if not request.path.startswith(BASE):
            return response(404, ERROR)
        name, _, id = request.path.removeprefix(BASE).strip("/").partition("/")
        items = self.items.setdefault(name, {})
        match request.method, bool(id):
            case "GET", False:
                return response(200, list(items.values()))
            case "POST", False if not _is_object(request):
                return response(400, ERROR)
            case "POST", False:
                item = {**request.json, "id": str(next(self._numbers))}
                item["href"] = f"{self.url}/{name}/{item['id']}"
                items[item["id"]] = item
                return response(201, item, headers={"Location": item["href"]})
            case _ if id not in items:
                return response(404, ERROR)
            case "GET", _:
                return response(200, items[id])
            case "DELETE", _:
                del items[id]
                return response(204)
            case _:
                return response(405, ERROR)


def _is_object(request: Request) -> bool:
    try:
        return isinstance(request.json, dict)
    except ValueError:
        return False


@contextmanager
def shelf(
    instead: Callable[[Request], Said | str] = lambda request: "as usual",
) -> Iterator[tuple[Shelf, RawServer]]:
    """A running shelf and its server."""
    kept = Shelf(instead)
    with serving(kept) as server:
        kept.url = server.url + BASE
        yield kept, server
