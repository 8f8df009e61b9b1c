"""`tmfrig verify` and its siblings as a user and a script see them: output, files, exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from raw_server import RawServer, Request, response, serving
from shelf import shelf

from tmfrig.reports.result import read_result

TMFRIG = [sys.executable, "-P", "-c", "from tmfrig.conformance.cli import main; main()"]


def tmfrig(
    *arguments: object, folder: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*TMFRIG, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, **environment},
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, str]]:
    """The reference servers of all APIs, by name."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "tmfrig.mockservers", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    urls: dict[str, str] = {}
    for line in process.stdout:
        _, api, _, url = line.split()
        urls[api] = url
        if len(urls) == 8:
            break
    yield urls
    process.terminate()
    process.wait(timeout=10)
    process.stdout.close()


def test_a_faultless_server_is_conformant(servers: dict[str, str], tmp_path: Path) -> None:
    files = ["--json", tmp_path / "r.json", "--junit", tmp_path / "r.xml", "--html", tmp_path / "r.html"]
    done = tmfrig(
        "verify", "--api", "TMF622", "--version", 4, "--url", servers["TMF622"], "--seed", 7, *files
    )
    stays = read_result(tmp_path / "r.json").left_behind
    assert (done.returncode, done.stderr) == (
        0,
        f"TMF622 Product Ordering 4.0.0 at {servers['TMF622']}, suite standard, seed 7\n"
        f"tmfrig: {len(stays)} objects stay, as they cannot be deleted (--json lists them)\n",
    )
    # version 4 has no DELETE for cancel tasks
    assert all(f"{servers['TMF622']}/cancelProductOrder/" in each for each in stays)
    assert "\nconformant   MUST " in done.stdout
    assert "\x1b" not in done.stdout
    run = read_result(tmp_path / "r.json")
    assert (run.verdict, run.seed, run.counts.failed, run.counts.warned, run.counts.error) == (
        "conformant",
        7,
        0,
        0,
        0,
    )
    assert [(each.api, each.version, each.url) for each in run.targets] == [
        ("TMF622", "4.0.0", servers["TMF622"])
    ]
    assert (tmp_path / "r.xml").read_text().startswith("<?xml")
    assert "<html" in (tmp_path / "r.html").read_text()


def test_a_target_file_names_several_apis(servers: dict[str, str], tmp_path: Path) -> None:
    target = tmp_path / "acme.yaml"
    target.write_text(
        "name: Acme\nauth: {headers: {X-Token: '${ACME}'}}\napis:\n"
        + "".join(f"  - {{api: {api}, version: 4, url: '{servers[api]}'}}\n" for api in ("TMF637", "TMF638"))
    )
    done = tmfrig(
        "verify", target, "--check", "list.*", "--json", "out/r.json", folder=tmp_path, ACME="s3cr3t-t0k3n"
    )
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "out" / "r.json").read_text()
    assert {each["api"] for each in json.loads(text)["results"]} == {"TMF637", "TMF638"}
    assert "s3cr3t" not in text + done.stdout + done.stderr


def test_a_violation_is_shown_with_what_is_needed_to_mend_it(tmp_path: Path) -> None:
    with shelf(lambda request: response(200, {}) if request.method == "POST" else "as usual") as (orders, _):
        done = tmfrig(
            "verify", "--api", 622, "--url", orders.url, "--check", "create.status", "--json", tmp_path / "r"
        )
    assert done.returncode == 1
    assert "✗ MUST  create.status" in done.stdout
    assert "nonconformant" in done.stdout
    assert "curl -X POST" in done.stdout
    assert "next  tmfrig checks explain create.status" in done.stdout
    assert read_result(tmp_path / "r").verdict == "nonconformant"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "--api and --url are missing; give a target file, or --api TMF622"),
        (["--api", "TMF622"], "--url is missing"),
        (["--api", "TMF666", "--url", "http://127.0.0.1:1"], "unknown API 'TMF666'"),
        (["--api", "TMF622", "--version", "9", "--url", "http://127.0.0.1:1"], "TMF622 version 9 is not"),
        (["--api", "TMF622", "--url", "127.0.0.1:1"], "--url: '127.0.0.1:1' is no base URL"),
        (["--api", "TMF622", "--url", "http://127.0.0.1:1", "--header", "x"], "write it as 'Name: value'"),
        (["--api", "TMF622", "--url", "http://127.0.0.1:1", "--check", "x.y"], "no check is called 'x.y'"),
        (["--api", "TMF622", "--url", "http://127.0.0.1:1", "--contract", "no.json"], "no.json"),
        (["--api", "TMF622", "--url", "http://127.0.0.1:1", "--ca", "no.pem"], "no.pem"),
        (["--api", "TMF622", "--url", "http://127.0.0.1:1", "--html", "."], "cannot write .: it is a folder"),
        (["--suite", "whole"], "--suite"),
        (
            ["--api", "TMF622", "--url", "http://127.0.0.1:1", "--waivers", "no.yaml"],
            "cannot read the waivers",
        ),
        (["--api", "TMF622", "--url", "http://127.0.0.1:1", "--data", "no.yaml"], "cannot read the data"),
        (["--max-time", "0"], "--max-time '0' is no time; write it as 120s or 2m"),
        (["--max-time", "-5"], "--max-time '-5' is no time"),
        (["--max-time", "٣s"], "--max-time '٣s' is no time"),
        (["--workers", "99"], "'--workers': Input should be less than or equal to 16"),
        (["--seed", "x"], "'--seed': Input should be a valid integer"),
        (["--api", "TMF622", "--url", "http://127.0.0.1:1", "--version", ""], "--version: input should be"),
        (
            [
                "--api",
                "TMF622",
                "--url",
                "http://127.0.0.1:1",
                "--suite",
                "mandatory",
                "--check",
                "property.*",
            ],
            "of TMF622 v4, the suite mandatory asks nothing that is called property.*; give another --check",
        ),
        (["nowhere.yaml"], "cannot read nowhere.yaml"),
        (["nowhere.yaml", "--api", "TMF622"], "exclude each other"),
    ],
)
def test_a_wrong_command_is_told_in_one_line(arguments: Sequence[str], told: str, tmp_path: Path) -> None:
    done = tmfrig("verify", *arguments, folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("tmfrig: ")
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_wrong_command_does_nothing_by_halves(tmp_path: Path) -> None:
    with shelf() as (orders, server):
        target = ["--api", "TMF622", "--url", orders.url, "--json", tmp_path / "r.json"]
        done = tmfrig("verify", *target, "--callback-host", "no-such-host.invalid")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "cannot listen for notifications on no-such-host.invalid" in done.stderr
    assert not server.requests
    assert not (tmp_path / "r.json").exists()


@pytest.mark.parametrize("option", ["--data", "--waivers"])
def test_what_is_read_is_not_overwritten(option: str, tmp_path: Path) -> None:
    read = tmp_path / "read.json"
    read.write_text("{}")
    target = ["--api", "TMF622", "--url", "http://127.0.0.1:1"]
    done = tmfrig("verify", *target, option, read, "--json", read)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "is read by this command, and would be overwritten" in done.stderr
    assert read.read_text() == "{}"


def test_wrong_data_are_told_before_servers_start(tmp_path: Path) -> None:
    (tmp_path / "data.yaml").write_text("offerings: [fibre]")
    done = tmfrig("run", "--data", tmp_path / "data.yaml")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "data.yaml: offerings: input should be" in done.stderr


def test_a_wrong_version_to_serve_is_told_in_one_line() -> None:
    done = tmfrig("serve", "--version", "7")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "argument --version: invalid choice: '7'" in done.stderr
    assert "see 'tmfrig serve --help'" in done.stderr


def test_a_contract_of_another_api_is_a_wrong_command(tmp_path: Path) -> None:
    from tmfrig.specs import standard_contract

    contract = tmp_path / "TMF620.json"
    contract.write_text(json.dumps(standard_contract("TMF620").document))
    done = tmfrig("verify", "--api", "TMF622", "--url", "http://127.0.0.1:1", "--contract", contract)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "declares none of the resources of TMF622" in done.stderr


def test_an_unreachable_target_is_told_in_one_line() -> None:
    done = tmfrig("verify", "--api", "TMF622", "--url", "http://127.0.0.1:1/x")
    assert (done.returncode, done.stdout, done.stderr) == (
        3,
        "",
        "tmfrig: cannot reach http://127.0.0.1:1/x: connection refused\n",
    )


def test_a_target_that_dies_midway_leaves_what_is_known(tmp_path: Path) -> None:
    known: list[RawServer] = []

    def dying(request: Request) -> Any:
        if len(known[0].requests) > 25:
            known[0].stop()
            return None
        return "as usual"

    with shelf(dying) as (orders, server):
        known.append(server)
        done = tmfrig("verify", "--api", "TMF622", "--url", orders.url, "--json", tmp_path / "r.json")
    assert done.returncode == 3
    # whoever is connected at that moment sees the connection end, whoever comes later none
    assert f"tmfrig: {orders.url} stopped answering: " in done.stderr
    assert "connection refused" in done.stderr or "the connection was closed" in done.stderr
    counts = read_result(tmp_path / "r.json").counts
    assert counts.passed
    assert counts.error


def test_ctrl_c_writes_what_is_known(tmp_path: Path) -> None:
    known: list[RawServer] = []

    def silence() -> Iterator[bytes]:
        while not known[0].stopping.wait(0.05):
            yield b""

    def stalling(request: Request) -> Any:
        return silence() if len(known[0].requests) > 10 else "as usual"

    with shelf(stalling) as (orders, server):
        known.append(server)
        process = subprocess.Popen(
            [*TMFRIG, "verify", "--api", "TMF622", "--url", orders.url, "--json", str(tmp_path / "r.json")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        deadline = time.monotonic() + 60
        while len(server.requests) <= 10 and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "Traceback" not in out + errors
    run = read_result(tmp_path / "r.json")
    assert run.verdict != "conformant"
    assert run.counts.passed


def test_the_schema_of_target_files_is_printed() -> None:
    done = tmfrig("verify", "--schema")
    assert json.loads(done.stdout)["properties"].keys() >= {"name", "auth", "apis", "limits", "other", "rig"}


@pytest.mark.parametrize("command", ["demo", "serve", "verify", "run", "load", "specs", "checks", "report"])
def test_help_is_there_and_shows_an_example(command: str) -> None:
    done = tmfrig(command, "--help", TERMINAL_WIDTH="200")
    assert done.returncode == 0
    assert command in {"specs", "checks", "report"} or f"Example: tmfrig {command}" in done.stdout


def test_a_target_behind_a_login_gets_its_header(tmp_path: Path) -> None:
    def locked(request: Request) -> Any:
        return "as usual" if request.headers.get("x-key") == "open-sesame" else response(401)

    with shelf(locked) as (orders, _):
        arguments = ["verify", "--api", "TMF622", "--url", orders.url, "--check", "list.answers"]
        assert tmfrig(*arguments).returncode == 2
        done = tmfrig(*arguments, "--header", "X-Key: open-sesame", "--json", tmp_path / "r.json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "open-sesame" not in (tmp_path / "r.json").read_text()


def test_scenarios_and_load_run_on_a_target_file(servers: dict[str, str], tmp_path: Path) -> None:
    target = tmp_path / "target.json"
    entries = [{"api": api, "version": 4, "url": url} for api, url in servers.items()]
    target.write_text(json.dumps({"apis": entries}))
    played = tmfrig("run", target, "--scenario", "order*", "--json", tmp_path / "run.json")
    assert played.returncode == 0, played.stdout + played.stderr
    assert read_result(tmp_path / "run.json").verdict == "conformant"
    loaded = tmfrig("load", target, "--users", 1, "--run-time", "1s", "--json", tmp_path / "load.json")
    assert loaded.returncode == 0, loaded.stdout + loaded.stderr
    load = read_result(tmp_path / "load.json").load
    assert load is not None
    assert load.requests > 0


def test_load_runs_on_reference_servers_of_version_5(tmp_path: Path) -> None:
    options = ["--version", "5", "--users", 1, "--run-time", "1s"]
    done = tmfrig("load", *options, "--json", tmp_path / "r.json")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = {(target.api, target.version) for target in read_result(tmp_path / "r.json").targets}
    assert ("TMF622", "5.0.0") in lines
    assert ("TMF641", "4.1.0") in lines  # which has no version 5


def test_there_are_no_reference_servers_of_a_version_that_none_has() -> None:
    done = tmfrig("run", "--version", "9")
    assert (done.returncode, done.stdout) == (2, "")
    assert "there are no reference servers of version 9; take 4, 5 or all" in done.stderr


def test_html_instead_of_json() -> None:
    with serving(
        lambda request: response(200, raw=b"<html></html>", headers={"Content-Type": "text/html"})
    ) as server:
        done = tmfrig("verify", "--api", "TMF622", "--url", server.url)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (3, "", 1)
    assert "answered with an HTML page, not JSON" in done.stderr


def test_the_demo_writes_a_report_and_finds_the_reference_servers_conformant(tmp_path: Path) -> None:
    done = tmfrig("demo", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    run = read_result(tmp_path / "tmfrig-report" / "result.json")
    assert (run.verdict, run.counts.failed, run.counts.warned, run.counts.error) == ("conformant", 0, 0, 0)
    assert [target.version[0] for target in run.targets].count("4") == 8
    assert [target.version[0] for target in run.targets].count("5") == 5
    assert run.load is not None
    assert any(each.steps for each in run.results)
    assert sorted(path.name for path in (tmp_path / "tmfrig-report").iterdir()) == [
        "index.html",
        "junit.xml",
        "result.json",
    ]
    assert "report  tmfrig-report/index.html" in done.stdout
