"""Which rules of the book are verified by which checks."""

from __future__ import annotations

from tmfrig.conformance.check import catalogue
from tmfrig.specs.rules import Rule, cited, rules


def coverage() -> list[tuple[Rule, list[str]]]:
    """Every rule with the ids of the checks that cite it."""
    verified: dict[str, list[str]] = {}
    for check in catalogue():
        for id in cited(check.source):
            verified.setdefault(id, []).append(check.id)
    return [(rule, verified.get(rule.id, [])) for rule in rules().values()]
