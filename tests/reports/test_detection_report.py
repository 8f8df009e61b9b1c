"""The detection report says which check noticed which fault, and whether the figures are as promised."""

from __future__ import annotations

import json

from test_html_report import Page

from tmfrig.reports.detection import (
    Detection,
    Faultless,
    Noticed,
    detection_html,
    detection_json,
    matrices,
    summary,
)


def noticed(name: str, *caught_by: str, unrelated: tuple[str, ...] = (), level: str = "MUST") -> Noticed:
    return Noticed(
        name=name,
        family="paging",
        role="TMF637",
        line=4,
        rule="PAGE-01" if level else "",
        level=level,
        sentence="limit is <ignored>.",
        suite="standard",
        caught_by=list(caught_by),
        unrelated=list(unrelated),
    )


def test_all_is_good_where_every_must_is_caught_and_nobody_is_blamed_without_fault() -> None:
    right = Faultless(api="TMF637", line=4, suite="standard", runs=20)
    detection = Detection(
        faults=[noticed("a-b", "page.limit"), noticed("c-d", level="SHOULD")], faultless=[right]
    )
    assert detection.is_good
    assert summary(detection).splitlines() == [
        "MUST       1 of 1 faults caught",
        "SHOULD     0 of 1 faults caught",
        "unrelated checks per fault, on median: 0",
        "without faults: 20 runs, 0 APIs blamed",
    ]


def test_a_missed_must_is_named() -> None:
    detection = Detection(faults=[noticed("a-b", unrelated=("list.array",)), noticed("c-d", level="")])
    assert not detection.is_good
    assert [each.name for each in detection.missed] == ["a-b", "c-d"]
    assert "missed: a-b (PAGE-01)" in summary(detection)
    assert "missed: c-d (TMF637)" in summary(detection)


def test_many_unrelated_checks_are_not_good() -> None:
    many = tuple(f"list.{number}" for number in range(4))
    assert not Detection(faults=[noticed("a-b", "page.limit", unrelated=many)]).is_good
    few = [noticed("a-b", "page.limit", unrelated=many), noticed("c-d", "page.limit")]
    assert Detection(faults=few).is_good


def test_blame_without_fault_is_named() -> None:
    detection = Detection(
        faultless=[Faultless(api="TMF637", line=5, suite="standard", runs=20, blamed=["page.walk"])]
    )
    assert not detection.is_good
    assert "blamed without fault: TMF637 v5: page.walk" in summary(detection)


def test_what_was_not_measured_is_named_and_not_good() -> None:
    detection = Detection(faults=[noticed("a-b", "page.limit")], unmeasured=["c-<d>"])
    assert not detection.is_good
    assert "not measured: c-<d>" in summary(detection)
    page = detection_html(detection).decode()
    assert "Not everything was measured" in page
    assert "<code>c-&lt;d&gt;</code>" in page


def test_the_matrix_has_those_that_catch_before_those_that_only_blame() -> None:
    faults = [noticed("a-b", "page.walk", unrelated=("list.array",)), noticed("c-d", "page.limit")]
    (matrix,) = matrices(Detection(faults=faults))
    assert (matrix.family, matrix.caught) == ("paging", 2)
    assert matrix.checks == ["page.limit", "page.walk", "list.array"]


def test_the_page_shows_faults_checks_and_figures() -> None:
    detection = Detection(
        faults=[noticed("limit-ignored", "page.limit", unrelated=("list.array",)), noticed("c-d")],
        faultless=[Faultless(api="TMF637", line=4, suite="standard", runs=20, seconds=0.5)],
        unproven=["page.links"],
    )
    page = Page(detection_html(detection).decode())
    for text in (
        "limit-ignored",
        "page.limit",
        "list.array",
        "not caught",
        "limit is <ignored>.",
        "page.links",
    ):
        assert text in page.text
    assert "1 of 2 caught" in page.text


def test_the_page_of_nothing_can_be_shown() -> None:
    assert "0 of 0 caught" in Page(detection_html(Detection()).decode()).text


def test_the_json_says_it_all() -> None:
    detection = Detection(faults=[noticed("a-b", "page.limit")])
    read = json.loads(detection_json(detection))
    assert read["schema"] == "tmfrig.detection/1"
    assert Detection.model_validate(read) == detection


def test_what_was_only_warned_about_is_told() -> None:
    warned = noticed("a-b", "sort.order").model_copy(update={"only_warned": True})
    detection = Detection(faults=[warned])
    assert detection.is_good
    assert "faults against a MUST that only warnings were given for: 1" in summary(detection)
    assert "warned" in Page(detection_html(detection).decode()).text
