"""What a target does not offer, because its owner says so: it is not asked for, and shown as not offered.

What can be found out (see `discovery`) is shown in the same way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tmfrig.conformance.check import Check, Manner, Scope
from tmfrig.reports.result import Outcome, Result
from tmfrig.specs import Contract, Kind, Resource
from tmfrig.specs.profiles import resource_profile
from tmfrig.specs.rules import cited

OPERATIONS = frozenset(kind.value for kind in Kind)
HUB = "hub"
# Of the rest, which rules say what it is. It is asked for nevertheless, as looking does no harm.
_RULES: Mapping[str, tuple[str, ...]] = {
    "filters": tuple(f"FILT-{number:02d}" for number in range(1, 9)),
    "alternatives": ("FILT-03",),
    "operators": ("FILT-04", "FILT-05"),
    "dotted-filters": ("FILT-06",),
    "jsonpath": ("FILT-08",),
    "sort": ("SORT-01",),
    "dotted-fields": ("FIELDS-05",),
    "json-patch": ("PATCH-03",),
    "json-patch-query": ("PATCH-04",),
}
_MANDATORY_FILTERS = frozenset({"FILT-01", "FILT-02"})
NAMES = (*sorted(OPERATIONS), HUB, *_RULES)


@dataclass(frozen=True, slots=True)
class Absence:
    """A capability that a target is said, or was found, not to have."""

    told: str
    """In words, "DELETE productOrder"."""
    asked_for: bool
    """Whether it is looked for all the same, to say where it is there after all."""
    known_by: str = "declared"
    """How that is known: by its owner's word, or by an answer, "answered 404"."""


@dataclass(frozen=True)
class Capabilities:
    """What is declared as not offered: names, those of operations for all resources or with one before
    ("productOrder.delete")."""

    absent: frozenset[str] = field(default_factory=frozenset)

    def unknown(self, contract: Contract) -> frozenset[str]:
        """The names among them that mean nothing for a contract."""
        return frozenset(name for name in self.absent if not _is_known(name, contract))

    def lacks(self, resource: Resource, kind: Kind) -> bool:
        """Whether an operation is declared as not offered."""
        return bool({kind.value, f"{resource.name}.{kind.value}"} & self.absent)

    def refused(self, contract: Contract, method: str, path: str) -> str | None:
        """What a request asks for, in words, if it is declared as not offered."""
        if not self.absent:
            return None
        if path.strip("/").split("/")[0] == HUB:
            return "the hub" if HUB in self.absent else None
        operation = contract.operation_for(method, path)
        if operation is None or operation.kind is None or operation.resource is None:
            return None
        resource = contract.resources[operation.resource]
        return _told(operation.kind, resource) if self.lacks(resource, operation.kind) else None

    def absence(self, check: Check, contract: Contract, resource: Resource | None) -> Absence | None:
        """What a check is about, if that is declared as not offered; None where it has to be judged."""
        if not self.absent:
            return None
        if HUB in self.absent and (check.scope is Scope.HUB or check.manner is Manner.NOTIFICATION):
            return Absence("the hub", asked_for=False)
        rules = set(cited(check.source))
        if resource is not None:
            kinds = check.on & resource.operations.keys()
            if kinds and all(self.lacks(resource, kind) for kind in kinds):
                return Absence(_told(min(kinds), resource), asked_for=False)
            if _has_to_be_listed(contract, resource) and rules & _MANDATORY_FILTERS:
                return None
        for name in sorted(self.absent & _RULES.keys()):
            if rules <= set(_RULES[name]):
                return Absence(name, asked_for=True)
        return None

    @staticmethod
    def judged(absence: Absence, result: Result) -> Result:
        """The result of a check about something that is not offered."""
        if result.outcome is Outcome.passed and absence.asked_for:
            told = f"{absence.told} is declared as not offered, yet it is there"
            return result.model_copy(update={"message": told})
        told = f"not offered: {absence.told} ({absence.known_by})"
        return result.model_copy(
            update={
                "outcome": Outcome.skipped,
                "message": told,
                "expected": None,
                "actual": None,
                "evidence": [],
            }
        )


def _is_known(name: str, contract: Contract) -> bool:
    resource, dot, operation = name.rpartition(".")
    return resource in contract.resources and operation in OPERATIONS if dot else name in NAMES


def _told(kind: Kind, resource: Resource) -> str:
    return f"{resource.operations[kind].method.upper()} {resource.name}"


def _has_to_be_listed(contract: Contract, resource: Resource) -> bool:
    profile = resource_profile(contract, resource)
    return Kind.LIST in profile.operations | profile.kept
