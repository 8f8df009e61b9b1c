"""What has to be done before what: a service after those that it relies on, their end before the others'."""

from __future__ import annotations

from collections.abc import Mapping

from tmfrig.mockservers.facade.ledger import Job
from tmfrig.mockservers.store import Body

DEPENDENCIES = frozenset({"relieson", "requires", "dependson", "dependency"})
"""Relationship types, in lower case, that set an order of work."""


def relied_on(item: Body) -> frozenset[str]:
    """The ids of the items on which one relies."""
    related = [
        each.get("orderItem") or {}
        for each in item.get("serviceOrderItemRelationship") or ()
        if str(each.get("relationshipType")).lower() in DEPENDENCIES
    ]
    return frozenset(each["itemId"] for each in related if each.get("itemId"))


def is_ready(job: Job, jobs: Mapping[str, Job]) -> bool:
    """Whether everything is done that has to be done before."""
    return all(each.item_state == "completed" for each in _before(job, jobs))


def obstacle(job: Job, jobs: Mapping[str, Job]) -> str | None:
    """Why a job can never begin; None where it may."""
    failed = next((each.item for each in _before(job, jobs) if each.item_state == "failed"), None)
    if failed is not None:
        return f"depends on item {failed}, which failed"
    return "depends on itself" if job in _all_before(job, jobs) else None


def _before(job: Job, jobs: Mapping[str, Job]) -> list[Job]:
    if job.action == "delete":
        return [each for each in jobs.values() if each.action == "delete" and job.item in each.relies_on]
    named = (jobs[each] for each in job.relies_on if each in jobs)
    return [each for each in named if each.action != "delete"]


def _all_before(job: Job, jobs: Mapping[str, Job]) -> list[Job]:
    found: list[Job] = []
    waiting = _before(job, jobs)
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.append(each)
            waiting += _before(each, jobs)
    return found
