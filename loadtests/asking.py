"""One request of a load: what is asked for, which answer is right, and what came."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import orjson
from httpx2 import Headers

from tmfrig.conformance.exchange import Exchange, Intent, query_pairs
from tmfrig.conformance.mounting import MountedApi
from tmfrig.loadtests.client import Answer
from tmfrig.loadtests.meter import Operation as MeteredName
from tmfrig.specs import Kind, Operation, Resource

RIGHT = {
    Kind.LIST: (200, 206),
    Kind.RETRIEVE: (200,),
    Kind.CREATE: (200, 201, 202),
    Kind.PATCH: (200, 202, 204),
    Kind.DELETE: (200, 202, 204),
}
"""The statuses of success, by what was asked for."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A kind of request to an API: everything that is the same each time, worked out once.

    `also` are statuses beside those of success that are no failure here, such as 409 where an order may have
    moved on meanwhile.
    """

    api: MountedApi
    operation: Operation
    resource: Resource
    right: frozenset[int]
    name: MeteredName
    method: str
    also: frozenset[int] = frozenset()

    @classmethod
    def of(cls, api: MountedApi, resource: str, kind: Kind, also: frozenset[int] = frozenset()) -> Ask | None:
        """The request for an operation of a resource; None where the contract or the target has it not."""
        found = api.contract.resources.get(resource)
        operation = found.operations.get(kind) if found else None
        if found is None or operation is None or api.capabilities.lacks(found, kind):
            return None
        method = operation.method.upper()
        name = (api.contract.api, f"{method} {operation.path.lstrip('/')}")
        return cls(api, operation, found, frozenset(RIGHT[kind]) | also, name, method, also)

    @property
    def kind(self) -> Kind:
        """What the operation does."""
        return self.operation.kind or Kind.LIST

    def path(self, id: str | None = None, query: dict[str, Any] | None = None) -> str:
        """The path below the base, with the id and the query as they are sent."""
        path = self.resource.path if id is None else f"{self.resource.path}/{quote(id, safe='')}"
        return f"{path}?{urlencode(query, quote_via=quote, safe=':,@/*$')}" if query else path


@dataclass(slots=True)
class Reply:
    """What came of one request: the answer, and in what way it was wrong, if it was."""

    ask: Ask
    path: str
    body: bytes | None
    answer: Answer
    trouble: str | None = None
    _parsed: Any = field(default=..., repr=False)

    @property
    def ok(self) -> bool:
        """Whether it is a right answer of success."""
        return self.trouble is None and 200 <= self.answer.status < 300

    @property
    def status(self) -> int:
        """The status; 0 where no answer came."""
        status: int = self.answer.status
        return status

    @property
    def json(self) -> Any:
        """The value in the body; None where there is none."""
        if self._parsed is ...:
            try:
                self._parsed = orjson.loads(self.answer.body)
            except ValueError:
                self._parsed = None
        return self._parsed

    @property
    def resources(self) -> list[dict[str, Any]]:
        """The resources in the body: those of the list, or the one."""
        found = self.json if isinstance(self.json, list) else [self.json]
        return [each for each in found if isinstance(each, dict)]

    def exchange(self) -> Exchange:
        """The same as the judge knows it."""
        connection = self.ask.api.connection
        sent = {"Accept": "application/json", "User-Agent": "tmfrig", **connection.headers}
        url = connection.base_url + self.path
        return Exchange(
            contract=self.ask.api.contract,
            method=self.ask.method,
            url=url,
            path=urlsplit(self.path).path,
            query=tuple(query_pairs(url)),
            request_headers=Headers(
                sent if self.body is None else {**sent, "Content-Type": "application/json"}
            ),
            request_body=self.body or b"",
            status=self.answer.status,
            headers=Headers(list(self.answer.headers.items())),
            body=self.answer.body,
            seconds=self.answer.ended - self.answer.sent,
            operation=self.ask.operation,
            resource=self.ask.resource,
            label=f"{self.ask.method} {self.ask.operation.path}",
            intent=Intent.VALID if not self.ask.also else Intent.OPEN,
        )
