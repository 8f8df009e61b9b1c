"""Which rules of the book are verified by which checks."""

from __future__ import annotations

from collections.abc import Sequence

from tmfrig.conformance.check import Check, catalogue
from tmfrig.specs.rules import Rule, cited, rules


def coverage(checks: Sequence[Check] | None = None) -> list[tuple[Rule, list[str]]]:
    """Every rule with the ids of the checks (by default of the catalogue) that cite it."""
    verified: dict[str, list[str]] = {}
    for check in catalogue() if checks is None else checks:
        for id in cited(check.source):
            verified.setdefault(id, []).append(check.id)
    return [(rule, verified.get(rule.id, [])) for rule in rules().values()]
