"""Two results beside each other: what counts as a regression, and what does not."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tmfrig.reports.compare import Comparison, Kind, compare, comparison_schema
from tmfrig.reports.compare_load import Judgement, LoadComparedPart
from tmfrig.reports.json_report import write_json
from tmfrig.reports.result import (
    Level,
    LoadKnee,
    LoadOperation,
    LoadSpan,
    Outcome,
    ReportError,
    Result,
    TargetInfo,
)

Maker = Callable[..., Any]
BETTER, WORSE, EQUAL, UNJUDGED = Judgement.better, Judgement.worse, Judgement.equal, Judgement.unjudged
TOO_FEW = Judgement.too_few


@pytest.fixture
def became(a_run: Maker, a_result: Maker) -> Callable[..., Comparison]:
    """One check, beside one that holds in both runs, with this outcome before and after (None: no result)."""

    def make(before: Outcome | None, after: Outcome | None, **facts: Any) -> Comparison:
        runs = [
            a_run(a_result(check="other"), *([a_result(outcome=outcome, **facts)] if outcome else []))
            for outcome in (before, after)
        ]
        return compare(*runs)

    return make


@pytest.mark.parametrize(
    ("before", "after", "kind", "is_regression"),
    [
        ("passed", "failed", Kind.regression, True),
        ("passed", "waived", Kind.regression, False),
        ("passed", "error", Kind.unjudged, True),
        ("failed", "error", Kind.unjudged, False),
        (None, "error", Kind.unjudged, False),
        (None, "failed", Kind.new_failure, False),
        ("skipped", "failed", Kind.new_failure, False),
        ("error", "failed", Kind.new_failure, False),
        ("failed", "failed", Kind.still_failing, False),
        ("waived", "failed", Kind.still_failing, False),
        ("failed", "passed", Kind.fix, False),
        ("waived", "passed", Kind.fix, False),
        ("error", "passed", Kind.fix, False),
        ("passed", None, Kind.gone, False),
        ("failed", "skipped", Kind.gone, False),
        ("passed", "passed", Kind.held, False),
        ("skipped", "passed", Kind.added, False),
    ],
)
def test_what_becomes_of_a_mandatory_check(
    became: Callable[..., Comparison],
    before: Outcome | None,
    after: Outcome | None,
    kind: Kind,
    is_regression: bool,
) -> None:
    told = became(before and Outcome(before), after and Outcome(after))
    others = Kind.held
    assert {each: number for each, number in told.counts.items() if number} == (
        {others: 2} if kind is Kind.held else {others: 1, kind: 1}
    )
    assert told.is_regression is is_regression
    assert [check.kind for check in told.checks] == ([] if kind in (Kind.held, Kind.added) else [kind])


@pytest.mark.parametrize(("before", "after"), [("skipped", "skipped"), (None, "skipped"), ("error", None)])
def test_what_was_judged_in_neither_run_is_not_told(
    became: Callable[..., Comparison], before: Outcome | None, after: Outcome | None
) -> None:
    told = became(before and Outcome(before), after and Outcome(after))
    assert sum(told.counts.values()) == 1
    assert told.checks == []


def test_a_recommendation_that_no_longer_holds_is_told_and_forgiven(
    became: Callable[..., Comparison],
) -> None:
    told = became(Outcome.passed, Outcome.warned, level=Level.SHOULD)
    assert [check.kind for check in told.checks] == [Kind.regression]
    assert not told.is_regression


def test_a_service_level_that_is_missed_now_counts_though_it_is_new(
    became: Callable[..., Comparison],
) -> None:
    assert became(None, Outcome.failed, check="load.slo.p95").is_regression
    assert not became(Outcome.failed, Outcome.failed, check="load.slo.p95").is_regression


def test_of_several_results_of_a_check_the_worst_counts(a_run: Maker, a_result: Maker) -> None:
    broken = a_result(outcome=Outcome.failed, message="the second one")
    told = compare(a_run(a_result(), a_result()), a_run(a_result(), broken, a_result()))
    assert [(check.kind, check.message) for check in told.checks] == [(Kind.regression, "the second one")]


def test_checks_are_told_apart_by_api_version_and_resource(a_run: Maker, a_result: Maker) -> None:
    def results(**broken: Any) -> list[Result]:
        places = [{}, {"api": "TMF641"}, {"version": "5"}, {"resource": None}]
        return [
            a_result(outcome=Outcome.failed if place == broken else Outcome.passed, **place)
            for place in places
        ]

    told = compare(a_run(*results(none=True)), a_run(*results(version="5")))
    (check,) = told.checks
    assert (check.place, check.before, check.after) == (
        "TMF622 v5 productOrder",
        Outcome.passed,
        Outcome.failed,
    )
    assert told.counts[Kind.held] == 3


def test_what_has_nothing_in_common_is_refused(a_run: Maker, a_result: Maker, a_load: Maker) -> None:
    with pytest.raises(ReportError, match="no check in common"):
        compare(a_run(a_result()), a_run(a_result(api="TMF641")))
    with pytest.raises(ReportError, match="no check in common"):
        compare(a_run(), a_run(load=a_load()))
    assert compare(a_run(load=a_load()), a_run(load=a_load())).load is not None


def judged(part: LoadComparedPart) -> dict[str, Judgement]:
    return {figure.name: figure.judgement for figure in part.figures}


@pytest.fixture
def loads(a_run: Maker, a_load: Maker) -> Callable[..., Comparison]:
    """Two load runs whose one operation differs by the facts that are given."""

    def make(before: dict[str, Any], after: dict[str, Any], tolerance: float = 0.1) -> Comparison:
        facts = {"name": "GET x", "requests": 10_000, "failures": 0, "rate": 100}
        facts |= {"p50_ms": 10, "p95_ms": 20, "p99_ms": 30}
        runs = [a_run(load=a_load(operations=[LoadOperation(**facts | each)])) for each in (before, after)]
        return compare(*runs, tolerance)

    return make


@pytest.mark.parametrize(
    ("before", "after", "figure", "judgement"),
    [
        ({"p95_ms": 20}, {"p95_ms": 22}, "p95_ms", EQUAL),
        ({"p95_ms": 20}, {"p95_ms": 22.1}, "p95_ms", WORSE),
        ({"p95_ms": 20}, {"p95_ms": 17.9}, "p95_ms", BETTER),
        ({"p50_ms": 1.0}, {"p50_ms": 1.99}, "p50_ms", EQUAL),
        ({"p50_ms": 1.0}, {"p50_ms": 2.0}, "p50_ms", WORSE),
        ({"p99_ms": 0}, {"p99_ms": 50}, "p99_ms", UNJUDGED),
        ({"rate": 100}, {"rate": 90}, "rate", EQUAL),
        ({"rate": 100}, {"rate": 89}, "rate", WORSE),
        ({"rate": 100}, {"rate": 111}, "rate", BETTER),
        ({"rate": 1, "requests": 30}, {"rate": 0.7, "requests": 21}, "rate", EQUAL),
        ({}, {"failures": 9}, "failure_ratio", EQUAL),
        ({}, {"failures": 10}, "failure_ratio", WORSE),
        ({"failures": 100}, {"failures": 80}, "failure_ratio", BETTER),
        ({"failures": 100}, {"failures": 109}, "failure_ratio", EQUAL),
    ],
)
def test_a_figure_of_load_is_judged_beyond_the_tolerance(
    loads: Callable[..., Comparison],
    before: dict[str, Any],
    after: dict[str, Any],
    figure: str,
    judgement: Judgement,
) -> None:
    told = loads(before, after)
    assert told.load is not None
    found = judged(told.load.operations[0])
    assert found.pop(figure) is judgement
    assert set(found.values()) == {EQUAL}
    assert told.is_regression is (judgement is WORSE)


def test_the_tolerance_is_what_the_caller_says(loads: Callable[..., Comparison]) -> None:
    before, after = {"p95_ms": 100}, {"p95_ms": 140}
    assert loads(before, after, 0.3).is_regression
    assert not loads(before, after, 0.4).is_regression
    assert loads({"p95_ms": 100}, {"p95_ms": 101}, 0).is_regression


def test_a_change_is_told_as_a_part_of_what_was_before(loads: Callable[..., Comparison]) -> None:
    told = loads({"p95_ms": 20}, {"p95_ms": 50}).load
    assert told is not None
    changes = {figure.name: figure.change for figure in told.operations[0].figures}
    assert changes == {"rate": 0, "failure_ratio": None, "p50_ms": 0, "p95_ms": 1.5, "p99_ms": 0}
    assert told.counts == {BETTER: 0, WORSE: 1, EQUAL: 6, UNJUDGED: 3, TOO_FEW: 0}


def test_no_figure_is_too_large_or_too_small_to_be_compared(loads: Callable[..., Comparison]) -> None:
    told = loads({"rate": 1e300, "p95_ms": 1e-300}, {"rate": 1e-300, "p95_ms": 1e300}).load
    assert told is not None
    figures = {figure.name: figure for figure in told.operations[0].figures}
    assert (figures["p95_ms"].change, figures["p95_ms"].judgement) == (None, WORSE)


def test_an_operation_of_one_run_only_is_shown_and_not_judged(loads: Callable[..., Comparison]) -> None:
    told = loads({"name": "GET x"}, {"name": "GET y"})
    assert told.load is not None
    assert [part.name for part in told.load.operations] == ["GET x", "GET y"]
    assert all(set(judged(part).values()) == {UNJUDGED} for part in told.load.operations)
    assert not told.is_regression


@pytest.mark.parametrize(("before", "after"), [(10_000, 19), (19, 10_000), (1, 1)])
def test_an_operation_of_few_requests_is_shown_and_not_compared(
    loads: Callable[..., Comparison], before: int, after: int
) -> None:
    slow = {"rate": 0.1, "p50_ms": 900, "p95_ms": 900, "p99_ms": 900, "failures": after}
    told = loads({"requests": before}, {"requests": after, **slow})
    assert told.load is not None
    assert set(judged(told.load.operations[0]).values()) == {TOO_FEW}
    assert (told.load.too_few, told.load.counts[TOO_FEW]) == (1, 5)
    assert not told.is_regression


def test_twenty_requests_are_enough_to_compare(loads: Callable[..., Comparison]) -> None:
    told = loads({"requests": 20}, {"requests": 20, "p95_ms": 900})
    assert told.load is not None
    assert (told.load.too_few, told.is_regression) == (0, True)


def test_that_few_requests_are_answered_at_all_is_a_regression(a_run: Maker, a_load: Maker) -> None:
    before = a_load(requests=1_000, rate=100, p95_ms=10)
    after = a_load(requests=10, failures=10, rate=1, p95_ms=100)
    told = compare(a_run(load=before), a_run(load=after)).load
    assert told is not None
    found = judged(told.total)
    assert (found["rate"], found["failure_ratio"], found["p95_ms"]) == (WORSE, WORSE, TOO_FEW)


def test_spans_of_which_few_ended_are_compared_by_how_many_did(a_run: Maker, a_load: Maker) -> None:
    facts: dict[str, Any] = {"name": "order lifecycle, polled", "p95_s": 1, "p99_s": 1, "most_s": 2}
    before, after = LoadSpan(p50_s=1, count=90, **facts), LoadSpan(p50_s=9, count=3, unfinished=60, **facts)
    told = compare(a_run(load=a_load(spans=[before])), a_run(load=a_load(spans=[after]))).load
    assert told is not None
    assert judged(told.spans[0]) == {
        "unfinished_ratio": WORSE,
        **dict.fromkeys(("p50_s", "p95_s", "p99_s"), TOO_FEW),
    }


def test_spans_are_judged_too(a_run: Maker, a_load: Maker) -> None:
    facts: dict[str, Any] = {"name": "notification delay", "count": 1_000, "p99_s": 1, "most_s": 2}
    before = LoadSpan(p50_s=0.0100, p95_s=0.5, **facts)
    after = LoadSpan(p50_s=0.0109, p95_s=0.6, unfinished=4, **facts)
    told = compare(a_run(load=a_load(spans=[before])), a_run(load=a_load(spans=[after])))
    assert told.load is not None
    assert judged(told.load.spans[0]) == {
        "unfinished_ratio": WORSE,
        "p50_s": EQUAL,
        "p95_s": WORSE,
        "p99_s": EQUAL,
    }


def test_of_a_search_for_the_knee_only_the_knee_is_judged(a_run: Maker, a_load: Maker, a_step: Maker) -> None:
    def run(knee: float | None, *rates: float, **facts: Any) -> Any:
        found = LoadKnee(rate=knee, why="p95 > 500 ms") if knee else None
        return a_run(load=a_load(knee=found, steps=[a_step(rate) for rate in rates], **facts))

    told = compare(run(40, 20, 40, p95_ms=10), run(30, 20, 30, p95_ms=100))
    assert told.load is not None
    assert set(judged(told.load.total).values()) == {UNJUDGED}
    assert told.load.knee is not None
    assert (told.load.knee.judgement, told.load.knee.change) == (WORSE, -0.25)
    assert any("only the knee is judged" in note for note in told.notes)
    up_to_the_end = compare(run(40, 20, 40), run(None, 20, 80)).load
    assert up_to_the_end is not None
    assert up_to_the_end.knee is not None
    assert (up_to_the_end.knee.after, up_to_the_end.knee.judgement) == (80, BETTER)


def test_what_makes_runs_less_comparable_is_a_note(
    a_run: Maker, a_result: Maker, a_load: Maker, samples: Maker
) -> None:
    def target(url: str, contract: str = "sha256:0f") -> list[TargetInfo]:
        return [TargetInfo(api="TMF622", version="4.0.0", url=url, contract=contract)]

    before = a_run(
        a_result(),
        load=a_load(series=samples(2, users=5)),
        targets=target("https://a.example/x"),
    )
    after = a_run(
        a_result(),
        load=a_load(profile="soak", model="rate", stopped="gone", series=samples(2, users=9, due=50)),
        targets=target("https://b.example/x", "sha256:1e"),
    )
    assert compare(before, after).notes == [
        "different hosts: a.example before, b.example after",
        "judged by another contract than before: TMF622 4.0.0",
        "different profiles: smoke before, soak after",
        "different models of load: users before, rate after",
        "different numbers of users: 5 before, 9 after",
        "different rates due: 0 per second before, 50 per second after",
        "the run after ended before its time: gone",
    ]
    assert compare(before, before).notes == []


def test_load_in_one_run_only_is_a_note(a_run: Maker, a_result: Maker, a_load: Maker) -> None:
    told = compare(a_run(a_result(), load=a_load()), a_run(a_result()))
    assert told.notes == ["only the run before put load on the target"]
    assert told.load is None
    assert not told.is_regression


def test_an_address_that_is_none_is_told_as_it_is(a_run: Maker, a_result: Maker) -> None:
    odd = TargetInfo(api="TMF622", version="4.0.0", url="http://[::1/x", contract="")
    told = compare(a_run(a_result()), a_run(a_result(), targets=[odd]))
    assert "http://[::1/x after" in told.notes[0]


def test_the_json_is_what_the_schema_says(
    a_run: Maker, a_result: Maker, a_load: Maker, a_hostile_load: Any, hostile: str, tmp_path: Path
) -> None:
    schema = comparison_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    broken = a_result(outcome=Outcome.failed, message=hostile)
    path = tmp_path / "comparison.json"
    write_json(compare(a_run(a_result(), load=a_load()), a_run(broken, load=a_hostile_load)), path)
    told = json.loads(path.read_text("utf-8"))
    assert list(jsonschema.Draft202012Validator(schema).iter_errors(told)) == []
    assert list(told) == [
        *("schema", "before", "after", "is_regression", "notes", "counts", "checks", "tolerance", "load"),
    ]
    assert told["schema"] == "tmfrig.comparison/1"
    assert told["counts"]["regression"] == 1
    assert told["load"]["operations"][0]["figures"][0] == {
        "name": "rate",
        "before": 40.0,
        "after": None,
        "change": None,
        "judgement": "unjudged",
    }
