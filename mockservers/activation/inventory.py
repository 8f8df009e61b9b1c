"""The boundary to TMF638: the services as activation reads and writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tmfrig.mockservers.events import now
from tmfrig.mockservers.neighbours import Peer
from tmfrig.mockservers.store import Body

CREATION = "creation"
REFERENCE = ("id", "href", "name")
RETRACTABLE_STATES = frozenset({"feasibilityChecked", "designed", "reserved"})
"""States in which a service can be taken back without a trace."""


class ServiceInventory:
    """The services of TMF638. Every method raises NeighbourError where the inventory does not do as asked."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._lifecycle = peer.neighbour.contract.resources["service"].lifecycle

    async def built_for(self, order: str) -> dict[str, Body]:
        """The services that were created for an order, by the item for which they were."""
        found = {}
        for service in await self._peer.find("service", **{"serviceOrderItem.serviceOrderId": order}):
            for each in service.get("serviceOrderItem") or ():
                if each.get("serviceOrderId") == order and each.get("role") == CREATION:
                    found[str(each.get("itemId"))] = service
        return found

    async def read(self, identifier: str) -> Body | None:
        """A service; None for one that is not there."""
        return await self._peer.get("service", identifier)

    async def create(self, service: Body) -> Body:
        """A new service, as the inventory holds it."""
        return await self._peer.create("service", service)

    async def change(self, identifier: str, changes: Mapping[str, Any]) -> Body | None:
        """A changed service; None for one that is not there."""
        return await self._peer.patch("service", identifier, dict(changes))

    async def move(self, identifier: str, state: str) -> Body | None:
        """A service in another state, with what that state brings along; None for one that is not there."""
        return await self.change(identifier, {"state": state, **_marks(state)})

    async def step_towards_end(self, service: Body) -> Body | None:
        """A service one state closer to terminated; None for one that is not there."""
        # the published graph of version 4 has no way from inactive to terminated but through active
        direct = self._lifecycle is None or self._lifecycle.allows(str(service.get("state")), "terminated")
        if direct:
            return await self.move(service["id"], "terminated")
        return await self.change(service["id"], {"state": "active"})

    async def undo(self, service: Body) -> Body | None:
        """Take a service back: it is gone while nobody could use it, else it is terminated."""
        if service.get("state") in RETRACTABLE_STATES:
            await self._peer.delete("service", service["id"])
            return None
        present: Body | None = service
        while present is not None and present.get("state") != "terminated":
            present = await self.step_towards_end(present)
        return present


def reference(service: Body) -> Body:
    """A reference to a service."""
    return {name: service[name] for name in REFERENCE if name in service}


def merged_characteristics(present: Any, wanted: Any) -> list[Body]:
    """The characteristics of a service with other values for some, and new ones."""
    by_name = {each["name"]: each for each in present or ()}
    for each in wanted or ():
        by_name[each["name"]] = by_name.get(each["name"], {}) | each
    return list(by_name.values())


def _marks(state: str) -> Body:
    match state:
        case "active":
            return {"startDate": now(), "hasStarted": True, "isServiceEnabled": True}
        case "terminated":
            return {"endDate": now(), "isServiceEnabled": False}
    return {}
