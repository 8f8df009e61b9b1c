"""Robustness, encoding, numbers, dates and security, judged at servers that are wrong once, or peculiar."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import pytest
from fake_vendor import FakeVendor
from fake_wire import Answer, Call, served
from judging import BLAMED, judged_at

from tmfrig.conformance.check import Suite, catalogue
from tmfrig.conformance.client import Connection
from tmfrig.mockservers.faults.catalogue import known
from tmfrig.mockservers.faults.security import TOKEN
from tmfrig.mockservers.guard import VARIABLE
from tmfrig.mockservers.running import serving
from tmfrig.reports.result import Outcome, Result
from tmfrig.specs import Contract, standard_contract

API = "TMF637"
CONTRACT = standard_contract(API)
HTML = {"Content-Type": "text/html"}
FAULTS = [
    ("malformed", "robust", "empty-body-is-a-server-error", "robust.malformed"),
    ("deep", "robust", "deep-body-is-a-server-error", "robust.malformed"),
    ("types", "robust", "object-for-a-text-is-a-server-error", "robust.types"),
    ("ids", "robust", "quote-in-id-is-a-server-error", "robust.ids"),
    ("queries", "robust", "unknown-parameter-is-a-server-error", "robust.queries"),
    ("text", "encoding", "emoji-become-question-marks", "encoding.text"),
    ("cut", "encoding", "text-cut-at-255", "encoding.long-text"),
    ("nul", "encoding", "text-ends-at-nul", "encoding.control-characters"),
    ("null", "encoding", "null-becomes-a-blank", "encoding.null"),
    ("numbers", "number", "numbers-in-single-precision", "number.precision"),
    ("texts", "number", "numbers-shown-as-texts", "number.precision"),
    ("zones", "time", "half-hours-of-offsets-are-ignored", "time.instant"),
    ("fraction", "time", "microseconds-taken-for-milliseconds", "time.instant"),
    ("accept", "media-type", "accept-wildcard-not-acceptable", "media-type.accept"),
]
HOLES = [
    ("lists-open-to-everybody", "security.no-credentials"),
    ("patching-open-to-everybody", "security.no-credentials"),
    ("refused-deletes-are-carried-out", "security.no-credentials"),
    ("any-token-is-good", "security.bad-credentials"),
    ("bad-token-is-a-server-error", "security.bad-credentials"),
    ("hub-open-to-everybody", "security.hub"),
]


def judged_by(
    url: str,
    *families: str,
    login: Mapping[str, str] | None = None,
    other: Mapping[str, str] | None = None,
    suite: Suite = Suite.full,
    contract: Contract = CONTRACT,
) -> list[Result]:
    """What the checks of some families say about what is at a base URL."""
    connection = Connection(url, login or {}, login=frozenset(login or ()), other=other)
    checks = [each.id for each in catalogue() if each.id.partition(".")[0] in families]
    return judged_at(contract, connection, checks, suite)


def judged_with(fault: str, family: str, login: Mapping[str, str] | None = None) -> list[Result]:
    """What the checks of a family say about a reference server with a fault, at its API."""
    api = known()[fault].role
    with serving([api], faults=[fault]) as urls:
        return judged_by(urls[api], family, login=login, contract=standard_contract(api))


def blamed(results: Sequence[Result], *outcomes: Outcome) -> set[str]:
    """The checks that found something."""
    return {each.check for each in results if each.outcome in (outcomes or BLAMED)}


@contextmanager
def fronted(before: Callable[[Call], Answer | None]) -> Iterator[str]:
    """A right vendor behind something that answers some requests itself."""
    vendor = FakeVendor(CONTRACT)
    with served(lambda call: before(call) or vendor.answer(call)) as url:
        vendor.url = url
        yield url


@pytest.mark.parametrize(("family", "fault", "check"), [each[1:] for each in FAULTS], ids=lambda each: each)
def test_what_breaks_or_alters_is_found(family: str, fault: str, check: str) -> None:
    assert blamed(judged_with(fault, family), Outcome.failed) == {check}


@pytest.mark.parametrize(("fault", "check"), HOLES)
def test_a_hole_in_the_guard_is_found(fault: str, check: str) -> None:
    login = {"Authorization": f"Bearer {TOKEN}"}
    assert check in blamed(judged_with(fault, "security", login=login), Outcome.failed)


def test_a_guard_without_a_hole_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, TOKEN)
    with serving([API]) as urls:
        results = judged_by(urls[API], "security", "error", login={"Authorization": f"Bearer {TOKEN}"})

    assert blamed(results) == set()
    passed = {each.check for each in results if each.outcome is Outcome.passed}
    assert {"security.no-credentials", "security.bad-credentials", "security.hub"} <= passed


def test_without_a_login_nothing_is_said_of_guards() -> None:
    with serving([API]) as urls:
        results = judged_by(urls[API], "security")

    skipped = {each.check for each in results if each.outcome is Outcome.skipped}
    assert {"security.no-credentials", "security.bad-credentials", "security.isolation"} <= skipped
    assert blamed(results) == set()


def test_other_peoples_resources_are_out_of_reach() -> None:
    mine, theirs = {"Authorization": "Bearer mine"}, {"Authorization": "Bearer theirs"}
    vendors = {each["Authorization"]: FakeVendor(CONTRACT) for each in (mine, theirs)}

    def answer(call: Call) -> Answer:
        vendor = vendors.get(call.headers.get("authorization", ""))
        return vendor.answer(call) if vendor else Answer(401, {"code": "1", "reason": "log in"})

    with served(answer) as url:
        for vendor in vendors.values():
            vendor.url = url
        assert "security.isolation" not in blamed(judged_by(url, "security", login=mine, other=theirs))
    with serving([API]) as urls:
        shared = judged_by(urls[API], "security", login=mine, other=theirs)
        assert "security.isolation" in blamed(shared, Outcome.warned)


def test_a_gateway_that_refuses_the_absurd_in_its_own_words_is_warned_about_at_most() -> None:
    def gateway(call: Call) -> Answer | None:
        if len(call.path) > 1000 or "%" in call.path:
            return Answer(414 if len(call.path) > 1000 else 400, b"<h1>Bad Request</h1>", HTML)
        return Answer(413, b"<h1>Too large</h1>", HTML) if len(call.body) > 2**20 else None

    with fronted(gateway) as url:
        results = judged_by(url, "robust", "error", "disclosure")

    assert blamed(results) == {"error.body-at-the-door"}


@pytest.mark.filterwarnings("ignore")
def test_a_connection_that_is_closed_over_too_much_is_no_finding(capsys: pytest.CaptureFixture[str]) -> None:
    def closing(call: Call) -> Answer | None:
        if len(call.body) > 2**14 or len(call.path) > 1000:
            raise ConnectionAbortedError
        return None

    with fronted(closing) as url:
        results = judged_by(url, "robust")
    capsys.readouterr()  # what the server said to itself

    assert blamed(results) == set()
    oversized = next(each for each in results if each.check == "robust.oversized")
    assert oversized.outcome is Outcome.skipped


def test_latencies_are_told_by_operation() -> None:
    with serving([API], faults=["lists-are-slow"]) as urls:
        results = judged_by(urls[API], "page", "latency", suite=Suite.standard)

    told = next(each for each in results if each.check == "latency.percentiles")
    slow = next(each for each in told.message.split("; ") if "GET /product " in each)
    assert told.outcome is Outcome.passed
    assert int(slow.partition("GET /product ")[2].split(" / ")[0]) >= 150
