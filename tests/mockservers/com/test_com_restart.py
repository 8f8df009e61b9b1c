"""A COM whose process ends at any moment, and begins again where it was."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from com_fakes import HOME, SHOP, add, deployed, held, on
from com_world import ProcessDiedError, World

from tmfrig.mockservers.com.inventory import Deployment
from tmfrig.mockservers.com.ledger import OvertakenError
from tmfrig.mockservers.com.orders import Intent, Line, Phase, Standing
from tmfrig.mockservers.errors import ApiError
from tmfrig.mockservers.office import acting
from tmfrig.mockservers.query import EVERYTHING

ROUNDS = 30

Turn = Callable[[World, str], None]
"""What the neighbours do with work between two looks, by its number."""


def succeed(world: World, number: str) -> None:
    """Built, then done."""
    phase = world.fulfilment.placed[number].status.phase
    if phase is Phase.NEW:
        world.fulfilment.move(number, Phase.WORKING)
        if all(each.service is None for each in world.fulfilment.placed[number].work.tasks):
            world.deploy(deployment=Deployment.BUILDING, number=number)
    elif phase is Phase.WORKING:
        world.finish(number)


def fail_in_part(world: World, number: str) -> None:
    """The television fails; what is undone is undone."""
    work = world.fulfilment.placed[number].work
    if "undo" in work.reference:
        succeed(world, number)
    elif world.fulfilment.placed[number].status.phase is Phase.NEW:
        world.fulfilment.move(number, Phase.WORKING)
        world.deploy(number=number)
    else:
        for each in work.tasks:
            end = Phase.FAILED if each.blueprint == "television" else Phase.COMPLETED
            world.fulfilment.move(number, end, each.id)
        world.fulfilment.whole(number, Phase.PARTIAL)


def ask(world: World, number: str) -> None:
    """Asks for a socket before it begins; the customer answers."""
    placed = world.fulfilment.placed[number]
    if placed.status.phase is Phase.NEW:
        world.fulfilment.move(number, Phase.WAITING, missing=("socket",))
    elif placed.status.phase is Phase.WAITING:
        if world.order.phase is Phase.WAITING:
            world.order.lines[0].traits["socket"] = "B.1"
    elif placed.supplied:
        world.finish(number)


def hold(world: World, number: str) -> None:
    """Is held once; the operator resumes it."""
    placed = world.fulfilment.placed[number]
    if placed.status.phase is Phase.NEW:
        world.fulfilment.move(number, Phase.HELD)
    elif placed.status.phase is Phase.HELD:
        if world.order.phase is Phase.HELD:
            world.order.phase = Phase.WORKING
    else:
        world.finish(number)


def give_in(world: World, number: str) -> None:
    """The customer cancels as soon as there is something; whoever works on it undoes it."""
    placed = world.fulfilment.placed[number]
    if placed.status.phase is Phase.NEW:
        world.fulfilment.move(number, Phase.WORKING)
        world.deploy(deployment=Deployment.BUILDING, number=number)
    elif not placed.cancel_asked:
        if world.order.phase is Phase.WORKING and world.subscriptions.all:
            world.order.phase = Phase.CANCEL_ASKED
    elif placed.status.phase is Phase.WORKING:
        world.fulfilment.move(number, Phase.CANCELLING)
    elif placed.status.phase is Phase.CANCELLING:
        world.fulfilment.move(number, Phase.CANCELLED)


def deny(world: World, number: str) -> None:
    """The customer cancels while the work is held; that is denied, and the work goes on."""
    placed = world.fulfilment.placed[number]
    if placed.status.phase is Phase.NEW:
        world.fulfilment.move(number, Phase.HELD)
    elif not placed.cancel_asked:
        if world.order.phase is Phase.HELD:
            world.order.phase = Phase.CANCEL_ASKED
    elif not placed.denied:
        placed.denied = True
    elif world.order.phase is Phase.HELD:
        world.order.phase = Phase.WORKING
    elif placed.status.phase is Phase.WORKING:
        world.finish(number)


@dataclass(frozen=True)
class Story:
    """An order, what its neighbours do, and how it should end."""

    turn: Turn
    end: Phase
    standings: tuple[Standing, ...]
    lines: tuple[Line, ...] = (add("1", "fibre"),)
    references: tuple[str, ...] = ("17/1",)
    has_products: bool = False

    def world(self) -> World:
        """Its beginning."""
        there: dict[str, Any] = {}
        if self.has_products:
            there["subscriptions"] = (held("p-1", "s-1", offer="fibre"),)
            there["services"] = (
                deployed("s-1", "broadband", "s-2", traits={"speed": 1}),
                deployed("s-2", "line"),
            )
        return World(*(each.model_copy(deep=True) for each in self.lines), catalog=(*SHOP, HOME), **there)


ACTIVE, ABORTED = Standing.ACTIVE, Standing.ABORTED
STORIES = {
    "success": Story(succeed, Phase.COMPLETED, (ACTIVE,)),
    "two groups": Story(
        succeed,
        Phase.COMPLETED,
        (ACTIVE, ACTIVE, ACTIVE),
        (add("1", "fibre"), add("2", "fibre", quantity=2)),
        ("17/1", "17/2"),
    ),
    "bundle": Story(succeed, Phase.COMPLETED, (ACTIVE,) * 3, (add("1", "home"),)),
    "compensation": Story(
        fail_in_part, Phase.FAILED, (ABORTED,) * 3, (add("1", "home"),), ("17/1", "17/undo-1")
    ),
    "information": Story(ask, Phase.COMPLETED, (ACTIVE,)),
    "hold": Story(hold, Phase.COMPLETED, (ACTIVE,)),
    "cancellation": Story(give_in, Phase.CANCELLED, (Standing.CANCELLED,)),
    "denial": Story(deny, Phase.COMPLETED, (ACTIVE,)),
    "end": Story(
        succeed, Phase.COMPLETED, (Standing.ENDED,), (on("1", Intent.REMOVE, "p-1"),), has_products=True
    ),
    "suspension": Story(
        lambda world, number: _suspend(world, number),
        Phase.COMPLETED,
        (Standing.SUSPENDED,),
        (on("1", Intent.CHANGE, "p-1", standing=Standing.SUSPENDED),),
        has_products=True,
    ),
    "refusal": Story(succeed, Phase.FAILED, (), (add("1", "nope"),), ()),
}


def _suspend(world: World, number: str) -> None:
    world.inventory.entries["s-1"] = deployed("s-1", deployment=Deployment.IDLE, told="inactive")
    world.fulfilment.move(number, Phase.COMPLETED)


async def carried_out(world: World, turn: Turn) -> None:
    """Look and let the neighbours work, until the order is over; a process that dies is started again."""
    for _ in range(ROUNDS):
        try:
            await world.look()
        except ProcessDiedError:
            world.restart()
            continue
        course = await world.ledger.load("17")
        if course is not None and course.over:
            return
        for number in list(world.fulfilment.placed):
            if not world.fulfilment.placed[number].status.phase.is_final:
                turn(world, number)
    course = await world.ledger.load("17")
    raise AssertionError([each.what for each in course.timeline] if course else "nothing has begun")


async def check(world: World, story: Story) -> None:
    """All is as it should be, and nothing was done twice."""
    assert world.order.phase is story.end
    assert tuple(world.fulfilment.references) == story.references
    assert tuple(world.subscriptions.standings()) == story.standings
    assert all(each.cancel_asked <= 1 for each in world.fulfilment.placed.values())
    assert all(len(each.supplied) <= 1 for each in world.fulfilment.placed.values())
    course = await world.course()
    assert course.over
    assert course.phase is story.end
    assert course.message in ("", *world.ordering.notes)


@pytest.mark.parametrize("name", STORIES)
def test_an_undisturbed_story_ends_as_it_should(name: str) -> None:
    async def run() -> None:
        world = STORIES[name].world()
        await carried_out(world, STORIES[name].turn)
        await check(world, STORIES[name])
        assert world.store.commits >= 2

    asyncio.run(run())


@pytest.mark.parametrize("keeps_the_last", [True, False], ids=["after", "before"])
@pytest.mark.parametrize("name", STORIES)
def test_a_process_may_die_around_each_commit(name: str, keeps_the_last: bool) -> None:
    story = STORIES[name]

    async def run(dies_at: int) -> bool:
        world = story.world()
        world.store.dies_at, world.store.keeps_the_last = dies_at, keeps_the_last
        await carried_out(world, story.turn)
        await check(world, story)
        return world.store.commits >= dies_at

    number = 1
    while asyncio.run(run(number)):
        number += 1
    assert number > 2


@pytest.mark.parametrize("name", STORIES)
def test_a_process_may_die_after_each_thing_that_it_does(name: str) -> None:
    story = STORIES[name]

    async def run(dies_after: int) -> bool:
        world = story.world()
        world.dies_after_act = dies_after
        await carried_out(world, story.turn)
        await check(world, story)
        return world.acts >= dies_after

    number = 1
    while asyncio.run(run(number)):
        number += 1
    assert number > 2


def found(world: World) -> list[str]:
    """What is found when something happens to the services."""

    async def run() -> list[str]:
        # as on the agenda of a site
        acting.set(True)
        for each in list(world.inventory.entries):
            await world.auditor.look_at(each)
        return [each.body["kind"] for each in (await world.findings.find(EVERYTHING)).documents]

    return asyncio.run(run())


def test_who_no_longer_acts_for_all_finds_nothing_in_orders_that_it_does_not_know() -> None:
    world = World()
    asyncio.run(world.look(2))
    world.deploy(deployment=Deployment.BUILDING)
    asyncio.run(world.look())
    world.deploy()
    # another process, which has read nothing of what is under way
    world.restart()
    world.findings.office.is_ours = False
    with pytest.raises(ApiError, match="another process acts for all"):
        found(world)
    world.findings.office.is_ours = True
    assert found(world) == ["stateDrift"]


def test_an_order_with_which_another_process_goes_on_is_left_to_that_one() -> None:
    world = World()

    async def look_without_office() -> None:
        acting.set(True)
        world.findings.office.is_ours = False
        await world.look()

    with pytest.raises(OvertakenError, match="somebody else has gone on with the order 17"):
        asyncio.run(look_without_office())
