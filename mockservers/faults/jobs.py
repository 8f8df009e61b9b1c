"""Faults of import and export jobs: how they run, and what they say in the end."""

from __future__ import annotations

from typing import Any

from tmfrig.mockservers.behaviours.behaviour import change_if_there
from tmfrig.mockservers.behaviours.jobs import JobRun
from tmfrig.mockservers.events import now
from tmfrig.mockservers.faults.fault import fault
from tmfrig.mockservers.intake import Intake
from tmfrig.mockservers.store import Body, Document

CATALOG = "TMF620"
FAMILY = "lifecycle"


@fault(
    "job-without-completion-date",
    CATALOG,
    "A job that has succeeded has no completionDate; it should say when it ended.",
    rule="JOB-01",
    family=FAMILY,
)
class DoesNotDateJobs(JobRun):
    """Forgets the date."""

    async def _advance(self, identifier: str, status: str) -> None:
        await super()._advance(identifier, status)

        def update(body: Body) -> Body | None:
            return {name: value for name, value in body.items() if name != "completionDate"}

        await change_if_there(self.collection, identifier, update)


@fault(
    "failed-job-without-log",
    CATALOG,
    "A job fails and has no errorLog; it should say what went wrong.",
    rule="JOB-01",
    family=FAMILY,
)
class FailsWithoutLog(JobRun):
    """Does not reach the file, and keeps that to itself."""

    async def _advance(self, identifier: str, status: str) -> None:
        def update(body: Body) -> Body | None:
            ended = {"status": "Failed", "completionDate": now()}
            return body | ended if body.get("status") == "Running" else None

        if status == "Running":
            await change_if_there(self.collection, identifier, update)
            return
        await super()._advance(identifier, status)


@fault(
    "job-runs-again",
    CATALOG,
    "A job that has succeeded is running again a step later; it should stay as it ended.",
    rule="STATE-02",
    family=FAMILY,
)
class RunsAgain(JobRun):
    """Is picked up by a second worker."""

    async def _advance(self, identifier: str, status: str) -> None:
        await super()._advance(identifier, status)
        if status == "Running":
            self.site.agenda.after(self.site.pace, self._again, identifier)

    async def _again(self, identifier: str) -> None:
        def update(body: Body) -> Body | None:
            return body | {"status": "Not Started"} if body.get("status") == "Succeeded" else None

        await change_if_there(self.collection, identifier, update)

    def settled(self, before: Document | None, after: Document) -> None:
        """Plan the next step, of new jobs only."""
        if before is None or before.body.get("status") != "Succeeded":
            super().settled(before, after)


@fault(
    "job-path-lost",
    CATALOG,
    "A job does not show the path that the client gave it; it should.",
    rule="JOB-01",
    family=FAMILY,
)
class LosesPaths(Intake):
    """Keeps nothing but the URL."""

    def check(self, body: Any, raw: bytes) -> Body:
        """Check all, and keep less."""
        checked = super().check(body, raw)
        is_job = self._resource.name in ("importJob", "exportJob")
        return {name: value for name, value in checked.items() if not (is_job and name == "path")}
