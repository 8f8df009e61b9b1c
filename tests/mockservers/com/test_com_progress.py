"""How far lines and orders are, and the steps by which that is told."""

from __future__ import annotations

from itertools import product

import pytest

from tmfrig.mockservers.com.orders import Phase
from tmfrig.mockservers.com.progress import phase_of_line, phase_of_order, route
from tmfrig.specs import standard_contract

STATES = {
    Phase.NEW: "acknowledged",
    Phase.WORKING: "inProgress",
    Phase.WAITING: "pending",
    Phase.HELD: "held",
    Phase.CANCEL_ASKED: "assessingCancellation",
    Phase.CANCELLING: "pendingCancellation",
    Phase.COMPLETED: "completed",
    Phase.FAILED: "failed",
    Phase.PARTIAL: "partial",
    Phase.CANCELLED: "cancelled",
}
NEW, WORKING, WAITING, HELD = Phase.NEW, Phase.WORKING, Phase.WAITING, Phase.HELD
COMPLETED, FAILED, CANCELLED = Phase.COMPLETED, Phase.FAILED, Phase.CANCELLED


@pytest.mark.parametrize(("before", "after"), list(product(STATES, STATES)))
def test_every_route_keeps_to_the_published_lifecycle(before: Phase, after: Phase) -> None:
    lifecycle = standard_contract("TMF622").resources["productOrder"].lifecycle
    assert lifecycle is not None
    steps = route(before, after)
    here = before
    for step in steps:
        assert lifecycle.allows(STATES[here], STATES[step]), f"{here} → {step} on the way to {after}"
        here = step
    if steps:
        assert here is after
    else:
        assert before is after or after not in _reachable(before)


def _reachable(phase: Phase) -> set[Phase]:
    """Where an order can get to by the published lifecycle."""
    lifecycle = standard_contract("TMF622").resources["productOrder"].lifecycle
    assert lifecycle is not None
    found: set[Phase] = set()
    waiting = [phase]
    while waiting:
        here = waiting.pop()
        following = {
            each
            for each, state in STATES.items()
            if here is not each and lifecycle.allows(STATES[here], state)
        }
        waiting += following - found
        found |= following
    return found


@pytest.mark.parametrize(
    ("before", "after", "steps"),
    [
        (NEW, COMPLETED, [WORKING, COMPLETED]),
        (NEW, FAILED, [WORKING, FAILED]),
        (NEW, HELD, [WORKING, HELD]),
        (WAITING, COMPLETED, [WORKING, COMPLETED]),
        (HELD, WAITING, [WORKING, WAITING]),
        (HELD, CANCELLED, [CANCELLED]),
        (WORKING, CANCELLED, [HELD, CANCELLED]),
        (COMPLETED, WORKING, []),
        (Phase.CANCELLING, WORKING, []),
        (Phase.DRAFT, WORKING, []),
    ],
)
def test_the_way_is_short_and_goes_through_work(before: Phase, after: Phase, steps: list[Phase]) -> None:
    assert route(before, after) == steps


@pytest.mark.parametrize(
    ("lines", "phase"),
    [
        ([COMPLETED, COMPLETED], COMPLETED),
        ([FAILED, FAILED], FAILED),
        ([COMPLETED, FAILED], Phase.PARTIAL),
        ([COMPLETED, CANCELLED], Phase.PARTIAL),
        ([CANCELLED, CANCELLED], CANCELLED),
        ([FAILED, CANCELLED], FAILED),
        ([Phase.REFUSED], FAILED),
        ([COMPLETED, WORKING], WORKING),
        ([WORKING, HELD, WAITING], WORKING),
        ([COMPLETED, WAITING, HELD], WAITING),
        ([FAILED, HELD], HELD),
        ([NEW, COMPLETED], WORKING),
    ],
)
def test_the_phase_of_an_order_follows_from_its_lines(lines: list[Phase], phase: Phase) -> None:
    assert phase_of_order(lines) is phase


@pytest.mark.parametrize(
    ("tasks", "phase"),
    [
        ([], COMPLETED),
        ([COMPLETED, COMPLETED], COMPLETED),
        ([COMPLETED, FAILED], FAILED),
        ([COMPLETED, Phase.REFUSED], FAILED),
        ([COMPLETED, CANCELLED], CANCELLED),
        ([FAILED, CANCELLED], FAILED),
        ([FAILED, WORKING], WORKING),
        ([WORKING, WAITING, HELD], HELD),
        ([WORKING, WAITING], WAITING),
        ([NEW], WORKING),
    ],
)
def test_the_phase_of_a_line_follows_from_its_tasks(tasks: list[Phase], phase: Phase) -> None:
    assert phase_of_line(tasks) is phase
