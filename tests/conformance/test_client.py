"""The recording client: what it sends and records, and that no target holds it up or fills its memory."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from raw_server import RawServer, Request, response, serving

from tmfrig.conformance.check import CannotJudge
from tmfrig.conformance.client import Client, NeverEnding, NoAnswer, TargetGone
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.recorder import Recorder
from tmfrig.specs import Kind

ClientOf = Callable[..., Client]


def test_requests_go_below_the_base_path_with_credentials(client_of: ClientOf) -> None:
    with serving(lambda request: response(200, [])) as server:
        client = client_of(f"{server.url}/orders/v4", headers={"Authorization": "Bearer abc"})
        answer = client.send("GET", "/productOrder", query=[("fields", "id,state"), ("state", "a b&c")])
    (seen,) = server.requests
    assert seen.target == "/orders/v4/productOrder?fields=id,state&state=a%20b%26c"
    assert seen.headers["authorization"] == "Bearer abc"
    assert answer.query == (("fields", "id,state"), ("state", "a b&c"))
    assert (answer.kind, answer.resource and answer.resource.name) == (Kind.LIST, "productOrder")


def test_an_id_with_slashes_reaches_the_target_as_one_segment(client_of: ClientOf) -> None:
    with serving(lambda request: response(200, {"id": "a/b c%d"})) as server:
        answer = client_of(server.url).send("GET", "/productOrder/a%2Fb%20c%25d")
    assert server.requests[0].target == "/productOrder/a%2Fb%20c%25d"
    assert answer.kind is Kind.RETRIEVE
    assert answer.id_in_path == "a/b c%d"


def test_a_header_can_be_left_out_and_a_body_sent_as_it_is(client_of: ClientOf) -> None:
    with serving(lambda request: response(400)) as server:
        client_of(server.url).send(
            "POST", "/productOrder", content=b"{", media_type="text/plain", headers={"Accept": None}
        )
    (seen,) = server.requests
    assert seen.body == b"{"
    assert seen.headers["content-type"] == "text/plain"
    assert "accept" not in seen.headers


def test_cookies_of_the_target_are_sent_back(client_of: ClientOf) -> None:
    with serving(lambda request: response(200, [], headers={"Set-Cookie": "node=7; Path=/"})) as server:
        client = client_of(server.url)
        client.send("GET", "/productOrder")
        client.send("GET", "/productOrder")
    assert [request.headers.get("cookie") for request in server.requests] == [None, "node=7"]


def test_every_exchange_is_recorded_with_what_the_sender_meant(client_of: ClientOf) -> None:
    recorder, seen = Recorder(), list[Exchange]()
    recorder.listen(seen.append, lambda notification: None)
    with serving(lambda request: response(404)) as server:
        client = client_of(server.url, recorder=recorder)
        client.send("GET", "/productOrder/1", intent=Intent.UNKNOWN_ID, label="GET an order that nobody has")
    assert [(each.status, each.intent, each.label) for each in seen] == [
        (404, Intent.UNKNOWN_ID, "GET an order that nobody has")
    ]


def test_redirects_are_answers(client_of: ClientOf) -> None:
    with serving(lambda request: response(302, headers={"Location": request.target})) as server:
        assert client_of(server.url).send("GET", "/productOrder").status == 302
    assert len(server.requests) == 1


def chunked(request: Request) -> bytes:
    return (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        b'5\r\n[{"id\r\n7\r\n":"1"}]\r\n0\r\n\r\n'
    )


def gzipped(request: Request) -> bytes:
    return response(200, raw=gzip.compress(b'[{"id":"1"}]'), headers={"Content-Encoding": "gzip"})


def until_close(request: Request) -> Iterator[bytes]:
    yield b'HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n[{"id":'
    yield b'"1"}]'


def after_continue(request: Request) -> bytes:
    return b"HTTP/1.1 103 Early Hints\r\n\r\n" + response(200, [{"id": "1"}])


@pytest.mark.parametrize("say", [chunked, gzipped, until_close, after_continue])
def test_bodies_come_whole_however_they_are_framed(
    client_of: ClientOf, say: Callable[[Request], bytes]
) -> None:
    with serving(say) as server:
        client = client_of(server.url)
        for _ in range(2):
            assert client.send("GET", "/productOrder").json == [{"id": "1"}]


def test_a_connection_that_was_closed_while_idle_is_replaced(client_of: ClientOf) -> None:
    answered = threading.Event()

    def close_after_each(request: Request) -> Iterator[bytes]:
        yield response(201, {"id": "1"})
        answered.set()

    with serving(close_after_each) as server:
        client = client_of(server.url)
        assert [client.send("POST", "/productOrder", content=b"{}").status for _ in range(3)] == [201] * 3


def one_byte_at_a_time(server: list[RawServer]) -> Callable[[Request], Iterator[bytes]]:
    def say(request: Request) -> Iterator[bytes]:
        if "limit" in request.target:
            yield response(200, [])
            return
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
        while not server[0].stopping.wait(0.01):
            yield b" "

    return say


def test_a_target_that_trickles_is_cut_off(client_of: ClientOf) -> None:
    known: list[RawServer] = []
    with serving(one_byte_at_a_time(known)) as server:
        known.append(server)
        client = client_of(server.url, seconds=0.3)
        with pytest.raises(NeverEnding, match=r"GET /productOrder: no complete answer within 0\.3 s"):
            client.send("GET", "/productOrder")


def test_a_target_that_trickles_headers_is_cut_off(client_of: ClientOf) -> None:
    known: list[RawServer] = []

    def say(request: Request) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nX-Slow: "
        while not known[0].stopping.wait(0.01):
            yield b"z"

    with serving(say) as server:
        known.append(server)
        client = client_of(server.url, seconds=0.3, unanswered=1)
        with pytest.raises(TargetGone, match="no answer in time"):
            client.send("GET", "/productOrder")


def test_an_endless_body_is_not_kept(client_of: ClientOf) -> None:
    def say(request: Request) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n["
        while True:
            yield b"1," * 50_000

    with serving(say) as server, pytest.raises(NeverEnding, match="larger than 1 MiB"):
        client_of(server.url, body=2**20).send("GET", "/productOrder")


def test_a_gzip_bomb_is_not_unpacked(client_of: ClientOf) -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    with (
        serving(lambda request: response(200, raw=bomb, headers={"Content-Encoding": "gzip"})) as server,
        pytest.raises(NeverEnding, match="larger than 1 MiB"),
    ):
        client_of(server.url, body=2**20).send("GET", "/productOrder")


def test_no_answer_to_one_request_is_a_finding_about_that_request(client_of: ClientOf) -> None:
    def say(request: Request) -> bytes | None:
        return None if request.method == "POST" else response(200, [])

    with serving(say) as server:
        client = client_of(server.url)
        with pytest.raises(NoAnswer) as finding:
            client.send("POST", "/productOrder", content=b"{", label="POST /productOrder, malformed")
        assert client.send("GET", "/productOrder").status == 200
    assert finding.value.message == (
        "POST /productOrder, malformed: no answer came (the connection was closed without an answer)"
    )


def test_what_is_no_http_is_no_answer(client_of: ClientOf) -> None:
    def say(request: Request) -> bytes:
        return b"SSH-2.0-OpenSSH_9.6\r\nInvalid SSH identification string.\r\n\r\n"

    with serving(say) as server, pytest.raises(TargetGone, match="it does not speak HTTP"):
        client_of(server.url).send("GET", "/productOrder")


def test_a_target_that_is_gone_is_not_asked_again(client_of: ClientOf) -> None:
    with serving(lambda request: response(200, [])) as server:
        client = client_of(server.url)
        client.send("GET", "/productOrder")
    for _ in range(2):
        with pytest.raises(TargetGone, match="stopped answering: connection refused"):
            client.send("GET", "/productOrder")
    assert client.gone is not None


def test_a_target_that_accepts_and_says_nothing_is_gone_after_a_few_requests(client_of: ClientOf) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = client_of(f"http://127.0.0.1:{silent.getsockname()[1]}", seconds=0.1, unanswered=1)
        with pytest.raises(TargetGone, match="no answer in time"):
            client.send("GET", "/productOrder")


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_target_is_asked_again_when_it_says_when(client_of: ClientOf, status: int) -> None:
    answers = iter([status, status, 200])
    with serving(lambda request: response(next(answers), [], headers={"Retry-After": "0"})) as server:
        assert client_of(server.url).send("GET", "/productOrder").status == 200


def test_a_server_error_that_promises_nothing_is_an_answer(client_of: ClientOf) -> None:
    with serving(lambda request: response(503)) as server:
        assert client_of(server.url).send("POST", "/productOrder").status == 503
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_gateway_in_trouble_is_asked_again_for_what_it_may_tell_twice(
    client_of: ClientOf, status: int
) -> None:
    answers = iter([status, 200])
    with serving(lambda request: response(next(answers), [])) as server:
        assert client_of(server.url).send("GET", "/productOrder").status == 200


def test_a_target_that_stays_busy_gets_its_answer_recorded(client_of: ClientOf) -> None:
    with serving(lambda request: response(503, headers={"Retry-After": "0"})) as server:
        assert client_of(server.url, tries=3).send("GET", "/productOrder").status == 503
    assert len(server.requests) == 3


def test_elsewhere_at_its_host_a_target_is_asked_without_credentials(client_of: ClientOf) -> None:
    with serving(lambda request: response(404)) as server:
        client = client_of(f"{server.url}/tmf/v4", headers={"Authorization": "Bearer abc"})
        assert client.status_at(f"{server.url}/productOrder/1") == 404
        for elsewhere in ("http://127.0.0.1:9/productOrder/1", "/productOrder/1", "http://["):
            assert client.status_at(elsewhere) is None
    (seen,) = server.requests
    assert seen.target == "/productOrder/1"
    assert "authorization" not in seen.headers


def test_links_are_followed_only_below_the_base_url(client_of: ClientOf) -> None:
    with serving(lambda request: response(200, {"id": "1"})) as server:
        client = client_of(f"{server.url}/tmf/v4", headers={"Authorization": "Bearer abc"})
        for link in (f"{server.url}/tmf/v4/productOrder/1", "/tmf/v4/productOrder/1", "productOrder/1"):
            assert client.follow(link).path == "/productOrder/1"
        for link in ("http://127.0.0.1:9/tmf/v4/productOrder/1", f"{server.url}/admin", "http://["):
            with pytest.raises(CannotJudge, match="was not followed"):
                client.follow(link)
    assert len(server.requests) == 3
