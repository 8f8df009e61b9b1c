"""What the HTML page tells of a load run."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from pages import Page

from tmfrig.reports.html import render_html
from tmfrig.reports.result import LoadKnee, LoadOperation, LoadSeries, LoadSpan, LoadTrouble, Outcome

Maker = Callable[..., Any]


def series_of(operation: str, number: int) -> LoadSeries:
    values = [float(each) for each in range(number)]
    return LoadSeries(
        operation=operation, rate=values, failure_rate=values, p50_ms=values, p95_ms=values, p99_ms=values
    )


def chart_titles(html: str) -> list[str]:
    return re.findall(r'role="img" aria-label="([^:]+):', html)


@pytest.mark.parametrize("number", [0, 1])
def test_too_few_samples_are_not_drawn(
    a_run: Maker, a_result: Maker, a_load: Maker, samples: Maker, number: int
) -> None:
    html = render_html(a_run(a_result(), load=a_load(series=samples(number))))
    assert "1,200 requests at 40.0 per second, 3 failed." in Page(html).text
    assert chart_titles(html) == []


def test_a_run_is_drawn_over_time(a_run: Maker, a_result: Maker, a_load: Maker, samples: Maker) -> None:
    drawn = chart_titles(render_html(a_run(a_result(), load=a_load(series=samples(2)))))
    assert drawn == ["Throughput", "Latency", "Users"]
    failing = samples(5_000, failure_rate=2, due=50)
    html = render_html(a_run(a_result(), load=a_load(series=failing)))
    assert chart_titles(html) == ["Throughput", "Latency", "Failed", "Users"]
    page = Page(html)
    assert {"due", "answered", "failed", "p50", "p95", "p99"} <= set(page.texts)
    assert all(len((line["points"] or "").split()) <= 400 for line in page.named("polyline"))


def test_service_levels_are_a_table(a_run: Maker, a_result: Maker, a_load: Maker) -> None:
    levels = [
        a_result(check="load.slo.failures", message="3 of 1200 requests failed"),
        a_result(
            check="load.slo.p95",
            outcome=Outcome.failed,
            message="too slow",
            expected="95 of 100 within 500 ms",
            actual="95 of 100 within 812 ms",
        ),
    ]
    text = Page(render_html(a_run(*levels, load=a_load()))).text
    assert "load.slo.failures TMF622 v4 productOrder – 3 of 1200 requests failed held" in text
    missed = "95 of 100 within 500 ms 95 of 100 within 812 ms missed"
    assert f"load.slo.p95 TMF622 v4 productOrder {missed}" in text
    assert "Service levels" not in Page(render_html(a_run(a_result(), load=a_load()))).text


def test_operations_are_a_table_and_small_charts(
    a_run: Maker, a_result: Maker, a_load: Maker, samples: Maker
) -> None:
    operations = [
        LoadOperation(
            name=f"GET resource{number}",
            api="TMF622",
            requests=1200,
            failures=0,
            rate=40,
            p50_ms=4,
            p95_ms=20,
            p99_ms=60,
            most_ms=1234,
            service_p95_ms=0.84,
        )
        for number in range(25)
    ]
    drawn = [series_of(f"TMF622 {each.name}", 600) for each in operations]
    load = a_load(model="rate", operations=operations, series=samples(600), operation_series=drawn)
    html = render_html(a_run(a_result(), load=load))
    page = Page(html)
    assert "GET resource24 TMF622 1,200 0 40.0 4.0 20 60 1,234 0.84" in page.text
    assert "Service p95 counts from the moment of sending." in page.text
    assert "TMF622 GET resource7 over time: 40.0 per second, p95 20 ms" in page.text
    assert len(chart_titles(html)) == 3 + 2 * 25
    assert len(html) < 600_000


def test_where_latencies_count_from_the_sending_there_is_no_second_column(
    a_run: Maker, a_result: Maker, a_load: Maker
) -> None:
    operation = LoadOperation(
        name="GET x", requests=1, failures=0, rate=1, p50_ms=1, p95_ms=1, p99_ms=1, service_p95_ms=1
    )
    page = Page(render_html(a_run(a_result(), load=a_load(operations=[operation]))))
    assert "Latencies count from the moment of sending" in page.text
    assert "Service p95" not in page.text
    open_model = Page(render_html(a_run(a_result(), load=a_load(operations=[operation], model="rate"))))
    assert "Latencies count from the moment at which a request was due" in open_model.text
    assert "coordinated omission" in open_model.text


def test_the_search_for_the_knee_is_a_table_and_charts(
    a_run: Maker, a_result: Maker, a_load: Maker, a_step: Maker
) -> None:
    gave_way = a_step(80, achieved=44.5, sustained=False, why="p95 812 ms > 500 ms", failure_ratio=0.02)
    load = a_load(knee=LoadKnee(rate=40, why="p95 812 ms > 500 ms"), steps=[a_step(20), gave_way, a_step(40)])
    html = render_html(a_run(a_result(), load=load))
    page = Page(html)
    assert "40.0 requests per second were sustained; beyond, p95 812 ms > 500 ms" in page.text
    assert "80.0 44.5 6.0 20 60 2.0 % no p95 812 ms > 500 ms" in page.text
    assert "40.0 40.0 6.0 20 60 0 % yes knee" in page.text
    assert chart_titles(html) == ["Answered at the rate offered", "Latency at the rate offered"]
    assert page.text.count("knee 40.0/s") == 2
    assert "offered 80.0/s: 44.5 per second, p95 812 ms" in page.text


def test_spans_troubles_and_an_early_end_are_told(a_run: Maker, a_result: Maker, a_load: Maker) -> None:
    load = a_load(
        stopped="the target stopped answering",
        spans=[LoadSpan(name="notification delay", count=90, p50_s=0.012, p95_s=2, p99_s=12, most_s=1_234)],
        troubles=[LoadTrouble(operation="POST productOrder", what="503: busy", count=1_031)],
    )
    text = Page(render_html(a_run(a_result(), load=load))).text
    assert "It ended before its time: the target stopped answering" in text
    assert "notification delay 90 0 0.012 2.00 12.0 1,234.0" in text
    assert "1,031 POST productOrder 503: busy" in text


def test_hostile_text_of_a_load_run_stays_text(a_run: Maker, a_result: Maker, a_hostile_load: Any) -> None:
    html = render_html(a_run(a_result(check="load.slo.p95"), load=a_hostile_load))
    page = Page(html)
    assert len(page.scripts) == 1
    assert page.named("img") == []
    assert not [attributes for _, attributes in page.tags if "style" in attributes]
    assert {character for character in html if not character.isprintable()} <= {"\n", "\t"}


def test_tables_and_charts_of_load_have_names(a_run: Maker, a_result: Maker, a_hostile_load: Any) -> None:
    page = Page(render_html(a_run(a_result(check="load.slo.p95"), load=a_hostile_load)))
    identities = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(identities) == len(set(identities))
    assert {each.get("aria-labelledby") for each in page.named("div")} - {None} <= set(identities)
    assert all("scope" in header for header in page.named("th"))
    assert all(each.get("aria-label") for each in page.named("svg") if each.get("role") == "img")
