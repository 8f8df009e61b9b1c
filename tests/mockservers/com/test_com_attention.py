"""Who looks at which order when, and what a look is worth that comes late."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime, timedelta

import pytest
from com_world import World, play

from tmfrig.mockservers.com import orchestration
from tmfrig.mockservers.com.attention import MOST_SWEPT, Attention
from tmfrig.mockservers.com.ledger import OvertakenError
from tmfrig.mockservers.com.orders import Phase
from tmfrig.mockservers.office import acting


def _swept(orders: list[str], sweeps: int, within: float) -> Counter[str]:
    """How often orders were looked at in so many sweeps, one right after the other."""
    looks: Counter[str] = Counter()

    async def advance(order: str) -> None:
        looks[order] += 1

    async def hold(order: str, why: str) -> None:
        raise AssertionError(f"{order} was held: {why}")

    async def run() -> None:
        attention = Attention(advance, hold, 60.0)
        for _ in range(sweeps):
            attention.sweep(orders, within)
            # every look that was asked for is over
            await asyncio.gather(*attention._workers.values())
        await attention.close()

    asyncio.run(run())
    return looks


def test_a_sweep_looks_at_every_open_order() -> None:
    assert _swept(["a", "b", "c"], 1, 60.0) == {"a": 1, "b": 1, "c": 1}


def test_what_was_looked_at_just_now_is_not_looked_at_again() -> None:
    assert _swept(["a", "b", "c"], 5, 60.0) == {"a": 1, "b": 1, "c": 1}


def test_a_sweep_goes_on_for_ever() -> None:
    assert _swept(["a"], 5, 0.0)["a"] >= 1


def test_of_very_many_orders_each_is_swept_less_often() -> None:
    orders = [str(number) for number in range(60 * MOST_SWEPT)]
    assert set(_swept(orders, 5, 0.0).values()) == {1}


def test_who_looks_at_an_order_acts_for_all() -> None:
    seen = []

    async def advance(order: str) -> None:
        seen.append(acting.get())

    async def hold(order: str, why: str) -> None:
        return

    async def run() -> None:
        attention = Attention(advance, hold, 60.0)
        attention.draw("a")
        await asyncio.gather(*attention._workers.values())
        assert not acting.get()

    asyncio.run(run())
    assert seen == [True]


def test_one_who_has_hung_does_not_take_back_what_another_one_did() -> None:
    async def steps(world: World) -> None:
        await world.look()
        hung, late = world.ledger, await world.course()
        # another process over the same store
        world.restart()
        successor = await world.course()
        successor.note("done by the successor")
        await world.ledger.save(successor)
        late.note("done by who has hung")
        with pytest.raises(OvertakenError):
            await hung.keep(late)
        with pytest.raises(OvertakenError):
            await hung.save(late)
        assert [each.what for each in (await world.course()).timeline][-1] == "done by the successor"

    play(steps)


def test_while_nobody_looked_nothing_stood_still(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = orchestration.now()

    def now() -> datetime:
        nonlocal moment
        moment += timedelta(microseconds=1)
        return moment

    for module in ("orchestration", "conducting", "observing"):
        monkeypatch.setattr(f"tmfrig.mockservers.com.{module}.now", now)

    async def steps(world: World) -> None:
        nonlocal moment
        await world.look(2)
        # a night without anybody
        moment += timedelta(hours=8)
        world.restart()
        await world.look(2)
        assert world.order.phase is Phase.WORKING
        moment += timedelta(hours=8)
        await world.look()
        assert world.order.phase is Phase.HELD

    play(steps, patience=3600)
