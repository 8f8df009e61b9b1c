"""The mandatory suite asks what TM Forum's conformance profiles ask, and nothing else."""

from __future__ import annotations

import pytest

from tmfrig.conformance.check import Check, Scope, catalogue
from tmfrig.conformance.suite import Suite
from tmfrig.conformance.suites import asked, mandatory_checks
from tmfrig.specs import API_IDS, lines_of, standard_contract

CHECKS = {check.id: check for check in catalogue()}
EVERY = [(api, line) for api in API_IDS for line in lines_of(api)]


def asks(check: str, api: str, resource: str | None, suite: Suite = Suite.mandatory, line: int = 4) -> bool:
    contract = standard_contract(api, line)
    return asked(CHECKS[check], suite, contract, contract.resources[resource] if resource else None)


def test_it_names_checks_that_there_are() -> None:
    assert mandatory_checks() <= CHECKS.keys()


@pytest.mark.parametrize("check", sorted(mandatory_checks()))
def test_whatever_it_asks_is_a_must_of_the_standard_suite(check: str) -> None:
    assert CHECKS[check].level == "MUST"
    assert CHECKS[check].suite is not Suite.full


@pytest.mark.parametrize(
    ("check", "api", "resource", "is_asked"),
    [
        ("create.location", "TMF622", "productOrder", True),
        ("retrieve.unknown-id", "TMF622", "productOrder", True),
        ("delete.gone", "TMF622", "productOrder", False),
        ("patch.changes", "TMF622", "productOrder", False),
        ("create.location", "TMF622", "cancelProductOrder", False),
        ("delete.gone", "TMF620", "productOffering", True),
        ("patch.null-removes", "TMF620", "productOffering", True),
        ("delete.gone", "TMF620", "catalog", False),
        ("create.mandatory-missing", "TMF637", "product", False),
        ("filter.finds-mandatory", "TMF637", "product", True),
        ("filter.finds", "TMF637", "product", False),
        ("filter.combines-mandatory", "TMF637", "product", True),
        ("qualification.task", "TMF645", "checkServiceQualification", True),
        ("retrieve.created", "TMF645", "checkServiceQualification", True),
        # a qualification that is answered at once need not have any GET
        ("list.answers", "TMF645", "checkServiceQualification", False),
        ("retrieve.unknown-id", "TMF645", "checkServiceQualification", False),
        ("qualification.unknown-task", "TMF645", "checkServiceQualification", True),
        ("sort.order", "TMF622", "productOrder", False),
        ("page.limit", "TMF622", "productOrder", False),
        ("hub.unregister", "TMF622", None, False),
        ("method.mandatory", "TMF622", None, True),
    ],
)
def test_it_asks_what_the_profile_has(check: str, api: str, resource: str | None, is_asked: bool) -> None:
    assert asks(check, api, resource) is is_asked


@pytest.mark.parametrize(("api", "line"), EVERY)
def test_every_api_is_asked_something_and_no_hub_is(api: str, line: int) -> None:
    contract = standard_contract(api, line)
    found = {
        check.id
        for check in catalogue()
        for resource in contract.resources.values()
        if asked(check, Suite.mandatory, contract, resource)
    }
    assert {"representation.identity", "retrieve.status", "fields.by-id", "filter.equality"} <= found
    hub = [check for check in catalogue() if check.scope is Scope.HUB]
    assert not [check for check in hub if asked(check, Suite.mandatory, contract, None)]


@pytest.mark.parametrize("check", catalogue(), ids=lambda check: check.id)
def test_each_suite_holds_the_one_before_it(check: Check) -> None:
    contract = standard_contract("TMF620")
    resource = contract.resources["productOffering"]
    suites = [asked(check, suite, contract, resource) for suite in Suite]
    assert suites == sorted(suites)
