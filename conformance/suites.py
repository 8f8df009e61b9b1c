"""Which checks belong to a suite."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from tmfrig.conformance.check import Check, Scope
from tmfrig.conformance.suite import Suite
from tmfrig.specs import Contract, Kind, Resource
from tmfrig.specs.profiles import api_profile, resource_profile

_ORDER = tuple(Suite)


def asked(check: Check, suite: Suite, contract: Contract, resource: Resource | None) -> bool:
    """Whether a suite asks a check of a resource (None: of the hub, or the API as a whole)."""
    if suite is Suite.mandatory:
        return mandatory(check, contract, resource)
    return _ORDER.index(check.suite) <= _ORDER.index(suite)


def asks_anything(checks: Iterable[Check], suite: Suite, contracts: Collection[Contract]) -> bool:
    """Whether a suite asks any of these checks of anything in these contracts."""
    for check in checks:
        for contract in contracts:
            if check.scope is not Scope.RESOURCE:
                concerned: list[Resource | None] = [None] if check.applies_to_api(contract) else []
            else:
                concerned = [each for each in contract.resources.values() if check.applies_to(each)]
            if any(asked(check, suite, contract, each) for each in concerned):
                return True
    return False


def mandatory(check: Check, contract: Contract, resource: Resource | None) -> bool:
    """Whether TM Forum's conformance profile of an API asks what the check asks."""
    suite = _mandatory_suite()
    if resource is None:
        return check.scope is Scope.API and check.id in suite.api and bool(api_profile(contract).resources)
    profile = resource_profile(contract, resource)
    if not profile.operations:
        return False
    if check.id in suite.anything:
        return True
    needs = suite.operations.get(check.id, ())
    return bool(needs) and all(
        need.kind in profile.operations or (need.kind in profile.kept and not need.in_any_case)
        for need in needs
    )


@dataclass(frozen=True, slots=True)
class _Need:
    """An operation that a profile has to make mandatory: in any case, or at least for what is kept."""

    kind: Kind
    in_any_case: bool


@dataclass(frozen=True, slots=True)
class _MandatorySuite:
    """`mandatory.yaml`"""

    api: frozenset[str]
    anything: frozenset[str]
    operations: Mapping[str, tuple[_Need, ...]]

    @property
    def checks(self) -> frozenset[str]:
        return self.api | self.anything | self.operations.keys()


@cache
def _mandatory_suite() -> _MandatorySuite:
    said = yaml.safe_load((files(__package__) / "mandatory.yaml").read_text("utf-8"))
    return _MandatorySuite(
        api=frozenset(said["api"]),
        anything=frozenset(said["anything"]),
        operations={
            check: tuple(_Need(Kind(name.removesuffix("!")), name.endswith("!")) for name in names)
            for check, names in said["operations"].items()
        },
    )


def mandatory_checks() -> frozenset[str]:
    """The ids of the checks that the mandatory suite asks of somebody."""
    return _mandatory_suite().checks
