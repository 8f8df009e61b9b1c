"""Faults of DELETE."""

from __future__ import annotations

from tmfrig.mockservers.collection import Collection, Condition, unconditional
from tmfrig.mockservers.errors import ApiError
from tmfrig.mockservers.faults.answers import Altered, Answer, altering
from tmfrig.mockservers.faults.fault import fault
from tmfrig.mockservers.store import Body
from tmfrig.specs import Kind

FAMILY = "delete"


@altering(
    "delete-answered-with-ok",
    "TMF637",
    "A DELETE is answered 200 with an empty object; it should be 204.",
    rule="HTTP-09",
    family=FAMILY,
    on=Kind.DELETE,
    answered="204",
)
def deletes_are_ok(_exchange: Altered, answer: Answer) -> Answer:
    """Leaves the status as the framework has it."""
    return answer.with_status(200).with_json({}).with_header(b"content-type", b"application/json")


@altering(
    "delete-answered-with-accepted",
    "TMF620",
    "A DELETE is answered 202, which version 4 does not declare; it should be 204.",
    rule="HTTP-09",
    family=FAMILY,
    on=Kind.DELETE,
    answered="204",
)
def deletes_are_accepted(_exchange: Altered, answer: Answer) -> Answer:
    """Speaks of a queue that nobody asked for."""
    return answer.with_status(202)


@fault(
    "delete-forgotten",
    "TMF638",
    "A DELETE is answered 204, but the resource is still there; it should be gone.",
    rule="HTTP-09",
    family=FAMILY,
)
class DeletesNothing(Collection):
    """Hands the deletion over to somebody who does not do it."""

    async def remove(self, identifier: str, wanted: Condition = unconditional) -> None:
        """See whether it is there, and leave it."""
        wanted((await self.get(identifier)).body)


@fault(
    "delete-only-marks",
    "TMF620",
    "What was deleted is still answered 200, with another lifecycle status; it should be gone.",
    rule="HTTP-09",
    family=FAMILY,
)
class MarksWhatIsDeleted(Collection):
    """Deletes softly, and shows what it has deleted."""

    async def remove(self, identifier: str, wanted: Condition = unconditional) -> None:
        """Set the status of what should go, where it has one."""
        if "lifecycleStatus" not in self.resource.attributes:
            await super().remove(identifier, wanted)
            return

        def marked(body: Body) -> Body:
            wanted(body)
            return {**body, "lifecycleStatus": "Obsolete"}

        await self.change(identifier, marked)


@fault(
    "delete-is-a-server-error",
    "TMF637",
    "A DELETE takes effect, but is answered 500; it should be 204.",
    rule="HTTP-09",
    family=FAMILY,
)
class FailsAfterDeleting(Collection):
    """Looks at what it has just deleted."""

    async def remove(self, identifier: str, wanted: Condition = unconditional) -> None:
        """Remove it, and fail."""
        await super().remove(identifier, wanted)
        raise ApiError(500, "internalError", "the request could not be handled")
