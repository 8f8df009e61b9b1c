"""How a comparison is told on a terminal and on a page."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from pages import Page
from rich.console import Console

from tmfrig.reports.compare import Comparison, compare
from tmfrig.reports.compare_html import render_comparison
from tmfrig.reports.result import Level, LoadOperation, Outcome, RunResult
from tmfrig.reports.terminal_compare import print_comparison

Maker = Callable[..., Any]


def printed(comparison: Comparison, encoding: str = "utf-8") -> str:
    raw = io.BytesIO()
    with io.TextIOWrapper(raw, encoding=encoding) as output:
        print_comparison(comparison, Console(file=output, width=100))
        output.flush()
        return raw.getvalue().decode(encoding)


@pytest.fixture
def runs(a_run: Maker, a_result: Maker, a_load: Maker, samples: Maker) -> tuple[RunResult, RunResult]:
    """Something of everything: in `after`, two checks broke, one is fixed, and the load is slower."""

    def operation(p95: float) -> LoadOperation:
        return LoadOperation(
            name="GET x", api="TMF622", requests=1200, failures=0, rate=40, p50_ms=4, p95_ms=p95, p99_ms=60
        )

    before = a_run(
        a_result(check="page.links", level=Level.SHOULD),
        a_result(),
        a_result(check="patch.merge", outcome=Outcome.failed, message="409"),
        a_result(check="hub.once", resource=None),
        a_result(check="filter.date", outcome=Outcome.failed, message="no filter"),
        a_result(check="list.answers"),
        load=a_load(operations=[operation(20)], series=samples(5)),
    )
    after = a_run(
        a_result(check="page.links", level=Level.SHOULD, outcome=Outcome.warned, message="no Link"),
        a_result(outcome=Outcome.failed, message="201 without Location"),
        a_result(check="patch.merge"),
        a_result(check="filter.date", outcome=Outcome.failed, message="no filter"),
        a_result(check="list.answers"),
        load=a_load(operations=[operation(50)], series=samples(7)),
    )
    return before, after


def test_the_terminal_tells_what_broke_first_and_the_verdict_last(
    runs: tuple[RunResult, RunResult],
) -> None:
    lines = printed(compare(*runs)).splitlines()
    assert lines[0] == "before  2026-03-01 12:30:00 UTC  nonconformant  load smoke"
    start = lines.index("Regressions  2")
    assert lines[start + 1 : start + 5] == [
        "  ✗ MUST  create.location  TMF622 v4 productOrder  passed → failed",
        "      201 without Location",
        "  ! SHOULD  page.links  TMF622 v4 productOrder  passed → warned",
        "      no Link",
    ]
    assert "  ✓ MUST  patch.merge  TMF622 v4 productOrder  failed → passed" in lines
    assert "  - MUST  hub.once  TMF622 v4  passed → no result" in lines
    assert "  ✗ MUST  filter.date  TMF622 v4 productOrder  failed → failed" in lines
    assert lines[-1] == (
        "regression   2 regressions · 1 fixed · 1 gone · 1 still failing · 1 held · load 1 worse, 0 better"
    )


def test_the_terminal_tells_load_in_total_and_what_changed(runs: tuple[RunResult, RunResult]) -> None:
    lines = [" ".join(line.split()) for line in printed(compare(*runs)).splitlines()]
    assert "Load tolerance 10 %; latencies that differ by less than 1 ms are equal" in lines
    assert "all requests per second 40.0 → 40.0 0 % equal" in lines
    assert "TMF622 GET x p95 ms 20 → 50 +150 % worse" in lines
    assert not [line for line in lines if line.startswith("TMF622 GET x p99")]
    assert "… and 4 more figures, none of them better or worse; --html and --json have all" in lines


def test_that_operations_have_too_few_requests_to_compare_is_told(a_run: Maker, a_load: Maker) -> None:
    def run(p95: float) -> RunResult:
        facts: dict[str, Any] = {"requests": 7, "failures": 0, "rate": 1, "p50_ms": 4, "p99_ms": 60}
        return a_run(load=a_load(operations=[LoadOperation(name="GET x", p95_ms=p95, **facts)]))

    runs = run(20), run(50)
    comparison = compare(*runs)
    text = printed(comparison)
    assert "  1 operation or span has too few to compare: less than 20 in one of the runs" in text
    assert text.splitlines()[-1].startswith("no regression")
    page = Page(render_comparison(comparison, *runs)).text
    assert "1 operation or span has too few to compare." in page
    assert "20 → 50 too few to compare" in page
    assert "fewer than 20 requests of the operation" in page


def test_equal_runs_are_told_in_a_few_lines(a_run: Maker, a_result: Maker) -> None:
    run = a_run(a_result())
    assert printed(compare(run, run)).splitlines()[2:] == ["", "no regression   1 held"]


def test_hundreds_of_changes_do_not_flood_the_terminal(a_run: Maker, a_result: Maker) -> None:
    names = [f"check.n{number}" for number in range(300)]
    before = a_run(*(a_result(check=name) for name in names))
    after = a_run(*(a_result(check=name, outcome=Outcome.failed, message="m" * 100_000) for name in names))
    shown = printed(compare(before, after))
    assert len(shown) < 15_000
    assert "… and 280 more" in shown


def test_a_terminal_without_unicode_is_enough(runs: tuple[RunResult, RunResult]) -> None:
    assert "x MUST  create.location  TMF622 v4 productOrder  passed -> failed" in printed(
        compare(*runs), "ascii"
    )


def test_the_page_tells_everything(runs: tuple[RunResult, RunResult]) -> None:
    html = render_comparison(compare(*runs), *runs)
    page = Page(html)
    for part in (
        *("Regression", "1 check holds as before", "1 figure of the load is worse, 0 better."),
        "MUST create.location TMF622 v4 productOrder passed failed 201 without Location",
        "MUST hub.once TMF622 v4 passed no result",
        "GET x TMF622 40.0 → 40.0 0 % 0 % → 0 % – 4.0 → 4.0 0 % 20 → 50 +150 % worse 60 → 60 0 %",
        "10 % of the value before. Whatever the percentage, latencies that differ by less than 1 ms",
    ):
        assert part in page.text
    assert html.count('role="img"') == 4
    assert {"before", "after"} <= {line["class"] for line in page.named("polyline")}


def test_the_page_of_equal_runs_says_so(a_run: Maker, a_result: Maker) -> None:
    run = a_run(a_result())
    text = Page(render_comparison(compare(run, run), run, run)).text
    assert "No regression" in text
    assert "Every check that was judged in both runs holds in both." in text


def test_hostile_text_does_nothing_in_either(
    a_run: Maker, a_result: Maker, a_hostile_load: Any, hostile: str
) -> None:
    texts = dict.fromkeys(("check", "api", "version", "resource", "message"), hostile)
    before = a_run(a_result(**texts), load=a_hostile_load)
    after = a_run(a_result(outcome=Outcome.failed, **texts), load=a_hostile_load)
    comparison = compare(before, after)
    html = render_comparison(comparison, before, after)
    page = Page(html)
    assert len(page.scripts) == 1
    assert page.named("img") == []
    assert not [attributes for _, attributes in page.tags if "style" in attributes]
    assert {character for character in html if not character.isprintable()} <= {"\n", "\t"}
    assert {character for character in printed(comparison) if not character.isprintable()} == {"\n"}


def test_tables_and_charts_of_a_comparison_have_names(runs: tuple[RunResult, RunResult]) -> None:
    page = Page(render_comparison(compare(*runs), *runs))
    identities = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(identities) == len(set(identities))
    named = {value for _, attributes in page.tags for value in [attributes.get("aria-labelledby")] if value}
    assert named <= set(identities)
    assert all("scope" in header for header in page.named("th"))
