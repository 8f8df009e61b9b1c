"""Expectations: what holds, and the words for what does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from httpx2 import Headers

from tmfrig.conformance.check import NotApplicable, Violation
from tmfrig.conformance.exchange import Exchange, Intent, NotJson
from tmfrig.conformance.expect import Answer, Header, expect, same_json, same_url
from tmfrig.specs import Contract, Kind, standard_contract

BASE = "https://api.acme.example/tmf-api/productOrderingManagement/v4"
CONTRACT = standard_contract("TMF622")


def answer(
    status: int = 200,
    body: Any = None,
    *,
    raw: bytes | None = None,
    contract: Contract = CONTRACT,
    label: str = "POST /productOrder, mandatory attributes",
    **headers: str,
) -> Exchange:
    return Exchange(
        contract=contract,
        method="POST",
        url=f"{BASE}/productOrder",
        path="/productOrder",
        status=status,
        headers=Headers({name.replace("_", "-"): value for name, value in headers.items()}),
        body=raw if raw is not None else json.dumps(body).encode(),
        operation=contract.operation_for("POST", "/productOrder"),
        resource=contract.resources["productOrder"],
        label=label,
        intent=Intent.VALID,
    )


ORDER = {
    "id": "1",
    "href": f"{BASE}/productOrder/1",
    "productOrderItem": [{"id": "1", "action": "add"}],
    "tags": ["a", "b"],
    "count": 1,
}
ERROR = {"code": "20", "reason": "wrong", "message": "productOrderItem is missing"}


@pytest.mark.parametrize(
    "holds",
    [
        lambda got: got.status(201),
        lambda got: got.status(200, 201),
        lambda got: got.success(),
        lambda got: got.not_a_server_error(),
        lambda got: got.media_type("application/json"),
        lambda got: got.header("Location").equals_url("/tmf-api/productOrderingManagement/v4/productOrder/1"),
        lambda got: got.header("X-Total-Count").integer(),
        lambda got: got.json_object().has("id", "href").has_not("colour"),
        lambda got: got.json_object().attribute("id").is_text().equals("1").one_of(["1", "2"]),
        lambda got: got.json_object().attribute("count").equals(1.0),
        lambda got: got.json_object().attribute("tags").is_array().length(2).length_at_most(2),
        lambda got: got.matches(CONTRACT.resources["productOrder"].representation),
        lambda got: got.matches(None),
    ],
)
def test_what_is_as_expected_passes(holds: Callable[[Answer], object]) -> None:
    right = answer(
        201,
        ORDER,
        location=f"{BASE}/productOrder/1",
        content_type="Application/JSON; charset=utf-8",
        x_total_count="7",
    )
    holds(expect(right))


def test_an_error_is_refused_and_carries_an_error() -> None:
    expect(answer(400, ERROR)).refused().refused(400, 422).error_body()


@pytest.mark.parametrize(
    ("wrong", "judge", "message", "expected", "actual"),
    [
        (
            answer(400, ERROR),
            lambda got: got.status(201),
            "POST /productOrder, mandatory attributes: answered 400, not 201",
            "201 Created",
            "400 Bad Request, wrong / productOrderItem is missing",
        ),
        (
            answer(200, ORDER),
            lambda got: got.refused(400, 422, because="productOrderItem is mandatory"),
            "answered 200, not 400 or 422; productOrderItem is mandatory",
            "400 Bad Request or 422 Unprocessable Entity",
            '200 OK, {"id": "1", ',
        ),
        (
            answer(503, raw=b""),
            lambda got: got.refused(),
            "answered 503, not 4xx",
            "a 4xx status",
            "empty body",
        ),
        (
            answer(500, ERROR),
            lambda got: got.not_a_server_error(),
            "answered 500",
            "no 5xx status",
            "500 Internal",
        ),
        (
            answer(201, ORDER),
            lambda got: got.header("Location").equals_url("/x"),
            "201 without Location",
            "Location: /x",
            "no Location header",
        ),
        (
            answer(201, ORDER, location="/y"),
            lambda got: got.header("Location").equals_url("/x"),
            "Location is /y",
            "Location: /x",
            "Location: /y",
        ),
        (
            answer(200, [], x_total_count="-1"),
            lambda got: got.header("X-Total-Count").integer(),
            "X-Total-Count is '-1'",
            "a whole number",
            "X-Total-Count: -1",
        ),
        (
            answer(200, raw=b"<order/>", content_type="text/xml"),
            lambda got: got.media_type("application/json"),
            "Content-Type is text/xml",
            "Content-Type: application/json",
            "Content-Type: text/xml",
        ),
        (
            answer(200, raw=b"<order/>"),
            lambda got: got.json(),
            "the body is not JSON",
            "a JSON body",
            "<order/>",
        ),
        (answer(200, raw=b" "), lambda got: got.json(), "the body is empty", "a JSON body", ""),
        (
            answer(200, raw=b"[" * 100_000),
            lambda got: got.json(),
            "nests deeper than 200 levels",
            "a JSON body",
            "[[[",
        ),
        (answer(200, raw=b"NaN"), lambda got: got.json(), "NaN is no JSON value", "a JSON body", "NaN"),
        (answer(200, [1]), lambda got: got.json_object(), "the body is a JSON array", "a JSON object", "[1]"),
        (answer(200, None), lambda got: got.json_array(), "the body is null", "a JSON array", "null"),
        (
            answer(200, {"id": None}),
            lambda got: got.json_object().has("id", "href"),
            "the body has no id and href",
            "id and href present",
            "no id and href",
        ),
        (
            answer(200, {"id": 7}),
            lambda got: got.json_object().attribute("id").is_text(),
            "id is 7",
            "a string that is not blank",
            "7",
        ),
        (
            answer(200, {"on": True}),
            lambda got: got.json_object().attribute("on").equals(1),
            "on is true",
            "on 1",
            "true",
        ),
        (
            answer(200, [1, 2]),
            lambda got: got.json_array().length_at_most(1),
            "has 2 items",
            "at most 1 item",
            "2 items",
        ),
        (
            answer(400, {"code": 20, "reason": "r"}),
            lambda got: got.error_body(),
            "code should be a string, not 20; an error answer carries a TMF Error body",
            "a body that satisfies the contract's schema",
            "code should be a string, not 20",
        ),
    ],
)
def test_what_is_not_is_told_for_who_has_to_mend_it(
    wrong: Exchange, judge: Callable[[Answer], object], message: str, expected: str, actual: str
) -> None:
    with pytest.raises(Violation) as finding:
        judge(expect(wrong))
    assert message in finding.value.message
    assert expected in (finding.value.expected or "")
    assert actual in (finding.value.actual or "")
    assert finding.value.exchange is wrong


def test_what_came_is_cut_to_a_line() -> None:
    with pytest.raises(Violation) as finding:
        expect(answer(200, {"note": "x" * 10_000})).status(201)
    assert len(finding.value.actual or "") < 300


def test_an_absent_header_may_leave_a_rule_without_a_say() -> None:
    with pytest.raises(NotApplicable):
        Header(answer(), "Link").or_not_applicable()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (f"{BASE}/productOrder/1", "/tmf-api/productOrderingManagement/v4/productOrder/1", True),
        ("HTTPS://API.acme.example:443/x", "https://api.acme.example/x", True),
        ("/x/a%2Fb", "/x/a%2fb", True),
        ("/x/1", "/x/2", False),
        ("http://api.acme.example/x", "https://api.acme.example/x", False),
        ("http://[bad", "http://[bad", True),
        ("http://host:no/x", "/x", False),
    ],
)
def test_urls_are_compared_as_the_places_that_they_name(one: str, other: str, same: bool) -> None:
    assert same_url(one, other, f"{BASE}/productOrder") is same


def test_json_is_compared_as_json() -> None:
    assert same_json({"a": [1, {"b": None}], "c": 2}, {"c": 2.0, "a": [1.0, {"b": None}]})
    for one, other in ((True, 1), (0, False), ([1, 2], [2, 1]), ({"a": 1}, {"a": 1, "b": 2}), (None, 0)):
        assert not same_json(one, other)


def test_an_exchange_reads_as_what_it_is() -> None:
    exchange = answer(201, ORDER, content_type="application/json")
    assert (exchange.kind, exchange.ok, exchange.is_error, exchange.is_json) == (
        Kind.CREATE,
        True,
        False,
        True,
    )
    assert exchange.representations == [ORDER]
    assert answer(200, [ORDER, "x"]).representations == [ORDER]
    assert answer(404, ERROR).representations == []
    with pytest.raises(NotJson):
        _ = answer(200, raw=b"{").json
    assert answer(200, raw=b"\xef\xbb\xbf[]").json == []


def test_evidence_hides_secrets_and_cuts_long_bodies() -> None:
    exchange = Exchange(
        contract=CONTRACT,
        method="GET",
        url=f"{BASE}/productOrder?x=abcd-efgh",
        path="/productOrder",
        request_headers=Headers({"Authorization": "Bearer abcd-efgh", "X-Other": "abcd-efgh"}),
        status=200,
        headers=Headers({"Set-Cookie": "a=b"}),
        body=b"abcd-efgh" + b"y" * 30_000,
        seconds=0.5,
    )
    evidence = exchange.evidence({"abcd-efgh"})
    text = evidence.model_dump_json()
    assert "abcd-efgh" not in text
    assert "a=b" not in text
    assert "10009 more bytes" in text
    assert evidence.curl.startswith("curl ")
    assert len(text) < 25_000
