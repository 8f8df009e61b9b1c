"""Targets that misbehave below the level of HTTP or beyond measure: a run ends soon with what it knows."""

from __future__ import annotations

import gzip
import itertools
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from raw_server import RawServer, Request, Said, response, serving
from shelf import BASE, Shelf

from tmfrig.conformance.client import Bounds, Connection
from tmfrig.conformance.mounting import MountedApi
from tmfrig.conformance.runner import Judgement, Order, judge
from tmfrig.reports.result import Outcome, Verdict, verdict_of
from tmfrig.specs import standard_contract

BOUNDS = Bounds(seconds=0.5, body=2**18, longest_pause=0.05)
GOOD = 12
"""So many requests are answered as they should be before a target shows its other side."""
UNBOUNDED = 120.0


def judged(url: str, suite: list[str]) -> Judgement:
    connection = Connection(url + BASE, bounds=BOUNDS)
    mounted = MountedApi(standard_contract("TMF622"), connection, frozenset())
    return judge(Order([mounted], only=suite))


def trickling(server: list[RawServer], request: Request) -> Said:
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
    while not server[0].stopping.wait(0.05):
        yield b" "


def enormous(server: list[RawServer], request: Request) -> Said:
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\nContent-Type: application/json\r\n\r\n"
    for _ in range(2**14):
        yield b" " * 2**16


def bomb(server: list[RawServer], request: Request) -> Said:
    return response(200, raw=BOMB, headers={"Content-Encoding": "gzip"})


def redirecting(server: list[RawServer], request: Request) -> Said:
    return response(302, headers={"Location": request.target})


def no_text(server: list[RawServer], request: Request) -> Said:
    return response(200, raw=b'[{"id": "\xff\xfe\xfa"}]')


def a_page(server: list[RawServer], request: Request) -> Said:
    return response(200, raw=b"<html>Log in</html>", headers={"Content-Type": "text/html"})


def too_short(server: list[RawServer], request: Request) -> Said:
    return response(200, raw=b"[]", headers={"Content-Length": "1000"})


def too_long(server: list[RawServer], request: Request) -> Said:
    return response(200, raw=b"[" + b" " * 500 + b"]", headers={"Content-Length": "3"})


def not_packed(server: list[RawServer], request: Request) -> Said:
    return response(200, raw=b"[]", headers={"Content-Encoding": "gzip"})


def closing(server: list[RawServer], request: Request) -> Said:
    return None


def deep(server: list[RawServer], request: Request) -> Said:
    return response(200, raw=b"[" * 20_000 + b"]" * 20_000)


def absurd_headers(server: list[RawServer], request: Request) -> Said:
    return response(200, [], headers={"X-Total-Count": "9" * 400, "Link": "<" * 900, "Location": "http://["})


BOMB = gzip.compress(b" " * 2**25)
HOSTILE = [
    trickling,
    enormous,
    bomb,
    redirecting,
    no_text,
    a_page,
    too_short,
    too_long,
    not_packed,
    closing,
    deep,
    absurd_headers,
]


def _one_of_two(number: int) -> tuple[Any, Any]:
    slow = pytest.mark.detection
    return ((), slow) if number % 2 else (slow, ())


CHECKS = ["create.*", "list.*", "retrieve.*", "page.*", "representation.*", "error.*"]


@pytest.mark.parametrize(
    ("misbehaves", "good"),
    [
        # each is quick in one of two ways: a sample of all
        pytest.param(each, good, id=f"{each.__name__}-{good}", marks=marks)
        for number, each in enumerate(HOSTILE)
        for good, marks in zip((0, GOOD), _one_of_two(number), strict=True)
    ],
)
def test_a_run_ends_soon_within_bounds_and_calls_nobody_conformant(
    misbehaves: Callable[[list[RawServer], Request], Said], good: int
) -> None:
    count = itertools.count()
    kept = Shelf()
    servers: list[RawServer] = []

    def answer(request: Request) -> Said:
        return kept(request) if next(count) < good else misbehaves(servers, request)

    tracemalloc.start()
    try:
        with serving(answer) as server:
            servers.append(server)
            kept.url = server.url + BASE
            judgement = judged(server.url, CHECKS)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert judgement.fault is None
    assert judgement.seconds < UNBOUNDED
    assert most < 100 * 2**20
    assert verdict_of(judgement.results) is not Verdict.conformant
    told = [each for each in judgement.results if each.outcome in (Outcome.failed, Outcome.error)]
    assert all(each.message for each in told)
    if good:
        assert any(each.outcome is Outcome.passed for each in judgement.results)


def test_a_target_that_closes_every_seventh_connection_is_judged_all_the_same() -> None:
    count = itertools.count(1)
    kept = Shelf()
    with serving(lambda request: None if next(count) % 7 == 0 else kept(request)) as server:
        kept.url = server.url + BASE
        judgement = judged(server.url, ["create.*", "retrieve.*"])
    assert judgement.fault is None
    assert judgement.gone is None
    assert sum(each.outcome is Outcome.passed for each in judgement.results) > len(judgement.results) / 3
