"""How much load one process makes, beside wrk: GET by id against the same fast server, a processor each.

The two take turns, round by round; what counts is the ratio. One answer in a hundred is judged by its schema.
"""

from __future__ import annotations

import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from client import call
from orders import ORDER
from processes import STILL, Measured, Processors, bare, reference_servers
from results import Aim, Row, median_of, said

PART = "load"
AIM = Aim(0.6)
BASE = "/tmf-api/productOrderingManagement/v4"
_RATE = re.compile(r"Requests/sec:\s+([0-9.]+)")


@dataclass(frozen=True, slots=True)
class Settings:
    """How long to measure, and over how many connections."""

    rounds: int = 4
    seconds: float = 4.0
    connections: int = 10


def measure(settings: Settings) -> Iterator[Row]:
    """A row for each server; without wrk, one that says so."""
    wrk = shutil.which("wrk")
    if wrk is None:
        yield Row(PART, "beside wrk", None, remark="wrk is not installed (Debian: apt-get install wrk)")
        return
    with Processors.shared_out().kept() as processors, tempfile.TemporaryDirectory() as folder:
        stored = Path(folder) / "stored.json"
        with reference_servers("--api", "TMF622", environment=STILL) as ours:
            _, created = call(f"{ours.url}/productOrder", json.dumps(ORDER).encode())
        stored.write_text(json.dumps(created), "utf-8")
        id = created["id"]
        for name, more, aim in (
            ("bare Starlette", (), AIM),
            ("bare Starlette, quick protocol", ("--quick-protocol",), None),
        ):
            with (
                said(f"{PART}: {name}"),
                bare([stored, stored], *more, processor=processors.servers) as server,
            ):
                yield _compared(name, aim, server, id, wrk, Path(folder), settings)


def _compared(
    name: str, aim: Aim | None, server: Measured, id: str, wrk: str, folder: Path, settings: Settings
) -> Row:
    ratios, ours, theirs = [], [], []
    for _ in range(settings.rounds):
        theirs.append(_wrk(wrk, f"{server.url}{BASE}/productOrder/{id}", settings))
        ours.append(_loaded(f"{server.url}{BASE}", id, folder, settings))
        ratios.append(ours[-1] / theirs[-1])
    figure, spread = median_of(ratios)
    told = f"{statistics.median(ours):,.0f} beside {statistics.median(theirs):,.0f} GET/s ({spread})"
    details = {"ours": ours, "wrk": theirs}
    return Row(PART, f"generator beside wrk, {name}", figure, "", aim, told, details)


def _wrk(wrk: str, url: str, settings: Settings) -> float:
    arguments = ["-t1", f"-c{settings.connections}", f"-d{settings.seconds:.0f}s", url]
    said_ = subprocess.run([wrk, *arguments], capture_output=True, text=True, check=True).stdout
    found = _RATE.search(said_)
    if found is None:
        raise RuntimeError(f"wrk said {said_[-200:]!r}")
    return float(found.group(1))


def _loaded(url: str, id: str, folder: Path, settings: Settings) -> float:
    profile = {
        "name": "reading",
        "users": settings.connections,
        "spawn_rate": 1000,
        "run_time": f"{settings.seconds + 1:.0f}s",
        "warm_up": "1s",
        "think": 0,
        "tasks": [{"do": "retrieve", "api": "TMF622", "resource": "productOrder"}],
        "sample": 0.01,
        "slo": {"failure_ratio": 0},
    }
    data = {"resources": {"productOrder": {"ids": [id]}}}
    target = {"apis": [{"api": "TMF622", "url": url}], "data": str(_written(folder / "data.json", data))}
    result = folder / "result.json"
    command: Sequence[str] = (
        sys.executable, "-m", "tmfrig.loadtests",
        "--targets", str(_written(folder / "target.json", target)),
        "--profile", str(_written(folder / "profile.json", profile)),
        "--json", str(result),
    )  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"the load ended with {done.returncode}: {done.stderr[-200:]}")
    load: dict[str, Any] = json.loads(result.read_text("utf-8"))["load"]
    return float(load["rate"])


def _written(path: Path, value: Any) -> Path:
    path.write_text(json.dumps(value), encoding="utf-8")
    return path
