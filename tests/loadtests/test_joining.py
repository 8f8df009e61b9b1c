"""Workers that join a load run: no more than were asked for, each with its part of what may be created."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).parent / "workers_at_the_door.py"


def test_workers_share_a_run_among_those_who_were_asked_for() -> None:
    done = subprocess.run(
        [sys.executable, str(PROGRAM)], capture_output=True, text=True, timeout=60, check=True
    )
    told = json.loads(done.stdout)

    assert told["heard"] == ["a", "b", "a", "b"]
    assert told["shares"] == [[3, 2, 2], [1, 0, 0], [0, 0, 0]]
    assert told["port"] == "port PORT is taken, where workers would join; name another with --master-port"
