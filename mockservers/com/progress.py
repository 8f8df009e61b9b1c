"""How far lines and orders are, by the published rules: all completed is completed, all failed is failed, a
mix is partial; what is in work, waits or is held says so."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from tmfrig.mockservers.com.orders import Phase

_OPEN_BY_WEIGHT = (Phase.WORKING, Phase.WAITING, Phase.HELD)
_ENDS = {
    frozenset({Phase.COMPLETED}): Phase.COMPLETED,
    frozenset({Phase.FAILED}): Phase.FAILED,
    frozenset({Phase.CANCELLED}): Phase.CANCELLED,
    frozenset({Phase.FAILED, Phase.CANCELLED}): Phase.FAILED,
}
# The published steps of an order, those that are to be preferred first.
_STEPS: dict[Phase, tuple[Phase, ...]] = {
    Phase.NEW: (Phase.WORKING, Phase.WAITING),
    Phase.WORKING: (
        Phase.COMPLETED,
        Phase.FAILED,
        Phase.PARTIAL,
        Phase.HELD,
        Phase.WAITING,
        Phase.CANCEL_ASKED,
    ),
    Phase.WAITING: (Phase.WORKING, Phase.CANCEL_ASKED, Phase.CANCELLED),
    Phase.HELD: (Phase.WORKING, Phase.CANCEL_ASKED, Phase.CANCELLED),
    Phase.CANCEL_ASKED: (Phase.WORKING, Phase.WAITING, Phase.HELD, Phase.CANCELLING),
    Phase.CANCELLING: (Phase.CANCELLED,),
}


def phase_of_order(lines: Iterable[Phase]) -> Phase:
    """The phase of an order from those of its lines (rules of TMF622 on order and item states)."""
    found = {Phase.FAILED if each is Phase.REFUSED else each for each in lines}
    if all(each.is_final for each in found):
        return _ENDS.get(frozenset(found), Phase.PARTIAL)
    return next((each for each in _OPEN_BY_WEIGHT if each in found), Phase.WORKING)


def phase_of_line(tasks: Iterable[Phase]) -> Phase:
    """The phase of one line from those of its tasks: one that fails spoils it."""
    found = set(tasks)
    if not all(each.is_final for each in found):
        return next((each for each in reversed(_OPEN_BY_WEIGHT) if each in found), Phase.WORKING)
    for each in (Phase.FAILED, Phase.REFUSED, Phase.PARTIAL, Phase.CANCELLED):
        if each in found:
            return Phase.CANCELLED if each is Phase.CANCELLED else Phase.FAILED
    return Phase.COMPLETED


def route(before: Phase, after: Phase) -> list[Phase]:
    """The phases to report one after the other, so that each is a published step from the one before.

    The shortest way; none where both are the same, or where the published lifecycle has no way.
    """
    ways: dict[Phase, list[Phase]] = {before: []}
    waiting = deque([before])
    while waiting:
        here = waiting.popleft()
        for each in _STEPS.get(here, ()):
            if each not in ways:
                ways[each] = [*ways[here], each]
                waiting.append(each)
    return ways.get(after, [])
