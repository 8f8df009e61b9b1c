"""What the conformance profiles make mandatory, as the checks look at it.

`id` and `href`, mandatory everywhere, are a rule of their own.
"""

from __future__ import annotations

from tmfrig.specs import Contract, Resource
from tmfrig.specs.profiles import resource_profile


def always_there(contract: Contract, resource: Resource) -> tuple[str, ...]:
    """Attributes that every instance has: those of the profile and those that a create must carry."""
    mandatory = (name for name in resource.mandatory if name in resource.attributes)
    return tuple(sorted({*resource_profile(contract, resource).always, *mandatory}))
