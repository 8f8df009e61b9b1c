"""The lifecycles are the published ones, transition by transition; what is ours is spelled out here."""

from __future__ import annotations

import pytest
from tmf_oracle import state_machines

from tmfrig.specs import LINES, Lifecycle, canonical_state, lifecycles, lines_of, standard_contract
from tmfrig.specs.lifecycle import lifecycle_of

# Ours -> theirs, where one graph stands for several or is called otherwise.
MACHINES = {
    "productOrder": ("productOrder",),
    "productOrderItem": ("productOrderItem",),
    "serviceOrder": ("serviceOrder",),
    "serviceOrderItem": ("serviceOrderItem",),
    "cancelProductOrder": ("cancelProductOrder",),
    "cancelServiceOrder": ("cancelServiceOrder",),
    "productOfferingQualification": (
        "productOfferingQualification",
        "checkProductOfferingQualification",
        "queryProductOfferingQualification",
    ),
    "serviceQualification": ("checkServiceQualification", "queryServiceQualification"),
    "product": ("product",),
    "service": ("service",),
    "catalog": ("catalog_lifecycleStatus",),
    "serviceCatalog": ("catalog_lifecycleStatus",),
    "job": ("importJob/exportJob",),
    "serviceJob": ("importJob/exportJob",),
}
# Loops that the diagram of the service draws: a state that stays is allowed everywhere, so none is an edge.
LOOPS = {(state, state) for state in ("feasibilityChecked", "designed", "reserved", "inactive", "active")}
# The service order's newer diagram rejects after acknowledging, its older one at once; both are let pass.
MORE_INITIAL = {"serviceOrder": {"rejected"}, "serviceOrderItem": {"rejected"}}
# The fact table gives confidence in words; no diagram of TMF633 is published.
LESS_CONFIDENT = {"serviceCatalog": "medium"}

every_lifecycle = pytest.mark.parametrize(
    "lifecycle", [pytest.param(each, id=each.name) for each in lifecycles(4)]
)
BOTH_VERSIONS = [(line, each) for line in LINES for each in lifecycles(line) if line in lines_of(each.api)]
every_lifecycle_and_version = pytest.mark.parametrize(
    ("line", "lifecycle"),
    [pytest.param(line, each, id=f"{each.name}-v{line}") for line, each in BOTH_VERSIONS],
)
every_lifecycle_of_both_versions = pytest.mark.parametrize(
    "lifecycle", [pytest.param(each, id=f"{each.name}-v{line}") for line, each in BOTH_VERSIONS]
)


def test_every_published_lifecycle_is_here() -> None:
    theirs = {name for names in MACHINES.values() for name in names}
    assert theirs == set(state_machines())
    assert set(MACHINES) == {each.name for each in lifecycles()}


@every_lifecycle
def test_edges(lifecycle: Lifecycle) -> None:
    for name in MACHINES[lifecycle.name]:
        theirs = {(each["from"], each["to"]) for each in state_machines()[name]["transitions"]}
        ours = [(edge.source, edge.target) for edge in lifecycle.edges]
        assert len(ours) == len(set(ours))
        assert set(ours) == theirs - LOOPS


@every_lifecycle
def test_initial_and_terminal_states(lifecycle: Lifecycle) -> None:
    for name in MACHINES[lifecycle.name]:
        machine = state_machines()[name]
        # a remark may follow a state in parentheses; a remark alone says that there is none
        initial = {each.split(" (")[0] for each in machine["initial"]}
        terminal = {each.split(" (")[0] for each in machine["terminal"] if not each.startswith("(")}
        assert lifecycle.initial == initial | MORE_INITIAL.get(lifecycle.name, set())
        assert lifecycle.terminal == terminal


@every_lifecycle
def test_states(lifecycle: Lifecycle) -> None:
    for name in MACHINES[lifecycle.name]:
        states = state_machines()[name].get("states")
        published = states.get("v4") if isinstance(states, dict) else states
        if isinstance(published, list):
            assert set(lifecycle.states) == {canonical_state(each) for each in published}


@every_lifecycle
def test_confidence_and_source_of_every_edge(lifecycle: Lifecycle) -> None:
    for name in MACHINES[lifecycle.name]:
        for each in state_machines()[name]["transitions"]:
            expected = LESS_CONFIDENT.get(lifecycle.name, each["confidence"].split()[0])
            found = [e for e in lifecycle.edges if (e.source, e.target) == (each["from"], each["to"])]
            assert [edge.confidence for edge in found] == [expected] * len(found)
    assert all(edge.origin and edge.label for edge in lifecycle.edges)


@every_lifecycle_and_version
def test_a_lifecycle_belongs_to_attributes_of_its_contract(line: int, lifecycle: Lifecycle) -> None:
    contract = standard_contract(lifecycle.api, line)
    for name in lifecycle.resources:
        if name not in contract.resources:
            continue  # a resource of another version
        resource = contract.resources[name]
        if lifecycle.attribute in resource.attributes:
            assert resource.lifecycle is lifecycle
            assert resource.state_attribute == lifecycle.attribute
            allowed = {canonical_state(each) for each in resource.attributes[lifecycle.attribute].enum}
            assert not allowed or set(lifecycle.states) == allowed


@every_lifecycle_of_both_versions
def test_every_state_can_be_reached(lifecycle: Lifecycle) -> None:
    reached, waiting = set(lifecycle.initial), list(lifecycle.initial)
    while waiting:
        further = [each for each in lifecycle.next_states(waiting.pop()) if each not in reached]
        reached.update(further)
        waiting += further
    assert reached == set(lifecycle.states)


@every_lifecycle_of_both_versions
def test_nothing_leaves_a_terminal_state(lifecycle: Lifecycle) -> None:
    for state in lifecycle.states:
        if lifecycle.ends_in(state):
            assert lifecycle.next_states(state) == ()


def lifecycle_named(name: str) -> Lifecycle:
    return next(each for each in lifecycles() if each.name == name)


def test_a_published_transition_is_allowed_and_no_other() -> None:
    order = lifecycle_named("productOrder")
    assert order.allows("acknowledged", "inProgress")
    assert not order.allows("completed", "inProgress")
    assert not order.allows("acknowledged", "completed")


def added_in_version_5(name: str) -> set[tuple[str, str, str]]:
    before, after = (next(each for each in lifecycles(line) if each.name == name) for line in LINES)
    assert set(before.edges) <= set(after.edges)
    return {(edge.source, edge.target, edge.confidence) for edge in set(after.edges) - set(before.edges)}


def test_version_5_lets_an_order_be_a_draft_first() -> None:
    assert {edge for edge in added_in_version_5("productOrder") if edge[0] == "draft"} == {
        ("draft", "acknowledged", "medium"),
        ("draft", "cancelled", "medium"),
    }
    before, after = (lifecycle_of("TMF622", "productOrder", line) for line in LINES)
    assert before is not None
    assert after is not None
    assert (before.starts_in("draft"), after.starts_in("draft")) == (False, True)


def test_version_5_suspends_a_service() -> None:
    assert {edge for edge in added_in_version_5("service") if "suspended" in edge} == {
        ("active", "suspended", "low"),
        ("suspended", "active", "low"),
        ("suspended", "inactive", "low"),
        ("suspended", "terminated", "low"),
    }


def test_version_5_lets_a_task_be_rejected_or_given_up() -> None:
    task = lifecycle_of("TMF622", "cancelProductOrder", 5)
    assert task is not None
    assert task.starts_in("rejected")
    assert task.allows("inProgress", "cancelled")
    assert all(task.ends_in(state) for state in ("rejected", "cancelled"))


def test_version_5_changes_no_other_lifecycle() -> None:
    changed = {name for name in MACHINES if added_in_version_5(name)}
    tasks = {
        "cancelProductOrder",
        "cancelServiceOrder",
        "productOfferingQualification",
        "serviceQualification",
    }
    assert changed == {"productOrder", "service", *tasks}


def test_no_lifecycle_of_a_resource_that_has_none() -> None:
    assert lifecycle_of("TMF622", "product", 5) is None


def test_a_state_may_stay() -> None:
    assert lifecycle_named("productOrder").allows("completed", "completed")


def test_spellings_of_the_standard_mean_one_state() -> None:
    task, product = lifecycle_named("serviceQualification"), lifecycle_named("product")
    assert task.allows("accepted", "inProgress")
    assert task.starts_in("accepted")
    assert product.allows("pendingActive", "aborted ")
    assert product.ends_in("aborted ")
    assert lifecycle_named("service").starts_in("feasabilityChecked")


def test_an_unknown_state_leads_nowhere() -> None:
    order = lifecycle_named("productOrder")
    assert order.next_states("on its way") == ()
    assert not order.allows("on its way", "completed")
    assert not order.starts_in("on its way")
