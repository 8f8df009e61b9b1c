"""Service levels against what was measured: one result for each level and operation.

What a result is about is the operation ("POST productOrder"), as levels differ between those of one resource.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from tmfrig.loadtests.meter import UNSENT, Operation, Tally
from tmfrig.loadtests.recording import Recording
from tmfrig.loadtests.slo import OperationLevels, ServiceLevels, SpanLevels
from tmfrig.reports.result import Evidence, Level, LoadSpan, Outcome, Result

SLO = "load.slo."
FEW = 20
"""A percentile of fewer requests says nothing about a step of a search."""
_PERCENTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
HUB = "hub"
"""Registering for notifications is done once by each receiver, and no load."""
_RIG = "load"
"""What results are about that concern the load as a whole, in place of an API."""


@dataclass(frozen=True)
class Judge:
    """Makes the results of a run. `versions` gives the major version by API, `source` where levels come from;
    `evidence` finds an exchange that shows what failed."""

    levels: ServiceLevels
    versions: Mapping[str, str]
    source: str
    evidence: Callable[[str, str | None], list[Evidence]]

    def results(self, recording: Recording, seconds: float) -> Iterator[Result]:
        """One result for each service level; `seconds` is how long what counts lasted."""
        yield from self._whole(recording, seconds)
        for operation, tally in sorted(recording.totals.items()):
            if operation != UNSENT and _resource(operation[1]) != HUB:
                yield from self._operation(operation, tally)
        spans = {span.name: span for span in recording.told_spans()}
        for name, levels in self.levels.spans().items():
            yield from self._span(name, levels, spans.get(name))

    def _whole(self, recording: Recording, seconds: float) -> Iterator[Result]:
        total = recording.total
        if self.levels.failure_ratio is not None:
            yield self._ratio("", None, total, self.levels.failure_ratio)
        if self.levels.throughput is not None:
            achieved = (total.requests - total.failures) / seconds if seconds else 0.0
            yield self._result(
                "throughput",
                achieved >= self.levels.throughput,
                f"{achieved:.1f} right answers per second",
                expected=f"at least {self.levels.throughput:g} right answers per second",
            )

    def _operation(self, operation: Operation, tally: Tally) -> Iterator[Result]:
        api, name = operation
        levels = self.levels.of(name)
        for percentile, asked in _asked(levels):
            measured = tally.latency.milliseconds(_PERCENTILES[percentile])
            yield self._result(
                percentile,
                measured <= asked,
                f"{name}: {percentile} {measured:g} ms in {tally.requests:,} requests",
                expected=f"{percentile} of at most {asked:g} ms",
                api=api,
                resource=name,
            )
        if levels.failure_ratio is not None:
            yield self._ratio(api, name, tally, levels.failure_ratio)

    def _ratio(self, api: str, name: str | None, tally: Tally, allowed: float) -> Result:
        ratio = tally.failures / tally.requests if tally.requests else 0.0
        told = f"{tally.failures:,} of {tally.requests:,} requests failed"
        return self._result(
            "failures",
            ratio <= allowed if tally.requests else None,
            f"{name}: {told}" if name else told,
            expected=f"at most {allowed:.2%} of the requests without the right answer",
            actual=f"{ratio:.2%}",
            api=api,
            resource=name,
            evidence=self.evidence(api, _resource(name) if name else None) if ratio > allowed else [],
        )

    def _span(self, name: str, levels: SpanLevels, span: LoadSpan | None) -> Iterator[Result]:
        check = name.replace(", ", "-").replace(" ", "-")
        for percentile in _PERCENTILES:
            asked = getattr(levels, f"{percentile}_s")
            if asked is None:
                continue
            measured = getattr(span, f"{percentile}_s") if span else 0.0
            yield self._result(
                f"{check}.{percentile}",
                measured <= asked if span and span.count else None,
                f"{name}: {percentile} {measured:g} s in {span.count if span else 0:,}",
                expected=f"{percentile} of at most {asked:g} s",
            )
        if levels.unfinished_ratio is not None:
            begun = span.count + span.unfinished if span else 0
            ratio = span.unfinished / begun if span and begun else 0.0
            yield self._result(
                f"{check}.unfinished",
                ratio <= levels.unfinished_ratio if begun else None,
                f"{name}: {span.unfinished if span else 0:,} of {begun:,} came to no end",
                expected=f"at most {levels.unfinished_ratio:.2%} that come to no end",
            )

    def _result(
        self,
        what: str,
        held: bool | None,
        message: str,
        *,
        expected: str,
        actual: str | None = None,
        api: str = "",
        resource: str | None = None,
        evidence: list[Evidence] | None = None,
    ) -> Result:
        outcome = Outcome.skipped if held is None else Outcome.passed if held else Outcome.failed
        return Result(
            check=SLO + what,
            level=Level.MUST,
            api=api or _RIG,
            version=self.versions.get(api, ""),
            resource=resource,
            outcome=outcome,
            message=f"{message}: there was none to measure" if held is None else message,
            expected=expected,
            actual=actual or message,
            source=self.source,
            evidence=evidence or [],
        )


def broken(levels: ServiceLevels, tallies: Mapping[Operation, Tally]) -> Iterable[str]:
    """What of the service levels does not hold, in a few words each; operations with few requests are judged
    together with the others only."""
    total = Tally.together(tallies.values())
    allowed = levels.failure_ratio
    if allowed is not None and total.requests and total.failures / total.requests > allowed:
        yield f"{total.failures / total.requests:.1%} failed"
    for operation, tally in sorted(tallies.items(), key=lambda each: -each[1].requests):
        if tally.requests < FEW or _resource(operation[1]) == HUB:
            continue
        asked = levels.of(operation[1])
        for percentile, most in _asked(asked):
            measured = tally.latency.milliseconds(_PERCENTILES[percentile])
            if measured > most:
                yield f"{operation[1]}: {percentile} {measured:.0f} ms > {most:g} ms"
        if asked.failure_ratio is not None and tally.failures / tally.requests > asked.failure_ratio:
            yield f"{operation[1]}: {tally.failures / tally.requests:.1%} failed"


def _asked(levels: OperationLevels) -> Iterator[tuple[str, float]]:
    for percentile in _PERCENTILES:
        asked = getattr(levels, f"{percentile}_ms")
        if asked is not None:
            yield percentile, asked


def _resource(name: str) -> str:
    """ "POST productOrder" is about productOrder."""
    return name.partition(" ")[2].partition("/")[0]
