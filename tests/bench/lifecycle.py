"""Completed orders per second, in one process and with a process for each role, and hops per order.

Hops are the exchanges between roles that an order causes, counted in the journals. What counts is the ratio
between the two arrangements; orders per second depend on the machine.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from processes import free_ports, reference_servers
from results import Row, said

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lifecycle"))

from crowd import FINAL, KINDS, Crowd

from tmfrig.specs import standard_contract

PART = "lifecycle"
ROLES = {
    "catalogs": ("TMF620", "TMF633"),
    "ordering": ("TMF622",),
    "COM": ("COM",),
    "activation": ("TMF641",),
    "service inventory": ("TMF638",),
    "product inventory": ("TMF637",),
}
EVERY = frozenset(api for apis in ROLES.values() for api in apis)
# no waiting between steps, and no order on hold because all are waiting for the processor
QUICK = {"TMFRIG_PACE": "0.01", "TMFRIG_PATIENCE": "600"}
HURRY = 300.0


@dataclass(frozen=True, slots=True)
class Settings:
    """How many orders, and how often."""

    orders: int = 100
    rounds: int = 2


@contextmanager
def one_process(*more: str) -> Iterator[Mapping[str, str]]:
    """All roles in one process."""
    with reference_servers(*more, environment=QUICK, awaited=EVERY) as servers:
        yield servers.urls


@contextmanager
def process_per_role() -> Iterator[Mapping[str, str]]:
    """A process for each role, every one of which knows all the others."""
    ports = dict(zip(ROLES, free_ports(len(ROLES)), strict=True))
    places = {
        api: f"http://127.0.0.1:{ports[role]}{_base_path(api)}"
        for role, apis in ROLES.items()
        for api in apis
    }
    with ExitStack() as stack:
        for role, apis in ROLES.items():
            arguments = ["--port", str(ports[role])]
            for api, url in places.items():
                arguments += ["--api", api] if api in apis else ["--external", f"{api}={url}"]
            stack.enter_context(reference_servers(*arguments, environment=QUICK))
        yield places


def _base_path(api: str) -> str:
    return "/customerOrderManagement/v1" if api == "COM" else standard_contract(api).base_path


async def completed_per_second(urls: Mapping[str, str], count: int) -> float:
    """Orders of all kinds, all placed at once, that reach their ends in a second."""
    crowd = Crowd(urls)
    began = time.perf_counter()
    await crowd.order(count)
    orders = await crowd.settled(HURRY)
    spent = time.perf_counter() - began
    left = [each["state"] for each in orders.values() if each["state"] not in FINAL]
    if left:
        raise RuntimeError(f"{len(left)} orders did not end within {HURRY:g} s: {Counter(left)}")
    return count / spent


async def hops_per_order(urls: Mapping[str, str]) -> dict[str, int]:
    """How many exchanges between roles one order of each kind causes."""
    crowd = Crowd(urls)
    before = _journalled(urls["admin"])
    hops: dict[str, int] = {}
    for number, kind in enumerate(KINDS):
        await crowd.place_one(number, kind)
        await crowd.settled(HURRY)
        await asyncio.sleep(1)  # what is told after the end counts too
        after = _journalled(urls["admin"])
        hops[kind.name] = after - before
        before = after
    return hops


def _journalled(admin: str) -> int:
    """Exchanges so far, but those with the client."""
    with urlopen(f"{admin}/journal?limit=1") as answer:
        total = int(answer.headers["X-Total-Count"])
    with urlopen(f"{admin}/journal?limit=1&caller=python-httpx2") as answer:
        return total - int(answer.headers["X-Total-Count"])


def measure(settings: Settings) -> Iterator[Row]:
    """Rows for both rates, their ratio and the hops of each kind of order."""
    with said(f"{PART}: hops of one order of each kind"), one_process("--admin") as urls:
        hops = asyncio.run(hops_per_order(urls))
    rates: dict[str, list[float]] = {"one process": [], "process per role": []}
    with said(f"{PART}: {settings.orders} orders at once, {settings.rounds} times in both arrangements"):
        for _ in range(settings.rounds):
            for name, arrangement in (("one process", one_process), ("process per role", process_per_role)):
                with arrangement() as urls:
                    rates[name].append(asyncio.run(completed_per_second(urls, settings.orders)))
    medians = {name: statistics.median(each) for name, each in rates.items()}
    for name, each in rates.items():
        yield Row(
            *(PART, f"orders completed, {name}", round(medians[name], 1), "/s"),
            remark=f"{min(each):.1f}-{max(each):.1f}",
            details={"rates": each},
        )
    ratio = medians["process per role"] / medians["one process"]
    yield Row(PART, "process per role to one process", round(ratio, 2), "times")
    for name, count in hops.items():
        yield Row(PART, f"exchanges between roles, {name}", count)
