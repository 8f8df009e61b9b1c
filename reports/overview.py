"""The first screen of the HTML page: the verdict in one sentence, and how each API and level fared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tmfrig.reports.result import Counts, Level, Result, RunResult, TargetInfo, Verdict, verdict_of
from tmfrig.reports.summary import by_api, by_part, level_counts
from tmfrig.specs import ContractError, standard_contract


@dataclass(frozen=True)
class Row:
    """One line of the overview table: an API, or one of its resources (then without title and verdict)."""

    api: str
    name: str
    title: str
    version: str
    verdict: Verdict | None
    levels: Mapping[Level, Counts]
    counts: Counts


def kind_of(run: RunResult) -> str:
    """What sort of report this is."""
    scenarios = [result.steps is not None for result in run.results]
    if run.load is not None:
        return "Conformance report" if any(scenarios) else "Load report"
    return "Lifecycle report" if scenarios and all(scenarios) else "Conformance report"


def headline(run: RunResult, failing_causes: int) -> str:
    """The verdict as a sentence."""
    counts = level_counts(run.results).get(Level.MUST, Counts())
    judged = counts.passed + counts.failed + counts.waived
    waived = f"; {counts.waived} waived" if counts.waived else ""
    if run.verdict is Verdict.nonconformant:
        why = "one cause" if failing_causes == 1 else f"{failing_causes} causes"
        verb = "does" if counts.failed == 1 else "do"
        return f"{counts.failed:,} of {judged:,} mandatory checks {verb} not hold, for {why}{waived}."
    if run.verdict is Verdict.conformant:
        return f"Every mandatory check that applies holds: {counts.passed:,}{waived}."
    if counts.error:
        return f"{counts.error:,} of {judged + counts.error:,} mandatory checks could not be judged{waived}."
    return f"No mandatory check was found to hold{waived}, so nothing is proven."


def hosts(run: RunResult) -> str:
    """Where the targets are, in a few words."""
    found = list(dict.fromkeys(target.host for target in run.targets))
    return found[0] if len(found) == 1 else f"{len(found)} hosts"


def rows(run: RunResult) -> Iterable[Row]:
    """One row per API; a single API is followed by a row for each of its resources."""
    groups = by_api(run.results)
    for (api, version), results in groups.items():
        target = _target(run, api, version)
        yield _row(
            results, api, _title(api, version), target.version if target else version, verdict_of(results)
        )
    if len(groups) == 1:
        for part, found in by_part(run.results).items():
            yield _row(found, part)


def _row(
    results: list[Result], name: str, title: str = "", version: str = "", verdict: Verdict | None = None
) -> Row:
    return Row(results[0].api, name, title, version, verdict, level_counts(results), Counts.of(results))


def _target(run: RunResult, api: str, version: str) -> TargetInfo | None:
    fitting = (
        target for target in run.targets if target.api == api and target.version.split(".")[0] == version
    )
    return next(fitting, None)


def _title(api: str, version: str) -> str:
    """The name that TM Forum gives the API; empty for an API or version that we have no contract of."""
    try:
        return standard_contract(api, int(version)).title
    except (ContractError, ValueError):
        return ""
