"""Running the judge against a fake vendor, and what it says in a form that tests compare."""

from __future__ import annotations

from collections.abc import Iterable

from fake_vendor import vendor

from tmfrig.conformance.check import Suite, catalogue
from tmfrig.conformance.client import Connection
from tmfrig.conformance.mounting import MountedApi
from tmfrig.conformance.runner import Order, judge
from tmfrig.reports.result import Outcome, Result
from tmfrig.specs import Contract

BLAMED = (Outcome.failed, Outcome.warned, Outcome.error)


def judged(
    contract: Contract, *faults: str, manners: Iterable[str] = (), only: Iterable[str] | None = None
) -> list[Result]:
    """What the judge says about a vendor with these faults and manners; `only` by these checks."""
    with vendor(contract, *faults, manners=manners) as fake:
        return judged_at(contract, fake.url, only)


def judged_at(
    contract: Contract,
    at: str | Connection,
    only: Iterable[str] | None = None,
    suite: Suite = Suite.standard,
) -> list[Result]:
    """What the judge says about what answers at a base URL; `only` by these checks."""
    connection = at if isinstance(at, Connection) else Connection(at)
    mounted = MountedApi(contract, connection, frozenset())
    wanted = None if only is None else frozenset(only)
    checks = None if wanted is None else [each for each in catalogue() if each.id in wanted]
    judgement = judge(Order([mounted], suite=suite, checks=checks))
    assert judgement.fault is None
    assert judgement.gone is None
    return judgement.results


def blamed(results: Iterable[Result]) -> dict[str, str]:
    """Check ids that found something, each with the first message."""
    found: dict[str, str] = {}
    for result in results:
        if result.outcome in BLAMED:
            found.setdefault(result.check, f"{result.outcome}, {result.resource}: {result.message}")
    return found
