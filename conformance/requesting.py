"""Requests to one API of the target, in the words of its resources."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, Final, TypeAlias, TypeVar
from urllib.parse import quote

from tmfrig.conformance.capabilities import Capabilities
from tmfrig.conformance.check import skip
from tmfrig.conformance.client import Client
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.instance import created_by
from tmfrig.conformance.payloads import type_of
from tmfrig.conformance.settling import Settling
from tmfrig.conformance.typed import TYPE, is_typed
from tmfrig.specs import Contract, Kind, Resource

Outcome = TypeVar("Outcome")
Query: TypeAlias = Mapping[str, object] | Iterable[tuple[str, object]]
NOT_OFFERED: Final = frozenset({404, 405, 501})
_ABSENT: Final = frozenset({404, 410})
_OF_EACH_REQUEST: Final = frozenset({"host", "content-length", "content-type", "traceparent"})
"""Headers that a repeated request gets anew."""
_NOTHING: Final = object()
_PAUSES = (0.02, 0.05, 0.1, 0.2, 0.4)


class Requesting:
    """Sends for the checks of one API, and keeps in mind what came into being by it.

    Every method that sends returns the `Exchange` whatever the status was, and raises only when no answer
    came (`TargetGone`). A change that is answered 202 is followed until it has happened, or for as long as is
    reasonable: the exchange then has an `outcome`.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self.contract: Contract = client.contract
        self.base_url = client.base_url
        self.capabilities = Capabilities()
        """What is declared as not offered: requests for it are skipped."""
        self._created: list[tuple[Resource, str]] = []
        self._types: dict[tuple[str, str], str] = {}
        self._settling = Settling(self)

    @property
    def login(self) -> frozenset[str]:
        """The names of the headers that log us in; empty where the target asks for no login."""
        return self.client.connection.login

    @property
    def read_only(self) -> bool:
        """Whether nothing may be written in this run."""
        return self.client.allowance.read_only

    def time_left(self) -> float | None:
        """Seconds until the run has had its time; None where it may take as long as it takes."""
        return self.client.allowance.time_left()

    @property
    def latencies(self) -> Mapping[str, Sequence[float]]:
        """Seconds that the answers took until now, by operation: "GET /productOrder/{id}"."""
        return self.client.latencies

    def post(
        self,
        resource: Resource,
        body: Any,
        *,
        query: Query = (),
        media_type: str | None = None,
        label: str = "",
        intent: Intent = Intent.VALID,
    ) -> Exchange:
        """POST a body to the collection; what it brings is remembered."""
        answer = self.request(
            "POST", resource.path, query=query, json=body, media_type=media_type, label=label, intent=intent
        )
        answer = self._settling.of_create(resource, answer)
        self._remember(resource, answer)
        return answer

    def list(
        self, resource: Resource, query: Query = (), *, label: str = "", intent: Intent = Intent.VALID
    ) -> Exchange:
        """GET the collection; `query` is a mapping or pairs: `api.list(resource, {"limit": 1})`."""
        return self.request("GET", resource.path, query=query, label=label, intent=intent)

    def retrieve(
        self,
        resource: Resource,
        id: str,
        query: Query = (),
        *,
        label: str = "",
        intent: Intent = Intent.VALID,
    ) -> Exchange:
        """GET one by id."""
        return self.request("GET", self.path_of(resource, id), query=query, label=label, intent=intent)

    def patch(
        self,
        resource: Resource,
        id: str,
        body: Any,
        *,
        query: Query = (),
        media_type: str | None = None,
        label: str = "",
        intent: Intent = Intent.VALID,
    ) -> Exchange:
        """PATCH; without `media_type` as application/json, which every contract means as merge patch.

        A merge patch names the type of what it changes where the contract asks for types (rule PATCH-06).
        """
        if isinstance(body, dict) and is_typed(resource) and TYPE not in resource.non_patchable:
            body = {TYPE: self._types.get((resource.name, id), type_of(resource)), **body}
        path = self.path_of(resource, id)
        answer = self.request(
            "PATCH", path, query=query, json=body, media_type=media_type, label=label, intent=intent
        )
        return self._settling.of_patch(resource, id, body, answer)

    def delete(
        self, resource: Resource, id: str, *, label: str = "", intent: Intent = Intent.VALID
    ) -> Exchange:
        """DELETE one by id."""
        answer = self.request("DELETE", self.path_of(resource, id), label=label, intent=intent)
        if answer.ok:
            self._created = [entry for entry in self._created if entry != (resource, id)]
        return self._settling.of_delete(resource, id, answer)

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Query = (),
        json: Any = _NOTHING,
        content: bytes | None = None,
        media_type: str | None = None,
        headers: Mapping[str, str | None] | None = None,
        label: str = "",
        intent: Intent = Intent.OPEN,
        tags: Iterable[str] = (),
    ) -> Exchange:
        """Send anything to a path below the base URL (encode ids with `path_of`).

        `json` is serialised, `content` sent as it stands; `media_type` sets Content-Type ("" sends none).
        `headers` replace the defaults (None or an empty value leaves that header out). A `label` is the
        request in words, for the report; by default "METHOD /path".
        """
        if (absent := self.capabilities.refused(self.contract, method, path)) is not None:
            skip(f"not offered: {absent} (declared)")
        pairs = query.items() if isinstance(query, Mapping) else query
        return self.client.send(
            method,
            path,
            query=[(name, str(value)) for name, value in pairs],
            content=self.client.serialise(json) if json is not _NOTHING else content,
            media_type=media_type,
            headers=headers or {},
            label=label,
            intent=intent,
            tags=frozenset(tags),
        )

    def replay(self, exchange: Exchange) -> Exchange:
        """Send a request once more, just as it was, whoever it said that it comes from."""
        said = exchange.request_headers
        media_type = said.get("content-type")
        ours = {name: said.get(name) for name in {*self.client.standing_headers, *said} - _OF_EACH_REQUEST}
        answer = self.client.send(
            exchange.method,
            exchange.path,
            query=exchange.query,
            # an empty body of a type is a body all the same
            content=exchange.request_body if media_type is not None else exchange.request_body or None,
            headers={**ours, "Content-Type": media_type},
            label=exchange.label,
            intent=exchange.intent,
            tags=exchange.tags,
        )
        if exchange.kind is Kind.CREATE and exchange.resource is not None:
            self._remember(exchange.resource, answer)
        return answer

    def offers(self, resource: Resource, kind: Kind) -> bool:
        """Whether the contract has an operation, and nobody has declared that it is not offered."""
        return kind in resource.operations and not self.capabilities.lacks(resource, kind)

    def follow(self, url: str, *, label: str = "") -> Exchange:
        """GET a URL that the target gave (href, Location, Link), absolute or relative to the base URL.

        CannotJudge when it leads to another host or out of the base path: we send our credentials nowhere
        else.
        """
        return self.client.follow(url, label=label)

    @staticmethod
    def path_of(resource: Resource, id: str) -> str:
        """The path of one instance, below the base URL, with the id encoded."""
        return f"{resource.path}/{quote(id, safe='')}"

    def wait_until(
        self, ask: Callable[[], Exchange], holds: Callable[[Exchange], bool], within: float = 10.0
    ) -> Exchange | None:
        """Repeat a request until `holds(answer)`; None when it did not within so many seconds."""
        deadline = time.monotonic() + within
        attempt = 0
        while True:
            answer = ask()
            if holds(answer):
                return answer
            pause = _PAUSES[min(attempt, len(_PAUSES) - 1)]
            attempt += 1
            if time.monotonic() + pause > deadline:
                return None
            self.client.allowance.pause(pause)

    def in_parallel(self, calls: Sequence[Callable[[], Outcome]]) -> Sequence[Outcome]:
        """Make calls at the same time, each in a thread of its own, and give their results in this order.

        What they send is recorded for the check that is under way. When all have ended, the first exception
        of one of them is raised.
        """
        with ThreadPoolExecutor(len(calls)) as threads:
            pending = [threads.submit(copy_context().run, call) for call in calls]
        return [each.result() for each in pending]

    def left_behind(self) -> Sequence[str]:
        """The URLs of what was created and is still there, as far as we know."""
        return [self.base_url + self.path_of(resource, id) for resource, id in self._created]

    def _remember(self, resource: Resource, answer: Exchange) -> None:
        instance = created_by(answer, resource)
        if instance is not None:
            self._created.append((resource, instance.id))
            named = instance.body.get(TYPE)
            if isinstance(named, str):
                self._types[resource.name, instance.id] = named

    def take_away(self, until: float) -> None:
        """Delete what was created, newest first, until that moment (`time.monotonic`)."""
        stays: set[str] = set()
        for entry in reversed(self._created[:]):
            resource, id = entry
            if not self.offers(resource, Kind.DELETE) or resource.name in stays:
                continue
            if time.monotonic() >= until:
                return
            label = f"DELETE {resource.path}/{{id}}, to clean up"
            answer = self.request("DELETE", self.path_of(resource, id), label=label, intent=Intent.OPEN)
            if answer.ok or answer.status in _ABSENT:
                self._created.remove(entry)
            elif answer.status in NOT_OFFERED:
                stays.add(resource.name)
