"""What a service order shows of its jobs: a pure function from legacy states to TMF641."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tmfrig.mockservers.events import now
from tmfrig.mockservers.facade.ledger import FINAL, Job
from tmfrig.mockservers.store import Body

ITEMS = "serviceOrderItem"
AT_WORK = frozenset({"acknowledged", "inProgress"})
"""States in which new work is begun for an order."""
_ABOUT_SERVICE = ("id", "href", "state")


def every_item(body: Body) -> Iterator[Body]:
    """The items of an order, and the items below them."""
    for item in body.get(ITEMS) or ():
        yield item
        yield from every_item(item)


def shown(order: Body, jobs: Mapping[str, Job], services: Mapping[str, Body]) -> Body:
    """The order with items that stand where their jobs do. `services` are those that exist, by id.

    Where it is held, or its cancellation is under way, others decide about its state.
    """
    moved = order | {ITEMS: _items(order, jobs, services)}
    state = _state(order["state"], [str(each.get("state")) for each in every_item(moved)])
    return moved if state == order["state"] else moved | {"state": state} | _dates(order, state)


def _state(before: str, items: list[str]) -> str:
    if before == "acknowledged":
        return before if items and set(items) <= {"acknowledged"} else "inProgress"
    if before != "inProgress" or not set(items) <= FINAL:
        return before
    if set(items) <= {"completed"}:
        return "completed"
    if set(items) <= {"cancelled"}:
        return "cancelled"
    return "partial" if "completed" in items else "failed"


def _dates(order: Body, state: str) -> Body:
    if state == "inProgress" and "startDate" not in order:
        return {"startDate": now()}
    return {"completionDate": now()} if state == "completed" else {}


def _items(body: Body, jobs: Mapping[str, Job], services: Mapping[str, Body]) -> list[Body]:
    return [_item(each, jobs, services) for each in body.get(ITEMS) or ()]


def _item(item: Body, jobs: Mapping[str, Job], services: Mapping[str, Body]) -> Body:
    below = {ITEMS: _items(item, jobs, services)} if item.get(ITEMS) else {}
    job = jobs.get(item["id"])
    if job is None:
        return item | below
    state = _step(item.get("state", "acknowledged"), job.item_state)
    failure = {"errorMessage": [job.refusal]} if state == "failed" and job.refusal else {}
    return item | below | failure | {"state": state, "service": _service(item["service"], job, services)}


def _step(present: str, wanted: str) -> str:
    """One step of an item's lifecycle, which begins before it ends."""
    if present == "acknowledged":
        return "inProgress" if wanted in ("completed", "failed") else wanted
    return wanted if present == "inProgress" and wanted != "acknowledged" else present


def _service(asked: Body, job: Job, services: Mapping[str, Body]) -> Body:
    if not (job.creates or job.carried_out):
        return asked
    found = services.get(job.service or "")
    if found is not None:
        return asked | {name: found[name] for name in _ABOUT_SERVICE if name in found}
    return {name: asked[name] for name in asked if name not in _ABOUT_SERVICE} if job.is_undone else asked
