"""Cancelling: whether an order can still be taken back, and taking it back."""

from __future__ import annotations

from datetime import timedelta

from tmfrig.mockservers.com.compensation import not_undone
from tmfrig.mockservers.com.orchestration import Group, Orchestration, Purpose, now
from tmfrig.mockservers.com.orders import Order, Phase
from tmfrig.mockservers.com.ports import Ports, Report
from tmfrig.mockservers.com.recording import Save
from tmfrig.mockservers.com.telling import lines_of
from tmfrig.mockservers.neighbours import NeighbourError

ASKED = frozenset({Phase.CANCEL_ASKED, Phase.CANCELLING})
_WHY = "the customer has cancelled the order"


class Cancelling:
    """Assesses cancellations and carries them out: all of an order, or nothing of it.

    Whoever works on it has `patience` to decide.
    """

    def __init__(self, ports: Ports, save: Save, patience: timedelta) -> None:
        self._ports = ports
        self._save = save
        self._patience = patience

    async def proceed(self, order: Order, course: Orchestration) -> None:
        """Do what is due for an order whose cancellation was asked for."""
        if course.cancel_before is None:
            course.cancel_before = course.phase if course.phase not in ASKED else Phase.WORKING
            course.note("cancellation was asked for", "product ordering")
        open_groups = [each for each in course.groups if each.attempted and not each.phase.is_final]
        if order.phase is Phase.CANCEL_ASKED:
            denied = await self._assess(order, course, open_groups)
            if denied is not None:
                await self._deny(order, course, denied)
                return
            if any(each.number is not None and each.phase is not Phase.CANCELLING for each in open_groups):
                return
            await self._grant(order, course)
        if any(each.number is not None and not each.phase.is_final for each in open_groups):
            return
        if not_undone(course):
            return
        for group in course.groups:
            group.phase = group.phase if group.phase.is_final else Phase.CANCELLED
        for state in course.tasks.values():
            state.phase = state.phase if state.phase.is_final else Phase.CANCELLED
        course.phase = Phase.CANCELLED

    async def withdraw(self, course: Orchestration) -> bool:
        """Have everything cancelled that can be, for an order that is gone; whether all is at its end."""
        open_groups = [each for each in course.groups if each.attempted and not each.phase.is_final]
        for group in open_groups:
            await self._ask(course.order, course, group)
        waiting = [each for each in open_groups if each.number is not None]
        return not any(now() - each.moved < self._patience for each in waiting)

    def forget(self, course: Orchestration) -> None:
        """Nobody asks for cancellation any more."""
        course.cancel_before = None
        for group in course.groups:
            group.cancel_asked, group.moved = False, now()

    async def _assess(self, order: Order, course: Orchestration, open_groups: list[Group]) -> str | None:
        """Why an order cannot be cancelled; None while nothing speaks against it."""
        if any(each.phase is Phase.COMPLETED for each in course.tasks.values()):
            return "a part of it is delivered already"
        for group in open_groups:
            refusal = await self._ask(order.number, course, group)
            if refusal is not None:
                return refusal
        for group in open_groups:
            if group.number is None or group.phase is Phase.CANCELLING:
                continue
            if group.phase is not Phase.CANCEL_ASKED and await self._ports.fulfilment.denied(group.number):
                return f"{group.number} can no longer be cancelled"
            if now() - group.moved > self._patience:
                return f"it is not decided whether {group.number} can be cancelled"
        return None

    async def _ask(self, order: str, course: Orchestration, group: Group) -> str | None:
        """Ask that work be cancelled, once; why that is refused, None where it is not."""
        if group.number is None:
            group.number = await self._ports.fulfilment.find(f"{order}/{group.id}")
        if group.number is None or group.cancel_asked or group.purpose is not Purpose.FULFIL:
            return None
        try:
            await self._ports.fulfilment.cancel(group.number, _WHY)
        except NeighbourError as error:
            if error.temporary:
                raise
            return str(error)
        group.cancel_asked, group.moved = True, now()
        course.note(f"asked to cancel {group.number}", "service ordering")
        await self._save(course)
        return None

    async def _deny(self, order: Order, course: Orchestration, why: str) -> None:
        course.note(f"the order is not cancelled: {why}")
        before = course.cancel_before
        back = before if before in (Phase.WAITING, Phase.HELD) else Phase.WORKING
        lines = lines_of(order, course)
        told = {number: each if each.is_final else back for number, each in lines.items()}
        course.telling = back
        await self._save(course)
        await self._ports.ordering.report(order, Report(back, told, f"Not cancelled: {why}."))
        order.phase = course.phase = back
        course.telling = None
        course.told = {number: str(each) for number, each in told.items()}
        self.forget(course)

    async def _grant(self, order: Order, course: Orchestration) -> None:
        lines = {each.number: Phase.CANCELLING for each in order.every_line()}
        await self._ports.ordering.report(order, Report(Phase.CANCELLING, lines))
        order.phase = course.phase = Phase.CANCELLING
        course.note(f"told that the order is {Phase.CANCELLING}", "product ordering")
        await self._save(course)
