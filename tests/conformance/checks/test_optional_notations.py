"""What a target need not understand is not held against it, and what it misunderstands is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tmfrig.conformance.api import Instance
from tmfrig.conformance.check import NotApplicable, Violation
from tmfrig.conformance.checks.filtering import everything_listed_has_the_value
from tmfrig.conformance.checks.matching import OPTIONAL, conditions
from tmfrig.conformance.checks.samples import Samples
from tmfrig.conformance.checks.trying import Found, differs
from tmfrig.conformance.exchange import Exchange
from tmfrig.specs import standard_contract

CONTRACT = standard_contract("TMF637")
PRODUCT = CONTRACT.resources["product"]


def listing(ids: list[str], query: tuple[tuple[str, str], ...] = (), **more: Any) -> Exchange:
    items = [{"id": id, "name": f"name of {id}"} for id in ids]
    return Exchange(
        contract=CONTRACT,
        method="GET",
        url="http://vendor.example/product",
        path="/product",
        query=query,
        status=more.pop("status", 200),
        body=json.dumps(items).encode(),
        operation=CONTRACT.operation_for("GET", "/product"),
        resource=PRODUCT,
        label="GET /product",
        **more,
    )


def three() -> Samples:
    instances = [Instance(PRODUCT, id, {"id": id}, listing([id]), created=True) for id in "abc"]
    return Samples(PRODUCT, instances, "name", ["x", "y", "z"], {"description": "ours"}, ["a", "b", "c"])


def judged(ids: str, wanted: str, *, status: int = 200, offered: bool = False) -> None:
    answer = listing([*ids], status=status)
    differs(Found(answer, frozenset(ids)), three(), [*wanted], offered=offered)


@pytest.mark.parametrize("ids", ["b", "abc", "", "abcd"])
def test_what_was_asked_for_or_no_selection_at_all_is_right(ids: str) -> None:
    judged(ids, "b")


@pytest.mark.parametrize("ids", ["a", "ab", "bc"])
def test_another_selection_is_a_misunderstanding(ids: str) -> None:
    with pytest.raises(Violation, match="the list holds"):
        judged(ids, "b")


@pytest.mark.parametrize("ids", ["abc", ""])
def test_who_understands_the_notation_has_to_select(ids: str) -> None:
    with pytest.raises(Violation):
        judged(ids, "b", offered=True)


@pytest.mark.parametrize("status", [206, 400, 501])
def test_a_part_of_a_list_and_a_refusal_say_nothing(status: int) -> None:
    judged("a", "b", status=status)


def test_the_three_in_one_value_are_alternatives() -> None:
    found = conditions(listing([], (("name", "x;name=y"),)))

    assert [each.holds({"name": name}) for each in found for name in ("x", "y", "z")] == [True, True, False]


@pytest.mark.parametrize("value", ["x;description=y", "x;name=y;description=z"])
def test_alternatives_of_different_attributes_are_left_to_others(value: str) -> None:
    assert conditions(listing([], (("name", value),))) == []


def test_a_semicolon_may_be_part_of_a_value() -> None:
    (found,) = conditions(listing([], (("name", "Aarhus; Nygade 4"),)))

    assert found.holds({"name": "Aarhus; Nygade 4"})


def test_an_optional_notation_is_not_judged_as_a_plain_filter() -> None:
    query = (("name", "one,two"),)
    with pytest.raises(Violation):
        everything_listed_has_the_value(listing(["a"], query))
    with pytest.raises(NotApplicable):
        everything_listed_has_the_value(listing(["a"], query, tags=frozenset({OPTIONAL})))
