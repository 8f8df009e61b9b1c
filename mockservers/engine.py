"""The resource engine: one ASGI application that answers every operation of every API.

Connexion has routed the request before: the operation's id is in the scope. The hot path sends stored bytes
as they are, without copies and without validating what was validated when it was written.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from tmfrig.mockservers.acceptance import Acceptance
from tmfrig.mockservers.collection import Collection, Draft, unconditional
from tmfrig.mockservers.errors import ApiError, invalid_body, store_trouble, unexpected
from tmfrig.mockservers.etags import check_match, condition, etag, is_conditional, is_known
from tmfrig.mockservers.exchange import (
    JSON,
    JSON_PATCH,
    JSON_PATCH_QUERY,
    MERGE_PATCH,
    DisconnectedError,
    Exchange,
    Handler,
    Header,
)
from tmfrig.mockservers.fields import Selection
from tmfrig.mockservers.guard import Guard, tokens_of
from tmfrig.mockservers.hub import Hub
from tmfrig.mockservers.paging import DEFAULT_LIMIT, MOST_LIMIT, PageHeaders
from tmfrig.mockservers.patch_queries import query_patched
from tmfrig.mockservers.patching import json_patched, merged
from tmfrig.mockservers.query import parse_fields, parse_query
from tmfrig.mockservers.site import Site
from tmfrig.mockservers.store import Body, Document, StoreError
from tmfrig.specs import Contract, Kind, Operation, Problem

log = logging.getLogger(__name__)

CREATE_TYPES = (JSON,)
MERGES = (JSON, MERGE_PATCH)
EVERYWHERE = (*MERGES, JSON_PATCH)
"""Formats of a patch that every contract has: TMF630 wants what version 4 does not declare."""
ROUTING = "connexion_routing"


def operation_key(contract: Contract, operation: Operation) -> str:
    """The id under which Connexion routes an operation: unique among all APIs."""
    return f"{contract.key}.{operation.method}.{operation.path}"


class Engine:
    """Answers routed requests; what is routed nowhere goes to `otherwise`."""

    def __init__(self, site: Site, otherwise: Handler) -> None:
        self._otherwise = otherwise
        the = site.faults.instead_of
        self._exchange = the(Exchange)
        before = the(Guard)(tokens_of()).before
        self.handlers: dict[str, Handler] = {}
        for collection in site.collections:
            faces = the(ResourceHandlers)(collection, site)
            for kind, operation in collection.resource.operations.items():
                self.handlers[operation_key(collection.contract, operation)] = before(faces.of(kind))
        for hub in site.hubs.values():
            registrations = the(HubHandlers)(hub, site)
            for declared, handler in (
                (hub.contract.register, registrations.register),
                (hub.contract.registration, registrations.retrieve),
                (hub.contract.unregister, registrations.unregister),
            ):
                if declared is not None:
                    self.handlers[operation_key(hub.contract, declared)] = before(handler)
        for companion in site.companions:
            self.handlers |= companion.handlers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever goes wrong is answered as an Error."""
        if scope["type"] != "http":
            return
        exchange = self._exchange(scope, receive, send)
        handler = self.handlers.get(scope["extensions"][ROUTING]["operation_id"], self._otherwise)
        try:
            await handler(exchange)
        except ApiError as error:
            await refuse(exchange, error)
        except DisconnectedError:
            return
        except HTTPException:
            raise
        except StoreError as error:
            log.error("%s %s: %s", scope["method"], scope["path"][:200], error)  # noqa: TRY400
            await refuse(exchange, store_trouble())
        except Exception:
            log.exception("%s %s failed", scope["method"], scope["path"][:200])
            await refuse(exchange, unexpected())


async def refuse(exchange: Exchange, error: ApiError) -> None:
    """Answer an error as TM Forum clients read it."""
    media_type = (b"content-type", b"application/json;charset=utf-8")
    await exchange.answer(error.status, error.body, (media_type, *error.headers))


class ResourceHandlers:
    """The five operations on the resources of one collection."""

    def __init__(self, collection: Collection, site: Site) -> None:
        self._collection = collection
        self._jsonpath = site.jsonpath
        self._etags = site.etags
        self._acceptance = Acceptance(site, collection.resource)
        self._patch_types = patch_types(collection.resource.operations.get(Kind.PATCH))
        self._media_type: Header = (b"content-type", collection.contract.media_type.encode())
        self._patches: Mapping[str, Callable[[Body, Any], Body]] = {
            JSON: self.merged,
            MERGE_PATCH: self.merged,
            JSON_PATCH: self.operated,
            JSON_PATCH_QUERY: query_patched,
        }

    def of(self, kind: Kind) -> Handler:
        """The handler of an operation."""
        handlers: dict[Kind, Handler] = {
            Kind.LIST: self.list,
            Kind.CREATE: self.create,
            Kind.RETRIEVE: self.retrieve,
            Kind.PATCH: self.patch,
            Kind.DELETE: self.delete,
        }
        return handlers[kind]

    async def retrieve(self, exchange: Exchange) -> None:
        """GET by id: the stored bytes, or the selected attributes."""
        document = await self._collection.get(exchange.identifier)
        conditional = is_conditional(exchange)
        if conditional and await self._is_known(exchange, document):
            return
        tagged = self._etags or conditional
        await exchange.answer(200, _selected(document, exchange), self._described(document, tagged))

    async def _is_known(self, exchange: Exchange, document: Document) -> bool:
        """Whether a client has a document as it is, and is told so; ApiError (412) where it wants another."""
        known = exchange.joined(b"if-none-match")
        check_match(exchange.joined(b"if-match"), document)
        if not known or not is_known(known, document):
            return False
        await exchange.answer(304, b"", (etag(document),))
        return True

    async def list(self, exchange: Exchange) -> None:
        """GET of the collection: 200, whether the page is the whole or a part (rule PAGE-05)."""
        query = parse_query(exchange.query_string, jsonpath=self._jsonpath)
        if query.limit is None:
            query = replace(query, limit=DEFAULT_LIMIT)
        elif query.limit > MOST_LIMIT:
            query = replace(query, limit=MOST_LIMIT)
        page = await self._collection.find(query)
        if query.fields:
            selection = Selection(query.fields)
            body = orjson.dumps([selection.of(each.body) for each in page.documents])
        else:
            body = b"[" + b",".join([each.raw for each in page.documents]) + b"]"
        url = exchange.origin() + self._collection.path
        headers = PageHeaders(url, exchange.query_string, query, page.total, len(page.documents)).headers()
        await exchange.answer(200, body, (self._media_type, *headers))

    async def create(self, exchange: Exchange) -> None:
        """POST: 201 with Location equal to href, or 200 where the answer itself is the result."""
        exchange.media_type(CREATE_TYPES)
        body = self._collection.intake.check(*await exchange.json_and_bytes())
        url = exchange.origin() + self._collection.path
        draft = Draft(self._collection.intake.complete(body, url))
        document = await self._collection.admit(draft)
        if draft.status == 201 and self._acceptance.is_for(Kind.CREATE):
            await self._collection.check_free(document.id)
            await self._acceptance.accept(exchange, document, self._collection.add, document)
            return
        await self._collection.add(document)
        location = (b"location", document.body["href"].encode("latin-1"))
        described = self._described(document, self._etags)
        headers = (*described, location) if draft.status == 201 else described
        await exchange.answer(draft.status, _selected(document, exchange), headers)

    async def patch(self, exchange: Exchange) -> None:
        """PATCH: merge patch unless the body is declared as JSON Patch; all of it or nothing."""
        media_type = exchange.media_type(self._patch_types)
        patch = await exchange.json()
        patched = self._patches[media_type]
        if media_type in MERGES and not isinstance(patch, dict):
            raise invalid_body([Problem("", "should be an object", "type")])

        wanted = condition(exchange)

        def update(before: Body) -> Body:
            wanted(before)
            after = patched(before, patch)
            self._collection.amendment.check(before, after)
            return after

        if self._acceptance.is_for(Kind.PATCH):
            present = await self._collection.get(exchange.identifier)
            update(present.body)
            change = self._collection.change
            await self._acceptance.accept(exchange, present, change, exchange.identifier, update)
            return
        document = await self._collection.change(exchange.identifier, update)
        tagged = self._etags or wanted is not unconditional
        await exchange.answer(200, _selected(document, exchange), self._described(document, tagged))

    def merged(self, present: Body, patch: Body) -> Body:
        """What a merge patch makes of a resource."""
        return merged(present, patch)  # type: ignore[no-any-return]

    def operated(self, present: Body, operations: Any) -> Body:
        """What the operations of a JSON Patch make of a resource."""
        return json_patched(present, operations)

    async def delete(self, exchange: Exchange) -> None:
        """DELETE: 204, and 404 from then on."""
        wanted = condition(exchange)
        if self._acceptance.is_for(Kind.DELETE):
            present = await self._collection.get(exchange.identifier)
            wanted(present.body)
            remove = self._collection.remove
            await self._acceptance.accept(exchange, present, remove, exchange.identifier, wanted)
            return
        await self._collection.remove(exchange.identifier, wanted)
        await exchange.answer(204, b"", ())

    def _described(self, document: Document, tagged: bool) -> tuple[Header, ...]:
        return (self._media_type, etag(document)) if tagged else (self._media_type,)


def patch_types(operation: Operation | None) -> tuple[str, ...]:
    """The formats of a patch that an operation reads: those that every one does, and what it declares."""
    declared = operation.request_media_types if operation is not None else ()
    names = {each.partition(";")[0].strip().lower() for each in declared}
    return (*EVERYWHERE, JSON_PATCH_QUERY) if JSON_PATCH_QUERY in names else EVERYWHERE


class HubHandlers:
    """Registration of listeners."""

    def __init__(self, hub: Hub, site: Site) -> None:
        self._hub = hub
        self._site = site
        self._media_type: Header = (b"content-type", hub.contract.media_type.encode())

    async def register(self, exchange: Exchange) -> None:
        """POST /hub: 201, the registration, and where it can be ended."""
        exchange.media_type(CREATE_TYPES)
        document = await self._hub.register(await exchange.json())
        location = f"{exchange.origin()}{self._hub.contract.base_path}/hub/{document.id}".encode("latin-1")
        await exchange.answer(201, document.raw, (self._media_type, (b"location", location)))

    async def retrieve(self, exchange: Exchange) -> None:
        """GET /hub/{id}: the registration."""
        document = await self._hub.registration(exchange.identifier)
        await exchange.answer(200, document.raw, (self._media_type,))

    async def unregister(self, exchange: Exchange) -> None:
        """DELETE /hub/{id}: 204, and nothing more is delivered."""
        listener = await self._hub.unregister(exchange.identifier)
        await self._site.deliveries.forget(listener)
        await exchange.answer(204, b"", ())


def _selected(document: Document, exchange: Exchange) -> bytes:
    if not exchange.query_string:
        return document.raw
    fields = parse_fields(exchange.query_string)
    return orjson.dumps(Selection(fields).of(document.body)) if fields else document.raw
