"""Waivers: what they accept, for how long, and what is said of those that accept nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from raw_server import Request, response
from shelf import shelf

from tmfrig.conformance.client import Connection
from tmfrig.conformance.mounting import MountedApi
from tmfrig.conformance.runner import Order, judge
from tmfrig.conformance.waivers import Waiver, WaiverError, Waivers, read_waivers
from tmfrig.reports.result import (
    Counts,
    Level,
    Outcome,
    Result,
    RunResult,
    TargetInfo,
    Verdict,
    verdict_of,
)
from tmfrig.specs import Contract

TODAY = date(2027, 3, 31)
TARGETS = [
    TargetInfo(api="TMF622", version="4.0.0", url="http://x", contract="sha256:1"),
    TargetInfo(api="TMF620", version="5.0.0", url="http://y", contract="sha256:2"),
]
CHECKS = ("create.location", "page.limit", "page.links")


def waiver(check: str = "create.location", **more: Any) -> Waiver:
    return Waiver.model_validate(
        {"check": check, "reason": "release 7", "owner": "Anna", "expires": TODAY, **more}
    )


def result(
    check: str = "create.location", outcome: str = "failed", level: str = "MUST", **more: Any
) -> Result:
    said = {"api": "TMF622", "version": "4", "resource": "productOrder", "message": "no Location", **more}
    return Result(check=check, level=Level(level), outcome=Outcome(outcome), **said)


@pytest.mark.parametrize(
    "covering",
    [{}, {"check": "create.*"}, {"api": "TMF622"}, {"resource": "product*"}],
    ids=["its check", "a glob", "its api", "its resource"],
)
def test_what_does_not_hold_is_accepted_up_to_the_last_day(covering: dict[str, Any]) -> None:
    waived = Waivers([waiver(**covering)], TODAY).applied(result())
    assert waived.outcome is Outcome.waived
    assert waived.message == "no Location (waived by Anna until 2027-03-31: release 7)"
    assert verdict_of([waived, result(outcome="passed")]) is Verdict.conformant


@pytest.mark.parametrize(
    "other",
    [{"check": "page.*"}, {"api": "TMF620"}, {"resource": "cancel*"}, {"expires": date(2027, 3, 30)}],
    ids=["another check", "another api", "another resource", "expired"],
)
def test_nothing_else_is_accepted(other: dict[str, Any]) -> None:
    assert Waivers([waiver(**other)], TODAY).applied(result()).outcome is Outcome.failed


@pytest.mark.parametrize("outcome", ["passed", "skipped", "error"])
def test_what_holds_or_cannot_be_judged_stays_as_it_is(outcome: str) -> None:
    assert Waivers([waiver()], TODAY).applied(result(outcome=outcome)).outcome == outcome


def test_warnings_are_waived_too() -> None:
    assert Waivers([waiver()], TODAY).applied(result(outcome="warned", level="SHOULD")).outcome == "waived"


def said(waivers: list[Waiver], *results: Result) -> list[tuple[str, str, str]]:
    kept = Waivers(waivers, TODAY)
    judged = [kept.applied(each) for each in results]
    return [(each.check, each.api, each.message) for each in kept.remarks(judged, TARGETS, CHECKS)]


def test_nothing_is_said_of_a_waiver_that_is_needed() -> None:
    assert said([waiver()], result()) == []


def test_an_expired_waiver_is_told() -> None:
    ((check, api, message),) = said([waiver(expires=date(2027, 1, 1), api="TMF622")], result())
    assert (check, api) == ("waivers.expired", "TMF622")
    assert "create.location at TMF622 (Anna: release 7)" in message
    assert "expired on 2027-01-01" in message
    assert "1 results do not hold" in message


def test_a_waiver_that_nothing_needs_is_told() -> None:
    ((check, _, message),) = said([waiver()], result(outcome="passed"))
    assert check == "waivers.unused"
    assert "everything that it covers holds" in message


def test_a_waiver_for_a_check_that_does_not_exist_is_told() -> None:
    ((check, _, message),) = said([waiver("crate.location")])
    assert check == "waivers.unused"
    assert "no check is called so" in message


def test_a_waiver_for_a_resource_that_its_api_does_not_have_is_told() -> None:
    strange = waiver(api="tmf622", resource="prodctOrder")
    ((check, _, message),) = said([strange], result(outcome="failed"))
    assert check == "waivers.unused"
    assert "no resource of TMF622 is called so" in message


@pytest.mark.parametrize("outcome", [None, "error"], ids=["not asked", "not judged"])
def test_nothing_is_said_of_what_was_not_judged(outcome: str | None) -> None:
    results = [result(outcome=outcome)] if outcome else [result("page.limit", "passed")]
    assert said([waiver()], *results) == []


@pytest.mark.parametrize("name", ["waivers.yaml", "waivers.toml", "waivers.json"])
def test_waivers_are_read_from_a_list(name: str, tmp_path: Path) -> None:
    texts = {
        "waivers.yaml": "- {check: page.*, reason: r, owner: o, expires: 2027-01-02, resource: product*}",
        "waivers.toml": '[[waivers]]\ncheck = "page.*"\nreason = "r"\nowner = "o"\nexpires = 2027-01-02\n'
        'resource = "product*"',
        "waivers.json": '{"waivers": [{"check": "page.*", "reason": "r", "owner": "o", '
        '"resource": "product*", "expires": "2027-01-02"}]}',
    }
    path = tmp_path / name
    path.write_text(texts[name], "utf-8")
    (read,) = read_waivers(path)
    assert (read.check, read.resource, read.expires) == ("page.*", "product*", date(2027, 1, 2))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- {check: a.b, reason: r, owner: o}", "waivers.0.expires: field required"),
        ("- {check: a.b, reason: '', owner: o, expires: 2027-01-01}", "waivers.0.reason: it says nothing"),
        ("- {check: a.b, owner: o, expires: 2027-01-01}", "waivers.0.reason: field required"),
        ("- {check: a.b, reason: r, expires: 2027-01-01}", "waivers.0.owner: field required"),
        ("- {check: a.b, reason: r, owner: o, expires: soon}", "waivers.0.expires: write the last day"),
        ("- {check: a.b, reason: r, owner: o, expires: 20270101}", "waivers.0.expires: write the last day"),
        (
            "- {check: a.b, reason: r, owner: o, expires: 2027-01-01, api: TMF999}",
            "waivers.0.api: 'TMF999' is no API; there are TMF620, TMF622",
        ),
        ("- just words", "waivers.0: input should be an object, {key: value}"),
        (
            "- {check: a.b, reason: r, owner: o, expires: 2027-01-01, until: x}",
            "waivers.0.until: there is no such key; there are check, api, resource, reason, owner, expires",
        ),
        ("just words", "waivers: input should be a valid list"),
        ("[", "is not YAML"),
    ],
)
def test_a_mistake_is_told_in_one_line(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "waivers.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(WaiverError) as mistake:
        read_waivers(path)
    assert str(mistake.value).startswith(str(path))
    assert told in str(mistake.value)
    assert "\n" not in str(mistake.value)


def test_a_run_of_scenarios_can_be_waived() -> None:
    results = [result("order.completes"), result("order.other", "passed")]
    run = RunResult.assemble(
        started=datetime.now(UTC),
        seconds=1.0,
        seed=1,
        targets=TARGETS,
        results=results,
    )
    assert run.verdict is Verdict.nonconformant
    waived = Waivers([waiver("order.completes")], TODAY).applied_to(run)
    assert (waived.verdict, waived.counts) == (Verdict.conformant, Counts(passed=1, waived=1))


def test_the_judge_waives_and_tells(contract: Contract) -> None:
    def broken(request: Request) -> Any:
        return response(404, {"code": "1"}) if request.target.endswith("/cancelProductOrder") else "as usual"

    accepted = [waiver("list.answers", resource="cancel*"), waiver("retrieve.unknown-id")]
    with shelf(broken) as (orders, _):
        mounted = MountedApi(contract, Connection(orders.url), frozenset())
        order = Order(
            [mounted], only=["list.answers", "retrieve.unknown-id"], waivers=Waivers(accepted, TODAY)
        )
        found = judge(order).results
    outcomes = {(each.check, each.resource): each.outcome for each in found}
    assert outcomes["list.answers", "productOrder"] is Outcome.passed
    assert outcomes["list.answers", "cancelProductOrder"] is Outcome.waived
    assert outcomes["waivers.unused", None] is Outcome.warned
