"""The judge is measured: each fault of the reference roles fails a scenario, which says what went wrong, and
right roles fail none."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from detecting import keep

from tmfrig.conformance.mounting import mount
from tmfrig.conformance.target import TargetFile, validated
from tmfrig.features.suite import Programme, play
from tmfrig.features.vocabulary import fulfilling, recording
from tmfrig.mockservers.faults import Fault
from tmfrig.mockservers.faults.catalogue import known
from tmfrig.reports.detection import Noticed
from tmfrig.reports.result import Outcome, Result

PACE = "0.02"
PATIENCE, MUCH_PATIENCE = 4.0, 30.0
"""Seconds for an order: what is wrong stays wrong, and what is right may take its time on a busy machine."""

NOTICED: Mapping[str, tuple[str, str]] = {
    "cancel-of-completed-accepted": (
        "cancel-too-late",
        r"Product ordering accepted the cancellation of the order \S+, which was completed already\.",
    ),
    "events-lost": (
        "order-reaches-completed",
        r"Product ordering never announced that it is completed to the channel: "
        r"no ProductOrderStateChangeEvent about the order \S+ came within \S+ s\.",
    ),
    "stuck-in-progress": (
        "life-single",
        r"The order \S+ never reached completed: it is still inProgress \d+ s after it was placed\.",
    ),
    "order-completed-with-failed-item": (
        "life-part-of-a-bundle-fails",
        r"The order \S+ is completed, although its item 1 is failed\.",
    ),
    "partial-reported-completed": (
        "life-partial",
        r"The order \S+ never reached partial: it ended as completed\.",
    ),
    "service-active-before-order": (
        "fulfil-not-before-progress",
        r"The service \S+ was active \d+\.\d+ s before the order \S+ was in progress\.",
    ),
    "order-completed-without-fulfilment": (
        "orchestrate-service-orders",
        r"The order \S+ is completed, but no service order carries it out\.",
    ),
    "duplicate-service-orders": (
        "orchestrate-bundle",
        r"The service \S+ of the order \S+ is ordered twice, by the service orders \S+ and \S+\.",
    ),
    "terminate-leaves-service": ("life-terminate", r"The service \S+ is active, not terminated\."),
    "product-created-twice": (
        "record-once",
        r"The item \d of the order \S+ was ordered once, but product inventory has 2 products for it: .*",
    ),
    "product-active-before-service": (
        "record-not-before-deployed",
        r"The product \S+ was active \d+\.\d+ s before its service \S+\.",
    ),
    "com-writes-services": (
        "architecture-services",
        r"COM sent PATCH \S+ to TMF638, though that is for activation alone\.",
    ),
    "completes-without-activating": (
        "fulfil-service-order",
        r"The service order \S+ is completed, but names services for 0 of its 1 items\.",
    ),
    "completes-claiming-services": (
        "fulfil-service-order",
        r"Service inventory does not have the service \S+: it answered 404 .*",
    ),
    "service-active-before-service-order": (
        "fulfil-not-before-service-order",
        r"The service \S+ was active \d+\.\d+ s before the service order \S+ was in progress\.",
    ),
    "activation-writes-products": (
        "architecture-products",
        r"Activation sent PATCH \S+ to TMF637, though that is for the COM alone\.",
    ),
}
SCENARIOS = sorted({scenario for scenario, _ in NOTICED.values()})


def sampled(ones: Iterable[str]) -> list[Any]:
    """All of them, of which every fourth is quick: a sample of all."""
    return [
        pytest.param(each, marks=pytest.mark.detection if number % 4 else ())
        for number, each in enumerate(ones)
    ]


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Inventories that are wrong stay so: nobody need wait for them."""
    for module in (fulfilling, recording):
        monkeypatch.setattr(module, "SETTLING", 0.5)


@contextmanager
def served(*faults: str) -> Iterator[TargetFile]:
    """The reference roles as a program of their own, and the target file that describes them."""
    asked = [word for each in faults for word in ("--fault", each)]
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "tmfrig.mockservers", "--port", "0", "--admin", *asked],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"TMFRIG_PACE": PACE},
    )
    try:
        assert process.stdout is not None
        urls: dict[str, str] = {}
        # the admin API is announced last
        while "admin" not in urls:
            _, name, _, url = process.stdout.readline().split()
            urls[name] = url
        rig = {"com": urls.pop("COM"), "admin": urls.pop("admin")}
        apis = [{"api": name, "version": 4, "url": url} for name, url in urls.items()]
        yield validated({"apis": apis, "rig": rig}, "a test")
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def right_roles() -> Iterator[TargetFile]:
    with served() as target:
        yield target


def played(target: TargetFile, scenario: str, patience: float) -> Sequence[Result]:
    programme = Programme(mount(target), pattern=scenario, patience=patience, rig=target.rig)
    done = play(programme)
    assert done.fault is None
    return done.results


def failed(results: Sequence[Result]) -> list[str]:
    return [f"{each.check}: {each.message}" for each in results if each.outcome is Outcome.failed]


def unhappy(results: Sequence[Result]) -> list[str]:
    """What right roles must not be told."""
    happy = (Outcome.passed, Outcome.skipped)
    return [f"{each.check}: {each.message}" for each in results if each.outcome not in happy]


def test_every_fault_that_roles_have_together_is_noticed_by_some_scenario() -> None:
    assert NOTICED.keys() == {each.name for each in known().values() if not each.rule}


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("fault", sampled(NOTICED))
def test_a_fault_is_noticed_and_named_in_one_sentence(fault: str) -> None:
    scenario, sentence = NOTICED[fault]
    with served(fault) as target:
        result = played(target, scenario, PATIENCE)[0]

    assert result.outcome is Outcome.failed, known()[fault].sentence
    assert re.fullmatch(sentence, result.message), result.message
    assert result.evidence


@pytest.mark.parametrize("scenario", sampled(SCENARIOS))
def test_right_roles_are_not_blamed(right_roles: TargetFile, scenario: str) -> None:
    results = played(right_roles, scenario, MUCH_PATIENCE)
    assert results[0].outcome is Outcome.passed, results[0].message
    assert not unhappy(results)


@pytest.mark.detection
@pytest.mark.parametrize("fault", NOTICED)
def test_every_fault_against_every_scenario(fault: str) -> None:
    started = time.monotonic()
    with served(fault) as target:
        found = failed(played(target, "*", PATIENCE))
    keep(_noticed(known()[fault], found, time.monotonic() - started), fault)

    scenario, sentence = NOTICED[fault]
    (message,) = [each for each in found if each.startswith(f"scenario.{scenario}: ")]
    assert re.search(sentence, message), message


def _noticed(fault: Fault, messages: Sequence[str], seconds: float) -> Noticed:
    return Noticed(
        name=fault.name,
        family=fault.family,
        role=fault.role,
        line=fault.line,
        sentence=fault.sentence,
        suite="scenarios",
        caught_by=sorted({each.partition(":")[0] for each in messages}),
        seconds=seconds,
    )


@pytest.mark.detection
@pytest.mark.parametrize("time", range(3))
def test_right_roles_pass_every_scenario(right_roles: TargetFile, time: int) -> None:
    assert not unhappy(played(right_roles, "*", MUCH_PATIENCE))
