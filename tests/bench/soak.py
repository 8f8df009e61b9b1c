"""Minutes at half of the maximum load: memory and latencies over time, as figures and plotted: are both flat?

The servers keep product orders in a SQLite file and carry each through its life, and a listener hears of each
step. Latencies count from the moment at which a request was due, whether or not the one before was answered.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import uvloop
from client import Job, Mixed, Outcome, call, paced, rate_of
from orders import ORDER
from plot import Curve, page
from processes import Measured, Processors, listener, reference_servers
from results import Aim, Row, percentile, said, say

PART = "soak"
SHARE = 0.5
MEMORY_AIM = Aim(3.0, at_most=True)
"""Per cent that memory may grow in the second half."""
DRIFT_AIM = Aim(1.5, at_most=True)
"""What a 99th percentile of the last quarter may be, in those of the second."""
PROBING = 5.0
PACE = {"TMFRIG_PACE": "0.2"}
ORDERS = 64


@dataclass(frozen=True, slots=True)
class Settings:
    """How long, and where the plot goes."""

    minutes: float = 10.0
    samples: int = 60
    connections: int = 32
    plot: Path = Path("bench-report/soak.html")


@dataclass(frozen=True, slots=True)
class Sample:
    """What was seen in one stretch of time."""

    minute: float
    rate: float
    p50: float
    p95: float
    p99: float
    """Milliseconds."""
    memory: float
    """Megabytes."""
    processor: float
    """Processors that the server kept busy."""
    waited: float
    """The share of the time for which it waited for one: what others on the machine add to latencies."""
    waiting: int
    """Notifications in the outbox."""


def measure(settings: Settings) -> Iterator[Row]:
    """Rows for memory and latency; the plot is written to a file."""
    with Processors.shared_out().kept() as processors, ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tmfrig-bench-")))
        server = stack.enter_context(
            reference_servers(
                *("--api", "TMF622", "--admin", "--store", f"sqlite:///{folder / 'rig.db'}"),
                processor=processors.servers,
                environment=PACE,
            )
        )
        hearing = stack.enter_context(listener(processors.client))
        call(f"{server.urls['TMF622']}/hub", json.dumps({"callback": hearing.url}).encode())
        job = _job(server)
        url = server.urls["TMF622"]
        most = _maximum(server, job, settings)
        with said(f"{PART}: {settings.minutes:g} minutes at {most * SHARE:,.0f} requests a second"):
            samples, outcome = uvloop.run(_observed(server, url, job, most * SHARE, settings))
        _calm(server)
        told = int(call(hearing.url)[1])
    settings.plot.parent.mkdir(parents=True, exist_ok=True)
    settings.plot.write_text(_plotted(samples, most), "utf-8")
    yield from _judged(samples, outcome, most, told, settings)


def _job(server: Measured) -> Mixed:
    url = server.urls["TMF622"]
    path = f"{urlsplit(url).path}/productOrder"
    order = json.dumps(ORDER).encode()
    ids = [call(f"{url}/productOrder", order)[1]["id"] for _ in range(ORDERS)]
    get = Job("GET", "GET", [f"{path}/{each}" for each in ids])
    return Mixed("four GET to one POST", ((get, 4), (Job("POST", "POST", [path], order, 201), 1)))


def _maximum(server: Measured, job: Mixed, settings: Settings) -> float:
    """Requests a second that the server sustains, with all that they bring about."""
    url = server.urls["TMF622"]
    began = time.perf_counter()
    outcome = rate_of(url, job, PROBING, settings.connections)
    _calm(server)
    # what is still to be told when the last answer comes belongs to the load too
    most = outcome.answers / (time.perf_counter() - began)
    say(f"{PART}: {outcome.rate:,.0f} requests a second at most, {most:,.0f} with all that they bring about")
    return most


def _calm(server: Measured) -> None:
    deadline = time.monotonic() + 300
    while _waiting(server) and time.monotonic() < deadline:
        time.sleep(0.2)
    server.calm()


def _waiting(server: Measured) -> int:
    return int(call(f"{server.urls['admin']}/outbox")[1]["waiting"])


async def _observed(
    server: Measured, url: str, job: Mixed, rate: float, settings: Settings
) -> tuple[list[Sample], Outcome]:
    outcome = Outcome()
    seconds = settings.minutes * 60
    asking = asyncio.create_task(paced(url, job, rate, seconds, settings.connections, outcome))
    began = then = time.perf_counter()
    before = server.spent()
    samples: list[Sample] = []
    while len(samples) < settings.samples:
        until = began + seconds * (len(samples) + 1) / settings.samples
        done, _ = await asyncio.wait([asking], timeout=max(until - time.perf_counter(), 0))
        # the list goes on to grow while this looks at what there is
        latencies, outcome.latencies = outcome.latencies, []
        now, spent = time.perf_counter(), server.spent()
        waiting = await asyncio.to_thread(_waiting, server)
        if latencies:
            latencies.sort()
            p50, p95, p99 = (percentile(latencies, share) * 1000 for share in (0.5, 0.95, 0.99))
            used = spent - before
            rate, busy, waited = (
                each / (now - then) for each in (len(latencies), used.running, used.waiting)
            )
            samples.append(
                Sample((now - began) / 60, rate, p50, p95, p99, server.memory(), busy, waited, waiting)
            )
        then, before = now, spent
        if done:
            break
    await asking
    return samples, outcome


def _judged(
    samples: Sequence[Sample], outcome: Outcome, most: float, told: int, settings: Settings
) -> Iterator[Row]:
    half, quarter = samples[len(samples) // 2 :], max(len(samples) // 4, 1)
    slope = statistics.linear_regression([each.minute for each in half], [each.memory for each in half]).slope
    grown = slope * (half[-1].minute - half[0].minute)
    level = statistics.mean(each.memory for each in half)
    details = {"samples": [{name: getattr(each, name) for name in Sample.__slots__} for each in samples]}
    yield Row(
        PART,
        f"memory in the second half of {settings.minutes:g} minutes",
        round(grown / level * 100, 2),
        "% grown",
        MEMORY_AIM,
        f"{samples[0].memory:.0f} MB at first, {half[0].memory:.0f} MB at the half, "
        f"{samples[-1].memory:.0f} MB at the end; {slope:+.2f} MB a minute",
        details,
    )
    earlier, later = (
        statistics.median(each.p99 for each in part)
        for part in (samples[quarter : 2 * quarter] or samples, samples[-quarter:])
    )
    yield Row(
        PART,
        "99th percentile, last quarter to second",
        round(later / earlier, 2),
        "times",
        DRIFT_AIM,
        f"{earlier:.1f} ms, then {later:.1f} ms; median {samples[quarter].p50:.1f} ms, then "
        f"{samples[-1].p50:.1f} ms; it waited for a processor for "
        f"{statistics.mean(each.waited for each in samples):.0%} of the time",
    )
    yield Row(
        PART,
        "requests at half of the maximum load",
        round(outcome.answers / outcome.seconds),
        "/s",
        remark=f"of {most:,.0f}/s; {outcome.answers:,} requests, {told:,} notifications told, "
        f"{samples[-1].waiting} waiting at the end; plotted in {settings.plot}",
    )


def _plotted(samples: Sequence[Sample], most: float) -> str:
    minutes = [each.minute for each in samples]

    def curve(name: str, what: str) -> Curve:
        return Curve(name, minutes, [float(getattr(each, what)) for each in samples])

    return page(
        f"{samples[-1].minute:.0f} minutes at half of {most:,.0f} requests a second",
        {
            "Memory of the server, MB": [curve("memory", "memory")],
            "Latency, ms": [curve("median", "p50"), curve("95 %", "p95"), curve("99 %", "p99")],
            "Requests a second": [curve("answered", "rate")],
            "Processors that the server kept busy": [curve("busy", "processor")],
            "Share of the time for which it waited for a processor": [curve("waited", "waited")],
            "Notifications waiting": [curve("waiting", "waiting")],
        },
    )
