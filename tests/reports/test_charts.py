"""Charts: axes that people can read, lines that hide nothing."""

from collections.abc import Callable
from typing import Any

import pytest

from tmfrig.reports.chart import Curve, Panel, over_time
from tmfrig.reports.load_charts import overlaid, run_panels
from tmfrig.reports.scale import Scale, time_scale, value_scale

Maker = Callable[..., Any]


def labels(scale: Scale) -> list[str]:
    return [tick.label for tick in scale.ticks]


def drawn(curve: Curve, most: int = 360) -> Panel:
    panel = over_time("Throughput", "per second", [curve], most)
    assert panel is not None
    return panel


def test_values_have_round_steps_up_to_the_highest() -> None:
    assert labels(value_scale(37)) == ["0", "10", "20", "30", "40"]
    assert labels(value_scale(0.3)) == ["0.0", "0.1", "0.2", "0.3"]
    assert labels(value_scale(4_100, "/s")) == ["0/s", "2,000/s", "4,000/s", "6,000/s"]
    assert labels(value_scale(0)) == ["0", "1"]


@pytest.mark.parametrize(
    ("longest", "shown"),
    [
        (0, ["0.0 s", "0.2 s", "0.4 s", "0.6 s", "0.8 s", "1.0 s"]),
        (5, ["0 s", "1 s", "2 s", "3 s", "4 s", "5 s"]),
        (60, ["0 s", "10 s", "20 s", "30 s", "40 s", "50 s", "60 s"]),
        (601, ["0 min", "2 min", "4 min", "6 min", "8 min", "10 min"]),
        (3 * 3_600, ["0 min", "30 min", "60 min", "90 min", "120 min", "150 min", "180 min"]),
        (12 * 3_600, ["0 h", "2 h", "4 h", "6 h", "8 h", "10 h", "12 h"]),
        (20 * 86_400, ["0 h", "120 h", "240 h", "360 h", "480 h"]),
    ],
)
def test_time_is_told_in_seconds_minutes_or_hours(longest: float, shown: list[str]) -> None:
    assert labels(time_scale(longest)) == shown


@pytest.mark.parametrize("value", [1e-300, 1e300, 1_234_567.0])
def test_no_value_breaks_an_axis(value: float) -> None:
    assert len(labels(value_scale(value))) <= 6
    assert all(len(label) <= 12 for label in labels(value_scale(value)))
    assert 2 <= len(labels(time_scale(value))) <= 8


def test_a_spike_survives_among_many_values() -> None:
    values: list[float | None] = [1.0] * 5_000
    values[1_234] = 100.0
    panel = drawn(Curve("p99", "p99", range(5_000), values, peaks=True))
    heights = [float(place.split(",")[1]) for place in panel.lines[0].pieces[0].split()]
    assert len(heights) <= 360
    assert min(heights) == 0
    assert "highest 100.0 per second" in panel.summary


def test_rates_of_many_moments_are_drawn_by_their_means() -> None:
    panel = drawn(Curve("answered", "rate", range(100), [0.0, 8.0] * 50), most=50)
    assert {place.split(",")[1] for place in panel.lines[0].pieces[0].split()} == {"0.0"}
    assert panel.up[-1].label == "4"


def test_where_nothing_is_known_the_line_has_a_gap() -> None:
    panel = drawn(Curve("p50", "p50", range(6), [1, 1, None, 1, None, None]))
    assert [len(piece.split()) for piece in panel.lines[0].pieces] == [2, 2]
    assert over_time("Latency", "ms", [Curve("p50", "p50", [1, 2], [None, None])]) is None


def test_a_stalled_target_is_not_drawn_as_a_fast_one(a_load: Maker, samples: Maker) -> None:
    stalled = samples(3)[1].model_copy(update={"rate": 0, "p50_ms": 0, "p95_ms": 0, "p99_ms": 0})
    series = [samples(1)[0], stalled, samples(3)[2]]
    throughput, latency, _ = run_panels(a_load(series=series))
    assert [len(line.pieces) for line in throughput.lines] == [1]
    assert [len(line.pieces) for line in latency.lines] == [2, 2, 2]


def test_what_failed_was_not_answered(a_load: Maker, samples: Maker) -> None:
    throughput, _, failed, _ = run_panels(a_load(series=samples(4, rate=40, failure_rate=10)))
    assert throughput.summary.startswith("answered from 30.0 to 30.0")
    assert failed.summary == "failed from 25.0 to 25.0, highest 25.0 % of requests"


def test_long_latencies_are_told_in_seconds(a_load: Maker, samples: Maker) -> None:
    latency = run_panels(a_load(series=samples(2, p99_ms=30_000)))[1]
    assert (latency.unit, latency.up[-1].label) == ("s", "30")


def test_two_runs_are_drawn_in_one_chart(a_load: Maker, samples: Maker) -> None:
    panels = overlaid(a_load(series=samples(10)), a_load(series=samples(20, rate=80)))
    assert [panel.title for panel in panels] == [
        "Throughput",
        "Latency, median",
        "Latency, p95",
        "Latency, p99",
    ]
    before, after = (line.pieces[0].split() for line in panels[0].lines)
    assert before[-1].split(",")[0] == "500.0"
    assert after[-1].split(",")[0] == "1000.0"
    assert overlaid(a_load(series=samples(10)), a_load()) == []
