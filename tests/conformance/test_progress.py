"""What moves on a terminal while a run is under way, and that nothing does elsewhere."""

from __future__ import annotations

import pytest

from tmfrig.conformance.cli.progress import Progress
from tmfrig.conformance.runner import Plan
from tmfrig.reports.result import Level, Outcome, Result


def result(outcome: Outcome) -> Result:
    return Result(
        check="a.check",
        level=Level.MUST,
        api="TMF622",
        version="4",
        resource="product[red]Order",
        outcome=outcome,
    )


def show() -> None:
    with Progress() as progress:
        progress.begin("the [bold]start")
        progress.planned(Plan(2, {("TMF622", "productOrder"): 2}))
        for outcome in (Outcome.passed, Outcome.failed, Outcome.passed):
            progress.result(result(outcome))
        progress.begin("the rest")
        progress.said("passed  a scenario [/] (0.1 s)\x1b]0;title\x07")


def test_a_terminal_shows_what_is_judged_and_what_failed(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", "120")
    show()
    out, shown = capfd.readouterr()
    assert out == ""
    assert "a scenario [/] (0.1 s)\\x1b]0;title\\x07" in shown


def test_nothing_moves_where_nobody_looks(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "0")
    show()
    assert capfd.readouterr() == ("", "")
