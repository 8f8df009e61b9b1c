"""Taking an order back: cancelled by its customer, by others, or gone."""

from __future__ import annotations

import pytest
from com_fakes import add
from com_world import World, play, trouble

from tmfrig.mockservers.com.inventory import Deployment
from tmfrig.mockservers.com.orders import Phase, Standing
from tmfrig.mockservers.neighbours import NeighbourError

WORKING, HELD = Phase.WORKING, Phase.HELD
SECOND = add("2", "fibre")


async def _cancel(world: World) -> None:
    await world.look()
    world.order.phase = Phase.CANCEL_ASKED
    await world.look()


def test_a_cancellation_follows_the_work() -> None:
    async def steps(world: World) -> None:
        await _cancel(world)
        assert world.fulfilment.placed["so-1"].cancel_asked == 1
        world.fulfilment.move("so-1", Phase.CANCEL_ASKED)
        await world.look()
        assert world.order.phase is Phase.CANCEL_ASKED
        world.fulfilment.move("so-1", Phase.CANCELLING)
        await world.look(2)
        assert world.order.phase is Phase.CANCELLING
        world.fulfilment.move("so-1", Phase.CANCELLED)
        await world.look()

    world = play(steps)
    assert world.order.phase is Phase.CANCELLED
    assert world.ordering.reports[-1].lines == {"1": Phase.CANCELLED}
    assert world.fulfilment.placed["so-1"].cancel_asked == 1


def test_all_work_has_to_give_in() -> None:
    async def steps(world: World) -> None:
        await _cancel(world)
        world.fulfilment.move("so-1", Phase.CANCELLING)
        await world.look()
        assert world.order.phase is Phase.CANCEL_ASKED
        world.fulfilment.placed["so-2"].denied = True
        await world.look()
        assert world.order.phase is WORKING
        world.fulfilment.move("so-1", Phase.CANCELLED)
        world.finish("so-2")
        await world.look()

    world = play(steps, add("1", "fibre"), SECOND)
    # the one that had given in already cannot take that back
    assert world.order.phase is Phase.PARTIAL
    assert world.ordering.notes == ["Not cancelled: so-2 can no longer be cancelled."]


@pytest.mark.parametrize("status", [400, 404, 405, 501])
def test_who_cannot_cancel_denies_it(status: int) -> None:
    async def steps(world: World) -> None:
        world.fulfilment.refuses_to_cancel = trouble("TMF641", status)
        await _cancel(world)
        world.finish()
        await world.look()

    world = play(steps)
    assert world.order.phase is Phase.COMPLETED
    assert world.ordering.notes[0].startswith(f"Not cancelled: TMF641 answered {status}")


def test_who_cannot_be_asked_to_cancel_is_asked_again() -> None:
    async def steps(world: World) -> None:
        world.fulfilment.refuses_to_cancel = trouble("TMF641", 503)
        with pytest.raises(NeighbourError):
            await _cancel(world)
        world.fulfilment.refuses_to_cancel = None
        await world.look()

    world = play(steps)
    assert world.order.phase is Phase.CANCEL_ASKED
    assert world.fulfilment.placed["so-1"].cancel_asked == 1


@pytest.mark.parametrize("meanwhile", [Phase.WORKING, Phase.CANCEL_ASKED])
def test_a_decision_that_does_not_come_is_a_denial(meanwhile: Phase) -> None:
    async def steps(world: World) -> None:
        await _cancel(world)
        world.fulfilment.move("so-1", meanwhile)
        await world.look(2)
        assert world.order.phase is Phase.CANCEL_ASKED
        world.lose_patience()
        await world.look()

    world = play(steps)
    assert world.order.phase is WORKING
    assert world.ordering.notes == ["Not cancelled: it is not decided whether so-1 can be cancelled."]


def test_what_was_held_is_held_again_after_a_denial_and_may_be_asked_again() -> None:
    async def steps(world: World) -> None:
        await world.look()
        world.fulfilment.move("so-1", HELD)
        await world.look()
        world.order.phase = Phase.CANCEL_ASKED
        await world.look()
        world.fulfilment.placed["so-1"].denied = True
        await world.look()
        assert world.order.phase is HELD
        world.order.phase = Phase.CANCEL_ASKED
        await world.look()
        assert world.fulfilment.placed["so-1"].cancel_asked == 2
        world.fulfilment.move("so-1", Phase.CANCELLED)
        await world.look()

    assert play(steps).order.phase is Phase.CANCELLED


def test_work_that_is_completed_after_it_gave_in_is_taken_back() -> None:
    async def steps(world: World) -> None:
        await _cancel(world)
        world.fulfilment.move("so-1", Phase.CANCELLING)
        world.deploy("1.1")
        await world.look()
        assert world.order.phase is Phase.CANCELLING
        world.finish()
        await world.look()
        assert world.fulfilment.references == ["17/1", "17/undo-1"]
        world.finish("so-2")
        await world.look(2)

    world = play(steps)
    assert world.order.phase is Phase.CANCELLED
    assert world.fulfilment.placed["so-2"].cancel_asked == 0


def test_an_order_may_be_cancelled_before_anybody_looked_at_it() -> None:
    async def steps(world: World) -> None:
        await world.look()

    world = play(steps, phase=Phase.CANCEL_ASKED)
    assert world.ordering.phases == [Phase.CANCELLING, Phase.CANCELLED]
    assert world.ordering.reports[-1].lines == {"1": Phase.CANCELLED}
    assert world.fulfilment.placed == {}


def test_work_whose_answer_got_lost_is_cancelled_too() -> None:
    async def steps(world: World) -> None:
        world.fulfilment.loses_answers = 1
        with pytest.raises(NeighbourError):
            await world.look()
        world.order.phase = Phase.CANCEL_ASKED
        await world.look()
        assert world.fulfilment.placed["so-1"].cancel_asked == 1
        world.fulfilment.move("so-1", Phase.CANCELLED)
        await world.look()

    assert play(steps).order.phase is Phase.CANCELLED


def test_work_that_others_cancelled_cancels_the_order_by_published_steps() -> None:
    async def steps(world: World) -> None:
        await world.look()
        world.fulfilment.move("so-1", Phase.CANCELLED)
        await world.look()

    assert play(steps).ordering.phases == [WORKING, HELD, Phase.CANCELLED]


# ── an order that is gone ───────────────────────────────────────────────────────────────────────────────────


def test_work_for_an_order_that_is_gone_is_called_off() -> None:
    async def steps(world: World) -> None:
        await world.look()
        world.deploy("1.1", deployment=Deployment.BUILDING)
        await world.look()
        world.ordering.order = None
        await world.look()
        assert world.fulfilment.placed["so-1"].cancel_asked == 1
        assert not (await world.course()).over
        world.fulfilment.move("so-1", Phase.CANCELLED)
        await world.look()
        assert (await world.course()).over

    world = play(steps)
    assert world.subscriptions.standings() == [Standing.CANCELLED]


def test_nothing_is_recorded_for_an_order_that_is_gone() -> None:
    async def steps(world: World) -> None:
        await world.look()
        world.ordering.order = None
        world.finish()
        await world.look()
        assert (await world.course()).over

    assert play(steps).subscriptions.all == []


def test_an_order_that_is_gone_is_not_waited_for_for_ever() -> None:
    async def steps(world: World) -> None:
        await world.look()
        world.ordering.order = None
        world.fulfilment.refuses_to_cancel = trouble("TMF641", 405)
        await world.look(2)
        assert (await world.course()).over

    play(steps, patience=0)
