"""Every rule of the book is verified by a check that cites it, or says why none does."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tmfrig.conformance.check import Check, catalogue
from tmfrig.conformance.coverage import coverage
from tmfrig.specs.rules import Rule, cited, rules

FACTS = Path(__file__).parents[4] / "shared" / "tmf" / "facts" / "tmf630_rules.json"


@pytest.mark.parametrize(("rule", "checks"), coverage(), ids=lambda each: getattr(each, "id", ""))
def test_a_rule_is_verified_or_says_why_not(rule: Rule, checks: list[str]) -> None:
    assert bool(checks) != bool(rule.why_not), f"{rule.id} is verified by {checks}, and says {rule.why_not}"


@pytest.mark.parametrize("check", catalogue(), ids=lambda check: check.id)
def test_a_check_says_what_it_asks_for_and_where_that_is_written(check: Check) -> None:
    assert check.sentence.endswith(".")
    assert re.search(r"; rules? [A-Z]+-\d\d(, [A-Z]+-\d\d)*$", check.source)
    assert cited(check.source)
    assert set(cited(check.source)) <= rules().keys()


def test_rules_are_sentences() -> None:
    for rule in rules().values():
        assert re.fullmatch(r"[A-Z].*\.", rule.sentence), rule.id
        assert rule.strength in ("MUST", "SHOULD", "MAY", "PUBLISHED")
        assert rule.kind in ("standard", "beyond")
        assert set(rule.versions) <= {4, 5}
        assert rule.source


def facts() -> list[dict[str, Any]]:
    if not FACTS.exists():
        return []
    found: list[dict[str, Any]] = json.loads(FACTS.read_text("utf-8"))["rules"]
    return found


@pytest.mark.skipif(not FACTS.exists(), reason="the collected rules of TMF630 are not here")
def test_the_rules_of_the_standard_are_those_that_were_collected() -> None:
    standard = [rule.id for rule in rules().values() if rule.kind == "standard"]
    assert standard == [fact["id"] for fact in facts()]


@pytest.mark.parametrize("fact", facts(), ids=lambda fact: fact["id"])
def test_a_rule_agrees_with_what_was_collected_of_it(fact: dict[str, Any]) -> None:
    rule = rules()[fact["id"]]
    assert rule.versions == tuple(sorted({int(line) for line in re.findall(r"v(\d)", fact["applies"])}))
    # What is left open or is said against another text binds nobody.
    said = re.match(r"MUST|SHOULD|MAY", fact["strength"])
    published = fact["strength"].startswith("published")
    assert rule.strength == (said[0] if said else "PUBLISHED" if published else "MAY")
    assert rule.sentence.rstrip(".") not in fact["rule"]


def test_the_command_shows_every_rule(capsys: pytest.CaptureFixture[str]) -> None:
    from tmfrig.conformance.cli.checks import coverage as command

    command(as_json=True)
    shown = json.loads(capsys.readouterr().out)
    assert [each["id"] for each in shown] == list(rules())
    assert {"create.location"} <= {check for each in shown for check in each["checks"]}
    command()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(rules())
    assert any(line.startswith("PATCH-07\tv4\tMAY\t") and "not verified: " in line for line in lines)
