"""What was said and what came back: one recorded HTTP exchange, and one received notification.

Both are plain values, so that an observing check can judge them wherever they come from.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from httpx2 import Headers

from tmfrig.reports.result import Evidence, RecordedRequest, RecordedResponse, record
from tmfrig.specs import Contract, EventType, Kind, Operation, Resource
from tmfrig.specs.nesting import nests_deeper

SHOWN_BODY = 20_000
DEEPEST = 200
"""Levels of a body that are read: validators give up at 255, and no resource nests nearly as deep."""
ACCEPTED = 202
MOST_DIGITS = 15
"""The request was taken and is still to be carried out (rule HTTP-07)."""


class Intent(StrEnum):
    """What the sender meant with a request, so that observing checks know which answer would be right."""

    VALID = "valid"
    """A correct request, which the contract says succeeds."""
    INVALID = "invalid"
    """Deliberately wrong (malformed, a mandatory attribute missing, an unknown media type …)."""
    UNKNOWN_ID = "unknown-id"
    """Correct, but about an id that nothing has."""
    OPEN = "open"
    """The answer is not foreseen: optional features, edge cases, values that a target may refuse."""


class NotJson(ValueError):  # noqa: N818 - a fact about a body, not a fault
    """A body that is no JSON document; the message says why in a few words."""


def parse_json(body: bytes) -> Any:
    """The value of a JSON body. Lenient in nothing but a byte order mark; NotJson says what is wrong."""
    if not body.strip():
        raise NotJson("the body is empty")
    try:
        value = json.loads(body.decode("utf-8-sig"), parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise NotJson("the body is not UTF-8 text") from None
    except RecursionError:
        raise NotJson(f"the body nests deeper than {DEEPEST} levels") from None
    except ValueError as problem:
        raise NotJson(f"the body is not JSON ({problem})") from None
    if body.count(b"[") + body.count(b"{") > DEEPEST and nests_deeper(value, DEEPEST):
        raise NotJson(f"the body nests deeper than {DEEPEST} levels")
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON value")


@dataclass(frozen=True)
class Exchange:
    """One request and its response.

    `path` is below the base ("/productOrder/42", percent-encoded as sent); `query` the pairs as sent;
    `status` is 0 only when no response came (see `answered`). `operation` is what the contract declares for
    method and path, or None; `resource` the resource that the path is about, or None (hub, unknown path).
    `label` names the request in a sentence: "POST /productOrder, mandatory attributes".
    """

    contract: Contract
    method: str
    url: str
    path: str
    query: Sequence[tuple[str, str]] = ()
    request_headers: Headers = field(default_factory=Headers)
    request_body: bytes = b""
    status: int = 0
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""
    seconds: float = 0.0
    operation: Operation | None = None
    resource: Resource | None = None
    label: str = ""
    intent: Intent = Intent.OPEN
    tags: frozenset[str] = frozenset()
    outcome: Exchange | None = None
    """For a 202, the later answer that showed what the request came to; None as long as none did."""

    @property
    def answered(self) -> bool:
        """Whether a complete response came."""
        return self.status != 0

    @property
    def kind(self) -> Kind | None:
        """The kind of operation that the contract declares here, or None."""
        return self.operation.kind if self.operation else None

    @property
    def ok(self) -> bool:
        """A 2xx status."""
        return 200 <= self.status < 300

    @property
    def is_error(self) -> bool:
        """A 4xx or 5xx status."""
        return self.status >= 400

    @property
    def media_type(self) -> str:
        """The response's Content-Type without parameters, in lower case; "" when absent."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def id_in_path(self) -> str | None:
        """The decoded id of "/resource/{id}", or None for collections."""
        segments = self.path.strip("/").split("/")
        return unquote(segments[1]) if len(segments) == 2 else None

    @cached_property
    def _parsed(self) -> Any:
        try:
            return parse_json(self.body)
        except NotJson as problem:
            return problem

    @property
    def is_json(self) -> bool:
        """Whether the body parses as JSON, whatever its media type says."""
        return not isinstance(self._parsed, NotJson)

    @property
    def json(self) -> Any:
        """The parsed response body; raises NotJson. Use `expect(exchange).json_object()` to judge instead."""
        if isinstance(self._parsed, NotJson):
            raise self._parsed
        return self._parsed

    @cached_property
    def sent(self) -> Any:
        """The request body as a JSON value, or None when there was none or it was not JSON."""
        try:
            return parse_json(self.request_body)
        except NotJson:
            return None

    @property
    def representations(self) -> list[dict[str, Any]]:
        """Every full or partial resource in a 2xx answer: the object itself, or the objects of the list.

        What comes with a 202 may be a ticket for the request or an unfinished resource: its outcome tells.
        """
        if self.status == ACCEPTED:
            return self.outcome.representations if self.outcome else []
        if not self.ok or not self.is_json:
            return []
        found = self.json if isinstance(self.json, list) else [self.json]
        return [item for item in found if isinstance(item, dict)]

    @property
    def total_count(self) -> int | None:
        """X-Total-Count; None where it is absent, or no number that a list could have."""
        text = self.headers.get("x-total-count", "").strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else None

    def asked(self, name: str) -> str | None:
        """The first value of a query parameter, or None."""
        return next((value for key, value in self.query if key == name), None)

    def evidence(
        self,
        secrets: Collection[str] = (),
        *,
        caller: str | None = None,
        callee: str | None = None,
        at: float | None = None,
    ) -> Evidence:
        """The exchange for a report: secrets masked, long bodies cut, with a curl line that repeats it.

        Who spoke to whom, and when, goes into the evidence as it is given (see `Evidence`).
        """
        request = RecordedRequest(
            method=self.method,
            url=self.url,
            headers=dict(self.request_headers),
            body=_shown(self.request_body) if self.request_body else None,
        )
        response = None
        if self.answered:
            response = RecordedResponse(
                status=self.status, headers=dict(self.headers), body=_shown(self.body) if self.body else None
            )
        return record(request, response, self.seconds, secrets, caller=caller, callee=callee, at=at)


@dataclass(frozen=True)
class Notification:
    """One request that reached a callback of ours.

    `order` counts arrivals over the whole run, `received` is a `time.monotonic()` stamp, `subscription` the
    id of our subscription whose callback was called, `path` what followed the callback's own path ("" or e.g.
    "/listener/productOrderCreateEvent": both are right), `answered` the status that we gave.
    """

    contract: Contract
    order: int
    received: float
    subscription: str
    method: str
    url: str
    path: str
    headers: Headers
    body: bytes
    answered: int = 201

    @cached_property
    def json(self) -> Any:
        """The parsed body, or None when it is not JSON."""
        try:
            return parse_json(self.body)
        except NotJson:
            return None

    @property
    def event_type(self) -> str | None:
        """The `eventType` that the sender wrote, or None."""
        value = self.json.get("eventType") if isinstance(self.json, dict) else None
        return value if isinstance(value, str) else None

    @property
    def declared(self) -> EventType | None:
        """The contract's event type of that name (compared without regard to case), or None."""
        return self.contract.event_type(self.event_type) if self.event_type else None

    @property
    def resource(self) -> Resource | None:
        """The resource that the event is about, or None when the event type is not of this contract."""
        return self.contract.resources.get(self.declared.resource) if self.declared else None

    @property
    def payload(self) -> dict[str, Any] | None:
        """The resource inside `event`: its one value, or the one under the declared key; None when there is
        none."""
        event = self.json.get("event") if isinstance(self.json, dict) else None
        if not isinstance(event, dict):
            return None
        candidates = event
        if self.declared is not None:
            wanted = self.declared.payload_key.lower()
            candidates = {key: value for key, value in event.items() if key.lower() == wanted} or event
        value = next(iter(candidates.values()), None)
        return value if isinstance(value, dict) else None

    def about(self, id: str) -> bool:
        """Whether the payload carries this id."""
        return self.payload is not None and self.payload.get("id") == id

    def evidence(
        self, secrets: Collection[str] = (), *, callee: str | None = None, at: float | None = None
    ) -> Evidence:
        """The notification for a report, as the request that it was: from the API to `callee`."""
        request = RecordedRequest(
            method=self.method, url=self.url, headers=dict(self.headers), body=_shown(self.body)
        )
        response = RecordedResponse(status=self.answered)
        return record(request, response, secrets=secrets, caller=self.contract.api, callee=callee, at=at)


def _shown(body: bytes) -> str:
    text = body[:SHOWN_BODY].decode("utf-8", "replace")
    left = len(body) - SHOWN_BODY
    return f"{text}… ({left} more bytes)" if left > 0 else text


def query_pairs(url: str) -> list[tuple[str, str]]:
    """The decoded query of a URL as pairs, blanks kept."""
    return parse_qsl(urlsplit(url).query, keep_blank_values=True)
