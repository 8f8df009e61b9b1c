"""Completed orders per second, in one process and with a process for each role, and hops per order.

Hops are the exchanges between roles that an order causes, counted in the journals. What counts is the ratio
between the two arrangements; orders per second depend on the machine. Run with `tox -e bench`.
"""

import argparse
import asyncio
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from urllib.request import urlopen

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lifecycle"))

from crowd import FINAL, KINDS, Crowd

from tmfrig.specs import standard_contract

ROLES = {
    "catalogs": ("TMF620", "TMF633"),
    "ordering": ("TMF622",),
    "COM": ("COM",),
    "activation": ("TMF641",),
    "service inventory": ("TMF638",),
    "product inventory": ("TMF637",),
}
# no waiting between steps, and no order on hold because all are waiting for the processor
QUICK = {"TMFRIG_PACE": "0.01", "TMFRIG_PATIENCE": "600"}
HURRY = 300.0


@contextmanager
def reference_servers(arguments: Sequence[str]) -> Iterator[Mapping[str, str]]:
    """A process of reference servers; its URLs by API once it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tmfrig.mockservers", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | QUICK,
    )
    assert process.stdout is not None
    try:
        urls: dict[str, str] = {}
        awaited = _awaited(arguments)
        while not awaited <= urls.keys():
            words = process.stdout.readline().split()
            if words[:1] != ["ready"]:
                raise RuntimeError(f"{arguments} did not start: {words}")
            urls[words[1]] = words[3]
        yield urls
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


def _awaited(arguments: Sequence[str]) -> set[str]:
    chosen = {value for name, value in pairwise(arguments) if name == "--api"}
    return (chosen or {api for apis in ROLES.values() for api in apis}) | (
        {"admin"} if "--admin" in arguments else set()
    )


@contextmanager
def one_process(*more: str) -> Iterator[Mapping[str, str]]:
    """All roles in one process."""
    with reference_servers(["--port", "0", *more]) as urls:
        yield urls


@contextmanager
def process_per_role() -> Iterator[Mapping[str, str]]:
    """A process for each role, every one of which knows all the others."""
    ports = dict(zip(ROLES, _free_ports(len(ROLES)), strict=True))
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
            stack.enter_context(reference_servers(arguments))
        yield places


def _base_path(api: str) -> str:
    return "/customerOrderManagement/v1" if api == "COM" else standard_contract(api).base_path


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in probes:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in probes]


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


def main() -> None:
    """Print both rates, their ratio and the hops; the same as JSON with `--json FILE`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with one_process("--admin") as urls:
        hops = asyncio.run(hops_per_order(urls))
    rates: dict[str, list[float]] = {"one process": [], "process per role": []}
    for _ in range(options.rounds):
        for name, arrangement in (("one process", one_process), ("process per role", process_per_role)):
            with arrangement() as urls:
                rates[name].append(asyncio.run(completed_per_second(urls, options.orders)))
    medians = {name: statistics.median(each) for name, each in rates.items()}
    for name, each in rates.items():
        print(f"{name:<20}{medians[name]:>8.1f} orders/s   ({min(each):.1f}-{max(each):.1f})")
    print(f"{'ratio':<20}{medians['process per role'] / medians['one process']:>8.2f}")
    for name, count in hops.items():
        print(f"{count:>4} hops   {name}")
    if options.json:
        options.json.write_text(
            json.dumps({"orders_per_second": rates, "hops": hops}, indent=1) + "\n", "utf-8"
        )


if __name__ == "__main__":
    main()
