"""Carrying out one order among neighbours that behave, or do not."""

from __future__ import annotations

import asyncio

import pytest
from com_fakes import HOME, SHOP, add
from com_world import World, play, trouble

from tmfrig.mockservers.com.inventory import Deployment
from tmfrig.mockservers.com.orders import Phase, Standing
from tmfrig.mockservers.com.ports import WorkStatus
from tmfrig.mockservers.neighbours import NeighbourError

WORKING, HELD, WAITING = Phase.WORKING, Phase.HELD, Phase.WAITING
SECOND = add("2", "fibre")


def test_an_order_goes_its_way() -> None:
    async def steps(world: World) -> None:
        await world.look()
        assert world.ordering.phases == [WORKING]
        assert world.subscriptions.all == []
        world.deploy(deployment=Deployment.BUILDING)
        world.fulfilment.move("so-1", WORKING)
        await world.look()
        assert world.subscriptions.standings() == [Standing.PENDING]
        world.finish()
        await world.look()

    world = play(steps)
    assert world.ordering.phases == [WORKING, Phase.COMPLETED]
    assert world.subscriptions.standings() == [Standing.ACTIVE]
    assert world.fulfilment.references == ["17/1"]


def test_looking_again_changes_nothing() -> None:
    async def steps(world: World) -> None:
        await world.look(5)
        assert (len(world.ordering.reports), len(world.fulfilment.placed)) == (1, 1)
        world.finish()
        await world.look(5)
        assert len(world.ordering.reports) == 2

    play(steps)


@pytest.mark.parametrize("phase", [Phase.DRAFT, Phase.COMPLETED, Phase.CANCELLED])
def test_what_is_not_to_be_carried_out_is_not_touched(phase: Phase) -> None:
    async def steps(world: World) -> None:
        await world.look(2)
        assert await world.ledger.load("17") is None

    world = play(steps, phase=phase)
    assert (world.ordering.reports, world.catalog.asked) == ([], 0)


def test_what_only_looks_new_is_left_alone_until_it_is() -> None:
    async def steps(world: World) -> None:
        world.ordering.is_draft = True
        await world.look()
        asked = world.catalog.asked
        await world.look(3)
        await world.conductor.hold("17", "trouble")
        assert await world.ledger.load("17") is None
        assert world.catalog.asked == asked, "what it means is of no interest as long as it may not begin"
        world.ordering.is_draft = False
        await world.look()

    world = play(steps)
    assert world.ordering.phases == [WORKING]
    assert world.fulfilment.references == ["17/1"]


def test_an_order_that_nobody_knows_is_nothing() -> None:
    async def steps(world: World) -> None:
        world.ordering.order = None
        await world.look()
        assert await world.ledger.load("17") is None

    play(steps)


@pytest.mark.parametrize("status", [400, 404, 405, 414])
def test_a_number_that_cannot_be_an_orders_is_nothing(status: int) -> None:
    async def steps(world: World) -> None:
        async def read(number: str) -> None:
            raise trouble("TMF622", status)

        world.ordering.read = read  # type: ignore[method-assign, assignment]
        await world.look()

    play(steps)


# ── ordering work ───────────────────────────────────────────────────────────────────────────────────────────


def test_work_whose_answer_got_lost_is_not_ordered_again() -> None:
    async def steps(world: World) -> None:
        world.fulfilment.loses_answers = 1
        with pytest.raises(NeighbourError):
            await world.look()
        await world.look()
        world.finish()
        await world.look()

    world = play(steps)
    assert world.fulfilment.references == ["17/1"]
    assert world.order.phase is Phase.COMPLETED


@pytest.mark.parametrize("status", [None, 503, 429])
def test_a_neighbour_that_may_do_it_later_is_asked_again(status: int | None) -> None:
    async def steps(world: World) -> None:
        world.fulfilment.refuses = [trouble("TMF641", status)] * 2
        for _ in range(2):
            with pytest.raises(NeighbourError):
                await world.look()
        await world.look()

    world = play(steps)
    assert world.fulfilment.references == ["17/1"]
    assert world.ordering.phases == [WORKING]


@pytest.mark.parametrize("status", [400, 403, 422, 501])
def test_work_that_is_refused_fails_the_order(status: int) -> None:
    async def steps(world: World) -> None:
        world.fulfilment.refuses = [trouble("TMF641", status)]
        await world.look()

    world = play(steps)
    assert world.order.phase is Phase.FAILED
    assert f"answered {status}" in world.ordering.notes[-1]


def test_one_refusal_of_two_takes_nothing_back_of_the_other() -> None:
    async def steps(world: World) -> None:
        world.fulfilment.refuses = [trouble("TMF641", 400)]
        await world.look()
        world.finish()
        await world.look()

    world = play(steps, add("1", "fibre"), SECOND)
    assert world.order.phase is Phase.PARTIAL
    assert world.fulfilment.references == ["17/2"]


def test_ordered_work_that_has_disappeared_has_failed() -> None:
    async def steps(world: World) -> None:
        await world.look()
        world.fulfilment.placed.clear()
        await world.look()

    world = play(steps)
    assert world.order.phase is Phase.FAILED
    assert world.ordering.notes == ["the service order so-1 does not exist any more"]


def test_refused_work_fails() -> None:
    async def steps(world: World) -> None:
        await world.look()
        world.fulfilment.move("so-1", Phase.REFUSED, message="we do not do that")
        await world.look()

    world = play(steps)
    assert (world.order.phase, world.ordering.notes) == (Phase.FAILED, ["we do not do that"])


@pytest.mark.parametrize(
    ("whole", "items", "end"),
    [
        (Phase.COMPLETED, {"1.1": Phase.WORKING, "1.2": Phase.NEW}, Phase.COMPLETED),
        (Phase.FAILED, {"1.1": Phase.WORKING, "1.2": Phase.COMPLETED}, Phase.FAILED),
        (Phase.PARTIAL, {"1.1": Phase.WORKING, "1.2": Phase.COMPLETED}, Phase.FAILED),
        (Phase.COMPLETED, {"1.1": Phase.PARTIAL, "1.2": Phase.COMPLETED}, Phase.COMPLETED),
        (Phase.COMPLETED, {"1.1": Phase.FAILED, "1.2": Phase.COMPLETED}, Phase.FAILED),
        (Phase.CANCELLED, {"1.1": Phase.WORKING, "1.2": Phase.NEW}, Phase.CANCELLED),
    ],
)
def test_items_that_say_otherwise_than_the_whole(whole: Phase, items: dict[str, Phase], end: Phase) -> None:
    async def steps(world: World) -> None:
        await world.look()
        for task, phase in items.items():
            world.fulfilment.move("so-1", phase, task)
        world.deploy()
        world.fulfilment.whole("so-1", whole)
        await world.look()
        for number in list(world.fulfilment.placed)[1:]:
            world.finish(number)
        await world.look()

    assert play(steps).order.phase is end


def test_work_that_tells_nothing_of_its_items_tells_it_of_all() -> None:
    async def steps(world: World) -> None:
        await world.look()
        world.fulfilment.placed["so-1"].status = WorkStatus(Phase.FAILED, message="the network is closed")
        await world.look()

    world = play(steps)
    assert (world.order.phase, world.ordering.notes) == (Phase.FAILED, ["the network is closed"])


# ── compensation ────────────────────────────────────────────────────────────────────────────────────────────


def test_what_was_completed_of_a_bundle_is_taken_back() -> None:
    async def steps(world: World) -> None:
        await world.look()
        world.deploy("1/fibre.1", "1/fibre.2")
        world.fulfilment.move("so-1", Phase.COMPLETED, "1/fibre.2")
        world.fulfilment.move("so-1", Phase.FAILED, "1/tv.1", message="no signal")
        await world.look()
        assert world.fulfilment.references == ["17/1"], "not before all of the bundle is at its end"
        world.fulfilment.move("so-1", Phase.COMPLETED, "1/fibre.1")
        await world.look()
        assert world.fulfilment.references == ["17/1", "17/undo-1"]
        undone = {each.id: each.relies_on for each in world.fulfilment.placed["so-2"].work.tasks}
        assert undone == {"undo 1/fibre.1": ["undo 1/fibre.2"], "undo 1/fibre.2": []}
        assert world.order.phase is WORKING
        world.finish("so-2")
        await world.look(2)

    world = play(steps, add("1", "home"), catalog=(*SHOP, HOME))
    assert (world.order.phase, world.ordering.notes) == (Phase.FAILED, ["no signal"])
    assert set(world.subscriptions.standings()) == {Standing.ABORTED}
    # the script of the customer is not played when something is undone
    assert world.fulfilment.placed["so-2"].work.customer_reference == "17"


def test_what_cannot_be_taken_back_does_not_keep_the_order_open() -> None:
    async def steps(world: World) -> None:
        await world.look()
        world.deploy("1/fibre.1", "1/fibre.2")
        world.fulfilment.move("so-1", Phase.COMPLETED, "1/fibre.1", "1/fibre.2")
        world.fulfilment.move("so-1", Phase.FAILED, "1/tv.1")
        world.fulfilment.whole("so-1", Phase.PARTIAL)
        await world.look()
        world.fulfilment.move("so-2", Phase.FAILED, message="it stays on")
        await world.look(2)

    world = play(steps, add("1", "home"), catalog=(*SHOP, HOME))
    assert (world.order.phase, world.ordering.notes) == (Phase.FAILED, ["it stays on"])
    assert world.fulfilment.references == ["17/1", "17/undo-1"]


# ── waiting ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_work_that_stands_still_is_held_and_goes_on_when_it_moves() -> None:
    async def steps(world: World) -> None:
        await world.look(2)
        assert world.order.phase is HELD
        await world.look(3)
        world.finish()
        await world.look()

    world = play(steps, patience=0)
    assert world.ordering.phases == [WORKING, HELD, WORKING, Phase.COMPLETED]
    assert world.ordering.notes == ["On hold: the service order so-1 has not moved for 0 s."]


def test_work_that_is_done_by_its_word_only_is_held() -> None:
    async def steps(world: World) -> None:
        await world.look()
        world.deploy(deployment=Deployment.IDLE)
        world.fulfilment.move("so-1", Phase.COMPLETED)
        await world.look(2)
        assert world.order.phase is WORKING
        world.lose_patience()
        await world.look()
        assert world.order.phase is HELD
        world.deploy()
        await world.look()

    world = play(steps)
    assert world.order.phase is Phase.COMPLETED
    assert "what is deployed does not say so" in world.ordering.notes[-1]


def test_work_that_others_assess_for_ever_is_held_too() -> None:
    async def steps(world: World) -> None:
        await world.look()
        world.fulfilment.move("so-1", Phase.CANCEL_ASKED)
        await world.look(2)

    assert play(steps, patience=0).order.phase is HELD


def test_trouble_that_stays_holds_the_order() -> None:
    async def steps(world: World) -> None:
        await world.look()
        world.fulfilment.down = True
        with pytest.raises(NeighbourError):
            await world.look()
        await world.conductor.hold("17", "TMF641 did not answer")
        assert world.order.phase is HELD
        world.fulfilment.down = False
        world.finish()
        await world.look()

    world = play(steps)
    assert (world.order.phase, world.ordering.notes) == (Phase.COMPLETED, ["On hold: TMF641 did not answer."])


def test_trouble_before_there_is_a_plan_holds_the_order_too() -> None:
    async def steps(world: World) -> None:
        offer, world.catalog.offer = world.catalog.offer, _failing  # type: ignore[method-assign, assignment]
        with pytest.raises(NeighbourError):
            await world.look()
        assert world.order.phase is Phase.NEW
        await world.conductor.hold("17", "TMF620 did not answer")
        assert world.order.phase is HELD
        world.catalog.offer = offer  # type: ignore[method-assign]
        await world.look()
        world.finish()
        await world.look()

    assert play(steps).order.phase is Phase.COMPLETED


async def _failing(identifier: str) -> None:
    raise trouble("TMF620")


def test_nothing_is_held_that_is_gone_or_over() -> None:
    async def steps(world: World) -> None:
        order, world.ordering.order = world.ordering.order, None
        await world.conductor.hold("17", "trouble")
        world.ordering.order = order
        await world.look()
        world.finish()
        await world.look()
        await world.conductor.hold("17", "trouble")

    assert play(steps).order.phase is Phase.COMPLETED


@pytest.mark.parametrize("phase", [HELD, WAITING])
def test_what_somebody_else_puts_on_hold_stays_there(phase: Phase) -> None:
    async def steps(world: World) -> None:
        await world.look()
        world.order.phase = phase
        world.finish()
        await world.look(3)
        assert world.order.phase is phase
        assert world.subscriptions.all == []
        world.order.phase = WORKING
        await world.look()

    assert play(steps).order.phase is Phase.COMPLETED


def test_information_is_handed_on_when_all_of_it_is_there() -> None:
    async def steps(world: World) -> None:
        await world.look()
        world.fulfilment.move("so-1", WORKING)
        world.fulfilment.move("so-1", WAITING, "1.1", missing=("socket", "floor"))
        world.fulfilment.whole("so-1", WAITING)
        await world.look()
        assert (world.order.phase, world.ordering.notes) == (WAITING, ["Needed: socket, floor."])
        world.order.lines[0].traits["socket"] = "B.1"
        await world.look()
        assert world.fulfilment.placed["so-1"].supplied == []
        world.order.lines[0].traits["floor"] = 3
        await world.look(2)
        assert world.fulfilment.placed["so-1"].supplied == [{"1.1": {"socket": "B.1", "floor": 3}}]
        world.finish()
        await world.look()
        course = await world.course()
        assert not [each.what for each in course.timeline if "amend" in each.what]

    world = play(steps)
    assert world.ordering.phases == [WORKING, WAITING, WORKING, Phase.COMPLETED]
    assert world.subscriptions.all[0].traits.items() >= {"socket": "B.1", "floor": 3}.items()


def test_a_single_item_may_wait_while_others_go_on() -> None:
    async def steps(world: World) -> None:
        await world.look()
        world.fulfilment.move("so-1", WORKING)
        world.fulfilment.move("so-1", WAITING, "1.1", missing=("socket",))
        await world.look()
        assert world.order.phase is WAITING
        world.order.lines[0].traits["socket"] = "B.1"
        await world.look()
        assert world.fulfilment.placed["so-1"].supplied == [{"1.1": {"socket": "B.1"}}]
        world.fulfilment.move("so-1", HELD, "1.2")
        await world.look()
        assert world.order.phase is HELD
        world.order.phase = WORKING
        await world.look()
        assert len(world.fulfilment.placed["so-1"].supplied) == 2
        world.finish()
        await world.look()

    assert play(steps).order.phase is Phase.COMPLETED


# ── amendments ──────────────────────────────────────────────────────────────────────────────────────────────


def test_an_amendment_that_comes_too_late_is_told_once() -> None:
    async def steps(world: World) -> None:
        await world.look()
        world.order.lines[0].traits["socket"] = "B.1"
        world.order.lines.append(SECOND)
        await world.look(3)
        world.finish()
        await world.look()

    world = play(steps)
    assert world.ordering.notes == ["The amendment came too late to be carried out."]
    assert world.order.phase is Phase.PARTIAL
    assert world.ordering.reports[-1].lines == {"1": Phase.COMPLETED, "2": Phase.FAILED}


def test_an_amendment_while_ordering_does_not_work_makes_a_new_plan() -> None:
    async def steps(world: World) -> None:
        catalog = world.catalog.service_blueprint
        world.catalog.service_blueprint = _failing  # type: ignore[method-assign, assignment]
        with pytest.raises(NeighbourError):
            await world.look()
        world.catalog.service_blueprint = catalog  # type: ignore[method-assign]
        world.order.lines = [add("1", "tv")]
        await world.look()

    world = play(steps)
    (placed,) = world.fulfilment.placed.values()
    assert [each.blueprint for each in placed.work.tasks] == ["television"]


def test_courses_at_the_same_time_do_not_meddle() -> None:
    async def run() -> None:
        worlds = [World() for _ in range(3)]
        await asyncio.gather(*(each.look() for each in worlds))
        assert all(len(each.fulfilment.placed) == 1 for each in worlds)

    asyncio.run(run())
