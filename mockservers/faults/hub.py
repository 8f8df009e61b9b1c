"""Faults of the hub: how listeners are registered, told apart and unregistered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tmfrig.mockservers.engine import HubHandlers
from tmfrig.mockservers.errors import ApiError, not_found
from tmfrig.mockservers.exchange import Exchange
from tmfrig.mockservers.faults.answers import Altered, Answer, altering
from tmfrig.mockservers.faults.fault import fault
from tmfrig.mockservers.hub import Hub, Listener
from tmfrig.mockservers.query import EVERYTHING, parse_query
from tmfrig.mockservers.store import Body, Document

FAMILY = "hub"
ORDERS, PRODUCTS, CATALOG, QUALIFICATIONS = "TMF622", "TMF637", "TMF620", "TMF679"

# ── what a registration is answered ─────────────────────────────────────────────────────────────────────────


def _registers(exchange: Altered) -> bool:
    contract = exchange.contract
    return contract is not None and exchange.operation is contract.register


@altering(
    "registration-without-location",
    ORDERS,
    "A registration is answered 201 without Location; it should say where the registration is.",
    rule="HUB-02",
    family=FAMILY,
    answered="201",
)
def registrations_are_nowhere(exchange: Altered, answer: Answer) -> Answer:
    """Thinks that the id in the body says it all."""
    return answer.without_header(b"location") if _registers(exchange) else answer


@altering(
    "registration-located-at-the-hub",
    PRODUCTS,
    "The Location of a new registration is that of the hub; it should be that of the registration.",
    rule="HUB-02",
    family=FAMILY,
    answered="201",
)
def registrations_are_at_the_hub(exchange: Altered, answer: Answer) -> Answer:
    """Takes the address of the request for that of what it made."""
    if not _registers(exchange):
        return answer
    return answer.with_header(b"location", str(exchange.scope["path"]).encode())


@altering(
    "registration-without-id",
    CATALOG,
    "A registration is answered without the id by which it can be ended.",
    rule="HUB-01",
    family=FAMILY,
    answered="201",
)
def registrations_have_no_id(exchange: Altered, answer: Answer) -> Answer:
    """Answers with what it was sent."""
    if not _registers(exchange):
        return answer
    return answer.without_header(b"location").without("id")


@altering(
    "registration-shows-another-callback",
    ORDERS,
    "The callback in the answer to a registration ends with a slash that was not sent; it should be as sent.",
    rule="HUB-01",
    family=FAMILY,
    answered="201",
)
def callbacks_are_tidied_up(exchange: Altered, answer: Answer) -> Answer:
    """Normalises URLs."""
    if not _registers(exchange):
        return answer
    return answer.with_each(lambda hub: hub | {"callback": f"{hub['callback']}/"})


@altering(
    "registration-answered-with-ok",
    PRODUCTS,
    "A registration is answered 200; it should be 201.",
    rule="HUB-01",
    family=FAMILY,
    answered="201",
)
def registrations_are_ok(exchange: Altered, answer: Answer) -> Answer:
    """Leaves the status as the framework has it."""
    return answer.with_status(200) if _registers(exchange) else answer


# ── who is registered ───────────────────────────────────────────────────────────────────────────────────────


@fault(
    "callback-is-optional",
    ORDERS,
    "A registration without a callback is taken; there is nowhere to send notifications to.",
    rule="HUB-03",
    family=FAMILY,
)
class NeedsNoCallback(Hub):
    """Has a callback of its own for those who send none."""

    async def register(self, body: Any) -> Document:
        """Register with what is sent, and else with that."""
        own = {"callback": "http://localhost:9/"} if isinstance(body, dict) else {}
        return await super().register(own | body if isinstance(body, dict) else body)


@fault(
    "new-listener-replaces-the-others",
    ORDERS,
    "A second registration is taken, and the first listener hears nothing any more; both should hear.",
    rule="HUB-05",
    family=FAMILY,
)
class KnowsOneListener(Hub):
    """Keeps the callback in one place."""

    async def register(self, body: Any) -> Document:
        """Register, and remember who came last."""
        document = await super().register(body)
        for each in [each for each in self._listeners if each != document.id]:
            gone = self._listeners[each]
            # the registration stays, and is answered like any other when it is ended
            self._listeners[each] = replace(gone, query=parse_query(b"eventType=none"))
        return document


@fault(
    "second-listener-is-a-server-error",
    PRODUCTS,
    "A second registration is answered 500; it should be taken, or refused with 409.",
    rule="HUB-05",
    family=FAMILY,
)
class FailsForTheSecond(Hub):
    """Meets a constraint of its database that nobody handles."""

    async def register(self, body: Any) -> Document:
        """Register the first."""
        if not self.deserted:
            raise ApiError(500, "unexpected", "unique constraint violated")
        return await super().register(body)


@fault(
    "callback-again-is-a-server-error",
    CATALOG,
    "Registering a callback that is registered is answered 500; it should be taken, or refused with 409.",
    rule="IDEM-02",
    family=FAMILY,
)
class FailsForTheSame(Hub):
    """Has the callback for a key."""

    async def register(self, body: Any) -> Document:
        """Register a callback that is new."""
        callback = body.get("callback") if isinstance(body, dict) else None
        if any(each.callback == callback for each in self.listeners):
            raise ApiError(500, "unexpected", "duplicate key")
        return await super().register(body)


@fault(
    "callback-again-cannot-be-ended",
    PRODUCTS,
    "Registering a callback again gives the id of the first registration, and unregistering that id ends one "
    "of two; the listener should hear nothing any more.",
    rule="IDEM-02",
    family=FAMILY,
)
class KeepsTheSecond(Hub):
    """Looks up the id by the callback, in a table that has two rows now."""

    async def register(self, body: Any) -> Document:
        """Register, and answer with the first registration of that callback."""
        callback = body.get("callback") if isinstance(body, dict) else None
        first = next((each for each in self.listeners if each.callback == callback), None)
        document = await super().register(body)
        return document if first is None else Document.of(document.body | {"id": first.id})


# ── what a listener wants to hear ───────────────────────────────────────────────────────────────────────────


@fault(
    "hub-query-ignored",
    ORDERS,
    "A registration with a query is taken and shows the query, but every event is delivered.",
    rule="HUB-06",
    family=FAMILY,
)
class DeliversEverything(Hub):
    """Keeps the query and does not look at it."""

    def _listener(self, registration: Body, *, jsonpath: bool = True) -> Listener:
        return replace(super()._listener(registration, jsonpath=jsonpath), query=EVERYTHING)


@fault(
    "hub-query-never-fits",
    PRODUCTS,
    "A registration with a query for an event type is taken and shows the query, but nothing is delivered.",
    rule="HUB-06",
    family=FAMILY,
)
class ComparesWithTheResource(Hub):
    """Looks for the attributes of a query in the resource alone, which has no eventType."""

    def _listener(self, registration: Body, *, jsonpath: bool = True) -> Listener:
        listener = super()._listener(registration, jsonpath=jsonpath)
        wanted = any("eventType" in str(each) for each in listener.query.conditions)
        return replace(listener, query=parse_query(b"eventType=none")) if wanted else listener


# ── unregistering ───────────────────────────────────────────────────────────────────────────────────────────


@altering(
    "unregistering-answered-with-ok",
    CATALOG,
    "Unregistering a listener is answered 200; it should be 204.",
    rule="HUB-04",
    family=FAMILY,
    answered="204",
)
def farewells_are_ok(exchange: Altered, answer: Answer) -> Answer:
    """Has something to say all the same."""
    contract = exchange.contract
    if contract is None or exchange.operation is not contract.unregister:
        return answer
    typed = answer.with_header(b"content-type", contract.media_type.encode())
    return typed.with_status(200).with_body(b'{"message":"unregistered"}')


@fault(
    "unknown-listener-unregistered",
    ORDERS,
    "Unregistering a listener that is not there is answered 204; it should be 404.",
    rule="HUB-04",
    family=FAMILY,
)
class UnregistersAnybody(HubHandlers):
    """Deletes where the id is this one, and does not count the rows."""

    async def unregister(self, exchange: Exchange) -> None:
        """Answer 204."""
        try:
            await super().unregister(exchange)
        except ApiError:
            await exchange.answer(204, b"", ())


# ── what version 5 brought ──────────────────────────────────────────────────────────────────────────────────


@fault(
    "untyped-registration-is-a-server-error",
    ORDERS,
    "A registration without @type is answered 500; it should be taken, or refused with 400.",
    rule="HUB-07",
    family=FAMILY,
    line=5,
)
class NeedsTheType(Hub):
    """Chooses a class by the @type, without a thought of its absence."""

    async def register(self, body: Any) -> Document:
        """Register what names its type."""
        if isinstance(body, dict) and "callback" in body and "@type" not in body:
            raise ApiError(500, "unexpected", "no class for None")
        return await super().register(body)


@fault(
    "registration-not-shown",
    QUALIFICATIONS,
    "GET of a registration is answered 404 as long as it stands; it should be shown.",
    rule="HUB-08",
    family=FAMILY,
    line=5,
)
class ShowsNoRegistration(Hub):
    """Looks for it where the tasks are."""

    async def registration(self, identifier: str) -> Document:
        """Find nothing."""
        raise not_found(f"listener {identifier[:100]}")
