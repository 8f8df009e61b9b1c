"""`tmfrig load` as a user sees it: what is refused, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest
from loaded_vendor import LoadedVendor, serving_load

from tmfrig.conformance.cli.app import app
from tmfrig.conformance.cli.outputs import Ending, Files, finish
from tmfrig.conformance.failure import CommandError
from tmfrig.reports.result import RunResult, Verdict, read_result

TMFRIG = [sys.executable, "-P", "-c", "from tmfrig.conformance.cli import main; main()", "load"]
TARGET = ("--api", "TMF622", "--url", "http://127.0.0.1:9/x")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--data", "mine.yaml", "--header", "A: b"], "--header and --data: there is no target"),
        (["--client-cert", "a.pem", "--client-key", "b.pem"], "--client-cert and --client-key: there is no"),
        (["--waivers", "w.yaml"], "--waivers: there is no target that this could be about; give a target"),
        ([*TARGET, "--worker", "10.0.0.5", "--users", "3", "--json", "x.json"], "give --users and --json to"),
        ([*TARGET, "--worker", "::1"], "'::1' is no address; write it as HOST or HOST:5557"),
    ],
)
def test_what_would_do_nothing_is_refused(arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError) as refused:
        app(["load", *arguments], standalone_mode=False)

    assert words in str(refused.value)


def test_a_seed_that_no_result_could_hold_is_refused() -> None:
    with pytest.raises(Exception, match="less than or equal to 4294967295"):
        app(["load", *TARGET, "--seed", str(2**64)], standalone_mode=False)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
def test_where_the_disk_is_full_what_was_found_is_shown_and_written_elsewhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = Files(json=Path("/dev/full"), junit=tmp_path / "junit.xml")
    run = RunResult.assemble(started=datetime.now(UTC), seconds=1.0, seed=1, targets=[], results=[])

    with pytest.raises(CommandError, match="cannot write /dev/full: No space left on device"):
        finish(run, Ending(), files)
    assert run.verdict.value in capsys.readouterr().out
    assert files.junit is not None
    assert files.junit.read_text().startswith("<?xml")


def load_under_way(folder: Path, url: str, vendor: LoadedVendor) -> subprocess.Popen[str]:
    """A load of minutes, once orders come; its temporary files are in the folder `temporary`."""
    (folder / "temporary").mkdir()
    task = {"do": "create", "api": "TMF622", "resource": "productOrder"}
    profile = {"name": "long", "users": 2, "run_time": "5m", "think": 0.01, "tasks": [task], "sample": 1}
    (folder / "long.json").write_text(json.dumps(profile))
    program = subprocess.Popen(
        [*TMFRIG, "--api", "TMF622", "--url", url, "--profile", "long.json", "--json", "result.json"],
        cwd=folder,
        env={**os.environ, "TMPDIR": str(folder / "temporary")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 30
    while len(vendor.orders) < 5 and time.monotonic() < deadline:
        time.sleep(0.02)
    return program


def test_whoever_ends_the_command_ends_the_load_and_has_the_result(tmp_path: Path) -> None:
    vendor = LoadedVendor()
    with serving_load(vendor) as url:
        program = load_under_way(tmp_path, url, vendor)
        started = psutil.Process(program.pid).children(recursive=True)
        program.terminate()
        _, err = program.communicate(timeout=30)

    assert (program.returncode, err) == (130, "tmfrig: interrupted: the result has what was known by then\n")
    result = read_result(tmp_path / "result.json")
    assert result.verdict is Verdict.inconclusive
    assert result.load is not None
    assert result.load.requests >= 5
    assert psutil.wait_procs(started, timeout=10)[1] == []
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_command_that_is_killed_leaves_no_load_behind(tmp_path: Path) -> None:
    vendor = LoadedVendor()
    with serving_load(vendor) as url:
        program = load_under_way(tmp_path, url, vendor)
        (making_load,) = psutil.Process(program.pid).children(recursive=True)
        program.send_signal(signal.SIGKILL)
        program.communicate(timeout=30)
        deadline = time.monotonic() + 20
        while making_load.is_running() and making_load.status() != psutil.STATUS_ZOMBIE:
            assert time.monotonic() < deadline, "the load goes on"
            time.sleep(0.05)
