"""Carrying out one order: look at everything as it is now, and do what is due next.

Nothing here reacts to what an event says. An event, a timer or a restart only makes somebody look; what is
seen at the authorities decides. So events may come twice, late, in any order or not at all.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from tmfrig.mockservers.com.cancelling import ASKED, Cancelling
from tmfrig.mockservers.com.compensation import compensate, take_everything_back
from tmfrig.mockservers.com.decomposition import decompose
from tmfrig.mockservers.com.drafting import RefusedError
from tmfrig.mockservers.com.ledger import Ledger
from tmfrig.mockservers.com.observing import fail, observe
from tmfrig.mockservers.com.orchestration import Group, Orchestration, Purpose, counted, now
from tmfrig.mockservers.com.orders import Order, Phase
from tmfrig.mockservers.com.plan import Plan
from tmfrig.mockservers.com.ports import Ports, Work
from tmfrig.mockservers.com.recording import Recording, settled
from tmfrig.mockservers.com.supplying import said, supply
from tmfrig.mockservers.com.telling import Telling, reason_of
from tmfrig.mockservers.neighbours import NeighbourError

log = logging.getLogger(__name__)


class Conductor:
    """Carries orders out. Work may stand still for `patience` seconds before its order is held."""

    def __init__(self, ports: Ports, ledger: Ledger, patience: float) -> None:
        self._ports = ports
        self._ledger = ledger
        self._patience = timedelta(seconds=patience)
        self._telling = Telling(ports.ordering, ledger.keep)
        self._recording = Recording(ports, ledger.keep)
        self._cancelling = Cancelling(ports, ledger.keep, self._patience)
        self._drafts: set[str] = set()
        """Orders that look new, and may not begin yet."""
        self.begin()

    def begin(self) -> None:
        """Look from now on: while nobody did, nobody can say that nothing has moved."""
        self._begun_at = now()

    async def advance(self, number: str) -> None:
        """Do what is due for an order; NeighbourError where a neighbour has to be asked again later."""
        course = await self._ledger.load(number)
        if course is not None and course.over:
            return
        order = await self._known(number, course)
        if course is None:
            course = await self._begun(order) if order is not None else None
            if course is None:
                return
        self._ledger.follow(course)
        try:
            if order is None:
                await self._withdraw(course)
            else:
                await self._proceed(order, course)
        finally:
            await self._ledger.save(course)

    async def hold(self, number: str, why: str) -> None:
        """Put an order on hold because of trouble that does not go away by itself."""
        course = await self._ledger.load(number)
        order = await self._ports.ordering.read(number)
        if course is None and order is not None and order.phase is Phase.NEW:
            course = await self._taken_on(order)
        if course is None or order is None or course.over:
            return
        try:
            await self._telling.stall(order, course, why)
        finally:
            await self._ledger.save(course)

    async def _known(self, number: str, course: Orchestration | None) -> Order | None:
        try:
            return await self._ports.ordering.read(number)
        except NeighbourError as error:
            # anybody may name a number at a callback: one that cannot be an order's is nobody's business
            if course is not None or error.temporary:
                raise
            log.info("no order %.100r: %s", number, error)
            return None

    async def _begun(self, order: Order) -> Orchestration | None:
        """The course of an order that nobody has looked at yet; None where there is nothing to carry out."""
        if order.phase is Phase.DRAFT or order.phase.is_final:
            return None
        if order.phase is not Phase.NEW:
            return await self._ledger.begin(order)
        # it stays new while nobody can tell what it means
        plan = None if order.number in self._drafts else await self._first_plan(order)
        return await self._taken_on(order, plan)

    async def _first_plan(self, order: Order) -> Plan | None:
        try:
            return await decompose(order, self._ports)
        except RefusedError:
            return None  # it will be once more, when that can be told

    async def _taken_on(self, order: Order, plan: Plan | None = None) -> Orchestration | None:
        """The course of a new order, which is told that work begins; None where it may not begin yet."""
        if not await self._ports.ordering.take_on(order):
            self._drafts.add(order.number)
            return None
        self._drafts.discard(order.number)
        course = await self._ledger.begin(order)
        course.note(f"told that the order is {Phase.WORKING}", "product ordering")
        order.phase = course.phase = Phase.WORKING
        course.told = {each.number: str(Phase.WORKING) for each in order.every_line()}
        if plan is not None:
            course.adopt(plan, said(order))
        return course

    async def _withdraw(self, course: Orchestration) -> None:
        """The order is gone: what is under way for it is called off, as far as that goes."""
        await observe(self._ports.fulfilment, course)
        is_over = await self._cancelling.withdraw(course)
        await self._recording.record(None, course)
        if is_over:
            course.end(Phase.CANCELLED, "the order does not exist any more")

    async def _proceed(self, order: Order, course: Orchestration) -> None:
        told_by_us = order.phase is course.telling
        if told_by_us:
            course.phase = order.phase  # just before an earlier process ended
        course.telling = None
        if order.phase.is_final:
            others = "the order was ended by somebody else"
            course.end(order.phase, reason_of(course) if told_by_us else others)
        elif order.phase in ASKED:
            await self._cancel(order, course)
        else:
            if course.cancel_before is not None:
                self._cancelling.forget(course)
            await self._carry_out(order, course)

    async def _carry_out(self, order: Order, course: Orchestration) -> None:
        if not await self._planned(order, course):
            return
        if await self._paused_by_hand(order, course):
            return
        await self._order_work(order, course)
        await observe(self._ports.fulfilment, course)
        await self._recording.record(order, course)
        if await compensate(course, self._ledger.keep):
            await self._order_work(order, course)
            await self._recording.record(order, course)
        await supply(self._ports.fulfilment, order, course)
        await self._check_patience(order, course)
        await self._telling.tell(order, course)

    async def _cancel(self, order: Order, course: Orchestration) -> None:
        await observe(self._ports.fulfilment, course)
        await self._cancelling.proceed(order, course)
        if order.phase is Phase.CANCELLING and await take_everything_back(course, self._ledger.keep):
            await self._order_work(order, course)
        await self._recording.record(order, course)
        if course.phase is Phase.CANCELLED:
            await self._telling.tell(order, course)

    # ── planning ────────────────────────────────────────────────────────────────────────────────────────────

    async def _planned(self, order: Order, course: Orchestration) -> bool:
        """Whether there is a plan; an amendment before anything was ordered makes a new one."""
        wanted = said(order)
        if course.plan is not None:
            if course.planned_from == wanted or order.phase is Phase.WAITING or _answers(course, order):
                return True
            course.note("the customer has amended the order", "product ordering")
            if course.anything_ordered:
                too_late = "The amendment came too late to be carried out."
                course.note(too_late)
                await self._telling.remark(order, course, too_late)
                course.planned_from = wanted
                return True
        try:
            course.adopt(await decompose(order, self._ports), wanted)
        except RefusedError as refusal:
            course.message = str(refusal)
            course.note(f"refused: {refusal}")
            lines = {each.number: Phase.FAILED for each in order.every_line()}
            await self._telling.report(order, course, Phase.FAILED, lines, str(refusal))
            course.end(Phase.FAILED, str(refusal))
            return False
        await self._ledger.save(course)
        return True

    async def _paused_by_hand(self, order: Order, course: Orchestration) -> bool:
        """Whether somebody else put the order on hold; when it is let go on, what is held goes on too."""
        if order.phase in (Phase.WAITING, Phase.HELD):
            return course.phase is not order.phase
        if order.phase is Phase.WORKING and course.phase is Phase.HELD:
            course.note("the order was resumed", "product ordering")
            course.phase, course.stalled = Phase.WORKING, ""
            for group in course.groups:
                group.moved = now()
                if group.number is not None and course.is_in(group, Phase.HELD):
                    await self._ports.fulfilment.resume(group.number, {})
        return False

    # ── ordering work ───────────────────────────────────────────────────────────────────────────────────────

    async def _order_work(self, order: Order, course: Orchestration) -> None:
        for group in course.groups:
            if group.number is None and not group.phase.is_final:
                await self._place(order, course, group)

    async def _place(self, order: Order, course: Orchestration, group: Group) -> None:
        reference = f"{order.number}/{group.id}"
        if group.attempted:
            group.number = await self._ports.fulfilment.find(reference)
        if group.number is None:
            group.attempted = True
            await self._ledger.keep(course)
            undoes = group.purpose is Purpose.COMPENSATE
            customer = order.number if undoes or order.reference is None else order.reference
            purpose = "Undo what could not be completed" if undoes else "Fulfil"
            tasks = [course.task(each) for each in group.tasks]
            work = Work(reference, customer, f"{purpose}: order {customer}", tasks, order)
            try:
                group.number = await self._ports.fulfilment.place(work)
            except NeighbourError as error:
                if error.temporary:
                    raise
                fail(course, group, str(error))
                return
        group.phase, group.moved = Phase.WORKING, now()
        course.note(f"ordered {counted(len(group.tasks), 'task')} as {group.number}", "service ordering")
        await self._ledger.keep(course)

    # ── waiting ─────────────────────────────────────────────────────────────────────────────────────────────

    async def _check_patience(self, order: Order, course: Orchestration) -> None:
        if course.stalled:
            return
        for group in course.groups:
            stands = group.number is not None and group.phase in (Phase.NEW, Phase.WORKING, *ASKED)
            done = group.phase is Phase.COMPLETED and group.purpose is Purpose.FULFIL
            unsettled = done and not _settled(course, group)
            since = max(group.moved, self._begun_at)
            if (stands or unsettled) and now() - since > self._patience:
                what = "has not moved" if stands else "is completed, but what is deployed does not say so"
                why = f"the service order {group.number} {what} for {self._patience.total_seconds():g} s"
                await self._telling.stall(order, course, why)
                return


def _answers(course: Orchestration, order: Order) -> bool:
    """Whether what is new in an order is what was asked for."""
    asked = {name for each in course.tasks.values() for name in each.missing}
    return any(asked & each.traits.keys() for each in order.every_line())


def _settled(course: Orchestration, group: Group) -> bool:
    assert course.plan is not None
    keys = {course.task(each).holding for each in group.tasks}
    return all(settled(course, each) for each in course.plan.holdings if each.key in keys)
