"""What of a standard contract is mandatory for a vendor's document, in the words of structural comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tmfrig.specs.contract import Contract
from tmfrig.specs.document import Document
from tmfrig.specs.profiles import ResourceProfile, api_profile, common_part
from tmfrig.specs.resource import Kind


@dataclass(frozen=True, slots=True)
class Mandatory:
    """The mandatory part of one API in a major version."""

    source: str
    """Where it is taken from."""
    derived: bool
    """Whether TM Forum has published no profile, so that it is derived from others."""
    operations: frozenset[str]
    """`POST /productOrder`"""
    attributes: Mapping[str, frozenset[str]]
    """What answers carry beyond what the contract requires, by resource."""
    parameters: frozenset[tuple[str, str]]
    """Query parameters: (`GET /productOrder`, `limit`)."""
    headers: frozenset[tuple[str, str]]
    """Headers of successful answers: (`GET /productOrder`, `X-Total-Count`)."""


def mandatory_part(standard: Contract, vendor: Document) -> Mandatory:
    """What of the standard contract is mandatory for a vendor.

    The vendor's document matters in one point: a qualification has to be kept (listed, retrieved) only where
    its POST answers 201.
    """
    profile, common = api_profile(standard), common_part()
    named = {
        (resource, kind): _name(standard, resource, kind)
        for resource, each in profile.resources.items()
        for kind in (each.operations | each.kept if _keeps(vendor, resource) else each.operations)
    }
    return Mandatory(
        source=profile.source,
        derived=profile.derived,
        operations=frozenset(named.values()),
        attributes={
            resource: frozenset((*common.attributes, *_in_answers(profile.resources[resource])))
            for resource, _ in named
        },
        parameters=_parts(named, common.parameters),
        headers=_parts(named, common.headers),
    )


def _keeps(vendor: Document, resource: str) -> bool:
    posts = [each for each in vendor.operations if (each.method, each.path) == ("post", f"/{resource}")]
    return any("201" in post.responses for post in posts)


def _in_answers(profile: ResourceProfile) -> list[str]:
    # What a document says of a dotted attribute is judged where the standard requires it in its object.
    return [path for due in profile.answers for path in due.any_of if "." not in path]


def _name(standard: Contract, resource: str, kind: Kind) -> str:
    operation = standard.resources[resource].operations[kind]
    return f"{operation.method.upper()} {operation.path}"


def _parts(
    named: Mapping[tuple[str, Kind], str], wanted: Mapping[str, tuple[Kind, ...]]
) -> frozenset[tuple[str, str]]:
    return frozenset(
        (operation, part)
        for (_, kind), operation in named.items()
        for part, kinds in wanted.items()
        if kind in kinds
    )
