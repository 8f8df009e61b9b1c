"""Servers that are killed at any moment lose no order and no event, and do nothing twice."""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path

import pytest
from machine import Machine
from undaunted import Undaunted
from witness import Witness, witnessing

SEED = int(os.environ.get("TMFRIG_TEST_SEED", "7"))
LONGEST_LIFE = 4.0
"""Seconds after which a server is killed at the latest, from when it is ready."""
HARDLY_BEGUN = 2.0
"""Seconds after its start at which a server is killed that is not meant to become ready."""


async def _ordeal(machine: Machine, witness: Witness, kills: int, seed: int) -> list[str]:
    machine.start()
    witness.register(machine.urls)
    crowd = Undaunted(machine.urls, machines=[machine], seed=seed)
    moments = random.Random(seed)
    enough = asyncio.Event()
    ordering = asyncio.create_task(crowd.keep_ordering(8, 0.4, enough))
    for _ in range(kills):
        if moments.random() < 0.2:
            life = moments.uniform(0.1, HARDLY_BEGUN)
        else:
            await asyncio.to_thread(machine.wait_until_ready)
            life = moments.uniform(0.1, LONGEST_LIFE)
        await asyncio.wait([ordering], timeout=life)
        await asyncio.to_thread(machine.kill)
        machine.begin()
    await asyncio.to_thread(machine.wait_until_ready)
    enough.set()
    await ordering
    print(f"{len(crowd.placed)} orders, {kills} kills")
    assert len(crowd.placed) >= kills, "hardly anybody could order"
    return await crowd.grievances(await crowd.at_rest(within=240), witness)


def _grievances(store: str, folder: Path, kills: int, seed: int = SEED) -> list[str]:
    print(f"seed {seed}")
    with witnessing(seed) as witness, Machine(store, folder / "log") as machine:
        found = asyncio.run(_ordeal(machine, witness, kills, seed))
        print(machine.said)
        return found


def test_a_few_kills_lose_nothing_with_sqlite(tmp_path: Path) -> None:
    assert _grievances(f"sqlite:///{tmp_path / 'rig.db'}", tmp_path, 3) == []


@pytest.mark.durability
def test_thirty_kills_lose_nothing_with_sqlite(tmp_path: Path) -> None:
    assert _grievances(f"sqlite:///{tmp_path / 'rig.db'}", tmp_path, 35) == []


@pytest.mark.durability
def test_thirty_kills_lose_nothing_with_postgresql(postgres_place: str, tmp_path: Path) -> None:
    assert _grievances(postgres_place, tmp_path, 35) == []
