"""The table of `versions.yaml`, read in either direction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

OLDER, NEWER = 4, 5


@dataclass(frozen=True, slots=True)
class Table:
    """What is said otherwise when an API is translated from one version into the other."""

    forward: bool
    """Whether it leads to the newer version."""
    resources: Mapping[str, str]
    names: Mapping[str, Mapping[str, str]]
    """Attributes that are called otherwise, by the type that the older version has them in."""
    nested: Mapping[str, str]
    flattened: Mapping[str, str]
    states: Mapping[str, str]

    def inner(self, older: str) -> str | None:
        """The object of its own that one version has in a type of the older one; None where neither has."""
        return self.nested.get(older) or self.flattened.get(older)

    def goes_inwards(self, older: str) -> bool:
        """Whether it is the target that has the object."""
        return self.forward is (older in self.nested)


@cache
def table(api: str, source: int, target: int) -> Table | None:
    """The table for a translation between two major versions; None where there is none."""
    if {source, target} != {OLDER, NEWER}:
        return None
    data: Mapping[str, Any] = yaml.safe_load((files(__package__) / "versions.yaml").read_text("utf-8"))
    forward = source == OLDER
    resources = data["resources"].get(api, {})
    names = data["names"]
    return Table(
        forward=forward,
        resources=resources if forward else _turned(resources),
        names=names if forward else {type_: _turned(each) for type_, each in names.items()},
        nested=data["nested"],
        flattened=data["flattened"],
        states={} if forward else data["states"].get(api, {}),
    )


def _turned(names: Mapping[str, str]) -> Mapping[str, str]:
    return {new: old for old, new in names.items()}
