"""What is declared as not offered: it is not asked for, and shown so; unless a profile makes it mandatory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from raw_server import Request, response
from shelf import shelf

from tmfrig.conformance.capabilities import Absence, Capabilities
from tmfrig.conformance.check import catalogue
from tmfrig.conformance.client import Connection
from tmfrig.conformance.mounting import MountedApi, mount
from tmfrig.conformance.runner import Order, judge
from tmfrig.conformance.target import TargetError, validated
from tmfrig.reports.result import Outcome, Result
from tmfrig.reports.summary import not_offered
from tmfrig.specs import Contract, standard_contract


def judged(
    contract: Contract, url: str, absent: set[str], *only: str
) -> dict[tuple[str, str | None], Result]:
    mounted = MountedApi(contract, Connection(url), frozenset(), capabilities=Capabilities(frozenset(absent)))
    results = judge(Order([mounted], only=only)).results
    return {(each.check, each.resource): each for each in results}


def test_what_is_not_offered_is_not_asked_for(contract: Contract) -> None:
    with shelf() as (orders, server):
        found = judged(
            contract,
            orders.url,
            {"hub", "productOrder.delete", "patch"},
            "delete.gone",
            "hub.unregister",
            "patch.changes",
        )
        methods = {request.method for request in server.requests}
        paths = {request.path for request in server.requests}
    assert {each.outcome for each in found.values()} == {Outcome.skipped}
    assert found["delete.gone", "productOrder"].message == "not offered: DELETE productOrder (declared)"
    assert found["patch.changes", "productOrder"].message == "not offered: PATCH productOrder (declared)"
    assert not_offered(found["hub.unregister", "hub"].message) == "the hub"
    assert not methods & {"DELETE", "PATCH"}
    assert not [path for path in paths if path.endswith("/hub")]


def test_what_is_there_after_all_is_told(contract: Contract) -> None:
    def open_hearted(request: Request) -> Any:
        asked = request.method == "OPTIONS"
        return response(204, headers={"Allow": "GET, DELETE"}) if asked else "as usual"

    with shelf(open_hearted) as (orders, server):
        found = judged(contract, orders.url, {"delete", "sort"}, "method.declared", "sort.directions")
        methods = {request.method for request in server.requests}
    told = found["method.declared", None]
    assert told.outcome is Outcome.passed
    assert told.message == "declared as not offered, yet Allow names it: DELETE productOrder"
    assert found["sort.directions", "productOrder"].message == "not offered: sort (declared)"
    assert found["sort.directions", "productOrder"].outcome is Outcome.skipped
    assert "DELETE" not in methods


def test_a_mandatory_operation_cannot_be_declared_away(contract: Contract) -> None:
    with shelf() as (orders, server):
        found = judged(contract, orders.url, {"create"}, "method.mandatory")
        assert "POST" not in {request.method for request in server.requests}
    assert found["method.mandatory", None].outcome is Outcome.failed
    assert "create of productOrder is declared as not offered" in found["method.mandatory", None].message


def test_neither_can_reading_one_resource(contract: Contract) -> None:
    with shelf() as (orders, _):
        found = judged(contract, orders.url, {"productOrder.retrieve"}, "method.mandatory")
    assert found["method.mandatory", None].outcome is Outcome.failed
    assert "retrieve of productOrder is declared as not offered" in found["method.mandatory", None].message


def test_mandatory_filters_cannot_be_declared_away(contract: Contract) -> None:
    equality = next(check for check in catalogue() if check.id == "filter.equality")
    absent = Capabilities(frozenset({"filters"}))
    order, cancel = contract.resources["productOrder"], contract.resources["cancelProductOrder"]
    assert absent.absence(equality, contract, order) is None
    assert absent.absence(equality, contract, cancel) == Absence("filters", asked_for=True)


def test_names_are_known(tmp_path: Path) -> None:
    entries = [
        {"api": "TMF622", "url": "http://127.0.0.1:1/a", "capabilities": {"productOrder.delete": False}},
        {"api": "TMF637", "url": "http://127.0.0.1:1/b"},
    ]
    said = {"apis": entries, "capabilities": {"hub": False, "product.patch": False}}
    orders, products = mount(validated(said, ""))
    assert orders.capabilities.absent == {"hub", "product.patch", "productOrder.delete"}
    assert products.capabilities.absent == {"hub", "product.patch"}


@pytest.mark.parametrize(
    ("capabilities", "told"),
    [
        ({"events": False}, "capabilities.events: there is no such capability; there are create, delete"),
        ({"order.delete": False}, "capabilities.order.delete: there is no such capability"),
        ({"productOrder.sort": False}, "capabilities.productOrder.sort: there is no such capability"),
        ({"hub": True}, "capabilities.hub: input should be"),
        ({"hub": "no"}, "capabilities.hub: input should be"),
    ],
)
def test_a_mistake_is_told_in_one_line(capabilities: dict[str, Any], told: str) -> None:
    said = {"apis": [{"api": "TMF622", "url": "http://127.0.0.1:1/a"}], "capabilities": capabilities}
    with pytest.raises(TargetError) as mistake:
        mount(validated(said, ""))
    assert str(mistake.value).startswith(told)
    assert "\n" not in str(mistake.value)


@pytest.mark.parametrize(
    ("message", "what"),
    [
        ("not offered: the hub (declared)", "the hub"),
        ("DELETE /x/{id} is not offered (answered 405)", "DELETE /x/{id}"),
        ("filter is not offered, or has another meaning here", "filter"),
        ("nothing was observed", None),
    ],
)
def test_the_summary_knows_what_is_not_offered(message: str, what: str | None) -> None:
    assert not_offered(message) == what


def test_nothing_is_absent_unless_it_is_said() -> None:
    contract = standard_contract("TMF620")
    nothing = Capabilities()
    assert nothing.refused(contract, "DELETE", "/catalog/1") is None
    assert (
        Capabilities(frozenset({"catalog.delete"})).refused(contract, "DELETE", "/catalog/1")
        == "DELETE catalog"
    )
    assert Capabilities(frozenset({"catalog.delete"})).refused(contract, "DELETE", "/category/1") is None
