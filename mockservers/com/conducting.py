"""Carrying out one order: look at everything as it is now, and do what is due next.

Nothing here reacts to what an event says. An event, a timer or a restart only makes somebody look; what is
seen at the authorities decides. So events may come twice, late, in any order or not at all.
"""

from __future__ import annotations

from datetime import timedelta

from tmfrig.mockservers.com.cancelling import Cancelling
from tmfrig.mockservers.com.compensation import compensate
from tmfrig.mockservers.com.decomposition import RefusedError, decompose
from tmfrig.mockservers.com.ledger import Ledger
from tmfrig.mockservers.com.orchestration import Group, Orchestration, Purpose, now
from tmfrig.mockservers.com.orders import Order, Phase
from tmfrig.mockservers.com.ports import Ports, Report, Work, WorkStatus
from tmfrig.mockservers.com.progress import phase_of_line, phase_of_order, route
from tmfrig.mockservers.com.recording import Recording
from tmfrig.mockservers.neighbours import NeighbourError


class Conductor:
    """Carries orders out. Work may stand still for `patience` seconds before its order is held."""

    def __init__(self, ports: Ports, ledger: Ledger, patience: float) -> None:
        self._ports = ports
        self._ledger = ledger
        self._patience = timedelta(seconds=patience)
        self._recording = Recording(ports, ledger.save)
        self._cancelling = Cancelling(ports, ledger.save)

    async def advance(self, number: str) -> bool:
        """Do what is due for an order. Whether it will need attention again without anybody asking for it."""
        course = await self._ledger.load(number)
        if course is not None and course.over:
            return False
        order = await self._ports.ordering.read(number)
        if order is None:
            return await self._withdrawn(course)
        if order.phase is Phase.DRAFT or (course is None and order.phase.is_final):
            return False
        if course is None:
            course = await self._ledger.begin(order)
        try:
            await self._proceed(order, course)
        finally:
            await self._ledger.save(course)
        return not course.over

    async def hold(self, number: str, why: str) -> None:
        """Put an order on hold because of trouble that does not go away by itself."""
        course = await self._ledger.load(number)
        order = await self._ports.ordering.read(number)
        if course is None or order is None or course.over:
            return
        await self._stall(order, course, why)
        await self._ledger.save(course)

    async def _withdrawn(self, course: Orchestration | None) -> bool:
        if course is not None:
            course.end(Phase.CANCELLED, "the order does not exist any more")
            await self._ledger.save(course)
        return False

    async def _proceed(self, order: Order, course: Orchestration) -> None:
        if order.phase.is_final:
            course.end(order.phase, "the order was ended by somebody else")
            return
        if order.phase in (Phase.CANCEL_ASKED, Phase.CANCELLING):
            await self._observe(order, course)
            await self._cancelling.proceed(order, course, self._lines(order, course))
            await self._recording.record(order, course)
            if course.phase is not Phase.CANCELLED:
                return
            await self._tell(order, course, self._lines(order, course))
            return
        if not await self._planned(order, course):
            return
        if await self._paused_by_hand(order, course):
            return
        await self._order_work(order, course)
        await self._observe(order, course)
        await self._recording.record(order, course)
        if await compensate(order, course, self._ledger.save):
            await self._order_work(order, course)
            await self._recording.record(order, course)
        await self._supply(order, course)
        await self._check_patience(order, course)
        await self._tell(order, course, self._lines(order, course))

    # ── planning ────────────────────────────────────────────────────────────────────────────────────────────

    async def _planned(self, order: Order, course: Orchestration) -> bool:
        """Whether there is a plan; an amendment before anything was ordered makes a new one."""
        said = _said(order)
        if course.plan is not None:
            if course.planned_from == said or order.phase is Phase.WAITING:
                return True
            if course.anything_ordered:
                if not _only_supplements(course, order):
                    course.note("an amendment came too late to be carried out", "product ordering")
                course.planned_from = said
                return True
            course.note("the customer has amended the order", "product ordering")
        try:
            course.adopt(await decompose(order, self._ports), said)
        except RefusedError as refusal:
            await self._refuse(order, course, refusal)
            return False
        await self._ledger.save(course)
        return True

    async def _refuse(self, order: Order, course: Orchestration, refusal: RefusedError) -> None:
        course.note(f"refused: {refusal}")
        lines = {each.number: Phase.FAILED for each in order.every_line()}
        await self._report(order, course, Phase.FAILED, lines, note=str(refusal))
        course.end(Phase.FAILED, str(refusal))

    async def _paused_by_hand(self, order: Order, course: Orchestration) -> bool:
        """Whether somebody else put the order on hold; when it is let go on, what is held goes on too."""
        if order.phase in (Phase.WAITING, Phase.HELD):
            return course.phase is not order.phase
        if order.phase is Phase.WORKING and course.phase is Phase.HELD:
            course.note("the order was resumed", "product ordering")
            course.phase, course.stalled = Phase.WORKING, ""
            for group in course.groups:
                group.moved = now()
                if group.number is not None and group.phase is Phase.HELD:
                    await self._ports.fulfilment.resume(group.number, {})
        return False

    # ── ordering work ───────────────────────────────────────────────────────────────────────────────────────

    async def _order_work(self, order: Order, course: Orchestration) -> None:
        waiting = [each for each in course.groups if each.number is None and not each.phase.is_final]
        if waiting and order.phase is Phase.NEW:
            lines = {each.number: Phase.WORKING for each in order.every_line()}
            await self._report(order, course, Phase.WORKING, lines)
        for group in waiting:
            await self._place(order, course, group)

    async def _place(self, order: Order, course: Orchestration, group: Group) -> None:
        reference = f"{order.number}/{group.id}"
        if group.attempted:
            group.number = await self._ports.fulfilment.find(reference)
        if group.number is None:
            group.attempted = True
            await self._ledger.save(course)
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
                self._fail_group(course, group, str(error))
                return
        group.phase, group.moved = Phase.WORKING, now()
        course.note(f"ordered {len(group.tasks)} tasks as {group.number}", "service ordering")
        await self._ledger.save(course)

    def _fail_group(self, course: Orchestration, group: Group, why: str) -> None:
        group.phase, group.message = Phase.FAILED, why
        for each in group.tasks:
            course.tasks[each].phase, course.tasks[each].message = Phase.FAILED, why
        course.note(why, "service ordering")

    # ── observing ───────────────────────────────────────────────────────────────────────────────────────────

    async def _observe(self, order: Order, course: Orchestration) -> None:
        for group in course.groups:
            if group.number is None or group.phase.is_final:
                continue
            status = await self._ports.fulfilment.read(group.number)
            if status is None:
                self._fail_group(course, group, f"the service order {group.number} does not exist any more")
            else:
                _take_over(course, group, status)

    async def _supply(self, order: Order, course: Orchestration) -> None:
        """Hand on what a customer was asked for, once it is in the order."""
        known = {each.number: each.traits for each in order.every_line()}
        for group in course.groups:
            if (
                group.phase is not Phase.WAITING
                or group.number is None
                or group.purpose is not Purpose.FULFIL
            ):
                continue
            supplied = {}
            for each in group.tasks:
                state, line = course.tasks[each], course.task(each).line
                found = {name: known[line][name] for name in state.missing if name in known.get(line, {})}
                if state.missing and len(found) == len(state.missing):
                    supplied[each] = found
            resumed = order.phase is Phase.WORKING and course.phase is Phase.WAITING
            if supplied or resumed:
                course.note(f"handed on {_names(supplied)}", "service ordering")
                await self._ports.fulfilment.resume(group.number, supplied)
                _remember_traits(course, supplied)
                group.phase, group.moved = Phase.WORKING, now()
                for each in group.tasks:
                    if course.tasks[each].phase is Phase.WAITING:
                        course.tasks[each].phase, course.tasks[each].missing = Phase.WORKING, []

    async def _check_patience(self, order: Order, course: Orchestration) -> None:
        if course.stalled:
            return
        for group in course.groups:
            stands = group.number is not None and group.phase in (Phase.NEW, Phase.WORKING)
            done = group.phase is Phase.COMPLETED and group.purpose is Purpose.FULFIL
            unsettled = done and not self._settled(course, group)
            if (stands or unsettled) and now() - group.moved > self._patience:
                what = "has not moved" if stands else "is completed, but what is deployed does not say so"
                why = f"the service order {group.number} {what} for {self._patience.total_seconds():g} s"
                await self._stall(order, course, why)
                return

    async def _stall(self, order: Order, course: Orchestration, why: str) -> None:
        course.stalled = why
        course.note(f"held: {why}")
        if order.phase in (Phase.NEW, Phase.WORKING, Phase.WAITING):
            lines = {
                number: phase if phase.is_final else Phase.HELD
                for number, phase in self._lines(order, course).items()
            }
            await self._report(order, course, Phase.HELD, lines, note=f"On hold: {why}.")

    def _settled(self, course: Orchestration, group: Group) -> bool:
        assert course.plan is not None
        keys = {course.task(each).holding for each in group.tasks}
        return all(self._recording.settled(course, each) for each in course.plan.holdings if each.key in keys)

    # ── telling ─────────────────────────────────────────────────────────────────────────────────────────────

    def _lines(self, order: Order, course: Orchestration) -> dict[str, Phase]:
        """How far each line of the order is, those without work of their own as their parts are."""
        found: dict[str, Phase] = {}
        for line in order.lines:
            for each in reversed(list(line.with_parts())):
                found[each.number] = self._line(each.number, course)
        return found

    def _line(self, number: str, course: Orchestration) -> Phase:
        if course.plan is None:
            return Phase.WORKING
        holdings = [each for each in course.plan.holdings if each.line == number]
        keys = {each.key for each in holdings} | {
            key for each in holdings for key in _below(course, each.parts)
        }
        concerned = [each for each in course.plan.holdings if each.key in keys]
        states = [course.tasks[task.id] for each in concerned for task in course.plan.tasks_of(each.key)]
        phase = phase_of_line(Phase.FAILED if each.undone else each.phase for each in states)
        if phase is Phase.COMPLETED and not all(self._recording.settled(course, each) for each in concerned):
            phase = Phase.WORKING
        return Phase.HELD if course.stalled and not phase.is_final else phase

    async def _tell(self, order: Order, course: Orchestration, lines: dict[str, Phase]) -> None:
        phase = course.phase if course.phase is Phase.CANCELLED else phase_of_order(lines.values())
        open_undoing = any(
            each.purpose is Purpose.COMPENSATE and not each.phase.is_final for each in course.groups
        )
        if phase.is_final and open_undoing:
            phase = Phase.WORKING
        messages = dict.fromkeys(each.message for each in course.tasks.values() if each.message)
        asked = [name for each in course.tasks.values() for name in each.missing]
        note = None
        if phase is not order.phase and phase in (Phase.FAILED, Phase.PARTIAL, Phase.WAITING, Phase.HELD):
            note = f"Needed: {', '.join(asked)}." if asked else "; ".join(messages) or None
        if phase is not order.phase or lines != course_lines(course):
            await self._report(order, course, phase, lines, note)
        if phase.is_final:
            course.end(phase, "; ".join(messages))

    async def _report(
        self,
        order: Order,
        course: Orchestration,
        phase: Phase,
        lines: dict[str, Phase],
        note: str | None = None,
    ) -> None:
        """Tell how far the order is, by published steps only."""
        steps = route(order.phase, phase) or [phase]
        for step in steps:
            last = step is steps[-1]
            shown = lines if last else dict.fromkeys(lines, Phase.WORKING)
            await self._ports.ordering.report(order, Report(step, shown, note if last else None))
            if step is not order.phase:
                course.note(f"told that the order is {step}", "product ordering")
            order.phase = course.phase = step
        course.told = {number: str(each) for number, each in lines.items()}


def course_lines(course: Orchestration) -> dict[str, Phase]:
    """The phases of lines as they were last told."""
    return {number: Phase(each) for number, each in course.told.items()}


def _below(course: Orchestration, keys: list[str]) -> list[str]:
    assert course.plan is not None
    found = []
    for each in course.plan.holdings:
        if each.key in keys:
            found += [each.key, *_below(course, each.parts)]
    return found


def _take_over(course: Orchestration, group: Group, status: WorkStatus) -> None:
    """What a service order says becomes what we know."""
    before = (group.phase, group.seen, [course.tasks[each].phase for each in group.tasks])
    if status.phase is not group.phase:
        course.note(f"{group.number} is {status.phase}", "service ordering")
    group.phase, group.message, group.seen = status.phase, status.message, status.mark
    for each in group.tasks:
        state, told = course.tasks[each], status.tasks.get(each)
        if told is None:
            # one that tells nothing of its items tells it of the whole
            if status.phase.is_final:
                state.phase = status.phase
            continue
        if not status.phase.is_final and told.phase is Phase.NEW:
            state.phase = Phase.WORKING
        else:
            # at the end of the whole, an item that says otherwise did not get to its end
            stuck = status.phase.is_final and not told.phase.is_final
            state.phase = _end_of_item(status.phase) if stuck else told.phase
        state.service = told.service or state.service
        state.message, state.missing = told.message, list(told.missing)
    if before != (group.phase, group.seen, [course.tasks[each].phase for each in group.tasks]):
        group.moved = now()
        if course.stalled:
            course.note("something moves again", "service ordering")
            course.stalled = ""


def _end_of_item(whole: Phase) -> Phase:
    return Phase.FAILED if whole in (Phase.PARTIAL, Phase.REFUSED) else whole


def _said(order: Order) -> str:
    """What an order wants, without how far it is."""
    return order.model_dump_json(include={"lines"})


def _only_supplements(course: Orchestration, order: Order) -> bool:
    """Whether all that changed are traits that we asked for."""
    asked = {name for each in course.tasks.values() for name in each.missing}
    return bool(asked) and any(asked & each.traits.keys() for each in order.every_line())


def _remember_traits(course: Orchestration, supplied: dict[str, dict[str, object]]) -> None:
    assert course.plan is not None
    for identifier, traits in supplied.items():
        task = course.task(identifier)
        task.traits |= traits
        for holding in course.plan.holdings:
            if holding.key == task.holding:
                holding.traits |= traits


def _names(supplied: dict[str, dict[str, object]]) -> str:
    return ", ".join(name for traits in supplied.values() for name in traits) or "the order to go on"
