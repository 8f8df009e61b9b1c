"""The part of a load run that one process plays: its users, its turns, what it measured.

It is told what to do by messages of a conductor, which may be in the same process (Locust's local runner
hands messages over directly) or elsewhere (Locust's master and worker runners).
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from typing import Any

import gevent  # type: ignore[import-untyped]
from locust.env import Environment

from tmfrig.conformance.failure import TargetUnreachable
from tmfrig.conformance.faults import log_fault
from tmfrig.conformance.mounting import MountedApi
from tmfrig.conformance.target import TargetFile
from tmfrig.loadtests.pacing import AtWill, BySchedule
from tmfrig.loadtests.profile import Profile
from tmfrig.loadtests.traffic import Traffic
from tmfrig.loadtests.users import USERS, idle_kinds

PLAN, BEGIN, RATE, DROP, REPORT, END = (
    f"tmfrig.{what}" for what in ("plan", "begin", "rate", "drop", "report", "end")
)
"""What a conductor says; each is answered with the same name and ".done"."""
DONE = ".done"
INTERRUPTED = 130
OVERDUE = 10.0
"""A request without an answer for so long, in seconds, and for as long as the stop rule looks back, counts as
failed for that rule."""
FORSAKEN = 15.0
"""A worker that has not heard from its conductor for so long, in seconds, puts no load on anybody."""


class Worker:
    """Listens to the conductor's messages on the runner of an environment."""

    def __init__(self, environment: Environment, mounted: Sequence[MountedApi], target: TargetFile) -> None:
        self._environment = environment
        self._mounted = mounted
        self._target = target
        self._traffic: Traffic | None = None
        self._schedule: BySchedule | None = None
        self._faults: list[str] = []
        environment.events.user_error.add_listener(self._failed)  # type: ignore[no-untyped-call]
        replies: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            PLAN: self._plan,
            BEGIN: self._begin,
            RATE: self._rate,
            DROP: self._drop,
            REPORT: self._report,
            END: self._end,
        }
        for message, reply in replies.items():
            self._runner.register_message(message, self._replying(message, reply))

    @property
    def _runner(self) -> Any:
        assert self._environment.runner is not None
        return self._environment.runner

    def _replying(
        self, message: str, reply: Callable[[dict[str, Any]], dict[str, Any]]
    ) -> Callable[..., None]:
        def listener(environment: Environment, msg: Any, **_: Any) -> None:
            data = msg.data or {}
            try:
                said = reply(data)
            except Exception as problem:  # whatever it is: who waits for the answer has to know
                said = {"fault": str(log_fault(problem))}
            self._runner.send_message(message + DONE, {"number": data.get("number"), **said})

        return listener

    def _plan(self, data: dict[str, Any]) -> dict[str, Any]:
        """What the run is: the profile, and which of how many workers this is."""
        profile = Profile.model_validate_json(data["profile"])
        seed = data["seed"] * 1009 + data["index"]
        limit = self._target.limits.rate
        if profile.open:
            weights = {USERS[kind].__name__: weight for kind, weight in profile.kinds.items()}
            phase = (data["index"] + 0.5) / data["workers"]
            self._schedule = BySchedule(seed, weights, phase)
            self._runner.greenlet.spawn(self._schedule.run)
        pace = self._schedule or AtWill(limit / data["workers"] if limit else None, profile.think)
        objects = self._target.limits.objects
        self._traffic = Traffic(
            self._mounted,
            profile,
            seed,
            pace,
            None if objects is None else share_of(objects, data["index"], data["workers"]),
            self._target.callback,
        )
        self._environment.tmfrig = self._traffic  # type: ignore[attr-defined]
        digests = {api.contract.api: api.contract.digest for api in self._mounted}
        return {"idle": idle_kinds(profile, self._traffic), "contracts": digests}

    def _begin(self, _: dict[str, Any]) -> dict[str, Any]:
        self._planned.meter.begin()
        return {}

    def _rate(self, data: dict[str, Any]) -> dict[str, Any]:
        if self._schedule is not None:
            self._schedule.set(data["rate"], data["even"])
        return {}

    def _drop(self, _: dict[str, Any]) -> dict[str, Any]:
        """Forget what is due and was not sent; how many requests, and how long they had to wait."""
        if self._schedule is None:
            return {"count": 0, "waited": 0.0}
        count, since = self._schedule.drop()
        return {"count": count, "waited": time.perf_counter() - since if count else 0.0}

    def _report(self, _: dict[str, Any]) -> dict[str, Any]:
        traffic = self._planned
        late, due = (self._schedule.late, self._schedule.came()) if self._schedule else (0, 0)
        return {
            "measured": traffic.meter.take(self._runner.user_count, late, due).packed(),
            "unanswered": traffic.answers.unanswered_in_a_row,
            "overdue": traffic.meter.overdue(max(traffic.profile.stop.over, OVERDUE)),
            "faults": self._faults,
            "processor": self._runner.current_cpu_usage,
        }

    def _end(self, data: dict[str, Any]) -> dict[str, Any]:
        """Stop all users; what was measured at last, and what was found wrong."""
        traffic = self._planned
        self._environment.stop_timeout = data["grace"]
        traffic.pace.end()
        self._runner.stop()
        secrets = frozenset[str]().union(*(api.secrets for api in self._mounted))
        # somebody who has pressed Ctrl-C does not wait for the checks that observe
        contracts = [] if data["brief"] else [api.contract for api in self._mounted]
        return {
            **self._report({}),
            "found": traffic.answers.found(secrets, contracts),
            "judged": traffic.answers.judged,
            "not_offered": [[*place, why] for place, why in traffic.not_offered.items()],
        }

    @property
    def _planned(self) -> Traffic:
        assert self._traffic is not None, "the plan comes before everything else"
        return self._traffic

    def _failed(self, exception: BaseException, **_: Any) -> None:
        if not self._faults:
            self._faults.append(str(log_fault(exception)))


def share_of(total: int, index: int, workers: int) -> int:
    """The part of so many that one of the workers has; together they have no more."""
    return total // workers + (index < total % workers)


def work(mounted: Sequence[MountedApi], target: TargetFile, classes: list[Any], host: str, port: int) -> None:
    """Be a worker of the master at an address, until it says that the run is over, or is gone.

    TargetUnreachable where there is none.
    """
    environment = Environment(user_classes=classes, stop_timeout=5)
    signals = (signal.SIGINT, signal.SIGTERM)
    waiting = [gevent.signal_handler(each, os._exit, INTERRUPTED) for each in signals]
    try:
        runner = environment.create_worker_runner(host, port)
    except SystemExit:  # Locust has tried for minutes, and says so in its log
        raise TargetUnreachable(
            f"no master of a load run answers at {host}:{port}, or it has its workers"
        ) from None
    finally:
        for each in waiting:
            each.cancel()
    Worker(environment, mounted, target)

    def end() -> None:
        gevent.spawn(runner.quit)

    for each in signals:
        gevent.signal_handler(each, end)
    while len(runner.greenlet):
        heard = runner.last_heartbeat_timestamp
        if heard is not None and time.time() - heard > FORSAKEN:
            runner.quit()
        gevent.sleep(0.2)
