"""What one role may look up at another to say more than it could alone, and never depends on.

Where the role has neighbours it asks them; else it looks into what this site holds, or its data set.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING, TypeVar

from tmfrig.mockservers.neighbours import NeighbourError, Peer
from tmfrig.mockservers.store import Body

if TYPE_CHECKING:
    from tmfrig.mockservers.site import Site

log = logging.getLogger(__name__)

T = TypeVar("T")
_UNTOLD: Body = {}
"""In place of a resource of which nobody says whether it exists."""

PATIENCE = 2.0
"""Seconds that a look-up may take: who asks for a qualification waits for it."""


class LookUps:
    """Looks things up for a role, which names itself `caller` where it asks others."""

    def __init__(self, site: Site, caller: str) -> None:
        self._site = site
        self._caller = caller

    async def one(self, api: str, resource: str, identifier: str) -> Body | None:
        """A resource; None where there is none, or nobody says."""
        peer = self._peer(api)
        if peer is None:
            return await self._site.held(api, resource, identifier)
        return await self._told(peer.get(resource, identifier), None)

    async def every(self, api: str, resource: str) -> Sequence[Body]:
        """Every resource of a type; none where nobody says."""
        peer = self._peer(api)
        if peer is None:
            return await self._site.all_held(api, resource)
        return await self._told(peer.find(resource), [])

    async def knows(self, api: str, resource: str, identifier: str) -> bool:
        """Whether a resource exists, as far as can be told.

        Of a catalog that is away, or of an empty data set, nothing can.
        """
        peer = self._peer(api)
        if peer is None:
            held = await self._site.held(api, resource, identifier)
            return held is not None or not await self._site.all_held(api, resource)
        return await self._told(peer.get(resource, identifier), _UNTOLD) is not None

    async def reference(self, api: str, resource: str, identifier: str) -> Body:
        """A reference to a resource, with its name and href where they are known."""
        target = await self.one(api, resource, identifier) or {}
        reference: Body = {name: target[name] for name in ("href", "name", "version") if name in target}
        return {"id": identifier, **reference, "@referredType": resource[0].upper() + resource[1:]}

    async def _told(self, asking: Awaitable[T], otherwise: T) -> T:
        """What a neighbour says, or something else where it does not."""
        try:
            return await asking
        except NeighbourError as error:
            log.info("%s goes on without: %s", self._caller, error)
            return otherwise

    def _peer(self, api: str) -> Peer | None:
        neighbours = self._site.neighbours
        return neighbours.peer(api, self._caller, within=PATIENCE) if api in neighbours else None
