"""Servers that end after any transaction of an order's way, one after the other, go on where they stood.

After the last transaction there is no other, as with a power failure. Nothing here is left to chance.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from itertools import count
from pathlib import Path

import pytest
from crowd import KINDS, Kind
from mortal import WITNESS, Mortal, servers
from witness import HEARD, Witness


async def _prepared(path: Path, witness: Witness) -> None:
    async with servers(Mortal(path), witness) as crowd, crowd.client() as client:
        for api in HEARD:
            callback = {"callback": f"{WITNESS}/{api}"}
            answer = await client.post(f"{crowd.urls[api]}/hub", json=callback)
            assert answer.status_code == 201


async def _grievances(path: Path, witness: Witness, kind: Kind, lives_for: int) -> tuple[bool, list[str]]:
    """Whether servers with so many transactions ended before their order did, and what that has spoiled."""
    store = Mortal(path, lives_for)
    async with servers(store, witness) as before:
        await before.place_one(1, kind)
        resting = asyncio.create_task(before.at_rest(within=60))
        dying = asyncio.create_task(store.has_died.wait())
        await asyncio.wait([resting, dying], return_when=asyncio.FIRST_COMPLETED)
        has_died = store.has_died.is_set()
        for each in (resting, dying):
            each.cancel()
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        # of a process that has ended its successor would see that; this one has not
        database.execute("UPDATE office SET until = 0")
    async with servers(Mortal(path), witness) as after:
        after.placed = before.placed
        await after.insist(before.unanswered)
        return has_died, await after.grievances(await after.at_rest(within=60), witness)


async def _all_grievances(folder: Path, kind: Kind, step: int) -> list[str]:
    new = Witness(WITNESS, 1, 0)
    await _prepared(folder / "new.db", new)
    found = []
    for lives_for in count(0, step):
        path = folder / f"{lives_for}.db"
        with sqlite3.connect(folder / "new.db") as source, sqlite3.connect(path) as copy:
            source.backup(copy)
        has_died, wrong = await _grievances(path, Witness(WITNESS, 1, 0), kind, lives_for)
        found += [f"after {lives_for} transactions: {each}" for each in wrong]
        if not has_died:
            print(f"{kind.name}: {lives_for} transactions")
            return found
    raise AssertionError("never")


@pytest.mark.durability
@pytest.mark.parametrize(
    "kind", [each for each in KINDS if each.name == "cancelled midway"], ids=lambda each: each.name
)
def test_an_order_goes_on_wherever_it_was_interrupted(tmp_path: Path, kind: Kind) -> None:
    assert asyncio.run(_all_grievances(tmp_path, kind, 20)) == []


@pytest.mark.durability
@pytest.mark.parametrize("kind", KINDS, ids=lambda each: each.name)
def test_an_order_goes_on_after_every_single_transaction(tmp_path: Path, kind: Kind) -> None:
    assert asyncio.run(_all_grievances(tmp_path, kind, 1)) == []
