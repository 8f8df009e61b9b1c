"""Exchanges of a scenario, as short as a test wants to write them."""

from __future__ import annotations

import json
from typing import Any

from tmfrig.reports.result import (
    Evidence,
    Outcome,
    RecordedRequest,
    RecordedResponse,
    Step,
    TargetInfo,
    record,
)
from tmfrig.reports.sequence import Diagram

BASES = {
    "TMF620": "https://a.example/tmf-api/productCatalogManagement/v4",
    "TMF622": "https://a.example/tmf-api/productOrderingManagement/v4",
    "TMF638": "https://a.example/tmf-api/serviceInventory/v4/",
    "TMF641": "https://a.example/tmf-api/serviceOrdering/v4",
}
TARGETS = [TargetInfo(api=api, version="4.0.0", url=url, contract="sha256:0f") for api, url in BASES.items()]
CALLBACK = "http://127.0.0.1:9000/run/1"
ORDER = "/productOrder/9d23f624-221e-4c3b-9e1e-ba53a16f1eac"


def exchange(
    method: str,
    url: str,
    status: int | None = 200,
    body: str | None = None,
    answer: str | None = None,
    **who: Any,
) -> Evidence:
    """`who`: the roles and the time, where a test is about them."""
    response = None if status is None else RecordedResponse(status=status, body=answer)
    return record(RecordedRequest(method=method, url=url, body=body), response, **who)


def at(api: str, method: str, path: str, status: int | None = 200, **who: Any) -> Evidence:
    return exchange(method, BASES[api].rstrip("/") + path, status, **who)


def event(kind: str, state: str, url: str = CALLBACK, **who: Any) -> Evidence:
    body = json.dumps({"eventType": kind, "event": {"productOrder": {"id": "1", "state": state}}})
    return exchange("POST", url, 201, body, **who)


def registration(callback: str = CALLBACK) -> Evidence:
    return at("TMF622", "POST", "/hub", 201, body=json.dumps({"callback": callback}))


def step(*evidence: Evidence, **changes: Any) -> Step:
    facts: dict[str, Any] = {"keyword": "When", "text": "the channel orders", "outcome": Outcome.passed}
    return Step(evidence=list(evidence), **facts | changes)


def arrows(diagram: Diagram) -> list[tuple[str, str, str]]:
    return [
        (message.caller, message.callee, message.label)
        for section in diagram.sections
        for message in section.messages
    ]
