"""What the judge says about reference servers with a fault, and about those without one."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tmfrig.conformance.check import Suite, catalogue
from tmfrig.conformance.mounting import mount
from tmfrig.conformance.runner import Order, judge
from tmfrig.conformance.target import validated
from tmfrig.mockservers.faults import Fault
from tmfrig.mockservers.faults.catalogue import known
from tmfrig.mockservers.faults.identities import OTHER_TOKEN
from tmfrig.mockservers.faults.security import TOKEN
from tmfrig.mockservers.guard import Guard
from tmfrig.mockservers.running import serving
from tmfrig.reports.detection import Faultless, Noticed
from tmfrig.reports.result import Outcome, Result
from tmfrig.specs import API_IDS, lines_of
from tmfrig.specs.rules import cited, rules

PACE = 0.02
FOLDER = Path("detection-report")
"""Where a run leaves what it has found, below the working directory."""
PARTS = FOLDER / "parts"

BLAMED = (Outcome.failed, Outcome.warned)


def faults_of_apis() -> list[Fault]:
    """Faults that the judge of an API has to notice: all but those that only roles together can have."""
    return [each for each in known().values() if each.rule]


def every_api() -> list[tuple[str, int]]:
    """Each API in each of its versions."""
    return [(api, line) for api in API_IDS for line in lines_of(api)]


def judged(api: str, line: int, *faults: Fault, suite: Suite = Suite.standard) -> list[Result]:
    """Everything that the judge says about an API of the reference servers."""
    # where somebody stands guard, we are who is let in, and two where the fault is about that
    auth: dict[str, Any] = {}
    if any(issubclass(each.kind, Guard) for each in faults):
        auth["auth"] = {"bearer": TOKEN}
    if any(each.rule == "SEC-03" for each in faults):
        auth["other"] = {"bearer": OTHER_TOKEN}
    names = [each.name for each in faults]
    with serving([api], lines=(line,), dataset="telco", pace=PACE, faults=names) as urls:
        target = validated({"apis": [{"api": api, "version": line, "url": urls[api]}], **auth}, "a test")
        judgement = judge(Order(mount(target), suite=suite))
    assert judgement.fault is None, judgement.fault
    assert judgement.gone is None, judgement.gone
    return judgement.results


def blamed(results: Sequence[Result]) -> list[str]:
    """Ids of the checks that hold something against the target."""
    return sorted({each.check for each in results if each.outcome in BLAMED})


def told(results: Sequence[Result]) -> str:
    """What is held against a target, for people."""
    return "\n".join(
        f"{each.check}[{each.resource}]: {each.message}" for each in results if each.outcome in BLAMED
    )


def noticed(fault: Fault, suites: Sequence[Suite] = (Suite.standard, Suite.full)) -> Noticed:
    """Who notices a fault: the first of the suites that catches it, or the last."""
    started = time.monotonic()
    rule = rules()[fault.rule]
    for suite in suites:
        results = judged(fault.role, fault.line, fault, suite=suite)
        found = blamed(results)
        caught = [each for each in found if each in checks_of(fault.rule)]
        if caught:
            break
    return Noticed(
        name=fault.name,
        family=fault.family,
        role=fault.role,
        line=fault.line,
        rule=fault.rule,
        level=rule.strength,
        sentence=fault.sentence,
        suite=suite,
        caught_by=caught,
        unrelated=[each for each in found if each not in caught],
        only_warned=bool(caught)
        and not any(each.outcome is Outcome.failed and each.check in caught for each in results),
        seconds=time.monotonic() - started,
    )


@cache
def checks_of(rule: str) -> frozenset[str]:
    """Ids of the checks that cite a rule."""
    return frozenset(each.id for each in catalogue() if rule in cited(each.source))


def without_faults(api: str, line: int) -> str:
    """What is said of a contract without faults is kept by this name."""
    return f"without-faults-{api}.v{line}"


def part_of(name: str) -> Path:
    """Where it is kept."""
    return PARTS / f"{name}.json"


def keep(part: Noticed | Faultless, name: str) -> None:
    """Leave what was found where `python tests/detection` makes a page of it."""
    PARTS.mkdir(parents=True, exist_ok=True)
    part_of(name).write_text(part.model_dump_json(indent=1), "utf-8")


# ── the sample ──────────────────────────────────────────────────────────────────────────────────────────────

QUICK = ("TMF637", "TMF638", "TMF679", "TMF622", "TMF641")
"""APIs of few resources, the quickest first."""
DEEP = frozenset({"concurrency"})
"""Families of which the full suite alone asks: for a sample that takes too long."""


def sample(size: int) -> list[Fault]:
    """So many faults that have to be caught, always the same ones, from every family but `DEEP` one or more.

    Of a family those come first that are faults of a quick API.
    """
    families: dict[str, list[Fault]] = {}
    for each in sorted(faults_of_apis(), key=_drawn):
        if rules()[each.rule].strength == "MUST" and each.family not in DEEP:
            families.setdefault(each.family, []).append(each)
    chosen: list[Fault] = []
    while len(chosen) < size and any(families.values()):
        for name in sorted(families):
            if families[name] and len(chosen) < size:
                chosen.append(families[name].pop(0))
    return chosen


def _drawn(fault: Fault) -> tuple[int, str]:
    quickness = QUICK.index(fault.role) if fault.role in QUICK else len(QUICK)
    return quickness, hashlib.sha256(fault.name.encode()).hexdigest()
