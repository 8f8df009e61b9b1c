"""Telling: how far an order and its lines are, told to where the order was taken."""

from __future__ import annotations

from collections.abc import Mapping

from tmfrig.mockservers.com.orchestration import Orchestration, Purpose, TaskState
from tmfrig.mockservers.com.orders import Order, Phase
from tmfrig.mockservers.com.ports import Ordering, Report
from tmfrig.mockservers.com.progress import phase_of_line, phase_of_order, route
from tmfrig.mockservers.com.recording import Save, settled

_FAILED = frozenset({Phase.FAILED, Phase.REFUSED})
_PAUSED = frozenset({Phase.WAITING, Phase.HELD})
_EXPLAINED = _PAUSED | _FAILED | {Phase.PARTIAL}


class Telling:
    """Tells what is known of a course, by published steps only."""

    def __init__(self, ordering: Ordering, save: Save) -> None:
        self._ordering = ordering
        self._save = save

    async def tell(self, order: Order, course: Orchestration) -> None:
        """Tell how far everything is where that is news; the course ends with the order."""
        lines = lines_of(order, course)
        phase = phase_of(course, lines)
        asked = dict.fromkeys(name for each in course.tasks.values() for name in each.missing)
        note = None
        if phase is not order.phase and phase in _EXPLAINED:
            note = f"Needed: {', '.join(asked)}." if asked else reason_of(course) or None
        if phase is not order.phase or course.told != {each: str(told) for each, told in lines.items()}:
            await self.report(order, course, phase, lines, note)
        if order.phase.is_final:
            course.end(order.phase, reason_of(course))

    async def report(
        self, order: Order, course: Orchestration, phase: Phase, lines: Mapping[str, Phase], note: str | None
    ) -> None:
        """Tell that the order is in a phase, by way of those that lie between; where there is no way to it,
        how far the lines are."""
        steps = route(order.phase, phase) or [order.phase]
        for step in steps:
            last = step is steps[-1]
            shown = lines if last else dict.fromkeys(lines, Phase.WORKING)
            if step is not order.phase and (step in _PAUSED or step.is_final):
                course.telling = step
                await self._save(course)
            await self._ordering.report(order, Report(step, shown, note if last else None))
            if step is not order.phase:
                course.note(f"told that the order is {step}", "product ordering")
            order.phase = course.phase = step
            course.telling = None
        course.told = {number: str(each) for number, each in lines.items()}

    async def stall(self, order: Order, course: Orchestration, why: str) -> None:
        """Put an order on hold although no neighbour says so."""
        course.stalled = why
        course.note(f"held: {why}")
        if order.phase in (Phase.WORKING, Phase.WAITING):
            lines = {
                number: phase if phase.is_final else Phase.HELD
                for number, phase in lines_of(order, course).items()
            }
            await self.report(order, course, Phase.HELD, lines, f"On hold: {why}.")

    async def remark(self, order: Order, course: Orchestration, text: str) -> None:
        """Tell the customer something while everything stays as it is."""
        await self._ordering.report(order, Report(order.phase, lines_of(order, course), text))


def reason_of(course: Orchestration) -> str:
    """What speaks against an order: why it was refused, or what its tasks say; empty for nothing."""
    of_tasks = dict.fromkeys(each.message for each in course.tasks.values() if each.message)
    # who says nothing of the items may say something of the whole
    of_groups = dict.fromkeys(
        each.message for each in course.groups if each.message and each.phase in _EXPLAINED
    )
    return course.message or "; ".join(of_tasks or of_groups)


def phase_of(course: Orchestration, lines: Mapping[str, Phase]) -> Phase:
    """The phase in which an order should be, which does not end before what is taken back is gone."""
    if course.phase is Phase.CANCELLED:
        return Phase.CANCELLED
    phase = phase_of_order(lines.values())
    undoing = any(each.purpose is Purpose.COMPENSATE and not each.phase.is_final for each in course.groups)
    return Phase.WORKING if phase.is_final and undoing else phase


def lines_of(order: Order, course: Orchestration) -> dict[str, Phase]:
    """How far each line of the order is, those without work of their own as their parts are."""
    return {each.number: _line(each.number, course) for each in order.every_line()}


def _line(number: str, course: Orchestration) -> Phase:
    if course.plan is None:
        return Phase.CANCELLED if course.phase is Phase.CANCELLED else Phase.WORKING
    holdings = course.plan.holdings_of(number)
    if not holdings:
        return Phase.FAILED  # it came with an amendment, too late to be planned
    concerned = {each.key: each for above in holdings for each in (above, *course.plan.below(above))}
    states = [course.tasks[task.id] for key in concerned for task in course.plan.tasks_of(key)]
    if course.phase is Phase.CANCELLED:
        return Phase.FAILED if any(each.phase in _FAILED for each in states) else Phase.CANCELLED
    phase = phase_of_line(_phase(each) for each in states)
    if phase is Phase.COMPLETED and not all(settled(course, each) for each in concerned.values()):
        phase = Phase.WORKING
    return Phase.HELD if course.stalled and not phase.is_final else phase


def _phase(state: TaskState) -> Phase:
    return Phase.FAILED if state.undone else state.phase
