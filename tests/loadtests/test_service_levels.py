"""Service levels against what was measured: which results a run has, and what they say."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tmfrig.loadtests.meter import UNSENT, Meter, Tally
from tmfrig.loadtests.recording import Recording
from tmfrig.loadtests.slo import DELAY, NOTIFIED, POLLED, ServiceLevels
from tmfrig.loadtests.verdict import Judge, broken
from tmfrig.reports.result import Evidence, Outcome, RecordedRequest, Result, record

ORDER = ("TMF622", "POST productOrder")
READ = ("TMF637", "GET product/{id}")
SHOWN = [record(RecordedRequest(method="POST", url="http://127.0.0.1/x"), None, 0.1)]


def recording(*requests: tuple[tuple[str, str], float, str | None], warm_up: float = 0.0) -> Recording:
    """Requests, each with the seconds that it took and what was wrong with it."""
    meter, found = Meter(warm_up), Recording(warm_up)
    for operation, seconds, trouble in requests:
        meter.request(operation, meter.began, meter.began, meter.began + seconds, trouble)
    found.absorb(meter.take(users=1, late=0))
    return found


def judged(levels: dict[str, Any], found: Recording, seconds: float = 10.0) -> dict[str, Result]:
    def evidence(api: str, resource: str | None) -> list[Evidence]:
        return SHOWN

    judge = Judge(ServiceLevels.model_validate(levels), {"TMF622": "4", "TMF637": "4"}, "a test", evidence)
    results = list(judge.results(found, seconds))
    assert len({(each.check, each.api, each.resource) for each in results}) == len(results)
    return {f"{each.check} {each.resource or ''}".strip(): each for each in results}


def test_each_percentile_that_is_asked_for_is_a_result_of_its_operation() -> None:
    found = recording(*[(ORDER, 0.1, None)] * 95, *[(ORDER, 0.9, None)] * 5, (READ, 0.01, None))
    results = judged({"operations": {"*": {"p50_ms": 200, "p99_ms": 500}}}, found)

    slow = results["load.slo.p99 POST productOrder"]
    assert (slow.outcome, slow.api, slow.version) == (Outcome.failed, "TMF622", "4")
    assert slow.expected == "p99 of at most 500 ms"
    assert slow.message.startswith("POST productOrder: p99 9")
    assert {name: each.outcome for name, each in results.items() if each is not slow} == {
        "load.slo.p50 POST productOrder": Outcome.passed,
        "load.slo.p50 GET product/{id}": Outcome.passed,
        "load.slo.p99 GET product/{id}": Outcome.passed,
    }


@pytest.mark.parametrize(
    ("failures", "allowed", "outcome"),
    [(0, 0.0, "passed"), (1, 0.0, "failed"), (1, 0.01, "passed"), (2, 0.01, "failed")],
)
def test_failures_are_a_share_of_all_requests(failures: int, allowed: float, outcome: str) -> None:
    found = recording(*[(ORDER, 0.1, None)] * (100 - failures), *[(ORDER, 0.1, "500")] * failures)
    result = judged({"failure_ratio": allowed}, found)["load.slo.failures"]

    assert result.outcome == outcome
    assert result.message == f"{failures} of 100 requests failed"
    assert bool(result.evidence) == (outcome == "failed")


def test_wrong_answers_are_no_throughput() -> None:
    found = recording(*[(ORDER, 0.1, None)] * 50, *[(ORDER, 0.1, "500")] * 50)

    assert judged({"throughput": 5}, found)["load.slo.throughput"].outcome is Outcome.passed
    assert judged({"throughput": 5.1}, found)["load.slo.throughput"].outcome is Outcome.failed


def test_what_was_due_and_never_sent_has_failed() -> None:
    found = recording(*[(ORDER, 0.1, None)] * 9)
    found.unsent(1, 3.0, 1)

    assert judged({"failure_ratio": 0.05}, found)["load.slo.failures"].outcome is Outcome.failed
    assert found.total.latency.percentile(1.0) == pytest.approx(3.0, rel=0.01)
    assert [each.name for each in found.operations(1.0)] == ["POST productOrder", UNSENT[1]]


def test_the_warm_up_is_shown_and_not_judged() -> None:
    found = recording((ORDER, 0.5, "500"), (ORDER, 3.2, None), warm_up=2)

    assert judged({"failure_ratio": 0}, found)["load.slo.failures"].message == "0 of 1 requests failed"
    assert [sample.failure_rate for sample in found.samples(4.0)] == [1.0, 0, 0, 0]
    assert found.told_troubles() == []


def test_how_requests_failed_after_the_warm_up_is_told() -> None:
    found = recording((ORDER, 1.9, "500"), (ORDER, 2.0, "503"), warm_up=2)

    assert [(each.what, each.count) for each in found.told_troubles()] == [("503", 1)]


def test_what_was_never_sent_in_the_warm_up_is_no_trouble() -> None:
    found = Recording(warm_up=2)
    found.unsent(5, 1.0, 1)
    assert found.told_troubles() == []
    found.unsent(3, 1.0, 2)
    assert [each.count for each in found.told_troubles()] == [3]


def test_spans_of_the_warm_up_are_not_judged() -> None:
    meter = Meter(warm_up=100)
    meter.span(DELAY, 9.0)
    assert not meter.is_warm
    meter.began -= 100
    assert meter.is_warm
    meter.span(DELAY, 0.02)

    assert meter.take(1, 0).spans[DELAY].total == 1


def test_requests_are_overdue_that_have_waited_for_longer() -> None:
    meter = Meter()
    now = time.perf_counter()
    meter.waiting |= {"one": now - 30, "another": now - 11, "a third": now}

    assert (meter.under_way, meter.overdue(10), meter.overdue(20), meter.overdue(60)) == (3, 2, 1, 0)


def test_an_order_is_followed_from_one_process_to_another() -> None:
    shop, ears, found = Meter(), Meter(), Recording()
    shop.accepted("TMF622 1")
    shop.accepted("TMF622 2")
    shop.span(POLLED, 1.5)
    shop.unfinished(POLLED)
    ears.finished("TMF622 1")
    ears.finished("TMF622 somebody else's")
    ears.span(DELAY, 0.02)
    found.absorb(ears.take(1, 0))
    found.absorb(shop.take(1, 0))

    spans = {span.name: (span.count, span.unfinished) for span in found.told_spans()}
    assert spans == {POLLED: (1, 1), NOTIFIED: (1, 1), DELAY: (1, 0)}
    levels = {
        "lifecycle": {"polled": {"p95_s": 1, "unfinished_ratio": 0.5}, "notified": {"p95_s": 5}},
        "notification_delay": {"p99_s": 1},
    }
    outcomes = {name: each.outcome.value for name, each in judged(levels, found).items()}
    assert outcomes == {
        "load.slo.order-lifecycle-polled.p95": "failed",
        "load.slo.order-lifecycle-polled.unfinished": "passed",
        "load.slo.order-lifecycle-notified.p95": "passed",
        "load.slo.notification-delay.p99": "passed",
    }


def test_what_never_came_about_is_not_judged() -> None:
    levels = {"failure_ratio": 0, "lifecycle": {"polled": {"p95_s": 1}}}

    assert {each.outcome for each in judged(levels, Recording()).values()} == {Outcome.skipped}


def test_a_step_is_broken_by_the_operation_that_gives_way_but_not_by_a_few_requests() -> None:
    levels = ServiceLevels.model_validate({"failure_ratio": 0.01, "operations": {"*": {"p95_ms": 500}}})
    found = recording(*[(READ, 0.1, None)] * 50, *[(ORDER, 0.9, None)] * 19)
    assert list(broken(levels, found.totals)) == []

    found = recording(*[(READ, 0.1, None)] * 50, *[(ORDER, 0.9, None)] * 20, (READ, 0.1, "500"))
    assert list(broken(levels, found.totals)) == ["1.4% failed", "POST productOrder: p95 900 ms > 500 ms"]


def test_a_long_run_is_told_in_no_more_moments_than_a_short_one() -> None:
    meter, found = Meter(), Recording()
    for second in range(2000):
        at = meter.began + second + 0.5
        meter.request(ORDER, at - 0.1, at - 0.1, at)
        found.moment(second, users=second // 100, due=1.0)
    found.absorb(meter.take(1, 0))

    samples = found.samples(2000.0)
    assert len(samples) <= 300
    assert sum(sample.rate * 8 for sample in samples) == pytest.approx(2000)
    assert samples[-1].users == 19
    assert {sample.due for sample in samples} == {1.0}
    (series,) = found.series(2000.0)
    assert len(series.rate) == len(samples)


def test_troubles_that_are_all_different_do_not_grow_without_end() -> None:
    meter = Meter()
    for number in range(1000):
        meter.trouble(ORDER, f"no order {number}")

    assert len(meter.take(1, 0).troubles) <= 202


def test_a_trouble_that_goes_on_is_told_by_its_name_for_ever() -> None:
    meter, found = Meter(), Recording()
    for _ in range(300):
        meter.trouble(ORDER, "answered 503")
        found.absorb(meter.take(1, 0))

    assert found.troubles == {(ORDER, "answered 503"): 300}


@pytest.mark.parametrize("begin", [1990, 1995, 1999])
def test_the_failures_of_the_last_seconds_are_known_in_a_long_run_too(begin: int) -> None:
    meter, found = Meter(), Recording()
    for second in range(2000):
        trouble = "answered 500" if second >= begin else None
        meter.request(READ, meter.began + second, meter.began + second, meter.began + second + 0.1, trouble)
    found.absorb(meter.take(1, 0))

    assert found.lately(1999, 10) == (11, 2000 - begin)


def test_an_empty_tally_has_no_latencies() -> None:
    assert Tally().latency.milliseconds(0.99) == 0.0
