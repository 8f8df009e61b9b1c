"""Waivers: what does not hold at a target, and is accepted for a reason, by somebody, for a time."""

from __future__ import annotations

import fnmatch
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from tmfrig.conformance.documents import Strict, first_mistake, read_document
from tmfrig.conformance.failure import CommandError
from tmfrig.conformance.outcome import HUB
from tmfrig.reports.result import Counts, Level, Outcome, Result, RunResult, TargetInfo, verdict_of
from tmfrig.specs import API_IDS, COM, lines_of, standard_contract

_WAIVED = (Outcome.failed, Outcome.warned)
_HOLDS = (Outcome.passed, Outcome.skipped)
_APIS = (*API_IDS, COM)
_EXPIRED, _UNUSED = "waivers.expired", "waivers.unused"


class WaiverError(CommandError):
    """The file of waivers is wrong; the message is one line that says where and how to mend it."""


def _said(text: str) -> str:
    if not text.strip():
        raise ValueError("it says nothing")
    return text


def _api(name: str) -> str:
    if name.upper() not in _APIS:
        raise ValueError(f"{name!r} is no API; there are {', '.join(_APIS)}")
    return name.upper()


def _day(value: Any) -> Any:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("write the last day on which it is accepted, such as 2027-03-31") from None


Said = Annotated[str, AfterValidator(_said)]


class Waiver(Strict):
    """One exception that is accepted."""

    check: Said = Field(description="Glob over check ids, such as page.*")
    api: Annotated[str, AfterValidator(_api)] | None = Field(
        default=None, description="The API, such as TMF622; any when absent"
    )
    resource: Said | None = Field(default=None, description="Glob over resources; any when absent")
    reason: Said = Field(description="Why it is accepted")
    owner: Said = Field(description="Who answers for it")
    expires: Annotated[date, BeforeValidator(_day)] = Field(
        description="The last day on which it is, such as 2027-03-31"
    )

    def covers(self, result: Result) -> bool:
        """Whether a result is about what is waived."""
        fits = fnmatch.fnmatchcase(result.check, self.check) and self.api in (None, result.api)
        return fits and (self.resource is None or fnmatch.fnmatchcase(result.resource or "", self.resource))

    @property
    def about(self) -> str:
        """What is waived, in words."""
        where = " ".join(part for part in (self.api, self.resource) if part)
        return f"{self.check} at {where}" if where else self.check


class WaiverFile(Strict):
    """A file of waivers: this list, or the list alone."""

    waivers: list[Waiver]


class Waivers:
    """The waivers of one run, and what became of them."""

    def __init__(self, waivers: Sequence[Waiver] = (), today: date | None = None) -> None:
        self._today = today or date.today()
        self._valid = [each for each in waivers if each.expires >= self._today]
        self._expired = [each for each in waivers if each.expires < self._today]
        self._used: set[int] = set()

    def applied(self, result: Result) -> Result:
        """The result, waived where it does not hold and a waiver that is still valid accepts it."""
        if result.outcome not in _WAIVED:
            return result
        for number, waiver in enumerate(self._valid):
            if waiver.covers(result):
                self._used.add(number)
                told = f"waived by {waiver.owner} until {waiver.expires}: {waiver.reason}"
                return result.model_copy(
                    update={"outcome": Outcome.waived, "message": f"{result.message} ({told})"}
                )
        return result

    def remarks(
        self, results: Sequence[Result], targets: Sequence[TargetInfo], checks: Collection[str]
    ) -> Iterator[Result]:
        """What is to be said of the waivers themselves, once everything is judged: which have expired, and
        which are not needed.

        Of what was not looked at in this run, nothing is said. `checks` are the ids of all that there are.
        """
        for waiver in self._expired:
            hit = [each for each in results if each.outcome in _WAIVED and waiver.covers(each)]
            still = f"{len(hit)} results do not hold" if hit else "everything that it covers holds"
            told = f"expired on {waiver.expires}, and accepts nothing any more; {still}"
            yield _remark(_EXPIRED, waiver, targets, told)
        for number, waiver in enumerate(self._valid):
            if number in self._used:
                continue
            if not fnmatch.filter(checks, waiver.check):
                told = "no check is called so; tmfrig checks list names them"
                yield _remark(_UNUSED, waiver, targets, told)
            elif _is_about_nothing(waiver, results):
                told = f"no resource of {waiver.api} is called so; tmfrig specs show {waiver.api} names them"
                yield _remark(_UNUSED, waiver, targets, told)
            elif _is_needless(waiver, results):
                yield _remark(_UNUSED, waiver, targets, "everything that it covers holds; take it out")

    def applied_to(self, run: RunResult) -> RunResult:
        """A run that somebody else has made, with what is waived in it and remarks on the waivers."""
        if not self._valid and not self._expired:
            return run
        results = [self.applied(result) for result in run.results]
        results += self.remarks(results, run.targets, {result.check for result in results})
        told = {"results": results, "counts": Counts.of(results), "verdict": verdict_of(results)}
        return run.model_copy(update=told)


def read_waivers(path: Path) -> list[Waiver]:
    """The waivers in a file (YAML, TOML or JSON). WaiverError when it says something that it should not."""
    found = read_document(path, WaiverError, "the waivers ")
    if found is None:
        return []
    listed: Any = found if isinstance(found, dict) else {"waivers": found}
    try:
        return WaiverFile.model_validate(listed).waivers
    except ValidationError as problem:
        raise WaiverError(f"{path}: {first_mistake(problem, WaiverFile)}") from None


def _is_about_nothing(waiver: Waiver, results: Iterable[Result]) -> bool:
    """Whether the resource of a waiver is one that its API does not have, be it judged or not."""
    if waiver.resource is None or waiver.api not in API_IDS:
        return False
    named = {each.resource or "" for each in results if each.api == waiver.api} | {HUB}
    contracts = (standard_contract(waiver.api, line) for line in lines_of(waiver.api))
    known = named.union(*(contract.resources for contract in contracts))
    return not fnmatch.filter(known, waiver.resource)


def _is_needless(waiver: Waiver, results: Iterable[Result]) -> bool:
    covered = [each.outcome for each in results if waiver.covers(each)]
    return bool(covered) and all(outcome in _HOLDS for outcome in covered)


def _remark(check: str, waiver: Waiver, targets: Sequence[TargetInfo], what: str) -> Result:
    concerned = [each for each in targets if waiver.api in (None, each.api)] or list(targets)
    return Result(
        check=check,
        level=Level.SHOULD,
        api=concerned[0].api,
        version=concerned[0].version.split(".")[0],
        outcome=Outcome.warned,
        message=f"the waiver of {waiver.about} ({waiver.owner}: {waiver.reason}): {what}",
        expected="waivers that are valid and needed",
        source="the file of waivers",
    )
