"""A client in a process of its own: told what to ask by a line of JSON, and by another one when to begin.

Answers each with a line: `{}` when it is ready, then what it has seen.
"""

from __future__ import annotations

import json
import sys

from client import Job, Mixed, rate_of


def main() -> None:
    """Do one task."""
    task = json.loads(sys.stdin.readline())
    parts = [(Job(**each | {"body": each["body"].encode()}), weight) for each, weight in task["job"]]
    print("{}", flush=True)
    sys.stdin.readline()
    outcome = rate_of(task["url"], Mixed("", parts), task["seconds"], task["connections"])
    print(
        json.dumps({"answers": outcome.answers, "seconds": outcome.seconds, "processor": outcome.processor}),
        flush=True,
    )


if __name__ == "__main__":
    main()
