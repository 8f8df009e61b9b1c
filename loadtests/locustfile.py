"""The users under Locust's own command, `locust -f FILE`, where the file imports them from `users`.

The target is what the environment variable TMFRIG_TARGET names (a target file), else all APIs of version
TMFRIG_VERSION (4 unless it says 5) at their usual paths below `--host`.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from locust.env import Environment

from tmfrig.conformance.failure import CommandError
from tmfrig.conformance.mounting import mount
from tmfrig.conformance.target import TargetFile, read_target, validated
from tmfrig.loadtests.client import Answer
from tmfrig.loadtests.meter import Operation
from tmfrig.loadtests.politeness import refuse_strangers
from tmfrig.loadtests.profile import Profile
from tmfrig.loadtests.receiving import close_receiver
from tmfrig.loadtests.traffic import Traffic
from tmfrig.specs import LINES, standard_apis, standard_contract

DEFAULT_HOST = "http://127.0.0.1:8620"
"""Where `tmfrig serve` is, unless it is told otherwise."""
PERMISSION = "TMFRIG_I_OWN_THIS_TARGET"


def traffic_under_locust(environment: Environment) -> Traffic:
    """What the users of an environment of Locust's own share; each request is told to Locust's statistics.

    Ends the program, with one line, where the target is described wrongly, or is another machine and nobody
    has said that a load may be put on it.
    """
    try:
        target = _target(environment.host or DEFAULT_HOST)
        _check_owner(target)
        mounted = mount(target)
    except CommandError as problem:
        raise SystemExit(f"tmfrig: {problem}") from None
    # what a profile says is for Locust's command to say here, but for the share of answers that is judged
    profile = Profile.model_validate({"name": "locust", "users": 1, "run_time": "1s", "mix": {"shopper": 1}})
    traffic = Traffic(mounted, profile, objects=target.limits.objects, callback=target.callback)
    traffic.heard = _telling(environment)

    def forget(**_: Any) -> None:
        # the next run from the web UI may be against another host
        environment.tmfrig = None  # type: ignore[attr-defined]
        close_receiver(traffic)

    environment.events.test_stop.add_listener(forget)  # type: ignore[no-untyped-call]
    return traffic


def _target(host: str) -> TargetFile:
    named = os.environ.get("TMFRIG_TARGET")
    if named:
        return read_target(Path(named))
    version = os.environ.get("TMFRIG_VERSION", "4")
    line = int(version) if version in map(str, LINES) else None
    if line is None:
        raise CommandError(f"TMFRIG_VERSION={version}: there are {' and '.join(map(str, LINES))}")
    apis = [
        {"api": api, "version": line, "url": host.rstrip("/") + standard_contract(api, line).base_path}
        for api in standard_apis(line)
    ]
    return validated({"apis": apis}, "--host")


def _check_owner(target: TargetFile) -> None:
    allowed = target.load.owned or os.environ.get(PERMISSION) == "1"
    try:
        refuse_strangers([entry.url for entry in target.apis], allowed=allowed)
    except CommandError as problem:
        raise CommandError(f"{problem}; under locust, with {PERMISSION}=1 in the environment") from None


def _telling(environment: Environment) -> Callable[[Operation, Answer, float, str | None], None]:
    def tell(operation: Operation, answer: Answer, seconds: float, trouble: str | None) -> None:
        method, _, path = operation[1].partition(" ")
        environment.events.request.fire(  # type: ignore[no-untyped-call]
            request_type=method,
            name=path,
            response_time=seconds * 1000,
            response_length=len(answer.body),
            exception=None if trouble is None else WrongAnswer(trouble),
            context={"api": operation[0]},
        )

    return tell


class WrongAnswer(Exception):  # noqa: N818 - how Locust shows it
    """An answer that is not as the contract has it."""
