"""What is held against a target shows again when one looks again; what does not is flaky."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from raw_server import Request, Said, response
from shelf import BASE, shelf
from test_runner import observing, probing, run

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import MUST, SHOULD, Check, Violation, not_applicable
from tmfrig.conformance.checks.shared import once_per_api
from tmfrig.conformance.exchange import Exchange
from tmfrig.conformance.expect import expect
from tmfrig.reports.result import Level, Outcome, Result, Verdict, verdict_of
from tmfrig.specs import Resource


def sometimes(*held: bool) -> Callable[[Api], None]:
    """A check that holds or not, try after try; each try sends a request."""
    tries: Iterator[bool] = iter(held)

    def check(api: Api) -> None:
        answer = api.list(api.contract.resources["productOrder"])
        if not next(tries):
            raise Violation("it came late", "at once", "late", answer)

    return check


def judged(check: Check) -> Result:
    with shelf() as (kept, _):
        [result] = run(kept.url, [check]).results
    return result


@pytest.mark.parametrize(
    ("tries", "outcome"),
    [
        ([True], Outcome.passed),
        ([False, False], Outcome.failed),
        ([False, True, False], Outcome.failed),
        ([False, True, True], Outcome.error),
    ],
)
def test_a_must_fails_when_it_does_not_hold_in_most_tries(tries: list[bool], outcome: Outcome) -> None:
    assert judged(probing(sometimes(*tries), scope="api")).outcome is outcome  # type: ignore[arg-type]


@pytest.mark.parametrize("level", [MUST, SHOULD])
def test_what_does_not_recur_is_flaky_and_shows_what_was_seen(level: Level) -> None:
    result = judged(probing(sometimes(False, True, True), level=level, scope="api"))  # type: ignore[arg-type]
    assert result.outcome is Outcome.error
    assert result.message == "flaky: in 1 of 3 tries it came late; the others were as they should be"
    assert len(result.evidence) == 1
    assert verdict_of([result]) is Verdict.inconclusive


def test_a_race_is_lost_once() -> None:
    check = probing(sometimes(False, True, True), scope="api")  # type: ignore[arg-type]
    once = Check(**{name: getattr(check, name) for name in Check.__dataclass_fields__} | {"repeats": False})
    assert judged(once).outcome is Outcome.failed


def test_what_checks_share_is_made_anew_when_one_of_them_looks_again_but_once_for_all() -> None:
    made: list[int] = []

    @once_per_api
    def course(api: Api, resource: Resource) -> int:
        made.append(len(made))
        return made[-1]

    def check(api: Api) -> None:
        answer = api.list(api.contract.resources["productOrder"])
        if course(api, api.contract.resources["productOrder"]) == 0:
            raise Violation("it came late", "at once", "late", answer)

    checks = [probing(check, id=f"a.course-{number}", scope="api") for number in (1, 2)]  # type: ignore[arg-type]
    with shelf() as (kept, _):
        results = run(kept.url, checks).results
    assert [each.outcome for each in results] == [Outcome.error, Outcome.error]
    assert made == [0, 1, 2]


def lists(times: int) -> Callable[[Api], None]:
    def check(api: Api) -> None:
        for _ in range(times):
            api.list(api.contract.resources["productOrder"])

    return check


def succeeds(exchange: Exchange) -> None:
    if exchange.resource is None or exchange.resource.name != "productOrder":
        not_applicable()
    expect(exchange).status(200)


def failing(*numbers: int) -> Callable[[Request], Said | str]:
    """A server that answers these of its lists with 500."""
    count, lock = iter(range(1, 1000)), threading.Lock()

    def answer(request: Request) -> Said | str:
        with lock:
            return response(500) if next(count) in numbers else "as usual"

    return answer


@pytest.mark.parametrize(
    ("wrong", "outcome"),
    [
        ([3], Outcome.error),
        ([3, 4], Outcome.failed),
        ([3, 11], Outcome.failed),
    ],
)
def test_one_server_error_among_many_good_answers_is_flaky_unless_it_recurs(
    wrong: list[int], outcome: Outcome
) -> None:
    checks = [probing(lists(10), scope="api"), observing(succeeds)]  # type: ignore[arg-type]
    with shelf(failing(*wrong)) as (kept, _):
        results = run(kept.url, checks).results
    found = {each.check: each for each in results if each.resource == "productOrder"}
    assert found["an.observation"].outcome is outcome
    assert kept.url.endswith(BASE)


def test_a_server_error_for_a_wrong_login_is_looked_at_again_with_that_login() -> None:
    def check(api: Api) -> None:
        lists(10)(api)
        headers = {"Authorization": "Bearer made-up", "Accept": None}
        api.request("GET", "/productOrder", headers=headers)

    def answer(request: Request) -> Said | str:
        is_odd = request.headers.get("authorization") == "Bearer made-up" and "accept" not in request.headers
        return response(500) if is_odd else "as usual"

    with shelf(answer) as (kept, _):
        results = run(kept.url, [probing(check, scope="api"), observing(succeeds)]).results  # type: ignore[arg-type]
    found = {each.check: each for each in results if each.resource == "productOrder"}
    assert found["an.observation"].outcome is Outcome.failed
