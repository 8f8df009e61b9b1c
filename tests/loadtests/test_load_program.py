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
from steady_server import Steady, serving_steadily

from tmfrig.reports.result import LoadResult, Outcome, Result, RunResult, Verdict, read_result
from tmfrig.specs import API_IDS

ORDERING = [{"do": "create", "api": "TMF622", "resource": "productOrder"}]
READING = [{"do": "retrieve", "api": "TMF637", "resource": "product"}]


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

    @property
    def load(self) -> LoadResult:
        assert self.result is not None
        assert self.result.load is not None
        return self.result.load


def command(folder: Path, urls: Mapping[str, str], *arguments: str, **extra: Any) -> list[str]:
    apis = [{"api": api, "version": 4, "url": url} for api, url in urls.items() if api in API_IDS]
    targets = folder / "target.json"
    targets.write_text(json.dumps({"apis": apis, **extra}))
    start = [sys.executable, "-m", "tmfrig.loadtests", "--targets", str(targets)]
    return [*start, "--json", str(folder / "result.json"), *arguments]


def load(folder: Path, urls: Mapping[str, str], *arguments: str, **extra: Any) -> Done:
    done = subprocess.run(
        command(folder, urls, *arguments, **extra), capture_output=True, text=True, timeout=90, check=False
    )
    written = folder / "result.json"
    return Done(done.returncode, done.stdout, done.stderr, read_result(written) if written.exists() else None)


def profile(folder: Path, **changes: Any) -> str:
    described = {
        "name": "quick",
        "users": 2,
        "run_time": "1s",
        "think": 0.01,
        "sample": 1,
        "tasks": ORDERING,
        "slo": {"failure_ratio": 0},
    } | changes
    path = folder / "quick.json"
    path.write_text(json.dumps({key: value for key, value in described.items() if value is not None}))
    return str(path)


def reading(folder: Path, **changes: Any) -> tuple[str, dict[str, Any]]:
    """A profile that reads products, and the target's data that name one."""
    data = folder / "data.json"
    data.write_text(json.dumps({"resources": {"product": {"ids": ["1"]}}}))
    return profile(folder, tasks=READING, sample=0.01, **changes), {"data": str(data)}


def test_a_target_that_keeps_the_service_levels_is_conformant(tmp_path: Path) -> None:
    with serving_load(LoadedVendor()) as url:
        slo = {"failure_ratio": 0, "throughput": 1, "operations": {"POST *": {"p99_ms": 5000}}}
        done = load(tmp_path, {"TMF622": url}, "--profile", profile(tmp_path, slo=slo), "--seed", "5")

    assert (done.code, done.err) == (0, "")
    assert done.result is not None
    assert (done.result.verdict, done.result.seed) == (Verdict.conformant, 5)
    assert [(each.check, each.resource, each.outcome) for each in done.result.results] == [
        ("load.slo.failures", None, Outcome.passed),
        ("load.slo.throughput", None, Outcome.passed),
        ("load.slo.p99", "POST productOrder", Outcome.passed),
        ("load.answers", None, Outcome.passed),
    ]
    judged = done.result.results[-1]
    assert judged.message == f"{done.load.requests} answers were judged by the contract, and all were right"
    (operation,) = done.load.operations
    assert (operation.name, operation.api) == ("POST productOrder", "TMF622")
    assert 0 < operation.p50_ms <= operation.p95_ms <= operation.p99_ms <= operation.most_ms
    assert done.load.requests == operation.requests > 0
    assert (done.load.model, done.load.workers, done.load.failures) == ("users", 1, 0)
    assert done.load.series
    assert done.load.series[0].users == 2
    assert f"{done.load.requests} requests, 0 failed" in done.out


def test_errors_under_load_miss_the_service_level(tmp_path: Path) -> None:
    with serving_load(LoadedVendor(fails_after=5)) as url:
        done = load(tmp_path, {"TMF622": url}, "--profile", profile(tmp_path))

    assert done.code == 1
    assert done.result is not None
    assert done.result.verdict is Verdict.nonconformant
    missed = done.failures["load.slo.failures"]
    assert missed.expected == "at most 0.00% of the requests without the right answer"
    assert missed.evidence[0].response is not None
    assert missed.evidence[0].response.status == 500
    (status,) = [each for each in done.result.results if each.check == "load.answers.overload"]
    assert status.outcome is Outcome.warned  # how many may fail is for the service levels to say
    assert status.message.startswith("POST /productOrder: answered 500")
    assert status.evidence[0].curl.startswith("curl -X POST")
    assert done.load.troubles[0].count == done.load.failures > 0


def test_a_wrong_answer_is_a_failed_request_and_says_why(tmp_path: Path) -> None:
    with serving_load(LoadedVendor(shown=lambda order: order | {"state": 7})) as url:
        done = load(tmp_path, {"TMF622": url}, "--profile", profile(tmp_path))

    assert done.code == 1
    assert set(done.failures) == {"load.slo.failures", "load.answers.schema"}
    assert "state is 7" in done.failures["load.answers.schema"].message
    assert f"failed   load.answers.schema TMF622: {done.failures['load.answers.schema'].message}" in done.out


class Closed(LoadedVendor):
    """Shows orders, and takes none."""

    def place(self, body: dict[str, Any]) -> tuple[int, Any]:
        return 405, {"code": "405", "reason": "Orders come by telephone"}


def test_what_the_target_does_not_offer_is_left_out_and_told(tmp_path: Path) -> None:
    with serving_load(Closed()) as url:
        done = load(tmp_path, {"TMF622": url}, "--profile", profile(tmp_path, tasks=[], mix={"shopper": 1}))

    assert done.code == 1  # nothing is conformant that nobody could try
    assert done.result is not None
    assert done.result.verdict is Verdict.inconclusive
    (missing,) = [each for each in done.result.results if each.check == "load.offered"]
    assert missing.message == "POST productOrder is not offered: answered 405"
    assert done.load.requests == done.load.failures == 0


def test_right_answers_are_also_judged_by_the_observing_checks(tmp_path: Path) -> None:
    with serving_load(LoadedVendor(media_type="text/plain")) as url:
        done = load(tmp_path, {"TMF622": url}, "--profile", profile(tmp_path))

    assert done.load.failures == 0
    assert done.result is not None
    remarks = [each for each in done.result.results if each.outcome in (Outcome.failed, Outcome.warned)]
    assert remarks
    assert all(each.check.startswith("load.answers.") for each in remarks)
    assert any("text/plain" in f"{each.message} {each.actual}" for each in remarks)


def test_the_target_is_logged_in_to_and_the_secret_is_in_no_result(tmp_path: Path) -> None:
    vendor = LoadedVendor(shown=lambda order: order | {"description": "called with s3cr3t-t0ken", "state": 7})
    with serving_load(vendor) as url:
        auth = {"bearer": "s3cr3t-t0ken"}
        done = load(tmp_path, {"TMF622": url}, "--profile", profile(tmp_path), "--workers", "2", auth=auth)

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


def test_a_target_that_breaks_is_let_alone(tmp_path: Path) -> None:
    stop = {"failure_ratio": 0.3, "over": "2s"}
    with serving_load(LoadedVendor(fails_after=5)) as url:
        done = load(tmp_path, {"TMF622": url}, "--profile", profile(tmp_path, run_time="5m", stop=stop))

    assert done.code == 1
    assert "of the requests of the last 2 s failed" in (done.load.stopped or "")
    assert done.failures["load.stopped"].message.startswith("the run was ended before its time")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--profile", "nope"], "name one of baseline, smoke, soak, spike, stress, or a YAML file"),
        (["--slo", "none.yaml"], "cannot read the service levels none.yaml: No such file or directory"),
    ],
)  # fmt: skip
def test_a_wrong_command_ends_with_2(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    done = load(tmp_path, {"TMF622": "http://127.0.0.1:9/x"}, *arguments)

    assert done.code == 2
    assert len(done.err.splitlines()) == 1
    assert done.err.startswith("tmfrig load: ")
    assert done.err.rstrip().endswith(sentence)


def test_nobody_else_is_loaded_by_mistake(tmp_path: Path) -> None:
    done = load(tmp_path, {"TMF622": "http://192.0.2.1/x"})

    assert done.code == 2
    assert "192.0.2.1 is not this machine" in done.err


def test_a_profile_with_nothing_to_do_at_a_target_is_refused(tmp_path: Path) -> None:
    with serving_load(LoadedVendor()) as url:
        done = load(tmp_path, {"TMF622": url}, "--profile", profile(tmp_path, tasks=READING, receivers=1))

    assert done.code == 2
    assert "there is nothing to do for visitor" in done.err


@pytest.mark.parametrize(
    ("signals", "workers"), [([signal.SIGINT, signal.SIGTERM], "1"), ([signal.SIGINT], "2")]
)
def test_ctrl_c_writes_what_is_known_and_ends_with_130(
    tmp_path: Path, signals: list[signal.Signals], workers: str
) -> None:
    vendor = LoadedVendor()
    with serving_load(vendor) as url:
        arguments = command(tmp_path, {"TMF622": url}, "--profile", profile(tmp_path, run_time="5m"))
        program = subprocess.Popen(
            [*arguments, "--workers", workers], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        deadline = time.monotonic() + 30
        while len(vendor.orders) < 5 and time.monotonic() < deadline:
            time.sleep(0.02)
        for each in signals:
            program.send_signal(each)
        _, err = program.communicate(timeout=30)

    assert (program.returncode, err) == (130, "tmfrig load: interrupted\n")
    result = read_result(tmp_path / "result.json")
    assert result.verdict is Verdict.inconclusive
    assert result.load is not None
    assert result.load.requests >= 5


def test_workers_whose_master_is_killed_load_nobody(tmp_path: Path) -> None:
    vendor = LoadedVendor()
    with serving_load(vendor) as url:
        arguments = command(tmp_path, {"TMF622": url}, "--profile", profile(tmp_path, run_time="5m"))
        master = subprocess.Popen([*arguments, "--workers", "2"], stdout=subprocess.DEVNULL)
        # three programs have to start
        deadline = time.monotonic() + 90
        while len(vendor.orders) < 5 and time.monotonic() < deadline:
            time.sleep(0.02)
        master.kill()
        master.wait()
        before, deadline = -1, time.monotonic() + 30
        while before != len(vendor.orders) and time.monotonic() < deadline:
            before = len(vendor.orders)
            time.sleep(0.5)

    assert before == len(vendor.orders) >= 5


# ── rates, and what they show ─────────────────────────────────────────────────────────────────────────────


def test_an_open_rate_is_kept_whatever_the_number_of_workers(tmp_path: Path) -> None:
    rates = {}
    for workers in ("1", "2"):
        chosen, extra = reading(tmp_path, users=None, rate=60, run_time="4s", arrivals="even")
        with serving_steadily(Steady(0.02)) as url:
            done = load(tmp_path, {"TMF637": url}, "--profile", chosen, "--workers", workers, **extra)
        assert (done.code, done.load.model, done.load.workers) == (0, "rate", int(workers))
        rates[workers] = done.load.rate
        assert {sample.due for sample in done.load.series} == {60.0}

    assert rates["1"] == pytest.approx(60, rel=0.1)
    assert rates["2"] == pytest.approx(60, rel=0.1)


def test_a_stall_is_seen_by_all_requests_that_were_due_meanwhile(tmp_path: Path) -> None:
    """Coordinated omission: with four users at most, no more than four requests meet the stall itself."""
    chosen, extra = reading(tmp_path, users=4, rate=50, run_time="4s", arrivals="even")
    with serving_steadily(Steady(0.005, stalls=(1.5, 1.0))) as url:
        done = load(tmp_path, {"TMF637": url}, "--profile", chosen, **extra)

    (operation,) = [each for each in done.load.operations if each.api]
    assert operation.most_ms >= 900
    assert operation.p95_ms >= 500
    assert operation.service_p95_ms < 200


def test_the_p99_of_two_workers_is_that_of_all_answers_together(tmp_path: Path) -> None:
    chosen, extra = reading(tmp_path, users=20, run_time="5s", spawn_rate=100, think=0)
    steady = Steady(0.03, spread=8)
    with serving_steadily(steady) as url:
        done = load(tmp_path, {"TMF637": url}, "--profile", chosen, "--workers", "2", **extra)

    assert (done.code, done.load.workers) == (0, 2)
    took = sorted(steady.took)
    pooled = took[-(-99 * len(took) // 100) - 1]
    assert len(took) > 300
    assert done.load.p99_ms == pytest.approx(pooled * 1000, rel=0.05)


def test_the_knee_of_a_target_of_known_capacity_is_found(tmp_path: Path) -> None:
    steady = Steady(0.05, at_once=4)
    chosen, extra = reading(
        tmp_path,
        users=None,
        run_time=None,
        arrivals="even",
        climb={"begin": 40, "each": "1.5s", "within": 0.13, "most": 1000},
        slo={"failure_ratio": 0.01, "operations": {"*": {"p95_ms": 400}}},
    )
    with serving_steadily(steady) as url:
        done = load(tmp_path, {"TMF637": url}, "--profile", chosen, **extra)

    assert done.code == 0
    assert done.load.knee is not None
    assert done.load.knee.rate == pytest.approx(steady.capacity, rel=0.15)
    assert done.load.knee.why
    assert done.failures == {}
    assert [step.rate for step in done.load.steps[:2]] == [40, 80]
