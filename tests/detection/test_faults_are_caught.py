"""Every fault of the reference servers is caught by a check of the rule that it breaks."""

from __future__ import annotations

import time
from statistics import median

import pytest
from detecting import every_api, faults_of_apis, judged, keep, noticed, told, without_faults

from tmfrig.mockservers.faults import Fault
from tmfrig.reports.detection import Faultless

TIMES = 20


@pytest.mark.detection
@pytest.mark.parametrize("fault", faults_of_apis(), ids=lambda fault: fault.name)
def test_a_fault_is_caught(fault: Fault) -> None:
    found = noticed(fault)
    keep(found, fault.name)
    assert found.caught or not found.is_binding, f"{fault.sentence} Blamed: {found.unrelated or 'nobody'}"


@pytest.mark.detection
@pytest.mark.parametrize(("api", "line"), every_api())
def test_nobody_is_blamed_without_fault(api: str, line: int) -> None:
    seconds, blame = [], []
    for _ in range(TIMES):
        started = time.monotonic()
        blame.append(told(judged(api, line)))
        seconds.append(time.monotonic() - started)
    held = sorted({each.partition("[")[0] for text in blame for each in text.splitlines()})
    part = Faultless(api=api, line=line, suite="standard", runs=TIMES, seconds=median(seconds), blamed=held)
    keep(part, without_faults(api, line))
    assert not any(blame), "\n".join(blame)
