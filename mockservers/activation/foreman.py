"""One turn of work on a service order: every item that can go on takes a step, then the order shows it.

All that must outlive a turn stands in the order itself and in TMF638; a journey holds what saves asking.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection as Several
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tmfrig.mockservers.activation.inventory import ServiceInventory
from tmfrig.mockservers.activation.orders import (
    ERRORS,
    INFORMATION_REQUIRED,
    INVENTORY_FAILED,
    SCRIPTED_HOLD,
    Orders,
    error,
    lines_of,
)
from tmfrig.mockservers.activation.plan import Line, Plan, PlanError
from tmfrig.mockservers.activation.script import Course, Script, Trigger
from tmfrig.mockservers.activation.workshop import ItemFailedError, Job, Result, Workshop, refused
from tmfrig.mockservers.behaviours.behaviour import change_if_there
from tmfrig.mockservers.neighbours import NeighbourError
from tmfrig.mockservers.store import Body

if TYPE_CHECKING:
    from tmfrig.mockservers.collection import Collection

log = logging.getLogger(__name__)

TRIES = 8
"""How often TMF638 is asked in vain before an order is held."""
FIRST_PAUSE = 0.05
LONGEST_PAUSE = 5.0
BUILDING = ("add", "modify")
_CONFLICT = 409


@dataclass(slots=True)
class Journey:
    """An order that is being worked on."""

    turn: int = 0
    """The turn that comes next; those that were planned before it are off."""
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    failures: int = 0
    """How often in a row TMF638 has failed."""
    built: dict[str, Body] | None = None
    """The services that were created for the order, by item; None when TMF638 has to be asked."""
    given_up: dict[str, ItemFailedError] = field(default_factory=dict)
    """Why items have failed whose services are still to be taken back."""

    @property
    def pause(self) -> float:
        """Seconds until TMF638 is asked again after it has failed."""
        return float(min(FIRST_PAUSE * 2 ** min(self.failures, 10), LONGEST_PAUSE))


@dataclass(frozen=True, slots=True)
class Foreman:
    """Has the items of orders worked on. `pace` is the time in seconds that a step takes.

    A turn's answer is the seconds until the next one, None where nothing is left to do by itself.
    """

    collection: Collection
    orders: Orders
    inventory: ServiceInventory
    workshop: Workshop
    script: Script
    pace: float

    async def begin(self, order: Body) -> None:
        """The first turn of an order: it is rejected, or it is in progress."""

        def update(body: Body) -> Body | None:
            if body["state"] != "acknowledged":
                return None
            try:
                plan = Plan.of(body)
            except PlanError as problem:
                return self.orders.rejected(body, problem)
            # only what is in progress can become pending
            asked = _missing_information(plan, self.script.course(body, plan))
            return self.orders.begun(body, also=plan.leaves if asked else ())

        await change_if_there(self.collection, order["id"], update)

    async def work(self, order: Body, journey: Journey) -> float | None:
        """A turn of an order in progress."""
        try:
            plan = Plan.of(order)
        except PlanError as problem:
            await self._wait(order, "held", error(problem.code, problem.reason))
            return None
        course = self.script.course(order, plan)
        missing = _missing_information(plan, course)
        if missing:
            reason = " and ".join(f"{name} is needed" for name in missing)
            concerned = [line for line in plan.leaves if not line.is_final]
            await self._wait(order, "pending", error(INFORMATION_REQUIRED, reason), concerned)
            return None
        trouble = await self._look_up(order["id"], plan, journey)
        jobs = [] if trouble else _jobs(order, plan, course, journey)
        held = [job.line for job in jobs if _is_to_be_held(job)]
        if held:
            why = error(SCRIPTED_HOLD, "the order is held, once", "the order's script says hold")
            await self._wait(order, "held", why, held)
            return None
        results, trouble = await self._done(jobs, journey, trouble)
        journey.failures = journey.failures + 1 if trouble else 0
        after = await self._record(order["id"], results, trouble, journey.failures)
        return self._until_next(after, journey) if after is not None else self.pace

    async def undo(self, order: Body, journey: Journey) -> float | None:
        """A turn of an order that is or will be cancelled: what was built for it is taken back."""
        lines = {line.item_id: line for line in Plan(lines_of(order)).from_the_top}
        if order["state"] == "cancelled" and all(line.is_final for line in lines.values()):
            return None
        results = {line.key: Result(is_undone=True) for line in lines.values() if line.action == "add"}
        try:
            built = await self.inventory.built_for(order["id"])
            # what belongs to no item any more comes first: nobody knows what it relies on
            for name in [*(built.keys() - lines.keys()), *(name for name in lines if name in built)]:
                line = lines.get(name)
                if line is None or not line.is_final:
                    left = await self.inventory.undo(built[name])
                    results[line.key if line else name] = Result(left, is_undone=left is None)
        except NeighbourError as problem:
            if not journey.failures:
                log.warning("service order %s is not undone yet: %s", order["id"], problem)
            journey.failures += 1
            return journey.pause

        def update(body: Body) -> Body | None:
            if body["state"] not in ("pendingCancellation", "cancelled"):
                return None
            return self.orders.cancelled(body, results)

        await change_if_there(self.collection, order["id"], update)
        return None

    async def clear(self, order: str) -> None:
        """Take back what was under way for an order that a client has deleted."""
        try:
            for service in (await self.inventory.built_for(order)).values():
                if service.get("state") not in ("active", "terminated"):
                    await self.inventory.undo(service)
        except NeighbourError as problem:
            log.warning("what was under way for the deleted service order %s is left: %s", order, problem)

    async def _wait(self, order: Body, state: str, why: Body, lines: Several[Line] = ()) -> None:
        def update(body: Body) -> Body | None:
            return self.orders.waiting(body, state, why, lines) if body["state"] == "inProgress" else None

        await change_if_there(self.collection, order["id"], update)

    async def _look_up(self, order: str, plan: Plan, journey: Journey) -> NeighbourError | None:
        """See what was built already: after a restart, or when an answer was lost."""
        if journey.built is not None or not any(line.action == "add" for line in plan.open):
            return None
        try:
            journey.built = await self.inventory.built_for(order)
        except NeighbourError as problem:
            return problem
        return None

    async def _done(
        self, jobs: Sequence[Job], journey: Journey, trouble: NeighbourError | None
    ) -> tuple[dict[str, Result], NeighbourError | None]:
        """What came of the jobs by item, and what TMF638 had against one of them for now."""
        results = {}
        steps = (self._step(job, journey) for job in jobs)
        for job, outcome in zip(jobs, await asyncio.gather(*steps), strict=True):
            if isinstance(outcome, NeighbourError):
                trouble = outcome
                continue
            results[job.line.key] = outcome
            if journey.built is not None and job.line.action == "add" and outcome.service is not None:
                journey.built[job.line.item_id] = outcome.service
        return results, trouble

    async def _step(self, job: Job, journey: Journey) -> Result | NeighbourError:
        failure = journey.given_up.get(job.line.key) or await self._attempted(job)
        if not isinstance(failure, ItemFailedError):
            return failure
        journey.given_up[job.line.key] = failure
        return await self._taken_back(job, failure)

    async def _attempted(self, job: Job) -> Result | ItemFailedError | NeighbourError:
        try:
            return await self.workshop.step(job)
        except ItemFailedError as problem:
            return problem
        except NeighbourError as problem:
            # after a conflict it is read again what the service has become
            if problem.temporary or problem.status == _CONFLICT:
                return problem
            return refused(problem)

    async def _taken_back(self, job: Job, failure: ItemFailedError) -> Result | NeighbourError:
        """A failed item leaves no half-built service behind."""
        if job.built is None:
            return Result(failure=failure, is_undone=job.line.action == "add")
        try:
            left = await self.inventory.undo(job.built)
        except NeighbourError as problem:
            if problem.temporary:
                return problem
            log.warning("service %s cannot be taken back: %s", job.built.get("id"), problem)
            return Result(failure=failure)
        return Result(left, failure=failure, is_undone=left is None)

    async def _record(
        self, order: str, results: dict[str, Result], trouble: NeighbourError | None, failures: int
    ) -> Body | None:
        def update(body: Body) -> Body:
            after = self.orders.recorded(body, results)
            if trouble is None or failures < TRIES or after["state"] != "inProgress":
                return after
            why = error(INVENTORY_FAILED, f"TMF638 failed {failures} times in a row", str(trouble))
            concerned = [line for line in lines_of(after).values() if line.state == "inProgress"]
            return self.orders.waiting(after, "held", why, concerned)

        return await change_if_there(self.collection, order, update)

    def _until_next(self, order: Body, journey: Journey) -> float | None:
        if order["state"] != "inProgress":
            return None
        if journey.failures:
            journey.built = None
            return journey.pause
        plan = Plan(lines_of(order))
        course = self.script.course(order, plan)
        # where all that is left hangs, nothing happens until somebody does something
        goes_on = not plan.lines or _jobs(order, plan, course, journey)
        return self.pace * course.slow if goes_on else None


def _missing_information(plan: Plan, course: Course) -> list[str]:
    asked = [line for line in plan.open if line.action in BUILDING]
    known = {name for line in asked for name in line.characteristics()}
    return [name for name in course.information if name not in known] if asked else []


def _jobs(order: Body, plan: Plan, course: Course, journey: Journey) -> list[Job]:
    """The items on which something can be done now."""
    built = journey.built or {}
    ready = (line for line in plan.open if line.state == "inProgress" and plan.can_begin(line))
    jobs = (Job(order, plan, line, course, built.get(line.item_id)) for line in ready)
    return [job for job in jobs if not _is_met(course.hangs, job)]


def _is_to_be_held(job: Job) -> bool:
    held_before = any(each.get("code") == SCRIPTED_HOLD for each in job.order.get(ERRORS) or ())
    return not held_before and _is_met(job.course.holds, job)


def _is_met(triggers: Iterable[Trigger], job: Job) -> bool:
    return any(each.meets(job.line, job.next_step) for each in triggers)
