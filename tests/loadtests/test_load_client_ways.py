"""The ways of the load generator's client to its target: IPv6, TLS, proxies."""

from __future__ import annotations

import contextlib
import shutil
import ssl
import subprocess
from pathlib import Path

import gevent  # type: ignore[import-untyped]
import gevent.ssl  # type: ignore[import-untyped]
import pytest
from talking_server import (
    OK,
    Caller,
    Talk,
    answering,
    channel_to,
    once,
    serving,
)

from tmfrig.conformance.client import Connection
from tmfrig.conformance.failure import CommandError
from tmfrig.loadtests.client import Channel


def test_ipv6() -> None:
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(serving(answering(OK), host="::1"))
        except OSError:
            pytest.skip("this machine has no IPv6")
        channel = stack.enter_context(channel_to(f"http://[::1]:{server.port}/v4"))
        assert channel.send("GET", "/a").status == 200
    assert f"Host: [::1]:{server.port}\r\n" in server.requests[0]


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A self-signed certificate for localhost, which is its own authority, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("certificates are made with openssl, which is not here")
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "rig.pem", folder / "rig.key"
    names = ["-subj", "/CN=rig", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    made = [openssl, "req", *kind, *names, "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(made, check=True, capture_output=True, timeout=60)
    return certificate, key


def behind_tls(identity: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*identity)
    return context


def trusting(identity: tuple[Path, Path]) -> ssl.SSLContext:
    context: ssl.SSLContext = gevent.ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(identity[0])
    return context


def test_tls_names_the_host_and_keeps_the_connection(identity: tuple[Path, Path]) -> None:
    names: list[str | None] = []
    context = behind_tls(identity)
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    with serving(answering(OK), context=context) as server:
        url = f"https://localhost:{server.port}"
        with channel_to(url, ssl_context=trusting(identity)) as channel:
            assert [channel.send("POST", "/a").status for _ in range(3)] == [200] * 3
        assert (names, server.connections) == (["localhost"], 1)


def test_a_certificate_that_nobody_vouches_for_is_told(identity: tuple[Path, Path]) -> None:
    with serving(answering(OK), context=behind_tls(identity)) as server:
        with channel_to(f"https://127.0.0.1:{server.port}") as channel:
            answer = channel.send("GET", "/a")
        assert answer.status == 0
        assert answer.trouble.startswith("its TLS certificate is not trusted")
    assert server.requests == []


def test_tls_is_closed_without_notice_between_requests(identity: tuple[Path, Path]) -> None:
    with serving(once(OK), answering(OK), context=behind_tls(identity)) as server:
        with channel_to(f"https://127.0.0.1:{server.port}", ssl_context=trusting(identity)) as channel:
            assert [channel.send("GET", "/a").status for _ in range(3)] == [200] * 3
        assert server.connections == 2


def test_a_handshake_that_does_not_end_is_no_connection() -> None:
    with (
        serving(lambda caller: caller.wait()) as server,
        channel_to(f"https://127.0.0.1:{server.port}", seconds=0.1) as channel,
    ):
        assert channel.send("GET", "/a").trouble == "no connection within 0.1 s"


def test_a_plain_server_is_no_tls_server() -> None:
    with serving(once(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
        server.talks[0] = lambda caller: caller.say(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        with channel_to(f"https://127.0.0.1:{server.port}") as channel:
            assert "does not speak TLS" in channel.send("GET", "/a").trouble


LOGIN = "Basic dXNAZXI6cGE6c3M="


def test_a_proxy_gets_the_whole_url_and_the_login() -> None:
    with serving(answering(OK)) as proxy:
        through = f"http://us%40er:pa%3Ass@127.0.0.1:{proxy.port}"
        with channel_to("http://acme.example/v4", proxy=through) as channel:
            assert channel.send("GET", "/a?b=c").status == 200
    lines = proxy.requests[0].splitlines()
    assert lines[:2] == ["GET http://acme.example/v4/a?b=c HTTP/1.1", "Host: acme.example"]
    assert f"Proxy-Authorization: {LOGIN}" in lines


def tunnelling(context: ssl.SSLContext) -> Talk:
    def talk(caller: Caller) -> None:
        caller.request()
        caller.say(b"HTTP/1.1 200 Connection established\r\nContent-Length: 7\r\n\r\n")
        with context.wrap_socket(caller.connection, server_side=True) as inside:
            Caller(inside, caller.server).answer(OK)

    return talk


def test_tls_goes_through_a_tunnel_of_the_proxy(identity: tuple[Path, Path]) -> None:
    with serving(tunnelling(behind_tls(identity))) as proxy:
        options = {
            "proxy": f"http://us%40er:pa%3Ass@127.0.0.1:{proxy.port}",
            "ssl_context": trusting(identity),
        }
        with channel_to("https://localhost/v4", **options) as channel:
            assert [channel.send("GET", "/a").status for _ in range(2)] == [200, 200]
    connect, *requests = proxy.requests
    assert connect.splitlines()[:2] == ["CONNECT localhost:443 HTTP/1.1", "Host: localhost:443"]
    assert f"Proxy-Authorization: {LOGIN}\r\n" in connect
    assert [each.splitlines()[:2] for each in requests] == [["GET /v4/a HTTP/1.1", "Host: localhost"]] * 2
    assert all(LOGIN not in each for each in requests)


def test_a_proxy_that_refuses_is_told() -> None:
    refusal = b"HTTP/1.1 407 Login\r\nContent-Length: 500\r\n\r\n"
    with (
        serving(answering(refusal)) as proxy,
        channel_to("https://acme.example", proxy=proxy.url) as channel,
    ):
        assert channel.send("GET", "/a").trouble == "the proxy refused the connection (407)"


def test_a_proxy_behind_tls_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(CommandError, match="http://"):
        Channel(Connection("http://acme.example", proxy="https://proxy.example:443"))
