"""When requests are due in an open model, and what becomes of those that nobody was free for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import pairwise

import gevent
import pytest

from tmfrig.loadtests.pacing import AtWill, BySchedule


@pytest.fixture
def schedule() -> Iterator[BySchedule]:
    pace = BySchedule()
    running = gevent.spawn(pace.run)
    yield pace
    running.kill()


def until(condition: Callable[[], bool]) -> None:
    with gevent.Timeout(10):
        while not condition():
            gevent.sleep(0.001)


def test_turns_come_at_the_rate_whoever_takes_them(schedule: BySchedule) -> None:
    dues: list[float] = []

    def user() -> None:
        while True:
            dues.append(schedule.turn())

    users = [gevent.spawn(user) for _ in range(3)]
    gevent.sleep(0)
    schedule.set(500, even=True)
    until(lambda: len(dues) >= 50)
    gevent.killall(users)

    # who is called first need not be the first to say so, and the last ones may still be on their way
    gaps = [after - before for before, after in pairwise(sorted(dues)[:45])]
    assert all(gap == pytest.approx(0.002, rel=0.001) for gap in gaps)


def test_a_request_that_nobody_was_free_for_counts_from_when_it_was_due(schedule: BySchedule) -> None:
    schedule.set(100, even=True)
    until(lambda: schedule.late >= 3)

    first = schedule.turn()
    assert time.perf_counter() - first >= 0.02
    assert schedule.turn() - first == pytest.approx(0.01, rel=0.001)


def test_what_is_dropped_is_counted_with_the_time_that_it_waited(schedule: BySchedule) -> None:
    schedule.set(200, even=True)
    until(lambda: schedule.late >= 5)
    late = schedule.late

    count, since = schedule.drop()
    assert count == late
    assert time.perf_counter() - since >= 0.02
    assert schedule.late == 0


def test_a_rate_of_0_pauses_and_the_next_rate_goes_on(schedule: BySchedule) -> None:
    schedule.set(1000)
    until(lambda: schedule.late >= 2)
    schedule.set(0)
    gevent.sleep(0)
    paused = schedule.late
    gevent.sleep(0.02)
    assert schedule.late == paused

    schedule.set(1000)
    until(lambda: schedule.late > paused)


def times_due(schedule: BySchedule, rates: list[float], even: bool) -> list[float]:
    """When requests come due while the rate is said again and again, once nobody is free for any of them."""
    for rate in rates:
        schedule.set(rate, even)
        gevent.sleep(0.01)
    schedule.set(0.0, even)
    return [schedule.turn() for _ in range(schedule.late)]


def test_a_rate_that_is_said_again_does_not_begin_the_interval_again(schedule: BySchedule) -> None:
    dues = times_due(schedule, [40.0] * 20, even=True)

    assert len(dues) >= 7
    assert all(after - before == pytest.approx(0.025, rel=0.001) for before, after in pairwise(dues))


def test_a_rate_that_rises_step_by_step_brings_what_it_says(schedule: BySchedule) -> None:
    began = time.perf_counter()
    dues = times_due(schedule, [10.0, 20.0, 30.0, 40.0, 50.0, 60.0], even=True)
    took = time.perf_counter() - began

    # none of these lasts as long as one of its intervals
    assert len(dues) >= 1
    assert schedule.came() == len(dues) <= 60 * took + 1
    assert schedule.came() == 0


def test_what_came_due_while_the_process_was_held_up_is_still_due(schedule: BySchedule) -> None:
    schedule.set(1000, even=True)
    held_up_until = time.perf_counter() + 0.05
    while time.perf_counter() < held_up_until:
        pass
    schedule.set(500, even=True)

    assert schedule.late >= 50


def test_processes_that_share_an_even_rate_interleave() -> None:
    firsts = []
    for index in range(2):
        pace = BySchedule(phase=(index + 0.5) / 2)
        began = time.perf_counter()
        pace.set(10, even=True)
        firsts.append(pace._next - began)

    assert firsts == pytest.approx([0.025, 0.075], abs=0.01)


def test_kinds_take_turns_by_their_weights() -> None:
    pace = BySchedule(seed=5, weights={"often": 9.0})
    taken: list[str] = []

    def user(kind: str) -> None:
        while True:
            pace.turn(kind)
            taken.append(kind)

    users = [gevent.spawn(user, kind) for kind in ("often", "seldom") for _ in range(3)]
    for _ in range(400):
        gevent.sleep(0)
        pace._hand_out(0.0)
    gevent.sleep(0)
    gevent.killall(users)

    assert taken.count("seldom") == pytest.approx(40, abs=20)


def test_by_chance_as_many_come_as_the_rate_says(schedule: BySchedule) -> None:
    gaps = [schedule_interval(schedule, 50.0) for _ in range(4000)]

    assert sum(gaps) / len(gaps) == pytest.approx(0.02, rel=0.05)
    assert min(gaps) < 0.001 < 0.06 < max(gaps)


def schedule_interval(pace: BySchedule, rate: float) -> float:
    pace.set(rate)
    return pace._interval()


def test_a_user_that_is_stopped_while_it_waits_takes_no_turn_with_it(schedule: BySchedule) -> None:
    stopped = gevent.spawn(schedule.turn)
    gevent.sleep(0)
    stopped.kill()
    schedule.set(1000, even=True)
    until(lambda: schedule.late >= 1)


@pytest.mark.parametrize("pace", [AtWill(), BySchedule()], ids=["closed", "open"])
def test_at_the_end_nobody_waits_any_more(pace: AtWill | BySchedule) -> None:
    waiting = [gevent.spawn(pace.turn if pace.open else lambda: pace.think(60)) for _ in range(3)]
    gevent.sleep(0)
    pace.end()
    gevent.joinall(waiting, timeout=10)

    assert all(isinstance(each.value, gevent.GreenletExit) for each in waiting)
    with pytest.raises(gevent.GreenletExit):
        pace.turn()


def test_a_limit_of_the_target_holds_for_users_at_will_too() -> None:
    pace = AtWill(most=200)
    began = time.perf_counter()
    for _ in range(5):
        pace.turn()

    assert time.perf_counter() - began >= 4 / 200
