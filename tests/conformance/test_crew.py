"""Several hands share the work of a run, and the outcome is the same as with one."""

from __future__ import annotations

import threading

import pytest
from shelf import shelf
from test_runner import ends, outcomes, probing, run

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import Scope, Violation
from tmfrig.conformance.crew import dealt
from tmfrig.conformance.outcome import Case
from tmfrig.conformance.plugin import Task
from tmfrig.reports.result import Outcome, Result
from tmfrig.specs import Resource, standard_contract


def of_api(check: object, id: str) -> object:
    return probing(check, id, scope=Scope.API)  # type: ignore[arg-type]


def test_hands_work_side_by_side() -> None:
    together = threading.Barrier(2)

    def meets(api: Api) -> None:
        together.wait(20)

    with shelf() as (kept, _):
        judgement = run(kept.url, [of_api(meets, "one.side"), of_api(meets, "other.side")], hands=2)
    assert set(outcomes(judgement).values()) == {Outcome.passed}


def test_the_outcome_does_not_depend_on_the_number_of_hands() -> None:
    def ids(api: Api, resource: Resource) -> str:
        return api.an_instance(resource).id and "found"

    checks = [
        of_api(ends(None, "fine"), "all.good"),
        of_api(ends(Violation("wrong")), "all.bad"),
        probing(ids, "an.instance"),
    ]
    found = []
    for hands in (1, 2, 5):
        with shelf() as (kept, _):
            judgement = run(kept.url, checks, hands=hands)
        found.append(sorted((each.check, each.resource, each.outcome) for each in judgement.results))
    assert found[0] == found[1] == found[2]


def test_hands_send_bodies_of_their_own() -> None:
    def creates(api: Api) -> None:
        api.create(
            api.contract.resources["productOrder"], api.full_payload(api.contract.resources["productOrder"])
        )

    with shelf() as (kept, server):
        run(kept.url, [of_api(creates, "one.order"), of_api(creates, "other.order")], hands=2)
    first, second = (each.body for each in server.requests if each.method == "POST")
    assert first != second


def test_what_a_hand_finds_is_evidence_of_its_own_check() -> None:
    def finds(name: str) -> object:
        def check(api: Api) -> None:
            answer = api.request("GET", f"/{name}")
            raise Violation(name, exchange=answer)

        return check

    names = [f"check-{number}" for number in range(6)]
    with shelf() as (kept, _):
        judgement = run(kept.url, [of_api(finds(each), f"{each}.is-wrong") for each in names], hands=3)
    for result in judgement.results:
        assert {each.request.url.rpartition("/")[2] for each in result.evidence} == {result.message}


def test_fail_fast_ends_all_hands() -> None:
    checks = [of_api(ends(Violation("wrong")), f"bad-{number}.check") for number in range(8)]
    with shelf() as (kept, _):
        judgement = run(kept.url, checks, hands=2, fail_fast=True)
    assert outcomes(judgement)["run.complete", None] is Outcome.error


def _nothing() -> Result:
    raise NotImplementedError


@pytest.mark.parametrize("hands", [1, 2, 3])
def test_shares_are_even_and_keep_together_what_is_about_the_same(hands: int) -> None:
    contract = standard_contract("TMF622")
    checks = [
        probing(lambda api: None, f"{area}.rule-{number}", scope=Scope.API)
        for number in range(3)
        for area in ("page", "patch", "create", "filter", "sort", "fields")
    ]
    tasks = [Task(Case(check, contract, None), _nothing) for check in checks]
    shares = dealt(tasks, hands)
    assert {len(share) for share in shares} == {len(tasks) // hands}
    assert dealt(tasks, hands) == shares
    homes = {task.case.check.id.partition(".")[0]: set[int]() for task in tasks}
    for number, share in enumerate(shares):
        for task in share:
            homes[task.case.check.id.partition(".")[0]].add(number)
    assert {len(numbers) for numbers in homes.values()} == {1}
