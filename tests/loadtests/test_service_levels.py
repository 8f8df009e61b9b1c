"""Service levels, judged on measures that are made up."""

from __future__ import annotations

import pytest

from tmfrig.loadtests.profile import ServiceLevels
from tmfrig.loadtests.slo import Measure, judged
from tmfrig.reports.result import Outcome, Result


def measure(
    name: str = "GET productOrder", requests: int = 100, failures: int = 0, p95: float = 10.0
) -> Measure:
    return Measure("TMF622", "4", "productOrder", name, requests, failures, p95)


def verdict(levels: ServiceLevels, *measures: Measure) -> Result:
    (result,) = judged(levels, measures, "a test")
    return result


@pytest.mark.parametrize(
    ("failures", "allowed", "outcome"),
    [
        (0, 0.0, Outcome.passed),
        (1, 0.0, Outcome.failed),
        (1, 0.01, Outcome.passed),
        (2, 0.01, Outcome.failed),
    ],
)
def test_failures_are_a_share_of_the_requests(failures: int, allowed: float, outcome: Outcome) -> None:
    assert verdict(ServiceLevels(failure_ratio=allowed), measure(failures=failures)).outcome is outcome


def test_failures_name_the_operation_that_failed_most() -> None:
    result = verdict(
        ServiceLevels(failure_ratio=0),
        measure("GET productOrder", failures=1),
        measure("POST productOrder", failures=3),
    )

    assert result.message == "4 of 200 requests failed, most of them POST productOrder"


def test_the_slowest_operation_decides() -> None:
    levels = ServiceLevels(p95_ms=50)

    assert verdict(levels, measure(p95=50)).outcome is Outcome.passed
    slow = verdict(levels, measure(p95=10), measure("POST productOrder", p95=51))
    assert slow.outcome is Outcome.failed
    assert slow.message.startswith("POST productOrder is too slow")


def test_what_was_never_sent_is_not_judged() -> None:
    result = verdict(ServiceLevels(p95_ms=50), measure(requests=0, p95=0.0))

    assert result.outcome is Outcome.skipped
    assert result.message.startswith("GET productOrder was never sent")


def test_each_resource_is_judged_once_wherever_its_tasks_stand() -> None:
    offering = Measure("TMF620", "4", "productOffering", "GET productOffering", 5, 0, 1.0)
    results = list(
        judged(ServiceLevels(failure_ratio=0, p95_ms=50), [measure(), offering, measure("POST x")], "a test")
    )

    assert [(each.check, each.api) for each in results] == [
        ("load.slo.failures", "TMF620"),
        ("load.slo.p95", "TMF620"),
        ("load.slo.failures", "TMF622"),
        ("load.slo.p95", "TMF622"),
    ]


def test_a_level_that_is_not_asked_for_is_not_judged() -> None:
    assert list(judged(ServiceLevels(), [measure(failures=50)], "a test")) == []
