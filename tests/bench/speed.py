"""Ratios of the reference servers to a bare Starlette application, measured in one run.

Both servers have one processor for themselves and answer the same bytes to the same client, in turn; what
counts is the ratio, not the requests per second of this machine. Run with `tox -e bench`.
"""

import argparse
import asyncio
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import timeit
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import uvloop
from orders import ORDER, order_of_version_5

from tmfrig.specs import standard_contract

AIMS = {"GET by id": 0.6, "POST product order": 0.5}
VALIDATION_AIM = 30
MEDIA_TYPE = "application/json;charset=utf-8"


@dataclass(frozen=True)
class Job:
    """One request, sent again and again."""

    name: str
    method: str
    path: str
    body: bytes = b""

    def bytes_for(self, host: str) -> bytes:
        head = f"{self.method} {self.path} HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\n"
        if self.body:
            head += f"Content-Type: {MEDIA_TYPE}\r\nContent-Length: {len(self.body)}\r\n"
        return head.encode() + b"\r\n" + self.body


class Connection(asyncio.Protocol):
    """A keep-alive connection that sends the next request when an answer is complete."""

    def __init__(self, request: bytes, expected: bytes) -> None:
        self.request, self.expected = request, expected
        self.answers = 0
        self.buffer = b""
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        end = self.buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        length = int(re.search(rb"(?i)content-length: (\d+)", self.buffer[:end])[1])
        if len(self.buffer) < end + 4 + length:
            return
        if not self.buffer.startswith(self.expected):
            self.fail(f"unexpected answer: {self.buffer[:200]!r}")
            return
        self.buffer = self.buffer[end + 4 + length :]
        self.answers += 1
        self.transport.write(self.request)

    def connection_lost(self, exc: Exception | None) -> None:
        self.fail(f"the connection was closed: {exc}")

    def fail(self, reason: str) -> None:
        if not self.done.done():
            self.done.set_exception(RuntimeError(reason))


async def _rate(url: str, job: Job, status: int, seconds: float, connections: int) -> float:
    where = urlsplit(url)
    loop = asyncio.get_running_loop()
    request, expected = job.bytes_for(where.netloc), f"HTTP/1.1 {status}".encode()
    made = [
        (await loop.create_connection(lambda: Connection(request, expected), where.hostname, where.port))[1]
        for _ in range(connections)
    ]
    started, before = time.perf_counter(), sum(each.answers for each in made)
    done, _ = await asyncio.wait([each.done for each in made], timeout=seconds)
    for each in done:
        each.result()
    rate = (sum(each.answers for each in made) - before) / (time.perf_counter() - started)
    for each in made:
        each.done.cancel()
        each.transport.abort()
    return rate


@contextmanager
def pinned(*command: str, processor: int | None, environment: dict[str, str] | None = None):
    """A server process on a processor of its own, stopped at the end."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | (environment or {})
    )
    if processor is not None:
        os.sched_setaffinity(process.pid, {processor})
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"nothing listens on port {port}")


def _call(url: str, body: bytes | None = None) -> tuple[bytes, dict[str, object]]:
    with urlopen(Request(url, data=body, headers={"Content-Type": MEDIA_TYPE}), timeout=10) as answer:
        content = answer.read()
    return content, json.loads(content)


def measure(rounds: int, seconds: float, connections: int) -> list[dict[str, object]]:
    """Rates of both servers for every job, in alternating rounds, and the median of the ratios by round."""
    processors = sorted(os.sched_getaffinity(0))
    server_processor = processors[-1] if len(processors) > 1 else None
    if len(processors) > 1:
        os.sched_setaffinity(0, {processors[0]})
    order = json.dumps(ORDER).encode()
    reference = (sys.executable, "-m", "tmfrig.mockservers", "--api", "TMF622", "--port", "0")
    # orders stay as they were placed: what is measured is serving, not the life of an order
    still = {"TMFRIG_PACE": "86400"}
    with (
        tempfile.TemporaryDirectory() as folder,
        pinned(*reference, processor=server_processor, environment=still) as rig,
    ):
        assert rig.stdout is not None
        url = rig.stdout.readline().split()[-1]
        created, parsed = _call(f"{url}/productOrder", order)
        stored, _ = _call(f"{url}/productOrder/{parsed['id']}")
        files = [Path(folder) / "stored", Path(folder) / "created"]
        files[0].write_bytes(stored)
        files[1].write_bytes(created)
        port = _free_port()
        bare = (sys.executable, str(Path(__file__).with_name("bare.py")), str(port), *map(str, files))
        with pinned(*bare, processor=server_processor):
            _wait_for(port)
            path = urlsplit(url).path
            jobs = [
                (Job("GET by id", "GET", f"{path}/productOrder/{parsed['id']}"), 200),
                (Job("POST product order", "POST", f"{path}/productOrder", order), 201),
            ]
            return [
                _compare(job, status, url, f"http://127.0.0.1:{port}", rounds, seconds, connections)
                for job, status in jobs
            ]


def validation(rounds: int) -> dict[str, object]:
    """Microseconds for validating a product order of version 5 with three items."""
    schema = standard_contract("TMF622", 5).resources["productOrder"].creation
    assert schema is not None
    order = order_of_version_5()
    assert schema.problems(order) == []
    times = timeit.repeat(lambda: schema.accepts(order), number=2000, repeat=max(rounds, 3))
    spent = [each / 2000 * 1_000_000 for each in times]
    return {
        "job": "validate v5 product order",
        "median_us": round(statistics.median(spent), 1),
        "most_us": round(max(spent), 1),
        "aim_us": VALIDATION_AIM,
    }


def _compare(
    job: Job, status: int, rig: str, bare: str, rounds: int, seconds: float, connections: int
) -> dict[str, object]:
    rates: dict[str, list[float]] = {"rig": [], "bare": []}
    for number in range(rounds + 1):
        for name, url in (("rig", rig), ("bare", bare)):
            rate = uvloop.run(_rate(url, job, status, seconds, connections))
            if number:  # the first round warms both up
                rates[name].append(rate)
    ratios = [ours / theirs for ours, theirs in zip(rates["rig"], rates["bare"], strict=True)]
    return {
        "job": job.name,
        "reference_per_second": round(statistics.median(rates["rig"])),
        "bare_per_second": round(statistics.median(rates["bare"])),
        "ratio": round(statistics.median(ratios), 2),
        "least": round(min(ratios), 2),
        "most": round(max(ratios), 2),
        "aim": AIMS[job.name],
    }


def main() -> None:
    """Print the table, and the same as JSON with `--json FILE`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="length of each measurement")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    judged = validation(options.rounds)
    rows = measure(options.rounds, options.seconds, options.connections)
    print(f"{'':<20}{'reference/s':>12}{'bare/s':>10}{'ratio':>8}{'min-max':>13}{'aim':>7}")
    for row in rows:
        spread = f"{row['least']}-{row['most']}"
        print(
            f"{row['job']:<20}{row['reference_per_second']:>12}{row['bare_per_second']:>10}"
            f"{row['ratio']:>8}{spread:>13}{row['aim']:>7}"
        )
    print(
        f"{judged['job']}: {judged['median_us']} µs (most {judged['most_us']}), "
        f"aim under {judged['aim_us']} µs"
    )
    if options.json:
        options.json.write_text(json.dumps([*rows, judged], indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
