"""What is recorded of an order, and when."""

from __future__ import annotations

from typing import Any

import pytest
from com_fakes import ACCESS, BROADBAND, HOME, LINE, SHOP, add, deployed, held, internet, on
from com_world import World, play

from tmfrig.mockservers.com.catalog import Offer, Part
from tmfrig.mockservers.com.orders import Intent, Phase, Standing
from tmfrig.mockservers.neighbours import NeighbourError

WORKING = Phase.WORKING


def test_a_product_whose_answer_got_lost_is_not_recorded_again() -> None:
    async def steps(world: World) -> None:
        await world.look()
        world.finish()
        world.subscriptions.loses_answers = 1
        with pytest.raises(NeighbourError):
            await world.look()
        await world.look()

    world = play(steps)
    assert world.subscriptions.standings() == [Standing.ACTIVE]


def test_several_products_of_one_line_are_told_apart_when_an_answer_got_lost() -> None:
    async def steps(world: World) -> None:
        await world.look()
        for number in list(world.fulfilment.placed):
            world.finish(number)
        for _ in range(5):
            world.subscriptions.loses_answers = 1
            try:
                await world.look()
            except NeighbourError:
                continue
        world.subscriptions.loses_answers = 0
        await world.look()

    world = play(steps, add("1", "home", quantity=2), catalog=(*SHOP, HOME))
    assert world.order.phase is Phase.COMPLETED
    assert world.subscriptions.standings() == [Standing.ACTIVE] * 6
    assert (
        sorted(each.offer or "" for each in world.subscriptions.all)
        == ["fibre"] * 2 + ["home"] * 2 + ["tv"] * 2
    )
    parts = [each.parts for each in world.subscriptions.all if each.is_package]
    assert len({part for each in parts for part in each}) == 4


def test_nothing_becomes_active_that_will_be_taken_back() -> None:
    async def steps(world: World) -> None:
        await world.look()
        world.deploy("1/fibre.1", "1/fibre.2")
        world.fulfilment.move("so-1", Phase.FAILED, "1/tv.1")
        await world.look()
        world.fulfilment.move("so-1", Phase.COMPLETED, "1/fibre.1", "1/fibre.2")
        world.fulfilment.whole("so-1", Phase.PARTIAL)
        await world.look()
        world.finish("so-2")
        await world.look(2)

    world = play(steps, add("1", "home"), catalog=(*SHOP, HOME))
    assert Standing.ACTIVE not in [each for _, each in world.subscriptions.history]


def existing(**more: Any) -> dict[str, Any]:
    return {
        "subscriptions": (held("p-1", "s-1", **more),),
        "services": (deployed("s-1", "broadband", "s-2", traits={"speed": 1}), deployed("s-2", "line")),
    }


def test_a_product_is_ending_from_when_something_has_ended() -> None:
    async def steps(world: World) -> None:
        await world.look()
        assert world.subscriptions.history == []
        world.fulfilment.move("so-1", WORKING)
        await world.look()
        assert world.subscriptions.history == []
        world.finish()
        await world.look()

    world = play(steps, on("1", Intent.REMOVE, "p-1"), **existing())
    assert world.subscriptions.standings() == [Standing.ENDED]
    assert world.order.phase is Phase.COMPLETED


@pytest.mark.parametrize("end", [Phase.FAILED, Phase.CANCELLED])
def test_a_product_that_was_not_ended_is_as_it_was(end: Phase) -> None:
    async def steps(world: World) -> None:
        await world.look()
        world.fulfilment.move("so-1", end)
        await world.look()

    world = play(steps, on("1", Intent.REMOVE, "p-1"), **existing())
    assert world.subscriptions.history == []


def test_a_change_is_recorded_when_it_is_deployed() -> None:
    async def steps(world: World) -> None:
        await world.look()
        world.fulfilment.move("so-1", Phase.COMPLETED)
        await world.look()
        assert world.order.phase is WORKING
        assert world.subscriptions.all[0].traits == {}
        world.inventory.entries["s-1"] = deployed("s-1", traits={"speed": 7})
        await world.look()

    world = play(steps, on("1", Intent.CHANGE, "p-1", traits={"speed": 7}), **existing())
    assert world.order.phase is Phase.COMPLETED
    assert world.subscriptions.all[0].traits == {"speed": 7}


def test_a_product_with_nothing_behind_it_is_active_at_once() -> None:
    async def steps(world: World) -> None:
        await world.look()

    bare = ACCESS.model_copy(update={"services": []})
    world = play(steps, catalog=(internet(), bare))
    assert (world.order.phase, world.subscriptions.standings()) == (Phase.COMPLETED, [Standing.ACTIVE])


def test_what_has_nothing_behind_it_waits_for_the_rest_of_its_line() -> None:
    async def steps(world: World) -> None:
        await world.look()
        world.fulfilment.move("so-1", Phase.FAILED)
        await world.look()

    bare = Offer(id="bare", name="Bare", blueprint="none")
    pack = Offer(id="pack", name="Pack", is_package=True, parts=[Part(offer="bare"), Part(offer="fibre")])
    nothing = ACCESS.model_copy(update={"id": "none", "services": []})
    catalog = (internet(), ACCESS, BROADBAND, LINE, bare, pack, nothing)
    world = play(steps, add("1", "pack"), catalog=catalog)
    assert world.order.phase is Phase.FAILED
    assert Standing.ACTIVE not in [each for _, each in world.subscriptions.history]
    assert set(world.subscriptions.standings()) <= {Standing.ABORTED}


def test_an_inventory_that_is_down_keeps_the_order_open() -> None:
    async def steps(world: World) -> None:
        await world.look()
        world.finish()
        world.subscriptions.down = True
        for _ in range(3):
            with pytest.raises(NeighbourError):
                await world.look()
        assert world.order.phase is WORKING
        world.subscriptions.down = False
        await world.look()

    world = play(steps)
    assert (world.order.phase, world.subscriptions.standings()) == (Phase.COMPLETED, [Standing.ACTIVE])
