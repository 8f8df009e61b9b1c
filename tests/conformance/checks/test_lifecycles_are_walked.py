"""The lifecycle of a resource is walked edge by edge, whatever the vendor lets a client do."""

from __future__ import annotations

import pytest
from fake_vendor import vendor
from judging import judged

from tmfrig.conformance.check import catalogue
from tmfrig.conformance.client import Connection
from tmfrig.conformance.lifecycles import OwnLifecycle, with_own_lifecycles
from tmfrig.conformance.mounting import MountedApi
from tmfrig.conformance.runner import Order, judge
from tmfrig.conformance.suite import Suite
from tmfrig.reports.result import Outcome, Result
from tmfrig.specs import Contract, standard_contract

WALKS = ("state.edges", "state.illegal-edges", "state.illegal-step", "state.final")


def walked(contract: Contract, *manners: str, judge_by: Contract | None = None) -> dict[str, Result]:
    checks = [each for each in catalogue() if each.id in WALKS]
    with vendor(contract, manners=manners) as fake:
        mounted = MountedApi(judge_by or contract, Connection(fake.url), frozenset())
        judgement = judge(Order([mounted], checks=checks, suite=Suite.full))
    return {each.check: each for each in judgement.results}


def test_every_published_edge_is_taken() -> None:
    results = walked(standard_contract("TMF637"))

    assert results["state.edges"].message == "10 transitions were accepted"
    assert {each.outcome for each in results.values()} == {Outcome.passed}


def test_who_lets_no_client_change_the_state_is_not_judged() -> None:
    results = walked(standard_contract("TMF637"), "no-state-patch")

    assert results["state.edges"].outcome is Outcome.skipped
    assert "a client cannot change the status" in results["state.edges"].message


def test_a_graph_of_the_targets_own_is_what_is_judged_by() -> None:
    contract = standard_contract("TMF637")
    slow = {"created": ["pendingActive"], "pendingActive": ["active"], "active": ["terminated"]}
    narrow = OwnLifecycle(initial=["created"], edges=slow)
    own = with_own_lifecycles(contract, {"TMF637.product": narrow})

    results = walked(contract, judge_by=own)

    assert results["state.edges"].message == "3 transitions were accepted"
    assert results["state.illegal-edges"].outcome is Outcome.warned
    assert "created to active" in results["state.illegal-edges"].message


@pytest.mark.parametrize("line", [4, 5])
def test_an_order_that_never_moves_is_not_blamed(line: int) -> None:
    only = ["state.course", "state.items", "state.stays-final", "items.kept"]
    results = {each.check: each for each in judged(standard_contract("TMF622", line), only=only)}

    assert results["state.course"].outcome is Outcome.passed
    assert "stayed acknowledged" in results["state.course"].message
    assert results["state.stays-final"].outcome is Outcome.skipped
    assert results["items.kept"].outcome is Outcome.passed
