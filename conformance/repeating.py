"""Looking again before something is held against a target: what does not recur is flaky, not wrong."""

from __future__ import annotations

import time

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import CannotJudge, Check, Scope, Violation
from tmfrig.conformance.checks.shared import another_try
from tmfrig.conformance.exchange import Exchange
from tmfrig.conformance.outcome import Case, Ending
from tmfrig.conformance.recorder import Recorder
from tmfrig.reports.result import Level

MANY = 5
"""So many good answers to the same rule make a single server error look like an accident."""


class Flaky(CannotJudge):
    """The rule held in most of several tries, and not in one."""

    def __init__(self, problem: Violation, tries: int) -> None:
        super().__init__(f"flaky: in 1 of {tries} tries {problem.message}; the others were as they should be")


def tried(recorder: Recorder, case: Case, api: Api) -> Ending:
    """How a probe ends when it is made once."""
    subject: tuple[object, ...] = (api,)
    if case.check.scope is Scope.RESOURCE and case.resource is not None:
        subject = (api, case.contract.resources[case.resource])
    started = time.monotonic()
    problem: Exception | None = None
    said: str | None = None
    with recorder.collecting() as exchanges:
        try:
            said = case.check.run(*subject)
        except Exception as raised:
            problem = raised
    recorder.deliver()
    return Ending(problem, said, exchanges, seconds=time.monotonic() - started)


def confirmed(recorder: Recorder, case: Case, api: Api) -> Ending:
    """How a probe ends, where a violation has to show in most of up to three tries."""
    first = tried(recorder, case, api)
    if not _is_doubted(case.check, first):
        return first
    assert isinstance(first.problem, Violation)
    for number in (1, 2):
        with another_try(number):
            if not _held(tried(recorder, case, api)):
                return first
    return Ending(Flaky(first.problem, 3), None, first.exchanges, seconds=first.seconds)


def _is_doubted(check: Check, ending: Ending) -> bool:
    return check.repeats and check.level is not Level.MAY and isinstance(ending.problem, Violation)


def _held(ending: Ending) -> bool:
    return ending.problem is None


def replayed(check: Check, ending: Ending, judged: int, api: Api) -> Ending:
    """How an observing check ends whose one violation among many answers is a server error.

    The request is sent again, twice: an accident does not recur.
    """
    problem, witness = ending.problem, ending.exchanges[-1] if ending.exchanges else None
    is_accident = isinstance(witness, Exchange) and witness.status >= 500 and not ending.others
    if not isinstance(problem, Violation) or not is_accident or judged < MANY or not check.repeats:
        return ending
    assert isinstance(witness, Exchange)
    for _ in range(2):
        try:
            check.run(api.replay(witness))
        except Exception:
            return ending
    return Ending(Flaky(problem, judged), None, ending.exchanges)
