"""Targets behind TLS: a private authority, a client certificate, and words for what is not trusted."""

from __future__ import annotations

import contextlib
import http.server
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tmfrig.conformance.failure import TargetUnreachable
from tmfrig.conformance.mounting import mount
from tmfrig.conformance.preflight import preflight
from tmfrig.conformance.target import validated

OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(
    OPENSSL is None, reason="certificates are made with openssl, which is not here"
)


@dataclass(frozen=True)
class Identity:
    certificate: Path
    key: Path


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    """A self-signed certificate for 127.0.0.1, which is its own authority."""
    folder = tmp_path_factory.mktemp("tls")
    made = Identity(folder / "rig.pem", folder / "rig.key")
    subject = ["-subj", "/CN=rig", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(made.key), "-out", str(made.certificate)]
    command = [str(OPENSSL), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject, *files]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return made


class EmptyList(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"[]")

    def log_message(self, format: str, *args: object) -> None: ...


@contextlib.contextmanager
def behind_tls(identity: Identity, *, asks_for_certificate: bool) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity.certificate, identity.key)
    if asks_for_certificate:
        context.load_verify_locations(identity.certificate)
        context.verify_mode = ssl.CERT_REQUIRED
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), EmptyList)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}/v4"
    finally:
        server.shutdown()
        server.server_close()


def look(url: str, **auth: Path) -> None:
    (api,) = mount(validated({"apis": [{"api": "TMF622", "url": url, "auth": auth}]}, ""))
    preflight(api)


def test_a_certificate_that_nobody_vouches_for_is_told(identity: Identity) -> None:
    with (
        behind_tls(identity, asks_for_certificate=False) as url,
        pytest.raises(TargetUnreachable, match="its TLS certificate is not trusted"),
    ):
        look(url)


def test_a_private_authority_can_be_trusted(identity: Identity) -> None:
    with behind_tls(identity, asks_for_certificate=False) as url:
        look(url, ca=identity.certificate)


def test_a_client_certificate_opens_the_door(identity: Identity) -> None:
    with behind_tls(identity, asks_for_certificate=True) as url:
        look(url, ca=identity.certificate, client_cert=identity.certificate, client_key=identity.key)
        with pytest.raises(TargetUnreachable, match="cannot reach"):
            look(url, ca=identity.certificate)
