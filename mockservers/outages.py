"""Roles that are out of order for a while, so that one can see how the others get on without them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tmfrig.mockservers.errors import ApiError, not_found
from tmfrig.mockservers.events import now
from tmfrig.specs import Contract, Problem


@dataclass(frozen=True, slots=True)
class Outage:
    """A role that is out of order: it answers 503 to everything."""

    api: str
    begun: str
    paths: tuple[str, ...]


class Outages:
    """The roles of a site that are out of order."""

    def __init__(self, contracts: Sequence[Contract]) -> None:
        self._paths = {
            each.api: tuple(other.base_path for other in contracts if other.api == each.api)
            for each in contracts
        }
        self._outages: dict[str, Outage] = {}

    def all(self) -> list[Outage]:
        """Those that are, the oldest first."""
        return list(self._outages.values())

    def begin(self, api: object) -> Outage:
        """Put a role out of order, in all its versions; ApiError (400) for one that is not served here."""
        if not isinstance(api, str) or api not in self._paths:
            known = ", ".join(sorted(self._paths))
            problem = Problem("api", f"should be one of the roles here: {known}", "enum")
            raise ApiError(400, "invalidBody", "the body does not keep the contract", str(problem))
        return self._outages.setdefault(api, Outage(api, now(), self._paths[api]))

    def get(self, api: str) -> Outage:
        """The outage of a role; ApiError (404) where it is in order."""
        if api not in self._outages:
            raise not_found(f"an outage of {api[:50]}")
        return self._outages[api]

    def end(self, api: str) -> None:
        """Put a role in order again; ApiError (404) where it is."""
        self.get(api)
        del self._outages[api]

    def clear(self) -> None:
        """Put all roles in order."""
        self._outages.clear()

    def check(self, path: str) -> None:
        """ApiError (503) where who is asked is out of order."""
        for each in self._outages.values():
            if any(path == base or path.startswith(base + "/") for base in each.paths):
                raise ApiError(
                    503, "outOfOrder", f"{each.api} is out of order", headers=((b"retry-after", b"1"),)
                )
