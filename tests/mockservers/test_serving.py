"""The program that runs the servers: what it prints, how it ends, how it refuses."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import httpx2
import pytest
from mock_listening import listening
from mock_waiting import eventually

from tmfrig.mockservers.running import Address, serving
from tmfrig.specs import API_IDS

READY = re.compile(r"ready (TMF\d{3}) v4 (http://127\.0\.0\.1:\d+/tmf-api/\w+/v4)\n")


def program(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tmfrig.mockservers", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    )


@contextmanager
def running(*arguments: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """The program while it serves, and the URLs that it printed."""
    apis = [value for option, value in pairwise(arguments) if option == "--api"]
    process = program("--port", "0", *arguments, **environment)
    urls = {}
    try:
        assert process.stdout is not None
        for _ in apis or API_IDS:
            line = process.stdout.readline()
            match = READY.fullmatch(line)
            assert match, line or process.stderr.read()  # type: ignore[union-attr]
            urls[match[1]] = match[2]
        yield process, urls
    finally:
        process.kill()
        process.communicate()


def ends(process: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str, str]:
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    return process.returncode, out, err


def test_every_api_is_ready_when_it_says_so_and_nothing_else_is_said(http: httpx2.Client) -> None:
    everything = [word for api in API_IDS for word in ("--api", api)]
    with running("--dataset", "empty", *everything) as (process, urls):
        assert tuple(urls) == API_IDS
        for url in urls.values():
            assert http.get(url).status_code == 200
        http.get(urls["TMF622"] + "/nothing")
        assert ends(process, signal.SIGTERM) == (0, "", "")


def test_ctrl_c_ends_it_in_good_order_whatever_is_going_on() -> None:
    with (
        listening() as hanging,
        running("--api", "TMF622", "--dataset", "empty", TMFRIG_PACE="60") as (process, urls),
        httpx2.Client(trust_env=False) as keeps_open,
    ):
        hanging.hold.clear()
        keeps_open.post(urls["TMF622"] + "/hub", json={"callback": hanging.url})
        keeps_open.post(
            urls["TMF622"] + "/productOrder", json={"productOrderItem": [{"id": "1", "action": "add"}]}
        )
        host, port = urls["TMF622"].split("/")[2].split(":")
        with socket.create_connection((host, int(port))) as half_a_request:
            half_a_request.sendall(
                b"POST /tmf-api/productOrderingManagement/v4/productOrder HTTP/1.1\r\n"
                b"Host: h\r\nContent-Length: 9\r\n\r\n"
            )
            assert ends(process, signal.SIGINT)[:2] == (0, "")


def test_only_the_chosen_apis_are_served(http: httpx2.Client) -> None:
    with running("--api", "TMF645", "--api", "TMF620", "--dataset", "empty") as (_, urls):
        assert list(urls) == ["TMF645", "TMF620"]
        origin = urls["TMF645"].split("/tmf-api")[0]
        assert http.get(origin + "/tmf-api/productOrderingManagement/v4/productOrder").status_code == 404


def test_the_pace_comes_from_the_environment(http: httpx2.Client) -> None:
    with running("--api", "TMF622", "--dataset", "empty", TMFRIG_PACE="0") as (_, urls):
        order = http.post(
            urls["TMF622"] + "/productOrder", json={"productOrderItem": [{"id": "1", "action": "add"}]}
        ).json()
        eventually(lambda: http.get(order["href"]).json()["state"] == "completed")


def test_a_data_set_of_ones_own_is_served(http: httpx2.Client, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("TMF620: {category: [{id: a b, name: Ours}]}")
    with running("--api", "TMF620", "--dataset", str(file)) as (_, urls):
        found = http.get(urls["TMF620"] + "/category").json()
        assert [each["name"] for each in found] == ["Ours"]
        assert found[0]["href"] == urls["TMF620"] + "/category/a%20b"
        assert http.get(found[0]["href"]).json() == found[0]
        assert "lastUpdate" in found[0]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--api", "TMF999"], "unknown API 'TMF999'"),
        (["--dataset", "/nowhere.yaml"], "/nowhere.yaml"),
        (["--host", "198.51.100.1"], "198.51.100.1"),
        (["--host", "no.such.host.invalid"], "no.such.host.invalid"),
    ],
)
def test_what_cannot_be_served_is_one_line_and_status_2(arguments: list[str], says: str) -> None:
    process = program("--port", "0", *arguments)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err.count("\n")) == (2, "", 1)
    assert says in err


@pytest.mark.parametrize(
    "arguments", [["--port", "x"], ["--port", "70000"], ["--version", "3"], ["--nonsense"]]
)
def test_a_wrong_option_is_status_2(arguments: list[str]) -> None:
    process = program(*arguments)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (2, "")
    assert arguments[-1] in err


def test_a_port_in_use_is_said_so() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        process = program("--port", port, "--dataset", "empty")
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err.count("\n")) == (2, 1)
    assert f"127.0.0.1:{port}" in err


@pytest.mark.parametrize("pace", ["fast", "-1", "nan", "inf"])
def test_a_pace_that_is_no_time_is_refused(pace: str) -> None:
    process = program("--port", "0", TMFRIG_PACE=pace)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err.count("\n")) == (2, 1)
    assert pace in err


def test_the_help_has_an_example() -> None:
    process = program("--help")
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "tmfrig serve --api TMF620" in out


def test_servers_in_the_background_end_with_their_context(http: httpx2.Client) -> None:
    before = threading.active_count()
    with serving(["TMF622"]) as urls:
        assert http.get(urls["TMF622"] + "/productOrder").json() == []
    assert threading.active_count() == before
    with pytest.raises(httpx2.ConnectError):
        http.get(urls["TMF622"] + "/productOrder")


@pytest.mark.parametrize(
    ("host", "url", "origin"),
    [
        ("127.0.0.1", "http://127.0.0.1:8620", "http://127.0.0.1:8620"),
        ("localhost", "http://localhost:8620", "http://localhost:8620"),
        ("::1", "http://[::1]:8620", "http://[::1]:8620"),
        ("0.0.0.0", "http://127.0.0.1:8620", ""),
        ("::", "http://[::1]:8620", ""),
    ],
)
def test_addresses_become_urls(host: str, url: str, origin: str) -> None:
    address = Address(host, 8620)
    assert (address.url, address.origin) == (url, origin)
