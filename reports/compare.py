"""Two results of the same kind of run beside each other: `tmfrig.comparison/1`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any, Literal, TypeAlias, TypeVar

from pydantic import AwareDatetime, Field

from tmfrig.reports.compare_load import LoadComparison, compare_load
from tmfrig.reports.evidence import Model, Text
from tmfrig.reports.load import LoadResult
from tmfrig.reports.load_page import is_service_level
from tmfrig.reports.report_file import ReportError
from tmfrig.reports.result import Level, Outcome, Result, RunResult, TargetInfo, Verdict

TOLERANCE = 0.1
_FAILS = (Outcome.failed, Outcome.warned, Outcome.waived)
# What stands for several results of one check on one resource: the worst of them.
_WORST_FIRST = (
    Outcome.failed,
    Outcome.warned,
    Outcome.error,
    Outcome.waived,
    Outcome.passed,
    Outcome.skipped,
)
Run = TypeVar("Run")
_Place: TypeAlias = tuple[str, str, str, str]


class Kind(StrEnum):
    """What became of a check.

    `regression`: held before, does not now. `new_failure`: does not hold, and was not judged before.
    `unjudged`: could not be judged now. `fix`: holds, and did not before. `gone`: judged before, not now.
    `still_failing`: holds neither before nor now. `held`: before and now. `added`: holds, not judged before.
    """

    regression = "regression"
    new_failure = "new_failure"
    unjudged = "unjudged"
    fix = "fix"
    gone = "gone"
    still_failing = "still_failing"
    held = "held"
    added = "added"


HEADINGS = {
    Kind.regression: ("Regressions", "It held before, and does not hold now."),
    Kind.new_failure: ("New failures", "It does not hold, and was not judged before."),
    Kind.unjudged: ("Could not be judged now", "Something else that the check needs went wrong."),
    Kind.fix: ("Fixed", "It holds now, and did not before."),
    Kind.gone: ("Gone", "It was judged before, and is not now."),
    Kind.still_failing: ("Still failing", "It held neither before nor now."),
}
"""What changed or does not hold, in the order in which it is told: as a heading and a sentence."""


class ComparedRun(Model):
    """One of the two runs; `profile` is that of a load run."""

    started: AwareDatetime
    tool: Text
    verdict: Verdict
    targets: list[TargetInfo]
    profile: Text | None = None


class ComparedCheck(Model):
    """One check on one resource in both runs; an outcome is None where there was no result.

    `message` is what the later run says, or the earlier one where the later says nothing. `is_regression` is
    what the exit code tells: a MUST that held and does not, or is not known to, or a service level that is
    missed and was not.
    """

    check: Text
    level: Level
    api: Text
    version: Text
    resource: Text | None
    before: Outcome | None
    after: Outcome | None
    kind: Kind
    is_regression: bool
    message: Text

    @property
    def place(self) -> str:
        """What it is about, API and major version first: "TMF622 v4 productOrder"."""
        api = f"{self.api} v{self.version}" if self.version else self.api
        return f"{api} {self.resource}" if self.resource else api


class Comparison(Model):
    """What changed from one result to a later one.

    `checks` are those that changed or do not hold; `counts` counts the others too. `tolerance` is a part of
    the value before, and `load` is there where both runs put load on the target.
    """

    schema_: Literal["tmfrig.comparison/1"] = Field(default="tmfrig.comparison/1", alias="schema")
    before: ComparedRun
    after: ComparedRun
    is_regression: bool
    notes: list[Text] = Field(default_factory=list)
    """What makes the two less comparable."""
    counts: dict[Kind, int]
    checks: list[ComparedCheck]
    tolerance: float
    load: LoadComparison | None = Field(default=None, exclude_if=lambda load: load is None)

    def of(self, kind: Kind) -> list[ComparedCheck]:
        """The checks of which this became, those first that count as a regression."""
        found = [each for each in self.checks if each.kind is kind]
        return sorted(found, key=lambda each: (not each.is_regression, list(Level).index(each.level)))


def compare(before: RunResult, after: RunResult, tolerance: float = TOLERANCE) -> Comparison:
    """What changed between two runs. ReportError when they have nothing in common."""
    earlier, later = _by_place(before.results), _by_place(after.results)
    load = compare_load(before.load, after.load, tolerance) if before.load and after.load else None
    if load is None and not earlier.keys() & later.keys():
        raise ReportError("the two results have no check in common, so that nothing can be compared")
    places = dict.fromkeys([*later, *earlier])
    pairs = [(earlier.get(place), later.get(place)) for place in places]
    checks = [check for check in (_compared(*pair) for pair in pairs) if check is not None]
    return Comparison(
        before=_run(before),
        after=_run(after),
        is_regression=any(check.is_regression for check in checks) or bool(load and load.worse),
        notes=list(_notes(before, after)),
        counts={kind: sum(check.kind is kind for check in checks) for kind in Kind},
        checks=[check for check in checks if check.kind not in (Kind.held, Kind.added)],
        tolerance=tolerance,
        load=load,
    )


def comparison_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a comparison."""
    schema = Comparison.model_json_schema(mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "tmfrig.comparison/1",
    }


def _by_place(results: Iterable[Result]) -> dict[_Place, Result]:
    found: dict[_Place, Result] = {}
    for result in results:
        place = (result.check, result.api, result.version, result.resource or "")
        known = found.get(place)
        if known is None or _rank(result) < _rank(known):
            found[place] = result
    return found


def _rank(result: Result) -> int:
    return _WORST_FIRST.index(result.outcome)


def _compared(before: Result | None, after: Result | None) -> ComparedCheck | None:
    """None for what was judged in neither of the runs."""
    told = after or before
    earlier, later = (result.outcome if result else None for result in (before, after))
    kind = _kind(earlier, later)
    if told is None or kind is None:
        return None
    return ComparedCheck(
        check=told.check,
        level=told.level,
        api=told.api,
        version=told.version,
        resource=told.resource,
        before=earlier,
        after=later,
        kind=kind,
        is_regression=_is_regression(told, earlier, later, kind),
        message=told.message or (before.message if before else ""),
    )


def _kind(before: Outcome | None, after: Outcome | None) -> Kind | None:
    held, failed = before is Outcome.passed, before in _FAILS
    if after in _FAILS:
        return Kind.regression if held else Kind.still_failing if failed else Kind.new_failure
    if after is Outcome.error:
        return Kind.unjudged
    if after is Outcome.passed:
        return Kind.held if held else Kind.fix if failed or before is Outcome.error else Kind.added
    return Kind.gone if held or failed else None


def _is_regression(told: Result, before: Outcome | None, after: Outcome | None, kind: Kind) -> bool:
    if told.level is not Level.MUST or after not in (Outcome.failed, Outcome.error):
        return False
    if before is Outcome.passed:
        return True
    return kind is Kind.new_failure and is_service_level(told.check)


def _run(run: RunResult) -> ComparedRun:
    return ComparedRun(
        started=run.started,
        tool=run.tool.version,
        verdict=run.verdict,
        targets=run.targets,
        profile=run.load.profile if run.load else None,
    )


def _notes(before: RunResult, after: RunResult) -> Iterable[str]:
    if before.started > after.started:
        yield "the run given first is the later one"
    facts: dict[str, Callable[[RunResult], str]] = {
        "targets": lambda run: _listed(f"{each.api} {each.version}" for each in run.targets),
        "hosts": lambda run: _listed(each.host for each in run.targets),
        "versions of tmfrig": lambda run: run.tool.version,
    }
    yield from _differences(facts, before, after)
    contracts = {(each.api, each.version): each.contract for each in before.targets}
    other = [
        f"{each.api} {each.version}"
        for each in after.targets
        if contracts.get((each.api, each.version), each.contract) != each.contract
    ]
    if other:
        yield f"judged by another contract than before: {_listed(other)}"
    if before.load and after.load:
        yield from _load_notes(before.load, after.load)
    elif before.load or after.load:
        yield f"only the run {'before' if before.load else 'after'} put load on the target"


def _differences(facts: Mapping[str, Callable[[Run], str]], before: Run, after: Run) -> Iterable[str]:
    for what, of_run in facts.items():
        earlier, later = of_run(before), of_run(after)
        if earlier != later:
            yield f"different {what}: {earlier} before, {later} after"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(set(names))) or "none"


def _load_notes(before: LoadResult, after: LoadResult) -> Iterable[str]:
    facts: dict[str, Callable[[LoadResult], str]] = {
        "profiles": lambda load: load.profile,
        "models of load": lambda load: load.model,
        "numbers of users": lambda load: f"{max((at.users for at in load.series), default=0)}",
        "rates due": lambda load: f"{max((at.due or 0.0 for at in load.series), default=0.0):g} per second",
    }
    yield from _differences(facts, before, after)
    for name, load in (("before", before), ("after", after)):
        if load.stopped:
            yield f"the run {name} ended before its time: {load.stopped}"
    if before.steps or after.steps:
        yield "where a run searches for a knee, only the knee is judged: the rest depends on the rates tried"
