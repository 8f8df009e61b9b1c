"""One run of the judge: mounted APIs × checks → a stream of results.

`judge` knows nothing of printing or files: listeners get every `Result` as it happens.
"""

from __future__ import annotations

import fnmatch
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import CannotJudge, Check, Manner, Scope, catalogue
from tmfrig.conformance.failure import CommandError
from tmfrig.conformance.faults import log_fault
from tmfrig.conformance.mounting import MountedApi
from tmfrig.conformance.observer import Observer
from tmfrig.conformance.outcome import HUB, Case, Ending, is_fault, not_judged, result_of
from tmfrig.conformance.plugin import Suite, Task, run_suite
from tmfrig.conformance.session import Session, opened
from tmfrig.conformance.target import Callback
from tmfrig.reports.result import Result

CLEANING_AFTER_INTERRUPT = 0.3
"""How long, in seconds, tidying up may take in all when somebody waits for the end."""


@dataclass(frozen=True)
class Order:
    """What is to be judged and how. `only` are globs over check ids; empty means all checks."""

    apis: Sequence[MountedApi]
    seed: int = 1
    only: Sequence[str] = ()
    fail_fast: bool = False
    callback: Callback = field(default_factory=Callback)
    checks: Sequence[Check] | None = None
    """In place of the catalogue."""


@dataclass
class Judgement:
    """What a run found. `gone` says how the target stopped answering, `fault` where the rig's own mistake is
    logged."""

    results: list[Result]
    seconds: float = 0.0
    interrupted: bool = False
    gone: str | None = None
    fault: str | None = None


@dataclass(frozen=True)
class Plan:
    """How many results are to come, for progress: by API and resource."""

    total: int
    parts: dict[tuple[str, str], int]


Listener = Callable[[Result], None]


class NoSuchCheckError(CommandError):
    """No check fits the globs; the message is one line."""


def judge(
    order: Order, listeners: Iterable[Listener] = (), planned: Callable[[Plan], None] | None = None
) -> Judgement:
    """Judge the APIs and return everything that was found.

    SinkError when no notifications can be received where the order says, NoSuchCheckError when a glob matches
    none. Never raises for what the target does.
    """
    started = time.monotonic()
    select(catalogue() if order.checks is None else order.checks, order.only)
    with opened(order.apis, order.callback, order.seed) as session:
        judgement = _Run(order, session, list(listeners)).go(planned)
    judgement.seconds = time.monotonic() - started
    return judgement


def select(checks: Sequence[Check], only: Sequence[str]) -> list[Check]:
    """The checks whose ids match one of the globs, all without globs; NoSuchCheckError when none matches."""
    if not only:
        return list(checks)
    for pattern in only:
        if not any(fnmatch.fnmatchcase(check.id, pattern) for check in checks):
            raise NoSuchCheckError(f"no check is called {pattern!r}; tmfrig checks list names them")
    return [check for check in checks if any(fnmatch.fnmatchcase(check.id, pattern) for pattern in only)]


class _Run:
    def __init__(self, order: Order, session: Session, listeners: Sequence[Listener]) -> None:
        everything = catalogue() if order.checks is None else order.checks
        selected = select(everything, order.only)
        self._order = order
        self._session = session
        self._listeners = listeners
        self._selected = {check.id for check in selected}
        # Observing checks need something to observe: then the other probes run too, without a say.
        observes = any(check.manner is not Manner.PROBING for check in selected)
        self._probing = [
            check for check in (everything if observes else selected) if check.manner is Manner.PROBING
        ]
        self._recorder = session.recorder
        self._observer = Observer(selected, [api.contract for api in session.apis])
        self._recorder.listen(self._observer.exchange, self._observer.notification)
        self._judgement = Judgement([])
        self._done: set[Case] = set()

    def go(self, planned: Callable[[Plan], None] | None) -> Judgement:
        probing = [task for api in self._session.apis for task in self._probes(api)]
        observing = [Task(case, self._observation(case)) for case in self._observer.cases]
        if planned is not None:
            planned(_plan([task for task in [*probing, *observing] if task.case.check.id in self._selected]))
        suite = Suite([*probing, *observing], self._publish, self._order.fail_fast)
        run_suite(suite)
        self._judgement.interrupted = suite.interrupted
        if suite.fault is not None:
            self._judgement.fault = str(log_fault(suite.fault))
        if self._session.gone is not None:
            self._judgement.gone = str(self._session.gone)
        self._late_observations()
        self._left_over(suite)
        if suite.interrupted:
            self._session.cleaning = CLEANING_AFTER_INTERRUPT / len(self._session.apis)
        return self._judgement

    # ── tasks ───────────────────────────────────────────────────────────────────────────────────────────────

    def _probes(self, api: Api) -> Iterator[Task]:
        for resource in api.contract.resources.values():
            for check in self._probing:
                if check.scope is Scope.RESOURCE and check.applies_to(resource):
                    yield self._probe(api, Case(check, api.contract, resource.name))
        for check in self._probing:
            if check.scope is not Scope.RESOURCE and check.applies_to_api(api.contract):
                yield self._probe(api, Case(check, api.contract, HUB if check.scope is Scope.HUB else None))

    def _probe(self, api: Api, case: Case) -> Task:
        resource = None
        if case.check.scope is Scope.RESOURCE and case.resource is not None:
            resource = api.contract.resources[case.resource]
        subject: tuple[Any, ...] = (api,) if resource is None else (api, resource)

        def judged() -> Result:
            started = time.monotonic()
            problem: Exception | None = None
            said: str | None = None
            with self._recorder.collecting() as exchanges:
                try:
                    said = case.check.run(*subject)
                except Exception as raised:
                    problem = raised
            self._recorder.deliver()
            seconds = time.monotonic() - started
            return self._result(case, Ending(problem, said, exchanges, seconds=seconds))

        return Task(case, judged)

    def _observation(self, case: Case) -> Callable[[], Result]:
        def judged() -> Result:
            self._recorder.deliver()
            ending = self._observer.ending(case)
            unseen = isinstance(ending.problem, Exception) and not ending.exchanges
            if unseen and self._is_cut_short(case):
                ending = Ending(
                    problem=CannotJudge("nothing was observed before the target stopped answering")
                )
            return self._result(case, ending)

        return judged

    def _is_cut_short(self, case: Case) -> bool:
        return any(api.client.gone is not None for api in self._session.apis if api.contract is case.contract)

    def _result(self, case: Case, ending: Ending) -> Result:
        if is_fault(ending.problem) and ending.problem is not None and case.check.id in self._selected:
            self._judgement.fault = str(log_fault(ending.problem))
        return result_of(case, ending, self._session.secrets)

    # ── results ─────────────────────────────────────────────────────────────────────────────────────────────

    def _publish(self, task: Task, result: Result) -> None:
        self._done.add(task.case)
        if task.case.check.id not in self._selected:
            return
        self._tell(result)

    def _tell(self, result: Result) -> None:
        self._judgement.results.append(result)
        for listener in self._listeners:
            listener(result)

    def _late_observations(self) -> None:
        """Cases that came up only while observing: the hub, paths that the contract does not know."""
        self._recorder.deliver()
        for case in self._observer.cases:
            observed = self._observer.ending(case)
            if case not in self._done and (observed.problem is None or observed.exchanges):
                self._publish(Task(case, self._observation(case)), self._result(case, observed))

    def _left_over(self, suite: Suite) -> None:
        """A run that ended early says for each API how much was not judged: silence is no pass."""
        if not (suite.interrupted or suite.stopped or suite.fault is not None):
            return
        why = "Ctrl-C" if suite.interrupted else "--fail-fast" if suite.stopped else "a mistake of the rig"
        left = [task.case for task in suite.tasks if task.case not in self._done]
        for api in self._session.apis:
            count = sum(case.contract is api.contract and case.check.id in self._selected for case in left)
            if count:
                self._tell(not_judged(api.contract.api, str(api.contract.line), f"{count} checks", why))


def _plan(tasks: Sequence[Task]) -> Plan:
    parts: dict[tuple[str, str], int] = {}
    for task in tasks:
        key = (task.case.contract.api, task.case.resource or "API")
        parts[key] = parts.get(key, 0) + 1
    return Plan(len(tasks), parts)
