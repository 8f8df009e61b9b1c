"""Steps that happen later, in order, on either event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tmfrig.mockservers.agenda import Agenda
from tmfrig.mockservers.office import acting


def loops() -> list[Callable[[], asyncio.AbstractEventLoop]]:
    try:
        import uvloop
    except ImportError:
        return [asyncio.new_event_loop]
    return [asyncio.new_event_loop, uvloop.new_event_loop]


on_every_loop = pytest.mark.parametrize("new_loop", loops())


@on_every_loop
def test_steps_happen_in_the_order_of_their_times(new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    async def run() -> list[str]:
        agenda, done, happened = Agenda(), asyncio.Event(), []

        async def step(name: str) -> None:
            happened.append(name)
            if name == "last":
                done.set()
            if name == "first":
                # a step plans another one, for now and for later
                agenda.after(0, step, "second")
                agenda.after(0.04, step, "last")

        agenda.after(0.02, step, "third")
        agenda.after(0, step, "first")
        await asyncio.wait_for(done.wait(), 10)
        await agenda.close()
        return happened

    with asyncio.Runner(loop_factory=new_loop) as runner:
        assert runner.run(run()) == ["first", "second", "third", "last"]


@on_every_loop
def test_a_failing_step_is_logged_and_harms_no_other(
    new_loop: Callable[[], asyncio.AbstractEventLoop], caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        agenda, done = Agenda(), asyncio.Event()

        async def fails() -> None:
            raise RuntimeError("this step")

        async def succeeds() -> None:
            done.set()

        agenda.after(0, fails)
        agenda.after(0, succeeds)
        await asyncio.wait_for(done.wait(), 10)
        await agenda.close()

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(run())
    assert "this step" in caplog.text


@on_every_loop
def test_whoever_sets_the_timer_a_step_is_work_for_all_on_the_agenda_of_such_work_alone(
    new_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    async def run() -> dict[str, bool]:
        done, found = asyncio.Event(), {}

        async def step(name: str) -> None:
            found[name] = acting.get()
            if len(found) == 2:
                done.set()

        acting.set(True)
        own, for_all = Agenda(), Agenda(for_all=True)
        own.after(0, step, "own")
        acting.set(False)
        for_all.after(0, step, "for all")
        await asyncio.wait_for(done.wait(), 10)
        await own.close()
        await for_all.close()
        return found

    with asyncio.Runner(loop_factory=new_loop) as runner:
        assert runner.run(run()) == {"own": False, "for all": True}


@on_every_loop
def test_what_is_finished_is_done_at_once_and_in_its_order(
    new_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    async def run() -> list[str]:
        agenda, happened = Agenda(), []

        async def step(name: str) -> None:
            happened.append(name)
            agenda.after(0, step, "later")
            await asyncio.sleep(0.01)
            happened.append(f"{name} is over")

        agenda.after(7200, step, "second")
        agenda.after(3600, step, "first")
        await agenda.finish()
        return happened

    with asyncio.Runner(loop_factory=new_loop) as runner:
        assert runner.run(run()) == ["first", "second", "first is over", "second is over"]


@on_every_loop
def test_a_closed_agenda_stops_what_runs_and_begins_nothing(
    new_loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    async def run() -> list[str]:
        agenda, begun, happened = Agenda(), asyncio.Event(), []

        async def endless() -> None:
            begun.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                happened.append("stopped")
                raise

        async def never() -> None:
            happened.append("begun")

        agenda.after(0, endless)
        agenda.after(0.02, never)
        await asyncio.wait_for(begun.wait(), 10)
        await agenda.close()
        agenda.after(0, never)
        # by the time that another agenda comes to this, all of the above would have happened
        other, later = Agenda(), asyncio.Event()

        async def end() -> None:
            later.set()

        other.after(0.05, end)
        await asyncio.wait_for(later.wait(), 10)
        return happened

    with asyncio.Runner(loop_factory=new_loop) as runner:
        assert runner.run(run()) == ["stopped"]
