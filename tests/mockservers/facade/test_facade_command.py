"""The facade as a program of its own: it starts, is judged, and ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

COMMAND = [sys.executable, "-m", "tmfrig.mockservers.facade", "--port", "0"]
VERIFY = [sys.executable, "-c", "from tmfrig.conformance.cli import main; main()", "verify"]


@pytest.fixture(scope="module")
def urls() -> Iterator[dict[str, str]]:
    """The addresses that the program prints; it must end well when it is told to."""
    environment = os.environ | {"TMFRIG_PACE": "0.05"}
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, text=True, env=environment) as program:
        assert program.stdout is not None
        try:
            words = [program.stdout.readline().split() for _ in range(2)]
            yield {each[1]: each[3] for each in words}
            program.send_signal(signal.SIGTERM)
            assert program.wait(timeout=20) == 0
        finally:
            program.kill()


@pytest.mark.parametrize("api", ["TMF641", "TMF638"])
def test_the_facade_passes_the_conformance_suite(urls: dict[str, str], api: str) -> None:
    verify = subprocess.run(
        [*VERIFY, "--api", api, "--version", "4", "--url", urls[api]],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert verify.returncode == 0, verify.stdout + verify.stderr
    verdict = next(each for each in verify.stdout.splitlines() if "MUST" in each)
    assert verdict.startswith("conformant")
    assert "failed" not in verdict
    assert "warn" not in verdict


def test_ctrl_c_ends_it_too() -> None:
    with subprocess.Popen([*COMMAND, "--pace", "0"], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        try:
            assert program.stdout.readline().startswith("ready TMF641 v4 http://127.0.0.1:")
            program.send_signal(signal.SIGINT)
            assert program.wait(timeout=20) == 0
        finally:
            program.kill()


@pytest.mark.parametrize("wrong", [["--port", "x"], ["--pace", "-1"], ["--night", "nan"], ["--pace", "soon"]])
def test_a_wrong_command_is_refused_in_words(wrong: list[str]) -> None:
    answer = subprocess.run([*COMMAND, *wrong], capture_output=True, text=True, timeout=30, check=False)
    assert answer.returncode == 2
    assert wrong[1] in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        answer = subprocess.run(
            [*COMMAND, "--port", port], capture_output=True, text=True, timeout=30, check=False
        )
    assert answer.returncode == 2
    assert "in use" in answer.stderr
    assert "Traceback" not in answer.stderr
