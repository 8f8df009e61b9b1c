"""A target may have lifecycles of its own, which are judged in place of the published ones."""

from __future__ import annotations

from typing import Any

import pytest

from tmfrig.conformance.lifecycles import UNDER_CANCELLATION, is_tolerated, leads_to
from tmfrig.conformance.mounting import mount
from tmfrig.conformance.target import TargetError, target_text, validated
from tmfrig.specs import Lifecycle, standard_contract

URL = "http://127.0.0.1:1/tmf-api/productInventory/v4"
GRAPH = {"initial": ["active"], "edges": {"active": ["suspended", "terminated"], "suspended": ["active"]}}


def target(lifecycles: Any, api: str = "TMF637") -> dict[str, Any]:
    return {"apis": [{"api": api, "url": URL}], "lifecycles": lifecycles}


def lifecycle(api: str, resource: str) -> Lifecycle:
    found = standard_contract(api).resources[resource].lifecycle
    assert found is not None
    return found


def test_the_graph_of_a_target_takes_the_place_of_the_published_one() -> None:
    mounted = mount(validated(target({"TMF637.product": GRAPH}), "a test"))

    own = mounted[0].contract.resources["product"].lifecycle
    assert own is not None
    assert own.initial == {"active"}
    assert own.terminal == {"terminated"}
    assert own.allows("suspended", "active")
    assert not own.allows("created", "active")
    assert own.enforced


def test_the_standard_contract_stays_as_it_is() -> None:
    mount(validated(target({"TMF637.product": GRAPH}), "a test"))

    assert lifecycle("TMF637", "product").initial == {"created"}


def test_states_of_an_odd_spelling_are_the_same_states() -> None:
    graph = {"initial": ["created"], "edges": {"created": ["aborted "]}}
    mounted = mount(validated(target({"TMF637.product": graph}), "a test"))

    own = mounted[0].contract.resources["product"].lifecycle
    assert own is not None
    assert own.ends_in("aborted")


def test_free_text_may_have_any_states() -> None:
    graph = {"initial": ["draft"], "edges": {"draft": ["live"], "live": ["gone"]}}
    mounted = mount(validated(target({"TMF620.productOffering": graph}, "TMF620"), "a test"))

    own = mounted[0].contract.resources["productOffering"].lifecycle
    assert own is not None
    assert own.next_states("draft") == ("live",)


def test_a_target_file_with_lifecycles_reads_back_as_the_same() -> None:
    described = validated(target({"TMF637.product": GRAPH}), "a test")

    assert '"suspended"' in target_text(described)


@pytest.mark.parametrize(
    ("lifecycles", "told"),
    [
        ({"TMF637.customer": GRAPH}, "TMF637.customer names no resource"),
        ({"TMF999.product": GRAPH}, "the target has no such API"),
        ({"TMF637.product": {**GRAPH, "edges": {"active": ["asleep"]}}}, "does not list asleep"),
        ({"TMF637.product": {**GRAPH, "initial": []}}, "lifecycles.TMF637.product.initial"),
        ({"TMF637.product": {**GRAPH, "initial": ["created"]}}, "no edge leads from or to created"),
        ({"TMF637.product": {**GRAPH, "final": []}}, "there is no such key"),
    ],
)
def test_a_wrong_graph_is_told_in_one_line(lifecycles: Any, told: str) -> None:
    with pytest.raises(TargetError) as problem:
        mount(validated(target(lifecycles), "a test"))

    assert told in str(problem.value)
    assert "\n" not in str(problem.value)


def test_what_is_often_seen_is_tolerated_beside_the_published_graph() -> None:
    orders = lifecycle("TMF622", "productOrder")

    assert is_tolerated(orders, "acknowledged", "cancelled")
    assert not orders.allows("acknowledged", "cancelled")
    assert not is_tolerated(orders, "completed", "inProgress")


def test_states_may_be_passed_unseen_but_not_those_that_nobody_asked_for() -> None:
    orders = lifecycle("TMF641", "serviceOrder")

    assert leads_to(orders, "acknowledged", "completed")
    assert leads_to(orders, "inProgress", "acknowledged")
    assert not leads_to(orders, "inProgress", "acknowledged", avoiding=UNDER_CANCELLATION)
    assert leads_to(orders, "inProgress", "assessingCancellation", avoiding=UNDER_CANCELLATION)
    assert not leads_to(orders, "completed", "inProgress")
