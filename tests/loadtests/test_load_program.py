"""`python -m tmfrig.loadtests` as a program, in its own process, since Locust patches the interpreter."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from loaded_vendor import LoadedVendor, serving_load

from tmfrig.mockservers.running import serving
from tmfrig.reports.result import Outcome, Result, RunResult, Verdict, read_result
from tmfrig.specs import API_IDS


@dataclass
class Done:
    code: int
    out: str
    err: str
    result: RunResult | None

    @property
    def failures(self) -> dict[str, Result]:
        found = self.result.results if self.result else []
        return {each.check: each for each in found if each.outcome is Outcome.failed}


def command(folder: Path, urls: Mapping[str, str], *arguments: str, **extra: Any) -> list[str]:
    apis = [{"api": api, "version": 4, "url": url} for api, url in urls.items() if api in API_IDS]
    targets = folder / "target.json"
    targets.write_text(json.dumps({"apis": apis, **extra}))
    start = [sys.executable, "-m", "tmfrig.loadtests", "--targets", str(targets)]
    return [*start, "--json", str(folder / "result.json"), *arguments]


def load(folder: Path, urls: Mapping[str, str], *arguments: str, **extra: Any) -> Done:
    done = subprocess.run(
        command(folder, urls, *arguments, **extra), capture_output=True, text=True, timeout=60, check=False
    )
    written = folder / "result.json"
    return Done(done.returncode, done.stdout, done.stderr, read_result(written) if written.exists() else None)


def profile(folder: Path, **changes: Any) -> str:
    described = {
        "name": "quick",
        "purpose": "A test",
        "users": 2,
        "spawn_rate": 10,
        "run_time": "1s",
        "think_time": [0.01, 0.02],
        "tasks": [{"do": "create", "api": "TMF622", "resource": "productOrder"}],
        "slo": {"failure_ratio": 0},
    }
    path = folder / "quick.yaml"
    path.write_text(json.dumps(described | changes))
    return str(path)


def test_the_reference_servers_pass_the_smoke_profile(tmp_path: Path) -> None:
    with serving(["TMF620", "TMF622"], dataset="telco") as urls:
        done = load(tmp_path, urls, "--profile", "smoke", "--run-time", "2s", "--users", "3", "--seed", "5")

    assert (done.code, done.err) == (0, "")
    run = done.result
    assert run is not None
    assert run.load is not None
    assert (run.verdict, run.seed, run.load.profile, run.load.knee) == (Verdict.conformant, 5, "smoke", None)
    assert [each.name for each in run.load.operations] == [
        "GET productOffering",
        "GET productOffering/{id}",
        "POST productOrder",
        "GET productOrder/{id}",
        "GET productOrder",
    ]
    assert all(0 < each.p50_ms <= each.p95_ms <= each.p99_ms for each in run.load.operations)
    assert run.load.requests == sum(each.requests for each in run.load.operations) > 0
    assert run.load.failures == 0
    assert run.load.series[0].users == 3
    assert [(each.check, each.api, each.resource, each.outcome) for each in run.results] == [
        ("load.slo.failures", "TMF620", "productOffering", Outcome.passed),
        ("load.slo.p95", "TMF620", "productOffering", Outcome.passed),
        ("load.slo.failures", "TMF622", "productOrder", Outcome.passed),
        ("load.slo.p95", "TMF622", "productOrder", Outcome.passed),
    ]
    assert done.out.startswith(f"{run.load.requests} requests, 0 failed")


def test_errors_under_load_miss_the_service_level(tmp_path: Path) -> None:
    with serving_load(LoadedVendor(fails_after=5)) as url:
        done = load(tmp_path, {"TMF622": url}, "--profile", profile(tmp_path))

    assert done.code == 1
    assert done.result is not None
    assert done.result.verdict is Verdict.nonconformant
    missed = done.failures["load.slo.failures"]
    assert missed.message.endswith("requests failed, most of them POST productOrder")
    assert missed.expected == "at most 0.00% of the requests without the right answer"
    assert missed.evidence[0].response is not None
    assert missed.evidence[0].response.status == 500
    status = done.failures["load.answers.status"]
    assert status.message.startswith("POST /productOrder: answered 500, not 200, 201 or 202")
    assert status.evidence[0].curl.startswith("curl -X POST")


def without_an_id(order: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in order.items() if key not in ("id", "href")}


@pytest.mark.parametrize(
    ("vendor", "check", "words"),
    [
        (LoadedVendor(shown=without_an_id), "load.answers.identity", "answered 201 without an id"),
        (LoadedVendor(shown=lambda order: order | {"state": 7}), "load.answers.schema", "state is 7"),
        (
            LoadedVendor(shown=lambda _: b"<html>Welcome</html>", media_type="text/html"),
            "load.answers.json",
            "the body is not JSON",
        ),
    ],
    ids=["no id", "wrong type", "a web page"],
)
def test_a_wrong_answer_is_a_failed_request_and_says_why(
    tmp_path: Path, vendor: LoadedVendor, check: str, words: str
) -> None:
    with serving_load(vendor) as url:
        done = load(tmp_path, {"TMF622": url}, "--profile", profile(tmp_path))

    assert done.code == 1
    assert set(done.failures) == {"load.slo.failures", check}
    assert words in done.failures[check].message
    assert f"failed   {check} TMF622: {done.failures[check].message}" in done.out


def test_right_answers_are_also_judged_by_the_observing_checks(tmp_path: Path) -> None:
    with serving_load(LoadedVendor(media_type="text/plain")) as url:
        done = load(tmp_path, {"TMF622": url}, "--profile", profile(tmp_path))

    assert done.result is not None
    assert done.result.load is not None
    assert done.result.load.failures == 0
    remarks = [each for each in done.result.results if each.outcome in (Outcome.failed, Outcome.warned)]
    assert remarks
    assert all(each.check.startswith("load.answers.") for each in remarks)
    assert any("text/plain" in f"{each.message} {each.actual}" for each in remarks)


def test_a_slow_target_misses_the_service_level(tmp_path: Path) -> None:
    with serving_load(LoadedVendor()) as url:
        done = load(tmp_path, {"TMF622": url}, "--profile", profile(tmp_path, slo={"p95_ms": 0.001}))

    assert done.code == 1
    assert set(done.failures) == {"load.slo.p95"}
    assert done.failures["load.slo.p95"].message.startswith("POST productOrder is too slow")


def test_the_target_is_logged_in_to_and_the_secret_is_in_no_result(tmp_path: Path) -> None:
    vendor = LoadedVendor(shown=lambda order: order | {"description": "called with s3cr3t-t0ken", "state": 7})
    with serving_load(vendor) as url:
        done = load(
            tmp_path, {"TMF622": url}, "--profile", profile(tmp_path), auth={"bearer": "s3cr3t-t0ken"}
        )

    assert done.code == 1
    assert set(vendor.seen) == {"Bearer s3cr3t-t0ken"}
    assert done.result is not None
    assert "s3cr3t-t0ken" not in done.result.model_dump_json() + done.out


def test_a_target_that_is_not_there_ends_with_3(tmp_path: Path) -> None:
    with serving_load(LoadedVendor()) as url:
        pass
    done = load(tmp_path, {"TMF622": url})

    assert done.code == 3
    assert done.result is None
    assert done.err == f"tmfrig load: cannot reach {url}: connection refused\n"


def test_a_target_that_stops_answering_ends_with_3_and_a_result(tmp_path: Path) -> None:
    with serving_load(LoadedVendor(dies_after=5)) as url:
        done = load(tmp_path, {"TMF622": url}, "--profile", profile(tmp_path, run_time="60s"))

    assert (done.code, done.err) == (3, f"tmfrig load: {url} stopped answering\n")
    assert done.result is not None
    assert done.result.verdict is Verdict.inconclusive
    assert {each.outcome for each in done.result.results} == {Outcome.error}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--profile", "nope"], "no profile 'nope': name one of smoke, or a YAML file"),
        (["--users", "0"], "'0' is no number of users"),
        (["--run-time", "soon"], "'soon' is no time span; write 5s, 2m or 1h30m"),
    ],
)
def test_a_wrong_command_ends_with_2(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    done = load(tmp_path, {"TMF622": "http://127.0.0.1:9/x"}, *arguments)

    assert done.code == 2
    assert len(done.err.splitlines()) == 1
    assert done.err.startswith("tmfrig load: ")
    assert done.err.rstrip().endswith(sentence)


@pytest.mark.parametrize("signals", [[signal.SIGINT], [signal.SIGTERM], [signal.SIGINT, signal.SIGTERM]])
def test_ctrl_c_writes_what_is_known_and_ends_with_130(tmp_path: Path, signals: list[signal.Signals]) -> None:
    vendor = LoadedVendor()
    with serving_load(vendor) as url:
        arguments = command(tmp_path, {"TMF622": url}, "--profile", profile(tmp_path, run_time="5m"))
        program = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 30
        while len(vendor.orders) < 5 and time.monotonic() < deadline:
            time.sleep(0.02)
        for each in signals:
            program.send_signal(each)
        _, err = program.communicate(timeout=30)

    assert (program.returncode, err) == (130, "tmfrig load: interrupted\n")
    result = read_result(tmp_path / "result.json")
    assert result.load is not None
    assert result.load.requests >= 5
