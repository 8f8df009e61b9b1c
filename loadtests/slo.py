"""Service levels: what a profile asks for, against what was measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from tmfrig.loadtests.profile import ServiceLevels
from tmfrig.reports.result import Evidence, Level, Outcome, Result

FAILURES = "load.slo.failures"
P95 = "load.slo.p95"


@dataclass(frozen=True)
class Measure:
    """What one operation of one resource did under load; `name` is "GET productOrder/{id}"."""

    api: str
    version: str
    resource: str
    name: str
    requests: int
    failures: int
    p95_ms: float


def judged(levels: ServiceLevels, measures: Iterable[Measure], source: str) -> Iterator[Result]:
    """One result per service level and resource; `source` names the profile, evidence is the caller's."""
    for (api, version, resource), group in groupby(sorted(measures, key=_place), key=_place):
        of_resource = list(group)
        for check, judge, level in (
            (FAILURES, _failures, levels.failure_ratio),
            (P95, _p95, levels.p95_ms),
        ):
            if level is None:
                continue
            finding = judge(of_resource, level)
            yield Result(
                check=check,
                level=Level.MUST,
                api=api,
                version=version,
                resource=resource,
                outcome=finding.outcome,
                message=finding.message,
                expected=finding.expected,
                actual=finding.actual,
                source=source,
            )


def _place(measure: Measure) -> tuple[str, str, str]:
    return measure.api, measure.version, measure.resource


def not_judged(result: Result, reason: str, evidence: Sequence[Evidence] = ()) -> Result:
    """The result, as one that could not be judged."""
    return result.model_copy(update={"outcome": Outcome.error, "message": reason, "evidence": list(evidence)})


@dataclass(frozen=True)
class _Finding:
    outcome: Outcome
    message: str
    expected: str | None = None
    actual: str | None = None


def _failures(measures: Sequence[Measure], allowed: float) -> _Finding:
    requests = sum(measure.requests for measure in measures)
    if not requests:
        return _never_sent(measures)
    failures = sum(measure.failures for measure in measures)
    ratio = failures / requests
    if ratio <= allowed:
        told = (
            f"{failures} of {requests} requests failed" if failures else f"all {requests} requests went well"
        )
        return _Finding(Outcome.passed, told)
    worst = max(measures, key=lambda measure: measure.failures)
    return _Finding(
        Outcome.failed,
        f"{failures} of {requests} requests failed, most of them {worst.name}",
        expected=f"at most {allowed:.2%} of the requests without the right answer",
        actual=f"{ratio:.2%}",
    )


def _p95(measures: Sequence[Measure], allowed: float) -> _Finding:
    sent = [measure for measure in measures if measure.requests]
    if not sent:
        return _never_sent(measures)
    slowest = max(sent, key=lambda measure: measure.p95_ms)
    told = f"95 of 100 {slowest.name} were answered within {slowest.p95_ms:g} ms"
    if slowest.p95_ms <= allowed:
        return _Finding(Outcome.passed, told)
    return _Finding(
        Outcome.failed,
        f"{slowest.name} is too slow: the slowest 5 of 100 took more than {slowest.p95_ms:g} ms",
        expected=f"95 of 100 answered within {allowed:g} ms",
        actual=f"95 of 100 answered within {slowest.p95_ms:g} ms",
    )


def _never_sent(measures: Sequence[Measure]) -> _Finding:
    names = " and ".join(measure.name for measure in measures)
    return _Finding(
        Outcome.skipped, f"{names} was never sent: nothing was there to ask for, or the time was too short"
    )
