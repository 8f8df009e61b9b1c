"""The facade's writing to TMF638: services that follow the states of legacy lines, along legal ways only."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import Any

from tmfrig.mockservers.behaviours.behaviour import change_if_there, read_if_there
from tmfrig.mockservers.collection import Collection, Draft
from tmfrig.mockservers.errors import ApiError
from tmfrig.mockservers.events import now
from tmfrig.mockservers.facade.copybook import LineRecord, LineState
from tmfrig.mockservers.facade.mapping import LINE_STATES, megabits
from tmfrig.mockservers.store import Body
from tmfrig.specs import Lifecycle

COPIED = (
    "name",
    "description",
    "category",
    "serviceType",
    "serviceSpecification",
    "serviceCharacteristic",
    "place",
)
"""What a service takes over from the item that orders it."""
REMOVABLE = frozenset({"feasibilityChecked", "designed", "reserved"})
"""States in which nothing was built yet: the service is removed, and need not be terminated."""
FIRST_STATE = "feasibilityChecked"


class Inventory:
    """The services of one TMF638; `origin` is scheme and host of their hrefs."""

    def __init__(self, services: Collection, origin: str) -> None:
        self._services = services
        self._url = origin + services.path

    async def get(self, service: str | None) -> Body | None:
        """A service; None where there is none, or where a client has deleted it."""
        return None if service is None else await read_if_there(self._services, service)

    def drafted(self, order: Body, item: Body, supporting: list[Body]) -> Body:
        """The service that an item adds; ApiError where TMF638 has no room for what TMF641 lets through."""
        asked = item["service"]
        specification = asked.get("serviceSpecification") or {}
        body = {name: asked[name] for name in COPIED if name in asked}
        body.setdefault("name", specification.get("name") or specification.get("id") or f"item {item['id']}")
        origin = {
            "serviceOrderId": order["id"],
            "serviceOrderHref": order["href"],
            "itemId": item["id"],
            "itemAction": item["action"],
            "role": "creation",
        }
        body |= {"state": FIRST_STATE, "serviceOrderItem": [origin]}
        if order.get("relatedParty"):
            body["relatedParty"] = order["relatedParty"]
        if supporting:
            body["supportingService"] = [
                {name: each[name] for name in ("id", "href", "name") if name in each} for each in supporting
            ]
        return self._services.intake.complete(body, self._url)

    async def add(self, service: Body) -> None:
        """Put a drafted service in place, unless it is there."""
        if await self.get(service["id"]) is None:
            await self._services.create(Draft(service))

    async def adopt(self, line: LineRecord) -> str:
        """A service for a line that was ordered at a PROVEX terminal, past the facade; its id."""
        body: Body = {
            "name": f"Line {line.line}",
            "serviceType": line.product,
            "state": LINE_STATES[LineState(line.state)].service,
        }
        if line.rate:
            body["serviceCharacteristic"] = [{"name": "downstreamSpeed", "value": megabits(line.rate)}]
        service = self._services.intake.complete(body, self._url)
        await self._services.create(Draft(service))
        identifier: str = service["id"]
        return identifier

    async def move(self, service: str, state: str) -> None:
        """Bring a service into a state, step by step where the published lifecycle has no direct way."""
        present = (await self.get(service) or {}).get("state")
        for each in _way(self._services.resource.lifecycle, present, state):
            await change_if_there(self._services, service, partial(_in_state, each))

    async def amend(self, service: str, characteristics: Any) -> None:
        """Merge characteristics into a service's own, by name."""
        wanted = {each["name"]: each for each in characteristics or ()}

        def update(body: Body) -> Body | None:
            kept = {each["name"]: each for each in body.get("serviceCharacteristic") or ()}
            return body | {"serviceCharacteristic": list((kept | wanted).values())} if wanted else None

        await change_if_there(self._services, service, update)

    async def undo(self, service: str) -> None:
        """Take back a service that will not come about."""
        body = await self.get(service)
        if body is None:
            return
        if body.get("state") not in REMOVABLE:
            await self.move(service, "terminated")
            return
        try:
            await self._services.remove(service)
        except ApiError as error:
            if error.status != 404:  # a client was faster
                raise


def _way(lifecycle: Lifecycle | None, before: str | None, after: str) -> list[str]:
    """The states through which one comes to another; empty where one is there, or cannot come there."""
    if before is None or lifecycle is None:
        return [after]
    ways = deque([[before]])
    seen = {before}
    while ways:
        way = ways.popleft()
        if way[-1] == after:
            return way[1:]
        for each in lifecycle.next_states(way[-1]):
            if each not in seen:
                seen.add(each)
                ways.append([*way, each])
    return []


def _in_state(state: str, body: Body) -> Body:
    moved = body | {"state": state, "isServiceEnabled": state == "active"}
    if state == "active":
        moved |= {"hasStarted": True, "startDate": body.get("startDate") or now()}
    if state == "terminated":
        moved["endDate"] = now()
    return moved
