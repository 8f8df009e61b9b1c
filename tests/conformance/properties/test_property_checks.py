"""What the property checks find at servers that are wrong, and nothing at those that are right."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from tmfrig.conformance.check import Suite, catalogue
from tmfrig.conformance.client import Connection
from tmfrig.conformance.mounting import MountedApi
from tmfrig.conformance.properties import budget, exploration
from tmfrig.conformance.runner import Order, judge
from tmfrig.mockservers.faults.catalogue import known
from tmfrig.mockservers.running import serving
from tmfrig.reports.result import Outcome, Result
from tmfrig.specs import standard_contract

FOUND = [
    ("channel-without-party-fails", "property.valid-bodies", "with channel: answered 500"),
    ("note-without-author-fails", "property.valid-bodies", "with note: answered 500"),
    ("rare-action-fails", "property.valid-bodies", "answered 500"),
    ("nested-enumeration-is-not-checked", "property.invalid-bodies", "noSuchValue"),
    ("number-for-a-list-fails", "property.invalid-bodies", "should be an array"),
    ("nested-number-as-text-is-stored", "property.wrong-types", "should be a number"),
    ("nested-date-is-not-checked", "property.wrong-types", "no RFC 3339 date-time"),
    ("patch-of-a-new-list-fails", "property.patches", "answered 500"),
    ("second-patch-is-lost", "property.stateful", "after POST, PATCH"),
    ("repeated-parameter-fails", "property.queries", "answered 500"),
]


def judged(
    api: str, checks: Sequence[str], faults: Sequence[str] = (), seconds: float | None = None
) -> list[Result]:
    contract = standard_contract(api)
    with serving([api], faults=faults) as urls:
        mounted = MountedApi(contract, Connection(urls[api]), frozenset())
        order = Order([mounted], only=checks, suite=Suite.full, seconds=seconds)
        judgement = judge(order)
    assert judgement.fault is None
    return judgement.results


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Explore until the first cause is found, however busy the machine is."""
    monkeypatch.setattr(budget, "LONGEST", 60.0)
    monkeypatch.setattr(budget, "_SECONDS_PER_API", 3600.0)
    monkeypatch.setattr(budget, "MINIMISING", 60.0)
    monkeypatch.setattr(exploration, "MOST_CAUSES", 1)


@pytest.mark.usefixtures("unhurried")
@pytest.mark.parametrize(("fault", "check", "words"), FOUND, ids=[fault for fault, _, _ in FOUND])
def test_a_fault_is_found_and_shown_by_one_exchange(fault: str, check: str, words: str) -> None:
    declared = known()[fault]
    wrong = [
        each
        for each in judged(declared.role, [check], [fault])
        if each.outcome in (Outcome.failed, Outcome.warned)
    ]
    assert wrong
    assert words in wrong[0].message
    assert wrong[0].evidence
    assert declared.rule in wrong[0].source


@pytest.mark.usefixtures("unhurried")
def test_a_finding_is_minimised() -> None:
    results = judged("TMF622", ["property.valid-bodies"], ["channel-without-party-fails"])
    shown = next(each for each in results if each.outcome is Outcome.failed).evidence[-1].request.body or ""
    body = json.loads(shown)
    assert body.keys() == {"productOrderItem", "channel"}
    assert [item.keys() for item in body["productOrderItem"]] == [{"id", "action"}]
    assert [channel.keys() for channel in body["channel"]] == [{"id"}]


@pytest.mark.parametrize("api", ["TMF645"])
def test_nothing_is_found_where_nothing_is_wrong(api: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "LONGEST", 0.4)
    results = judged(api, ["property.*"])
    assert {each.check for each in results} == {
        check.id for check in catalogue() if check.id.startswith("property.")
    }
    assert {each.outcome for each in results} == {Outcome.passed}
    assert all("sent" in each.message or "steps" in each.message for each in results)


def examples_of(results: Sequence[Result]) -> int:
    said = [each.message.split() for each in results if each.check.startswith("property.")]
    assert all(words[1] == "examples" for words in said)
    return sum(int(words[0]) for words in said)


def test_a_run_whose_time_is_up_stops_exploring(monkeypatch: pytest.MonkeyPatch) -> None:
    # as long as it takes to send all examples, however busy the machine is
    monkeypatch.setattr(budget, "LONGEST", 60.0)
    monkeypatch.setattr(budget, "_SECONDS_PER_API", 3600.0)
    everything = judged("TMF637", ["property.invalid-bodies"])
    results = judged("TMF637", ["property.*"], seconds=0.5)
    assert examples_of(results) < examples_of(everything) / 2
    assert results[-1].message.endswith("because --max-time ended the run")
    assert not [each for each in results if each.outcome in (Outcome.failed, Outcome.warned)]
