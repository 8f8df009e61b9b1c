"""Who wants to hear of changes: the hub of one API (rules HUB-01 to HUB-06)."""

from __future__ import annotations

import logging
import re
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tmfrig.mockservers.errors import ApiError, invalid_body, not_found
from tmfrig.mockservers.fields import Selection
from tmfrig.mockservers.matching import selected
from tmfrig.mockservers.outbox import HUB
from tmfrig.mockservers.query import EVERYTHING, Condition, Query, parse_query
from tmfrig.mockservers.store import Body, Change, ConflictError, Document, Store
from tmfrig.specs import Contract, Operation, Problem

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Listener:
    """A registered callback and the filter that its query states."""

    id: str
    callback: str
    query: Query = EVERYTHING

    def hears(self, envelope: Body) -> bool:
        """Whether a notification passes the filter.

        Attributes of the resource may be named from the envelope (`event.productOrder.state`), from the
        payload (`productOrder.state`) or by themselves (`state`): TMF630 shows the first, clients send all.
        """
        if not self.query.conditions and not self.query.filters:
            return True
        payload: Body = envelope["event"]
        resource: Body = next(iter(payload.values()))
        own = {name: envelope[name] for name in ("eventId", "eventTime", "eventType", "event")}
        return selected(envelope | payload | resource | own, self.query)

    def narrowed(self, envelope: Body) -> Body:
        """The notification with the attributes of the resource that the query's `fields` select."""
        if not self.query.fields:
            return envelope
        selection = Selection(self.query.fields)
        return envelope | {"event": {key: selection.of(each) for key, each in envelope["event"].items()}}


@dataclass(slots=True)
class Hub:
    """The registrations of one API, kept in the store."""

    contract: Contract
    store: Store
    jsonpath: bool = True
    """Whether a query may have a `filter`."""
    _listeners: dict[str, Listener] = field(default_factory=dict)

    @property
    def collection(self) -> str:
        """Where the registrations are stored."""
        return f"{self.contract.key}/{HUB}"

    @property
    def listeners(self) -> tuple[Listener, ...]:
        """Everybody who is registered."""
        return tuple(self._listeners.values())

    @property
    def deserted(self) -> bool:
        """Whether nobody listens; notifications are not even built then."""
        return not self._listeners

    async def load(self) -> None:
        """Take up the registrations that the store has kept, those that nobody can read any more aside."""
        listeners = {}
        for each in (await self.store.find(self.collection, EVERYTHING)).documents:
            try:
                listeners[each.id] = self._listener(each.body)
            except ApiError as error:
                log.warning("listener %s hears nothing: %s", each.id, " ".join(str(error).split()))
        self._listeners = listeners

    async def register(self, body: Any) -> Document:
        """Add a listener; ApiError (400) where its callback is no http URL or its query makes no sense."""
        operation = self.contract.register
        _check(body, operation)
        registration = {"id": str(uuid.uuid4()), "callback": body["callback"]}
        if isinstance(body.get("@type"), str):
            registration["@type"] = body["@type"]
        if body.get("query") is not None:
            registration["query"] = body["query"]
        listener = self._listener(registration, jsonpath=self.jsonpath)
        document = Document.of(registration)
        await self.store.commit(Change(self.collection, None, document), turns=True)
        self._listeners[document.id] = listener
        return document

    async def registration(self, identifier: str) -> Document:
        """A registration; ApiError (404) for one that there is not."""
        document = await self.store.get(self.collection, identifier)
        if document is None:
            raise not_found(f"listener {identifier[:100]}")
        return document

    async def unregister(self, identifier: str) -> Listener:
        """Remove a listener; ApiError (404) for one that is not registered."""
        document = await self.registration(identifier)
        try:
            await self.store.commit(Change(self.collection, document, None), turns=True)
        except ConflictError:
            # somebody else was faster; a registration never changes
            raise not_found(f"listener {identifier[:100]}") from None
        # where another process has taken the registration, this one may not have heard of it
        return self._listeners.pop(identifier, None) or Listener(identifier, document.body["callback"])

    def _listener(self, registration: Body, *, jsonpath: bool = True) -> Listener:
        query = parse_query(registration.get("query", "").lstrip("?").encode(), jsonpath=jsonpath)
        return Listener(registration["id"], registration["callback"], self._canonical(query))

    def _canonical(self, query: Query) -> Query:
        """The query with event types in the contract's spelling: their case does not matter (rule EVT-02)."""
        conditions = tuple(
            Condition(tuple(_spelled(each, self.contract) for each in condition.alternatives))
            for condition in query.conditions
        )
        return Query(query.fields, conditions, query.filters)


def _spelled(predicate: Any, contract: Contract) -> Any:
    if predicate.path != ("eventType",) or predicate.pattern is not None:
        return predicate
    found = (contract.event_type(each) for each in predicate.values)
    values = tuple(
        event.name if event else given for event, given in zip(found, predicate.values, strict=True)
    )
    return type(predicate)(predicate.path, predicate.operator, values)


def _check(body: Any, operation: Operation | None) -> None:
    if operation is not None and operation.request is not None and not operation.request.accepts(body):
        raise invalid_body(operation.request.problems(body))
    callback = body.get("callback") if isinstance(body, dict) else None
    if not isinstance(callback, str) or not _is_http_url(callback):
        raise invalid_body([Problem("callback", "should be an absolute http or https URL", "format")])
    if not isinstance(body.get("query", ""), str | None):
        raise invalid_body([Problem("query", "should be a string", "type")])


def _is_http_url(text: str) -> bool:
    if re.search(r"[\s\x00-\x1f]", text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
