"""Profiles: those that come with tmfrig, and what is said about a wrong one."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from tmfrig.loadtests.profile import ProfileError, duration, fit, load_profile, profile_names
from tmfrig.specs import standard_contract

RIGHT: dict[str, Any] = {
    "name": "mine",
    "purpose": "A test",
    "users": 2,
    "spawn_rate": 1,
    "run_time": "5s",
    "think_time": [0, 1],
    "tasks": [{"do": "list", "api": "TMF622", "resource": "productOrder"}],
    "slo": {"failure_ratio": 0},
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mine.yaml"


def written(path: Path, **changes: Any) -> str:
    path.write_text(yaml.safe_dump(RIGHT | changes))
    return str(path)


@pytest.mark.parametrize("name", profile_names())
def test_the_profiles_that_come_with_tmfrig_fit_the_standard_contracts(name: str) -> None:
    profile = load_profile(name)

    assert profile.name == name
    fit(profile, {api: standard_contract(api) for api in profile.apis})


def test_smoke_is_short_and_browses_and_orders() -> None:
    smoke = load_profile("smoke")

    assert smoke.apis == ("TMF620", "TMF622")
    assert smoke.run_time == timedelta(seconds=5)
    assert smoke.slo.failure_ratio == 0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5s", 5), ("90", 90), ("2m", 120), ("1h30m", 5400), ("1m30s", 90), ("0.5s", 0.5), (" 5s ", 5)],
)
def test_a_time_span_is_written_as_people_write_it(text: str, seconds: float) -> None:
    assert duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "0", "0s", "soon", "5 s", "-5s", "5s5m", "s"])
def test_anything_else_is_no_time_span(text: str) -> None:
    with pytest.raises(ValueError, match="is no time span"):
        duration(text)


def test_a_file_is_a_profile(path: Path) -> None:
    assert load_profile(written(path)).name == "mine"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"users": 0}, "users: "),
        ({"run_time": "soon"}, "run_time: "),
        ({"think_time": [2, 1]}, "think_time: "),
        ({"tasks": []}, "tasks: "),
        ({"tasks": [{"do": "list", "api": "TMF999", "resource": "x"}]}, "tasks.0.api: "),
        ({"tasks": [{"do": "dance", "api": "TMF622", "resource": "x"}]}, "tasks.0.do: "),
        ({"ramp": 3}, "ramp: "),
        ({"slo": {"p95_ms": -1}}, "slo.p95_ms: "),
    ],
)
def test_a_wrong_profile_is_told_in_one_line_with_its_place(
    path: Path, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ProfileError) as raised:
        load_profile(written(path, **changes))

    assert str(raised.value).startswith(f"the profile {path} is wrong: {words}")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("content", [b"users: [", b"\xff\xfe\x00", b"just words"])
def test_what_is_no_profile_at_all_is_told_in_one_line(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(ProfileError) as raised:
        load_profile(str(path))

    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("task", "sentence"),
    [
        (
            {"do": "list", "api": "TMF622", "resource": "order"},
            "the profile mine: TMF622 has no order; it has productOrder, cancelProductOrder",
        ),
        (
            {"do": "create", "api": "TMF620", "resource": "productOffering"},
            "the profile mine is for TMF620, and the target names only TMF622; "
            "name one of them in the target, or give a profile of your own",
        ),
    ],
)
def test_a_profile_that_does_not_fit_the_target_is_refused(
    path: Path, task: dict[str, str], sentence: str
) -> None:
    profile = load_profile(written(path, tasks=[task]))

    with pytest.raises(ProfileError) as raised:
        fit(profile, {"TMF622": standard_contract("TMF622")})

    assert str(raised.value) == sentence


def test_only_the_load_itself_patches_the_interpreter() -> None:
    program = (
        "import sys, tmfrig.loadtests.profile, tmfrig.loadtests.slo, tmfrig.loadtests.answers;"
        "print([name for name in ('locust', 'gevent') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
