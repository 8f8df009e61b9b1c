"""What the tags of a scenario say about it: its id, which API it judges, what it needs, how binding it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import pytest

from tmfrig.reports.result import Level

TAG = "scenario_tag"
"""The mark under which a collected scenario carries each of its tags."""

_PREFIX = "scenario."


@dataclass(frozen=True)
class Identity:
    """One scenario. `check` is its id in results, `needs` every API that has to be among the targets."""

    check: str
    title: str
    api: str
    needs: frozenset[str]
    level: Level

    @classmethod
    def of(cls, item: pytest.Item) -> Identity:
        """The identity of a collected scenario, from its tags.

        `@id:…` and `@api:…` are mandatory (else ValueError), `@needs:…` may be repeated, `@level:…` is MUST
        where it is not given.
        """
        tags = [mark.args[0].partition(":") for mark in item.iter_markers(TAG)]
        told = {name: value for name, _, value in tags}
        title = str(getattr(item, "obj", item).__doc__ or item.name).partition(": ")[2]
        if not {"id", "api"} <= told.keys():
            raise ValueError(f"the scenario {title!r} lacks one of the tags @id:… and @api:…")
        needs = {value for name, _, value in tags if name == "needs"}
        return cls(
            check=_PREFIX + told["id"],
            title=title,
            api=told["api"],
            needs=frozenset({told["api"], *needs}),
            level=Level(told.get("level", Level.MUST)),
        )

    @property
    def name(self) -> str:
        """The id without its prefix, as people type it."""
        return self.check.removeprefix(_PREFIX)

    def is_called(self, pattern: str) -> bool:
        """Whether a glob means this scenario, by its id (with or without "scenario.") or by its title."""
        return any(fnmatchcase(each.lower(), pattern.lower()) for each in (self.check, self.name, self.title))


def names(identities: Sequence[Identity]) -> str:
    """The scenarios by name, for a message."""
    return ", ".join(sorted(each.name for each in identities))
