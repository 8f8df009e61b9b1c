"""One load run: Locust as a library, in this process. Importing this module patches the interpreter."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import gevent  # type: ignore[import-untyped]
import locust.stats
from gevent.event import Event  # type: ignore[import-untyped]
from locust.env import Environment
from locust.stats import StatsEntry, calculate_response_time_percentile, diff_response_time_dicts

from tmfrig.conformance.client import Client
from tmfrig.conformance.faults import log_fault
from tmfrig.conformance.mounting import MountedApi
from tmfrig.conformance.recorder import Recorder
from tmfrig.loadtests.answers import UNANSWERED, Answers
from tmfrig.loadtests.profile import Profile, TaskData
from tmfrig.loadtests.slo import FAILURES, Measure, judged, not_judged
from tmfrig.loadtests.users import Traffic, statistics_name, user_class
from tmfrig.reports.result import LoadOperation, LoadResult, LoadSample, Outcome, Result
from tmfrig.specs import Operation

GRACE = 5
"""How many seconds the requests under way at the end may take."""
GRACE_AFTER_INTERRUPT = 0.1
MOST_SAMPLES = 600
HOPELESS = 50
"""So many requests in a row without any answer end the run."""


@dataclass(frozen=True)
class Loaded:
    """What a run measured and found.

    `gone` says how the target stopped answering, `fault` where a mistake of ours is logged.
    """

    load: LoadResult
    results: Sequence[Result]
    interrupted: bool = False
    gone: str | None = None
    fault: str | None = None


@dataclass
class _Watch:
    """Takes a sample of the statistics at even intervals, and ends a hopeless run."""

    environment: Environment
    answers: Answers
    stop: Event
    there: Callable[[], bool]
    interval: float
    began: float = field(default_factory=time.monotonic)
    samples: list[LoadSample] = field(default_factory=list)

    def run(self) -> None:
        before = _Moment.of(self.environment.stats.total, self.began)
        users, over = 0, False
        while not over:
            over = bool(self.stop.wait(self.interval))
            if not over and self.environment.runner:
                users = self.environment.runner.user_count
            now = _Moment.of(self.environment.stats.total, time.monotonic())
            if now.at - before.at >= self.interval / 2:
                self.samples.append(now.since(before, self.began, users))
                before = now
            if self.answers.unanswered_in_a_row >= HOPELESS and not self.there():
                self.stop.set()


@dataclass(frozen=True)
class _Moment:
    """The total statistics at one moment."""

    at: float
    requests: int
    failures: int
    response_times: dict[int, int]

    @classmethod
    def of(cls, total: StatsEntry, at: float) -> _Moment:
        return cls(at, total.num_requests, total.num_failures, dict(total.response_times))

    def since(self, before: _Moment, began: float, users: int) -> LoadSample:
        seconds = max(self.at - before.at, 1e-6)
        requests = self.requests - before.requests
        times = diff_response_time_dicts(self.response_times, before.response_times)
        return LoadSample(
            seconds=self.at - began,
            users=users,
            rate=round(requests / seconds, 2),
            failure_rate=round((self.failures - before.failures) / seconds, 2),
            p50_ms=calculate_response_time_percentile(times, requests, 0.5),
            p95_ms=calculate_response_time_percentile(times, requests, 0.95),
        )


def run_load(profile: Profile, mounted: Sequence[MountedApi], seed: int) -> Loaded:
    """Put the profile's load on those of its APIs that are mounted, until its time is over, or Ctrl-C."""
    # Locust's own buckets are whole milliseconds, which says little about a server that answers in one.
    locust.stats.bucket_response_time = _three_digits  # type: ignore[assignment]
    random.seed(seed)
    apis = {api.contract.api: api for api in mounted if api.contract.api in profile.apis}
    answers = Answers()
    environment = Environment(
        user_classes=[user_class(profile, Traffic(apis, answers, seed))], stop_timeout=GRACE
    )
    faults: list[BaseException] = []
    environment.events.user_error.add_listener(  # type: ignore[no-untyped-call]
        lambda exception, **_: faults.append(exception)
    )
    runner = environment.create_local_runner()
    seconds = profile.run_time.total_seconds()
    stop = Event()
    watch = _Watch(
        environment,
        answers,
        stop,
        there=lambda: any(map(_still_answers, apis.values())),
        interval=max(1.0, seconds / MOST_SAMPLES),
    )
    watching = gevent.spawn(watch.run)
    runner.start(profile.users, profile.spawn_rate)
    interrupted = _wait(stop, seconds)
    if interrupted:
        environment.stop_timeout = GRACE_AFTER_INTERRUPT
    runner.quit()
    watching.join()
    return _Run(profile, apis, environment, answers, watch.samples).loaded(faults, interrupted)


def _wait(stop: Event, seconds: float) -> bool:
    """Until the time is over, or `stop` is set, by us or by a signal; the latter is what is returned."""
    interrupted = Event()

    def interrupt() -> None:
        interrupted.set()
        stop.set()

    # The handlers stay: a second signal must not keep us from writing what is known.
    for each in (signal.SIGINT, signal.SIGTERM):
        gevent.signal_handler(each, interrupt)
    stop.wait(seconds)
    stop.set()
    return bool(interrupted.is_set())


@dataclass(frozen=True)
class _Run:
    """What a finished run is judged by."""

    profile: Profile
    apis: Mapping[str, MountedApi]
    environment: Environment
    answers: Answers
    samples: Sequence[LoadSample]

    @property
    def secrets(self) -> frozenset[str]:
        return frozenset[str]().union(*(api.secrets for api in self.apis.values()))

    def loaded(self, faults: Sequence[BaseException], interrupted: bool) -> Loaded:
        gone = self._gone()
        return Loaded(
            load=self._load(),
            results=[*self._levels(gone), *self._rules(gone), *self._checks()],
            interrupted=interrupted,
            gone=next(iter(gone.values()), None),
            fault=str(log_fault(faults[0])) if faults else None,
        )

    def _gone(self) -> dict[str, str]:
        """The APIs that no longer answer, with the sentence that says so."""
        return {
            name: f"{api.connection.base_url} stopped answering"
            for name, api in self.apis.items()
            if self.answers.unanswered(name) and not _still_answers(api)
        }

    def _operations(self) -> list[tuple[TaskData, StatsEntry]]:
        """What each task's operation did; several tasks may share one."""
        first = {
            (task.api, task.resource, task.kind): task
            for task in reversed(self.profile.tasks)
            if task.api in self.apis
        }
        return [(task, self._entry(task)) for task in reversed(first.values())]

    def _entry(self, task: TaskData) -> StatsEntry:
        operation = self._operation(task)
        return self.environment.stats.get(statistics_name(task, operation), operation.method.upper())

    def _name(self, task: TaskData) -> str:
        """ "GET productOrder/{id}"."""
        operation = self._operation(task)
        return f"{operation.method.upper()} {operation.path.lstrip('/')}"

    def _operation(self, task: TaskData) -> Operation:
        return self.apis[task.api].contract.resources[task.resource].operations[task.kind]

    def _load(self) -> LoadResult:
        total = self.environment.stats.total
        return LoadResult(
            profile=self.profile.name,
            requests=total.num_requests,
            failures=total.num_failures,
            rate=round(total.total_rps, 2),
            operations=[
                LoadOperation(
                    name=self._name(task),
                    requests=entry.num_requests,
                    failures=entry.num_failures,
                    rate=round(entry.total_rps, 2),
                    p50_ms=entry.get_response_time_percentile(0.5),
                    p95_ms=entry.get_response_time_percentile(0.95),
                    p99_ms=entry.get_response_time_percentile(0.99),
                )
                for task, entry in self._operations()
            ],
            series=list(self.samples),
        )

    def _levels(self, gone: Mapping[str, str]) -> list[Result]:
        measures = [
            Measure(
                api=task.api,
                version=str(self.apis[task.api].contract.line),
                resource=task.resource,
                name=self._name(task),
                requests=entry.num_requests,
                failures=entry.num_failures,
                p95_ms=entry.get_response_time_percentile(0.95),
            )
            for task, entry in self._operations()
        ]
        found = judged(self.profile.slo, measures, f"profile {self.profile.name}")
        return [self._with_evidence(result, gone) for result in found]

    def _with_evidence(self, result: Result, gone: Mapping[str, str]) -> Result:
        evidence = self.answers.evidence(result.api, result.resource, self.secrets)
        if result.api in gone:
            return not_judged(result, gone[result.api], evidence)
        if result.outcome is Outcome.failed and result.check == FAILURES:
            return result.model_copy(update={"evidence": evidence})
        return result

    def _rules(self, gone: Mapping[str, str]) -> list[Result]:
        broken = self.answers.broken_rules(self.secrets)
        return [each for each in broken if not (each.api in gone and each.check == UNANSWERED)]

    def _checks(self) -> list[Result]:
        contracts = [api.contract for api in self.apis.values()]
        return list(self.answers.broken_checks(contracts, self.secrets))


def _three_digits(milliseconds: float) -> float:
    return float(f"{milliseconds:.3g}")


def _still_answers(api: MountedApi) -> bool:
    client = Client(api.contract, api.connection, Recorder())
    try:
        return client.still_answers()
    finally:
        client.close()
