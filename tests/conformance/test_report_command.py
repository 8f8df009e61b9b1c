"""`tmfrig report` as a user and a script see it."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import jsonschema
import pytest
from written_results import written

from tmfrig.conformance.cli import main
from tmfrig.reports.result import Outcome

Command = Callable[..., "Done"]


class Done(NamedTuple):
    """How a command ended, and what it said."""

    code: int
    out: str
    errors: str


@pytest.fixture
def tmfrig(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    def run(*arguments: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["tmfrig", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        code = ended.value.code
        assert isinstance(code, int)
        return Done(code, *capsys.readouterr())

    return run


@pytest.fixture
def before(tmp_path: Path) -> Path:
    return written(Outcome.passed, tmp_path / "before.json")


@pytest.fixture
def after(tmp_path: Path) -> Path:
    return written(Outcome.failed, tmp_path / "after.json")


def test_a_regression_is_told_written_and_exits_with_1(
    tmfrig: Command, before: Path, after: Path, tmp_path: Path
) -> None:
    page, comparison = tmp_path / "new" / "changes.html", tmp_path / "changes.json"
    done = tmfrig("report", "compare", before, after, "--html", page, "--json", comparison)
    assert (done.code, done.errors) == (1, "")
    assert "✗ MUST  create.location  TMF622 v4  passed → failed" in done.out
    assert "regression   1 regression" in done.out
    assert "<h1" in page.read_text("utf-8")
    schema = json.loads(tmfrig("report", "schema", "--comparison").out)
    jsonschema.validate(json.loads(comparison.read_text("utf-8")), schema)


def test_a_fix_exits_with_0(tmfrig: Command, before: Path, after: Path) -> None:
    done = tmfrig("report", "compare", after, before)
    assert (done.code, done.errors) == (0, "")
    assert "no regression   1 fixed" in done.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--tolerance", "much"], "--tolerance much is no percentage; give one such as 10%"),
        (["--tolerance", "-5%"], "is no percentage"),
        (["--tolerance", "nan"], "is no percentage"),
        (["--json", "{before}"], "is read by this command, and would be overwritten"),
    ],
)
def test_a_wrong_command_is_refused_in_one_line(
    tmfrig: Command, before: Path, after: Path, arguments: list[str], told: str
) -> None:
    content = before.read_bytes()
    options = [argument.format(before=before) for argument in arguments]
    done = tmfrig("report", "compare", before, after, *options)
    assert (done.code, done.out, done.errors.count("\n")) == (2, "", 1)
    assert told in done.errors
    assert before.read_bytes() == content


def test_what_is_no_result_is_refused_in_one_line(tmfrig: Command, before: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text('{"schema": "tmfrig.comparison/1"}')
    done = tmfrig("report", "compare", before, other)
    assert (done.code, done.out, done.errors.count("\n")) == (2, "", 1)
    assert f"{other} is not a tmfrig result" in done.errors


def test_help_shows_an_example(tmfrig: Command) -> None:
    assert "Example: tmfrig report compare" in tmfrig("report", "compare", "--help").out
