"""The summary on a terminal groups by cause, gives the verdict in one line, and lets nothing act on it."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from tmfrig.reports.result import Evidence, Level, LoadKnee, LoadSpan, LoadTrouble, Outcome, RunResult
from tmfrig.reports.terminal import print_summary

Maker = Callable[..., Any]


def printed(run: RunResult, *, terminal: bool = False, **options: Any) -> str:
    console = Console(file=io.StringIO(), force_terminal=terminal, width=100)
    print_summary(run, console, **options)
    output = console.file
    assert isinstance(output, io.StringIO)
    return output.getvalue()


@pytest.fixture(autouse=True)
def _ordinary_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.fixture
def failing(a_run: Maker, a_result: Maker, an_exchange: Evidence) -> RunResult:
    failed = {"outcome": Outcome.failed, "expected": "Location: a URL", "actual": "no Location header"}
    return a_run(  # type: ignore[no-any-return]
        a_result(check="create.status"),
        a_result(message="productOrder has no Location", evidence=[an_exchange], **failed),
        a_result(resource="hub", message="hub has no Location", **failed),
        a_result(check="paging.link", level=Level.SHOULD, outcome=Outcome.warned, message="no Link"),
        a_result(check="a.skip", outcome=Outcome.skipped, message="DELETE is not offered"),
    )


def test_a_cause_is_told_once_with_all_that_is_needed(failing: RunResult, an_exchange: Evidence) -> None:
    lines = printed(failing, sentences={"create.location": "A 201 names the new resource."}).splitlines()
    start = lines.index("✗ MUST  create.location  rule HTTP-05")
    assert lines[start + 1 : start + 8] == [
        "  A 201 names the new resource.",
        "  productOrder has no Location",
        '    sent       POST /productOrder  {"productOrderItem":[{"id":"1"}]}',
        "    expected   Location: a URL",
        "    got        no Location header",
        f"    repeat     {an_exchange.curl}",
        "    also       hub",
    ]
    assert sum("create.location" in line for line in lines) == 1


def test_the_verdict_is_one_line(failing: RunResult) -> None:
    lines = printed(
        failing, report="tmfrig-report/index.html", next_command="tmfrig checks list"
    ).splitlines()
    assert lines[-2:] == [
        "nonconformant   MUST 1 passed, 2 failed · SHOULD 1 warned · 1 not offered (DELETE)",
        "report  tmfrig-report/index.html      next  tmfrig checks list",
    ]
    assert lines[0] == "productOrder 1/3  hub 0/1  4.2 s"


def test_a_faultless_run_is_short(a_run: Maker, a_result: Maker) -> None:
    assert printed(a_run(a_result())).splitlines() == [
        "productOrder 1/1  4.2 s",
        "",
        "conformant   MUST 1 passed",
    ]


def test_nothing_judged_says_so(a_run: Maker) -> None:
    assert printed(a_run()).split("\n")[-2] == "inconclusive   nothing was judged"


def test_several_apis_have_a_line_each(a_run: Maker, a_result: Maker) -> None:
    lines = printed(a_run(a_result(), a_result(api="TMF641", resource="serviceOrder"))).splitlines()
    assert lines[:2] == ["TMF622 v4  productOrder 1/1", "TMF641 v4  serviceOrder 1/1  4.2 s"]


def test_colour_is_for_terminals_only(failing: RunResult) -> None:
    assert "\x1b[" not in printed(failing)
    assert "\x1b[" in printed(failing, terminal=True)


def test_a_curl_line_is_not_wrapped(a_run: Maker, a_result: Maker, an_exchange: Evidence) -> None:
    run = a_run(a_result(outcome=Outcome.failed, message="no", evidence=[an_exchange]))
    assert len(an_exchange.curl) > 100
    assert an_exchange.curl in printed(run)


def test_hostile_text_neither_acts_nor_is_markup(a_run: Maker, a_result: Maker, hostile: str) -> None:
    result = a_result(
        check=hostile,
        resource=hostile,
        message=hostile,
        actual=hostile,
        source=hostile,
        outcome=Outcome.failed,
    )
    shown = printed(a_run(result), next_command=hostile, sentences={hostile: hostile})
    assert {character for character in shown if not character.isprintable()} == {"\n"}
    assert "[bold red]markup[/]" in shown
    assert ":smile:" in shown
    assert r"\x1b[2J" in shown


def test_a_huge_answer_is_cut(a_run: Maker, a_result: Maker) -> None:
    shown = printed(a_run(a_result(outcome=Outcome.failed, message="m" * 1_000_000)))
    assert len(shown) < 2_000
    assert "more characters" in shown


def test_many_causes_do_not_flood_the_terminal(a_run: Maker, a_result: Maker) -> None:
    run = a_run(
        *(a_result(check=f"check.n{number}", outcome=Outcome.failed, message="no") for number in range(50))
    )
    assert "and 30 more causes" in printed(run)


def test_an_output_without_unicode_still_works(failing: RunResult) -> None:
    raw = io.BytesIO()
    with io.TextIOWrapper(raw, encoding="ascii") as output:
        print_summary(failing, Console(file=output))
        output.flush()
        shown = raw.getvalue().decode("ascii")
    assert "x MUST  create.location" in shown


def test_load_is_told_by_operation(a_run: Maker, a_result: Maker, a_load: Maker) -> None:
    shown = printed(a_run(a_result(), load=a_load()))
    assert "load smoke  1,200 requests, 3 failed, 40.0/s" in shown
    assert "POST productOrder  1,200 requests  3 failed  40.0/s  p50 4.0 ms  p95 20 ms  p99 60 ms" in shown
    assert "latencies count from the moment at which a request was sent" in shown


def test_load_is_told_in_total_where_that_is_known(a_run: Maker, a_result: Maker, a_load: Maker) -> None:
    load = a_load(p50_ms=4.2, p95_ms=31, p99_ms=88, stopped="the target is gone", model="rate")
    shown = printed(a_run(a_result(), load=load))
    assert "40.0/s  p50 4.2 ms  p95 31 ms  p99 88 ms" in shown
    assert "ended before its time: the target is gone" in shown
    assert "from the moment at which a request was due" in shown


def test_the_search_for_the_knee_is_told_step_by_step(
    a_run: Maker, a_result: Maker, a_load: Maker, a_step: Maker
) -> None:
    steps = [a_step(20), a_step(40), a_step(80, achieved=44.0, sustained=False, why="p95 > 500 ms")]
    knee = LoadKnee(rate=40.0, why="p95 > 500 ms")
    shown = printed(a_run(a_result(), load=a_load(knee=knee, steps=steps)))
    assert "offered 40.0/s  answered 40.0/s  p95 20 ms  0 % failed  sustained" in shown
    assert "offered 80.0/s  answered 44.0/s  p95 20 ms  0 % failed  p95 > 500 ms" in shown
    assert "knee at 40.0/s: p95 > 500 ms" in shown
    assert "no knee" in printed(a_run(a_result(), load=a_load(steps=steps[:2])))


def test_service_levels_that_are_missed_are_named(a_run: Maker, a_result: Maker, a_load: Maker) -> None:
    missed = a_result(check="load.slo.p95", outcome=Outcome.failed, message="too slow", actual="812 ms")
    shown = printed(a_run(a_result(check="load.slo.failures"), missed, load=a_load()))
    assert "service levels  1 held, 1 missed" in shown
    assert "✗ load.slo.p95  TMF622 v4 productOrder  812 ms" in shown
    assert "service levels" not in printed(a_run(a_result(), load=a_load()))


def test_spans_and_troubles_of_load_are_told(a_run: Maker, a_result: Maker, a_load: Maker) -> None:
    span = LoadSpan(
        name="order lifecycle, polled", count=90, unfinished=2, p50_s=0.5, p95_s=2, p99_s=12, most_s=20
    )
    troubles = [LoadTrouble(operation="POST x", what=f"status 50{number}", count=9) for number in range(7)]
    shown = printed(a_run(a_result(), load=a_load(spans=[span], troubles=troubles)))
    assert "order lifecycle, polled  90 ended  2 unfinished  p50 0.500 s  p95 2.00 s  p99 12.0 s" in shown
    assert "9 × POST x: status 504" in shown
    assert "and 2 more kinds of failures" in shown


def test_hostile_text_of_a_load_run_does_not_act(a_run: Maker, a_result: Maker, a_hostile_load: Any) -> None:
    shown = printed(a_run(a_result(check="load.slo.p95"), load=a_hostile_load))
    assert {character for character in shown if not character.isprintable()} == {"\n"}
    assert r"\x1b[2J" in shown


def test_what_a_gone_target_leaves_unjudged_is_one_cause(a_run: Maker, a_result: Maker) -> None:
    gone = [
        a_result(check=f"page.{name}", outcome=Outcome.error, message="the target stopped answering")
        for name in ("walk", "limit", "links")
    ]
    told = printed(a_run(*gone))
    assert "page.walk and 2 more checks" in told
    assert told.count("the target stopped answering") == 1
