"""Faults of telling one identity from another."""

from __future__ import annotations

from collections.abc import Collection

from tmfrig.mockservers.faults.fault import fault
from tmfrig.mockservers.faults.security import TOKEN
from tmfrig.mockservers.guard import Guard

OTHER_TOKEN = "another-token"


@fault(
    "identities-see-each-other",
    "TMF637",
    "Whoever is logged in sees, changes and deletes what others have created; it should be theirs alone.",
    rule="SEC-03",
    family="security",
)
class TellsNobodyApart(Guard):
    """Asks who somebody is, and forgets it."""

    def __init__(self, tokens: Collection[str]) -> None:
        super().__init__(tokens or (TOKEN, OTHER_TOKEN))
