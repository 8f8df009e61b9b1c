"""Before judging: every way of not being the API ends in one line, and nothing merely wrong is stopped."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any

import pytest
from raw_server import Request, Said, response, serving
from shelf import BASE, shelf

from tmfrig.conformance.client import Bounds, Connection
from tmfrig.conformance.failure import Failure
from tmfrig.conformance.mounting import MountedApi
from tmfrig.conformance.preflight import preflight
from tmfrig.specs import standard_contract

HTML = b"<!DOCTYPE html><html><body>Welcome</body></html>"


def mounted(url: str, api: str = "TMF622", context: ssl.SSLContext | None = None) -> MountedApi:
    connection = Connection(url, ssl_context=context, bounds=Bounds(seconds=2, unanswered=1))
    return MountedApi(standard_contract(api), connection, frozenset())


def failure(url: str, api: str = "TMF622", context: ssl.SSLContext | None = None) -> tuple[int, str]:
    with pytest.raises(Failure) as problem:
        preflight(mounted(url, api, context))
    assert "\n" not in str(problem.value)
    return problem.value.exit_code, str(problem.value)


def test_what_serves_the_api_is_let_through_with_one_request() -> None:
    with shelf() as (orders, server):
        preflight(mounted(orders.url))
    assert len(server.requests) == 1


def test_nobody_there() -> None:
    with shelf() as (orders, _):
        url = orders.url
    assert failure(url) == (3, f"cannot reach {url}: connection refused")


def test_no_such_host() -> None:
    code, told = failure("http://no-such-host.invalid/v4")
    assert code == 3
    assert told.startswith("cannot reach http://no-such-host.invalid/v4: ")


def test_silence() -> None:
    with serving(lambda request: iter(lambda: b"", None)) as server:
        assert failure(server.url) == (3, f"cannot reach {server.url}: no answer in time")


def test_a_plain_server_behind_https() -> None:
    def answer_in_plain(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                with listener.accept()[0] as connection:
                    connection.recv(1000)
                    connection.sendall(response(400))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=answer_in_plain, args=(listener,), daemon=True).start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        code, told = failure(url, context=ssl.create_default_context())
        listener.shutdown(socket.SHUT_RDWR)
    assert (code, "it does not speak TLS" in told) == (3, True)


def test_a_host_without_the_base_path_is_told_where_the_api_is() -> None:
    with shelf() as (_, server):
        assert failure(server.url) == (
            2,
            f"{server.url} serves nothing of TMF622 (404 for /productOrder, /cancelProductOrder); "
            f"it does at {server.url}{BASE}: give that as the base URL",
        )


def test_a_path_where_nothing_is_gets_the_usual_base_path_named() -> None:
    with serving(lambda request: response(404, {"code": "60", "reason": "no"})) as server:
        code, told = failure(f"{server.url}/api")
    assert code == 2
    assert told.endswith(f"the base URL usually ends with {BASE}")


def test_a_web_server_that_refuses_every_post_has_no_api_at_the_path_either() -> None:
    with serving(lambda request: response(404 if request.method == "GET" else 405)) as server:
        code, told = failure(f"{server.url}/ui")
    assert code == 2
    assert "serves nothing of TMF622 (404 for /productOrder" in told


def test_a_read_only_look_posts_nothing_and_says_the_same_of_a_wrong_path() -> None:
    with (
        serving(lambda request: response(404)) as server,
        pytest.raises(Failure, match="serves nothing of TMF622"),
    ):
        preflight(mounted(f"{server.url}/api"), read_only=True)
    assert {each.method for each in server.requests} == {"GET"}


def test_nothing_at_the_usual_place() -> None:
    with serving(lambda request: response(404)) as server:
        code, told = failure(f"{server.url}{BASE}")
    assert (code, told.endswith("; check host, port and path")) == (2, True)


def test_another_api() -> None:
    with shelf() as (orders, _):
        code, told = failure(orders.url.replace("productOrderingManagement", "elsewhere"), "TMF641")
    assert (code, "serves nothing of TMF641" in told) == (2, True)


@pytest.mark.parametrize("status", [200, 500])
def test_a_web_page(status: int) -> None:
    with serving(lambda request: response(status, raw=HTML, headers={"Content-Type": "text/html"})) as server:
        code, told = failure(server.url)
    assert (code, "answered with an HTML page, not JSON" in told) == (3, True)


def test_a_web_page_that_does_not_say_what_it_is() -> None:
    with serving(lambda request: response(200, raw=HTML, headers={"Content-Type": ""})) as server:
        assert failure(server.url)[0] == 3


@pytest.mark.parametrize("status", [401, 403])
def test_credentials_are_missing(status: int) -> None:
    with serving(lambda request: response(status, {"code": "41", "reason": "who are you"})) as server:
        code, told = failure(server.url)
    assert (code, "give credentials with --header" in told) == (2, True)


def test_a_redirect_to_somewhere_else() -> None:
    def say(request: Request) -> bytes:
        return response(302, headers={"Location": "https://login.example/start"})

    with serving(say) as server:
        code, told = failure(server.url)
    assert (code, "redirects to https://login.example/start" in told) == (2, True)


def test_a_gateway_whose_api_is_down() -> None:
    with serving(lambda request: response(502, raw=HTML, headers={"Content-Type": "text/html"})) as server:
        code, told = failure(server.url)
    assert (code, "502 Bad Gateway to everything" in told) == (3, True)


def not_for_lists(request: Request) -> Said:
    return response(405) if request.method == "GET" else response(201, {"id": "1"})


def lists_are_404_when_empty(request: Request) -> Said:
    return response(404) if request.method == "GET" else response(400)


def only_the_second_resource(request: Request) -> Said:
    return response(200, []) if "cancel" in request.path else response(404)


def a_slash_is_added(request: Request) -> Said:
    return response(301, headers={"Location": f"{request.path}/"})


def only_the_second_is_protected(request: Request) -> Said:
    return response(403 if "cancel" in request.path else 500)


@pytest.mark.parametrize(
    "say",
    [
        not_for_lists,
        lists_are_404_when_empty,
        only_the_second_resource,
        a_slash_is_added,
        only_the_second_is_protected,
        lambda request: response(500, {"code": "50", "reason": "oops"}),
        lambda request: response(200, raw=b"<order/>", headers={"Content-Type": "application/xml"}),
        lambda request: response(200, raw=b""),
        lambda request: response(200, {"items": []}),
        lambda request: response(200, raw=b'[{"note": "<html>"}]', headers={"Content-Type": "text/html"}),
        lambda request: response(400, {"code": "20", "reason": "no limit, please"}),
    ],
)
def test_what_is_merely_wrong_is_left_to_the_checks(say: Callable[[Request], Any]) -> None:
    with serving(say) as server:
        preflight(mounted(server.url))
