"""From an order to a plan: what is new."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from com_fakes import ACCESS, BROADBAND, LINE, SHOP, FakeCatalog, add, internet, on, order, ports

from tmfrig.mockservers.com.catalog import Blueprint, Offer, Part, ServiceBlueprint, TraitRule
from tmfrig.mockservers.com.decomposition import MOST_UNITS, decompose
from tmfrig.mockservers.com.drafting import MOST_HOLDINGS, RefusedError
from tmfrig.mockservers.com.orders import Intent, Line
from tmfrig.mockservers.com.plan import Facing, Plan, Verb

HOME = Offer(
    id="home",
    name="Home",
    is_package=True,
    parts=[Part(offer="fibre", least=1, most=1), Part(offer="tv", usual=0, least=0, most=2)],
)


def plan(*lines: Line, catalog: tuple[Any, ...] = (*SHOP, HOME)) -> Plan:
    return asyncio.run(decompose(order(*lines), ports(*catalog)))


def refused(*lines: Line, catalog: tuple[Any, ...] = (*SHOP, HOME)) -> list[str]:
    with pytest.raises(RefusedError) as refusal:
        plan(*lines, catalog=catalog)
    return refusal.value.reasons


def shape(found: Plan) -> dict[str, tuple[str, list[str]]]:
    """Each task with the specification of its service and what it relies on."""
    return {each.id: (each.blueprint, each.relies_on) for each in found.tasks}


def test_a_product_becomes_its_services_and_what_they_require() -> None:
    found = plan(add("1", "fibre"))
    assert shape(found) == {"1.1": ("broadband", ["1.2"]), "1.2": ("line", [])}
    assert [each.facing for each in found.tasks] == [Facing.CUSTOMER, Facing.RESOURCE]
    assert {each.verb for each in found.tasks} == {Verb.CREATE}
    assert found.groups == [["1.1", "1.2"]]
    (holding,) = found.holdings
    assert (holding.key, holding.name, holding.offer, holding.blueprint) == ("1", "Fibre", "fibre", "access")
    assert (holding.subscription, holding.is_package) == (None, False)


def test_a_product_can_be_ordered_by_what_it_is() -> None:
    found = plan(add("1", blueprint="access"))
    assert (found.holdings[0].name, found.holdings[0].offer) == ("Access", None)
    assert len(found.tasks) == 2


def test_the_id_that_a_customer_gives_a_new_product_is_not_taken_for_one_that_is_there() -> None:
    assert plan(add("1", "fibre", holding="my-wish")).holdings[0].subscription is None


def test_a_service_has_the_traits_of_its_product_that_it_knows() -> None:
    catalog = (
        internet(traits={"speed": 500}),
        Blueprint(
            id="access",
            name="Access",
            services=["broadband"],
            rules=[TraitRule(name="speed", default=100), TraitRule(name="colour", default="red")],
        ),
        ServiceBlueprint(
            id="broadband",
            name="Broadband",
            rules=[TraitRule(name="speed", default=50), TraitRule(name="profile", default="P")],
        ),
    )
    found = plan(add("1", "fibre", traits={"socket": "B.1"}), catalog=catalog)
    assert found.holdings[0].traits == {"speed": 500, "colour": "red", "socket": "B.1"}
    assert found.tasks[0].traits == {"speed": 500, "profile": "P"}


def test_several_units_are_several_products_with_names_of_their_own() -> None:
    found = plan(add("1", "home", add("1.1", "fibre"), quantity=2))
    assert [(each.key, each.line) for each in found.holdings] == [
        ("1", "1"),
        ("1.1", "1.1"),
        ("1/2", "1"),
        ("1.1/2", "1.1"),
    ]
    assert [each.parts for each in found.holdings if each.line == "1"] == [["1.1"], ["1.1/2"]]
    assert list(shape(found)) == ["1.1.1", "1.1.2", "1.1/2.1", "1.1/2.2"]


def test_units_of_parts_of_units_are_all_told_apart() -> None:
    found = plan(add("1", None, add("1.1", "fibre", quantity=2), blueprint="access", quantity=2))
    keys = [each.key for each in found.holdings]
    assert keys == ["1", "1.1", "1.1/2", "1/2", "1.1/3", "1.1/4"]
    assert len({each.id for each in found.tasks}) == len(found.tasks) == 12


def test_a_package_has_the_parts_that_are_named() -> None:
    found = plan(add("1", "home", add("1.1", "fibre"), add("1.2", "tv")))
    package, *parts = found.holdings
    assert (package.is_package, package.parts) == (True, ["1.1", "1.2"])
    assert [each.offer for each in parts] == ["fibre", "tv"]
    assert shape(found)["1.2.1"] == ("television", ["1.1.1"])
    assert len(found.groups) == 1


def test_a_package_has_its_usual_parts_where_none_are_named() -> None:
    found = plan(add("1", "home"))
    package, part = found.holdings
    assert package.parts == ["1/fibre"]
    # the order has no such line: for everybody else the part belongs to the line that is there
    assert (part.key, part.line, part.offer) == ("1/fibre", "1", "fibre")
    assert {each.line for each in found.tasks} == {"1"}


def test_what_is_only_sold_in_packages_can_be_a_part() -> None:
    catalog = (
        *SHOP[1:],
        internet(on_sale=False, only_in_packages=True, why_not="it is not sold by itself"),
        HOME,
    )
    assert plan(add("1", "home"), catalog=catalog).holdings[1].offer == "fibre"
    assert refused(add("1", "fibre"), catalog=catalog) == [
        "Line 1: Fibre is not on sale: it is not sold by itself."
    ]


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ([add("1.1", "tv")], "Line 1: Home has 1 to 1 of fibre, and 0 are ordered."),
        ([add("1.1", "fibre", quantity=2)], "Line 1: Home has 1 to 1 of fibre, and 2 are ordered."),
        (
            [add("1.1", "fibre"), add("1.2", "tv", quantity=3)],
            "Line 1: Home has 0 to 2 of tv, and 3 are ordered.",
        ),
    ],
)
def test_a_package_limits_its_parts(parts: list[Line], reason: str) -> None:
    assert refused(add("1", "home", *parts)) == [reason]


def test_a_part_without_an_upper_limit_has_at_least_some() -> None:
    pack = Offer(id="pack", name="Pack", is_package=True, parts=[Part(offer="fibre", least=2)])
    assert refused(add("1", "pack", add("1.1", "fibre")), catalog=(*SHOP, pack)) == [
        "Line 1: Pack has 2 to any number of fibre, and 1 are ordered."
    ]


def test_a_service_relies_on_what_the_same_order_brings() -> None:
    found = plan(add("1", "tv"), add("2", "fibre"))
    assert shape(found)["1.1"] == ("television", ["2.1"])
    assert found.groups == [["1.1", "2.1", "2.2"]]


def test_an_add_on_alone_relies_on_nothing_in_the_order() -> None:
    assert shape(plan(add("1", "tv"))) == {"1.1": ("television", [])}


def test_independent_lines_are_ordered_apart_and_dependent_ones_together() -> None:
    assert plan(add("1", "fibre"), add("2", "fibre")).groups == [["1.1", "1.2"], ["2.1", "2.2"]]
    assert plan(add("1", "fibre"), add("2", "fibre", needs=["1"])).groups == [["1.1", "1.2", "2.1", "2.2"]]


def test_what_is_kept_needs_no_work() -> None:
    found = plan(on("1", Intent.KEEP, "p-1"))
    assert (found.tasks, found.groups) == ([], [])
    assert found.holdings[0].subscription == "p-1"


def test_what_several_services_require_is_created_once() -> None:
    catalog = (
        internet(),
        Blueprint(id="access", name="Access", services=["left", "right"]),
        ServiceBlueprint(id="left", name="Left", requires=["line"]),
        ServiceBlueprint(id="right", name="Right", requires=["line", "line"]),
        LINE,
    )
    assert shape(plan(add("1", "fibre"), catalog=catalog)) == {
        "1.1": ("left", ["1.2"]),
        "1.2": ("line", []),
        "1.3": ("right", ["1.2"]),
    }


def test_a_deep_catalog_is_followed_to_its_ground() -> None:
    chain = [ServiceBlueprint(id=f"s{n}", name=f"S{n}", requires=[f"s{n + 1}"]) for n in range(30)]
    catalog = (
        internet(),
        Blueprint(id="access", name="Access", services=["s0"]),
        *chain,
        ServiceBlueprint(id="s30", name="S30"),
    )
    assert len(plan(add("1", "fibre"), catalog=catalog).tasks) == 31


def test_each_service_of_a_thicket_is_looked_up_once() -> None:
    names = [f"s{n}" for n in range(12)]
    thicket = [
        ServiceBlueprint(id=name, name=name, requires=names[number + 1 :])
        for number, name in enumerate(names)
    ]
    catalog = FakeCatalog(internet(), Blueprint(id="access", name="Access", services=["s0"]), *thicket)
    neighbours = ports()
    object.__setattr__(neighbours, "catalog", catalog)
    found = asyncio.run(decompose(order(add("1", "fibre")), neighbours))
    assert (len(found.tasks), catalog.asked) == (12, 14)


# ── refusals ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (add("1", "nope"), "Line 1: the catalog has no offering nope."),
        (add("1"), "Line 1: it names neither an offering nor what the product is."),
        (add("1", blueprint="nope"), "Line 1: the catalog has no specification nope."),
        (add("1", "fibre", blueprint="nope"), "Line 1: the catalog has no specification nope."),
        (add("1", "fibre", quantity=0), "Line 1: a quantity of 0 cannot be ordered."),
        (
            add("1", "fibre", quantity=MOST_UNITS + 1),
            f"Line 1: a quantity of {MOST_UNITS + 1} cannot be ordered.",
        ),
        (add("1", "fibre", quantity=-(10**9)), "Line 1: a quantity of -1000000000 cannot be ordered."),
    ],
)
def test_what_the_catalog_does_not_have_is_refused(line: Line, reason: str) -> None:
    assert refused(line) == [reason]


def test_what_is_not_on_sale_is_refused_with_the_reason() -> None:
    retired = internet(on_sale=False, why_not="its lifecycle status is Retired")
    assert refused(add("1", "fibre"), catalog=(retired, ACCESS, BROADBAND, LINE)) == [
        "Line 1: Fibre is not on sale: its lifecycle status is Retired."
    ]


def test_every_reason_is_told_and_none_twice() -> None:
    assert refused(add("1", "nope"), add("2", "nada"), add("3", "fibre")) == [
        "Line 1: the catalog has no offering nope.",
        "Line 2: the catalog has no offering nada.",
    ]
    home = Offer(id="home", name="Home", is_package=True, parts=[Part(offer="nope", usual=3)])
    assert refused(add("1", "home", quantity=3), catalog=(home,)) == [
        "Line 1: the catalog has no offering nope."
    ]


def test_an_order_of_nothing_is_refused() -> None:
    assert refused() == ["The order has no lines."]


def test_lines_with_the_same_number_are_refused() -> None:
    assert refused(add("1", "fibre"), add("1", "tv")) == [
        "Line 1: the order has several lines of this number."
    ]
    assert refused(add("1", None, add("1", "fibre"), blueprint="access")) == [
        "Line 1: the order has several lines of this number."
    ]


def test_a_service_that_the_catalog_does_not_have_is_refused() -> None:
    assert refused(add("1", "fibre"), catalog=(internet(), ACCESS, BROADBAND)) == [
        "Line 1: Fibre needs the service line, which the service catalog does not have."
    ]


def test_services_that_require_each_other_are_refused() -> None:
    catalog = (
        internet(),
        ACCESS,
        ServiceBlueprint(id="broadband", name="Broadband", requires=["line"]),
        ServiceBlueprint(id="line", name="Line", requires=["broadband"]),
    )
    assert refused(add("1", "fibre"), catalog=catalog) == ["Line 1: the service broadband requires itself."]


def test_services_that_rely_on_each_other_are_left_to_who_carries_them_out() -> None:
    catalog = (
        internet(),
        ACCESS,
        ServiceBlueprint(id="broadband", name="Broadband", relies_on=["broadband", "television"]),
        *SHOP[4:],
    )
    assert shape(plan(add("1", "fibre"), add("2", "tv"), catalog=catalog)) == {
        "1.1": ("broadband", ["2.1"]),
        "2.1": ("television", ["1.1"]),
    }


def test_packages_within_themselves_are_refused() -> None:
    one = Offer(id="one", name="One", is_package=True, parts=[Part(offer="two")])
    two = Offer(id="two", name="Two", is_package=True, parts=[Part(offer="one")])
    assert refused(add("1", "one"), catalog=(one, two)) == ["Line 1: the offering one is a part of itself."]


def test_packages_that_multiply_beyond_reason_are_refused() -> None:
    levels = [
        Offer(id=f"p{n}", name=f"P{n}", is_package=True, parts=[Part(offer=f"p{n + 1}", usual=100)])
        for n in range(4)
    ]
    assert refused(
        add("1", "p0"), catalog=(*levels, Offer(id="p4", name="P4", blueprint="access"), ACCESS)
    ) == [f"The order would bring more than {MOST_HOLDINGS} products."]


RULED = Blueprint(
    id="access",
    name="Access",
    rules=[
        TraitRule(name="speed", allowed=[100, 500]),
        TraitRule(name="days", least=0, most=30),
        TraitRule(name="floor", least=1),
        TraitRule(name="height", most=9.5),
        TraitRule(name="number", pattern=r"^\+[0-9]+$"),
        TraitRule(name="odd", pattern="("),
    ],
)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("speed", 200, "speed cannot be 200; it is one of 100, 500"),
        ("days", 31, "days cannot be 31; it lies between 0 and 30"),
        ("days", "many", "days cannot be many; it lies between 0 and 30"),
        ("days", [1], "days cannot be [1]; it lies between 0 and 30"),
        ("floor", 0, "floor cannot be 0; it is at least 1"),
        ("height", 10, "height cannot be 10; it is at most 9.5"),
        ("number", "044", r"number cannot be '044'; it has the form ^\+[0-9]+$"),
    ],
)
def test_traits_keep_the_rules_of_the_specification(name: str, value: Any, reason: str) -> None:
    assert refused(add("1", "fibre", traits={name: value}), catalog=(internet(), RULED)) == [
        f"Line 1: {reason}."
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("speed", "500"),
        ("speed", 500.0),
        ("days", "7"),
        ("floor", 1),
        ("height", 9.5),
        ("number", "+41"),
        ("odd", "what the rule says cannot be understood"),
        ("unheard of", None),
    ],
)
def test_what_a_rule_does_not_forbid_is_possible(name: str, value: Any) -> None:
    found = plan(add("1", "fibre", traits={name: value}), catalog=(internet(), RULED))
    assert found.holdings[0].traits == {name: value}


def test_what_an_offer_fixes_cannot_be_chosen() -> None:
    fixed = internet(traits={"speed": 100}, choices={"speed": [100]})
    assert refused(add("1", "fibre", traits={"speed": 500}), catalog=(fixed, RULED)) == [
        "Line 1: Fibre has speed 100, not 500."
    ]
    assert plan(add("1", "fibre", traits={"speed": "100"}), catalog=(fixed, RULED)).holdings


def test_the_units_of_an_order_are_limited_by_nothing_else() -> None:
    assert len(plan(add("1", "tv", quantity=MOST_UNITS)).tasks) == MOST_UNITS
