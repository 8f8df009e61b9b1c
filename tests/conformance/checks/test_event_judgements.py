"""What the checks of notifications say of what came, where no vendor is needed to show it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from httpx2 import Headers

from tmfrig.conformance.check import NotApplicable, Violation
from tmfrig.conformance.checks.delivery import a_notification_is_json
from tmfrig.conformance.checks.envelopes import the_payload_names_the_resource, used_twice
from tmfrig.conformance.checks.event_contents import contradicted, raise_for_contradiction
from tmfrig.conformance.checks.event_timelines import Step, raise_for_order
from tmfrig.conformance.checks.hub import location_names_the_registration
from tmfrig.conformance.checks.listening import is_about, is_same, may_tell, tells
from tmfrig.conformance.exchange import Exchange, Intent, Notification
from tmfrig.conformance.instance import Instance
from tmfrig.specs import standard_contract

ORDERS = standard_contract("TMF622")
ORDER = ORDERS.resources["productOrder"]
HREF = "http://shop.example/productOrder/7"
CREATE, CHANGE, DELETE = (ORDER.events[name] for name in ("Create", "AttributeValueChange", "Delete"))
MINE = Instance(ORDER, "7", {"id": "7", "href": HREF}, Exchange(ORDERS, "POST", "", ""), created=True)
JSON = {"content-type": "application/json"}


def told(
    order: int = 1,
    type: str = "ProductOrderCreateEvent",
    *,
    event_id: Any = "e1",
    time: str = "2026-11-23T10:00:00Z",
    key: str = "productOrder",
    headers: Mapping[str, str] = JSON,
    **resource: Any,
) -> Notification:
    """A notification about a product order."""
    body = {"eventId": event_id, "eventTime": time, "eventType": type, "event": {key: resource}}
    raw = json.dumps(body).encode()
    return Notification(ORDERS, order, float(order), "s", "POST", "", "", Headers(headers), raw)


# ── media type ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("sent", ["application/json", "application/json;charset=utf-8", "Application/JSON"])
def test_json_is_json_whatever_its_charset(sent: str) -> None:
    a_notification_is_json(told(headers={"content-type": sent}))


@pytest.mark.parametrize("sent", ["text/plain", "application/xml", "application/cloudevents+json"])
def test_another_media_type_is_named(sent: str) -> None:
    with pytest.raises(Violation, match=f"Content-Type is {sent.replace('+', '.')}"):
        a_notification_is_json(told(headers={"content-type": sent}))


def test_a_missing_media_type_is_a_finding_and_an_empty_notification_is_none() -> None:
    with pytest.raises(Violation, match="no Content-Type"):
        a_notification_is_json(told(headers={}))
    with pytest.raises(NotApplicable):
        a_notification_is_json(replace(told(headers={}), body=b""))


# ── who it is about ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("resource", [{"id": "7"}, {"href": HREF}, {"id": 7, "state": "held"}])
def test_a_partial_resource_names_itself_by_id_or_href(resource: dict[str, Any]) -> None:
    the_payload_names_the_resource(told(**resource))
    assert is_about(told(**resource), MINE)


@pytest.mark.parametrize("resource", [{}, {"state": "held"}, {"id": "", "href": None}])
def test_a_resource_that_names_itself_nowhere_is_a_finding(resource: dict[str, Any]) -> None:
    with pytest.raises(Violation, match="neither id nor href"):
        the_payload_names_the_resource(told(**resource))


def test_a_resource_under_a_wrong_key_is_the_finding_of_another_check() -> None:
    with pytest.raises(NotApplicable):
        the_payload_names_the_resource(told(key="resource"))


def test_what_cannot_be_told_apart_may_be_ours_but_is_not_known_to_be() -> None:
    for each in (told(key="resource", id="8"), told(state="held")):
        assert may_tell(MINE, CREATE)(each)
        assert not tells(MINE, CREATE)(each)
    assert not may_tell(MINE, CREATE)(told(id="8"))
    assert not may_tell(MINE, DELETE)(told(id="7"))


@pytest.mark.parametrize(
    "resource",
    [
        {"id": "7"},
        {"id": "7", "href": HREF},
        {"id": "7", "href": "/elsewhere/productOrder/7"},
        {"href": "https://gateway.example/productOrder/7"},
    ],
)
def test_id_and_href_agree_whatever_the_host(resource: dict[str, Any]) -> None:
    raise_for_contradiction(told(**resource), MINE)


@pytest.mark.parametrize("resource", [{"id": "8", "href": HREF}, {"id": "7", "href": f"{HREF}1"}])
def test_id_and_href_of_different_resources_are_a_finding(resource: dict[str, Any]) -> None:
    with pytest.raises(Violation, match="do not name the same"):
        raise_for_contradiction(told(**resource), MINE)


def test_an_href_without_the_id_in_it_is_no_contradiction() -> None:
    odd = "http://shop.example/find?order=7"
    mine = replace(MINE, body={"id": "7", "href": odd})
    raise_for_contradiction(told(id="7", href=odd), mine)
    raise_for_contradiction(told(id="7", href="http://gateway.example/find?order=7"), mine)


# ── eventId ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_event_may_come_twice() -> None:
    again = told(2, id="7", state="held")
    assert used_twice([told(1, id="7", state="held"), again]) is None
    assert is_same(told(1, id="7", state="held"), again)
    assert used_twice([told(1, id="7"), told(2, id="7", time="2026-11-23T10:00:05Z")]) is None
    assert used_twice([told(1, id="7", state="held"), told(2, id="7", state="pending")]) is None


@pytest.mark.parametrize(
    "other",
    [
        told(2, "ProductOrderDeleteEvent", id="7"),
        told(2, id="8"),
        told(2, id="7", state="pending", time="2026-11-23T10:00:05Z"),
    ],
)
def test_another_event_has_another_id(other: Notification) -> None:
    one = told(1, id="7")
    assert used_twice([one, told(3, event_id="e2", id="9"), other]) == (one, other)


def test_events_without_an_id_do_not_clash() -> None:
    assert used_twice([told(1, event_id=None, id="7"), told(2, event_id=None, id="8")]) is None
    assert used_twice([told(1, event_id=["a"], id="7"), told(2, event_id=["a"], id="8")]) is None


# ── order ───────────────────────────────────────────────────────────────────────────────────────────────────

STEPS = [Step(CREATE), Step(CHANGE, "description", "one"), Step(CHANGE, "description", "two"), Step(DELETE)]


def changed(order: int, description: str | None = None, **more: Any) -> Notification:
    """The event of a changed description; without one it is partial."""
    shown = {"description": description} if description else {}
    return told(order, "ProductOrderAttributeValueChangeEvent", id="7", **shown, **more)


def deleted(order: int, **more: Any) -> Notification:
    """The event of the deletion."""
    return told(order, "ProductOrderDeleteEvent", id="7", **more)


@pytest.mark.parametrize(
    "heard",
    [
        [told(1, id="7"), changed(2, "one"), changed(3, "two"), deleted(4)],
        [told(1, id="7"), changed(2), changed(3), deleted(4)],
        [told(1, id="7"), changed(2, "two"), changed(3, "two"), deleted(4)],
        [
            told(1, id="7"),
            changed(2, "one"),
            told(3, id="7"),
            changed(4, "two"),
            changed(5, "one"),
            deleted(6),
        ],
        [changed(2, "one"), deleted(4)],
        [],
    ],
    ids=["whole", "partial", "read when sent", "doubled and late again", "some", "none"],
)
def test_what_comes_in_order_is_no_finding(heard: list[Notification]) -> None:
    raise_for_order(STEPS, heard)


@pytest.mark.parametrize(
    ("heard", "message"),
    [
        ([changed(1, "one"), told(2, id="7")], "the ProductOrderCreateEvent came after the ProductOrderAttr"),
        ([changed(1, "two"), changed(2, "one")], 'with description "one" came after'),
        ([deleted(1), changed(2, "two")], 'with description "two" came after the ProductOrderDeleteEvent'),
    ],
)
def test_what_comes_before_its_turn_is_a_finding(heard: list[Notification], message: str) -> None:
    with pytest.raises(Violation, match=message):
        raise_for_order(STEPS, heard)


def test_times_that_run_backwards_are_a_finding_and_clocks_of_two_machines_are_not() -> None:
    first = told(1, id="7", time="2026-11-23T10:00:00.400Z")
    raise_for_order(STEPS, [first, deleted(2, time="2026-11-23T10:00:00Z")])
    raise_for_order(STEPS, [first, deleted(2, time="2026-11-23T12:00:01+02:00")])
    with pytest.raises(Violation, match="by their eventTime"):
        raise_for_order(STEPS, [first, deleted(2, time="2026-11-23T09:59:00Z")])


# ── what it shows ───────────────────────────────────────────────────────────────────────────────────────────

SHOWN = {
    "id": "7",
    "href": HREF,
    "name": "Fibre",
    "day": "2026-11-23T10:00:00Z",
    "items": [{"id": "1", "n": 1}],
}


@pytest.mark.parametrize(
    "payload",
    [
        SHOWN,
        {"id": "7"},
        SHOWN | {"href": "/productOrder/7", "more": True, "note": None},
        SHOWN | {"day": "2026-11-23T12:00:00.000123+02:00"},
        SHOWN | {"items": [{"id": "1", "href": "x"}]},
        SHOWN | {"items": []},
        SHOWN | {"items": [{"id": "1", "n": 1.0}]},
    ],
)
def test_a_payload_may_be_partial_and_written_in_another_way(payload: dict[str, Any]) -> None:
    assert contradicted(payload, SHOWN, SHOWN) is None


@pytest.mark.parametrize(
    ("payload", "name"),
    [
        (SHOWN | {"name": "Fib"}, "name"),
        (SHOWN | {"day": "2026-11-23T12:00:00Z"}, "day"),
        (SHOWN | {"items": [{"id": "2", "n": 1}]}, "items"),
    ],
)
def test_another_value_is_named_with_both(payload: dict[str, Any], name: str) -> None:
    found = contradicted(payload, SHOWN, SHOWN)
    assert found == (name, payload[name], SHOWN[name])


def test_what_moves_by_itself_contradicts_nobody() -> None:
    assert contradicted({"state": "held"}, {"state": "completed"}, {"state": "acknowledged"}) is None


# ── where a registration is ─────────────────────────────────────────────────────────────────────────────────


def registered(location: str | None, body: bytes = b'{"id": "3", "callback": "x"}') -> Exchange:
    """A registration that was answered with this Location."""
    headers = Headers({"location": location} if location is not None else {})
    return Exchange(
        ORDERS,
        "POST",
        "http://shop.example/hub",
        "/hub",
        status=201,
        headers=headers,
        body=body,
        operation=ORDERS.register,
        intent=Intent.VALID,
    )


@pytest.mark.parametrize("location", ["/hub/3", "https://gateway.example/x/hub/3", "hub/3", "/hub/3/"])
def test_location_may_be_written_in_many_ways(location: str) -> None:
    location_names_the_registration(registered(location))


@pytest.mark.parametrize("location", [None, "", "/hub", "/hub/4"])
def test_location_leads_to_the_registration(location: str | None) -> None:
    with pytest.raises(Violation, match="Location"):
        location_names_the_registration(registered(location))
