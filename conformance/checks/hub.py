"""The hub: registering and unregistering listeners."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from tmfrig.conformance.api import NOT_OFFERED, Api, id_in_url, identity
from tmfrig.conformance.check import (
    MAY,
    MUST,
    SHOULD,
    CannotJudge,
    Violation,
    check,
    not_applicable,
    observing,
    skip,
)
from tmfrig.conformance.checks.listening import registration_id, unregisters
from tmfrig.conformance.checks.places import without, without_nulls
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.expect import Value, describe_answer, expect, show
from tmfrig.conformance.typed import TYPE, asks_for_type
from tmfrig.specs import Schema

# Not for this client; not a second one (rule HUB-05).
_REFUSED = frozenset({401, 403, 409})
_NO_URL = "not a URL"


def _is_registration(exchange: Exchange) -> bool:
    return exchange.operation is not None and exchange.operation is exchange.contract.register


@observing(
    "hub.registration",
    MUST,
    "A registered listener is answered with its id and the callback that was sent.",
    source="the API's OpenAPI document, POST /hub; rule HUB-01",
    scope="hub",
)
def a_registration_names_id_and_callback(exchange: Exchange) -> None:
    if not _is_registration(exchange) or exchange.intent is not Intent.VALID:
        not_applicable()
    if exchange.status in NOT_OFFERED | _REFUSED:
        not_applicable()
    if _wants_https(exchange):
        raise CannotJudge(
            f"the hub takes https callbacks only ({describe_answer(exchange)}): name one that leads to ours, "
            "`callback: {public_url: https://…}`, or say that there is no hub, `capabilities: {hub: false}`"
        )
    # Older guidelines answer 204 without a body, some servers 200: hub.status warns about both.
    expect(exchange).status(201, 200, 204)
    if exchange.status == 204:
        not_applicable()
    hub = expect(exchange).json_object("the answer is the subscription")
    if identity(hub.value) is None and (_names_id(exchange) or id_in_url(_location(exchange)) is None):
        hub.violated("the subscription has no id", "an id by which it can be ended")
    sent = exchange.sent if isinstance(exchange.sent, dict) else {}
    hub.attribute("callback").equals(sent.get("callback"), "it is the callback that was registered")
    if sent.get("query") and hub.value.get("query") not in (None, sent["query"]):
        Value(exchange, hub.value["query"], "query").violated(
            f"query is {show(hub.value['query'])}", show(sent["query"])
        )


def _wants_https(exchange: Exchange) -> bool:
    """Whether a registration was refused because our callback is not one of https, which is a hub's right."""
    sent = exchange.sent if isinstance(exchange.sent, dict) else {}
    plain = str(sent.get("callback", "")).lower().startswith("http://")
    return plain and 400 <= exchange.status < 500 and b"https" in exchange.body.lower()


@observing(
    "hub.schema",
    MUST,
    "The answer to a registration is of the types that the contract declares.",
    source="the API's OpenAPI document, POST /hub; rules HUB-01, POLY-01",
    scope="hub",
)
def a_registration_keeps_the_contract(exchange: Exchange) -> None:
    declared = _declared(exchange)
    if not _is_registration(exchange) or exchange.status != 201 or declared is None:
        not_applicable()
    hub = expect(exchange).json_object("the answer is the subscription")
    # the id and the callback are a rule of their own
    ours = ("id", "callback")
    problems = [each for each in declared.problems(without_nulls(hub.value)) if each.path not in ours]
    if problems:
        hub.violated(f"the subscription: {problems[0]}", "a subscription as the contract declares it")


def _declared(exchange: Exchange) -> Schema | None:
    """The subscription as the contract has it."""
    declared = exchange.operation.responses.get("201") if exchange.operation else None
    return declared.schema if declared else None


def _names_id(exchange: Exchange) -> bool:
    """Whether the contract has the id in the subscription; otherwise Location may tell it as well."""
    declared = _declared(exchange)
    attributes = declared.attributes if declared else {}
    return "id" in attributes and attributes["id"].required


def _location(exchange: Exchange) -> str:
    return exchange.headers.get("location", "")


@observing(
    "hub.status",
    SHOULD,
    "A registration is answered 201.",
    source="the API's OpenAPI document, POST /hub; older guidelines say 204; rule HUB-01",
    scope="hub",
)
def a_registration_is_answered_201(exchange: Exchange) -> None:
    if not _is_registration(exchange) or not exchange.ok or exchange.intent is Intent.INVALID:
        not_applicable()
    expect(exchange).status(201)


@observing(
    "hub.location",
    SHOULD,
    "A 201 says in Location where the registration is.",
    source="TMF630, notification pattern; user guides of version 5; rule HUB-02",
    scope="hub",
)
def location_names_the_registration(exchange: Exchange) -> None:
    if not _is_registration(exchange) or exchange.status != 201 or exchange.intent is Intent.INVALID:
        not_applicable()
    location = expect(exchange).header("Location").present("it is where the registration can be ended")
    named, hub = id_in_url(location), exchange.json if exchange.is_json else None
    id = identity(hub)
    # a gateway may show another host and path than we use
    if named is None or (id is not None and named != id):
        raise Violation(
            f"{exchange.label}: Location is {location}",
            expected=f"Location: {exchange.path}/{id or '{id}'}",
            actual=f"Location: {location}",
            exchange=exchange,
        )


@check(
    "hub.missing-callback",
    MUST,
    "A registration without a callback is refused.",
    source="the API's OpenAPI document, POST /hub, callback is mandatory; rule HUB-03",
    scope="hub",
)
def a_callback_is_mandatory(api: Api) -> None:
    label = f"POST {api.hub_path} without callback"
    body = without(api.registration(api.callback()), ("callback",))
    answer = _invalid(api, body, label)
    expect(answer).refused(because="there is nowhere to send notifications to")


@check(
    "hub.callback-form",
    MAY,
    "A registration whose callback is no URL is refused.",
    source="the API's OpenAPI document, POST /hub, callback; rule HUB-03",
    scope="hub",
)
def a_callback_is_a_url(api: Api) -> None:
    label = f"POST {api.hub_path} with the callback {_NO_URL}"
    answer = _invalid(api, api.registration(_NO_URL), label)
    expect(answer).refused(because="nothing can be sent to such an address")


def _invalid(api: Api, body: Any, label: str) -> Exchange:
    """The answer to a registration that breaks the contract, which is ended where it was taken."""
    answer = api.request("POST", api.hub_path, json=body, label=label, intent=Intent.INVALID)
    if answer.status in NOT_OFFERED:
        skip(f"the hub is not offered (answered {answer.status})")
    registered = registration_id(answer)
    if registered is not None:
        api.unregister(registered, label=f"DELETE {api.hub_path}/{{id}}, to put it away", intent=Intent.OPEN)
    return answer


@check(
    "hub.untyped",
    MUST,
    "A registration without the @type that the contract asks for is taken or refused, and no more.",
    source="the API's OpenAPI document, POST /hub, @type is mandatory; rule HUB-07",
    scope="hub",
    when=lambda contract: (
        contract.register.request is not None and asks_for_type(contract.register.request.attributes)
    ),
)
def a_registration_without_type_is_no_trouble(api: Api) -> str:
    label = f"POST {api.hub_path} without {TYPE}"
    body = without(api.registration(api.callback()), (TYPE,))
    answer = _invalid(api, body, label)
    expect(answer).not_a_server_error(because=f"{TYPE} is mandatory, and some take it as understood")
    return "refused" if answer.is_error else "taken"


@check(
    "hub.retrieve",
    MUST,
    "A registration can be retrieved by its id as long as it stands, where the contract has that operation.",
    source="the API's OpenAPI document, GET /hub/{id}; rule HUB-08",
    scope="hub",
    when=lambda contract: contract.registration is not None,
)
def a_registration_can_be_retrieved(api: Api) -> None:
    with _registered(api) as id:
        path = f"{api.hub_path}/{quote(id, safe='')}"
        registered = api.contract.registration
        answer = api.request("GET", path, label=f"GET {api.hub_path}/{{id}}")
        shown = expect(answer).status(200, because="the listener is registered").json_object()
        if identity(shown.value) not in (None, id):
            shown.violated(f"the answer is about id {shown.value['id']}", f"id {id}")
        shown.has("callback", because="the answer is the subscription")
        expect(answer).matches(registered.responses["200"].schema if registered else None)
        api.unregister(id, intent=Intent.OPEN)
        label = f"GET {api.hub_path}/{{id}} after unregistering"
        gone = api.request("GET", path, label=label, intent=Intent.UNKNOWN_ID)
    expect(gone).status(404, because="the listener is no longer registered")


@check(
    "hub.unregister",
    MUST,
    "A listener is unregistered with 204.",
    source="the API's OpenAPI document, DELETE /hub/{id}; rule HUB-04",
    scope="hub",
    when=unregisters,
)
def a_listener_can_be_unregistered(api: Api) -> None:
    with _registered(api) as id:
        expect(api.unregister(id)).status(204, because="the listener was registered")


@check(
    "hub.unknown-id",
    MUST,
    "Unregistering a listener that is not there is answered 404.",
    source="the API's OpenAPI document, DELETE /hub/{id}; rule HUB-04",
    scope="hub",
    when=unregisters,
)
def an_unknown_listener_is_answered_404(api: Api) -> None:
    with _registered(api) as id:
        first = api.unregister(id, intent=Intent.OPEN)
        label = f"DELETE {api.hub_path}/{{id}} a second time"
        second = api.unregister(id, label=label, intent=Intent.UNKNOWN_ID)
    if first.ok:
        expect(second).status(404, because="the listener is unregistered already")
    label = f"DELETE {api.hub_path}/{{id}} by an id that nothing has"
    never = api.unregister(api.unknown_id(), label=label, intent=Intent.UNKNOWN_ID)
    expect(never).status(404, because="there never was such a listener")


@contextmanager
def _registered(api: Api) -> Iterator[str]:
    answer = api.register(api.callback())
    if answer.status in NOT_OFFERED:
        skip(f"the hub is not offered (answered {answer.status})")
    if answer.status == 409:
        skip("a second listener is refused with 409")
    if not answer.ok:
        raise CannotJudge(f"the callback could not be registered: {describe_answer(answer)}")
    id = registration_id(answer)
    if id is None and answer.status == 204:
        skip("a registration answered 204 gives no id by which it could be ended")
    if id is None:
        raise CannotJudge(f"the registration gave no id ({describe_answer(answer)})")
    yield id
