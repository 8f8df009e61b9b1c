"""What a person wants to know of many results: the causes, and how each level and resource fared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tmfrig.reports.evidence import Evidence
from tmfrig.reports.result import Counts, Level, Outcome, Result

# What differs between two reports of one cause: where it was seen, and the ids that came by.
_PARTICULAR = re.compile(
    r"https?://\S+"
    r"|\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b"
    r"|\b(?=[0-9a-f]*[0-9])[0-9a-f]{8,}\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Cause:
    """Results that ended alike for what seems one reason: of one check, or all that could not be judged."""

    results: tuple[Result, ...]

    @property
    def first(self) -> Result:
        """The result that stands for all of them."""
        return self.results[0]

    @property
    def name(self) -> str:
        """The check, or the first of several: "create.status and 3 more checks"."""
        others = len({result.check for result in self.results}) - 1
        more = "check" if others == 1 else "checks"
        return f"{self.first.check} and {others} more {more}" if others else self.first.check

    @property
    def source(self) -> str:
        """Where the rule comes from; empty where several rules are concerned."""
        return self.first.source if self.name == self.first.check else ""

    def sentence(self, sentences: Mapping[str, str] | None) -> str | None:
        """The rule in one sentence, where it is known and only one is concerned."""
        return sentence_of(self.first, sentences) if self.name == self.first.check else None

    @property
    def places(self) -> tuple[str, ...]:
        """Where it was seen, each place once: "productOrder", or "TMF622 v4 hub" where APIs differ."""
        several = len({(result.api, result.version) for result in self.results}) > 1
        return tuple(
            dict.fromkeys(place_of(result) if several else part_of(result) for result in self.results)
        )


def part_of(result: Result) -> str:
    """What within its API a result is about: a resource, "hub", or "API" for the API as a whole."""
    return result.resource or "API"


def place_of(result: Result) -> str:
    """What a result is about, API and major version first: "TMF622 v4 productOrder"."""
    api = f"{result.api} v{result.version}" if result.version else result.api
    return f"{api} {result.resource}" if result.resource else api


def shown_exchange(result: Result) -> Evidence | None:
    """The exchange that shows the finding: the last one, as a check stops at what it objects to.

    A scenario has its exchanges at its steps.
    """
    exchanges = [*result.evidence, *(found for step in result.steps or () for found in step.evidence)]
    return exchanges[-1] if exchanges else None


def causes(results: Iterable[Result], *outcomes: Outcome) -> list[Cause]:
    """The results with these outcomes, grouped by check and message, most binding level first.

    Messages count as the same when they differ only in resource name, URL or generated id. What could not be
    judged is grouped by its message alone: a target that has gone takes every check with it.
    """
    groups: dict[tuple[str, str, str, str], list[Result]] = {}
    for result in results:
        if result.outcome in outcomes:
            check = "" if result.outcome is Outcome.error else result.check
            key = (check, result.level, result.outcome, _general(result))
            groups.setdefault(key, []).append(result)
    order = list(Level)
    return sorted(
        (Cause(tuple(group)) for group in groups.values()), key=lambda cause: order.index(cause.first.level)
    )


def level_counts(results: Iterable[Result]) -> dict[Level, Counts]:
    """How each level went, in order of how binding it is; levels without results are absent."""
    found = list(results)
    counts = {level: Counts.of(result for result in found if result.level is level) for level in Level}
    return {level: count for level, count in counts.items() if count.total}


def by_api(results: Iterable[Result]) -> dict[tuple[str, str], list[Result]]:
    """The results of each API and major version, in ascending order."""
    groups: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        groups.setdefault((result.api, result.version), []).append(result)
    return dict(sorted(groups.items()))


def by_part(results: Iterable[Result]) -> dict[str, list[Result]]:
    """The results of each resource (see `part_of`), in order of appearance."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(part_of(result), []).append(result)
    return groups


def sentence_of(result: Result, sentences: Mapping[str, str] | None) -> str | None:
    """The catalogue's sentence for the result's check, if there is one."""
    return (sentences or {}).get(result.check)


def _general(result: Result) -> str:
    message = _PARTICULAR.sub("*", result.message)
    if result.resource:
        message = re.sub(re.escape(result.resource), "*", message, flags=re.IGNORECASE)
    return message


def not_offered(message: str) -> str | None:
    """What a skipped result says that the target does not offer, in words; None where it was skipped for
    another reason."""
    if message.startswith("not offered: "):
        return message.removeprefix("not offered: ").removesuffix(" (declared)")
    before, _, after = message.partition(" is not offered")
    return before if before != message and after[:1] in ("", ",", " ") else None
