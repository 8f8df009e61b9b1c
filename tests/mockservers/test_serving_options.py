"""The options of the program that change how the servers answer."""

from __future__ import annotations

import subprocess
import sys

import httpx2

ARGUMENTS = ("--api", "TMF620", "--version", "5", "--port", "0", "--dataset", "empty")


def test_asynchronous_answers_and_no_jsonpath_are_options_of_the_program(http: httpx2.Client) -> None:
    command = [sys.executable, "-m", "tmfrig.mockservers", *ARGUMENTS, "--answers", "async", "--no-jsonpath"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().split()[-1] + "/category"
            created = http.post(url, json={"@type": "Category", "name": "fibre"})
            filtered = http.get(url, params={"filter": "$[?(@.name)]"})
            assert (created.status_code, filtered.status_code) == (202, 501)
        finally:
            process.kill()


def test_other_answers_are_refused() -> None:
    command = [sys.executable, "-m", "tmfrig.mockservers", *ARGUMENTS, "--answers", "never"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert "'sync', 'async'" in ended.stderr or "sync, async" in ended.stderr
