"""Durations counted in buckets: what is read back is close to what was put in, however it was gathered."""

from __future__ import annotations

import random

import pytest

from tmfrig.loadtests.histogram import Histogram


def pooled(durations: list[float], share: float) -> float:
    ordered = sorted(durations)
    return ordered[max(0, -(-int(share * len(ordered) * 1000) // 1000) - 1)]


def counted(durations: list[float]) -> Histogram:
    histogram = Histogram()
    for each in durations:
        histogram.add(each)
    return histogram


@pytest.mark.parametrize("share", [0.5, 0.95, 0.99])
@pytest.mark.parametrize("scale", [1e-5, 0.002, 0.7, 30.0])
def test_a_percentile_is_within_a_hundredth_of_that_of_the_raw_durations(share: float, scale: float) -> None:
    chance = random.Random(f"{share} {scale}")
    durations = [chance.lognormvariate(0, 1.2) * scale for _ in range(5000)]

    assert counted(durations).percentile(share) == pytest.approx(pooled(durations, share), rel=0.01)


def test_what_two_processes_counted_has_the_percentiles_of_all_of_it() -> None:
    chance = random.Random(7)
    fast = [chance.uniform(0.001, 0.002) for _ in range(9000)]
    slow = [chance.uniform(0.1, 2.0) for _ in range(150)]
    together = counted(fast)
    together.absorb(Histogram.unpacked(counted(slow).packed()))

    assert together.total == 9150
    assert together.longest == max(slow)
    assert together.percentile(0.99) == pytest.approx(pooled(fast + slow, 0.99), rel=0.01)


def test_nothing_has_no_percentiles_and_one_has_itself() -> None:
    assert Histogram().percentile(0.99) == 0.0
    assert counted([0.25]).percentile(0.01) == pytest.approx(0.25, rel=0.005)
    assert counted([0.25]).percentile(1.0) <= 0.25
    assert counted([0.0, -1.0]).percentile(0.5) < 1e-6
