"""What must be noticed: each fault of an order-management stack fails a scenario with its sentence."""

from __future__ import annotations

import pytest
import stack_vendor as faults
from stack_vendor import StackVendor, running

from tmfrig.conformance.check import Violation
from tmfrig.conformance.mounting import mount
from tmfrig.conformance.target import validated
from tmfrig.features.data import Data
from tmfrig.features.following import eventually
from tmfrig.features.suite import Played, Programme, play
from tmfrig.features.vocabulary import recording
from tmfrig.reports.result import Outcome, Result

DATA = Data.model_validate(
    {
        "offerings": {"single": "fibre", "another": "phone"},
        "places": {"full": "main-street-1"},
        "customer": {"id": "anna", "@referredType": "Individual"},
        "outcomes": {"slow": {}},
    }
)
SCENARIOS = (
    "record-product",
    "record-once",
    "fulfil-not-before-progress",
    "cancel-too-late",
    "order-reaches-completed",
    "feedback-every-state",
    "life-single",
)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Inventories that disagree stay so: the tests need not wait for them."""
    monkeypatch.setattr(recording, "SETTLING", 0.1)


def judged(vendor: StackVendor, scenario: str, patience: float = 1.0) -> Result:
    return played(vendor, scenario, patience).results[0]


def played(vendor: StackVendor, scenario: str, patience: float = 1.0) -> Played:
    with running(vendor) as urls:
        apis = [{"api": api, "version": 4, "url": url} for api, url in urls.items()]
        target = mount(validated({"apis": apis}, "a test"))
        return play(Programme(target, pattern=scenario, patience=patience, data=DATA))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_right_stack_passes(scenario: str) -> None:
    result = judged(StackVendor(), scenario, patience=5.0)

    assert (result.outcome, result.message) == (Outcome.passed, "")


@pytest.mark.parametrize(
    ("fault", "scenario", "sentence"),
    [
        (
            faults.NOTHING_ACTIVATED,
            "record-product",
            "The product p1-1 is active, but its service s1-1 is designed in service inventory.",
        ),
        (
            faults.NO_SERVICE,
            "record-product",
            "The product p1-1 is active, but no service realises it: nothing was activated.",
        ),
        (
            faults.NO_PRODUCT,
            "life-single",
            "The order 1 is completed, but product inventory has no product for its item 1.",
        ),
        (
            faults.TWICE,
            "record-once",
            "The item 1 of the order 1 was ordered once, but product inventory has 2 products for it: "
            "p1-1 and p1-1-again.",
        ),
        (
            faults.EARLY,
            "fulfil-not-before-progress",
            "The service s1-1 was active 2.000 s before the order 1 was in progress.",
        ),
        (
            faults.CANCELS_COMPLETED,
            "cancel-too-late",
            "Product ordering accepted the cancellation of the order 1, which was completed already.",
        ),
        (
            faults.UNDOES_COMPLETED,
            "cancel-too-late",
            "The order 1 was completed, and is cancelled since the customer tried to cancel it.",
        ),
        (
            faults.ITEM_FAILED,
            "order-reaches-completed",
            "The order 1 is completed, but its item 1 is failed.",
        ),
        (
            faults.EVENTS_LOST,
            "feedback-every-state",
            "Product ordering never announced that it is inProgress to the channel: no "
            "ProductOrderStateChangeEvent about the order 1 came within 1 s.",
        ),
    ],
)
def test_a_fault_is_noticed_and_named_in_one_sentence(fault: str, scenario: str, sentence: str) -> None:
    result = judged(StackVendor(fault), scenario)

    assert (result.outcome, result.message) == (Outcome.failed, sentence)
    assert result.expected
    assert result.actual
    assert result.evidence


def test_an_order_that_is_stuck_is_noticed() -> None:
    result = judged(StackVendor(faults.STUCK), "life-single", patience=0.3)

    assert result.outcome is Outcome.failed
    assert result.message.startswith("The order 1 never reached completed: it is still inProgress")
    assert result.actual == "acknowledged → inProgress"


def test_every_request_names_its_role_and_the_trace_of_its_scenario() -> None:
    vendor = StackVendor()
    played(vendor, "record-*")

    told = [({key.lower(): value for key, value in each.items()}) for each in vendor.headers]
    roles = {each.get("x-client-id") for each in told}
    traces = [each["traceparent"].split("-")[1] for each in told if "traceparent" in each]
    spans = [each["traceparent"].split("-")[2] for each in told if "traceparent" in each]
    assert {"channel", "observer"} <= roles
    assert len(set(spans)) == len(spans)
    assert len(set(traces)) > 1


def test_the_steps_tell_who_spoke_to_whom_and_when() -> None:
    result = judged(StackVendor(), "record-product", patience=5.0)

    spoken = [each for step in result.steps or [] for each in step.evidence]
    assert {(each.caller, each.callee) for each in spoken} == {
        ("channel", "TMF622"),
        ("observer", "TMF637"),
        ("observer", "TMF638"),
    }
    times = [each.at for each in spoken if each.at is not None]
    assert len(times) == len(spoken)
    assert times == sorted(times)


def test_what_takes_no_longer_than_patience_is_waited_for() -> None:
    tries: list[int] = []

    def judge() -> None:
        tries.append(1)
        if len(tries) < 3:
            raise Violation("not yet")

    eventually(judge, 5.0)
    assert len(tries) == 3
