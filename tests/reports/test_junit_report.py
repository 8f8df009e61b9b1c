"""The JUnit file is well-formed whatever a target answers, and counts as build servers expect."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

from tmfrig.reports.junit import write_junit
from tmfrig.reports.result import Evidence, Level, Outcome, RunResult

Maker = Callable[..., Any]


def written(run: RunResult, tmp_path: Path) -> Xml.Element:
    path = tmp_path / "junit.xml"
    write_junit(run, path)
    return Xml.parse(path).getroot()


def test_one_suite_per_api(a_run: Maker, a_result: Maker, tmp_path: Path) -> None:
    root = written(
        a_run(a_result(api="TMF641"), a_result(), a_result(resource=None, check="hub.register")), tmp_path
    )
    assert [suite.get("name") for suite in root] == ["TMF622 v4", "TMF641 v4"]
    cases = [(case.get("classname"), case.get("name")) for case in root[0].findall("testcase")]
    assert cases == [("TMF622.productOrder", "create.location"), ("TMF622", "hub.register")]


def test_two_versions_of_an_api_are_told_apart(a_run: Maker, a_result: Maker, tmp_path: Path) -> None:
    root = written(a_run(a_result(version="4"), a_result(version="5")), tmp_path)
    assert [suite.get("name") for suite in root] == ["TMF622 v4", "TMF622 v5"]
    classes = [case.get("classname") for case in root.iter("testcase")]
    assert classes == ["TMF622.v4.productOrder", "TMF622.v5.productOrder"]


def test_each_outcome_has_its_place(
    a_run: Maker, a_result: Maker, an_exchange: Evidence, tmp_path: Path
) -> None:
    def of(outcome: Outcome, level: Level = Level.MUST) -> Any:
        return a_result(
            check=f"a.{outcome}",
            outcome=outcome,
            level=level,
            message=f"it {outcome}",
            evidence=[an_exchange],
        )

    results = [of(outcome) for outcome in Outcome if outcome is not Outcome.warned]
    root = written(a_run(*results, of(Outcome.warned, Level.SHOULD)), tmp_path)
    (suite,) = root
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "6",
        "failures": "1",
        "errors": "1",
        "skipped": "2",
    }
    inside = {case.get("name"): [child.tag for child in case] for case in suite.findall("testcase")}
    assert inside == {
        "a.passed": [],
        "a.failed": ["failure"],
        "a.error": ["error"],
        "a.skipped": ["skipped"],
        "a.waived": ["skipped"],
        "a.warned": ["system-out"],
    }


def test_a_failure_tells_all_that_is_needed_to_mend_it(
    a_run: Maker, a_result: Maker, an_exchange: Evidence, tmp_path: Path
) -> None:
    result = a_result(
        outcome=Outcome.failed,
        message="no Location",
        expected="a URL",
        actual="nothing",
        evidence=[an_exchange],
    )
    failure = written(a_run(result), tmp_path).find(".//failure")
    assert failure is not None
    assert failure.get("message") == "no Location"
    told = failure.text or ""
    for part in ("rule HTTP-05", "expected: a URL", "actual: nothing", "answered 201", an_exchange.curl):
        assert part in told
    assert "s3cr3t" not in told


def test_hostile_text_does_not_break_the_file(
    a_run: Maker, a_result: Maker, hostile: str, tmp_path: Path
) -> None:
    result = a_result(
        check=hostile,
        resource=hostile,
        message=hostile,
        expected=hostile,
        source=hostile,
        outcome=Outcome.failed,
    )
    failure = written(a_run(result), tmp_path).find(".//failure")
    assert failure is not None
    assert r"\x00" in (failure.text or "")
    assert "<script>" in (failure.get("message") or "")
