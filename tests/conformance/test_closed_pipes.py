"""Output that nobody reads: no command fails for it, and exit codes say what they say otherwise."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from written_results import written

from tmfrig.reports.result import Outcome

TMFRIG = [sys.executable, "-P", "-c", "from tmfrig.conformance.cli import main; main()"]


@pytest.fixture
def closed() -> Iterator[int]:
    """A pipe whose reader has gone."""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


@pytest.mark.parametrize(
    ("command", "environment"),
    [("checks list", {}), ("--help", {"PYTHONUNBUFFERED": "1"})],
    ids=["buffered", "unbuffered"],
)
def test_a_list_that_nobody_reads_to_its_end_ends_quietly(
    closed: int, command: str, environment: dict[str, str]
) -> None:
    done = subprocess.run(
        [*TMFRIG, *command.split()],
        stdout=closed,
        stderr=subprocess.PIPE,
        env=os.environ | environment,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_exit_code_is_the_verdict_though_nobody_reads_the_summary(closed: int, tmp_path: Path) -> None:
    before = written(Outcome.passed, tmp_path / "before.json")
    after = written(Outcome.failed, tmp_path / "after.json")
    command = [*TMFRIG, "report", "compare", str(before), str(after)]
    assert subprocess.run(command, stdout=closed, stderr=closed, timeout=60, check=False).returncode == 1


def test_a_wrong_command_is_one_though_nobody_reads_what_is_wrong(closed: int) -> None:
    done = subprocess.run(
        [*TMFRIG, "checks", "explain", "nope"], stdout=closed, stderr=closed, timeout=60, check=False
    )
    assert done.returncode == 2
