"""Runs to report on: `a_result` and `a_run` make them, and a test changes only what it is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from exchanges import TARGETS

from tmfrig.reports.result import (
    Evidence,
    Level,
    LoadKnee,
    LoadOperation,
    LoadResult,
    LoadSample,
    LoadSeries,
    LoadSpan,
    LoadStep,
    LoadTrouble,
    Outcome,
    RecordedRequest,
    RecordedResponse,
    Result,
    RunResult,
    Step,
    TargetInfo,
    record,
)
from tmfrig.reports.sequence import Diagram, sequence_of

BASE = "https://api.acme.example/tmf-api/productOrderingManagement/v4"

ResultMaker = Callable[..., Result]
RunMaker = Callable[..., RunResult]


@pytest.fixture
def an_exchange() -> Evidence:
    request = RecordedRequest(
        method="POST",
        url=f"{BASE}/productOrder",
        headers={"Content-Type": "application/json", "Authorization": "Bearer s3cr3t-value"},
        body='{"productOrderItem":[{"id":"1"}]}',
    )
    response = RecordedResponse(
        status=201, headers={"Content-Type": "application/json"}, body='{"id":"5f0c"}'
    )
    return record(request, response, 0.0125)


@pytest.fixture
def a_result() -> ResultMaker:
    def make(**changes: Any) -> Result:
        facts: dict[str, Any] = {
            "check": "create.location",
            "level": Level.MUST,
            "api": "TMF622",
            "version": "4",
            "resource": "productOrder",
            "outcome": Outcome.passed,
            "source": "rule HTTP-05",
            "seconds": 0.01,
        }
        return Result(**facts | changes)

    return make


@pytest.fixture
def a_run() -> RunMaker:
    def make(
        *results: Result, load: LoadResult | None = None, targets: Sequence[TargetInfo] | None = None
    ) -> RunResult:
        target = TargetInfo(api="TMF622", version="4.0.0", url=BASE, contract="sha256:0f")
        return RunResult.assemble(
            started=datetime(2026, 3, 1, 12, 30, tzinfo=UTC),
            seconds=4.2,
            seed=7,
            targets=[target] if targets is None else targets,
            results=results,
            load=load,
        )

    return make


@pytest.fixture
def a_load() -> Callable[..., LoadResult]:
    def make(**changes: Any) -> LoadResult:
        operation = LoadOperation(
            name="POST productOrder", requests=1200, failures=3, rate=40.0, p50_ms=4, p95_ms=20, p99_ms=60
        )
        facts: dict[str, Any] = {
            "profile": "smoke",
            "requests": 1200,
            "failures": 3,
            "rate": 40.0,
            "operations": [operation],
        }
        return LoadResult(**facts | changes)

    return make


@pytest.fixture
def a_step() -> Callable[..., LoadStep]:
    def make(rate: float, **changes: Any) -> LoadStep:
        facts: dict[str, Any] = {
            "rate": rate,
            "achieved": rate,
            "seconds": 6,
            "p95_ms": 20,
            "p99_ms": 60,
            "failure_ratio": 0,
            "sustained": True,
        }
        return LoadStep(**facts | changes)

    return make


@pytest.fixture
def samples() -> Callable[..., list[LoadSample]]:
    def make(number: int, **changes: Any) -> list[LoadSample]:
        facts = {"users": 5, "rate": 40, "failure_rate": 0, "p50_ms": 4, "p95_ms": 20, "p99_ms": 60}
        return [LoadSample(**{"seconds": second} | facts | changes) for second in range(1, number + 1)]

    return make


@pytest.fixture
def a_hostile_load(
    a_load: Callable[..., LoadResult], samples: Callable[..., list[LoadSample]], hostile: str
) -> LoadResult:
    """Every text in it is hostile."""
    values = [1.0, 2.0, 3.0]
    percentiles = {"p50_ms": 1, "p95_ms": 2, "p99_ms": 3}
    step = {"achieved": 1, "seconds": 1, "p95_ms": 1, "p99_ms": 1, "failure_ratio": 0, "why": hostile}
    return a_load(
        profile=hostile,
        model=hostile,
        stopped=hostile,
        knee=LoadKnee(rate=1, why=hostile),
        steps=[LoadStep(rate=rate, sustained=False, **step) for rate in (1, 2)],
        operations=[LoadOperation(name=hostile, api=hostile, requests=9, failures=1, rate=1, **percentiles)],
        spans=[LoadSpan(name=hostile, count=1, p50_s=1, p95_s=1, p99_s=1, most_s=1)],
        troubles=[LoadTrouble(operation=hostile, what=hostile, count=1)],
        series=samples(3),
        operation_series=[
            LoadSeries(
                operation=hostile,
                rate=values,
                failure_rate=values,
                p50_ms=values,
                p95_ms=values,
                p99_ms=values,
            )
        ],
    )


@pytest.fixture
def hostile() -> str:
    """What a target might answer to harm whoever reads the report."""
    return (
        "</pre></script><script>document.title='owned'</script><img src=x onerror=\"alert(1)\"> '\" ]]>"
        " & &amp; {{ 7*7 }} {% raw %} [bold red]markup[/] :smile:"
        " \x1b[2J\x1b]0;owned\x07 \u202egnp.exe \x00 \x85 \ud800 \ufffe"
    )


@pytest.fixture
def drawn(a_result: ResultMaker) -> Callable[..., Diagram]:
    def draw(*steps: Step) -> Diagram:
        return sequence_of(a_result(steps=list(steps)), TARGETS)

    return draw
