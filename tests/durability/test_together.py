"""Several processes over one store: each answers, one acts for all, and any of them may die or hang."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import httpx2
import psutil
import pytest
from machine import Machine, signalled
from undaunted import Undaunted
from witness import Witness, witnessing

from tmfrig.mockservers.duty import TERM
from tmfrig.mockservers.stores import store_at

SEED = int(os.environ.get("TMFRIG_TEST_SEED", "7"))
APART = (2.2, 3.5)
"""Seconds, at least and at most, between two deaths: who loses more workers gives up."""

TROUBLES = [("killing", 30), ("hanging", 8)]

Trouble = Callable[[random.Random], Awaitable[None]]


@contextmanager
def _machines(store: str, folder: Path, count: int, *options: str) -> Iterator[list[Machine]]:
    with ExitStack() as stack:
        machines = [
            stack.enter_context(Machine(store, folder / f"log{number}", *options)) for number in range(count)
        ]
        for each in machines:
            each.start()
        try:
            yield machines
        finally:
            for each in machines:
                print(each.said)


def eventually(holds: Callable[[], bool], within: float = 60.0) -> None:
    """Return when something is so."""
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.02)


async def holder(store: str) -> int:
    """The process that acts for all."""
    looking = store_at(store)
    await looking.open()
    try:
        for _ in range(600):
            owner = (await looking.state()).owner
            if owner:
                return int(owner.split()[1])
            await asyncio.sleep(0.05)
        raise AssertionError("nobody acts for all")
    finally:
        await looking.close()


async def _ordeal(
    machines: list[Machine], witness: Witness, trouble: Trouble, times: int, seed: int
) -> list[str]:
    witness.register(machines[0].urls)
    crowd = Undaunted(machines[0].urls, machines=machines, seed=seed)
    moments = random.Random(seed)
    enough = asyncio.Event()
    ordering = asyncio.create_task(crowd.keep_ordering(8, 0.4, enough))
    for _ in range(times):
        await asyncio.wait([ordering], timeout=moments.uniform(*APART))
        await trouble(moments)
    enough.set()
    await ordering
    for each in machines:
        # the last who was killed may have been the last who answered
        await asyncio.to_thread(eventually, partial(_answers, each))
    print(f"{len(crowd.placed)} orders")
    assert len(crowd.placed) >= 2 * times, "hardly anybody could order"
    return await crowd.grievances(await crowd.at_rest(within=240), witness)


def _hanging(store: str) -> Trouble:
    async def hang(moments: random.Random) -> None:
        """Have the one that acts for all hang for longer than it may."""
        process = await holder(store)
        signalled(process, signal.SIGSTOP)
        await asyncio.sleep(TERM + moments.uniform(1, 3))
        signalled(process, signal.SIGCONT)

    return hang


def _killing(machine: Machine) -> Trouble:
    async def kill(moments: random.Random) -> None:
        """Kill one of the workers."""
        if machine.workers:
            signalled(moments.choice(machine.workers), signal.SIGKILL)

    return kill


def _killing_machines(machines: Sequence[Machine]) -> Trouble:
    async def kill(moments: random.Random) -> None:
        """Kill one of the machines, and start it again while the others go on."""
        machine = moments.choice(machines)
        await asyncio.to_thread(machine.kill)
        await asyncio.to_thread(machine.start)

    return kill


def _suffer(
    store: str, folder: Path, trouble: str, times: int, machines: int = 1, *options: str
) -> list[str]:
    print(f"seed {SEED}")
    with witnessing(SEED) as witness, _machines(store, folder, machines, *options) as running:
        if trouble == "hanging":
            what = _hanging(store)
        else:
            what = _killing(running[0]) if machines == 1 else _killing_machines(running)
        return asyncio.run(_ordeal(running, witness, what, times, SEED))


@pytest.mark.durability
def test_workers_that_die_together_or_before_they_are_ready_are_started_again(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'rig.db'}"
    with _machines(store, tmp_path, 1, "--workers", "2") as (machine,):
        first = set(machine.workers)
        for each in first:
            signalled(each, signal.SIGKILL)
        eventually(lambda: len(set(machine.workers) - first) == 2)
        # they cannot be ready yet
        second = set(machine.workers)
        signalled(next(iter(second)), signal.SIGKILL)
        eventually(lambda: len(set(machine.workers) - first) == 2 and set(machine.workers) != second)
        eventually(lambda: _answers(machine))
        assert machine.end() == 0


def test_a_worker_that_takes_the_place_of_another_serves_what_the_others_do(tmp_path: Path) -> None:
    place = tmp_path / "data"
    place.mkdir()
    file, script = place / "shop.yaml", tmp_path / "script.yaml"
    file.write_text("TMF620: {category: [{id: tv, name: TV}]}")
    script.write_text('outcomes: [{when: {externalId: "bad-*"}, then: fail}]')
    options = ("--dataset", str(place), "--scenario", str(script), "--workers", "2")
    with _machines(f"sqlite:///{tmp_path / 'rig.db'}", tmp_path, 1, *options) as (machine,):
        first = set(machine.workers)
        # somebody prepares what comes next
        file.write_text("TMF620: {category: [{id: radio, name: Radio}]}")
        script.unlink()
        signalled(min(first), signal.SIGKILL)
        eventually(lambda: any(_listens(each, machine.port) for each in set(machine.workers) - first))
        # each connection leads to either of them, and one that is refused hangs up in the end
        for _ in range(12):
            answer = httpx2.get(f"{machine.urls['TMF620']}/category/tv", trust_env=False, timeout=60)
            assert answer.status_code == 200
        assert machine.end() == 0
    assert "another process over this store" not in machine.said


def _listens(process: int, port: int) -> bool:
    try:
        return any(
            each.status == psutil.CONN_LISTEN and each.laddr.port == port
            for each in psutil.Process(process).net_connections("tcp")
        )
    except psutil.NoSuchProcess:
        return False


def _answers(machine: Machine) -> bool:
    return _status(f"{machine.urls['TMF637']}/product") == 200


def _status(url: str) -> int:
    try:
        return httpx2.get(url, params={"limit": 1}, trust_env=False, timeout=10).status_code
    except httpx2.HTTPError:
        return 0


@pytest.mark.durability
def test_workers_that_are_killed_lose_nothing_with_sqlite(tmp_path: Path) -> None:
    assert _suffer(f"sqlite:///{tmp_path / 'rig.db'}", tmp_path, "killing", 3, 1, "--workers", "2") == []


@pytest.mark.durability
@pytest.mark.parametrize(("trouble", "times"), TROUBLES)
def test_workers_in_trouble_do_no_harm_with_sqlite(tmp_path: Path, trouble: str, times: int) -> None:
    store = f"sqlite:///{tmp_path / 'rig.db'}"
    assert _suffer(store, tmp_path, trouble, times, 1, "--workers", "3") == []


@pytest.mark.durability
@pytest.mark.parametrize(("trouble", "times"), TROUBLES)
def test_workers_in_trouble_do_no_harm_with_postgresql(
    postgres_place: str, tmp_path: Path, trouble: str, times: int
) -> None:
    assert _suffer(postgres_place, tmp_path, trouble, times, 1, "--workers", "3") == []


@pytest.mark.durability
@pytest.mark.parametrize(("trouble", "times"), TROUBLES)
def test_machines_in_trouble_do_no_harm(
    postgres_place: str, tmp_path: Path, trouble: str, times: int
) -> None:
    assert _suffer(postgres_place, tmp_path, trouble, times, 2) == []
