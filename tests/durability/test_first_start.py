"""A first start that is interrupted, at any moment, is made good by the next one."""

from __future__ import annotations

import asyncio
from itertools import count
from pathlib import Path

from mortal import WITNESS, InHouse, Mortal, servers
from witness import Witness

from tmfrig.mockservers.dataset import load_dataset


async def _missing(crowd: InHouse) -> list[str]:
    """The resources of the data set that are not there."""
    missing = []
    async with crowd.client() as client:
        for api, names in load_dataset("telco").resources.items():
            for name, bodies in names.items():
                for each in bodies:
                    answer = await client.get(f"{crowd.urls[api]}/{name}/{each['id']}")
                    missing += [] if answer.status_code == 200 else [f"{name} {each['id']}"]
    return missing


async def _interrupted(path: Path, lives_for: int) -> tuple[bool, list[str]]:
    """Whether a first start with so many transactions was interrupted, and what is wrong after the second."""
    store = Mortal(path, lives_for)
    async with servers(store, Witness(WITNESS, 1, 0)):
        was_interrupted = store.has_died.is_set()
    async with servers(Mortal(path), Witness(WITNESS, 1, 0)) as crowd, crowd.client() as client:
        wrong = await _missing(crowd)
        answer = await client.post(f"{crowd.urls['admin']}/reset")
        if answer.status_code != 204:
            wrong.append(f"reset: {answer.status_code} {answer.text}")
        return was_interrupted, wrong + await _missing(crowd)


async def _wrong(folder: Path) -> list[str]:
    wrong = []
    for lives_for in count():
        was_interrupted, found = await _interrupted(folder / f"{lives_for}.db", lives_for)
        wrong += [f"after {lives_for} transactions: {each}" for each in found]
        if not was_interrupted:
            assert lives_for > 2
            return wrong
    raise AssertionError("never")


def test_whatever_the_first_start_had_no_time_for_is_there_after_the_second(tmp_path: Path) -> None:
    assert asyncio.run(_wrong(tmp_path)) == []
