"""The vocabulary in somebody else's repository: a folder with a feature, a conftest and steps of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import stack_vendor as faults
from stack_vendor import StackVendor, running

DATA = {"offerings": {"single": "fibre"}, "outcomes": {}}

FEATURE = """
Feature: Our shop
  @api:TMF622 @needs:TMF637 @regression
  Scenario: What a customer has ordered carries our mark
    Given the customer wants a single product
    When the customer orders it
    Then the order reaches "completed"
    And the customer holds an active product for every item of the order
    And the product is one of ours

  @api:TMF622 @needs:TMF645
  Scenario: An address is checked
    Given the customer wants a bundle
    Then the product is one of ours

  @api:TMF622
  Scenario: A bundle is ordered
    Given the customer wants a bundle
    When the customer orders it
"""

OWN_STEPS = """
from pytest_bdd import scenarios, then

scenarios("shop.feature")


@then("the product is one of ours")
def _(observer, product):
    assert observer.product(product.id).body["productOffering"]["id"] == "fibre"


def test_something_else():
    assert True
"""

BY_PLUGIN = 'pytest_plugins = ["tmfrig.features.plugin"]\n'
BY_STAR = BY_PLUGIN + "from tmfrig.features.vocabulary import *\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "conftest.py").write_text(BY_PLUGIN)
    (tmp_path / "shop.feature").write_text(FEATURE)
    (tmp_path / "test_shop.py").write_text(OWN_STEPS)
    (tmp_path / "data.json").write_text(json.dumps(DATA))
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\nmarkers = regression\n")
    return tmp_path


def shop_tested(repository: Path, vendor: StackVendor | None, *arguments: str) -> tuple[int, str]:
    """How the user's own pytest ended, and what it printed."""
    command = [sys.executable, "-m", "pytest", "-rs", "-p", "no:cacheprovider", *arguments]
    if vendor is None:
        return _run(repository, command)
    with running(vendor) as urls:
        apis = [{"api": api, "version": 4, "url": url} for api, url in urls.items()]
        (repository / "target.json").write_text(json.dumps({"apis": apis}))
        target = ["--tmfrig-target", "target.json", "--tmfrig-data", "data.json", "--tmfrig-patience", "2"]
        return _run(repository, [*command, *target])


def _run(repository: Path, command: list[str]) -> tuple[int, str]:
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("conftest", [BY_PLUGIN, BY_STAR], ids=["plugin", "star import"])
def test_own_steps_and_ours_make_a_scenario(repository: Path, conftest: str) -> None:
    (repository / "conftest.py").write_text(conftest)

    code, said = shop_tested(repository, StackVendor())

    assert code == 0, said
    assert "2 passed, 2 skipped" in said
    assert "it needs TMF645, which the target does not name" in said
    assert "name it as offerings.bundle in the data" in said


def test_a_tag_of_theirs_stays_a_mark(repository: Path) -> None:
    code, said = shop_tested(repository, StackVendor(), "-m", "regression")

    assert (code, "1 passed" in said) == (0, True), said


def test_a_violation_is_told_in_its_own_words(repository: Path) -> None:
    code, said = shop_tested(repository, StackVendor(faults.NO_SERVICE), "-m", "regression")

    assert code == 1
    assert "The product p1-1 is active, but no service realises it: nothing was activated." in said
    assert "expected   a realizingService that is active in service inventory" in said
    assert "repeat     curl" in said
    assert "Traceback" not in said


def test_without_a_target_scenarios_are_skipped_and_other_tests_run(repository: Path) -> None:
    code, said = shop_tested(repository, None)

    assert code == 0, said
    assert "1 passed, 3 skipped" in said
    assert "nothing is under test; name it with --tmfrig-target FILE" in said


def test_a_wrong_target_is_told_in_one_line(repository: Path) -> None:
    code, said = shop_tested(repository, None, "--tmfrig-target", "none.yaml")

    assert code == 4
    assert "ERROR: cannot read none.yaml: No such file or directory" in said
