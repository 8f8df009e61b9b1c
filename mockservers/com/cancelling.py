"""Cancelling: whether an order can still be taken back, and taking it back."""

from __future__ import annotations

from tmfrig.mockservers.com.orchestration import Group, Orchestration, now
from tmfrig.mockservers.com.orders import Order, Phase
from tmfrig.mockservers.com.ports import Ports, Report
from tmfrig.mockservers.com.recording import Save


class Cancelling:
    """Assesses cancellations and carries them out: all of an order, or nothing of it."""

    def __init__(self, ports: Ports, save: Save) -> None:
        self._ports = ports
        self._save = save

    async def proceed(self, order: Order, course: Orchestration, lines: dict[str, Phase]) -> None:
        """Do what is due for an order whose cancellation was asked for."""
        if course.cancel_before is None:
            course.cancel_before = course.phase if course.phase not in _ASKED else Phase.WORKING
            course.note("cancellation was asked for", "product ordering")
        if any(each.phase is Phase.COMPLETED for each in course.tasks.values()):
            await self._deny(order, course, lines, "a part of it is delivered already")
            return
        open_groups = [each for each in course.groups if each.attempted and not each.phase.is_final]
        for group in open_groups:
            if group.number is None:
                group.number = await self._ports.fulfilment.find(f"{order.number}/{group.id}")
            if group.number is not None and not group.cancel_asked:
                await self._ports.fulfilment.cancel(group.number, "the customer has cancelled the order")
                group.cancel_asked, group.moved = True, now()
                course.note(f"asked to cancel {group.number}", "service ordering")
                await self._save(course)
        for group in open_groups:
            if group.number is not None and await self._was_denied(group):
                await self._deny(order, course, lines, f"{group.number} can no longer be cancelled")
                return
        if any(each.number is not None and not _gives_in(each) for each in open_groups):
            return
        await self._report(order, course, Phase.CANCELLING)
        if any(each.number is not None and not each.phase.is_final for each in open_groups):
            return
        for each in course.groups:
            each.phase = Phase.CANCELLED if not each.phase.is_final else each.phase
        for state in course.tasks.values():
            state.phase = Phase.CANCELLED if not state.phase.is_final else state.phase
        course.phase = Phase.CANCELLED

    async def _was_denied(self, group: Group) -> bool:
        assert group.number is not None
        if group.phase in _ASKED or group.phase is Phase.CANCELLED:
            return False
        return await self._ports.fulfilment.denied(group.number)

    async def _deny(self, order: Order, course: Orchestration, lines: dict[str, Phase], why: str) -> None:
        course.note(f"the order is not cancelled: {why}")
        if order.phase is Phase.CANCELLING:
            return  # it was granted before: what is granted stays so
        before = course.cancel_before or Phase.WORKING
        back = before if before in (Phase.WAITING, Phase.HELD) else Phase.WORKING
        told = {number: each if each.is_final else back for number, each in lines.items()}
        await self._ports.ordering.report(order, Report(back, told, f"Not cancelled: {why}."))
        order.phase = course.phase = back
        course.told = {number: str(each) for number, each in told.items()}
        course.cancel_before = None
        for group in course.groups:
            group.cancel_asked, group.moved = False, now()

    async def _report(self, order: Order, course: Orchestration, phase: Phase) -> None:
        if order.phase is phase:
            return
        lines = {each.number: phase for each in order.every_line()}
        await self._ports.ordering.report(order, Report(phase, lines))
        order.phase = course.phase = phase
        course.note(f"told that the order is {phase}", "product ordering")
        await self._save(course)


_ASKED = frozenset({Phase.CANCEL_ASKED, Phase.CANCELLING})


def _gives_in(group: Group) -> bool:
    return group.phase in (Phase.CANCELLING, Phase.CANCELLED)
