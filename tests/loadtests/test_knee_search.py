"""The search for the knee, played against targets whose capacity is known."""

from __future__ import annotations

import random

import pytest

from tmfrig.loadtests.climbing import Search, step_of
from tmfrig.loadtests.meter import Tally
from tmfrig.loadtests.profile import Climb, Profile
from tmfrig.loadtests.recording import Window
from tmfrig.reports.result import LoadStep


def step(rate: float, achieved: float, failing: float = 0.0) -> LoadStep:
    held = achieved >= 0.95 * rate and failing < 0.01
    return LoadStep(
        rate=rate,
        achieved=achieved,
        seconds=6,
        p95_ms=20 if held else 900,
        p99_ms=30,
        failure_ratio=failing,
        sustained=held,
        why="" if held else "p95 900 ms > 500 ms",
    )


def climbed(search: Search, capacity: float, chance: random.Random | None = None) -> list[float]:
    tried = []
    while (rate := search.rate) is not None:
        tried.append(rate)
        assert len(tried) < 60
        wobble = chance.uniform(0.98, 1.02) if chance else 1.0
        search.tried(step(rate, min(rate, capacity * wobble)))
    return tried


@pytest.mark.parametrize("capacity", [3.0, 37.0, 100.0, 640.0, 2900.0])
def test_the_knee_of_a_target_is_found_closely(capacity: float) -> None:
    search = Search(Climb())
    tried = climbed(search, capacity, random.Random(capacity))

    assert search.knee is not None
    assert search.knee.rate == pytest.approx(capacity, rel=0.1)
    assert search.knee.why == "p95 900 ms > 500 ms"
    assert len(tried) <= 24


def test_a_target_that_keeps_up_to_the_end_has_no_knee() -> None:
    search = Search(Climb(begin=10, most=100))

    assert climbed(search, 1e9) == [10, 20, 40, 80, 100]
    assert search.knee is None


def test_a_target_that_holds_nothing_has_its_knee_at_0() -> None:
    search = Search(Climb(begin=10))
    climbed(search, 0.1)

    assert search.knee is not None
    assert search.knee.rate == 0.0


def test_one_bad_moment_is_no_knee() -> None:
    search = Search(Climb(begin=10, most=80))
    search.tried(step(10, 10))
    search.tried(step(20, 18.5))

    assert search.rate == 20
    search.tried(step(20, 20))
    assert search.rate == 40


def test_what_gives_way_clearly_is_not_tried_again() -> None:
    search = Search(Climb(begin=10, most=80))
    search.tried(step(10, 10))
    search.tried(step(20, 9))

    assert search.rate is not None
    assert 10 < search.rate < 20


@pytest.mark.parametrize(
    ("rate", "due", "right", "held"),
    [
        (20, 120, 118, True),
        (20, 120, 108, False),
        (20, 104, 103, True),  # by chance, no more were due
        (20, 104, 95, False),
        (20, 140, 120, True),  # by chance, more were due than was asked for
        (3, 18, 17, True),  # one is under way when the step ends
        (3.4, 20, 18, False),
        (0.5, 0, 0, False),  # nothing says that it would hold
    ],
)
def test_a_step_holds_when_what_was_due_was_answered(rate: float, due: int, right: int, held: bool) -> None:
    tally = Tally()
    tally.requests = right
    window = Window(seconds=6.0, due=due, tallies={("TMF637", "GET product"): tally})
    profile = Profile.model_validate(
        {"name": "x", "climb": {}, "tasks": [{"do": "list", "api": "TMF637", "resource": "product"}]}
    )

    assert step_of(rate, window, profile).sustained is held
