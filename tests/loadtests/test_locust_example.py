"""The users under Locust's own command, as the README shows it, with a file that lies anywhere."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tmfrig.mockservers.running import serving

README = Path(__file__).parents[2] / "loadtests" / "README.md"


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    with serving(dataset="telco") as urls:
        yield urls["TMF620"].partition("/tmf-api/")[0]


@pytest.fixture
def example(tmp_path: Path) -> Path:
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    path = tmp_path / "locustfile.py"
    path.write_text(code, encoding="utf-8")
    return path


def locust(example: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "locust", "-f", str(example), *arguments],
        cwd=example.parent,
        env={name: value for name, value in os.environ.items() if not name.startswith("TMFRIG")}
        | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def until(told: Callable[[], Any], within: float = 30.0) -> Any:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            if found := told():
                return found
        except httpx2.HTTPError:
            pass
        time.sleep(0.05)
    raise AssertionError("it did not come in time")


def names(statistics: list[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {f"{each['method']} {each['name']}": each for each in statistics}


def test_the_example_runs_and_its_statistics_have_a_line_for_each_operation(example: Path, host: str) -> None:
    running = locust(example, "--host", host, "--headless", "-u", "2", "-r", "10", "-t", "5s", "--json")
    out, err = running.communicate(timeout=60)

    assert running.returncode == 0, err
    told = names(json.loads(out))
    assert {"GET product", "GET product/{id}", "GET productOffering"} <= told.keys()
    assert all(each["num_failures"] == 0 and each["num_requests"] for each in told.values())


def test_from_the_web_ui_a_load_can_be_started_and_looked_at(example: Path, host: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    running = locust(example, "--web-host", "127.0.0.1", "--web-port", str(port))
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as ui:

            def seen() -> dict[str, Mapping[str, Any]] | None:
                statistics = names(ui.get("/stats/requests").json()["stats"])
                return statistics if "GET product/{id}" in statistics else None

            swarm = {"user_count": "2", "spawn_rate": "10", "host": host}
            assert until(lambda: ui.post("/swarm", data=swarm)).json()["success"]
            assert until(seen)["GET product/{id}"]["num_failures"] == 0
            ui.get("/stop")
    finally:
        running.terminate()
        running.communicate(timeout=30)


def test_another_machine_is_left_alone_unless_somebody_says_that_it_may_be_loaded(example: Path) -> None:
    running = locust(example, "--host", "http://192.0.2.1", "--headless", "-u", "1", "-t", "20s")
    _, err = running.communicate(timeout=60)

    assert running.returncode == 1
    assert "tmfrig: 192.0.2.1 is not this machine" in err
    assert "TMFRIG_I_OWN_THIS_TARGET=1" in err
