"""Which departure from the standard a structural difference is, seen by a client of the standard.

What the API takes has to be as wide as the standard, what it answers as narrow: the same difference is
harmless in one direction and breaks clients in the other. A promise that answers keep more strictly is no
finding, nor is another default.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tmfrig.specs import judging_bodies as bodies
from tmfrig.specs import judging_operations as operations
from tmfrig.specs import ranges
from tmfrig.specs.case import Case, Judge
from tmfrig.specs.difference import Aspect, Difference
from tmfrig.specs.finding import Finding

_JUDGES: Mapping[Aspect, Judge] = {
    Aspect.OPERATION: operations.operation,
    Aspect.PARAMETER: operations.parameter,
    Aspect.HEADER: operations.header,
    Aspect.STATUS: operations.status,
    Aspect.BODY: operations.body,
    Aspect.MEDIA_TYPES: operations.media_types,
    Aspect.PROPERTY: bodies.attribute,
    Aspect.MANDATORY: bodies.mandatory,
    Aspect.READ_ONLY: bodies.read_only,
    Aspect.WRITE_ONLY: bodies.write_only,
    Aspect.FURTHER_PROPERTIES: bodies.further,
    Aspect.ALTERNATIVES: bodies.alternatives,
    Aspect.DISCRIMINATOR: bodies.discriminator,
    Aspect.NULLABLE: bodies.by_range(ranges.nullability),
    Aspect.TYPE: bodies.another_type,
    Aspect.FORMAT: bodies.by_range(ranges.formats),
    Aspect.ENUMERATION: bodies.by_range(ranges.enumeration),
    Aspect.CARDINALITY: bodies.by_range(ranges.cardinality),
    Aspect.LIMITS: bodies.by_range(ranges.limits),
}


def judged(difference: Difference, case: Case) -> Iterator[Finding]:
    """The findings that a difference between the standard (left) and a vendor's document amounts to."""
    judge = _JUDGES.get(difference.aspect)
    if judge is not None:
        yield from judge(difference, case)
