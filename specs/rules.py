"""The rules of the book: what servers have to do, by the ids that checks and faults cite (`rules.yaml`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

import yaml

Strength = Literal["MUST", "SHOULD", "MAY", "PUBLISHED"]
Origin = Literal["standard", "beyond"]

_ID = re.compile(r"\b[A-Z]+-\d\d\b")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, in the rig's own words."""

    id: str
    sentence: str
    versions: tuple[int, ...]
    """The major versions in which it holds."""
    strength: Strength
    """How binding it is; PUBLISHED is what TM Forum has drawn without making it normative."""
    source: str
    """Where it is written, or who asks for it."""
    kind: Origin
    """`standard` for what TM Forum says, `beyond` for what is asked beside that."""
    why_not: str | None = None
    """Why no check verifies it; None where one does."""


@cache
def rules() -> Mapping[str, Rule]:
    """All rules by id, in the order of the book."""
    data = yaml.safe_load((files(__package__) / "rules.yaml").read_text("utf-8"))
    found: dict[str, Rule] = {}
    for each in data["rules"]:
        rule = Rule(
            id=each["id"],
            sentence=each["sentence"],
            versions=tuple(each["versions"]),
            strength=each["strength"],
            source=each["source"],
            kind=each.get("kind", "standard"),
            why_not=each.get("why_not"),
        )
        if rule.id in found:
            raise ValueError(f"rules.yaml has {rule.id} twice")
        found[rule.id] = rule
    return found


def cited(source: str) -> tuple[str, ...]:
    """The ids of the rules that a `source` names, in its order."""
    return tuple(_ID.findall(source))
