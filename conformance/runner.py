"""One run of the judge: mounted APIs × checks → a stream of results.

`judge` knows nothing of printing or files: listeners get every `Result` as it happens.
"""

from __future__ import annotations

import fnmatch
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from tmfrig.conformance.allowance import MOST_OBJECTS, Allowance
from tmfrig.conformance.api import Api
from tmfrig.conformance.capabilities import Absence, Capabilities
from tmfrig.conformance.check import CannotJudge, Check, Manner, Scope, Skipped, Suite, catalogue
from tmfrig.conformance.crew import Crew
from tmfrig.conformance.discovery import found_absent
from tmfrig.conformance.failure import CommandError
from tmfrig.conformance.faults import log_fault
from tmfrig.conformance.mounting import MountedApi
from tmfrig.conformance.observer import Observer
from tmfrig.conformance.outcome import HUB, Case, Ending, is_fault, not_judged, result_of
from tmfrig.conformance.plugin import Run, Task, run_pytest
from tmfrig.conformance.repeating import confirmed, replayed
from tmfrig.conformance.session import CLEANING, Session, opened
from tmfrig.conformance.suites import asked
from tmfrig.conformance.target import Callback
from tmfrig.conformance.waivers import Waivers
from tmfrig.reports.result import Result
from tmfrig.specs import Contract

CLEANING_AFTER_INTERRUPT = 0.3
"""How long, in seconds, tidying up may take in all when somebody waits for the end."""
CLEANING_SHARE = 0.1
"""The share of the time of a run that is kept for tidying up."""


@dataclass(frozen=True)
class Order:
    """What is to be judged and how. `only` are globs over check ids; empty means all checks of the suite.

    `rate` is in requests per second, `objects` how many may be created in all (None: `MOST_OBJECTS` for each
    API), `seconds` how long all of it may take, `hands` how many probes are at work side by side.
    """

    apis: Sequence[MountedApi]
    seed: int = 1
    suite: Suite = Suite.standard
    rate: float | None = None
    objects: int | None = None
    seconds: float | None = None
    read_only: bool = False
    hands: int = 1
    only: Sequence[str] = ()
    waivers: Waivers = field(default_factory=Waivers)
    fail_fast: bool = False
    callback: Callback = field(default_factory=Callback)
    checks: Sequence[Check] | None = None
    """In place of the catalogue."""


@dataclass
class Judgement:
    """What a run found. `gone` says how the target stopped answering, `fault` where the rig's own mistake is
    logged, `left_behind` the URLs of what was created and could not be taken away again."""

    results: list[Result]
    left_behind: list[str] = field(default_factory=list)
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
    cleaning = CLEANING if order.seconds is None else min(CLEANING, CLEANING_SHARE * order.seconds)
    allowance = Allowance(
        rate=order.rate,
        objects=MOST_OBJECTS * len(order.apis) if order.objects is None else order.objects,
        seconds=None if order.seconds is None else order.seconds - cleaning,
        read_only=order.read_only,
    )
    with opened(order.apis, order.callback, order.seed, allowance) as session:
        session.cleaning = cleaning / len(order.apis)
        judgement = _Judging(order, session, list(listeners)).go(planned)
    judgement.left_behind = session.left_behind
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


class _Judging:
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
        self._absent: dict[tuple[Contract, str], str | None] = {}
        self._apis: ContextVar[Sequence[Api]] = ContextVar("the APIs of this hand", default=session.apis)

    def go(self, planned: Callable[[Plan], None] | None) -> Judgement:
        probing = [task for place, api in enumerate(self._session.apis) for task in self._probes(place, api)]
        observing = [
            Task(case, self._observation(case)) for case in self._observer.cases if self._is_asked(case)
        ]
        if planned is not None:
            planned(_plan([task for task in [*probing, *observing] if self._has_a_say(task.case)]))
        with self._crew(probing) as done:
            run = Run([*done, *observing], self._publish, self._order.fail_fast, self._is_over)
            run_pytest(run)
            if run.ended_early:
                self._session.allowance.end_in(0.0)
        self._judgement.interrupted = run.interrupted
        if run.fault is not None:
            self._judgement.fault = str(log_fault(run.fault))
        if self._session.gone is not None:
            self._judgement.gone = str(self._session.gone)
        self._late_observations()
        self._recorder.tell_nobody()
        self._left_over(run)
        if not run.ended_early:
            self._of_waivers()
        if run.interrupted:
            self._session.cleaning = CLEANING_AFTER_INTERRUPT / len(self._session.apis)
        return self._judgement

    # ── tasks ───────────────────────────────────────────────────────────────────────────────────────────────

    def _probes(self, place: int, api: Api) -> Iterator[Task]:
        for resource in api.contract.resources.values():
            for check in self._probing:
                if check.scope is Scope.RESOURCE and check.applies_to(resource):
                    yield from self._probe(place, Case(check, api.contract, resource.name))
        for check in self._probing:
            if check.scope is not Scope.RESOURCE and check.applies_to_api(api.contract):
                hub = HUB if check.scope is Scope.HUB else None
                yield from self._probe(place, Case(check, api.contract, hub))

    def _probe(self, place: int, case: Case) -> Iterator[Task]:
        if not self._is_asked(case):
            return

        def judged() -> Result:
            api = self._apis.get()[place]
            absence = self._absence(case) or self._found_absent(case, api)
            if absence is not None and not absence.asked_for:
                return self._result(case, Ending(Skipped(absence.told)))
            ending = confirmed(self._recorder, case, api)
            return self._result(case, ending)

        yield Task(case, judged)

    def _is_asked(self, case: Case) -> bool:
        resource = case.contract.resources.get(case.resource or "")
        suite = self._order.suite
        if suite is Suite.full and case.check.id not in self._selected:
            suite = Suite.standard  # enough to have something to observe
        return asked(case.check, suite, case.contract, resource)

    def _has_a_say(self, case: Case) -> bool:
        return case.check.id in self._selected and self._is_asked(case)

    @contextmanager
    def _crew(self, tasks: Sequence[Task]) -> Iterator[Sequence[Task]]:
        """The tasks, or what stands for them where several hands work on them."""
        if self._order.hands == 1:
            yield tasks
            return
        hands = [self._session.apis, *(self._session.another_hand() for _ in range(1, self._order.hands))]

        def take_up(number: int) -> None:
            self._apis.set(hands[number])

        crew = Crew(tasks, len(hands), take_up)
        crew.start()
        try:
            yield [crew.task(task) for task in tasks]
        finally:
            crew.stop(within=CLEANING_AFTER_INTERRUPT)

    def _observation(self, case: Case) -> Callable[[], Result]:
        def judged() -> Result:
            self._recorder.deliver()
            ending = self._looked_at_again(case, self._observer.ending(case))
            unseen = isinstance(ending.problem, Exception) and not ending.exchanges
            if unseen and self._is_cut_short(case):
                ending = Ending(
                    problem=CannotJudge("nothing was observed before the target stopped answering")
                )
            return self._result(case, ending)

        return judged

    def _looked_at_again(self, case: Case, ending: Ending) -> Ending:
        api = next(each for each in self._session.apis if each.contract is case.contract)
        return replayed(case.check, ending, self._observer.judged(case), api)

    def _is_over(self) -> bool:
        return self._session.allowance.time_left() == 0.0

    def _is_cut_short(self, case: Case) -> bool:
        return any(api.client.gone is not None for api in self._session.apis if api.contract is case.contract)

    def _result(self, case: Case, ending: Ending) -> Result:
        if is_fault(ending.problem) and ending.problem is not None and self._has_a_say(case):
            self._judgement.fault = str(log_fault(ending.problem))
        result = result_of(case, ending, self._session.secrets)
        absence = self._absence(case)
        if absence is not None:
            result = Capabilities.judged(absence, result)
        return self._order.waivers.applied(result)

    def _absence(self, case: Case) -> Absence | None:
        """What the case is about, if that is not offered, as declared or found out."""
        known_by = self._absent.get((case.contract, case.resource or ""))
        if known_by is not None:
            return Absence(str(case.resource), asked_for=False, known_by=known_by)
        resource = case.contract.resources.get(case.resource or "")
        api = next(each for each in self._order.apis if each.contract is case.contract)
        return api.capabilities.absence(case.check, case.contract, resource)

    def _found_absent(self, case: Case, api: Api) -> Absence | None:
        """The same, found out when the first is asked about a resource."""
        resource, key = case.contract.resources.get(case.resource or ""), (case.contract, case.resource or "")
        if resource is None or key in self._absent:
            return None
        self._absent[key] = found_absent(api, resource)
        return self._absence(case)

    # ── results ─────────────────────────────────────────────────────────────────────────────────────────────

    def _publish(self, task: Task, result: Result) -> None:
        self._done.add(task.case)
        if self._has_a_say(task.case):
            self._tell(result)

    def _tell(self, result: Result) -> None:
        self._judgement.results.append(result)
        for listener in self._listeners:
            listener(result)

    def _of_waivers(self) -> None:
        everything = catalogue() if self._order.checks is None else self._order.checks
        targets = [api.info for api in self._order.apis]
        ids = [check.id for check in everything]
        for remark in list(self._order.waivers.remarks(self._judgement.results, targets, ids)):
            self._tell(remark)

    def _late_observations(self) -> None:
        """Cases that came up only while observing: the hub, paths that the contract does not know."""
        self._recorder.deliver()
        for case in self._observer.cases:
            observed = self._observer.ending(case)
            if case not in self._done and (observed.problem is None or observed.exchanges):
                self._publish(Task(case, self._observation(case)), self._result(case, observed))

    def _left_over(self, run: Run) -> None:
        """A run that ended early says for each API how much was not judged: silence is no pass."""
        why = run.why_ended
        if why is None:
            return
        left = [task.case for task in run.tasks if task.case not in self._done]
        for api in self._session.apis:
            count = sum(case.contract is api.contract and self._has_a_say(case) for case in left)
            if count:
                self._tell(not_judged(api.contract.api, str(api.contract.line), f"{count} checks", why))


def _plan(tasks: Sequence[Task]) -> Plan:
    parts: dict[tuple[str, str], int] = {}
    for task in tasks:
        key = (task.case.contract.api, task.case.resource or "API")
        parts[key] = parts.get(key, 0) + 1
    return Plan(len(tasks), parts)
