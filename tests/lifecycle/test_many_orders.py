"""Many orders at once all reach the right end, whatever happens to the notifications on their way."""

from __future__ import annotations

import asyncio

import pytest
from crowd import Crowd

from tmfrig.mockservers.activation.script import Script
from tmfrig.mockservers.disturbance import Odds
from tmfrig.mockservers.running import serving

PACE = 0.1
QUIET = Odds()
DISTURBED = Odds(duplicated=0.2, delayed=0.2, dropped=0.05, seed=1)


async def _complaints(count: int, odds: Odds, patience: float) -> list[str]:
    with serving(com=True, dataset="telco", pace=PACE, script=Script(notifications=odds)) as urls:
        crowd = Crowd(urls)
        await crowd.order(count)
        return await crowd.complaints(await crowd.settled(patience))


@pytest.mark.parametrize("odds", [QUIET, DISTURBED], ids=["quiet", "disturbed"])
def test_orders_of_all_kinds_at_once_end_as_they_should_and_the_inventories_agree(odds: Odds) -> None:
    assert asyncio.run(_complaints(45, odds, patience=60)) == []


@pytest.mark.soak
@pytest.mark.parametrize("odds", [QUIET, DISTURBED], ids=["quiet", "disturbed"])
def test_five_hundred_orders_at_once_end_as_they_should_and_the_inventories_agree(odds: Odds) -> None:
    assert asyncio.run(_complaints(500, odds, patience=300)) == []
