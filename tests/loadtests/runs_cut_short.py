"""A program that cuts something short in a load, and prints what is known of it afterwards.

`runs_cut_short.py worker` loses the one worker; `runs_cut_short.py URL` stops the users of a TMF637 that does
not answer. It is a process of its own because Locust patches the interpreter.
"""

from __future__ import annotations

from locust.env import Environment  # first of all: Locust patches the interpreter  # isort: skip

import json
import sys
from types import SimpleNamespace
from typing import Any

import gevent
from gevent.event import Event

from tmfrig.conformance.mounting import mount
from tmfrig.conformance.target import validated
from tmfrig.loadtests import user
from tmfrig.loadtests.conductor import Conductor
from tmfrig.loadtests.pacing import AtWill
from tmfrig.loadtests.profile import Profile
from tmfrig.loadtests.traffic import Traffic
from tmfrig.loadtests.users import user_classes
from tmfrig.loadtests.worker import DONE, PLAN, REPORT

LISTING = [{"do": "list", "api": "TMF637", "resource": "product"}]
PATIENCE = 20.0


class Losing:
    """A runner whose one worker takes part until it is to report."""

    def __init__(self) -> None:
        self.worker_count = 1
        self.clients = {"one": None}
        self.greenlet = SimpleNamespace(spawn=lambda *_: None)
        self.start = None
        self._listeners: dict[str, Any] = {}

    def register_message(self, message: str, listener: Any) -> None:
        self._listeners[message] = listener

    def send_message(self, message: str, data: Any = None, client_id: str | None = None) -> None:
        if message == REPORT:
            self.worker_count = 0
        if not self.worker_count:
            return
        said = {"idle": [], "contracts": {}} if message == PLAN else {}
        told = SimpleNamespace(data={"number": data["number"], **said}, node_id="one")
        self._listeners[message + DONE](None, told)


def lose_the_worker() -> dict[str, Any]:
    environment = SimpleNamespace(runner=Losing())
    profile = Profile.model_validate({"name": "x", "rate": 5, "run_time": "9s", "tasks": LISTING})
    conductor = Conductor(environment, profile, 1, Event(), lambda: True, lambda *_: None)
    ended = conductor.run(1)
    return {"lost": ended.lost, "stopped": ended.stopped}


def leave_who_waits(url: str) -> dict[str, Any]:
    user.LONG = 0.1
    target = validated({"apis": [{"api": "TMF637", "version": 4, "url": url}]}, "test")
    profile = Profile.model_validate({"name": "x", "users": 3, "run_time": "9s", "tasks": LISTING})
    traffic = Traffic(mount(target), profile, pace=AtWill(patience=0.0))
    environment = Environment(user_classes=user_classes(profile), stop_timeout=0.2)
    environment.tmfrig = traffic
    runner = environment.create_local_runner()
    runner.start(3, 100)
    with gevent.Timeout(PATIENCE):
        while traffic.meter.under_way < 3:
            gevent.sleep(0.01)
    runner.stop()
    measured = traffic.meter.take(0, 0)
    return {
        "failures": sum(tally.failures for tally in measured.tallies.values()),
        "troubles": [what for _, what in measured.troubles],
    }


if __name__ == "__main__":
    print(json.dumps(lose_the_worker() if sys.argv[1] == "worker" else leave_who_waits(sys.argv[1])))
