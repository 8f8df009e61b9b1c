"""One load run from beginning to end: users in this process, or workers in others, and the verdict.

Importing this module imports Locust, which patches the interpreter.
"""

from __future__ import annotations

import random
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import gevent  # type: ignore[import-untyped]
from gevent.event import Event  # type: ignore[import-untyped]
from locust.env import Environment

from tmfrig.conformance.client import Client
from tmfrig.conformance.mounting import MountedApi
from tmfrig.conformance.outcome import not_judged
from tmfrig.conformance.recorder import Recorder
from tmfrig.conformance.target import TargetFile
from tmfrig.loadtests.answers import OVERLOAD, PREFIX, UNANSWERED, merged
from tmfrig.loadtests.conductor import Conductor, Ended, Moment
from tmfrig.loadtests.crew import Crew, Local
from tmfrig.loadtests.profile import Profile
from tmfrig.loadtests.recording import Recording
from tmfrig.loadtests.users import user_classes
from tmfrig.loadtests.verdict import Judge
from tmfrig.loadtests.worker import Worker
from tmfrig.reports.result import Evidence, Level, LoadResult, Outcome, Result

EXHAUSTED = 90.0
"""A process that is so busy, in percent of a processor, sends late: what it measures is its own time too."""
Watch = Callable[[Moment, Recording], None]
PATIENCE = 10.0
"""How long a target that left requests without an answer may take for one more, in seconds."""
AT_A_GLANCE = 0.5
"""The same where somebody has pressed Ctrl-C, and waits."""


@dataclass(frozen=True)
class Loaded:
    """What a run measured and found.

    `gone` says how the target stopped answering, `fault` where a mistake of ours is logged, `lost` why what
    was measured is not what was asked for.
    """

    load: LoadResult
    results: Sequence[Result]
    interrupted: bool = False
    gone: str | None = None
    fault: str | None = None
    lost: str | None = None


@dataclass(frozen=True)
class LoadRun:
    """What is put on which target, by whom, and how it is judged."""

    profile: Profile
    target: TargetFile
    mounted: Sequence[MountedApi]
    seed: int = 1
    crew: Crew = field(default_factory=Local)
    levels_source: str = ""

    def play(self, watch: Watch) -> Loaded:
        """Play it until it is over, or Ctrl-C. CommandError where it cannot be played."""
        random.seed(self.seed)
        stop = _stopped_by_signals()
        environment = Environment(user_classes=[*user_classes(self.profile)], stop_timeout=5)
        with self.crew.runner(environment, stop) as workers:
            if self.crew.plays_here:
                Worker(environment, self.mounted, self.target)
            conductor = Conductor(environment, self.profile, self.seed, stop, self._still_there, watch)
            ended = conductor.run(workers)
        return self._judged(conductor.recording, ended, workers, bool(stop.is_set()))

    @property
    def _versions(self) -> dict[str, str]:
        """The major version of each API."""
        return {api.contract.api: str(api.contract.line) for api in self.mounted}

    def _judged(self, recording: Recording, ended: Ended, workers: int, interrupted: bool) -> Loaded:
        found = merged(ended.found)
        gone = self._gone(found, AT_A_GLANCE if interrupted else PATIENCE)
        judge = Judge(
            self.profile.slo,
            self._versions,
            self.levels_source or f"profile {self.profile.name}",
            lambda api, resource: _evidence(found, api, resource),
        )
        counted = max(ended.seconds - (self.profile.warm_up or 0.0), 0.001)
        levels = [] if ended.search is not None else list(judge.results(recording, counted))
        results = [
            *levels,
            *self._all_right(ended),
            *self._answered(found, gone),
            *self._knee(ended),
            *self._unoffered(ended),
            *self._exhausted(ended),
        ]
        if gone is not None:
            results = [_unjudged(result, gone) for result in results]
        if ended.lost is not None:
            results = [
                *(_unjudged(each, ended.lost) for each in results),
                _stopped(ended.lost, Outcome.error),
            ]
        elif ended.stopped is not None and gone is None:
            results.append(_stopped(ended.stopped))
        elif interrupted and gone is None:
            results.append(not_judged("load", "", "the rest of the profile", "Ctrl-C"))
        return Loaded(
            load=self._load(recording, ended, workers, counted),
            results=results,
            interrupted=interrupted,
            gone=gone,
            fault=next(iter(ended.faults), None),
            lost=ended.lost,
        )

    def _load(self, recording: Recording, ended: Ended, workers: int, counted: float) -> LoadResult:
        total = recording.total
        search = ended.search
        return LoadResult(
            profile=self.profile.name,
            requests=total.requests,
            failures=total.failures,
            rate=round(total.requests / counted, 2),
            model="rate" if self.profile.open else "users",
            workers=workers,
            p50_ms=total.latency.milliseconds(0.5),
            p95_ms=total.latency.milliseconds(0.95),
            p99_ms=total.latency.milliseconds(0.99),
            stopped=ended.stopped,
            knee=search.knee if search else None,
            steps=search.steps if search else [],
            operations=recording.operations(counted),
            spans=recording.told_spans(),
            troubles=recording.told_troubles(),
            series=recording.samples(ended.seconds),
            operation_series=recording.series(ended.seconds),
        )

    def _knee(self, ended: Ended) -> list[Result]:
        """What a search for the knee found: nothing is conformant that holds at no rate at all."""
        if ended.search is None or not ended.search.steps:
            return []
        held = [step for step in ended.search.steps if step.sustained]
        highest = max((step.rate for step in held), default=0.0)
        why = ended.search.knee.why if ended.search.knee else "nothing gave way up to there"
        first = ended.search.steps[0]
        return [
            Result(
                check="load.slo.sustained",
                level=Level.MUST,
                api="load",
                version="",
                outcome=Outcome.passed if held else Outcome.failed,
                message=f"the highest rate that held is {highest:g} requests per second ({why})"
                if held
                else f"no rate held, down to {min(step.rate for step in ended.search.steps):g} ({first.why})",
                expected="a rate at which the service levels hold",
                actual=f"{highest:g} requests per second",
                source=self.levels_source or f"profile {self.profile.name}",
            )
        ]

    @staticmethod
    def _exhausted(ended: Ended) -> list[Result]:
        """Where it was the generator that could do no more, latencies and the knee are its own."""
        if ended.processor < EXHAUSTED:
            return []
        return [
            Result(
                check="load.generator",
                level=Level.SHOULD,
                api="load",
                version="",
                outcome=Outcome.warned,
                message=f"a process that makes the load was at {ended.processor:.0f} % of a processor: "
                "what was measured may be its limit, not the target's; take more --workers",
                expected=f"less than {EXHAUSTED:.0f} % of a processor",
                actual=f"{ended.processor:.0f} %",
            )
        ]

    @staticmethod
    def _all_right(ended: Ended) -> list[Result]:
        """That answers were judged, and nothing was found, is a result, too."""
        if ended.found or not ended.judged:
            return []
        return [
            Result(
                check=PREFIX.rstrip("."),
                level=Level.MUST,
                api="load",
                version="",
                outcome=Outcome.passed,
                message=f"{ended.judged:,} answers were judged by the contract, and all were right",
                expected="answers as the contract has them",
                actual=f"{ended.judged:,} right answers",
                source="the contract",
            )
        ]

    def _answered(self, found: Sequence[Result], gone: str | None) -> list[Result]:
        """What was wrong with answers. How many requests may fail is for the service levels to say: where
        they do, that some did is only told; in a search for the knee they are meant to."""
        slo = self.profile.slo
        counted = slo.failure_ratio is not None or any(
            each.failure_ratio is not None for each in slo.operations.values()
        )
        told = []
        for each in found:
            if each.check not in (UNANSWERED, OVERLOAD):
                told.append(each)
            elif gone is None and self.profile.climb is None:
                lenient = {"level": Level.SHOULD, "outcome": Outcome.warned} if counted else {}
                told.append(each.model_copy(update=lenient))
        return told

    def _unoffered(self, ended: Ended) -> list[Result]:
        return [
            Result(
                check="load.offered",
                level=Level.MAY,
                api=api,
                version=self._versions[api],
                resource=operation,
                outcome=Outcome.skipped,
                message=f"{operation} is not offered: {why}",
            )
            for api, operation, why in dict.fromkeys(ended.not_offered)
        ]

    def _gone(self, found: Sequence[Result], within: float) -> str | None:
        """The first API that no longer answers, in a sentence that says so."""
        unanswered = {each.api for each in found if each.check == UNANSWERED}
        for api in self.mounted:
            if api.contract.api in unanswered and not _answers(api, within):
                return f"{api.connection.base_url} stopped answering"
        return None

    def _still_there(self) -> bool:
        return any(map(_answers, self.mounted))


def _stopped_by_signals() -> Any:
    """An event that Ctrl-C or SIGTERM sets. The handlers stay: a second signal must not keep us from writing
    what is known."""
    stop = Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        gevent.signal_handler(each, stop.set)
    return stop


def _answers(api: MountedApi, within: float = PATIENCE) -> bool:
    client = Client(api.contract, api.connection, Recorder())
    try:
        return client.still_answers(within)
    finally:
        client.close()


def _evidence(found: Sequence[Result], api: str, resource: str | None) -> list[Evidence]:
    """An exchange that shows why requests failed."""
    for each in found:
        about = not api or (each.api == api and each.resource == resource)
        if about and each.check.startswith(PREFIX) and each.evidence:
            return each.evidence[:1]
    return []


def _unjudged(result: Result, why: str) -> Result:
    """A result as one that could not be judged."""
    if result.outcome is Outcome.skipped:
        return result
    return result.model_copy(
        update={"outcome": Outcome.error, "message": why, "expected": None, "actual": None}
    )


def _stopped(why: str, outcome: Outcome = Outcome.failed) -> Result:
    return Result(
        check="load.stopped",
        level=Level.MUST,
        api="load",
        version="",
        outcome=outcome,
        message=f"the run was ended before its time: {why}",
        expected="a run to the end of the profile",
        actual=why,
    )
