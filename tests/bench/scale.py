"""A million products beside a thousand, in SQLite files: loading them, finding them, what memory that takes.

Both servers are asked the same in turn, by one connection; what counts is the ratio of the times that answers
take. Values are drawn at random from all that there are, so that nothing is looked up
twice while it is still in some cache; the first pages of broad filters are the same again and again.
"""

from __future__ import annotations

import http.client
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from processes import Measured, reference_servers
from products import PER_CUSTOMER, lines
from results import Aim, Row, percentile, said, say

PART = "scale"
FEW = 1000
LOADING_AIM = 20_000
GROWTH_AIM = 1.1
SELECTIVE, BROAD = Aim(2.0, at_most=True), Aim(5.0, at_most=True)
PORTION = 50_000
"""Products in one bulk call."""

Asked = Callable[[random.Random, int], str]


@dataclass(frozen=True, slots=True)
class Settings:
    """How much, and how often to ask."""

    products: int = 1_000_000
    rounds: int = 10
    repeats: int = 20
    """Requests of a kind in a round to each of the two servers."""


@dataclass(frozen=True, slots=True)
class Question:
    """A request of a kind: its path for a random number below that of the products."""

    name: str
    aim: Aim | None
    path: Asked


def _customers(chance: random.Random, count: int) -> int:
    return chance.randrange(max(count // PER_CUSTOMER, 1))


QUESTIONS = (
    Question("GET by id", SELECTIVE, lambda chance, count: f"/p{chance.randrange(count)}"),
    Question(
        "relatedParty.id, 50 matches",
        SELECTIVE,
        lambda chance, count: f"?relatedParty.id=c{_customers(chance, count)}",
    ),
    Question(
        "billingAccount.id and status, 17 matches",
        SELECTIVE,
        lambda chance, count: f"?billingAccount.id=b{_customers(chance, count)}&status=active",
    ),
    Question(
        "billingAccount.id, sorted, 50 matches",
        SELECTIVE,
        lambda chance, count: f"?billingAccount.id=b{_customers(chance, count)}&sort=-startDate",
    ),
    Question(
        "name, 50 matches", SELECTIVE, lambda chance, count: f"?name=Fibre%20{_customers(chance, count)}"
    ),
    Question(
        "realizingService.id, one match",
        SELECTIVE,
        lambda chance, count: f"?realizingService.id=sv{chance.randrange(count)}",
    ),
    Question("no filter, first page", BROAD, lambda _chance, _count: "?limit=20"),
    Question("status, first page", BROAD, lambda _chance, _count: "?status=active&limit=20"),
    Question(
        "two attributes, first page", BROAD, lambda _chance, _count: "?status=active&isBundle=false&limit=20"
    ),
    Question(
        "range of dates, first page", BROAD, lambda _chance, _count: "?startDate.gt=2020-01-01&limit=20"
    ),
    Question("two states, first page", BROAD, lambda _chance, _count: "?status=active,suspended&limit=20"),
    Question("sorted, first page", BROAD, lambda _chance, _count: "?sort=-startDate&limit=20"),
    Question(
        "status, sorted, first page", BROAD, lambda _chance, _count: "?status=active&sort=-startDate&limit=20"
    ),
    # what no index serves: it still works, and takes its time
    Question(
        "serial number, which has no index",
        None,
        lambda chance, count: f"?productSerialNumber=SN{chance.randrange(count)}",
    ),
)


@dataclass
class Inventory:
    """A server with so many products, and how it has answered."""

    server: Measured
    count: int
    seconds: dict[str, list[float]] = field(default_factory=dict)
    first: dict[str, float] = field(default_factory=dict)
    processor: dict[str, float] = field(default_factory=dict)
    """Seconds of processor for each request of a kind."""

    def __post_init__(self) -> None:
        where = urlsplit(self.server.urls["TMF637"])
        self._path = where.path + "/product"
        self._connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=600)

    def load(self, body: bytes) -> tuple[float, float]:
        """Load what was prepared: seconds until the answer, and of the server's processor."""
        where = urlsplit(self.server.urls["admin"])
        self._reconnect()
        before, began = self.server.spent(), time.perf_counter()
        headers = {"Content-Type": "application/x-ndjson"}
        self._connection.request("POST", f"{where.path}/bulk/TMF637.product", body, headers)
        answer = self._connection.getresponse()
        said_there = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"loading fails: {said_there[:500]!r}")
        return time.perf_counter() - began, (self.server.spent() - before).running

    def _reconnect(self) -> None:
        # one that has had nothing to do for some seconds may have been closed
        self._connection.close()
        self._connection.connect()

    def ask(self, question: Question, chance: random.Random, repeats: int, *, warm_up: bool) -> None:
        """Ask some times, one after the other."""
        self._reconnect()
        before = self.server.spent()
        for _ in range(repeats):
            path = self._path + question.path(chance, self.count)
            began = time.perf_counter()
            self._connection.request("GET", path)
            answer = self._connection.getresponse()
            answer.read()
            spent = time.perf_counter() - began
            if answer.status not in (200, 206):
                raise RuntimeError(f"{path} is answered with {answer.status}")
            self.first.setdefault(question.name, spent)
            if not warm_up:
                self.seconds.setdefault(question.name, []).append(spent)
        if not warm_up:
            used = (self.server.spent() - before).running
            self.processor[question.name] = self.processor.get(question.name, 0.0) + used


def measure(settings: Settings) -> Iterator[Row]:
    """Rows for loading, for every question, and for memory."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tmfrig-bench-")))
        few, many = (
            Inventory(stack.enter_context(_served(folder / name)), count)
            for name, count in (("few.db", FEW), ("many.db", settings.products))
        )
        few.load(lines(0, FEW))
        with said(f"{PART}: loading {settings.products:,} products"):
            yield from _loaded(many)
        for each in (few, many):
            each.server.calm()
        before = [each.server.memory() for each in (few, many)]
        with said(f"{PART}: asking both servers in turn"):
            yield from _asked(few, many, settings)
        yield _memory(few, many, before)
        size = (folder / "many.db").stat().st_size
        remark = f"{size / settings.products / 1000:.2f} KB for each product"
        yield Row(PART, "the file", round(size / 1e6), "MB", remark=remark)


def _served(file: Path) -> AbstractContextManager[Measured]:
    return reference_servers(
        "--api", "TMF637", "--dataset", "empty", "--admin", "--store", f"sqlite:///{file}"
    )


def _loaded(many: Inventory) -> Iterator[Row]:
    seconds = processor = 0.0
    memory = {0: many.server.memory()}
    slowest = 0.0
    for first in range(0, many.count, PORTION):
        end = min(first + PORTION, many.count)
        # made before the clock runs: the client is not the limit
        body = lines(first, end)
        took, used = many.load(body)
        slowest = max(slowest, took / (end - first) * PORTION)
        seconds, processor = seconds + took, processor + used
        memory[end] = many.server.memory()
        if end % (PORTION * 5) == 0:
            say(f"{end:,} products: {end / seconds:,.0f}/s, server has {memory[end]:.0f} MB")
    rate = many.count / seconds
    yield Row(
        PART,
        f"loading {many.count:,} products",
        round(rate),
        "/s",
        Aim(LOADING_AIM),
        f"{many.count / processor:,.0f} per second of processor "
        f"({processor / many.count * 1e6:.0f} µs each); slowest {PORTION:,} in {slowest:.1f} s",
        {"seconds": round(seconds, 2), "processor_seconds": round(processor, 2)},
    )
    half = min(memory, key=lambda loaded: abs(loaded - many.count / 2))
    if half in (0, many.count):
        return
    yield Row(
        PART,
        "memory of the server, all loaded to half loaded",
        round(memory[many.count] / memory[half], 2),
        "times",
        Aim(GROWTH_AIM, at_most=True),
        f"{memory[0]:.0f} MB before, {memory[half]:.0f} MB at the half, "
        f"{memory[many.count]:.0f} MB at the end, {many.server.peak():.0f} MB at most",
        {"megabytes": {str(loaded): round(each, 1) for loaded, each in memory.items()}},
    )


def _asked(few: Inventory, many: Inventory, settings: Settings) -> Iterator[Row]:
    chance = random.Random(7)
    for question in QUESTIONS:
        repeats = settings.repeats if question.aim is not None else 1
        rounds = settings.rounds if question.aim is not None else 3
        for number in range(rounds + 1):
            for each in (few, many):
                each.ask(question, chance, repeats, warm_up=number == 0)
        yield _compared(question, few, many)


def _compared(question: Question, few: Inventory, many: Inventory) -> Row:
    name = question.name
    milliseconds = [[each * 1000 for each in sorted(inventory.seconds[name])] for inventory in (few, many)]
    medians = [statistics.median(each) for each in milliseconds]
    used = [inventory.processor[name] / len(inventory.seconds[name]) * 1000 for inventory in (few, many)]
    first = many.first[name] * 1000
    return Row(
        PART,
        name,
        round(medians[1] / medians[0], 2),
        "times",
        question.aim,
        f"{medians[1]:.2f} ms to {medians[0]:.2f} ms, the first time {first:.1f} ms; by processor time "
        f"{used[1] / used[0]:.2f} ({used[1]:.2f} ms to {used[0]:.2f} ms)",
        {
            "median_ms": [round(each, 3) for each in medians],
            "p95_ms": [round(percentile(each, 0.95), 3) for each in milliseconds],
            "first_ms": [round(inventory.first[name] * 1000, 3) for inventory in (few, many)],
            "processor_ms": [round(each, 3) for each in used],
        },
    )


def _memory(few: Inventory, many: Inventory, before: list[float]) -> Row:
    after = [each.server.memory() for each in (few, many)]
    return Row(
        PART,
        "memory of the server when it was asked all that",
        round(after[1]),
        "MB",
        remark=f"{before[1]:.0f} MB before; with {few.count:,} products {after[0]:.0f} MB",
        details={"many": [before[1], after[1]], "few": [before[0], after[0]]},
    )
