"""What a run may take of a target: writing, objects, requests per second and time."""

from __future__ import annotations

import threading
import time

import pytest
from raw_server import Request, Said, response
from shelf import shelf
from test_runner import creates, outcomes, probing, run

from tmfrig.conformance.allowance import Allowance, TimeIsUp
from tmfrig.conformance.api import Api
from tmfrig.conformance.check import Skipped
from tmfrig.conformance.checks.shared import once_per_api
from tmfrig.reports.result import Outcome
from tmfrig.specs import Kind, Resource


def test_a_read_only_run_sends_nothing_that_writes() -> None:
    with shelf() as (kept, server):
        judgement = run(kept.url, [probing(creates, on=Kind.CREATE)], read_only=True)
    assert {each.outcome for each in judgement.results} == {Outcome.skipped}
    assert "read-only run: POST is not sent" in judgement.results[0].message
    assert [each.method for each in server.requests if each.method != "GET"] == []


def test_a_read_only_run_reads_what_is_there() -> None:
    def reads(api: Api, resource: Resource) -> str:
        return api.an_instance(resource).id

    with shelf() as (kept, _):
        kept.items["productOrder"] = {"17": {"id": "17"}}
        judgement = run(kept.url, [probing(reads, on=Kind.CREATE)], read_only=True)
    [result] = [each for each in judgement.results if each.resource == "productOrder"]
    assert (result.outcome, result.message) == (Outcome.passed, "17")


def test_not_more_objects_are_created_than_allowed() -> None:
    def creates_three(api: Api, resource: Resource) -> None:
        for _ in range(3):
            api.create(resource)

    with shelf() as (kept, server):
        judgement = run(kept.url, [probing(creates_three, on=Kind.CREATE)], objects=2)
    assert [each.method for each in server.requests].count("POST") == 2
    assert {each.outcome for each in judgement.results} == {Outcome.skipped}
    assert "not more than 2 objects" in judgement.results[0].message


def test_what_was_refused_is_no_object() -> None:
    def refused(api: Api) -> None:
        orders = api.contract.resources["productOrder"]
        for _ in range(3):
            api.create(orders, body=[])
        assert api.create(orders).ok

    with shelf() as (kept, _):
        judgement = run(kept.url, [probing(refused, scope="api")], objects=1)  # type: ignore[arg-type]
    assert judgement.results[0].outcome is Outcome.passed


def test_requests_keep_to_the_rate_whoever_sends_them() -> None:
    allowance = Allowance(rate=200)
    turns: list[float] = []

    def sends() -> None:
        for _ in range(5):
            allowance.take_turn("GET")
            turns.append(time.monotonic())

    started = time.monotonic()
    threads = [threading.Thread(target=sends) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # the first is sent at once, nineteen more follow a two-hundredth of a second apart
    assert max(turns) - started >= 19 / 200


def test_nothing_is_sent_when_the_time_is_over() -> None:
    allowance = Allowance(seconds=0.0)
    assert allowance.time_left() == 0.0
    for asks in (lambda: allowance.within(1.0), lambda: allowance.take_turn("GET")):
        with pytest.raises(TimeIsUp):
            asks()


def test_a_turn_that_would_come_too_late_is_not_waited_for() -> None:
    allowance = Allowance(rate=0.001, seconds=0.05)
    allowance.take_turn("GET")
    started = time.monotonic()
    allowance.take_turn("GET")
    with pytest.raises(TimeIsUp):
        allowance.take_turn("GET")
    assert time.monotonic() - started < 60


def test_writing_is_refused_before_anything_else() -> None:
    with pytest.raises(Skipped):
        Allowance(read_only=True, seconds=0.0).take_turn("post")


class Sluggish:
    """Answers a list only when the test is over."""

    def __init__(self) -> None:
        self.over = threading.Event()

    def __call__(self, request: Request) -> Said | str:
        self.over.wait(30)
        return response(200, [])


@once_per_api
def _made_too_late(api: Api, resource: Resource) -> int:
    raise TimeIsUp


def test_whoever_shares_what_was_made_too_late_is_told_so() -> None:
    def asks_twice(api: Api, resource: Resource) -> None:
        for _ in range(2):
            with pytest.raises(TimeIsUp, match="the time that the run may take was over"):
                _made_too_late(api, resource)

    with shelf() as (kept, _):
        judgement = run(kept.url, [probing(asks_twice, on=Kind.CREATE)])
    assert {each.outcome for each in judgement.results} == {Outcome.passed}


def lists(api: Api) -> None:
    api.list(api.contract.resources["productOrder"])


def test_a_run_ends_in_its_time_and_says_what_was_not_judged() -> None:
    sluggish = Sluggish()
    checks = [probing(lists, f"slow.check-{number}", scope="api") for number in range(4)]  # type: ignore[arg-type]
    try:
        with shelf(sluggish) as (kept, _):
            judgement = run(kept.url, checks, seconds=0.5)
            sluggish.over.set()
    finally:
        sluggish.over.set()
    assert judgement.seconds < 10
    assert outcomes(judgement)["slow.check-0", None] is Outcome.error
    assert outcomes(judgement)["run.complete", None] is Outcome.error
    assert [each.message for each in judgement.results if each.check == "run.complete"] == [
        "not judged: 3 checks, because --max-time ended the run"
    ]
