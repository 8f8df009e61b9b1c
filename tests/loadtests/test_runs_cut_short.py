"""What is known of a run in which something does not come to its end."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from steady_server import Steady, serving_steadily

PROGRAM = Path(__file__).parent / "runs_cut_short.py"


def told(argument: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(PROGRAM), argument], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_run_that_loses_a_worker_ends_and_says_so() -> None:
    why = "a worker was lost: the load was no longer what was asked for"

    assert told("worker") == {"lost": why, "stopped": why}


def test_requests_that_hang_when_their_users_are_stopped_have_failed() -> None:
    with serving_steadily(Steady(stalls=(0.0, 60.0))) as url:
        found = told(url)

    assert found["failures"] == 3
    assert found["troubles"] == ["GET /product: no answer came (none when the user had to leave)"]
