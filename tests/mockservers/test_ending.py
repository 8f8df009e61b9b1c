"""Ending what runs by itself."""

from __future__ import annotations

import asyncio
import contextlib
import gc

import pytest

from tmfrig.mockservers import ending
from tmfrig.mockservers.ending import end_tasks

ENDLESS = 3600.0


def test_a_loop_ends_that_has_taken_its_cancellation_for_something_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ending, "AGAIN", 0.01)
    rounds: list[bool] = []

    async def goes_on() -> None:
        while True:
            rounds.append(True)
            with contextlib.suppress(OSError):
                try:
                    await asyncio.sleep(ENDLESS)
                finally:
                    if len(rounds) < 3:
                        raise OSError("what puts things in order fails")

    async def act() -> None:
        tasks = [asyncio.create_task(goes_on()), asyncio.create_task(asyncio.sleep(ENDLESS))]
        await asyncio.sleep(0)
        async with asyncio.timeout(10):
            await end_tasks(tasks)
        assert all(each.cancelled() for each in tasks)

    asyncio.run(act())
    assert len(rounds) == 3


def test_what_is_ended_has_time_to_put_things_in_order() -> None:
    done: list[bool] = []

    async def careful() -> None:
        try:
            await asyncio.sleep(ENDLESS)
        finally:
            await asyncio.sleep(0.05)
            done.append(True)

    async def act() -> None:
        task = asyncio.create_task(careful())
        await asyncio.sleep(0)
        await end_tasks([task])

    asyncio.run(act())
    assert done == [True]


def test_what_has_failed_is_not_complained_of_later(caplog: pytest.LogCaptureFixture) -> None:
    async def fails() -> None:
        raise OSError("long ago")

    async def act() -> None:
        task = asyncio.create_task(fails())
        await asyncio.sleep(0)
        await end_tasks([task])
        await end_tasks([])

    asyncio.run(act())
    gc.collect()
    assert not caplog.records
