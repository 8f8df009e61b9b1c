"""A program that has users at a target until they have done what is waited for, and prints what was measured.

It is a process of its own because Locust patches the interpreter. `crowd_at_work.py JSON`, where the JSON has
`target` (a target file's content), `profile`, and what is waited for: `operations` and `spans` by name, so
many orders told to be `finished`, so many `failures`.
"""

from __future__ import annotations

from locust.env import Environment  # first of all: Locust patches the interpreter  # isort: skip

import json
import sys
import time
from collections import Counter

import gevent

from tmfrig.conformance.mounting import mount
from tmfrig.conformance.target import validated
from tmfrig.loadtests.meter import Measured
from tmfrig.loadtests.pacing import AtWill, BySchedule
from tmfrig.loadtests.profile import Profile
from tmfrig.loadtests.traffic import Traffic
from tmfrig.loadtests.users import idle_kinds, user_classes

PATIENCE = 30.0


def main(told: dict) -> dict:
    target = validated(told["target"], "test")
    profile = Profile.model_validate(
        {"name": "test", "sample": 1, "think": 0.01, "run_time": "1m", **told["profile"]}
    )
    pace = BySchedule() if profile.open else AtWill(patience=profile.think)
    traffic = Traffic(mount(target), profile, pace=pace, callback=target.callback)
    environment = Environment(user_classes=user_classes(profile), stop_timeout=5)
    environment.tmfrig = traffic
    faults: list[str] = []
    environment.events.user_error.add_listener(lambda exception, **_: faults.append(repr(exception)))
    if profile.open:
        pace.set(profile.rate)
        gevent.spawn(pace.run)
    runner = environment.create_local_runner()
    runner.start((profile.users or 50) + profile.receivers, 1000)
    measured = traffic.meter._measured
    began = time.monotonic()
    while missing(measured, told) and time.monotonic() - began < PATIENCE:
        gevent.sleep(0.05)
    pace.end()
    runner.stop()
    return {
        "missing": missing(measured, told),
        "requests": {" ".join(name): count for name, count in counted(measured).items()},
        "failures": sum(tally.failures for tally in measured.tallies.values()),
        "troubles": [f"{' '.join(place)}: {what}" for place, what in measured.troubles],
        "spans": {name: histogram.total for name, histogram in measured.spans.items()},
        "longest": {name: histogram.longest for name, histogram in measured.spans.items()},
        "finished": len(measured.finished.keys() & measured.accepted.keys()),
        "accepted": len(measured.accepted),
        "idle": idle_kinds(profile, traffic),
        "not_offered": [" ".join(place) for place in traffic.not_offered],
        "faults": faults,
        "seconds": time.monotonic() - began,
    }


def counted(measured: Measured) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for (operation, _), tally in list(measured.tallies.items()):
        found[operation] += tally.requests
    return found


def missing(measured: Measured, told: dict) -> list[str]:
    seen = {" ".join(name) for name in counted(measured)}
    spans = [name for name in told.get("spans", ()) if name not in measured.spans]
    ends = told.get("finished", 0) - len(measured.finished.keys() & measured.accepted.keys())
    failures = told.get("failures", 0) - sum(tally.failures for tally in measured.tallies.values())
    operations = [name for name in told.get("operations", ()) if name not in seen]
    return [*operations, *spans, *["an end"] * ends, *["a failure"] * failures]


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
