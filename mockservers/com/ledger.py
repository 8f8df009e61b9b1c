"""Where courses are kept: in the store, with what the API shows of them, so that a restart finds both."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tmfrig.mockservers import tracing
from tmfrig.mockservers.collection import Collection
from tmfrig.mockservers.com.orchestration import Orchestration
from tmfrig.mockservers.com.orders import Order
from tmfrig.mockservers.com.publishing import orchestration_body, plan_body
from tmfrig.mockservers.errors import OFFICE_IS_OVER, ApiError
from tmfrig.mockservers.query import EVERYTHING, Condition, Operator, Predicate, Query
from tmfrig.mockservers.store import Body, Change, ConflictError, Document, Store

COURSES = "COM.v1/course"
COURSE = "course"
"""The course itself in what is kept of it; what stands beside that is there to be found by."""
_OPEN = Query(conditions=(Condition((Predicate(("state",), Operator.EQ, ("open",)),)),))
REGISTRATIONS = "COM.v1/registration"


class OvertakenError(Exception):
    """Somebody else has gone on with an order since its course was loaded: look at it again."""


@dataclass(frozen=True, slots=True)
class Registration:
    """A registration at the hub of an API: what it is called there, and the base URL of that API."""

    api: str
    identifier: str
    hub: str

    @property
    def note(self) -> Document:
        """The document in which it is remembered."""
        name = f"{self.api} {self.identifier}"
        body = {"id": name, "api": self.api, "registration": self.identifier, "hub": self.hub}
        return Document.of(body)

    @classmethod
    def noted(cls, body: Body) -> Registration:
        """The one that a note is about; those of an earlier release are called as their API, and no more."""
        return cls(body.get("api") or body["id"], body["registration"], body.get("hub", ""))


class Ledger:
    """The courses of all orders.

    Each is loaded before it is kept, and is kept only where it still is as it was then: a process that has
    hung does not take back what another one has done meanwhile.
    """

    def __init__(self, store: Store, orchestrations: Collection, plans: Collection, origin: str = "") -> None:
        self._store = store
        self._orchestrations = orchestrations
        self._plans = plans
        self._origin = origin
        self._by_work: dict[str, str] = {}
        self._in_use: dict[str, frozenset[str]] = {}
        self._unshown: set[str] = set()
        self._loaded: dict[str, Document] = {}

    @property
    def under_way(self) -> tuple[str, ...]:
        """The numbers of the orders that are not over."""
        return tuple(self._in_use)

    def is_under_way(self, order: str) -> bool:
        """Whether an order has begun and is not over."""
        return order in self._in_use

    @property
    def busy(self) -> frozenset[str]:
        """The services and subscriptions that orders under way are about."""
        return frozenset().union(*self._in_use.values())

    async def take_up(self) -> None:
        """Read what an earlier process left."""
        for each in (self._by_work, self._in_use, self._loaded):
            each.clear()
        for document in (await self._store.find(COURSES, _OPEN)).documents:
            self._index(_course(document))

    async def load(self, order: str) -> Orchestration | None:
        """The course of an order; None for one that was never begun."""
        self._loaded.pop(order, None)
        document = await self._store.get(COURSES, order)
        if document is None:
            return None
        course = _course(document)
        if not course.over:
            self._loaded[order] = document
        return course

    async def has_begun(self, order: str) -> bool:
        """Whether there is a course of an order."""
        return await self._store.get(COURSES, order) is not None

    async def begin(self, order: Order) -> Orchestration:
        """The course of an order that begins now."""
        trace = tracing.current.get() or tracing.Trace.new()
        course = Orchestration(order=order.number, reference=order.reference, trace=trace.header)
        course.note("heard of the order", "product ordering")
        await self.save(course)
        return course

    def follow(self, course: Orchestration) -> None:
        """What is done from here on belongs to the story of an order, whoever draws attention to it."""
        if tracing.current.get() is None and course.trace is not None:
            tracing.current.set(tracing.Trace.parse(course.trace.encode()))

    async def keep(self, course: Orchestration) -> None:
        """Keep a course in the middle of something; it is shown when that is over."""
        change = self._kept(course)
        if change is not None:
            try:
                await self._store.commit(change)
            except ConflictError:
                raise _overtaken(course) from None
            self._note(course, change)
            self._unshown.add(course.order)

    async def save(self, course: Orchestration) -> None:
        """Keep a course, and show it."""
        kept = self._kept(course)
        if kept is None and course.order not in self._unshown:
            return

        async def prepared() -> list[Change]:
            changes = [] if kept is None else [kept]
            for collection, body in (
                (self._orchestrations, orchestration_body(course)),
                (self._plans, plan_body(course)),
            ):
                if body is not None:
                    shown = await self._shown(collection, body)
                    changes += [shown] if shown is not None else []
            return changes

        try:
            await self._orchestrations.commit(await prepared(), prepared)
        except ConflictError:
            raise _overtaken(course) from None
        except ApiError as error:
            if error.code != OFFICE_IS_OVER:
                raise
            raise _overtaken(course) from None
        self._note(course, kept)
        self._unshown.discard(course.order)

    def _kept(self, course: Orchestration) -> Change | None:
        """The change that keeps a course; None where it is kept as it is."""
        self._index(course)
        kept = course.model_dump(mode="json", exclude_defaults=True)
        numbers = [{"id": each.number} for each in course.groups if each.number is not None]
        found_by = {"id": course.order, "state": "over" if course.over else "open", "work": numbers}
        after = Document.of({**found_by, COURSE: kept})
        before = self._loaded.get(course.order)
        return None if before is not None and before.raw == after.raw else Change(COURSES, before, after)

    def _note(self, course: Orchestration, kept: Change | None) -> None:
        """A course is now as it was kept."""
        if course.over:
            self._loaded.pop(course.order, None)
        elif kept is not None and kept.after is not None:
            self._loaded[course.order] = kept.after

    async def note_registration(self, registration: Registration) -> None:
        """Remember a registration until it is forgotten."""
        with suppress(ConflictError):
            await self._store.commit(Change(REGISTRATIONS, None, registration.note))

    async def forget_registration(self, registration: Registration) -> None:
        """Remember a registration no longer."""
        for name in (registration.note.id, registration.api):
            noted = await self._store.get(REGISTRATIONS, name)
            if noted is not None and noted.body["registration"] == registration.identifier:
                with suppress(ConflictError):
                    await self._store.commit(Change(REGISTRATIONS, noted, None))

    async def registrations(self) -> list[Registration]:
        """The registrations that are not forgotten."""
        noted = (await self._store.find(REGISTRATIONS, EVERYTHING)).documents
        return [Registration.noted(each.body) for each in noted]

    def order_of_work(self, number: str) -> str | None:
        """The order under way for which work was ordered under a number."""
        return self._by_work.get(number)

    async def order_behind(self, number: str) -> str | None:
        """The order, under way or over, for which work was ordered under a number."""
        if number in self._by_work:
            return self._by_work[number]
        behind = Predicate(("work", "id"), Operator.EQ, (number,))
        page = await self._store.find(COURSES, Query(conditions=(Condition((behind,)),)))
        return page.documents[0].id if page.documents else None

    def _index(self, course: Orchestration) -> None:
        numbers = [group.number for group in course.groups if group.number is not None]
        if course.over:
            # whoever asks for one that is over finds it in the store: memory has a bound
            self._in_use.pop(course.order, None)
            for number in numbers:
                self._by_work.pop(number, None)
        else:
            self._in_use[course.order] = course.in_use
            self._by_work |= dict.fromkeys(numbers, course.order)

    async def _shown(self, collection: Collection, body: dict[str, Any]) -> Change | None:
        before = await self._store.get(collection.key, body["id"])
        whole = collection.intake.complete_seed(body, self._origin + collection.path)
        after = Document.of(whole)
        if before is not None and before.raw == after.raw:
            return None
        return collection.prepared(before, after)


def _overtaken(course: Orchestration) -> OvertakenError:
    return OvertakenError(f"somebody else has gone on with the order {course.order}")


def _course(document: Document) -> Orchestration:
    return Orchestration.model_validate(document.body[COURSE])
