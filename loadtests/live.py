"""What a load run says while it goes, one line of JSON a second, and what it says at the end."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Sequence

from tmfrig.loadtests.conductor import Moment
from tmfrig.loadtests.meter import Tally
from tmfrig.loadtests.recording import Recording
from tmfrig.reports.result import LoadResult, Outcome, Result

_MOST_OPERATIONS = 12


class Live:
    """Prints how a run goes: {"load": {"seconds": 3.0, "users": 6, "rate": 41.0, …}}."""

    def __init__(self, total: float | None = None) -> None:
        self._total = total
        self._requests = 0
        self._failures = 0
        self._before = 0.0

    def __call__(self, moment: Moment, recording: Recording) -> None:
        """One line for one moment."""
        total, lasted = recording.everything, max(moment.seconds - self._before, 0.001)
        told = {
            "seconds": round(moment.seconds, 1),
            "total": self._total,
            "users": moment.users,
            "phase": moment.phase,
            "due": moment.due,
            "late": moment.late,
            "requests": total.requests,
            "failures": total.failures,
            "rate": round((total.requests - self._requests) / lasted, 1),
            "failing": round((total.failures - self._failures) / lasted, 1),
            "p95_ms": total.latency.milliseconds(0.95),
            "operations": [
                _operation(" ".join(filter(None, name)), tally)
                for name, tally in sorted(recording.totals.items(), key=lambda each: -each[1].requests)[
                    :_MOST_OPERATIONS
                ]
            ],
        }
        self._requests, self._failures = total.requests, total.failures
        self._before = moment.seconds
        with contextlib.suppress(BrokenPipeError):  # nobody looks any more
            _say(json.dumps({"load": told}))


def summary(measured: LoadResult, results: Sequence[Result]) -> None:
    """Print what a run came to, for those who run the program by itself."""
    _say(f"{measured.requests} requests, {measured.failures} failed, {measured.rate:.0f} per second")
    for operation in measured.operations:
        _say(
            f"{operation.name:32} {operation.requests:7} requests {operation.failures:5} failed   "
            f"p50 {operation.p50_ms:g} ms  p95 {operation.p95_ms:g} ms  p99 {operation.p99_ms:g} ms"
        )
    for result in results:
        if result.outcome not in (Outcome.passed, Outcome.skipped):
            _say(f"{result.outcome.value:8} {result.check} {result.api}: {result.message}")


def _operation(name: str, tally: Tally) -> dict[str, object]:
    return {
        "name": name,
        "requests": tally.requests,
        "failures": tally.failures,
        "p50_ms": tally.latency.milliseconds(0.5),
        "p95_ms": tally.latency.milliseconds(0.95),
        "p99_ms": tally.latency.milliseconds(0.99),
    }


def _say(line: str) -> None:
    print(line, flush=True, file=sys.stdout)
