"""Exchanges as observing checks see them, made up."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from httpx2 import Headers

from tmfrig.conformance.check import NotApplicable, Violation, catalogue
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.specs import standard_contract

ORDERS = standard_contract("TMF622")


def exchange(
    status: int = 200,
    body: Any = None,
    *,
    path: str = "/productOrder/42",
    method: str = "GET",
    sent: Any = None,
    headers: dict[str, str] | None = None,
    tags: Iterable[str] = (),
) -> Exchange:
    """One exchange with product ordering; a body of bytes is taken as it is."""
    raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return Exchange(
        contract=ORDERS,
        method=method,
        url=f"http://vendor.example{path}",
        path=path,
        request_headers=Headers({"accept": "application/json"}),
        request_body=b"" if sent is None else json.dumps(sent).encode(),
        status=status,
        headers=Headers({"content-type": "application/json", **(headers or {})}),
        body=raw,
        operation=ORDERS.operation_for(method, path),
        resource=ORDERS.resources["productOrder"],
        label=f"{method} {path}",
        intent=Intent.OPEN,
        tags=frozenset(tags),
    )


def verdict(check: str, seen: Exchange) -> str:
    """What an observing check says of an exchange: "right", "wrong" or "nothing"."""
    judge = next(each for each in catalogue() if each.id == check)
    try:
        judge.run(seen)
    except Violation:
        return "wrong"
    except NotApplicable:
        return "nothing"
    return "right"
