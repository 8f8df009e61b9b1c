"""One worker beside two over a SQLite file, for reads, for orders and for a mixture of both.

Where clients and servers share few processors the ratio of the rates says more of the client than of the
servers. So beside it stands, and is judged, what a second of processor yields that the servers had or could
have had: with two workers that are the seconds for which they ran, and those for which a processor was idle
because a worker waited, for a lock perhaps. What clients and strangers took counts for neither.

Two processors of a virtual machine may be halves of one, so that two processes that know nothing of each
other slow each other down. So a third turn is for two servers, each over a file of its own.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from client import Job, Mixed, call
from orders import ORDER
from processes import HERE, STILL, Measured, idle_seconds, reference_servers, running, spent
from results import Aim, Row, said

PART = "workers"
AIM = Aim(1.6)
ORDERS = 64
CLIENTS = 2
APART = 0
"""Stands for two servers that share nothing, where the number of workers stands otherwise."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How long to measure, and how many workers are put beside one.

    Each process has as many connections of clients as the single one: with half of them it would have half as
    much to do at once, and what is written in one transaction is what comes at once.
    """

    rounds: int = 5
    seconds: float = 2.0
    connections: int = 32
    workers: int = 2


@dataclass(frozen=True, slots=True)
class Turn:
    """What workers did in one turn, each in a second of the clock."""

    rate: float
    running: float
    """Seconds of processor that the workers had."""
    waiting: float
    """Seconds for which workers could have run and did not."""
    idle: float
    """Seconds for which a processor had nothing to do."""
    clients: float
    """Seconds of processor that the clients had."""
    shares: tuple[float, ...]
    """Of each worker, in seconds of processor."""

    def yielded(self, workers: int) -> float:
        """Requests for a second of processor that the workers had or could have had."""
        # no worker can have more than one processor: what others left idle beyond that is not theirs to use
        unused = min(self.idle, max(workers - self.running, 0.0)) if workers > 1 else 0.0
        return self.rate / (self.running + unused)


def measure(settings: Settings) -> Iterator[Row]:
    """A row for each kind of request: how the rate grows with workers, and what each costs."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tmfrig-bench-")))

        def serving(workers: int, file: str) -> Measured:
            return stack.enter_context(
                reference_servers(
                    *("--api", "TMF622", "--workers", str(workers)),
                    *("--store", f"sqlite:///{folder / file}"),
                    environment=STILL,
                )
            )

        one = serving(1, "1.db")
        servers = {
            1: [one],
            settings.workers: [serving(settings.workers, f"{settings.workers}.db")],
            APART: [one, serving(1, "apart.db")],
        }
        jobs = {count: [_jobs(each) for each in some] for count, some in servers.items()}
        for name in jobs[1][0]:
            turns: dict[int, list[Turn]] = {count: [] for count in servers}
            with said(f"{PART}: {name}, one worker and {settings.workers} in turn"):
                for number in range(settings.rounds + 1):
                    for count, some in servers.items():
                        turn = _turn(some, [each[name] for each in jobs[count]], settings)
                        if number:  # the first round warms all up
                            turns[count].append(turn)
                        for server in some:
                            server.calm()
            yield from _compared(name, turns, settings.workers)


def _jobs(server: Measured) -> dict[str, Job | Mixed]:
    path = f"{urlsplit(server.url).path}/productOrder"
    order = json.dumps(ORDER).encode()
    ids = [call(f"{server.url}/productOrder", order)[1]["id"] for _ in range(ORDERS)]
    get = Job("GET", "GET", [f"{path}/{each}" for each in ids])
    post = Job("POST", "POST", [path], order, 201)
    return {
        "GET by id": get,
        "POST of three items": post,
        "four GET to one POST": Mixed("mixed", ((get, 4), (post, 1))),
    }


def _turn(servers: Sequence[Measured], jobs: Sequence[Job | Mixed], settings: Settings) -> Turn:
    """Have clients ask in processes of their own, one server each, and look what everybody gets of the
    processors.
    """
    workers = [pid for server in servers for pid in _busy(server)]
    with ExitStack() as stack:
        clients = [
            stack.enter_context(running(sys.executable, str(HERE / "asking.py"), input_=True))
            for _ in range(CLIENTS)
        ]
        for number, each in enumerate(clients):
            server, job = servers[number % len(servers)], jobs[number % len(servers)]
            task = {"url": server.url, "seconds": settings.seconds, "job": _written(job)}
            _tell(each, task | {"connections": settings.connections * len(workers) // CLIENTS})
        for each in clients:
            _hear(each)
        before = [spent([pid]) for pid in workers]
        idle = idle_seconds()
        for each in clients:
            _tell(each, "begin")
        outcomes = [_hear(each) for each in clients]
        after = [spent([pid]) for pid in workers]
        idle = idle_seconds() - idle
    seconds = max(each["seconds"] for each in outcomes)
    used = [now - then for now, then in zip(after, before, strict=True)]
    return Turn(
        sum(each["answers"] for each in outcomes) / seconds,
        sum(each.running for each in used) / seconds,
        sum(each.waiting for each in used) / seconds,
        idle / seconds,
        sum(each["processor"] for each in outcomes) / seconds,
        tuple(round(each.running / seconds, 2) for each in used),
    )


def _busy(server: Measured) -> list[int]:
    """The processes that answer: the server itself, or those that it has started."""
    first, *others = server.pids()
    return others or [first]


def _written(job: Job | Mixed) -> list[tuple[dict[str, object], int]]:
    """A job for another process: plain requests with their weights."""
    parts = job.jobs if isinstance(job, Mixed) else ((job, 1),)
    return [(asdict(each) | {"body": each.body.decode()}, weight) for each, weight in parts]


def _tell(client: subprocess.Popen[str], what: object) -> None:
    assert client.stdin is not None
    client.stdin.write(json.dumps(what) + "\n")
    client.stdin.flush()


def _hear(client: subprocess.Popen[str]) -> dict[str, float]:
    assert client.stdout is not None
    line = client.stdout.readline()
    if not line:
        raise RuntimeError("a client has ended")
    heard: dict[str, float] = json.loads(line)
    return heard


def _compared(name: str, turns: dict[int, list[Turn]], workers: int) -> Iterator[Row]:
    one, several, apart = turns[1], turns[workers], turns[APART]
    rates = [b.rate / a.rate for a, b in zip(one, several, strict=True)]
    yields = _yields(one, several, workers)
    costs = [_cost(kind) for kind in (one, several, apart)]
    last = several[-1]
    idle, clients = (
        statistics.median(getattr(each, what) for each in several) for what in ("idle", "clients")
    )
    bound = _yields(one, apart, len(apart[0].shares))
    yield Row(
        PART,
        f"{name}, {workers} workers to one",
        round(statistics.median(yields), 2),
        "times",
        AIM,
        f"{min(yields):.2f}-{max(yields):.2f} with the clients' share left out; rates alone "
        f"{statistics.median(rates):.2f} ({statistics.median(each.rate for each in several):,.0f}/s to "
        f"{statistics.median(each.rate for each in one):,.0f}/s); {costs[1]:.0f} µs to {costs[0]:.0f} µs of "
        f"processor; idle {idle:.2f}, clients {clients:.2f} processors; workers had "
        f"{' and '.join(map(str, last.shares))}",
        {
            "rate_ratios": [round(each, 3) for each in rates],
            "yield_ratios": [round(each, 3) for each in yields],
            "us": [round(each, 1) for each in costs[:2]],
            "turns": {str(count or "apart"): list(map(_figures, kind)) for count, kind in turns.items()},
        },
    )
    yield Row(
        PART,
        f"{name}, two servers that share nothing to one",
        round(statistics.median(bound), 2),
        "times",
        None,
        f"{min(bound):.2f}-{max(bound):.2f}: what this machine yields; {costs[2]:.0f} µs to "
        f"{costs[0]:.0f} µs of processor",
        {"yield_ratios": [round(each, 3) for each in bound], "us": round(costs[2], 1)},
    )


def _cost(turns: Sequence[Turn]) -> float:
    """Microseconds of processor for each request."""
    return statistics.median(each.running / each.rate * 1e6 for each in turns)


def _yields(one: Sequence[Turn], several: Sequence[Turn], workers: int) -> list[float]:
    """What so many processes yield beside one, round by round."""
    return [workers * b.yielded(workers) / a.yielded(1) for a, b in zip(one, several, strict=True)]


def _figures(turn: Turn) -> dict[str, object]:
    return {
        "rate": round(turn.rate),
        "running": round(turn.running, 3),
        "waiting": round(turn.waiting, 3),
        "idle": round(turn.idle, 3),
        "clients": round(turn.clients, 3),
        "shares": turn.shares,
    }
