"""What is a right answer under load, and what is wrong with another."""

from __future__ import annotations

import json
from typing import Any

import pytest
from httpx2 import Headers

from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.loadtests.answers import SAMPLE, Answers, flaw_of
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
        path=operation.path,
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
        (answer(Kind.LIST, 500, {"code": "500", "reason": "x"}), "status"),
        (answer(Kind.RETRIEVE, 404, {"code": "404", "reason": "x"}), "status"),
        (answer(Kind.RETRIEVE, 206, ORDER), "status"),
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


def test_like_flaws_are_one_result_with_their_number() -> None:
    answers = Answers()
    for _ in range(3):
        answers.judge(answer(Kind.LIST, 500, {"code": "500", "reason": "Too busy"}))

    (result,) = answers.broken_rules(frozenset())
    assert result.check == "load.answers.status"
    assert result.message == "GET /productOrder: answered 500, not 200 or 206 (2 more answers like this)"
    assert result.actual == "500 Internal Server Error, Too busy"
    assert len(result.evidence) == 1


def test_only_a_sample_of_right_answers_is_kept() -> None:
    answers = Answers()
    for _ in range(SAMPLE + 5):
        answers.judge(answer(Kind.LIST, 200, [ORDER]))

    assert [len(kept) for kept in answers.sample.values()] == [SAMPLE]


def test_requests_without_an_answer_are_counted_until_one_comes() -> None:
    answers = Answers()
    for status in (0, 0):
        answers.judge(answer(Kind.LIST, status, b""))
    assert answers.unanswered_in_a_row == 2

    answers.judge(answer(Kind.LIST, 200, []))
    assert answers.unanswered_in_a_row == 0
    assert answers.unanswered("TMF622")
    assert not answers.unanswered("TMF620")
