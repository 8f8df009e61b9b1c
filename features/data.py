"""The data document: what exists at the target, by the purpose for which a scenario needs it.

`tmfrig.features --data FILE` reads one (YAML or JSON; the schema is in `README.md`), which may serve
`tmfrig verify` as well. The reference servers come with one of their own, `telco.yaml` beside this module.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from tmfrig.conformance.check import Skipped
from tmfrig.conformance.data import DataError, read_vendor_data
from tmfrig.conformance.purposes import Entry, Outcome, Purposes

__all__ = ["BUILT_IN", "Data", "DataError", "Entry", "Outcome", "built_in", "read_data"]

BUILT_IN = Path(__file__).parent / "telco.yaml"


class Data(Purposes):
    """A data document. Whatever it does not name, the scenarios that need it are skipped."""

    def offering(self, purpose: str) -> Entry:
        """The offering for a purpose; Skipped when the document names none."""
        return self._named("offerings", self.offerings, purpose)

    def place(self, purpose: str) -> Entry:
        """The place for a purpose; Skipped when the document names none."""
        return self._named("places", self.places, purpose)

    def service(self, purpose: str) -> Entry:
        """The service specification for a purpose; Skipped when the document names none."""
        return self._named("services", self.services, purpose)

    def outcome(self, purpose: str) -> Outcome:
        """How to provoke an outcome; Skipped when the document does not say."""
        found: Outcome | None = self._part("outcomes", self.outcomes, purpose)
        if found is None:
            raise Skipped(
                f"nobody says how this target is made to play {purpose!r}; "
                f"name it as outcomes.{purpose} in the data"
            )
        return found

    def changes(self) -> dict[str, Any]:
        """What a customer may change of `offerings.single`: characteristics by name; empty for nothing."""
        return dict(self.change)

    def for_foreign(self, roles: Collection[str]) -> Data:
        """The document without what says something about these roles, which somebody else plays."""
        owners = {"TMF620": "offerings", "TMF633": "services", "TMF641": "outcomes"}
        gone = {name for role, name in owners.items() if role in roles}
        if {"TMF645", "TMF679"} & set(roles):
            gone.add("places")
        if "offerings" in gone:
            gone.add("change")
        empty = Data()
        return self.model_copy(update={name: getattr(empty, name) for name in gone})

    def _named(self, section: str, part: BaseModel, purpose: str) -> Entry:
        found: Entry | None = self._part(section, part, purpose)
        if found is None:
            raise Skipped(
                f"nobody says what exists here for this; name it as {section}.{purpose} in the data"
            )
        return found

    def _part(self, section: str, part: BaseModel, purpose: str) -> Any:
        if purpose not in type(part).model_fields:
            known = ", ".join(type(part).model_fields)
            raise LookupError(f"there is no {section}.{purpose}; there are {known}")
        return getattr(part, purpose)


def built_in() -> Data:
    """What the reference servers hold."""
    return read_data(BUILT_IN)


def read_data(path: Path) -> Data:
    """The data document in a file. DataError when it cannot be read or says something that it should not."""
    file = read_vendor_data(path).file
    # what it says of resources is for `tmfrig verify`
    return Data.model_validate(file.model_dump(include=set(Purposes.model_fields), exclude_unset=True))
