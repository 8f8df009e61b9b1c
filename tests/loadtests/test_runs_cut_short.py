"""What is known of a run in which something does not come to its end."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from steady_server import Steady, serving_steadily
from talking_server import Caller, serving

PROGRAM = Path(__file__).parent / "runs_cut_short.py"


def told(*arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(PROGRAM), *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_run_that_loses_a_worker_ends_and_says_so() -> None:
    why = "a worker was lost: the load was no longer what was asked for"

    assert told("worker") == {"lost": why, "stopped": why}


def test_requests_that_hang_when_their_users_are_stopped_have_failed() -> None:
    with serving_steadily(Steady(stalls=(0.0, 60.0))) as url:
        found = told("users", url)

    assert found["failures"] == 3
    assert found["troubles"] == ["GET /product: no answer came (none when the user had to leave)"]


def test_requests_that_wait_for_an_answer_end_a_run_as_failures_do() -> None:
    why = (
        "100% of the requests of the last 0.1 s failed, with 30 that have waited longer for an answer "
        "(more than 50%: stop.failure_ratio of the profile)"
    )
    assert told("overdue") == {"lost": None, "stopped": why}


def test_all_hubs_are_left_at_once_and_one_that_hangs_keeps_nobody() -> None:
    both = threading.Barrier(2)

    def hub(caller: Caller) -> None:
        """Registers; is left when another is, too, and in the case of TMF641 never."""
        caller.request()
        caller.say(b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n")
        caller.say(b'{"id":"1"}')
        if "TMF641" in (caller.request() or ""):
            caller.wait()
            return
        both.wait(10)
        caller.say(b"HTTP/1.1 204 No Content\r\n\r\n")

    with serving(hub) as server:
        assert told("hubs", server.url) == {"troubles": ["TMF641 no answer within 1 s"]}
