"""How much is asked of a target."""

from __future__ import annotations

from enum import StrEnum


class Suite(StrEnum):
    """Each suite holds the one before it.

    `mandatory` is what TM Forum's conformance profiles ask, `standard` every rule, `full` also what takes
    longer or is asked beyond the rules.
    """

    mandatory = "mandatory"
    standard = "standard"
    full = "full"
