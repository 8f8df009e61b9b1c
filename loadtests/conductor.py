"""Conducts a load run: tells the workers what to do, takes in what they measured, and says when it is over.

The same code conducts users in this process (Locust's local runner) and workers elsewhere (its master
runner).
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from gevent.event import Event  # type: ignore[import-untyped]
from locust.env import Environment

from tmfrig.conformance.failure import CommandError, RigFailure
from tmfrig.loadtests.climbing import Search, step_of
from tmfrig.loadtests.meter import Measured
from tmfrig.loadtests.profile import Arrivals, Profile, Stage
from tmfrig.loadtests.recording import Recording
from tmfrig.loadtests.worker import BEGIN, DONE, DROP, END, PLAN, RATE, REPORT
from tmfrig.reports.result import LoadStep

TICK = 1.0
"""Seconds between two reports of the workers."""
GRACE = 5.0
"""How many seconds the requests under way at the end may take."""
GRACE_AFTER_INTERRUPT = 0.2
HOPELESS = 50
"""So many requests in a row without any answer end the run, if nothing answers by then."""
ANSWER_WITHIN = 20.0
"""How long a worker may take to answer the conductor, in seconds."""
RECOVERING = 60.0
"""How long a target may work at what was too much for it, before the next step, in seconds."""
_FEW = 20
_SETTLING = 1.0
"""What of a step is not judged, at its beginning, in seconds."""


@dataclass
class Ended:
    """How a run ended, and what the workers found wrong beside what they measured."""

    seconds: float
    found: list[dict[str, Any]] = field(default_factory=list)
    judged: int = 0
    """How many answers were judged in full."""
    not_offered: list[tuple[str, str, str]] = field(default_factory=list)
    """API, operation, and how it showed that the target does not have it."""
    faults: list[str] = field(default_factory=list)
    processor: float = 0.0
    """The highest share of a processor that a worker was at for some seconds, in percent."""
    stopped: str | None = None
    search: Search | None = None
    lost: str | None = None
    """Why what was measured is not what was asked for."""


@dataclass(frozen=True)
class Moment:
    """What a live view shows of a run."""

    seconds: float
    users: int
    due: float | None
    late: int
    phase: str


class Conductor:
    """One run. `stop` ends it; `still_there` says whether the target answers at all; `watch` is told how it
    goes."""

    def __init__(
        self,
        environment: Environment,
        profile: Profile,
        seed: int,
        stop: Event,
        still_there: Callable[[], bool],
        watch: Callable[[Moment, Recording], None],
    ) -> None:
        self.recording = Recording(profile.warm_up or 0.0)
        self._environment = environment
        assert environment.runner is not None
        self._runner: Any = environment.runner
        self._profile = profile
        self._seed = seed
        self._stop = stop
        self._still_there = still_there
        self._watch = watch
        self._numbers = itertools.count(1)
        self._replies: dict[int, list[dict[str, Any]]] = {}
        self._arrived = Event()
        self._began = 0.0
        self._due: float | None = None
        self._under_way = 0
        self._phase = ""
        self._workers = 1
        self._ended = Ended(0.0)
        for message in (PLAN, BEGIN, RATE, DROP, REPORT, END):
            self._runner.register_message(message + DONE, self._take)

    def run(self, workers: int) -> Ended:
        """Play the profile with so many workers, who are there already.

        CommandError when nobody can do anything at this target.
        """
        self._workers = workers
        try:
            self._plan()
            self._say(BEGIN)
        except _OverError as over:
            raise RigFailure(over.why) from None
        self._began = time.perf_counter()
        try:
            if self._profile.open:
                # all users are there from the beginning: the schedule says when each of them acts
                self._users(self._profile.at_once, float(self._profile.at_once))
            if self._profile.climb is not None:
                self._climb(Search(self._profile.climb))
            else:
                self._play(self._profile.course)
        except _OverError as over:
            self._ended.stopped = over.why or None
        return self._end()

    @property
    def elapsed(self) -> float:
        """Seconds since the run began."""
        return time.perf_counter() - self._began

    # ── the course ────────────────────────────────────────────────────────────────────────────────────────

    def _play(self, stages: Sequence[Stage]) -> None:
        before = 0.0
        begins = 0.0
        for stage in stages:
            target = float(stage.rate or stage.users or 0)
            if stage.users is not None:
                change = abs(stage.users - before)
                self._users(
                    stage.users,
                    max(change / stage.seconds, 0.01) if stage.ramp else self._profile.spawn_rate,
                )
            self._phase = f"{target:g} {'requests/s' if stage.rate else 'users'}"
            while (done := self.elapsed - begins) < stage.seconds:
                lasts = min(TICK, stage.seconds - done)
                if stage.rate is not None:
                    self._rate(stage.rate_between(before, done, done + lasts))
                self._wait(lasts)
                self._collect()
            before, begins = target, begins + stage.seconds

    def _climb(self, search: Search) -> None:
        self._ended.search = search
        climb = self._profile.climb
        assert climb is not None
        # connections are made and caches filled before anything is judged
        self._rate(climb.begin)
        self._phase = "warming up"
        self._wait_for(min(2.0, climb.each))
        while (rate := search.rate) is not None:
            if self._profile.run_time is not None and self.elapsed + climb.each > self._profile.run_time:
                raise _OverError(f"the time was over before the knee was found ({rate:g}/s was next)")
            self._phase = f"{rate:g} requests/s"
            self._rate(rate)
            self._wait_for(min(_SETTLING, climb.each / 4))
            step = self._step(rate, climb.each)
            search.tried(step)
            if not step.sustained:
                self._recover()

    def _step(self, rate: float, seconds: float) -> LoadStep:
        window = self.recording.look()
        since = time.perf_counter()
        self._wait_for(seconds)
        window.seconds = time.perf_counter() - since
        return step_of(rate, window, self._profile)

    def _recover(self) -> None:
        """Let the target come to rest: what it was too slow for is not sent any more."""
        self._rate(0.0)
        self._phase = "letting the target recover"
        self._drop()
        # what it still works at would slow down what comes next
        ends = time.perf_counter() + RECOVERING
        self._wait_for(0.5)
        while self._under_way and time.perf_counter() < ends:
            self._wait_for(0.25)
        self._wait_for(1.0)

    def _wait_for(self, seconds: float) -> None:
        ends = time.perf_counter() + seconds
        while (left := ends - time.perf_counter()) > 0.001:
            self._wait(min(TICK, left))
            self._collect()

    def _wait(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise _OverError("")

    # ── the workers ───────────────────────────────────────────────────────────────────────────────────────

    def _plan(self) -> None:
        plan = {"profile": self._profile.model_dump_json(by_alias=True), "seed": self._seed}
        clients = sorted(self._runner.clients) if hasattr(self._runner, "clients") else [None]
        number = next(self._numbers)
        for index, client in enumerate(clients):
            told = {**plan, "index": index, "workers": self._workers, "number": number}
            self._runner.send_message(PLAN, told, client)
        replies = self._answers(number)
        idle = set(replies[0]["idle"])
        if idle >= self._profile.kinds.keys():  # event receivers alone are no load
            raise CommandError(
                f"the profile {self._profile.name}: at this target there is nothing to do for "
                f"{', '.join(sorted(idle))}; give a profile of your own, or a target with more APIs"
            )
        if any(reply["contracts"] != replies[0]["contracts"] for reply in replies):
            raise CommandError("the workers have other contracts or APIs; give all the same target file")

    def _users(self, count: int, spawn_rate: float) -> None:
        # Locust blocks until all are started
        self._runner.greenlet.spawn(
            self._runner.start, count + self._profile.receivers, max(spawn_rate, 0.01)
        )

    def _rate(self, rate: float) -> None:
        self._due = rate
        even = self._profile.arrivals is Arrivals.even
        self._say(RATE, {"rate": rate / self._workers, "even": even})

    def _drop(self) -> None:
        for reply in self._say(DROP):
            self.recording.unsent(reply["count"], reply["waited"], int(self.elapsed))

    def _collect(self) -> None:
        """Take in what was measured, and see whether the run has to end."""
        replies = self._say(REPORT)
        measured = [Measured.unpacked(reply["measured"]) for reply in replies]
        for each in measured:
            self.recording.absorb(each)
        users = sum(each.users for each in measured) - self._profile.receivers
        # what was measured belongs to the second that has just passed
        self.recording.moment(int(max(0.0, self.elapsed - TICK / 2)), max(users, 0), self._due)
        late = sum(each.late for each in measured)
        self._under_way = sum(each.under_way for each in measured)
        self._watch(Moment(self.elapsed, max(users, 0), self._due, late, self._phase), self.recording)
        if any(reply["unanswered"] >= HOPELESS for reply in replies) and not self._still_there():
            raise _OverError("the target stopped answering")
        faults = [fault for reply in replies for fault in reply["faults"]]
        if faults:
            self._ended.faults += faults
            raise _OverError("the rig itself failed")
        self._ended.processor = max(self._ended.processor, *(reply["processor"] for reply in replies))
        self._check_failures(sum(reply["overdue"] for reply in replies))

    def _check_failures(self, overdue: int) -> None:
        rule = self._profile.stop
        if self._profile.climb is not None or self.elapsed < rule.over:
            return
        requests, failures = self.recording.lately(int(self.elapsed), rule.over)
        requests, failures = requests + overdue, failures + overdue
        if requests >= _FEW and failures / requests > rule.failure_ratio:
            waiting = f", with {overdue:,} that have waited longer for an answer" if overdue else ""
            raise _OverError(
                f"{failures / requests:.0%} of the requests of the last {rule.over:g} s failed{waiting} "
                f"(more than {rule.failure_ratio:.0%}: stop.failure_ratio of the profile)"
            )

    def _end(self) -> Ended:
        interrupted = self._stop.is_set()
        ended = self._ended
        ended.seconds = self.elapsed
        try:
            if self._profile.open:
                self._rate(0.0)
                if not interrupted:
                    self._drop()
            for reply in self._say(
                END, {"grace": GRACE_AFTER_INTERRUPT if interrupted else GRACE, "brief": interrupted}
            ):
                self.recording.absorb(Measured.unpacked(reply["measured"]))
                ended.found += reply["found"]
                ended.judged += reply["judged"]
                ended.not_offered += map(tuple, reply["not_offered"])
                ended.faults += reply["faults"]
        except (RigFailure, _OverError) as failure:
            ended.lost = str(failure)
        ended.stopped = ended.stopped or ended.lost
        return ended

    def _say(self, message: str, data: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """Tell all workers something; what they answer. RigFailure when one of them does not."""
        number = next(self._numbers)
        self._runner.send_message(message, {**(data or {}), "number": number})
        return self._answers(number)

    def _answers(self, number: int) -> list[dict[str, Any]]:
        deadline = time.perf_counter() + ANSWER_WITHIN
        while len(self._replies.get(number, ())) < self._workers:
            self._arrived.clear()
            if self._runner.worker_count < self._workers or time.perf_counter() > deadline:
                self._ended.lost = "a worker was lost: the load was no longer what was asked for"
                raise _OverError(self._ended.lost)
            self._arrived.wait(0.5)
        replies = self._replies.pop(number)
        for reply in replies:
            if "fault" in reply:
                raise RigFailure(f"a worker failed; the log is {reply['fault']}")
        return replies

    def _take(self, environment: Environment, msg: Any, **_: Any) -> None:
        self._replies.setdefault(msg.data["number"], []).append(msg.data)
        self._arrived.set()


class _OverError(Exception):
    """The run ends here; `why` is empty where nobody has to be told."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why
