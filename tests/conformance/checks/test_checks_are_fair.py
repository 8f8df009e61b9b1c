"""Legal variety is blamed by no check, by none at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fake_vendor import vendor
from judging import blamed, judged, judged_at

from tmfrig.reports.result import Outcome, Result
from tmfrig.specs import API_IDS, Contract, lines_of, load_contract, standard_contract

OFFICIAL = Path(__file__).parents[4] / "shared" / "tmf" / "official"
EVERY = [(api, line) for api in API_IDS for line in lines_of(api)]
MANNERS = [
    "relative",
    "extra",
    "numbers",
    "shaped-ids",
    "offsets",
    "long-errors",
    "problem-json",
    "says-422",
    "refuses-client-id",
    "no-405",
    "no-changes",
    "read-only",
    "strangers",
    "settles",
    "moves-on",
    "gateway-href",
    "fields-drop-identity",
    "no-sort",
    "small-pages",
    "links",
    "beyond-is-416",
    "garbage-is-400",
    "patch-needs-items",
    "no-state-patch",
    "refuses-non-patchable",
    "no-hub",
    "one-listener",
    "events-doubled",
    "events-late",
    "event-case",
    "event-partial",
    "both-events",
    "listener-paths",
    "query-refused",
    "query-not-kept",
    "crowded",
    "nulls",
    "jsonpath",
    "no-jsonpath",
    "strict-queries",
    "newest-first",
    "names-once",
]
NEWER_MANNERS = [
    "later",
    "json-patch",
    "strict-types",
    "refuses-extensions",
    "hub-by-location",
    "asks-for-information",
    "no-drafts",
]
A_SMALL_SHOP = ("relative", "extra", "small-pages", "no-changes", "numbers", "no-sort", "no-405")
AN_OLD_STACK = (
    "offsets",
    "moves-on",
    "settles",
    "strangers",
    "events-doubled",
    "events-late",
    "listener-paths",
)
A_GATEWAY = ("gateway-href", "long-errors", "says-422", "links", "garbage-is-400", "fields-drop-identity")
A_STRICT_ONE = (
    "refuses-client-id",
    "patch-needs-items",
    "no-state-patch",
    "refuses-non-patchable",
    "one-listener",
)
VENDORS = [A_SMALL_SHOP, AN_OLD_STACK, A_GATEWAY, A_STRICT_ONE]


def quickly(*chosen: tuple[str, int]) -> list[Any]:
    """All contracts, of which these alone are quick."""
    return [pytest.param(*each, marks=() if each in chosen else pytest.mark.detection) for each in EVERY]


RIGHTLY = quickly(("TMF622", 4), ("TMF637", 4), ("TMF637", 5), ("TMF679", 4))
OFFICIALLY = quickly(("TMF641", 4))


@cache
def told_of_right(api: str, line: int = 4) -> Sequence[Result]:
    """What is said of a vendor without faults or peculiarities."""
    return judged(standard_contract(api, line))


def in_turns(ones: Sequence[Any], others: Sequence[Any]) -> list[Any]:
    """All pairs. Of those of every fourth of `ones`, one alone is quick: a sample of all."""
    pairs = []
    for number, one in enumerate(ones):
        chosen = None if number % 4 else others[number // 4 % len(others)]
        for other in others:
            marks = () if other == chosen else pytest.mark.detection
            pairs.append(pytest.param(one, other, marks=marks))
    return pairs


@pytest.mark.parametrize(("api", "line"), RIGHTLY)
def test_a_right_vendor_of_each_api_is_not_blamed(api: str, line: int) -> None:
    assert blamed(told_of_right(api, line)) == {}


@pytest.mark.parametrize(("manner", "line"), in_turns(MANNERS, [4, 5]))
def test_a_legal_peculiarity_is_not_blamed(manner: str, line: int) -> None:
    assert blamed(judged(standard_contract("TMF637", line), manners=[manner])) == {}


@pytest.mark.parametrize(("manner", "api"), in_turns(NEWER_MANNERS, ["TMF637", "TMF622"]))
def test_what_newer_contracts_allow_is_not_blamed(manner: str, api: str) -> None:
    assert blamed(judged(standard_contract(api, 5), manners=[manner])) == {}


@pytest.mark.parametrize(("manners", "key"), in_turns(VENDORS, [("TMF622", 4), ("TMF645", 4), ("TMF622", 5)]))
def test_a_peculiar_vendor_is_not_blamed(manners: tuple[str, ...], key: tuple[str, int]) -> None:
    assert blamed(judged(standard_contract(*key), manners=manners)) == {}


def test_a_refusal_for_other_reasons_tells_nothing_about_media_types() -> None:
    asked = ("create.mandatory-suffices", "media-type.case", "media-type.charset")
    results = judged(standard_contract("TMF622"), manners=["cancels-nothing"], only=asked)
    cancelling = {each.outcome for each in results if each.resource == "cancelProductOrder"}
    assert (blamed(results), cancelling) == ({}, {Outcome.skipped})


@pytest.mark.parametrize(("manner", "api"), in_turns(["at-once", "born-done"], ["TMF645", "TMF679"]))
def test_qualifications_may_be_answered_at_once(manner: str, api: str) -> None:
    assert blamed(judged(standard_contract(api), manners=[manner])) == {}


def test_a_vendor_without_the_optional_resources_is_not_blamed() -> None:
    results = judged(standard_contract("TMF622"), manners=["core-only", "no-405"])

    assert blamed(results) == {}
    told = {(each.outcome, each.message) for each in results if each.resource == "cancelProductOrder"}
    assert told == {(Outcome.skipped, "not offered: cancelProductOrder (answered 404)")}


def test_an_optional_resource_that_is_there_has_to_be_listed() -> None:
    results = judged(standard_contract("TMF622"), "no-lists", manners=["no-405"], only=["list.answers"])

    assert [each.resource for each in results if each.outcome is Outcome.failed] == [
        "productOrder",
        "cancelProductOrder",
    ]


def test_an_inventory_that_can_only_be_read_is_judged_by_what_it_holds() -> None:
    contract = standard_contract("TMF637")
    product = contract.resources["product"]
    with vendor(contract, manners=["read-only"]) as fake:
        for number in range(5):
            fake.seed({"status": "active", "name": f"Line {number}"}, product)
        results = judged_at(contract, fake.url)

    passed = {each.check for each in results if each.outcome is Outcome.passed}
    assert blamed(results) == {}
    assert {"fields.by-id", "filter.finds-mandatory", "page.walk", "representation.href"} <= passed


def test_a_vendor_who_knows_other_specifications_is_not_judged_wrong_for_it() -> None:
    results = judged(standard_contract("TMF638"), manners=["knows-no-specification"])

    assert Outcome.failed not in {each.outcome for each in results}
    suffices = next(each for each in results if each.check == "create.mandatory-suffices")
    assert suffices.outcome is Outcome.skipped
    assert "serviceSpecification" in suffices.message


def test_a_registration_answered_204_is_warned_about_and_no_more() -> None:
    results = judged(standard_contract("TMF637"), manners=["hub-204"])

    assert list(blamed(results)) == ["hub.status"]


@pytest.mark.parametrize(("api", "line"), OFFICIALLY)
def test_the_official_documents_are_as_good_a_contract_as_ours(api: str, line: int) -> None:
    if not OFFICIAL.is_dir():
        pytest.skip("the official documents are not here")
    contract = load_contract(next((OFFICIAL / f"v{line}").glob(f"{api}*")), api)

    assert blamed(judged(contract)) == {}


def test_optional_features_are_told_but_not_blamed() -> None:
    results = judged(standard_contract("TMF622"), manners=["small-pages"])

    outcomes = {each.check: each.outcome for each in results if each.resource == "productOrder"}
    assert outcomes["page.partial-status"] is Outcome.passed
    assert outcomes["fields.dotted"] is Outcome.passed
    plain = {each.check: each for each in told_of_right("TMF622") if each.resource == "productOrder"}
    assert plain["page.partial-status"].outcome is Outcome.skipped
    assert plain["page.partial-status"].message.startswith("not offered")


def test_a_filter_by_jsonpath_is_told_where_it_works() -> None:
    results = judged(standard_contract("TMF637"), manners=["jsonpath"])
    ignored = told_of_right("TMF637")

    assert {each.check: each.outcome for each in results}["filter.jsonpath"] is Outcome.passed
    told = {each.check: each for each in ignored}["filter.jsonpath"]
    assert (told.outcome, told.message[:12]) == (Outcome.skipped, "not offered:")


def test_an_extension_is_told_to_be_taken() -> None:
    told = {each.check: each for each in told_of_right("TMF637", 5)}["polymorphism.extension"]

    assert (told.outcome, told.message) == (Outcome.passed, "taken as an extension of Product")


def test_checks_of_what_version_5_brought_do_not_run_where_the_contract_lacks_it() -> None:
    results = {each.check for each in told_of_right("TMF622")}

    newer = {"patch.json-patch", "patch.untyped", "hub.untyped", "hub.retrieve", "create.accepted"}
    assert not results & (newer | {"polymorphism.type", "polymorphism.immutable", "state.draft"})


def test_what_is_done_later_is_judged_like_what_is_done_at_once() -> None:
    at_once = {each.check: each.outcome for each in told_of_right("TMF637", 5)}
    answered_later = judged(standard_contract("TMF637", 5), manners=["later"])
    later = {each.check: each.outcome for each in answered_later}

    assert later["create.accepted"] is Outcome.passed
    differ = {
        name for name in at_once if at_once[name] is Outcome.passed and later[name] is not Outcome.passed
    }
    # They are about the answer that a 202 does not give, or about what is so at once.
    assert differ <= {
        *("create.location", "create.representation", "create.keeps-mandatory", "representation.profile"),
        *("fields.on-create", "fields.on-patch", "patch.representation"),
        "create.server-clock",
        *("consistency.created", "consistency.patched", "consistency.deleted", "polymorphism.kept"),
    }


def test_fields_on_create_is_judged_where_the_contract_declares_it(
    changed_contract: Callable[[str, Callable[[dict[str, Any]], None]], Contract],
) -> None:
    def declare_fields(document: dict[str, Any]) -> None:
        parameter = {"name": "fields", "in": "query", "schema": {"type": "string"}}
        document["paths"]["/product"]["post"].setdefault("parameters", []).append(parameter)

    contract = changed_contract("TMF637", declare_fields)

    results = {each.check: each.outcome for each in judged(contract)}
    assert results["fields.on-create"] is Outcome.passed
    assert "fields.on-create" not in {each.check for each in told_of_right("TMF637")}
    assert "fields.narrows" in blamed(judged(contract, "fields-ignored"))
