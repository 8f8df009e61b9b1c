"""What the tags of a scenario say about it: its id, which API it judges, what it needs, how binding it is.

A scenario is played once in each major version of its API that is among the targets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import pytest

from tmfrig.reports.result import Level

TAG = "scenario_tag"
"""The mark under which a collected scenario carries each of its tags."""
LINE = "tmfrig_line"
"""The parameter of a collected scenario that says in which major version it is played."""

_PREFIX = "scenario."


@dataclass(frozen=True)
class Identity:
    """One scenario in one version. `check` is its id in results, `needs` what has to be among the targets.

    `line` is the major version, None where the target does not have the scenario's API.
    """

    check: str
    title: str
    api: str
    needs: frozenset[str]
    level: Level
    line: int | None = None

    @classmethod
    def of(cls, item: pytest.Item) -> Identity:
        """The identity of a collected scenario.

        The tag `@needs:…` may be repeated, `@level:…` is MUST where it is not given.
        """
        told = _told(item.iter_markers(TAG))
        title = str(getattr(item, "obj", item).__doc__ or item.name).partition(": ")[2]
        api = next(iter(told.get("api", ())), "")
        callspec: Any = getattr(item, "callspec", None)
        return cls(
            check=_PREFIX + next(iter(told.get("id", ())), item.name),
            title=title,
            api=api,
            needs=frozenset(each for each in (api, *told.get("needs", ())) if each),
            level=Level(next(iter(told.get("level", ())), Level.MUST)),
            line=callspec.params.get(LINE) if callspec is not None else None,
        )

    def prove_complete(self) -> None:
        """ValueError for a scenario of ours without an id or an API."""
        if not self.api or self.name.startswith("test_"):
            raise ValueError(f"the scenario {self.title!r} lacks one of the tags @id:… and @api:…")

    @property
    def name(self) -> str:
        """The id without its prefix, as people type it."""
        return self.check.removeprefix(_PREFIX)

    def is_called(self, pattern: str) -> bool:
        """Whether a glob means this scenario, by its id (with or without "scenario.") or by its title."""
        return any(fnmatchcase(each.lower(), pattern.lower()) for each in (self.check, self.name, self.title))


class Tagging:
    """What a plugin of pytest does with tags of scenarios: ours are kept, others become marks as usual."""

    def pytest_configure(self, config: pytest.Config) -> None:
        """Make the mark known under which scenarios carry their tags."""
        config.addinivalue_line("markers", f"{TAG}(tag): a tag of a scenario")

    @pytest.hookimpl(tryfirst=True)
    def pytest_bdd_apply_tag(self, tag: str, function: Callable[..., object]) -> bool | None:
        """Keep a tag of ours for `Identity`, rather than make a mark of its name."""
        if not is_ours(tag):
            return None
        getattr(pytest.mark, TAG)(tag)(function)
        return True


def api_of(marks: Iterable[pytest.Mark]) -> str | None:
    """The API that a scenario judges, from its marks."""
    return next(iter(_told(marks).get("api", ())), None)


def names(identities: Sequence[Identity]) -> str:
    """The scenarios by name, for a message."""
    return ", ".join(sorted({each.name for each in identities}))


def is_ours(tag: str) -> bool:
    """Whether a tag says something to us; others are left to pytest."""
    return tag.partition(":")[0] in ("id", "api", "needs", "level") and ":" in tag


def _told(marks: Iterable[pytest.Mark]) -> dict[str, list[str]]:
    told: dict[str, list[str]] = {}
    for mark in marks:
        name, _, value = str(mark.args[0]).partition(":")
        told.setdefault(name, []).append(value)
    return told
