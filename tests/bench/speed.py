"""Ratios of the reference servers to a bare Starlette application, measured in one run.

All servers share one processor and answer the same bytes to the same client, one after the other, round by
round; what counts is the ratio, not the requests per second of this machine. The yardstick of the aims is the
application under uvicorn as it comes; beside it stands, for information, the same under our class for HTTP.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
import timeit
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from client import FIRST_NUMBER, MERGE_PATCH, Job, call, rate_of
from orders import ORDER, order_of_version_5
from processes import STILL, Measured, Processors, bare, listener, reference_servers
from results import Aim, Row, median_of, said

from tmfrig.specs import standard_contract

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from postgres_server import NoServerError, PostgresServer

PART = "speed"
GET, POST, PATCH = "GET by id", "POST of three items", "PATCH"
AIMS = {("memory", GET): 0.8, ("memory", POST): 0.8, ("memory", PATCH): 0.5, ("SQLite", POST): 0.4}
CHANGE = b'{"description": "Three lines, %d"}'
YARDSTICK, OWN_PROTOCOL = "bare Starlette", "bare Starlette under our protocol class"
LISTENED = "SQLite, with a listener"
ORDERS = 64
"""Those that are read and patched: no two connections change one at a time."""
VALIDATION_AIM = 30
NOT_QUIET = 0.05
"""The share of its time for which a server waits for its processor, from which on that is told."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How long to measure."""

    rounds: int = 5
    seconds: float = 1.0
    connections: int = 16


@dataclass(frozen=True, slots=True)
class Turn:
    """One server's turn in a round: requests per second, and microseconds of processor for each."""

    rate: float
    cost: float
    waited: float
    """The share of the time for which it waited for its processor."""


@dataclass
class Contender:
    """A server that takes turns with the others."""

    name: str
    server: Measured
    base: str
    """The URL of product orders."""
    orders: Sequence[str]
    """The ids of those that are read and patched, in turn."""
    listener: Measured | None = None
    turns: dict[str, list[Turn]] = field(default_factory=dict)

    def job(self, name: str) -> Job:
        """The request of a name."""
        path = urlsplit(self.base).path
        if name == POST:
            return Job(name, "POST", [path], json.dumps(ORDER).encode(), 201)
        each = [f"{path}/{order}" for order in self.orders]
        return Job(name, "GET", each) if name == GET else Job(name, "PATCH", each, CHANGE, 200, MERGE_PATCH)

    def take_turn(self, name: str, settings: Settings) -> Turn:
        """Be asked for a while; where somebody listens, until that has heard of everything."""
        before, began = self.server.spent(), time.perf_counter()
        told = self._told()
        outcome = rate_of(self.base, self.job(name), settings.seconds, settings.connections)
        seconds = outcome.seconds
        if self.listener is not None:
            while self._told() < told + outcome.answers:
                if time.perf_counter() > began + 120:
                    raise RuntimeError("the listener does not hear of everything")
                time.sleep(0.01)
            seconds = time.perf_counter() - began
        spent = self.server.spent() - before
        return Turn(outcome.answers / seconds, spent.running / outcome.answers * 1e6, spent.waiting / seconds)

    def _told(self) -> int:
        return 0 if self.listener is None else int(call(self.listener.url)[1])


def measure(settings: Settings) -> Iterator[Row]:
    """A row for each kind of request and store, against either yardstick, and one for validation."""
    yield validation(settings.rounds)
    with Processors.shared_out().kept() as processors, ExitStack() as stack:
        contenders, missing = _started(processors, stack)
        for name in (GET, POST, PATCH):
            taking = [each for each in contenders if name == POST or each.name != LISTENED]
            with said(f"{PART}: {name}, {len(taking)} servers in turn"):
                for number in range(settings.rounds + 1):
                    for each in taking:
                        turn = each.take_turn(name, settings)
                        if number:  # the first round warms all up
                            each.turns.setdefault(name, []).append(turn)
                        each.server.calm()
            yield from _compared(name, taking)
        yield from missing


def _started(processors: Processors, stack: ExitStack) -> tuple[list[Contender], list[Row]]:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tmfrig-bench-")))
    stores = {"memory": "memory", "SQLite": f"sqlite:///{folder / 'rig.db'}"}
    stores[LISTENED] = f"sqlite:///{folder / 'listened.db'}"
    missing = []
    try:
        stores["PostgreSQL"] = stack.enter_context(
            PostgresServer(fsync="on", full_page_writes="on", synchronous_commit="on")
        ).url
    except NoServerError as reason:
        missing.append(Row(PART, f"{POST}, PostgreSQL", None, remark=str(reason)))
    contenders = []
    answers: list[bytes] = []
    for name, store in stores.items():
        server = stack.enter_context(
            reference_servers(
                *("--api", "TMF622", "--store", store), processor=processors.servers, environment=STILL
            )
        )
        base = f"{server.url}/productOrder"
        orders = []
        for _ in range(ORDERS):
            created, parsed = call(base, json.dumps(ORDER).encode())
            orders.append(parsed["id"])
            stored, _ = call(f"{base}/{parsed['id']}", CHANGE % FIRST_NUMBER, "PATCH", MERGE_PATCH)
            answers = answers or [stored, created]
        hearing = None
        if name == LISTENED:
            hearing = stack.enter_context(listener(processors.client))
            call(f"{server.url}/hub", json.dumps({"callback": hearing.url}).encode())
        contenders.append(Contender(name, server, base, orders, hearing))
    files = [folder / "stored", folder / "created"]
    for file, answer in zip(files, answers, strict=True):
        file.write_bytes(answer)
    path = urlsplit(contenders[0].base).path
    for name, more in ((YARDSTICK, ()), (OWN_PROTOCOL, ("--quick-protocol",))):
        server = stack.enter_context(bare(files, *more, processor=processors.servers))
        contenders.append(Contender(name, server, server.url + path, contenders[0].orders))
    return contenders, missing


def _compared(name: str, contenders: Sequence[Contender]) -> Iterator[Row]:
    by_name = {each.name: each.turns[name] for each in contenders}
    for yardstick in (YARDSTICK, OWN_PROTOCOL):
        theirs = by_name[yardstick]
        for each in contenders:
            if each.name in (YARDSTICK, OWN_PROTOCOL):
                continue
            ours = by_name[each.name]
            rates = [one.rate / other.rate for one, other in zip(ours, theirs, strict=True)]
            costs = [other.cost / one.cost for one, other in zip(ours, theirs, strict=True)]
            aim = AIMS.get((each.name, name)) if yardstick == YARDSTICK else None
            yield _row(
                f"{name}, {each.name}" + ("" if yardstick == YARDSTICK else " (our protocol class)"),
                rates,
                costs,
                ours,
                theirs,
                aim,
            )


def _row(
    what: str,
    rates: Sequence[float],
    costs: Sequence[float],
    ours: Sequence[Turn],
    theirs: Sequence[Turn],
    aim: float | None,
) -> Row:
    ratio, spread = median_of(rates)
    cost_ratio, cost_spread = median_of(costs)
    details: dict[str, Any] = {
        "rate_ratios": [round(each, 3) for each in rates],
        "processor_ratio": round(cost_ratio, 3),
        "processor_ratios": cost_spread,
    }
    for name, turns in (("reference", ours), ("bare", theirs)):
        details |= {
            f"{name}_per_second": round(statistics.median(each.rate for each in turns)),
            f"{name}_us": round(statistics.median(each.cost for each in turns), 1),
            f"{name}_waited": round(statistics.median(each.waited for each in turns), 3),
        }
    waited = max(details["reference_waited"], details["bare_waited"])
    remark = (
        f"{spread}; by processor time {cost_ratio:.2f} "
        f"({details['reference_us']} µs to {details['bare_us']} µs); "
        f"{details['reference_per_second']:,}/s to {details['bare_per_second']:,}/s"
    )
    if waited > NOT_QUIET:
        remark += f"; waited {waited:.0%} of the time for a processor"
    return Row(*(PART, what, round(ratio, 3), "of bare"), None if aim is None else Aim(aim), remark, details)


def validation(rounds: int) -> Row:
    """Microseconds for validating a product order of version 5 with three items."""
    schema = standard_contract("TMF622", 5).resources["productOrder"].creation
    assert schema is not None
    order = order_of_version_5()
    assert schema.problems(order) == []
    times = timeit.repeat(
        lambda: schema.accepts(order), number=2000, repeat=max(rounds, 3), timer=time.process_time
    )
    spent = [each / 2000 * 1_000_000 for each in times]
    return Row(
        PART,
        "validating a product order of version 5",
        round(statistics.median(spent), 1),
        "µs",
        Aim(VALIDATION_AIM, at_most=True),
        f"most {max(spent):.1f}",
    )
