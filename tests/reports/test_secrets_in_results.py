"""No secret reaches a result."""

import pytest

from tmfrig.reports.result import RecordedRequest, RecordedResponse, curl_line, mask, record, redact
from tmfrig.reports.secret import mask_body, mask_url

SECRET_HEADERS = [
    *("Authorization", "proxy-authorization", "Cookie", "SET-COOKIE", "X-Api-Key", "apikey", "api_key"),
    *("X-Auth-Token", "x-csrf-token", "Client-Secret", "X-Password", "X-Amz-Security-Token"),
    *("Ocp-Apim-Subscription-Key", "X-Session-Id"),
]
HARMLESS_HEADERS = [
    "Content-Type",
    "Accept",
    "Location",
    "X-Total-Count",
    "WWW-Authenticate",
    "ETag",
    "traceparent",
]


@pytest.mark.parametrize("name", SECRET_HEADERS)
def test_headers_that_carry_secrets_are_masked(name: str) -> None:
    assert mask({name: "value"}) == {name: "***"}


@pytest.mark.parametrize("name", HARMLESS_HEADERS)
def test_other_headers_are_kept(name: str) -> None:
    assert mask({name: "value"}) == {name: "value"}


def test_a_recorded_request_has_forgotten_its_secrets() -> None:
    request = RecordedRequest(
        method="POST",
        url="https://user:hidden@api.example/x?access_token=hidden&fields=id",
        headers={"Authorization": "Bearer hidden"},
        body='{"client_secret": "hid\\"den", "name": "kept"}',
    )
    assert "hid" not in request.model_dump_json()
    assert "hid" not in curl_line(request)
    assert request.url == "https://***@api.example/x?access_token=***&fields=id"
    assert request.body == '{"client_secret": "***", "name": "kept"}'


def test_a_recorded_response_has_forgotten_its_secrets() -> None:
    response = RecordedResponse(
        status=200, headers={"Set-Cookie": "s=hidden"}, body='{"access_token":"hidden","expires_in":5}'
    )
    assert response.headers == {"Set-Cookie": "***"}
    assert response.body == '{"access_token":"***","expires_in":5}'


def test_a_secret_in_a_callback_leaves_the_json_around_it() -> None:
    body = '{"callback":"http://a.example/cb?token=hidden","query":"eventType=X"}'
    assert mask_body(body) == '{"callback":"http://a.example/cb?token=***","query":"eventType=X"}'


def test_ordinary_data_about_tokens_is_kept() -> None:
    assert mask_body('{"name":"token","value":"blue"}') == '{"name":"token","value":"blue"}'
    assert mask_url("https://a.example/x?name=token&mail=a@b") == "https://a.example/x?name=token&mail=a@b"


def test_known_secrets_are_replaced_in_every_form_they_are_written_in() -> None:
    secret = 'p"ss/wörd &'
    text = 'raw p"ss/wörd & url p%22ss%2Fw%C3%B6rd%20%26 form p%22ss%2Fw%C3%B6rd+%26 json p\\"ss/w\\u00f6rd &'
    assert redact(text, [secret]) == "raw *** url *** form *** json ***"


def test_a_secret_inside_another_leaves_no_remainder() -> None:
    assert redact("abcdef", ["abc", "abcdef"]) == "***"


def test_blank_secrets_are_ignored() -> None:
    assert redact("a b", ["", " "]) == "a b"


def test_evidence_is_recorded_without_known_secrets() -> None:
    evidence = record(
        RecordedRequest(
            method="POST", url="https://a.example/k1-key", headers={"X-Rig": "k1-key"}, body="k1-key"
        ),
        RecordedResponse(status=200, headers={"X-Echo": "k1-key"}, body="you sent k1-key"),
        secrets=["k1-key"],
    )
    assert "k1-key" not in evidence.model_dump_json()
