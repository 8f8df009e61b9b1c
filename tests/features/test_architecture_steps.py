"""The steps that judge by the journals: who did what that should not be, in one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tmfrig.conformance.check import CannotJudge, Skipped, Violation
from tmfrig.conformance.target import Rig
from tmfrig.features.journal import Journal
from tmfrig.features.vocabulary import journals

Said = tuple[str, str, str, str]

RIGHT: list[Said] = [
    ("channel", "TMF620", "GET", "/c/v4/productOffering/1"),
    ("channel", "TMF622", "POST", "/o/v4/productOrder"),
    ("TMF622", "COM", "NOTIFY", "/com/v1/callback/TMF622"),
    ("COM", "TMF622", "PATCH", "/o/v4/productOrder/1"),
    ("COM", "TMF641", "POST", "/s/v4/serviceOrder"),
    ("activation", "TMF638", "POST", "/i/v4/service"),
    ("COM", "TMF638", "POST", "/i/v4/hub"),
    ("TMF641", "COM", "NOTIFY", "/com/v1/callback/TMF641"),
    ("COM", "TMF637", "POST", "/p/v4/product"),
    ("observer", "TMF637", "GET", "/p/v4/product/1"),
]


class Kept(Journal):
    """A journal with these entries."""

    def __init__(self, said: Sequence[Said]) -> None:
        super().__init__("http://nobody", "0" * 32)
        self._said = said

    def _asked(self) -> list[dict[str, Any]]:
        event = json.dumps({"eventType": "ProductOrderCreateEvent"})
        return [
            {
                "caller": caller,
                "callee": callee,
                "method": "POST" if method == "NOTIFY" else method,
                "kind": "notification" if method == "NOTIFY" else "request",
                "path": path,
                "status": 201,
                "seconds": 0.01,
                "time": "2026-01-05T10:00:00Z",
                "requestBody": event if method == "NOTIFY" else None,
            }
            for caller, callee, method, path in self._said
        ]


STEPS: list[tuple[Callable[[Journal], None], Said, str]] = [
    (
        journals._the_channel_stays_in_front,
        ("channel", "TMF641", "GET", "/s/v4/serviceOrder"),
        "channel sent GET /s/v4/serviceOrder to TMF641, though the channel speaks to nothing behind product "
        "ordering",
    ),
    (
        journals._only_the_com_orders_services,
        ("TMF622", "TMF641", "POST", "/s/v4/serviceOrder"),
        "TMF622 sent POST /s/v4/serviceOrder to TMF641, though that is for the COM alone",
    ),
    (
        journals._only_the_com_writes_products,
        ("activation", "TMF637", "PATCH", "/p/v4/product/1"),
        "activation sent PATCH /p/v4/product/1 to TMF637, though that is for the COM alone",
    ),
    (
        journals._only_activation_writes_services,
        ("COM", "TMF638", "PATCH", "/i/v4/service/1"),
        "COM sent PATCH /i/v4/service/1 to TMF638, though that is for activation alone",
    ),
    (
        journals._nobody_else_changes_orders,
        ("activation", "TMF622", "PATCH", "/o/v4/productOrder/1"),
        "activation sent PATCH /o/v4/productOrder/1 to TMF622, though that is for the channel or the COM "
        "alone",
    ),
    (
        journals._product_ordering_calls_nobody,
        ("TMF622", "TMF638", "POST", "/i/v4/service"),
        "TMF622 sent POST /i/v4/service to TMF638, though product ordering captures orders and leaves the "
        "rest to the COM",
    ),
]


@pytest.mark.parametrize("judge", [each[0] for each in STEPS])
def test_what_is_as_it_should_be_passes(judge: Callable[[Journal], None]) -> None:
    judge(Kept(RIGHT))


@pytest.mark.parametrize(("judge", "wrong", "sentence"), STEPS)
def test_who_oversteps_a_boundary_is_named(
    judge: Callable[[Journal], None], wrong: Said, sentence: str
) -> None:
    with pytest.raises(Violation) as raised:
        judge(Kept([*RIGHT, wrong]))

    assert raised.value.message == sentence


def test_a_com_that_is_called_rather_than_notified_is_noticed() -> None:
    journals._the_com_has_heard(Kept(RIGHT))

    with pytest.raises(
        Violation, match="no notification of product ordering about the order has reached the COM"
    ):
        journals._the_com_has_heard(Kept([each for each in RIGHT if each[2] != "NOTIFY"]))


@pytest.mark.parametrize("judge", [each[0] for each in STEPS[:4]])
def test_silence_proves_nothing(judge: Callable[[Journal], None]) -> None:
    with pytest.raises(CannotJudge):
        judge(Kept([]))


def test_without_an_admin_api_nothing_is_judged_by_journals() -> None:
    for rig in (None, Rig(com="http://127.0.0.1:1/v1")):
        with pytest.raises(Skipped):
            Journal.of(rig, "0" * 32)
