"""The result of a run: what `--json` writes, scripts read and every report shows (`tmfrig.result/1`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AwareDatetime, Field, ValidationError, model_validator

from tmfrig.reports.evidence import (
    Evidence,
    Model,
    RecordedRequest,
    RecordedResponse,
    Seconds,
    Text,
    curl_line,
    record,
)
from tmfrig.reports.load import (
    LoadKnee,
    LoadOperation,
    LoadResult,
    LoadSample,
    LoadSeries,
    LoadSpan,
    LoadStep,
    LoadTrouble,
)
from tmfrig.reports.report_file import ReportError, read_report
from tmfrig.reports.secret import mask, redact
from tmfrig.reports.text import one_line, shorten

__all__ = [
    "Counts",
    "Evidence",
    "Level",
    "LoadKnee",
    "LoadOperation",
    "LoadResult",
    "LoadSample",
    "LoadSeries",
    "LoadSpan",
    "LoadStep",
    "LoadTrouble",
    "Outcome",
    "RecordedRequest",
    "RecordedResponse",
    "ReportError",
    "Result",
    "RunResult",
    "Step",
    "TargetInfo",
    "ToolInfo",
    "Verdict",
    "curl_line",
    "mask",
    "read_result",
    "record",
    "redact",
    "result_schema",
    "verdict_of",
]


class Level(StrEnum):
    """How binding a requirement is; PUBLISHED is a lifecycle drawn by TM Forum but not normative."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"
    PUBLISHED = "PUBLISHED"


class Outcome(StrEnum):
    """What became of one check.

    `failed`: a MUST does not hold. `warned`: anything less binding does not hold. `waived`: does not hold,
    and a waiver says why that is accepted. `skipped`: does not apply here, and the message says why.
    `error`: could not be judged.
    """

    passed = "passed"
    failed = "failed"
    warned = "warned"
    waived = "waived"
    skipped = "skipped"
    error = "error"


class Verdict(StrEnum):
    """What a run says about its targets."""

    conformant = "conformant"
    nonconformant = "nonconformant"
    inconclusive = "inconclusive"


class Step(Model):
    """One step of a scenario: "Given", "the catalog offers fibre", and what it sent.

    `journal` is what other roles exchanged meanwhile, where somebody kept a journal; bodies may be missing.
    """

    keyword: Text
    text: Text
    outcome: Outcome
    seconds: Seconds = 0.0
    evidence: list[Evidence] = Field(default_factory=list)
    journal: list[Evidence] | None = Field(default=None, exclude_if=lambda journal: journal is None)


class Result(Model):
    """One check on one resource of one API, with what it found and what that rests on.

    `version` is the major version ("4"); `resource` is None for what concerns the API as a whole; `steps`
    belongs to scenarios. `failed` is only for MUST, `warned` only for the other levels.
    """

    check: Text
    level: Level
    api: Text
    version: Text
    resource: Text | None = None
    outcome: Outcome
    message: Text = ""
    expected: Text | None = None
    actual: Text | None = None
    source: Text = ""
    seconds: Seconds = 0.0
    evidence: list[Evidence] = Field(default_factory=list)
    steps: list[Step] | None = Field(default=None, exclude_if=lambda steps: steps is None)

    @model_validator(mode="after")
    def _outcome_fits_level(self) -> Self:
        if (self.outcome is Outcome.failed) > (self.level is Level.MUST):
            raise ValueError(
                f"{self.check}: only a MUST can be failed; a {self.level} that does not hold is warned"
            )
        if self.outcome is Outcome.warned and self.level is Level.MUST:
            raise ValueError(f"{self.check}: a MUST that does not hold is failed, not warned")
        return self


class ToolInfo(Model):
    """What made the result."""

    name: Text = "tmfrig"
    version: Text


class TargetInfo(Model):
    """One API under test: its full version ("4.0.0"), base URL and the digest of its contract."""

    api: Text
    version: Text
    url: Text
    contract: Text

    @property
    def host(self) -> str:
        """Host and port of the URL; the URL itself where it has none."""
        try:
            return urlsplit(self.url).netloc or self.url
        except ValueError:
            return self.url


class Counts(Model):
    """How many results had each outcome."""

    passed: int = Field(default=0, ge=0)
    failed: int = Field(default=0, ge=0)
    warned: int = Field(default=0, ge=0)
    waived: int = Field(default=0, ge=0)
    skipped: int = Field(default=0, ge=0)
    error: int = Field(default=0, ge=0)

    @classmethod
    def of(cls, results: Iterable[Result]) -> Counts:
        """The counts over these results."""
        return cls.model_validate(Counter(result.outcome.value for result in results))

    @property
    def total(self) -> int:
        """How many results there are."""
        return self.passed + self.failed + self.warned + self.waived + self.skipped + self.error


class RunResult(Model):
    """A whole run of `verify`, `run` or `load`; `started` has a time zone, `load` belongs to load runs."""

    schema_: Literal["tmfrig.result/1"] = Field(alias="schema")
    tool: ToolInfo
    started: AwareDatetime
    seconds: Seconds
    seed: int
    targets: list[TargetInfo]
    verdict: Verdict
    counts: Counts
    results: list[Result]
    left_behind: list[Text] = Field(default_factory=list, exclude_if=lambda left: not left)
    """The URLs of what was created and could not be taken away again."""
    load: LoadResult | None = Field(default=None, exclude_if=lambda load: load is None)

    @classmethod
    def assemble(
        cls,
        *,
        started: AwareDatetime,
        seconds: float,
        seed: int,
        targets: Sequence[TargetInfo],
        results: Sequence[Result],
        load: LoadResult | None = None,
        left_behind: Sequence[str] = (),
    ) -> RunResult:
        """A run result with counts and verdict worked out from the results."""
        return cls(
            schema="tmfrig.result/1",
            tool=ToolInfo(version=_tool_version()),
            started=started,
            seconds=seconds,
            seed=seed,
            targets=list(targets),
            verdict=verdict_of(results),
            counts=Counts.of(results),
            results=list(results),
            left_behind=list(left_behind),
            load=load,
        )


def verdict_of(results: Iterable[Result]) -> Verdict:
    """The verdict: a failed MUST makes it nonconformant, an unjudged one inconclusive; what is waived is
    accepted, and proves nothing.

    Nothing is conformant by silence: a run in which nothing was judged at all is inconclusive too.
    """
    found = list(results)
    mandatory = {result.outcome for result in found if result.level is Level.MUST}
    if Outcome.failed in mandatory:
        return Verdict.nonconformant
    judged = any(result.outcome in (Outcome.passed, Outcome.warned) for result in found)
    return Verdict.conformant if judged and Outcome.error not in mandatory else Verdict.inconclusive


def read_result(path: Path) -> RunResult:
    """The run that a result file holds. ReportError when there is no such file or it holds something else."""
    try:
        return RunResult.model_validate_json(read_report(path))
    except ValidationError as problem:
        raise ReportError(f"{path} is not a tmfrig result: {_first_problem(problem)}") from None


def result_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a result file."""
    schema = RunResult.model_json_schema(mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "tmfrig.result/1",
    }


def _tool_version() -> str:
    try:
        return installed_version("tmfrig")
    except PackageNotFoundError:
        return "uninstalled"


def _first_problem(problem: ValidationError) -> str:
    first = problem.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    what = shorten(one_line(first["msg"].removeprefix("Value error, ")), 200)
    return f"{where}: {what}" if where else what
