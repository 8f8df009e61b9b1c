"""What is a right answer under load, and what is wrong with another."""

from __future__ import annotations

import json
from typing import Any

import pytest
from httpx2 import Headers

from tmfrig.conformance.client import Connection
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.mounting import MountedApi
from tmfrig.loadtests.answers import FULLY, SAMPLE, Answers, flaw_of, merged
from tmfrig.loadtests.asking import Ask, Reply
from tmfrig.loadtests.client import Answer
from tmfrig.reports.result import Result
from tmfrig.specs import Kind, standard_contract

ORDER = {
    "id": "1",
    "href": "/productOrder/1",
    "state": "acknowledged",
    "productOrderItem": [{"id": "1", "action": "add"}],
}
NAMELESS = {name: value for name, value in ORDER.items() if name != "id"}


def answer(
    kind: Kind, status: int, body: Any, *, resource: str = "productOrder", api: str = "TMF622"
) -> Exchange:
    contract = standard_contract(api)
    found = contract.resources[resource]
    operation = found.operations[kind]
    return Exchange(
        contract=contract,
        method=operation.method.upper(),
        url=f"http://127.0.0.1:1{operation.path}",
        path=operation.path.replace("{id}", "1"),
        status=status,
        headers=Headers({"Content-Type": "application/json"}),
        body=body if isinstance(body, bytes) else json.dumps(body).encode(),
        operation=operation,
        resource=found,
        label=f"{operation.method.upper()} {operation.path}",
        intent=Intent.VALID,
    )


def rule(exchange: Exchange) -> str | None:
    flaw = flaw_of(exchange)
    return flaw.rule if flaw else None


@pytest.mark.parametrize(
    "exchange",
    [
        answer(Kind.LIST, 200, []),
        answer(Kind.LIST, 200, [ORDER]),
        answer(Kind.LIST, 206, [ORDER]),
        answer(Kind.RETRIEVE, 200, ORDER),
        answer(Kind.RETRIEVE, 200, ORDER | {"x-extra": [1]}),
        answer(Kind.CREATE, 201, ORDER),
        answer(Kind.CREATE, 202, ORDER),
        answer(Kind.CREATE, 202, b""),
        answer(Kind.PATCH, 200, ORDER),
        answer(Kind.PATCH, 204, b""),
        answer(Kind.DELETE, 204, b""),
        answer(Kind.DELETE, 202, b""),
    ],
)
def test_legal_variety_is_right(exchange: Exchange) -> None:
    assert rule(exchange) is None


def test_a_qualification_that_is_answered_at_once_needs_no_id() -> None:
    qualification = {"productOfferingQualificationItem": [{"id": "1", "state": "done"}], "state": "done"}
    exchange = answer(Kind.CREATE, 200, qualification, resource="productOfferingQualification", api="TMF679")

    assert rule(exchange) is None


@pytest.mark.parametrize(
    ("exchange", "broken"),
    [
        (answer(Kind.LIST, 0, b""), "unanswered"),
        (answer(Kind.LIST, 500, {"code": "500", "reason": "x"}), "overload"),
        (answer(Kind.LIST, 429, {"code": "429", "reason": "x"}), "overload"),
        (answer(Kind.RETRIEVE, 404, {"code": "404", "reason": "x"}), "status"),
        (answer(Kind.RETRIEVE, 206, ORDER), "status"),
        (answer(Kind.PATCH, 409, {"code": "409", "reason": "x"}), "status"),
        (answer(Kind.DELETE, 404, {"code": "404", "reason": "x"}), "status"),
        (answer(Kind.LIST, 200, ORDER), "json"),
        (answer(Kind.RETRIEVE, 200, [ORDER]), "json"),
        (answer(Kind.LIST, 200, b"<html>"), "json"),
        (answer(Kind.LIST, 200, [ORDER | {"state": "shipped"}]), "schema"),
        (answer(Kind.LIST, 206, [ORDER | {"state": "shipped"}]), "schema"),
        (answer(Kind.CREATE, 202, ORDER | {"orderDate": "yesterday"}), "schema"),
        (answer(Kind.CREATE, 201, NAMELESS), "identity"),
        (answer(Kind.LIST, 200, [ORDER, NAMELESS]), "identity"),
    ],
)
def test_what_is_wrong_is_named_by_the_rule_that_it_breaks(exchange: Exchange, broken: str) -> None:
    assert rule(exchange) == broken


MOUNTED = MountedApi(standard_contract("TMF622"), Connection("http://127.0.0.1:1"), frozenset())


def reply(
    kind: Kind,
    status: int,
    body: Any = b"",
    also: frozenset[int] = frozenset(),
    trouble: str = "",
    **headers: str,
) -> Reply:
    ask = Ask.of(MOUNTED, "productOrder", kind, also)
    assert ask is not None
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    told = {"content-type": "application/json"} | headers
    return Reply(ask, ask.path("1") if kind in (Kind.RETRIEVE, Kind.PATCH) else ask.path(), None,
                 Answer(status, told if status else {}, content, 0.0, 0.1, trouble))  # fmt: skip


def results(answers: Answers) -> list[Result]:
    return merged(answers.found(frozenset(), [MOUNTED.contract]))


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_wrong_status_is_noticed_whether_or_not_the_answer_is_in_the_sample(share: float) -> None:
    answers = Answers(share)

    assert answers.judge(reply(Kind.RETRIEVE, 500, {"code": "500", "reason": "Too busy"}), "1") is not None
    assert answers.judge(reply(Kind.RETRIEVE, 200, b"<html>"), "1") is not None
    assert answers.judge(reply(Kind.RETRIEVE, 200, b""), "1") is not None
    assert answers.judge(reply(Kind.RETRIEVE, 200, ORDER | {"id": "2"}), "1") is not None
    assert answers.judge(reply(Kind.RETRIEVE, 200, ORDER), "1") is None


@pytest.mark.parametrize(
    ("kind", "status", "body"),
    [
        (Kind.CREATE, 201, {"code": "60", "reason": "Internal error"}),
        (Kind.CREATE, 200, {"code": "60", "reason": "Internal error"}),
        (Kind.PATCH, 200, ORDER | {"id": "2"}),
        (Kind.LIST, 200, {"code": "60", "reason": "Internal error"}),
        (Kind.LIST, 200, [1, 2]),
        (Kind.LIST, 200, [ORDER, NAMELESS]),
        (Kind.LIST, 200, b'[{"id": "1", "note": [1]'),
    ],
    ids=["created an error", "200 for an error", "patched another", "no list", "numbers", "no id", "cut off"],
)
def test_a_success_that_is_none_is_noticed_outside_the_sample(kind: Kind, status: int, body: Any) -> None:
    found = reply(kind, status, body)

    assert Answers(0.0).judge(found, "1" if kind is Kind.PATCH else None) is not None


def test_after_many_wrong_answers_a_right_one_is_still_right() -> None:
    answers = Answers(0.0)
    for _ in range(FULLY + 1):
        assert answers.judge(reply(Kind.RETRIEVE, 200, ORDER | {"id": "2"}), "1") is not None

    # the quick look does not know this media type, so it is judged in full
    odd = reply(Kind.RETRIEVE, 200, ORDER, **{"content-type": "text/plain"})
    assert answers.judge(odd, "1") is None
    other = reply(Kind.RETRIEVE, 200, NAMELESS)
    assert "without an id" in (answers.judge(other, "1") or "")


def test_only_the_sample_is_judged_by_its_schema() -> None:
    wrong = ORDER | {"state": "shipped"}
    answers = Answers(0.1, seed=4)
    noticed = sum(answers.judge(reply(Kind.LIST, 200, [wrong])) is not None for _ in range(1000))

    assert 60 < noticed < 140


def test_an_id_that_json_writes_otherwise_is_no_wrong_answer() -> None:
    answers = Answers(0.0)
    odd = 'a"b\u00fc'
    ask = Ask.of(MOUNTED, "productOrder", Kind.RETRIEVE)
    assert ask is not None
    told = Answer(
        200, {"content-type": "application/json"}, json.dumps(ORDER | {"id": odd}).encode(), 0.0, 0.1
    )

    assert answers.judge(Reply(ask, ask.path(odd), None, told), odd) is None


def test_a_status_that_may_come_as_well_is_no_failure() -> None:
    answers = Answers(1.0)

    assert answers.judge(reply(Kind.PATCH, 409, {"code": "409"}, also=frozenset({409}))) is None
    assert answers.judge(reply(Kind.PATCH, 500, {"code": "500"}, also=frozenset({409}))) is not None


def test_like_flaws_are_one_result_with_their_number() -> None:
    answers, others = Answers(0.0), Answers(0.0)
    for _ in range(3 * FULLY):
        answers.judge(reply(Kind.LIST, 500, {"code": "500", "reason": "Too busy"}))
    others.judge(reply(Kind.LIST, 500, {"code": "500", "reason": "Too busy"}))

    (result,) = results(answers)
    assert result.check == "load.answers.overload"
    assert result.message == "GET /productOrder: answered 500 (59 more answers like this)"
    assert len(result.evidence) == 1
    found = [each for all_ in (answers, others) for each in all_.found(frozenset(), [MOUNTED.contract])]
    assert merged(found)[0].message.endswith("(60 more answers like this)")


def test_only_a_sample_of_right_answers_is_kept() -> None:
    answers = Answers(1.0)
    for _ in range(SAMPLE + 5):
        answers.judge(reply(Kind.LIST, 200, [ORDER]))

    assert [len(kept) for kept in answers.sample.values()] == [SAMPLE]


def test_requests_without_an_answer_are_counted_until_one_comes() -> None:
    answers = Answers(0.0)
    for _ in range(FULLY + 5):
        answers.judge(reply(Kind.LIST, 0, trouble="connection refused"))
    assert answers.unanswered_in_a_row == FULLY + 5
    (result,) = results(answers)
    assert result.message.startswith("GET /productOrder: no answer came (connection refused)")

    answers.judge(reply(Kind.LIST, 200, [ORDER]))
    assert answers.unanswered_in_a_row == 0
