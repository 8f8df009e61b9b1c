"""Qualifications, commercial and technical: answered at once when asked to, else tasks for later."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from tmfrig.mockservers.behaviours.behaviour import Behaviour, change_if_there, entered, read_if_there
from tmfrig.mockservers.collection import Draft
from tmfrig.mockservers.events import now
from tmfrig.mockservers.look_ups import LookUps
from tmfrig.mockservers.store import Body, Document
from tmfrig.specs import canonical_state

if TYPE_CHECKING:
    from tmfrig.mockservers.collection import Collection
    from tmfrig.mockservers.site import Site

VALIDITY = timedelta(days=30)


class Result(StrEnum):
    """The words of the standard for the outcome of an item, and of a whole qualification."""

    QUALIFIED = "qualified"
    ALTERNATE = "alternate"
    UNQUALIFIED = "unqualified"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is found about one item: whether it is possible, else why not and what is instead."""

    possible: bool
    code: str = ""
    reason: str = ""
    proposals: tuple[Body, ...] = field(default=())

    def result(self, *, with_alternatives: bool) -> Result:
        """The item's result; alternatives count only where the client asked for them."""
        if self.possible:
            return Result.QUALIFIED
        return Result.ALTERNATE if with_alternatives and self.proposals else Result.UNQUALIFIED

    def described(self, request: Body, proposals_name: str) -> Body:
        """The attributes of the item that state proposals and reasons, as far as they are asked for."""
        described: Body = {}
        if self.possible:
            return described
        if request.get("provideAlternative") and self.proposals:
            described[proposals_name] = list(self.proposals)
        if request.get("provideUnavailabilityReason"):
            described["eligibilityUnavailabilityReason"] = [{"code": self.code, "label": self.reason}]
        return described


class Qualification(Behaviour):
    """The course of a qualification; what it finds is left to the APIs' own classes.

    With `instantSyncQualification` the result is in the answer, which is then 200; else a task is created,
    201, and evaluated one step per pace (rule HTTP-06).
    """

    unfinished: ClassVar[frozenset[str]] = frozenset({"acknowledged", "accepted", "inProgress"})

    def __init__(self, site: Site, collection: Collection) -> None:
        super().__init__(site, collection)
        self.look_ups = LookUps(site, collection.contract.api)

    @abstractmethod
    async def evaluate(self, request: Body) -> Body:
        """The attributes that hold the outcome."""

    async def admit(self, draft: Draft) -> None:
        """Answer at once where the client asks for it."""
        if draft.body.get("instantSyncQualification") is True:
            draft.body = draft.body | await self._outcome(draft.body)
            draft.status = 200

    def settled(self, before: Document | None, after: Document) -> None:
        """Plan the next step of a task that has entered a new state."""
        state = entered(before, after, "state")
        if state is None:
            return
        if canonical_state(state) == "acknowledged":
            self.site.agenda.after(self.site.pace, self._begin, after.id, state)
        elif state == "inProgress":
            self.site.agenda.after(self.site.pace, self._finish, after.id)

    async def _begin(self, identifier: str, state: str) -> None:
        await change_if_there(
            self.collection,
            identifier,
            lambda body: self._with_state(body, "inProgress") if body.get("state") == state else None,
        )

    async def _finish(self, identifier: str) -> None:
        request = await read_if_there(self.collection, identifier)
        while request is not None and request.get("state") == "inProgress":
            request = await self._conclude(identifier, request, await self._outcome(request))

    async def _conclude(self, identifier: str, request: Body, outcome: Body) -> Body | None:
        """The qualification with its outcome; as it is now where somebody has changed what was evaluated."""
        return await change_if_there(
            self.collection, identifier, lambda body: outcome if body == request else None
        )

    async def _outcome(self, request: Body) -> Body:
        expiry = (datetime.now(UTC) + VALIDITY).isoformat(timespec="seconds").replace("+00:00", "Z")
        found = request | await self.evaluate(request)
        return self._with_state(
            found | {"effectiveQualificationDate": now(), "expirationDate": expiry}, "done"
        )

    def _with_state(self, body: Body, state: str) -> Body:
        items = self.collection.intake.items
        if not items or "state" not in self.collection.resource.attributes[items].attributes:
            return body | {"state": state}
        moved = [each | {"state": state} for each in body.get(items) or ()]
        return body | {"state": state} | ({items: moved} if items in body else {})


def overall(results: Iterable[Result]) -> Result:
    """The result of the whole: one unqualified item spoils it, else one alternate does."""
    found = set(results)
    if Result.UNQUALIFIED in found:
        return Result.UNQUALIFIED
    return Result.ALTERNATE if Result.ALTERNATE in found else Result.QUALIFIED
