"""From an order to a plan: what is there already, and is changed, suspended, resumed or ended."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from com_fakes import SHOP, add, deployed, held, internet, on, order, ports

from tmfrig.mockservers.com.catalog import Blueprint, ServiceBlueprint, TraitRule
from tmfrig.mockservers.com.decomposition import decompose
from tmfrig.mockservers.com.drafting import RefusedError
from tmfrig.mockservers.com.inventory import Deployment, Service, Subscription
from tmfrig.mockservers.com.orders import Intent, Line, Standing
from tmfrig.mockservers.com.plan import Facing, Plan, Verb

CHANGE, REMOVE, KEEP = Intent.CHANGE, Intent.REMOVE, Intent.KEEP
RULES = [TraitRule(name="speed", allowed=[100, 500])]
CATALOG = (
    *SHOP[3:],
    internet(traits={"speed": 500}),
    Blueprint(id="access", name="Access", services=["broadband"], rules=RULES),
    ServiceBlueprint(id="broadband", name="Broadband", requires=["line"], rules=RULES),
)
SERVICES = (
    deployed("s-1", "broadband", "s-2", traits={"speed": 100, "hidden": 1}),
    deployed("s-2", "line", facing=Facing.RESOURCE),
    deployed("s-3", "television"),
)
FIBRE = held("p-1", "s-1", offer="fibre-old")
TV = held("p-2", "s-3", offer="tv", blueprint="tv-product")
PACKAGE = held("p-0", blueprint=None, is_package=True, parts=["p-1", "p-2"])


def plan(
    *lines: Line,
    services: tuple[Service, ...] = SERVICES,
    subscriptions: tuple[Subscription, ...] = (PACKAGE, FIBRE, TV),
) -> Plan:
    neighbours = ports(*CATALOG, services=services, subscriptions=subscriptions)
    return asyncio.run(decompose(order(*lines), neighbours))


def refused(*lines: Line, **there: Any) -> list[str]:
    with pytest.raises(RefusedError) as refusal:
        plan(*lines, **there)
    return refusal.value.reasons


def work(found: Plan) -> list[tuple[str, Verb, str | None, list[str]]]:
    return [(each.id, each.verb, each.service, each.relies_on) for each in found.tasks]


def test_a_change_goes_to_the_services_that_know_the_trait() -> None:
    found = plan(on("1", CHANGE, "p-1", traits={"speed": 500, "hidden": 2, "colour": "red"}))
    (task,) = found.tasks
    assert (task.verb, task.service, task.standing) == (Verb.CHANGE, "s-1", None)
    assert task.traits == {"speed": 500, "hidden": 2}
    (holding,) = found.holdings
    assert (holding.subscription, holding.offer) == ("p-1", "fibre-old")
    assert holding.traits == {"speed": 500, "hidden": 2, "colour": "red"}


def test_a_change_that_no_service_knows_needs_no_work() -> None:
    found = plan(on("1", CHANGE, "p-1", traits={"colour": "red"}))
    assert (found.tasks, found.groups) == ([], [])
    assert found.holdings[0].traits == {"colour": "red"}


def test_a_change_of_the_offer_brings_its_traits() -> None:
    found = plan(on("1", CHANGE, "p-1", offer="fibre"))
    assert (found.holdings[0].offer, found.tasks[0].traits) == ("fibre", {"speed": 500})


def test_an_offer_that_stays_changes_nothing() -> None:
    found = plan(on("1", CHANGE, "p-1", offer="fibre-old", traits={"speed": 500}))
    assert found.tasks[0].traits == {"speed": 500}


@pytest.mark.parametrize("standing", [Standing.SUSPENDED, Standing.ACTIVE])
def test_suspending_and_resuming_concern_what_faces_the_customer(standing: Standing) -> None:
    found = plan(on("1", CHANGE, "p-1", standing=standing))
    assert [(each.service, each.standing, each.verb) for each in found.tasks] == [
        ("s-1", standing, Verb.CHANGE)
    ]


def test_a_package_is_suspended_with_all_its_parts() -> None:
    ended = held("p-3", standing=Standing.ENDED, told="terminated")
    package = PACKAGE.model_copy(update={"parts": ["p-1", "p-2", "p-3", "p-4"]})
    found = plan(
        on("1", CHANGE, "p-0", standing=Standing.SUSPENDED), subscriptions=(package, FIBRE, TV, ended)
    )
    assert work(found) == [
        ("1/p-1.1", Verb.CHANGE, "s-1", []),
        # what relies on something is suspended before it, as the sequence of a plan says
        ("1/p-2.1", Verb.CHANGE, "s-3", ["1/p-1.1"]),
    ]
    assert [(each.key, each.line, each.subscription) for each in found.holdings] == [
        ("1", "1", "p-0"),
        ("1/p-1", "1", "p-1"),
        ("1/p-2", "1", "p-2"),
    ]


def test_a_change_of_a_package_leaves_its_parts_alone() -> None:
    found = plan(on("1", CHANGE, "p-0", traits={"minimumTerm": 12}))
    assert (found.tasks, [each.key for each in found.holdings]) == ([], ["1"])


def test_a_package_can_get_another_part() -> None:
    found = plan(on("1", CHANGE, "p-0", add("1.1", "tv")))
    assert [(each.key, each.parts) for each in found.holdings] == [("1", ["1.1"]), ("1.1", [])]
    assert work(found) == [("1.1.1", Verb.CREATE, None, [])]


def test_an_end_takes_down_what_supports_the_service_too() -> None:
    assert work(plan(on("1", REMOVE, "p-1"))) == [
        ("1.1", Verb.END, "s-1", ["1.2"]),
        ("1.2", Verb.END, "s-2", []),
    ]


def test_what_a_customer_says_of_a_product_that_ends_is_of_no_matter() -> None:
    found = plan(on("1", REMOVE, "p-1", offer="long gone", standing=Standing.ACTIVE))
    assert [(each.traits, each.standing) for each in found.tasks] == [({}, None), ({}, None)]


def test_what_relies_on_something_ends_before_it() -> None:
    found = plan(on("1", REMOVE, "p-1"), on("2", REMOVE, "p-2"))
    assert work(found)[2] == ("2.1", Verb.END, "s-3", ["1.1"])
    assert len(found.groups) == 1


def test_a_package_ends_with_all_its_parts() -> None:
    found = plan(on("1", REMOVE, "p-0"))
    assert [each.key for each in found.holdings] == ["1", "1/p-1", "1/p-2"]
    assert [each.service for each in found.tasks] == ["s-1", "s-2", "s-3"]


def test_parts_that_are_named_are_not_ended_twice() -> None:
    found = plan(on("1", REMOVE, "p-0", on("1.1", REMOVE, "p-1"), on("1.2", KEEP, "p-2")))
    assert [(each.key, each.intent) for each in found.holdings] == [
        ("1", REMOVE),
        ("1.1", REMOVE),
        ("1.2", KEEP),
    ]


def test_parts_that_have_ended_do_not_keep_a_package_from_ending() -> None:
    ended = TV.model_copy(update={"standing": Standing.ENDED})
    found = plan(on("1", REMOVE, "p-0"), subscriptions=(PACKAGE, FIBRE, ended))
    assert [each.key for each in found.holdings] == ["1", "1/p-1"]


def test_services_that_are_gone_do_not_keep_a_product_from_ending() -> None:
    gone = deployed("s-1", deployment=Deployment.ENDED)
    assert plan(on("1", REMOVE, "p-1"), services=(gone,)).tasks == []
    assert plan(on("1", REMOVE, "p-1"), services=()).tasks == []


def test_a_supporting_service_with_a_life_of_its_own_stays() -> None:
    services = (deployed("s-1", "broadband", "s-2"), deployed("s-2", "television"))
    assert work(plan(on("1", REMOVE, "p-1"), services=services)) == [("1.1", Verb.END, "s-1", [])]


def test_what_several_services_share_ends_once() -> None:
    services = (
        deployed("s-1", "broadband", "s-2", "s-9"),
        deployed("s-3", "television", "s-2"),
        deployed("s-2", "line", "s-2", facing=Facing.RESOURCE),
    )
    found = plan(on("1", REMOVE, "p-0"), services=services)
    assert work(found) == [
        ("1/p-1.1", Verb.END, "s-1", ["1/p-1.2"]),
        ("1/p-1.2", Verb.END, "s-2", []),
        ("1/p-2.1", Verb.END, "s-3", ["1/p-1.2", "1/p-1.1"]),
    ]


def test_a_service_of_an_unknown_kind_can_be_ended_and_changed() -> None:
    services = (deployed("s-1", "unheard of", traits={"speed": 1}), deployed("s-0", ""))
    product = held("p-1", "s-1", "s-0", blueprint=None)
    there = {"services": services, "subscriptions": (product,)}
    assert [each.service for each in plan(on("1", REMOVE, "p-1"), **there).tasks] == ["s-1", "s-0"]
    changed = plan(on("1", CHANGE, "p-1", traits={"speed": 7}), **there)
    assert [(each.service, each.traits) for each in changed.tasks] == [("s-1", {"speed": 7})]


@pytest.mark.parametrize(
    ("line", "product", "reason"),
    [
        (on("1", CHANGE, None), FIBRE, "it does not say which product it is about"),
        (on("1", REMOVE, "nope"), FIBRE, "the customer has no product nope"),
        (on("1", CHANGE, "p-1", offer="nope"), FIBRE, "the catalog has no offering nope"),
        (
            on("1", CHANGE, "p-1", traits={"speed": 7}),
            FIBRE,
            "speed cannot be 7; it is one of 100, 500",
        ),
        (
            on("1", CHANGE, "p-1"),
            held("p-1", standing=Standing.ENDED, told="terminated"),
            "the product p-1 is terminated",
        ),
        (
            on("1", REMOVE, "p-1"),
            held("p-1", standing=Standing.CANCELLED, told=""),
            "the product p-1 is cancelled",
        ),
        (
            on("1", REMOVE, "p-1"),
            held("p-1", standing=Standing.PENDING, told="pendingActive"),
            "the product p-1 is pendingActive, and can end once it is active",
        ),
        (
            on("1", CHANGE, "p-1", standing=Standing.SUSPENDED),
            held("p-1", standing=Standing.ENDING, told="pendingTerminate"),
            "the product p-1 is pendingTerminate, and cannot be suspended",
        ),
        (
            on("1", CHANGE, "p-1", standing=Standing.ACTIVE),
            held("p-1", standing=Standing.CREATED, told="created"),
            "the product p-1 is created, and cannot be resumed",
        ),
        (
            on("1", CHANGE, "p-1", traits={"speed": 500}),
            held("p-1", "s-9"),
            "the service s-9 behind the product is no longer deployed",
        ),
    ],
)
def test_what_cannot_be_done_is_refused(line: Line, product: Subscription, reason: str) -> None:
    assert refused(line, subscriptions=(product,)) == [f"Line 1: {reason}."]


def test_a_change_to_an_offer_that_is_not_sold_is_refused() -> None:
    neighbours = ports(
        internet(on_sale=False, why_not="its lifecycle status is Retired"),
        services=SERVICES,
        subscriptions=(FIBRE,),
    )
    with pytest.raises(RefusedError, match="Line 1: Fibre is not on sale: its lifecycle status is Retired"):
        asyncio.run(decompose(order(on("1", CHANGE, "p-1", offer="fibre")), neighbours))
