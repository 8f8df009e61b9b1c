"""From how a check ended to its `Result`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tmfrig.conformance.check import CannotJudge, Check, NotApplicable, Skipped, Violation
from tmfrig.conformance.client import TargetGone
from tmfrig.conformance.exchange import Exchange, Notification
from tmfrig.conformance.faults import log_fault
from tmfrig.reports.result import Level, Outcome, Result, redact
from tmfrig.specs import Contract

MOST_EVIDENCE = 6
HUB = "hub"


@dataclass(frozen=True)
class Case:
    """One check on one resource (or "hub", or the API as a whole) of one API."""

    check: Check
    contract: Contract
    resource: str | None

    @property
    def name(self) -> str:
        """ "create.location[productOrder]"."""
        return f"{self.check.id}[{self.resource}]" if self.resource else self.check.id


@dataclass(frozen=True)
class Ending:
    """How a check ended: `problem` is None when it returned, `said` what it returned."""

    problem: Exception | None = None
    said: str | None = None
    exchanges: Sequence[Exchange | Notification] = ()
    others: int = 0
    """How many more exchanges showed the same (observing checks)."""
    seconds: float = 0.0


def result_of(case: Case, ending: Ending, secrets: frozenset[str]) -> Result:
    """The result of a case, free of secrets."""
    problem = ending.problem
    outcome, message, expected, actual = _told(case.check.level, ending)
    if isinstance(problem, Violation) and outcome is not Outcome.skipped:
        actual = _with_others(actual, ending.others)
    shown: Sequence[Exchange | Notification] = ()
    if outcome in (Outcome.failed, Outcome.warned, Outcome.error):
        shown = _shown(ending)
    return Result(
        check=case.check.id,
        level=case.check.level,
        api=case.contract.api,
        version=str(case.contract.line),
        resource=case.resource,
        outcome=outcome,
        message=redact(message, secrets),
        expected=None if expected is None else redact(expected, secrets),
        actual=None if actual is None else redact(actual, secrets),
        source=case.check.source,
        seconds=ending.seconds,
        evidence=[each.evidence(secrets) for each in shown],
    )


def _told(level: Level, ending: Ending) -> tuple[Outcome, str, str | None, str | None]:
    match ending.problem:
        case None:
            return Outcome.passed, ending.said or "", None, None
        case Skipped() | NotApplicable() as problem:
            return Outcome.skipped, str(problem) or "nothing was observed", None, None
        case Violation() as problem if level is Level.MAY:
            return Outcome.skipped, f"not offered: {problem.message}", None, None
        case Violation() as problem:
            outcome = Outcome.failed if level is Level.MUST else Outcome.warned
            return outcome, problem.message, problem.expected, problem.actual
        case CannotJudge() | TargetGone() as problem:
            return Outcome.error, str(problem), None, None
        case problem:
            fault = f"{type(problem).__name__}: {problem}"
            return Outcome.error, f"the check itself failed ({fault}); see {log_fault(problem)}", None, None


def not_judged(api: str, version: str, what: str, why: str) -> Result:
    """The result that stands for everything which a run that ended early did not come to."""
    return Result(
        check="run.complete",
        level=Level.MUST,
        api=api,
        version=version,
        outcome=Outcome.error,
        message=f"not judged: {what}, because {why} ended the run",
    )


def is_fault(problem: Exception | None) -> bool:
    """Whether a check ended in a way that is a mistake of the rig's own."""
    return problem is not None and not isinstance(
        problem, (Violation, Skipped, NotApplicable, CannotJudge, TargetGone)
    )


def _with_others(actual: str | None, others: int) -> str | None:
    if not others:
        return actual
    more = f"{others} more exchange{'s' if others > 1 else ''} like this"
    return f"{actual} ({more})" if actual else more


def _shown(ending: Ending) -> Sequence[Exchange | Notification]:
    """The exchanges that explain the ending, the one that shows it last."""
    shown = list(ending.exchanges)
    decisive = ending.problem.exchange if isinstance(ending.problem, Violation) else None
    if decisive is not None:
        shown = [each for each in shown if each is not decisive] + [decisive]
    return shown[-MOST_EVIDENCE:]
