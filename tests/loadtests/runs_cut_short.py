"""A program that cuts something short in a load, and prints what is known of it afterwards.

`runs_cut_short.py worker` loses the one worker; `overdue` has one whose requests are not answered;
`users URL` stops the users of a TMF637 that does not answer; `hubs URL` stops an event receiver that is
registered at the hubs of three APIs below the URL. It is a process of its own because Locust patches the
interpreter.
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
from tmfrig.loadtests import conductor, receiving, user
from tmfrig.loadtests.conductor import Conductor
from tmfrig.loadtests.meter import Measured
from tmfrig.loadtests.pacing import AtWill
from tmfrig.loadtests.profile import Profile
from tmfrig.loadtests.traffic import Traffic
from tmfrig.loadtests.users import user_classes
from tmfrig.loadtests.worker import DONE, END, PLAN, REPORT

LISTING = [{"do": "list", "api": "TMF637", "resource": "product"}]
PATIENCE = 20.0


class Runner:
    """A runner whose one worker takes part, and whose requests are never answered."""

    def __init__(self) -> None:
        self.worker_count = 1
        self.clients = {"one": None}
        self.greenlet = SimpleNamespace(spawn=lambda *_: None)
        self.start = None
        self._listeners: dict[str, Any] = {}

    def register_message(self, message: str, listener: Any) -> None:
        self._listeners[message] = listener

    def send_message(self, message: str, data: Any = None, client_id: str | None = None) -> None:
        nothing = {"measured": Measured().packed(), "unanswered": 0, "faults": [], "processor": 0.0}
        said = {
            PLAN: {"idle": [], "contracts": {}},
            REPORT: {**nothing, "overdue": 30},
            END: {**nothing, "found": [], "judged": 0, "not_offered": []},
        }.get(message, {"count": 0, "waited": 0.0})
        told = SimpleNamespace(data={"number": data["number"], **said}, node_id="one")
        self._listeners[message + DONE](None, told)


class Losing(Runner):
    """A runner whose one worker takes part until it is to report."""

    def send_message(self, message: str, data: Any = None, client_id: str | None = None) -> None:
        if message == REPORT:
            self.worker_count = 0
        if self.worker_count:
            super().send_message(message, data, client_id)


def conduct(runner: Runner) -> dict[str, Any]:
    conductor.TICK = 0.1
    described = {"name": "x", "rate": 5, "run_time": "9s", "tasks": LISTING, "stop": {"over": "0.1s"}}
    profile = Profile.model_validate(described)
    environment = SimpleNamespace(runner=runner)
    ended = Conductor(environment, profile, 1, Event(), lambda: True, lambda *_: None).run(1)
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


def leave_the_hubs(url: str) -> dict[str, Any]:
    receiving.LEAVING = 1.0
    apis = [{"api": api, "version": 4, "url": f"{url}/{api}"} for api in ("TMF622", "TMF637", "TMF641")]
    described = {"name": "x", "users": 1, "run_time": "9s", "receivers": 1, "tasks": LISTING}
    traffic = Traffic(mount(validated({"apis": apis}, "test")), Profile.model_validate(described))
    environment = Environment(user_classes=[receiving.EventReceiver], stop_timeout=5)
    environment.tmfrig = traffic
    runner = environment.create_local_runner()
    runner.start(1, 100)
    with gevent.Timeout(PATIENCE):
        while not registered(runner):
            gevent.sleep(0.01)
    runner.stop()
    return {"troubles": [f"{api} {what}" for (api, _), what in traffic.meter.take(0, 0).troubles]}


def registered(runner: Any) -> bool:
    users = [greenlet.args[0] for greenlet in runner.user_greenlets]
    return bool(users) and all(len(each._registered) == 3 for each in users)


if __name__ == "__main__":
    PLAYS = {
        "worker": lambda: conduct(Losing()),
        "overdue": lambda: conduct(Runner()),
        "users": lambda: leave_who_waits(sys.argv[2]),
        "hubs": lambda: leave_the_hubs(sys.argv[2]),
    }
    print(json.dumps(PLAYS[sys.argv[1]]()))
