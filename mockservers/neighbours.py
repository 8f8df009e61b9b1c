"""The other roles as a role here sees them: an API at a URL, spoken to in our words, whatever its own are.

This is transport and nothing of anybody's business: what the words mean is for the boundary that uses them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import orjson

from tmfrig.mockservers.identifiers import in_a_path
from tmfrig.mockservers.journal import MASK, secrets_in
from tmfrig.mockservers.neighbour_words import Words, words_of
from tmfrig.mockservers.promises import (
    PROMISED,
    WITHIN,
    Outcome,
    Patched,
    holds,
    is_gone,
    is_there,
    kept,
    promised_id,
)
from tmfrig.mockservers.store import Body
from tmfrig.mockservers.wire import Answer, NoAnswerError, Wire
from tmfrig.specs import Contract

PAGE = 100
MOST_PAGES = 1000
MOST_READINGS = 10
"""Times that a resource is read which others change whenever it is to be changed."""
_OVERTAKEN = 412
_TEMPORARY = frozenset({PROMISED, 408, _OVERTAKEN, 425, 429, 500, 502, 503, 504})
# no representation has this tag: it says that we understand tags, and a server may keep them for who does
_TAGS_WELCOME = {"If-None-Match": '"none"'}
_NO_HEADERS: Mapping[str, str] = {}
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
    reaches_us_at: str = ""
    """The URL, without a path of ours, under which it reaches our server: what its callbacks begin with."""

    @property
    def words(self) -> Words:
        """How it is spoken to."""
        return words_of(self.contract)


class Peer:
    """A neighbour, spoken to by one role (`caller`), which waits `within` so many seconds for an answer."""

    def __init__(self, neighbour: Neighbour, wire: Wire, caller: str, within: float | None = None) -> None:
        self.neighbour = neighbour
        self._words = neighbour.words
        self._wire = wire
        self._caller = caller
        self._within = within

    async def get(self, resource: str, identifier: str) -> Body | None:
        """A resource; None where there is none."""
        answer = await self._send("GET", self._path(resource, identifier))
        if answer.status == 404:
            return None
        return self._heard(self._object(answer, f"GET {resource}"), resource, identifier)

    async def find(self, resource: str, **query: str) -> list[Body]:
        """Every resource that a query asks for, page after page; a dotted name is passed as `**{…}`."""
        return [each async for each in self.walk(resource, **query)]

    async def walk(self, resource: str, **query: str) -> AsyncIterator[Body]:
        """As `find`, one after the other."""
        seen: set[str] = set()
        for _ in range(MOST_PAGES):
            page = {"offset": str(len(seen)), "limit": str(PAGE)}
            asked = urlencode({**self._words.query(resource, query), **page})
            answer = await self._send("GET", f"/{self._words.name(resource)}?{asked}")
            found = answer.json()
            if not answer.ok or not isinstance(found, list):
                raise self._refusal(answer, f"GET {resource}")
            fresh = [each for each in found if isinstance(each, dict) and str(each.get("id")) not in seen]
            for each in fresh:
                seen.add(str(each.get("id")))
                yield self._words.heard(resource, each)
            # a server may choose smaller pages, or know no paging and answer the same again
            total = answer.headers.get("x-total-count", "")
            if not fresh or (len(seen) >= int(total) if total.isdigit() else len(found) < PAGE):
                return

    async def create(self, resource: str, body: Body) -> Body:
        """A new resource, as the neighbour answers it."""
        name, asked = self._words.name(resource), f"POST {resource}"
        answer = await self._send("POST", f"/{name}", self._words.said(resource, body))
        if answer.status == PROMISED:
            identifier = promised_id(answer, name)
            if identifier is None:
                raise NeighbourError(
                    self.neighbour, asked, PROMISED, f"it does not say which {name} will come"
                )
            answer = await self._kept(_path(name, identifier), asked, is_there)
        return self._words.heard(resource, self._object(answer, asked))

    async def patch(self, resource: str, identifier: str, changes: Body) -> Body | None:
        """Change a resource by a merge patch; None where there is none."""
        if not self._words.are_ours(resource):
            return await self.revise(resource, identifier, lambda present: changes)
        return self._told(resource, await self._patched(resource, identifier, changes))

    async def revise(self, resource: str, identifier: str, change: Callable[[Body], Body]) -> Body | None:
        """Change a resource by what `change` makes of it as it is; None where there is none.

        Where the neighbour has entity tags (RFC 9110), what others change meanwhile is not overwritten:
        `change` is asked again then. It may raise, and an empty patch is not sent. Of a change that was only
        promised (202), and after which others were as quick, nobody can tell whether it was made: what
        `change` wants must be good to be made twice.
        """
        path, refused = self._path(resource, identifier), ""
        for _ in range(MOST_READINGS):
            answer = await self._send("GET", path, headers=_TAGS_WELCOME)
            if answer.status == 404:
                return None
            present = self._object(answer, f"GET {resource}")
            found = self._heard(present, resource, identifier)
            patch = self._words.changes(resource, present, change(found))
            if not patch:
                return found
            tag = _strong_tag(answer)
            # one that is refused of what is unchanged matches nothing
            bound = {"If-Match": tag} if tag and tag != refused else {}
            answer = await self._patched(resource, identifier, patch, bound)
            if answer.status != _OVERTAKEN or not bound:
                return self._told(resource, answer)
            refused = tag
        raise self._refusal(answer, f"PATCH {resource}")

    async def delete(self, resource: str, identifier: str) -> None:
        """Remove a resource; nothing where there is none."""
        path, asked = self._path(resource, identifier), f"DELETE {resource}"
        answer = await self._send("DELETE", path)
        if answer.status == PROMISED:
            answer = await self._kept(path, asked, is_gone)
        if not answer.ok and answer.status != 404:
            raise self._refusal(answer, asked)

    async def register(self, callback: str, query: str | None = None) -> str:
        """Register a callback at the hub: the id of the registration."""
        answer = await self._send("POST", "/hub", self._words.registration(callback, query))
        registered = self._object(answer, "POST hub")
        return str(registered.get("id", ""))

    async def unregister(self, identifier: str) -> None:
        """End a registration."""
        await self.delete("hub", identifier)

    async def _patched(
        self, resource: str, identifier: str, patch: Body, headers: Mapping[str, str] = _NO_HEADERS
    ) -> Answer:
        """What is answered to a merge patch in the words of the neighbour, once it has taken effect."""
        path = self._path(resource, identifier)
        answer = await self._send("PATCH", path, patch, headers)
        if answer.status == PROMISED:
            answer = await self._kept(path, f"PATCH {resource}", Patched(patch))
            if headers and answer.ok and not holds(answer.json(), patch):
                # somebody else was faster, and what was bound has been dropped
                return Answer(_OVERTAKEN, {}, b"{}")
        return answer

    def _told(self, resource: str, answer: Answer) -> Body | None:
        """What is answered to a patch, in our words."""
        if answer.status == 404:
            return None
        return self._words.heard(resource, self._object(answer, f"PATCH {resource}"))

    def _heard(self, present: Body, resource: str, identifier: str) -> Body:
        """The resource that was asked for, in our words."""
        found = self._words.heard(resource, present)
        if str(found.get("id", identifier)) != identifier:
            told = f"it answers with {str(found['id'])[:100]} when asked for {identifier[:100]}"
            raise NeighbourError(self.neighbour, f"GET {resource}", None, told)
        return found

    async def _kept(self, path: str, asked: str, outcome: Outcome) -> Answer:
        """What shows that the neighbour has done what it promised to do."""
        within = self._within or WITHIN
        answer = await kept(lambda: self._send("GET", path), outcome, within)
        if answer is None:
            raise NeighbourError(
                self.neighbour, asked, PROMISED, f"nothing of it is seen within {within:g} s"
            )
        return answer

    def _path(self, resource: str, identifier: str) -> str:
        return _path(self._words.name(resource), identifier)

    async def _send(
        self,
        method: str,
        path: str,
        body: Body | None = None,
        headers: Mapping[str, str] = _NO_HEADERS,
    ) -> Answer:
        try:
            return await self._wire.request(
                method,
                self.neighbour.url + path,
                caller=self._caller,
                body=b"" if body is None else orjson.dumps(body),
                headers={
                    **(_JSON if body is not None else {"Accept": "application/json"}),
                    **headers,
                    **self.neighbour.headers,
                },
                within=self._within,
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
        for secret in secrets_in([self.neighbour.headers]):
            why = why.replace(secret, MASK)
        return NeighbourError(self.neighbour, asked, answer.status, why or "it gives no reason")


class Neighbours:
    """Who plays which API, as the roles of this process reach them."""

    def __init__(self, wire: Wire, neighbours: Mapping[str, Neighbour]) -> None:
        self.wire = wire
        self._neighbours = dict(neighbours)

    def __contains__(self, api: object) -> bool:
        return api in self._neighbours

    @property
    def our_addresses(self) -> frozenset[str]:
        """The URLs under which the neighbours reach us."""
        return frozenset(each.reaches_us_at for each in self._neighbours.values() if each.reaches_us_at)

    def __getitem__(self, api: str) -> Neighbour:
        return self._neighbours[api]

    def peer(self, api: str, caller: str, within: float | None = None) -> Peer:
        """An API as a role speaks to it; KeyError where nobody offers it.

        `within` is how many seconds the role waits for an answer, by default as long as the wire does.
        """
        return Peer(self._neighbours[api], self.wire, caller, within)


def _strong_tag(answer: Answer) -> str:
    """The entity tag to which a change can be bound; empty where there is none, as a weak one is none."""
    tag = answer.headers.get("etag", "")
    return tag if tag.startswith('"') and tag.isascii() else ""


def _path(resource: str, identifier: str) -> str:
    return f"/{resource}/{in_a_path(identifier)}"
