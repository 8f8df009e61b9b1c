"""A sample of the faults is caught, and right servers are not blamed, whenever the tests run."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from detecting import DEEP, faults_of_apis, judged, noticed, sample, told

from tmfrig.conformance.check import Suite
from tmfrig.mockservers.faults import Fault
from tmfrig.specs.rules import rules

SIZE = 24
SAMPLE = sample(SIZE)
LEAST = 120
"""So many faults there are at least."""
MOST = 10
"""So many unrelated checks may blame for one fault; what they are on median, the whole matrix says."""


def test_there_are_many_faults_and_each_breaks_a_rule_of_the_book() -> None:
    faults = faults_of_apis()
    assert len(faults) >= LEAST
    assert {each.rule for each in faults} <= rules().keys()


def test_the_sample_has_every_family_in_which_something_has_to_be_caught() -> None:
    families = {each.family for each in faults_of_apis() if rules()[each.rule].strength == "MUST"}
    assert {each.family for each in SAMPLE} == families - DEEP


@pytest.mark.parametrize("fault", SAMPLE, ids=lambda fault: fault.name)
def test_a_sampled_fault_is_caught_and_few_others_blame(fault: Fault, hurry: Callable[[float], None]) -> None:
    # what is wrong stays wrong, however long it is looked at
    hurry(0.6)
    found = noticed(fault, (Suite.standard,))
    assert found.caught, f"{fault.sentence} Blamed: {found.unrelated or 'nobody'}"
    assert len(found.unrelated) <= MOST, found.unrelated


# the demo's own test judges all thirteen
@pytest.mark.parametrize(("api", "line"), [("TMF637", 4), ("TMF622", 5)])
def test_right_servers_are_not_blamed(api: str, line: int) -> None:
    assert not told(judged(api, line, suite=Suite.standard))
