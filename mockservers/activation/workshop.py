"""Work on one item of a service order: the next thing that is done for it in TMF638."""

from __future__ import annotations

from dataclasses import dataclass

from tmfrig.mockservers.activation.catalog import ServiceCatalog, UnknownSpecificationError
from tmfrig.mockservers.activation.inventory import (
    CREATION,
    ServiceInventory,
    merged_characteristics,
    reference,
)
from tmfrig.mockservers.activation.plan import Line, Plan
from tmfrig.mockservers.activation.script import STEPS, Course
from tmfrig.mockservers.neighbours import NeighbourError
from tmfrig.mockservers.store import Body

ONLY_STEP = ""
"""The step of what is not built state by state."""
_COPIED = ("name", "category", "serviceType", "serviceCharacteristic", "place")
_IDENTIFYING = ("id", "name", "serviceType", "serviceSpecification")


class ItemFailedError(Exception):
    """The work on an item cannot be done; `code` is a word for programs."""

    def __init__(self, code: str, reason: str, message: str = "") -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.message = message


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a step: the service as it is now (None: nothing is known of it), and how the item is."""

    service: Body | None = None
    is_complete: bool = False
    failure: ItemFailedError | None = None
    is_undone: bool = False
    """Whether the service is gone from TMF638."""


@dataclass(frozen=True, slots=True)
class Job:
    """One item at work: where it stands in its order, and the service that was created for it, if any."""

    order: Body
    plan: Plan
    line: Line
    course: Course
    built: Body | None = None

    @property
    def next_step(self) -> str:
        """The state that the service should reach next."""
        if self.line.action != "add":
            return ONLY_STEP
        if self.built is None:
            return STEPS[0]
        state = str(self.built.get("state"))
        return STEPS[min(STEPS.index(state) + 1, len(STEPS) - 1)] if state in STEPS else ONLY_STEP


class Workshop:
    """Does the steps. Each raises ItemFailedError, or NeighbourError where TMF638 does not do as asked."""

    def __init__(self, inventory: ServiceInventory, catalog: ServiceCatalog) -> None:
        self._inventory = inventory
        self._catalog = catalog

    async def step(self, job: Job) -> Result:
        """Do the next thing for an item."""
        for each in job.plan.waits_for(job.line):
            if each.state != "completed":
                raise ItemFailedError("dependencyFailed", f"depends on item {each.item_id}, which failed")
        _follow_script(job)
        if not any(job.line.service.get(name) for name in _IDENTIFYING):
            return Result(is_complete=True)
        match job.line.action:
            case "add":
                return await self._add(job)
            case "modify":
                return await self._modify(job.line)
            case "delete":
                return await self._delete(job.line)
        return Result(is_complete=True)

    async def _add(self, job: Job) -> Result:
        if job.built is None:
            shown = job.line.service
            if shown.get("id") and shown.get("state") in STEPS:
                raise _gone(shown["id"])
            return Result(await self._inventory.create(await self._new_service(job)))
        state = job.built.get("state")
        if state == STEPS[-1]:
            return Result(job.built, is_complete=True)
        if state not in STEPS:
            raise ItemFailedError("serviceLost", f"service {job.built['id']} has become {state}")
        moved = await self._inventory.move(job.built["id"], job.next_step)
        if moved is None:
            raise _gone(job.built["id"])
        return Result(moved, is_complete=moved.get("state") == STEPS[-1])

    async def _new_service(self, job: Job) -> Body:
        wanted = job.line.service
        if job.line.specification is None:
            raise ItemFailedError(
                "missingSpecification", "service.serviceSpecification is needed to build it"
            )
        try:
            specification = await self._catalog.completed(wanted["serviceSpecification"])
        except UnknownSpecificationError:
            raise ItemFailedError(
                "unknownSpecification", f"TMF633 has no service specification {job.line.specification}"
            ) from None
        supporting = [reference(job.plan.lines[key].service) for key in job.line.relies_on]
        origin = {
            "serviceOrderId": job.order["id"],
            "serviceOrderHref": job.order["href"],
            "itemId": job.line.item_id,
            "itemAction": "add",
            "role": CREATION,
        }
        described = {
            **{name: wanted[name] for name in _COPIED if name in wanted},
            "relatedParty": job.order.get("relatedParty"),
            "supportingService": [each for each in supporting if "id" in each],
        }
        return {
            **{name: value for name, value in described.items() if value},
            "state": STEPS[0],
            "serviceSpecification": specification,
            "serviceOrderItem": [origin],
        }

    async def _modify(self, line: Line) -> Result:
        service = await self._existing(line)
        if service.get("state") == "terminated":
            raise ItemFailedError("serviceTerminated", f"service {service['id']} is terminated")
        wanted, changes = line.service, {}
        characteristics = merged_characteristics(
            service.get("serviceCharacteristic"), wanted.get("serviceCharacteristic")
        )
        if characteristics != (service.get("serviceCharacteristic") or []):
            changes["serviceCharacteristic"] = characteristics
        state = wanted.get("state")
        if state in ("active", "inactive") and state != service.get("state"):
            changes |= {"state": state, "isServiceEnabled": state == "active"}
        if not changes:
            return Result(service, is_complete=True)
        changed = await self._inventory.change(service["id"], changes)
        if changed is None:
            raise _gone(service["id"])
        return Result(changed, is_complete=True)

    async def _delete(self, line: Line) -> Result:
        service = await self._existing(line)
        if service.get("state") == "terminated":
            return Result(service, is_complete=True)
        moved = await self._inventory.step_towards_end(service)
        if moved is None:
            raise _gone(service["id"])
        return Result(moved, is_complete=moved.get("state") == "terminated")

    async def _existing(self, line: Line) -> Body:
        identifier = line.service.get("id")
        if not identifier:
            raise ItemFailedError("missingService", f"service.id is needed to {line.action} a service")
        service = await self._inventory.read(identifier)
        if service is None:
            raise ItemFailedError("unknownService", f"TMF638 has no service {identifier}")
        return service


def refused(error: NeighbourError) -> ItemFailedError:
    """What an item is told where TMF638 refused for good."""
    return ItemFailedError("inventoryRefused", "TMF638 refused what was asked of it", str(error))


def _follow_script(job: Job) -> None:
    step = job.next_step
    for trigger in job.course.fails:
        if trigger.meets(job.line, step):
            what = (
                f"the service could not become {step}" if step else f"the {job.line.action} could not be done"
            )
            raise ItemFailedError("activationFailed", what, f"the order's script says {trigger.word}")


def _gone(identifier: str) -> ItemFailedError:
    return ItemFailedError("serviceLost", f"service {identifier} is no longer in TMF638")
