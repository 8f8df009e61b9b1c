"""The other roles as a role here sees them: an API at a URL, spoken to in the words of version 4.

This is transport and nothing of anybody's business: what the words mean is for the boundary that uses them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from tmfrig.mockservers.store import Body
from tmfrig.mockservers.wire import Answer, NoAnswerError, Wire
from tmfrig.specs import Contract

PAGE = 100
MOST_PAGES = 1000
_TEMPORARY = frozenset({408, 425, 429, 500, 502, 503, 504})
_JSON = {"Content-Type": "application/json", "Accept": "application/json"}


class NeighbourError(Exception):
    """A neighbour did not do what it was asked for; one line that says who and why.

    `status` is what it answered, None where it did not; `temporary` whether the same may work later.
    """

    def __init__(self, neighbour: Neighbour, asked: str, status: int | None, why: str) -> None:
        told = f"answered {status}" if status is not None else "did not answer"
        super().__init__(" ".join(f"{neighbour.api} {told} to {asked}: {why}".split())[:500])
        self.status = status
        self.temporary = status is None or status in _TEMPORARY


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An API that somebody offers: here or elsewhere."""

    api: str
    contract: Contract
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What logs us in there."""


class Peer:
    """A neighbour, spoken to by one role (`caller`)."""

    def __init__(self, neighbour: Neighbour, wire: Wire, caller: str) -> None:
        self.neighbour = neighbour
        self._wire = wire
        self._caller = caller

    async def get(self, resource: str, identifier: str) -> Body | None:
        """A resource; None where there is none."""
        answer = await self._send("GET", _path(resource, identifier))
        return None if answer.status == 404 else self._object(answer, f"GET {resource}")

    async def find(self, resource: str, **query: str) -> list[Body]:
        """Every resource that a query asks for, page after page; a dotted name is passed as `**{…}`."""
        return [each async for each in self.walk(resource, **query)]

    async def walk(self, resource: str, **query: str) -> AsyncIterator[Body]:
        """As `find`, one after the other."""
        seen: set[str] = set()
        for _ in range(MOST_PAGES):
            asked = urlencode({**query, "offset": str(len(seen)), "limit": str(PAGE)})
            answer = await self._send("GET", f"/{resource}?{asked}")
            found = answer.json()
            if not answer.ok or not isinstance(found, list):
                raise self._refusal(answer, f"GET {resource}")
            fresh = [each for each in found if isinstance(each, dict) and str(each.get("id")) not in seen]
            for each in fresh:
                seen.add(str(each.get("id")))
                yield each
            # a server may choose smaller pages, or know no paging and answer the same again
            total = answer.headers.get("x-total-count", "")
            if not fresh or (len(seen) >= int(total) if total.isdigit() else len(found) < PAGE):
                return

    async def create(self, resource: str, body: Body) -> Body:
        """A new resource, as the neighbour answers it."""
        answer = await self._send("POST", f"/{resource}", body)
        return self._object(answer, f"POST {resource}")

    async def patch(self, resource: str, identifier: str, changes: Body) -> Body | None:
        """Change a resource by a merge patch; None where there is none."""
        answer = await self._send("PATCH", _path(resource, identifier), changes)
        return None if answer.status == 404 else self._object(answer, f"PATCH {resource}")

    async def delete(self, resource: str, identifier: str) -> None:
        """Remove a resource; nothing where there is none."""
        answer = await self._send("DELETE", _path(resource, identifier))
        if not answer.ok and answer.status != 404:
            raise self._refusal(answer, f"DELETE {resource}")

    async def register(self, callback: str, query: str | None = None) -> str:
        """Register a callback at the hub: the id of the registration."""
        body = {"callback": callback, **({"query": query} if query else {})}
        answer = await self._send("POST", "/hub", body)
        registered = self._object(answer, "POST hub")
        return str(registered.get("id", ""))

    async def unregister(self, identifier: str) -> None:
        """End a registration."""
        await self.delete("hub", identifier)

    async def _send(self, method: str, path: str, body: Body | None = None) -> Answer:
        try:
            return await self._wire.request(
                method,
                self.neighbour.url + path,
                caller=self._caller,
                body=b"" if body is None else orjson.dumps(body),
                headers={
                    **(_JSON if body is not None else {"Accept": "application/json"}),
                    **self.neighbour.headers,
                },
            )
        except NoAnswerError as error:
            asked = f"{method} {path.partition('?')[0]}"
            raise NeighbourError(self.neighbour, asked, None, str(error)) from None

    def _object(self, answer: Answer, asked: str) -> Body:
        found = answer.json()
        if not answer.ok or not isinstance(found, dict):
            raise self._refusal(answer, asked)
        return found

    def _refusal(self, answer: Answer, asked: str) -> NeighbourError:
        told: Any = answer.json()
        error = told if isinstance(told, dict) else {}
        why = ": ".join(str(error[name]) for name in ("reason", "message") if error.get(name))
        return NeighbourError(self.neighbour, asked, answer.status, why or "it gives no reason")


class Neighbours:
    """Who plays which API, as the roles of this process reach them."""

    def __init__(self, wire: Wire, neighbours: Mapping[str, Neighbour]) -> None:
        self.wire = wire
        self._neighbours = dict(neighbours)

    def __contains__(self, api: object) -> bool:
        return api in self._neighbours

    def peer(self, api: str, caller: str) -> Peer:
        """An API as a role speaks to it; KeyError where nobody offers it."""
        return Peer(self._neighbours[api], self.wire, caller)


def _path(resource: str, identifier: str) -> str:
    return f"/{resource}/{quote(identifier, safe='')}"
