"""Very many resources at once, for the admin API: read line by line, checked, put in place in portions."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

import orjson

from tmfrig.mockservers.collection import Collection
from tmfrig.mockservers.errors import ApiError, not_found
from tmfrig.mockservers.exchange import DEEPEST_BODY, LARGEST_BODY, DisconnectedError, Exchange
from tmfrig.mockservers.identifiers import REACHABLE, is_reachable
from tmfrig.mockservers.site import Site
from tmfrig.mockservers.store import Document
from tmfrig.specs.nesting import nests_deeper

NDJSON = "application/x-ndjson"
PORTION = 2000
"""Resources that are put in place together: a transaction writes a page of an index once for all of them."""

Portion = dict[str, Document]
"""Resources by their ids."""


class Bulk:
    """Loads resources into the collections of a site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._turn = asyncio.Lock()

    def collection(self, name: str, version: str) -> Collection:
        """The collection that `TMF637.product` names; ApiError (404) for one that is not served here."""
        for each in self._site.collections:
            named = f"{each.contract.api}.{each.resource.name}" == name
            if named and version in ("", str(each.contract.line)):
                return each
        asked = f"{name[:100]} in version {version[:10]}" if version else name[:100]
        raise not_found(f"{asked}; a resource type is named as in TMF637.product, and")

    async def load(self, exchange: Exchange, collection: Collection) -> int:
        """Load what a request carries; how many resources that were.

        ApiError (400) for a line that is no resource; the portions before it are in place.
        """
        number = loaded = 0
        portion: Portion = {}
        async with self._placing(collection) as place:
            try:
                async for line in _lines(exchange):
                    number += 1
                    if line.strip():
                        document = self._document(line, collection)
                        portion[document.id] = document
                    if len(portion) >= PORTION:
                        placed, portion = portion, {}
                        await place(placed)
                        loaded += len(placed)
            except (_LineError, ApiError) as problem:
                # what came before it stays
                await place(portion)
                if isinstance(problem, ApiError):
                    raise
                detail = f"{problem}; {loaded + len(portion)} resources before it are in place"
                wrong = f"line {number} is no {collection.resource.name}"
                raise ApiError(400, "invalidLine", wrong, detail) from None
            await place(portion)
        return loaded + len(portion)

    def _document(self, line: bytes, collection: Collection) -> Document:
        try:
            body = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise _LineError(f"it is not JSON: {error}") from None
        if not isinstance(body, dict):
            raise _LineError("it should be an object")
        identifier = body.get("id")
        if not isinstance(identifier, str) or not identifier:
            raise _LineError("it should have an id, a text")
        if not is_reachable(identifier):
            raise _LineError(f"{identifier[:100]!r} is no id: {REACHABLE} is expected")
        if line.count(b"{") + line.count(b"[") > DEEPEST_BODY and nests_deeper(body, DEEPEST_BODY):
            raise _LineError(f"it nests deeper than {DEEPEST_BODY} levels")
        whole = collection.intake.complete_seed(body, self._site.origin + collection.path)
        representation = collection.resource.representation
        if not representation.accepts(whole):
            raise _LineError("; ".join(map(str, representation.problems(whole)[:3])))
        return Document.of(whole)

    @contextlib.asynccontextmanager
    async def _placing(self, collection: Collection) -> AsyncIterator[Callable[[Portion], Awaitable[None]]]:
        """Takes portions, each as soon as the one before the last is in place; all are, at the end."""
        under_way: asyncio.Task[None] | None = None

        async def place(portion: Portion) -> None:
            nonlocal under_way
            before, under_way = under_way, asyncio.create_task(self._place(collection, portion))
            if before is not None:
                await before

        try:
            yield place
        finally:
            if under_way is not None:
                await under_way

    async def _place(self, collection: Collection, portion: Portion) -> None:
        if not portion:
            return
        if collection.mirrors:
            # other versions of a resource are made one by one
            async with self._turn:
                for each in portion.values():
                    await collection.seed(each.body, self._site.origin)
        else:
            await collection.store.place(collection.key, list(portion.values()))


class _LineError(Exception):
    """What is wrong with a line."""


async def _lines(exchange: Exchange) -> AsyncIterator[bytes]:
    """The lines of a body as they come; no more than one is kept."""
    rest = b""
    while True:
        message = await exchange.receive()
        if message["type"] == "http.disconnect":
            raise DisconnectedError
        *lines, rest = (rest + message.get("body", b"")).split(b"\n")
        for each in _short_enough(lines):
            yield each
        if len(rest) > LARGEST_BODY:
            raise ApiError(413, "lineTooLarge", f"a line may have {LARGEST_BODY} bytes")
        if not message.get("more_body", False):
            if rest:
                yield rest
            return


def _short_enough(lines: Iterable[bytes]) -> Iterable[bytes]:
    for each in lines:
        if len(each) > LARGEST_BODY:
            raise ApiError(413, "lineTooLarge", f"a line may have {LARGEST_BODY} bytes")
        yield each
