"""Declaring checks: identity beside the code, once, and read by everybody."""

from __future__ import annotations

import pytest

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import MUST, SHOULD, Check, Manner, Scope, catalogue, check, observing
from tmfrig.specs import Kind, Resource, standard_contract


def test_ids_are_unique_and_sorted() -> None:
    ids = [each.id for each in catalogue()]
    assert ids == sorted(set(ids))
    assert len(ids) > 50


def test_every_check_says_what_it_asks_and_where_that_comes_from() -> None:
    for each in catalogue():
        assert each.sentence.endswith("."), each.id
        assert each.source, each.id


@pytest.mark.parametrize("id", ["Create.Location", "create", "create location", "", "create.", ".x"])
def test_an_id_has_a_form(id: str) -> None:
    with pytest.raises(ValueError, match="is no check id"):
        check(id, MUST, "S.", source="rule X-01")


def test_two_checks_do_not_share_an_id() -> None:
    @check("tests.twice", MUST, "S.", source="rule X-01", scope="api")
    def one(api: Api) -> None: ...

    def other(api: Api) -> None: ...

    with pytest.raises(ValueError, match=r"two checks are called 'tests\.twice'"):
        check("tests.twice", SHOULD, "S.", source="rule X-01", scope="api")(other)


def test_what_tests_declare_is_not_in_the_catalogue() -> None:
    @observing("tests.outside", MUST, "S.", source="rule X-01")
    def outside(exchange: object) -> None: ...

    assert "tests.outside" not in {each.id for each in catalogue()}


def declared(on: frozenset[Kind] = frozenset(), scope: Scope = Scope.RESOURCE, when: object = None) -> Check:
    return Check("a.b", MUST, "S.", "X", Manner.PROBING, scope, on, when, lambda *_: None)  # type: ignore[arg-type]


def test_a_check_applies_where_the_contract_offers_what_it_is_about() -> None:
    order, cancel = standard_contract("TMF622").resources.values()
    assert declared(frozenset({Kind.PATCH})).applies_to(order)
    assert not declared(frozenset({Kind.PATCH})).applies_to(cancel)
    assert declared(frozenset({Kind.PATCH, Kind.CREATE})).applies_to(cancel)

    def with_a_date(resource: Resource) -> bool:
        return "orderDate" in resource.attributes

    assert [declared(when=with_a_date).applies_to(each) for each in (order, cancel)] == [True, False]
