"""How far lines and orders are, by the published rules: all completed is completed, all failed is failed, a
mix is partial; what is in work, waits or is held says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tmfrig.mockservers.com.orders import Phase

_OPEN_BY_WEIGHT = (Phase.WORKING, Phase.WAITING, Phase.HELD)
_ENDS = {
    frozenset({Phase.COMPLETED}): Phase.COMPLETED,
    frozenset({Phase.FAILED}): Phase.FAILED,
    frozenset({Phase.CANCELLED}): Phase.CANCELLED,
    frozenset({Phase.FAILED, Phase.CANCELLED}): Phase.FAILED,
}


def phase_of_order(lines: Iterable[Phase]) -> Phase:
    """The phase of an order from those of its lines (rules of TMF622 on order and item states)."""
    found = set(lines)
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

    What waits or is held goes on before it ends; nothing ends before it has begun.
    """
    if before is after:
        return []
    if before in (Phase.WAITING, Phase.HELD, Phase.NEW) and after is not Phase.WORKING:
        may_go_at_once = {Phase.CANCELLED: (Phase.WAITING, Phase.HELD), Phase.WAITING: (Phase.NEW,)}
        if before not in may_go_at_once.get(after, ()):
            return [Phase.WORKING, after]
    return [after]


def changed(before: Mapping[str, Phase], after: Mapping[str, Phase]) -> bool:
    """Whether any line is in another phase."""
    return any(before.get(number) is not phase for number, phase in after.items())
