"""TMF638, service inventory: the authority on what is deployed. The domain reads it and never writes it."""

from __future__ import annotations

from collections.abc import AsyncIterator

from tmfrig.mockservers.com.boundaries.wording import Body, identifier, identifiers, objects, text, traits
from tmfrig.mockservers.com.inventory import Deployment, Service
from tmfrig.mockservers.com.plan import Facing
from tmfrig.mockservers.neighbours import Peer

RESOURCE = "service"

_DEPLOYMENTS = {
    "inactive": Deployment.IDLE,
    "suspended": Deployment.IDLE,
    "active": Deployment.ACTIVE,
    "terminated": Deployment.ENDED,
}


class ServiceInventory:
    """Service inventory as the domain sees it."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    async def read(self, identifier: str) -> Service | None:
        """A service."""
        body = await self._peer.get(RESOURCE, identifier)
        return None if body is None else read_service(body)

    async def every(self) -> AsyncIterator[Service]:
        """All services."""
        async for each in self._peer.walk(RESOURCE):
            if identifier(each):
                yield read_service(each)


def read_service(body: Body) -> Service:
    """What the inventory says of a service."""
    state = text(body.get("state"))
    return Service(
        id=identifier(body) or "",
        name=text(body.get("name")),
        deployment=_DEPLOYMENTS.get(state, Deployment.BUILDING),
        told=state,
        blueprint=identifier(body.get("serviceSpecification")),
        facing=Facing.RESOURCE if _is_resource_facing(body) else Facing.CUSTOMER,
        traits=traits(body.get("serviceCharacteristic")),
        supports=identifiers(body.get("supportingService")),
        work=_work(body),
    )


def _is_resource_facing(body: Body) -> bool:
    kinds = f"{text(body.get('category'))} {text(body.get('@type'))} {text(body.get('serviceType'))}"
    return "RFS" in kinds or "ResourceFacing" in kinds


def _work(body: Body) -> tuple[str, str] | None:
    """The service order and its item that made the service."""
    for each in objects(body.get("serviceOrderItem")):
        if each.get("serviceOrderId") and text(each.get("itemAction")) in ("", "add"):
            return str(each["serviceOrderId"]), str(each.get("itemId", ""))
    return None
