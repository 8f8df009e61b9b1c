"""What a query says about a list is read as a fair server may read it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tmfrig.conformance.check import NotApplicable, Violation
from tmfrig.conformance.checks.filtering import everything_listed_has_the_value
from tmfrig.conformance.checks.links import next_link
from tmfrig.conformance.checks.matching import conditions
from tmfrig.conformance.checks.sorting import a_list_is_in_order
from tmfrig.conformance.exchange import Exchange
from tmfrig.specs import standard_contract


def listing(query: list[tuple[str, str]], items: list[dict[str, Any]]) -> Exchange:
    contract = standard_contract("TMF637")
    return Exchange(
        contract=contract,
        method="GET",
        url="http://vendor.example/product",
        path="/product",
        query=query,
        status=200,
        body=json.dumps(items).encode(),
        operation=contract.operation_for("GET", "/product"),
        resource=contract.resources["product"],
        label="GET /product",
    )


@pytest.mark.parametrize(
    ("query", "item"),
    [
        (("name", "Fibre"), {"name": "Fibre"}),
        (("name", "Fibre"), {"name": "FIBRE "}),
        (("name", "TV,Fibre"), {"name": "Fibre"}),
        (("name", "TV, radio"), {"name": "TV, radio"}),
        (("isBundle", "true"), {"isBundle": True}),
        (("startDate", "2026-01-01T00:00:00Z"), {"startDate": "2026-01-01T02:00:00.000+02:00"}),
        (("status", "aborted"), {"status": "aborted "}),
    ],
)
def test_a_value_that_means_the_same_matches(query: tuple[str, str], item: dict[str, Any]) -> None:
    everything_listed_has_the_value(listing([query], [item]))


@pytest.mark.parametrize(
    ("query", "item"),
    [
        (("name", "Fibre"), {"name": "Fibre 500"}),
        (("name", "Fibre"), {"name": None}),
        (("isBundle", "true"), {"isBundle": False}),
        (("startDate", "2026-01-01T00:00:00Z"), {"startDate": "2026-01-01T02:00:00Z"}),
    ],
)
def test_another_value_is_blamed(query: tuple[str, str], item: dict[str, Any]) -> None:
    with pytest.raises(Violation):
        everything_listed_has_the_value(listing([query], [item]))


@pytest.mark.parametrize(
    "query",
    [
        ("limit", "1"),
        ("relatedParty.id", "7"),
        ("startDate.gt", "2026"),
        ("relatedParty", "x"),
        ("acme", "x"),
    ],
)
def test_what_is_no_equality_of_a_first_level_value_is_left_to_others(query: tuple[str, str]) -> None:
    assert conditions(listing([query], [])) == []


def test_a_list_that_never_shows_the_attribute_says_nothing_about_the_filter() -> None:
    everything_listed_has_the_value(listing([("name", "Fibre")], [{"id": "1"}, {"id": "2"}]))


@pytest.mark.parametrize(
    ("sort", "values"),
    [
        ("name", ["a", "B", "c"]),
        ("name", ["B", "a", "c"]),
        ("name", ["a-b", "aa", "ab"]),
        ("-name", ["c", "b", "a"]),
        ("+name", ["a", "b"]),
        (" name", ["a", "b"]),
        ("name", [None, "a", "b"]),
        ("startDate", ["2026-01-01T02:00:00+02:00", "2026-01-01T01:00:00Z"]),
    ],
)
def test_an_order_that_some_collation_gives_is_right(sort: str, values: list[str | None]) -> None:
    name = sort.strip(" +-")
    a_list_is_in_order(listing([("sort", sort)], [{name: value} for value in values]))


@pytest.mark.parametrize(("sort", "values"), [("name", ["b", "a"]), ("-name", ["a", "b"])])
def test_an_order_that_no_collation_gives_is_blamed(sort: str, values: list[str]) -> None:
    with pytest.raises(Violation):
        a_list_is_in_order(listing([("sort", sort)], [{"name": value} for value in values]))


@pytest.mark.parametrize("sort", ["name,id", "relatedParty", "relatedParty.id", ""])
def test_an_order_that_cannot_be_seen_in_one_attribute_is_not_judged(sort: str) -> None:
    with pytest.raises(NotApplicable):
        a_list_is_in_order(listing([("sort", sort)], [{"name": "b"}, {"name": "a"}]))


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ('<http://x/product?offset=2>; rel="next"', "http://x/product?offset=2"),
        ("<?offset=0>; rel=first, <?offset=2>; rel=next", "?offset=2"),
        ('<a,b>; title="one, two"; rel="last next"', "a,b"),
        ('<a>; rel="prev"', None),
        ("nonsense", None),
    ],
)
def test_the_next_page_is_found_in_a_link_header(header: str, target: str | None) -> None:
    assert next_link(header) == target
