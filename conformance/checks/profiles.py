"""What TM Forum's conformance profiles make mandatory, as far as the contracts themselves do not say it.

The OpenAPI documents declare hardly any attribute of a response as required and every operation alike; the
profiles (TMF620, 622, 633, 637, 645) and the official kit (638) name those that everybody has to have.
Attributes that only a client can supply are left out: a server cannot be blamed for not inventing them. `id`
and `href`, mandatory everywhere, are a rule of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tmfrig.specs import Contract, Kind, Resource

_ALL = frozenset(Kind)
_WITHOUT_CHANGES = frozenset({Kind.CREATE, Kind.LIST, Kind.RETRIEVE})


@dataclass(frozen=True, slots=True)
class Profile:
    """One resource in a conformance profile."""

    operations: frozenset[Kind] = frozenset()
    present: tuple[str, ...] = ()
    """Attributes that every full representation has."""
    present_in: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Attributes that are there once the resource is in one of these states."""


_NONE = Profile()
_CATALOG_ENTRY = Profile(_ALL, ("lastUpdate", "lifecycleStatus", "name"))
# They are of version 4; those of later versions are not published.
_PROFILES: Mapping[tuple[str, str], Profile] = {
    ("TMF620.v4", "productOffering"): _CATALOG_ENTRY,
    ("TMF620.v4", "productOfferingPrice"): _CATALOG_ENTRY,
    ("TMF620.v4", "productSpecification"): _CATALOG_ENTRY,
    ("TMF622.v4", "productOrder"): Profile(
        _WITHOUT_CHANGES,
        ("orderDate", "productOrderItem", "state"),
        {"completionDate": ("completed",)},
    ),
    ("TMF633.v4", "serviceSpecification"): Profile(
        _ALL, ("@type", "isBundle", "lastUpdate", "lifecycleStatus", "name")
    ),
    ("TMF637.v4", "product"): Profile(frozenset({Kind.LIST, Kind.RETRIEVE}), ("status",)),
    ("TMF638.v4", "service"): Profile(present=("serviceSpecification", "state")),
    ("TMF645.v4", "checkServiceQualification"): Profile(
        frozenset({Kind.CREATE}), ("checkServiceQualificationDate", "serviceQualificationItem", "state")
    ),
    ("TMF645.v4", "queryServiceQualification"): Profile(
        frozenset({Kind.CREATE}),
        ("queryServiceQualificationDate", "searchCriteria", "state"),
        {"serviceQualificationItem": ("done",)},
    ),
}


def profile_of(contract: Contract, resource: Resource) -> Profile:
    """The resource's profile, reduced to attributes and operations that this contract knows."""
    found = _PROFILES.get((contract.key, resource.name), _NONE)
    return Profile(
        found.operations & resource.operations.keys(),
        tuple(name for name in found.present if name in resource.attributes),
        {name: states for name, states in found.present_in.items() if name in resource.attributes},
    )


def always_there(contract: Contract, resource: Resource) -> tuple[str, ...]:
    """Attributes that every instance has: those of the profile and those that a create must carry."""
    mandatory = (name for name in resource.mandatory if name in resource.attributes)
    return tuple(sorted({*profile_of(contract, resource).present, *mandatory}))
