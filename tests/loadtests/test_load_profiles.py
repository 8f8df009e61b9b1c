"""Profiles: those that come with tmfrig, what the command line changes, what is said about wrong ones."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tmfrig.conformance.timespan import in_words, seconds_of
from tmfrig.loadtests.adjusting import adjusted
from tmfrig.loadtests.profile import (
    Profile,
    ProfileError,
    Stage,
    check_tasks,
    load_profile,
    profile_names,
    profile_schema,
)
from tmfrig.loadtests.slo import LevelsError, OperationLevels, read_levels
from tmfrig.specs import standard_contract

RIGHT: dict[str, Any] = {
    "name": "mine",
    "users": 2,
    "run_time": "5s",
    "tasks": [{"do": "list", "api": "TMF622", "resource": "productOrder"}],
    "slo": {"failure_ratio": 0},
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mine.yaml"


def written(path: Path, **changes: Any) -> str:
    described = {key: value for key, value in (RIGHT | changes).items() if value is not None}
    path.write_text(yaml.safe_dump(described))
    return str(path)


def test_the_profiles_that_come_with_tmfrig_are_those_that_are_promised() -> None:
    assert set(profile_names()) == {"smoke", "baseline", "stress", "spike", "soak"}
    loaded = {name: load_profile(name) for name in profile_names()}

    assert {name for name, each in loaded.items() if each.open} == {"baseline", "stress", "spike", "soak"}
    assert loaded["stress"].climb is not None
    assert (loaded["spike"].highest_rate or 0) >= 5 * (loaded["spike"].stages[0].rate or 0)
    assert (loaded["soak"].seconds or 0) >= 1800
    assert all(each.slo.operations and each.purpose for each in loaded.values())


def test_every_profile_keeps_the_published_schema() -> None:
    schema = profile_schema()
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    folder = Path(sys.modules["tmfrig.loadtests.profile"].__file__ or "").parent / "profiles"
    for name in profile_names():
        validator.validate(yaml.safe_load((folder / f"{name}.yaml").read_text()))
    validator.validate(RIGHT)
    assert not validator.is_valid(RIGHT | {"ramp": 3})
    assert not validator.is_valid(RIGHT | {"users": 0})


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5s", 5), ("90", 90), ("2m", 120), ("1h30m", 5400), ("1m30s", 90), ("0.5s", 0.5), (" 5s ", 5)],
)
def test_a_time_span_is_written_as_people_write_it(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds
    assert seconds_of(in_words(seconds)) == seconds


@pytest.mark.parametrize("text", ["", "0", "0s", "soon", "5 s", "-5s", "5s5m", "s", "٣s", "25h"])
def test_anything_else_is_no_time_span(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no time span|longer than a day"):
        seconds_of(text)


@pytest.mark.parametrize("suffix", ["yaml", "json"])
def test_a_file_is_a_profile(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"mine.{suffix}"
    path.write_text(json.dumps(RIGHT))

    assert load_profile(str(path)).kinds == {"visitor": 1}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"users": 0}, "users: "),
        ({"users": 20_001}, "users: "),
        ({"rate": -1}, "rate: "),
        ({"rate": 1e9}, "rate: "),
        ({"run_time": "soon"}, "run_time: 'soon' is no time span"),
        ({"run_time": None}, "run_time: is missing"),
        ({"users": None}, "say users or rate, stages, or climb: one of them, not nothing"),
        ({"users": None, "stages": [{"for": "5s"}]}, "stages.0: a stage has users or a rate"),
        (
            {"users": None, "stages": [{"for": "5s", "users": 1}, {"for": "5s", "rate": 1}]},
            "stages: all have",
        ),
        ({"users": None, "stages": [{"for": "20h", "users": 1}] * 2}, "stages: together they last longer"),
        (
            {"climb": {"begin": 10}, "stages": [{"for": "5s", "rate": 1}]},
            "say users or rate, stages, or climb",
        ),
        ({"climb": {"begin": 10, "most": 5}}, "climb: begin is above most"),
        ({"tasks": []}, "mix: nobody is there"),
        ({"tasks": [], "mix": {"visitor": 1}}, "mix.visitor: tasks must say"),
        ({"mix": {"hacker": 1}}, "mix.hacker: there is no such key; there are shopper, care-agent, "),
        ({"tasks": [{"do": "list", "api": "TMF999", "resource": "x"}]}, "tasks.0.api: "),
        ({"tasks": [{"do": "dance", "api": "TMF622", "resource": "x"}]}, "tasks.0.do: "),
        ({"ramp": 3}, "ramp: there is no such key"),
        ({"sample": 2}, "sample: "),
        ({"slo": {"operations": {"*": {"p95_ms": -1}}}}, "slo.operations.*.p95_ms: "),
        ({"slo": {"p95_ms": 3}}, "slo.p95_ms: there is no such key"),
    ],
)
def test_a_wrong_profile_is_told_in_one_line_with_its_place(
    path: Path, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ProfileError) as raised:
        load_profile(written(path, **changes))

    assert str(raised.value).startswith(f"the profile {path}: {words}")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("place", "changes"),
    [
        ("users", {"users": True}),
        ("rate", {"rate": True}),
        ("run_time", {"run_time": True}),
        ("warm_up", {"warm_up": False}),
        ("think", {"think": False}),
        ("receivers", {"receivers": True}),
        ("mix.shopper", {"mix": {"shopper": True}}),
        ("tasks.0.weight", {"tasks": [RIGHT["tasks"][0] | {"weight": True}]}),
        ("stages.0.users", {"users": None, "stages": [{"for": "5s", "users": True, "ramp": True}]}),
        ("climb.begin", {"users": None, "climb": {"begin": True}}),
        ("stop.failure_ratio", {"stop": {"failure_ratio": True}}),
        ("slo.failure_ratio", {"slo": {"failure_ratio": False}}),
        ("slo.operations.*.p95_ms", {"slo": {"operations": {"*": {"p95_ms": True}}}}),
        ("slo.lifecycle.polled.p95_s", {"slo": {"lifecycle": {"polled": {"p95_s": True}}}}),
    ],
)
def test_yes_is_no_number(path: Path, place: str, changes: dict[str, Any]) -> None:
    with pytest.raises(
        ProfileError, match=r"(yes and on mean true|no and off mean false), which is no number; write one"
    ) as raised:
        load_profile(written(path, **changes))

    assert str(raised.value).startswith(f"the profile {path}: {place}: ")


def test_yes_is_nothing_that_a_query_could_send(path: Path) -> None:
    task = RIGHT["tasks"][0] | {"query": {"isBundle": True}}
    with pytest.raises(ProfileError, match=r"tasks\.0\.query\.isBundle: yes .* write in quotes"):
        load_profile(written(path, tasks=[task]))
    quoted = RIGHT["tasks"][0] | {"query": {"isBundle": "true", "limit": 5}}
    assert load_profile(written(path, tasks=[quoted])).tasks[0].query == {"isBundle": "true", "limit": 5}


@pytest.mark.parametrize("content", [b"users: [", b"\xff\xfe\x00", b"just words", b"a: 1\na: 2"])
def test_what_is_no_profile_at_all_is_told_in_one_line(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(ProfileError) as raised:
        load_profile(str(path))

    assert "\n" not in str(raised.value)


def test_a_task_that_the_contract_does_not_have_is_refused(path: Path) -> None:
    task = {"do": "list", "api": "TMF622", "resource": "order"}
    with pytest.raises(ProfileError) as raised:
        check_tasks(load_profile(written(path, tasks=[task])), {"TMF622": standard_contract("TMF622")})

    assert (
        str(raised.value) == "the profile mine: TMF622 has no order; it has productOrder, cancelProductOrder"
    )


def test_tasks_on_apis_that_the_target_lacks_are_left_out(path: Path) -> None:
    task = {"do": "create", "api": "TMF620", "resource": "productOffering"}

    check_tasks(load_profile(written(path, tasks=[task])), {"TMF622": standard_contract("TMF622")})


# ── what the command line changes ─────────────────────────────────────────────────────────────────────────


def test_users_make_a_plain_profile_closed_and_a_rate_makes_it_open() -> None:
    baseline = load_profile("baseline")

    closed = adjusted(baseline, users=7)
    assert (closed.open, closed.at_once, closed.rate) == (False, 7, None)
    opened = adjusted(load_profile("smoke"), rate=12.5)
    assert (opened.open, opened.highest_rate) == (True, 12.5)
    both = adjusted(baseline, users=7, rate=40)
    assert (both.open, both.at_once, both.highest_rate) == (True, 7, 40)


def test_stages_are_scaled_to_what_is_said() -> None:
    spike = adjusted(load_profile("spike"), rate=50, run_time=11)

    assert [(stage.rate, round(stage.seconds, 3)) for stage in spike.stages] == [(5, 3), (50, 2), (5, 6)]
    assert spike.seconds == pytest.approx(11)


def test_a_search_for_the_knee_ends_at_the_rate_that_is_said() -> None:
    stress = adjusted(load_profile("stress"), rate=15, run_time=60)

    assert stress.climb is not None
    assert (stress.climb.begin, stress.climb.most, stress.seconds) == (15, 15, 60)


def test_a_shorter_run_has_a_shorter_warm_up() -> None:
    assert adjusted(load_profile("baseline"), run_time=18).warm_up == pytest.approx(1.0)


def test_a_rate_for_stages_with_users_is_refused(path: Path) -> None:
    profile = load_profile(written(path, users=None, run_time=None, stages=[{"for": "5s", "users": 3}]))
    with pytest.raises(ProfileError, match="give --users, not --rate"):
        adjusted(profile, rate=5)


def test_too_many_users_are_refused_however_they_are_said() -> None:
    with pytest.raises(ProfileError, match="users: "):
        adjusted(load_profile("smoke"), users=1_000_000)


# ── service levels ────────────────────────────────────────────────────────────────────────────────────────


def test_where_several_patterns_match_an_operation_the_later_one_says_more(path: Path) -> None:
    levels = {"*": {"p95_ms": 500, "failure_ratio": 0.1}, "POST *": {"p95_ms": 900}}
    slo = load_profile(written(path, slo={"operations": levels})).slo

    assert slo.of("GET product/{id}") == OperationLevels(p95_ms=500, failure_ratio=0.1)
    assert slo.of("POST productOrder") == OperationLevels(p95_ms=900, failure_ratio=0.1)


def test_a_file_of_service_levels_takes_the_place_of_those_of_the_profile(path: Path) -> None:
    path.write_text("throughput: 45\nlifecycle: {polled: {p95_s: 30}}\n")
    changed = adjusted(load_profile("baseline"), levels=read_levels(path))

    assert changed.slo.throughput == 45
    assert changed.slo.operations == {}
    assert list(changed.slo.spans()) == ["order lifecycle, polled"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("p95: 3", "p95: there is no such key; there are failure_ratio, throughput"),
        ("operations: {'*': {p95_ms: fast}}", "operations.*.p95_ms: "),
        ("- 1", "has no service levels"),
        ("failure_ratio: 5", "failure_ratio: "),
    ],
)
def test_wrong_service_levels_are_told_in_one_line(path: Path, content: str, words: str) -> None:
    path.write_text(content)
    with pytest.raises(LevelsError) as raised:
        read_levels(path)

    assert words in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_profile_survives_the_way_to_a_worker() -> None:
    for name in profile_names():
        profile = load_profile(name)
        assert Profile.model_validate_json(profile.model_dump_json(by_alias=True)) == profile


def test_only_the_load_itself_patches_the_interpreter() -> None:
    program = (
        "import sys, tmfrig.loadtests.profile, tmfrig.loadtests.slo, tmfrig.loadtests.verdict;"
        "print([name for name in ('locust', 'gevent') if name in sys.modules])"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)

    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("ramp", "begin", "end", "rate"),
    [(True, 0, 1, 21), (True, 9, 10, 39), (True, 4, 6, 30), (False, 0, 1, 40), (True, 11, 12, 40)],
)
def test_a_ramp_goes_evenly_from_one_rate_to_the_next(
    ramp: bool, begin: float, end: float, rate: float
) -> None:
    stage = Stage.model_validate({"for": "10s", "rate": 40, "ramp": ramp})

    assert stage.rate_between(20, begin, end) == pytest.approx(rate)
