"""What stands before an API may refuse in its own words; the API itself may not."""

from __future__ import annotations

import pytest
from made_exchanges import exchange, verdict

from tmfrig.conformance.checks.oddities import ABSURD, MALFORMED

HTML = b"<html><h1>No</h1></html>"
ERROR = {"code": "40", "reason": "no"}


@pytest.mark.parametrize("status", [401, 403, 413, 414, 429, 431])
def test_who_is_turned_away_at_the_door_is_owed_less(status: int) -> None:
    page = exchange(status, HTML, headers={"content-type": "text/html"})

    assert verdict("error.body", page) == "nothing"
    assert verdict("error.body-at-the-door", page) == "wrong"
    assert verdict("error.body-at-the-door", exchange(status, ERROR)) == "right"


@pytest.mark.parametrize("status", [400, 404, 409, 422, 500])
def test_the_api_answers_with_errors(status: int) -> None:
    assert verdict("error.body", exchange(status, HTML)) == "wrong"
    assert verdict("error.body", exchange(status, ERROR)) == "right"
    assert verdict("error.body-at-the-door", exchange(status, HTML)) == "nothing"


def test_an_absurd_request_may_be_refused_by_the_web_server() -> None:
    absurd = exchange(400, HTML, tags=[ABSURD])

    assert verdict("error.body", absurd) == "nothing"
    assert verdict("error.body-at-the-door", absurd) == "wrong"


def test_head_and_options_owe_no_error() -> None:
    for method in ("HEAD", "OPTIONS"):
        assert verdict("error.body", exchange(405, HTML, method=method)) == "nothing"


@pytest.mark.parametrize(
    ("status", "tags", "said"),
    [
        (500, [MALFORMED], "wrong"),
        (502, [MALFORMED], "wrong"),
        (502, [MALFORMED, ABSURD], "nothing"),
        (503, [MALFORMED], "nothing"),
        (501, [MALFORMED], "right"),
        (400, [MALFORMED], "right"),
        (201, [MALFORMED], "right"),
        (500, [], "nothing"),
    ],
)
def test_a_malformed_body_is_no_reason_to_fail(status: int, tags: list[str], said: str) -> None:
    assert verdict("robust.malformed", exchange(status, ERROR, tags=tags)) == said


def test_a_401_names_a_scheme() -> None:
    assert verdict("security.challenge", exchange(401, ERROR)) == "wrong"
    named = exchange(401, ERROR, headers={"www-authenticate": "Bearer"})
    assert verdict("security.challenge", named) == "right"
    assert verdict("security.challenge", exchange(403, ERROR)) == "nothing"


def test_a_charset_is_utf8_where_it_is_named() -> None:
    for charset, said in (("utf-8", "right"), ('"UTF-8"', "right"), ("ISO-8859-1", "wrong")):
        answer = exchange(200, {}, headers={"content-type": f"application/json;charset={charset}"})
        assert verdict("media-type.utf8", answer) == said
    assert verdict("media-type.utf8", exchange(200, {})) == "nothing"


def test_json_is_written_in_utf8() -> None:
    assert verdict("encoding.utf8", exchange(200, '{"name":"Ærø"}'.encode())) == "right"
    assert verdict("encoding.utf8", exchange(200, '{"name":"Ærø"}'.encode("latin-1"))) == "wrong"
