"""The boundary to TMF633: what the catalog says of a service's specification, where it says anything."""

from __future__ import annotations

import logging

from tmfrig.mockservers.neighbours import NeighbourError, Neighbours
from tmfrig.mockservers.store import Body

log = logging.getLogger(__name__)

API = "TMF633"
PATIENCE = 2.0
"""Seconds that activation waits for an answer without which it can go on."""
SPECIFICATION = "serviceSpecification"


class UnknownSpecificationError(Exception):
    """The catalog is there and holds no such specification."""


class ServiceCatalog:
    """The catalog as far as it can be reached: nothing here depends on it."""

    def __init__(self, neighbours: Neighbours, caller: str) -> None:
        self._peer = neighbours.peer(API, caller, within=PATIENCE) if API in neighbours else None
        self._answers = True

    async def completed(self, reference: Body) -> Body:
        """A reference to a specification with its name and href, as far as they are known.

        UnknownSpecificationError where the catalog holds others, but not this one.
        """
        if self._peer is None:
            return reference
        try:
            known = await self._peer.get(SPECIFICATION, reference["id"])
            if known is None and await self._holds_anything():
                raise UnknownSpecificationError
        except NeighbourError as error:
            # once per outage: orders may come by the hundred
            if self._answers:
                log.warning("going on without the service catalog: %s", error)
            self._answers = False
            return reference
        self._answers = True
        found = {name: known[name] for name in ("name", "href", "version") if name in known} if known else {}
        return found | reference

    async def _holds_anything(self) -> bool:
        if self._peer is None:
            return False
        async for _ in self._peer.walk(SPECIFICATION):
            return True
        return False
