"""One run: which results there are, how checks end, and what a dying target or Ctrl-C leaves."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from raw_server import RawServer, Request, response
from shelf import BASE, Shelf, shelf

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import (
    MAY,
    MUST,
    SHOULD,
    CannotJudge,
    Check,
    Manner,
    Scope,
    Violation,
    not_applicable,
    skip,
)
from tmfrig.conformance.exchange import Exchange, Notification
from tmfrig.conformance.expect import expect
from tmfrig.conformance.mounting import mount
from tmfrig.conformance.runner import Judgement, NoSuchCheckError, Order, Plan, judge, select
from tmfrig.conformance.target import validated
from tmfrig.reports.result import Level, Outcome, Result
from tmfrig.specs import Kind, Resource


def probing(
    run: Callable[..., str | None],
    id: str = "a.check",
    level: Level = MUST,
    *,
    scope: Scope = Scope.RESOURCE,
    on: Kind | None = None,
) -> Check:
    kinds = frozenset({on} if on else ())
    return Check(id, level, "It holds.", "rule X-01", Manner.PROBING, scope, kinds, None, run)


def observing(
    run: Callable[[Exchange], str | None], id: str = "an.observation", level: Level = MUST
) -> Check:
    return Check(id, level, "It holds.", "rule X-02", Manner.EXCHANGE, Scope.RESOURCE, frozenset(), None, run)


def creates(api: Api, resource: Resource) -> None:
    api.create(resource)


def run(url: str, checks: Sequence[Check], **order: Any) -> Judgement:
    auth = order.pop("auth", {})
    listeners = order.pop("listeners", ())
    target = validated({"apis": [{"api": "TMF622", "url": url, "auth": auth}]}, "")
    return judge(Order(mount(target), checks=checks, **order), listeners)


def outcomes(judgement: Judgement) -> dict[tuple[str, str | None], Outcome]:
    return {(each.check, each.resource): each.outcome for each in judgement.results}


def ends(problem: Exception | None, said: str | None = None) -> Callable[..., str | None]:
    def check(api: Api) -> str | None:
        api.list(api.contract.resources["productOrder"])
        if problem is not None:
            raise problem
        return said

    return check


@pytest.mark.parametrize(
    ("problem", "level", "outcome", "message"),
    [
        (None, MUST, Outcome.passed, "pages answered with 206"),
        (Violation("it is not so"), MUST, Outcome.failed, "it is not so"),
        (Violation("it is not so"), SHOULD, Outcome.warned, "it is not so"),
        (Violation("it is not so"), MAY, Outcome.skipped, "not offered: it is not so"),
        (CannotJudge("no order could be had"), MUST, Outcome.error, "no order could be had"),
    ],
)
def test_how_a_check_ends_is_its_outcome(
    problem: Exception | None, level: Level, outcome: Outcome, message: str
) -> None:
    check = probing(ends(problem, "pages answered with 206"), level=level, scope=Scope.API)
    with shelf() as (orders, _):
        (result,) = run(orders.url, [check]).results
    assert (result.outcome, result.message, result.level) == (outcome, message, level)
    assert (result.api, result.version, result.resource, result.source) == ("TMF622", "4", None, "rule X-01")
    assert bool(result.evidence) is (outcome in {Outcome.failed, Outcome.warned, Outcome.error})


def test_a_mistake_in_a_check_is_ours_and_logged() -> None:
    with shelf() as (orders, _):
        judgement = run(orders.url, [probing(ends(KeyError("href")), scope=Scope.API)])
    (result,) = judgement.results
    assert result.outcome is Outcome.error
    assert result.message.startswith("the check itself failed (KeyError: 'href'); see ")
    assert judgement.fault is not None
    assert "KeyError: 'href'" in Path(judgement.fault).read_text()


def test_checks_are_asked_of_the_resources_that_offer_what_they_are_about() -> None:
    def fine(api: Api, resource: Resource) -> None: ...

    checks = [
        probing(fine, "every.one"),
        probing(fine, "patch.only", on=Kind.PATCH),
        probing(lambda api: None, "the.hub", scope=Scope.HUB),
        probing(lambda api: None, "the.api", scope=Scope.API),
    ]
    with shelf() as (orders, _):
        assert outcomes(run(orders.url, checks)).keys() == {
            ("every.one", "productOrder"),
            ("every.one", "cancelProductOrder"),
            ("patch.only", "productOrder"),
            ("the.hub", "hub"),
            ("the.api", None),
        }


def test_the_exchange_that_shows_it_is_the_last_evidence() -> None:
    def check(api: Api, resource: Resource) -> None:
        first = api.create(resource, label="the first POST")
        api.list(resource)
        expect(first).status(200)

    with shelf() as (orders, _):
        result = run(orders.url, [probing(check, on=Kind.DELETE)]).results[0]
    assert [each.request.method for each in result.evidence] == ["GET", "POST"]
    assert result.message == "the first POST: answered 201, not 200"
    assert result.expected == "200 OK"
    assert result.actual is not None
    assert result.actual.startswith("201 Created, {")


def test_observing_checks_give_one_result_per_resource() -> None:
    def bodies(exchange: Exchange) -> None:
        if exchange.kind is not Kind.CREATE:
            not_applicable()
        if exchange.resource is not None and exchange.resource.name == "productOrder":
            raise Violation("an order is wrong", actual="as it is")

    checks = [probing(creates, f"create.{number}") for number in range(3)] + [observing(bodies)]
    with shelf() as (orders, _):
        found = {
            each.resource: each for each in run(orders.url, checks).results if each.check == "an.observation"
        }
    # One order per check, and one for each cancellation to refer to: six of which the first is shown.
    assert found["productOrder"].outcome is Outcome.failed
    assert found["productOrder"].actual == "as it is (5 more exchanges like this)"
    assert len(found["productOrder"].evidence) == 1
    assert found["cancelProductOrder"].outcome is Outcome.passed


def test_an_observation_is_owed_a_result_even_when_nothing_was_seen() -> None:
    def never(exchange: Exchange) -> None:
        not_applicable()

    with shelf() as (orders, _):
        (result, _) = run(orders.url, [observing(never)]).results
    assert (result.outcome, result.message) == (Outcome.skipped, "nothing was observed")


def test_observations_of_the_hub_and_of_unknown_paths_are_told_apart() -> None:
    def check(api: Api) -> None:
        api.register(api.callback())
        api.request("GET", "/nothing/here")

    def seen(exchange: Exchange) -> None: ...

    with shelf() as (orders, _):
        results = run(orders.url, [probing(check, scope=Scope.API), observing(seen)]).results
    assert [
        each.resource for each in results if each.check == "an.observation" and each.outcome is Outcome.passed
    ] == [
        "hub",
        None,
    ]


def test_the_label_of_a_request_is_left_to_the_evidence_where_likes_are_grouped() -> None:
    def html(exchange: Exchange) -> None:
        expect(exchange).media_type("text/html")

    with shelf() as (orders, _):
        results = run(orders.url, [probing(creates), observing(html)]).results
    assert {each.message for each in results if each.check == "an.observation"} == {
        "Content-Type is application/json"
    }


def test_selecting_an_observation_lets_the_probes_run_without_a_say() -> None:
    def judged(exchange: Exchange) -> None: ...

    with shelf() as (orders, _):
        results = run(orders.url, [probing(creates), observing(judged)], only=["an.*"]).results
    assert {(each.check, each.outcome) for each in results} == {("an.observation", Outcome.passed)}


def test_globs_select_checks_and_a_glob_for_nothing_is_a_mistake() -> None:
    checks = [probing(creates, id) for id in ("page.limit", "page.walk", "sort.up")]
    assert [check.id for check in select(checks, ["page.*", "sort.up"])] == [
        "page.limit",
        "page.walk",
        "sort.up",
    ]
    with pytest.raises(NoSuchCheckError, match=r"no check is called 'pages\.\*'; tmfrig checks list"):
        select(checks, ["page.*", "pages.*"])


def test_results_are_told_as_they_happen_and_the_plan_before() -> None:
    told: list[object] = []
    with shelf() as (orders, _):
        target = validated({"apis": [{"api": "TMF622", "url": orders.url}]}, "")
        judge(Order(mount(target), checks=[probing(creates)]), [told.append], told.append)
    plan, *results = told
    assert isinstance(plan, Plan)
    assert (plan.total, plan.parts) == (
        2,
        {("TMF622", "productOrder"): 1, ("TMF622", "cancelProductOrder"): 1},
    )
    assert [each.resource for each in results if isinstance(each, Result)] == [
        "productOrder",
        "cancelProductOrder",
    ]


def test_fail_fast_ends_at_the_first_must() -> None:
    def fails(api: Api, resource: Resource) -> None:
        raise Violation("no")

    checks = [
        probing(fails, "a.should", SHOULD),
        probing(fails, "b.must"),
        probing(creates, "c.never"),
    ]
    with shelf() as (orders, server):
        judgement = run(orders.url, checks, fail_fast=True)
    assert outcomes(judgement)["a.should", "productOrder"] is Outcome.warned
    assert outcomes(judgement)["b.must", "productOrder"] is Outcome.failed
    assert "c.never" not in {each.check for each in judgement.results}
    last = judgement.results[-1]
    assert (last.check, last.outcome) == ("run.complete", Outcome.error)
    assert last.message == "not judged: 4 checks, because --fail-fast ended the run"
    assert server.requests == []


def dies_after(count: int, known: list[RawServer]) -> Callable[[Request], Any]:
    def instead(request: Request) -> Any:
        if len(known[0].requests) > count:
            known[0].stop()
            return None
        return "as usual"

    return instead


def test_a_target_that_dies_leaves_errors_at_once_and_what_was_known() -> None:
    known: list[RawServer] = []
    checks = [probing(creates, f"create.{number:02d}", on=Kind.DELETE) for number in range(10)]
    with shelf(dies_after(4, known)) as (orders, server):
        known.append(server)
        judgement = run(orders.url, checks)
    assert [each.outcome for each in judgement.results] == [Outcome.passed] * 4 + [Outcome.error] * 6
    assert judgement.gone is not None
    assert judgement.gone.endswith("stopped answering: connection refused")
    assert len({each.message for each in judgement.results[4:]}) == 1


def test_a_missing_notification_of_a_dead_target_is_not_its_failure() -> None:
    known: list[RawServer] = []

    def check(api: Api, resource: Resource) -> None:
        with api.subscribe() as subscription:
            api.fresh(resource)
            known[0].stop()
            subscription.wait_for(lambda notification: True, within=0.05)

    with shelf() as (orders, server):
        known.append(server)
        judgement = run(orders.url, [probing(check, on=Kind.DELETE)])
    assert [each.outcome for each in judgement.results] == [Outcome.error]
    assert judgement.gone is not None


def test_ctrl_c_keeps_what_is_known_and_judges_nothing_more() -> None:
    def interrupts(api: Api, resource: Resource) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    def seen(exchange: Exchange) -> None: ...

    checks = [
        probing(creates, "a.check"),
        probing(interrupts, "b.check"),
        probing(creates, "c.check"),
        observing(seen, "d.check"),
    ]
    with shelf() as (orders, _):
        judgement = run(orders.url, checks)
    assert judgement.interrupted
    found = outcomes(judgement)
    assert found["a.check", "productOrder"] is Outcome.passed
    assert found["d.check", "productOrder"] is Outcome.passed
    assert not {("b.check", "productOrder"), ("c.check", "productOrder")} & found.keys()
    assert found["run.complete", None] is Outcome.error
    assert judgement.results[-1].message == "not judged: 6 checks, because Ctrl-C ended the run"


def test_what_was_created_is_deleted_and_what_was_registered_unregistered() -> None:
    def check(api: Api, resource: Resource) -> None:
        api.fresh(resource)
        api.an_instance(resource)
        api.register(api.callback())

    with shelf() as (orders, _):
        run(orders.url, [probing(check, on=Kind.DELETE)])
    assert orders.items["productOrder"] == {}
    assert orders.items["hub"] == {}


def test_secrets_are_in_no_result(tmp_path: Path) -> None:
    secret = "t0p-s3cret-value"

    def echo(request: Request) -> Any:
        told = {"code": "1", "reason": f"who is {request.headers.get('authorization')}"}
        return response(403, told, headers={"X-Seen": request.headers.get("authorization", "")})

    def check(api: Api, resource: Resource) -> None:
        expect(api.create(resource)).status(201)

    with shelf(echo) as (orders, server):
        judgement = run(orders.url, [probing(check)], auth={"bearer": secret})
    assert server.requests[0].headers["authorization"] == f"Bearer {secret}"
    text = "".join(each.model_dump_json() for each in judgement.results)
    assert "who is Bearer ***" in text
    assert secret not in text


def test_nothing_of_the_users_pytest_takes_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "conftest.py").write_text("raise SystemExit('the conftest was read')")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option-either")
    monkeypatch.setenv("PYTEST_PLUGINS", "no.such.plugin")
    with shelf() as (orders, _):
        judgement = run(orders.url, [probing(creates)])
    assert [each.outcome for each in judgement.results] == [Outcome.passed] * 2
    assert os.environ["PYTEST_ADDOPTS"] == "--no-such-option-either"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["conftest.py", "pytest.ini"]


def test_a_run_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    with shelf() as (orders, _):
        run(orders.url, [probing(ends(Violation("no")), scope=Scope.API)])
    assert capfd.readouterr() == ("", "")


def test_a_skip_says_why() -> None:
    def check(api: Api) -> None:
        skip("DELETE is not offered")

    with shelf() as (orders, _):
        (result,) = run(orders.url, [probing(check, scope=Scope.API)]).results
    assert (result.outcome, result.message) == (Outcome.skipped, "DELETE is not offered")


def test_notifications_are_judged_under_the_resource_that_they_are_about() -> None:
    import httpx2

    def check(api: Api) -> None:
        with api.subscribe() as subscription:
            told = {"eventType": "ProductOrderCreateEvent", "event": {"productOrder": {"id": "1"}}}
            httpx2.post(subscription.callback, json=told)
            httpx2.post(subscription.callback, json={"eventType": "SomethingElse"})

    def enveloped(notification: Notification) -> None:
        if notification.event_type == "SomethingElse":
            raise Violation("no such event")

    rule = Check(
        "event.known", MUST, "S.", "X", Manner.NOTIFICATION, Scope.RESOURCE, frozenset(), None, enveloped
    )
    with shelf() as (orders, _):
        judgement = run(orders.url, [probing(check, scope=Scope.API), rule])
    assert {each.resource: each.outcome for each in judgement.results if each.check == "event.known"} == {
        "productOrder": Outcome.passed,
        "cancelProductOrder": Outcome.skipped,
        "hub": Outcome.failed,
    }


@pytest.fixture(autouse=True)
def _no_leftovers() -> Iterator[None]:
    yield
    assert (
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD" not in os.environ
        or os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] != "1"
    )


def test_a_shelf_is_at_the_standard_place() -> None:
    with shelf() as (orders, _):
        assert isinstance(orders, Shelf)
        assert orders.url.endswith(BASE)
