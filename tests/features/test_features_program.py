"""`python -m tmfrig.features` as a program: what it prints, writes and exits with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from ordering_vendor import OrderingVendor, selling

from tmfrig.features.__main__ import main
from tmfrig.reports.result import Outcome, Verdict, read_result

TITLE = "A customer's order reaches completed"
ONE = "order-reaches-completed"


@pytest.fixture
def result_file(tmp_path: Path) -> Path:
    return tmp_path / "result.json"


def target_file(folder: Path, urls: Mapping[str, str]) -> Path:
    path = folder / "target.json"
    path.write_text(json.dumps({"apis": [{"api": a, "version": 4, "url": u} for a, u in urls.items()]}))
    return path


def run(*arguments: object) -> int:
    return main([str(each) for each in arguments])


def test_a_right_vendor_ends_with_0(
    tmp_path: Path, result_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with selling(OrderingVendor()) as url:
        code = run(
            "--targets",
            target_file(tmp_path, {"TMF622": url}),
            "--json",
            result_file,
            "--seed",
            "7",
            "--scenario",
            ONE,
        )

    out, err = capsys.readouterr()
    assert (code, err) == (0, "")
    assert [line.split(" (")[0] for line in out.splitlines()] == [
        f"passed   {TITLE}",
        f"passed   {TITLE}, lifecycle",
    ]
    result = read_result(result_file)
    assert (result.verdict, result.seed) == (Verdict.conformant, 7)
    assert [(each.api, each.version, each.url) for each in result.targets] == [("TMF622", "4.0.0", url)]
    assert [each.keyword for each in result.results[0].steps or []][:3] == ["Given", "And", "When"]


def test_a_wrong_vendor_ends_with_1_and_a_sentence(
    tmp_path: Path, result_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with selling(OrderingVendor(gives_ids=False)) as url:
        targets = target_file(tmp_path, {"TMF622": url})
        code = run("--targets", targets, "--json", result_file, "--scenario", ONE)

    assert code == 1
    assert "gave it no id, so nobody can follow it" in capsys.readouterr().out
    assert read_result(result_file).verdict is Verdict.nonconformant


@pytest.mark.parametrize(
    "glob", ["order-reaches*", "scenario.order-reaches-completed", "a customer's order*"]
)
def test_a_scenario_is_named_by_id_or_title(tmp_path: Path, result_file: Path, glob: str) -> None:
    with selling(OrderingVendor()) as url:
        targets = target_file(tmp_path, {"TMF622": url})
        assert run("--targets", targets, "--json", result_file, "--scenario", glob) == 0


def test_an_unknown_scenario_ends_with_2(
    tmp_path: Path, result_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with selling(OrderingVendor()) as url:
        targets = target_file(tmp_path, {"TMF622": url})
        code = run("--targets", targets, "--json", result_file, "--scenario", "nothing")

    assert code == 2
    said = capsys.readouterr().err
    assert said.startswith("tmfrig features: no scenario is called 'nothing'; there are architecture-")
    assert "order-reaches-completed" in said
    assert len(said.splitlines()) == 1


def test_a_target_without_product_ordering_ends_with_2(
    tmp_path: Path, result_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with selling(OrderingVendor()) as url:
        targets = target_file(tmp_path, {"TMF620": url})
        code = run("--targets", targets, "--json", result_file, "--scenario", ONE)

    assert code == 2
    assert capsys.readouterr().err == (
        "tmfrig features: TMF620 alone cannot play order-reaches-completed; name TMF622 in the target too\n"
    )


def test_a_missing_target_file_ends_with_2(
    tmp_path: Path, result_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run("--targets", tmp_path / "none.yaml", "--json", result_file)

    assert code == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_target_that_is_not_there_ends_with_3(
    tmp_path: Path, result_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with selling(OrderingVendor()) as url:
        targets = target_file(tmp_path, {"TMF622": url})
    code = run("--targets", targets, "--json", result_file, "--scenario", ONE)

    assert code == 3
    assert "connection refused" in capsys.readouterr().err


def test_a_target_that_stops_answering_ends_with_3_and_a_result(
    tmp_path: Path, result_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with selling(OrderingVendor(dies_with_the_order=True, has_hub=False)) as url:
        targets = target_file(tmp_path, {"TMF622": url})
        code = run("--targets", targets, "--json", result_file, "--scenario", ONE)

    assert code == 3
    assert "stopped answering" in capsys.readouterr().err
    result = read_result(result_file)
    assert result.verdict is Verdict.inconclusive
    assert [each.outcome for each in result.results] == [Outcome.error]
    assert "stopped answering" in result.results[0].message


def test_nothing_of_the_users_own_pytest_takes_part(tmp_path: Path, result_file: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --nonsense\n")
    (tmp_path / "conftest.py").write_text("raise RuntimeError('loaded')\n")
    with selling(OrderingVendor()) as url:
        targets = target_file(tmp_path, {"TMF622": url})
        arguments = ["--targets", str(targets), "--json", str(result_file), "--scenario", ONE]
        done = subprocess.run(
            [sys.executable, "-m", "tmfrig.features", *arguments],
            cwd=tmp_path,
            env=os.environ | {"PYTEST_ADDOPTS": "--nonsense", "PYTEST_PLUGINS": "nonsense"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert (done.returncode, done.stderr) == (0, "")
    assert all(line.startswith("passed") for line in done.stdout.splitlines())


@pytest.mark.parametrize("signals", [[signal.SIGINT], [signal.SIGTERM], [signal.SIGINT, signal.SIGTERM]])
def test_ctrl_c_writes_what_is_known_and_ends_with_130(
    tmp_path: Path, result_file: Path, signals: list[signal.Signals]
) -> None:
    vendor = OrderingVendor(states=("acknowledged",))
    with selling(vendor) as url:
        targets = target_file(tmp_path, {"TMF622": url})
        arguments = ["--targets", str(targets), "--json", str(result_file), "--scenario", ONE]
        program = subprocess.Popen(
            [sys.executable, "-m", "tmfrig.features", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        deadline = time.monotonic() + 30
        while vendor.looks < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        for each in signals:
            program.send_signal(each)
        _, err = program.communicate(timeout=30)

    assert (program.returncode, err) == (130, "tmfrig features: interrupted\n")
    result = read_result(result_file)
    assert [each.outcome for each in result.results] == [Outcome.error]
    assert "Ctrl-C" in result.results[0].message
    steps = result.results[0].steps or []
    assert {each.outcome for each in steps[:3]} == {Outcome.passed}
    assert {each.outcome for each in steps[-3:]} == {Outcome.skipped}
