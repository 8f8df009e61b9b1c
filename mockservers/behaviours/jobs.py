"""Import and export jobs run: not started, running, succeeded, one step per pace."""

from __future__ import annotations

from typing import ClassVar

from tmfrig.mockservers.behaviours.behaviour import Behaviour, change_if_there, entered
from tmfrig.mockservers.events import now
from tmfrig.mockservers.store import Body, Document

NEXT_STATUS = {"Not Started": "Running", "Running": "Succeeded"}


class JobRun(Behaviour):
    """Moves a job through its states. Nothing is fetched or written: the job stands for the work."""

    resources: ClassVar[frozenset[str]] = frozenset({"importJob", "exportJob"})
    unfinished: ClassVar[frozenset[str]] = frozenset(NEXT_STATUS)

    def settled(self, before: Document | None, after: Document) -> None:
        """Plan the next step of a job that has entered a new state."""
        status = entered(before, after, "status")
        if status in NEXT_STATUS:
            self.site.agenda.after(self.site.pace, self._advance, after.id, status)

    async def _advance(self, identifier: str, status: str) -> None:
        def update(body: Body) -> Body | None:
            if body.get("status") != status:
                return None
            following = NEXT_STATUS[status]
            return (
                body | {"status": following} | ({"completionDate": now()} if following == "Succeeded" else {})
            )

        await change_if_there(self.collection, identifier, update)
