"""The result of a run is exactly the JSON that scripts rely on."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from tmfrig.reports.json_report import write_json
from tmfrig.reports.result import (
    Evidence,
    Level,
    LoadKnee,
    LoadOperation,
    LoadResult,
    LoadSample,
    Outcome,
    ReportError,
    Result,
    RunResult,
    Step,
    Verdict,
    read_result,
    result_schema,
    verdict_of,
)

Maker = Callable[..., Any]

LOAD = LoadResult(
    profile="stress",
    requests=10,
    failures=1,
    rate=5.0,
    knee=LoadKnee(rate=4.0, why="p95 > 500 ms"),
    operations=[
        LoadOperation(name="POST x", requests=10, failures=1, rate=5.0, p50_ms=1.0, p95_ms=2.0, p99_ms=3.0)
    ],
    series=[LoadSample(seconds=0, users=1, rate=1.0, failure_rate=0.0, p50_ms=1.0, p95_ms=2.0)],
)


def written(run: RunResult, tmp_path: Path) -> dict[str, Any]:
    path = tmp_path / "new folder" / "result.json"
    write_json(run, path)
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return content


def test_json_has_the_agreed_members(
    a_run: Maker, a_result: Maker, an_exchange: Evidence, tmp_path: Path
) -> None:
    run = written(a_run(a_result(evidence=[an_exchange])), tmp_path)
    assert list(run) == [
        *("schema", "tool", "started", "seconds", "seed", "targets", "verdict", "counts", "results"),
    ]
    assert run["schema"] == "tmfrig.result/1"
    assert list(run["tool"]) == ["name", "version"]
    assert run["started"] == "2026-03-01T12:30:00Z"
    assert list(run["targets"][0]) == ["api", "version", "url", "contract"]
    assert run["counts"] == {"passed": 1, "failed": 0, "warned": 0, "waived": 0, "skipped": 0, "error": 0}
    (result,) = run["results"]
    assert list(result) == [
        *("check", "level", "api", "version", "resource", "outcome", "message", "expected", "actual"),
        *("source", "seconds", "evidence"),
    ]
    assert list(result["evidence"][0]) == ["request", "response", "curl", "seconds"]
    assert list(result["evidence"][0]["request"]) == ["method", "url", "headers", "body"]
    assert list(result["evidence"][0]["response"]) == ["status", "headers", "body"]


def test_load_and_steps_are_there_only_where_they_belong(
    a_run: Maker, a_result: Maker, tmp_path: Path
) -> None:
    step = Step(keyword="When", text="the channel orders", outcome=Outcome.passed, seconds=0.1)
    run = written(a_run(a_result(steps=[step]), a_result(), load=LOAD), tmp_path)
    assert run["results"][0]["steps"][0]["text"] == "the channel orders"
    assert "steps" not in run["results"][1]
    assert list(run["load"]) == [
        *(
            "profile",
            "requests",
            "failures",
            "rate",
            "model",
            "workers",
            "p50_ms",
            "p95_ms",
            "p99_ms",
            "knee",
        ),
        *("operations", "spans", "troubles", "series", "operation_series"),
    ]
    assert run["load"]["knee"] == {"rate": 4.0, "why": "p95 > 500 ms"}


def test_what_is_written_is_what_the_schema_says(
    a_run: Maker, a_result: Maker, an_exchange: Evidence, tmp_path: Path
) -> None:
    schema = result_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    run = written(a_run(a_result(evidence=[an_exchange]), load=LOAD), tmp_path)
    assert list(validator.iter_errors(run)) == []
    for member in ("schema", "verdict", "results"):
        assert not validator.is_valid({name: value for name, value in run.items() if name != member})
    assert not validator.is_valid(run | {"verdict": "splendid"})


def test_a_file_reads_back_as_what_was_written(
    a_run: Maker, a_result: Maker, an_exchange: Evidence, hostile: str, tmp_path: Path
) -> None:
    run = a_run(a_result(message=hostile, evidence=[an_exchange]), load=LOAD)
    path = tmp_path / "result.json"
    write_json(run, path)
    assert read_result(path) == run


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "Invalid JSON"),
        (b"<html>", "Invalid JSON"),
        (b"\xff\xfe", "Invalid JSON"),
        (b"[]", "object"),
        (b"{}", "schema: Field required"),
        (b'{"schema": "tmfrig.result/9"}', "tmfrig.result/1"),
    ],
)
def test_another_file_is_refused_in_one_line(content: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_bytes(content)
    with pytest.raises(ReportError) as refused:
        read_result(path)
    assert reason in str(refused.value)
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_path_that_cannot_be_used_is_named(a_run: Maker, a_result: Maker, tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"cannot read .*absent"):
        read_result(tmp_path / "absent.json")
    (tmp_path / "file").touch()
    with pytest.raises(ReportError, match="file is not a folder"):
        write_json(a_run(a_result()), tmp_path / "file" / "result.json")


@pytest.mark.parametrize(
    ("outcomes", "verdict"),
    [
        ([("MUST", "passed"), ("MUST", "skipped"), ("SHOULD", "warned")], Verdict.conformant),
        ([("MUST", "passed"), ("MUST", "waived")], Verdict.conformant),
        ([("MUST", "passed"), ("SHOULD", "error")], Verdict.conformant),
        ([("MUST", "passed"), ("MUST", "failed")], Verdict.nonconformant),
        ([("MUST", "error"), ("MUST", "failed")], Verdict.nonconformant),
        ([("MUST", "passed"), ("MUST", "error")], Verdict.inconclusive),
        ([("MUST", "skipped"), ("SHOULD", "passed")], Verdict.conformant),
        ([("MUST", "skipped"), ("MAY", "skipped")], Verdict.inconclusive),
        ([("MUST", "waived")], Verdict.inconclusive),
        ([], Verdict.inconclusive),
    ],
)
def test_verdict(a_result: Maker, outcomes: list[tuple[str, str]], verdict: Verdict) -> None:
    results = [a_result(level=Level(level), outcome=Outcome(outcome)) for level, outcome in outcomes]
    assert verdict_of(results) is verdict


def test_failed_is_for_must_and_warned_for_the_rest(a_result: Maker) -> None:
    with pytest.raises(ValidationError, match="only a MUST can be failed"):
        a_result(level=Level.SHOULD, outcome=Outcome.failed)
    with pytest.raises(ValidationError, match="is failed, not warned"):
        a_result(level=Level.MUST, outcome=Outcome.warned)


def test_half_a_surrogate_pair_does_not_stop_the_report(
    a_run: Maker, a_result: Maker, tmp_path: Path
) -> None:
    run = written(a_run(a_result(message="before \ud800 after")), tmp_path)
    assert run["results"][0]["message"] == "before \ufffd after"


def test_a_result_does_not_change(a_result: Maker) -> None:
    result: Result = a_result()
    with pytest.raises(ValidationError, match="frozen"):
        result.outcome = Outcome.failed
