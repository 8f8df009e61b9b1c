"""What the HTML page shows, worked out from a run: plain values, grouped, and cut to a readable size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tmfrig.reports.evidence import Evidence
from tmfrig.reports.load_page import LoadPage, load_page_of
from tmfrig.reports.overview import Row, headline, hosts, kind_of, rows
from tmfrig.reports.result import Level, Outcome, Result, RunResult, Step
from tmfrig.reports.sequence import sequence_of
from tmfrig.reports.sequence_drawing import Drawing, drawing_of
from tmfrig.reports.summary import (
    Cause,
    by_api,
    causes,
    level_counts,
    part_of,
    place_of,
    sentence_of,
    shown_exchange,
)
from tmfrig.reports.text import indented_json

_LONGEST_TEXT = 2_000
_LONGEST_BODY = 6_000
_LONGEST_CURL = 12_000
_MOST_EXCHANGES = 6
_MOST_OCCURRENCES = 12


@dataclass(frozen=True)
class Excerpt:
    """The beginning of a text, and a note when that is not all of it."""

    text: str
    note: str = ""


@dataclass(frozen=True)
class ShownExchange:
    """One exchange; `curl` is None where the line would be too long to be of use on a page."""

    evidence: Evidence
    request_body: Excerpt | None
    response_body: Excerpt | None
    curl: str | None


@dataclass(frozen=True)
class Occurrence:
    """One of the results of a finding."""

    place: str
    message: Excerpt
    expected: Excerpt | None
    actual: Excerpt | None
    exchanges: tuple[ShownExchange, ...]
    left_out: int

    @property
    def curl(self) -> str | None:
        """The line that repeats the exchange which shows the finding."""
        return self.exchanges[-1].curl if self.exchanges else None


@dataclass(frozen=True)
class Finding:
    """A cause, told once for all the places where it was seen."""

    check: str
    level: Level
    outcome: Outcome
    source: str
    sentence: str | None
    apis: str  # one per line
    places: tuple[str, ...]
    main: Occurrence
    others: tuple[Occurrence, ...]
    left_out: int


@dataclass(frozen=True)
class Skips:
    """What was skipped for one reason."""

    reason: str
    apis: str
    checks: tuple[tuple[str, Level, tuple[str, ...]], ...]

    @property
    def number(self) -> int:
        """How many results that are."""
        return sum(len(places) for _, _, places in self.checks)


@dataclass(frozen=True)
class PassedCheck:
    """A check that holds on these parts of an API."""

    api: str
    check: str
    level: Level
    source: str
    sentence: str | None
    parts: tuple[str, ...]


@dataclass(frozen=True)
class ShownStep:
    """A step of a scenario with its exchanges."""

    step: Step
    exchanges: tuple[ShownExchange, ...]
    left_out: int


@dataclass(frozen=True)
class Scenario:
    """A result that has steps; `drawing` is None where none of them exchanged anything."""

    result: Result
    sentence: str | None
    steps: tuple[ShownStep, ...]
    drawing: Drawing | None


@dataclass(frozen=True)
class Page:
    """The whole page. Findings are by outcome, passed checks by API."""

    run: RunResult
    kind: str
    headline: str
    hosts: str
    levels: tuple[Level, ...]
    rows: tuple[Row, ...]
    findings: Mapping[Outcome, tuple[Finding, ...]]
    scenarios: tuple[Scenario, ...]
    skips: tuple[Skips, ...]
    passed: Mapping[str, tuple[PassedCheck, ...]]
    apis: tuple[str, ...]
    load: LoadPage | None


def page_of(run: RunResult, sentences: Mapping[str, str] | None = None) -> Page:
    """The page for a run; `sentences` gives the requirement for each check id."""
    found = (Outcome.failed, Outcome.error, Outcome.warned, Outcome.waived)
    findings = {
        outcome: tuple(_finding(cause, sentences) for cause in causes(run.results, outcome))
        for outcome in found
    }
    present = level_counts(run.results)
    return Page(
        run=run,
        kind=kind_of(run),
        headline=headline(run, len(findings[Outcome.failed])),
        hosts=hosts(run),
        levels=tuple(level for level in Level if level in present or level in (Level.MUST, Level.SHOULD)),
        rows=tuple(rows(run)),
        findings=findings,
        scenarios=tuple(
            _scenario(result, run, sentences) for result in run.results if result.steps is not None
        ),
        skips=tuple(_skips(run.results)),
        passed=_passed(run.results, sentences),
        apis=tuple(sorted({result.api for result in run.results})),
        load=load_page_of(run),
    )


def _finding(cause: Cause, sentences: Mapping[str, str] | None) -> Finding:
    first = cause.first
    others = cause.results[1 : _MOST_OCCURRENCES + 1]
    return Finding(
        check=cause.name,
        level=first.level,
        outcome=first.outcome,
        source=cause.source,
        sentence=cause.sentence(sentences),
        apis="\n".join(sorted({result.api for result in cause.results})),
        places=tuple(dict.fromkeys(place_of(result) for result in cause.results)),
        main=_occurrence(first, _MOST_EXCHANGES),
        others=tuple(_occurrence(result, 1) for result in others),
        left_out=len(cause.results) - 1 - len(others),
    )


def _occurrence(result: Result, most_exchanges: int) -> Occurrence:
    # The exchange that shows the finding is the last: what is left out is what led up to it.
    evidence = result.evidence or ([found] if (found := shown_exchange(result)) else [])
    return Occurrence(
        place=place_of(result),
        message=_excerpt(result.message, _LONGEST_TEXT),
        expected=_excerpt(result.expected, _LONGEST_TEXT) if result.expected else None,
        actual=_excerpt(result.actual, _LONGEST_TEXT) if result.actual else None,
        exchanges=tuple(_exchange(item) for item in evidence[-most_exchanges:]),
        left_out=max(0, len(evidence) - most_exchanges),
    )


def _exchange(evidence: Evidence) -> ShownExchange:
    response = evidence.response
    return ShownExchange(
        evidence=evidence,
        request_body=_body(evidence.request.body),
        response_body=_body(response.body) if response else None,
        curl=evidence.curl if len(evidence.curl) <= _LONGEST_CURL else None,
    )


def _body(body: str | None) -> Excerpt | None:
    if not body:
        return None
    return _excerpt(body, _LONGEST_BODY) if len(body) > _LONGEST_BODY else Excerpt(indented_json(body))


def _excerpt(text: str, limit: int) -> Excerpt:
    if len(text) <= limit:
        return Excerpt(text)
    return Excerpt(
        text[:limit], f"The first {limit:,} of {len(text):,} characters; the JSON result has all of them."
    )


def _scenario(result: Result, run: RunResult, sentences: Mapping[str, str] | None) -> Scenario:
    return Scenario(
        result=result,
        sentence=sentence_of(result, sentences),
        steps=tuple(_step(step) for step in result.steps or ()),
        drawing=drawing_of(sequence_of(result, run.targets)),
    )


def _step(step: Step) -> ShownStep:
    shown = step.evidence[-_MOST_EXCHANGES:]
    return ShownStep(step, tuple(_exchange(item) for item in shown), len(step.evidence) - len(shown))


def _skips(results: Iterable[Result]) -> Iterable[Skips]:
    groups: dict[str, list[Result]] = {}
    for result in results:
        if result.outcome is Outcome.skipped:
            groups.setdefault(result.message, []).append(result)
    for reason, found in sorted(groups.items(), key=lambda group: -len(group[1])):
        checks: dict[tuple[str, Level], list[str]] = {}
        for result in found:
            checks.setdefault((result.check, result.level), []).append(place_of(result))
        yield Skips(
            reason=reason,
            apis="\n".join(sorted({result.api for result in found})),
            checks=tuple((check, level, tuple(places)) for (check, level), places in checks.items()),
        )


def _passed(
    results: Iterable[Result], sentences: Mapping[str, str] | None
) -> Mapping[str, tuple[PassedCheck, ...]]:
    passed: dict[str, tuple[PassedCheck, ...]] = {}
    for (api, version), found in by_api(
        result for result in results if result.outcome is Outcome.passed
    ).items():
        checks: dict[str, list[Result]] = {}
        for result in found:
            checks.setdefault(result.check, []).append(result)
        title = f"{api} v{version}"
        passed[title] = tuple(
            PassedCheck(
                api=api,
                check=check,
                level=same[0].level,
                source=same[0].source,
                sentence=sentence_of(same[0], sentences),
                parts=tuple(dict.fromkeys(part_of(result) for result in same)),
            )
            for check, same in checks.items()
        )
    return passed
