"""The mapping between the two vocabularies."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from tmfrig.mockservers.facade.copybook import LineState, Operation, OrderState, RecordError
from tmfrig.mockservers.facade.mapping import (
    LINE_STATES,
    NO_SUBSCRIBER,
    ORDER_STATES,
    card_for,
    megabits,
    product_code,
    rate,
    subscriber_name,
)
from tmfrig.specs import standard_contract


def test_every_numeric_state_has_a_meaning_that_the_contracts_know() -> None:
    assert set(ORDER_STATES) == set(OrderState)
    assert set(LINE_STATES) == set(LineState)
    items = standard_contract("TMF641").resources["serviceOrder"].attributes["serviceOrderItem"].items
    assert items is not None
    services = standard_contract("TMF638").resources["service"].attributes["state"].enum
    for meaning in (*ORDER_STATES.values(), *LINE_STATES.values()):
        assert meaning.item in (None, *items.attributes["state"].enum)
        assert meaning.service in (None, *services)


def test_an_installation_walks_the_published_lifecycle() -> None:
    lifecycle = standard_contract("TMF638").resources["service"].lifecycle
    assert lifecycle is not None
    told = [each.service for each in (*ORDER_STATES.values(), LINE_STATES[LineState.IN_SERVICE])]
    states = [each for each in told if each is not None]
    assert states == ["feasibilityChecked", "designed", "reserved", "inactive", "active"]
    assert all(lifecycle.allows(*each) for each in pairwise(states))


@pytest.mark.parametrize(
    ("service", "code"),
    [
        ({"serviceSpecification": {"id": "fibre-access-line"}}, "FIBREACC"),
        ({"serviceSpecification": {"id": "☎", "name": "Sprach-Dienst"}}, "SPRACHDI"),
        ({"serviceType": "voice", "name": "x"}, "VOICE"),
        ({"name": "Größe"}, "GROSSE"),
        ({}, ""),
    ],
)
def test_product_codes(service: dict[str, Any], code: str) -> None:
    assert product_code(service) == code


@pytest.mark.parametrize(
    ("parties", "name"),
    [
        ([{"id": "k", "name": "Zoë Müller-Strauß von Habsburg", "role": "Customer"}], "ZOE MULLER-STRAUSS V"),
        ([{"id": "a", "name": "Agent"}, {"id": "c1", "role": "customer"}], "C1"),
        ([{"id": "ø", "name": "日本"}], NO_SUBSCRIBER),
        ([], NO_SUBSCRIBER),
    ],
)
def test_subscribers(parties: list[dict[str, Any]], name: str) -> None:
    assert subscriber_name({"relatedParty": parties}) == name


@pytest.mark.parametrize(
    ("value", "punched"),
    [(500, 5_000_000), (0.0001, 1), ("50", 500_000), ("fast", 0), (True, 0), (None, 0), ({"a": 1}, 0)],
)
def test_rates_are_in_hundreds_of_bits(value: Any, punched: int) -> None:
    assert rate([{"name": "colour", "value": 7}, {"name": "downstreamSpeed", "value": value}]) == punched


def test_a_rate_is_read_back_in_megabits() -> None:
    assert [megabits(5_000_000), megabits(1)] == [500, 0.0001]


@pytest.mark.parametrize("value", [-1, 10_000, 1e308])
def test_a_rate_that_no_card_can_say_is_refused(value: float) -> None:
    service = {"name": "x", "serviceCharacteristic": [{"name": "bandwidth", "value": value}]}
    with pytest.raises(RecordError):
        card_for({}, {"action": "add", "service": service}, "TM000001", 0)


def test_actions_become_operations() -> None:
    def card(action: str, **service: Any) -> Any:
        return card_for({}, {"action": action, "service": service}, "TM000001", 40000001)

    added, barred, ceased = card("add", name="x"), card("modify", state="inactive"), card("delete")
    assert (added.operation, added.line, added.product) == (Operation.INSTALL, 0, "X")
    assert (barred.operation, barred.line, barred.bar) == (Operation.CHANGE, 40000001, "B")
    assert (ceased.operation, ceased.line) == (Operation.CEASE, 40000001)
    assert card("noChange") is None
