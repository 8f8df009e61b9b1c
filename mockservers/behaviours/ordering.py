"""Orders progress by themselves: acknowledged, in progress, completed, one step per pace."""

from __future__ import annotations

from typing import Any, ClassVar

from tmfrig.mockservers.behaviours.behaviour import Behaviour, change_if_there, entered
from tmfrig.mockservers.events import now
from tmfrig.mockservers.store import Body, Document
from tmfrig.specs import Resource

NEXT_STATE = {"acknowledged": "inProgress", "inProgress": "completed"}
FINAL_ITEM_STATES = frozenset({"completed", "failed", "cancelled", "rejected", "partial"})


class OrderProgress(Behaviour):
    """Moves an order on whenever it has entered a state from which work goes on by itself.

    What a client does comes first: an order that was put on hold stays there until it is put in progress.
    """

    resources: ClassVar[frozenset[str]] = frozenset({"productOrder", "serviceOrder"})
    unfinished: ClassVar[frozenset[str]] = frozenset(NEXT_STATE)

    def settled(self, before: Document | None, after: Document) -> None:
        """Plan the next step of an order that has entered a new state."""
        state = entered(before, after, "state")
        if state in NEXT_STATE:
            self.site.agenda.after(self.site.pace, self._advance, after.id, state)

    async def _advance(self, identifier: str, state: str) -> None:
        def update(body: Body) -> Body | None:
            if body.get("state") != state:
                return None
            return in_state(self.collection.resource, body, NEXT_STATE[state])

        await change_if_there(self.collection, identifier, update)


def in_state(resource: Resource, body: Body, state: str) -> Body:
    """An order in another state: its open items follow, and its dates tell when work began and ended."""
    items = f"{resource.name}Item"
    moved = body | {"state": state, items: _items_in_state(body.get(items), items, state)}
    if state == "inProgress" and "startDate" in resource.attributes:
        moved.setdefault("startDate", now())
    if state == "completed":
        moved["completionDate"] = now()
    return moved


def _items_in_state(items: Any, name: str, state: str) -> list[Any]:
    moved = []
    for item in items or ():
        below = {name: _items_in_state(item[name], name, state)} if item.get(name) else {}
        done = item.get("state") in FINAL_ITEM_STATES
        moved.append(item | below if done else item | below | {"state": state})
    return moved
