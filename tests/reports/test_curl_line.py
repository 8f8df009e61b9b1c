"""The curl line of a request, run by a real shell, sends this request and does nothing else."""

import shutil
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tmfrig.reports.result import RecordedRequest, curl_line

needs_curl = pytest.mark.skipif(
    not (shutil.which("curl") and shutil.which("bash")), reason="needs curl and bash to run the line"
)


class Receiver(ThreadingHTTPServer):
    """Remembers the last request."""

    method = path = ""
    sent: dict[str, str]
    body = b""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def _answer(self) -> None:
        self.server.method, self.server.path = self.command, self.path
        self.server.sent = {name.lower(): value for name, value in self.headers.items()}
        self.server.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(204)
        self.end_headers()

    do_GET = do_POST = do_PATCH = do_DELETE = do_HEAD = _answer  # noqa: N815 - the names that http.server calls

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver(("127.0.0.1", 0), _Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def run(line: str, folder: Path) -> None:
    subprocess.run(["bash", "-c", line], cwd=folder, check=True, capture_output=True, timeout=20)


@needs_curl
@pytest.mark.parametrize(
    "body",
    [
        '{"name": "it\'s"}',
        "@/etc/hostname",
        "first\nsecond\r\nthird\ttab '\\'",
        "$(touch owned) `touch owned` $HOME !x",
        "'; touch owned; '",
        "null byte \x00 and %d %s \\n '",
        "\u202e right to left, é 日本 😀, \x1b[31m",
        "-d owned",
        "%",
        "\\",
    ],
)
def test_the_shell_sends_exactly_the_body(body: str, receiver: Receiver, tmp_path: Path) -> None:
    headers = {"Content-Type": "text/plain", "X-Quoted": 'it\'s "quoted" $(id)', "X-Empty": ""}
    line = curl_line(
        RecordedRequest(method="POST", url=f"{receiver.url}/productOrder", headers=headers, body=body)
    )
    assert "\n" not in line
    run(line, tmp_path)
    assert receiver.body == body.encode()
    assert receiver.sent["x-quoted"] == headers["X-Quoted"]
    assert receiver.sent["x-empty"] == ""
    assert receiver.sent["content-type"] == "text/plain"
    assert list(tmp_path.iterdir()) == []


@needs_curl
@pytest.mark.parametrize("method", ["GET", "DELETE", "HEAD", "PATCH"])
def test_the_shell_sends_method_and_path(method: str, receiver: Receiver, tmp_path: Path) -> None:
    path = "/productOrder?filter=$[?(@.state=='held')]&name={a,b}&x=[1-9]"
    run(curl_line(RecordedRequest(method=method, url=receiver.url + path)), tmp_path)
    assert (receiver.method, receiver.path, receiver.body) == (method, path, b"")


@needs_curl
def test_no_media_type_is_invented(receiver: Receiver, tmp_path: Path) -> None:
    run(curl_line(RecordedRequest(method="POST", url=receiver.url, body="{}")), tmp_path)
    assert "content-type" not in receiver.sent


def test_an_ordinary_request_reads_well() -> None:
    headers = {
        "Host": "a.example",
        "Accept": "*/*",
        "Content-Length": "2",
        "Content-Type": "application/json",
    }
    request = RecordedRequest(method="POST", url="http://a.example/hub", headers=headers, body="{}")
    assert (
        curl_line(request) == "curl -X POST http://a.example/hub -H 'Content-Type: application/json' -d '{}'"
    )


def test_a_url_cannot_become_an_option() -> None:
    assert curl_line(RecordedRequest(method="GET", url="-o/etc/x")) == "curl --url -o/etc/x"
