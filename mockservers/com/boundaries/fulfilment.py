"""TMF641, service ordering: technical work is ordered here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tmfrig.mockservers.com.boundaries.wording import (
    Body,
    characteristics,
    created_id,
    first_text,
    identifier,
    merged_characteristics,
    objects,
    reference,
    text,
    without_nothing,
)
from tmfrig.mockservers.com.orders import Phase, Standing
from tmfrig.mockservers.com.plan import Facing, Task, Verb
from tmfrig.mockservers.com.ports import TaskStatus, Work, WorkStatus
from tmfrig.mockservers.neighbours import Peer

RESOURCE = "serviceOrder"
ITEMS = "serviceOrderItem"

_PHASES = {
    "acknowledged": Phase.NEW,
    "inProgress": Phase.WORKING,
    "pending": Phase.WAITING,
    "held": Phase.HELD,
    "assessingCancellation": Phase.CANCEL_ASKED,
    "pendingCancellation": Phase.CANCELLING,
    "completed": Phase.COMPLETED,
    "failed": Phase.FAILED,
    "partial": Phase.PARTIAL,
    "cancelled": Phase.CANCELLED,
    "rejected": Phase.REFUSED,
}
_ACTIONS = {Verb.CREATE: "add", Verb.CHANGE: "modify", Verb.END: "delete", Verb.KEEP: "noChange"}
_STATES = {Standing.SUSPENDED: "inactive", Standing.ACTIVE: "active"}
_MISSING = re.compile(r"([\w.-]+(?:(?:, | and )[\w.-]+)*) (?:is|are) (?:needed|missing|required)")
_BETWEEN = re.compile(r", | and ")
_WAITING = frozenset({"pending", "held"})
_TASK_OVER = frozenset({"done", "terminatedWithError", "rejected", "cancelled"})


class ServiceOrdering:
    """Service ordering as the domain sees it."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    async def place(self, work: Work) -> str:
        """Order work: the id of the service order."""
        return created_id(self._peer, RESOURCE, await self._peer.create(RESOURCE, _service_order(work)))

    async def find(self, reference: str) -> str | None:
        """The service order that was placed under an external id."""
        async for each in self._peer.walk(RESOURCE, externalId=reference):
            if each.get("externalId") == reference:
                return identifier(each)
        return None

    async def read(self, number: str) -> WorkStatus | None:
        """How far a service order is."""
        body = await self._peer.get(RESOURCE, number)
        return None if body is None else read_status(body)

    async def resume(self, number: str, traits: Mapping[str, Mapping[str, Any]]) -> None:
        """Put a service order in progress again, with what was missing in its items; one that waits."""

        def resumed(present: Body) -> Body:
            those = (present, *_every_item(present.get(ITEMS)))
            if not any(text(each.get("state")) in _WAITING for each in those):
                return {}
            items = [_supplied(each, traits) for each in objects(present.get(ITEMS))]
            return {"state": "inProgress", ITEMS: items}

        await self._peer.revise(RESOURCE, number, resumed)

    async def cancel(self, number: str, reason: str) -> None:
        """Create a cancel task, unless there is one that is not over."""
        tasks = await self._tasks(number)
        if all(text(each.get("state")) in _TASK_OVER for each in tasks):
            named = {"id": number, "@referredType": "ServiceOrder"}
            await self._peer.create(
                "cancelServiceOrder", {"serviceOrder": named, "cancellationReason": reason}
            )

    async def denied(self, number: str) -> bool:
        """Whether every cancel task is over, and the order was not cancelled by one."""
        tasks = await self._tasks(number)
        return bool(tasks) and all(
            text(each.get("state")) in _TASK_OVER and not each.get("effectiveCancellationDate")
            for each in tasks
        )

    async def _tasks(self, number: str) -> list[Body]:
        found = await self._peer.find("cancelServiceOrder", **{"serviceOrder.id": number})
        return [each for each in found if identifier(each.get("serviceOrder")) == number]


def order_of(body: Body) -> str | None:
    """The customer's order for which a service order of ours was placed."""
    external = text(body.get("externalId"))
    return external.rpartition("/")[0] or None


def read_status(body: Body) -> WorkStatus:
    """What a service order says of its progress."""
    items = list(_every_item(body.get(ITEMS)))
    return WorkStatus(
        phase=_PHASES.get(text(body.get("state")), Phase.WORKING),
        tasks={str(each.get("id")): _task_status(each) for each in items},
        message=first_text(objects(body.get("errorMessage")), "message", "reason"),
        mark=" ".join(
            f"{text(each.get('state'))}/{text(service.get('state'))}"
            for each in items
            if isinstance(service := each.get("service"), dict)
        ),
    )


def _every_item(items: Any) -> Iterator[Body]:
    for each in objects(items):
        yield each
        yield from _every_item(each.get(ITEMS))


def _task_status(item: Body) -> TaskStatus:
    errors = objects(item.get("errorMessage"))
    phase = _PHASES.get(text(item.get("state")), Phase.NEW)
    told = [text(each.get(name)) for each in errors for name in ("reason", "message")]
    asked = [names for each in told for names in _MISSING.findall(each)] if phase is Phase.WAITING else []
    return TaskStatus(
        phase=phase,
        service=identifier(item.get("service")),
        message=first_text(errors, "message", "reason", "code"),
        missing=tuple(dict.fromkeys(name for names in asked for name in _BETWEEN.split(names))),
    )


def _service_order(work: Work) -> Body:
    return without_nothing(
        {
            "externalId": work.reference,
            "description": work.description,
            "externalReference": [
                {"name": work.customer_reference, "externalReferenceType": "customerOrder"}
            ],
            "relatedParty": [_party(each) for each in work.order.parties if each.get("id")],
            ITEMS: [_item(each, {task.id for task in work.tasks}) for each in work.tasks],
        }
    )


def _party(party: Body) -> Body:
    return {"@type": "RelatedParty", "@referredType": "Individual", **party}


def _item(task: Task, together: set[str]) -> Body:
    service = without_nothing(
        {
            "id": task.service,
            "name": task.name,
            "category": "CFS" if task.facing is Facing.CUSTOMER else "RFS",
            "serviceType": task.blueprint,
            "state": _STATES.get(task.standing) if task.standing else None,
            "serviceSpecification": _specification(task),
            "serviceCharacteristic": characteristics(task.traits),
            "place": task.sites,
        }
    )
    related = [
        {"relationshipType": "reliesOn", "orderItem": {"id": each, "itemId": each}}
        for each in task.relies_on
        if each in together
    ]
    item = {"id": task.id, "action": _ACTIONS[task.verb], "service": service}
    return item | ({"serviceOrderItemRelationship": related} if related else {})


def _specification(task: Task) -> Body | None:
    # a task on what is deployed has the name of that
    name = task.name if task.verb is Verb.CREATE else None
    return reference(task.blueprint, name=name) if task.blueprint else None


def _supplied(item: Body, traits: Mapping[str, Mapping[str, Any]]) -> Body:
    """An item with the characteristics that were missing; what is at its end stays as it is."""
    service = item["service"] if isinstance(item.get("service"), dict) else {}
    more = traits.get(str(item.get("id")))
    if more:
        present = service.get("serviceCharacteristic")
        service = service | {"serviceCharacteristic": merged_characteristics(present, more)}
    waits = text(item.get("state")) in _WAITING
    return item | {"service": service} | ({"state": "inProgress"} if waits else {})
