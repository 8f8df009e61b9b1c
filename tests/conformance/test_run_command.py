"""`tmfrig run` as a user sees it: who plays which role, what the scenarios are told, what is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tmfrig.conformance.cli import casting
from tmfrig.conformance.cli.casting import Cast
from tmfrig.conformance.cli.programs import Served
from tmfrig.conformance.failure import CommandError
from tmfrig.conformance.target import read_target, target_schema
from tmfrig.reports.result import read_result
from tmfrig.specs import API_IDS

TMFRIG = [sys.executable, "-P", "-c", "from tmfrig.conformance.cli import main; main()"]
SERVICE_ORDERING = "http://127.0.0.1:9/so/v4"
NOWHERE = (None, None)


def tmfrig(*arguments: object, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*TMFRIG, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, **environment},
        timeout=110,
        check=False,
    )


@contextmanager
def program(*arguments: str, **environment: str) -> Iterator[dict[str, str]]:
    """Reference servers in a process of their own; the URLs of what they serve."""
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "tmfrig.mockservers", "--port", "0", "--admin", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=os.environ | environment,
    )
    assert process.stdout is not None
    urls: dict[str, str] = {}
    try:
        for line in process.stdout:
            _, role, _, url = line.split()
            urls[role] = url
            if role == "admin":
                break
        yield urls
    finally:
        process.terminate()
        process.wait(timeout=10)
        process.stdout.close()


@contextmanager
def serving_nothing(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Within the block no server starts: what one would have been started with is noted."""
    noted: dict[str, Any] = {}

    @contextmanager
    def running(
        arguments: list[str], awaited: list[Served], environment: Mapping[str, str], farewell: float
    ) -> Iterator[list[Served]]:
        noted.update(arguments=arguments, awaited=awaited, environment=environment, farewell=farewell)
        yield [Served(each.api, each.line, f"http://127.0.0.1:1/{each.api}/v{each.line}") for each in awaited]

    monkeypatch.setattr(casting, "running_servers", running)
    yield noted


def cast(*external: str, version: str | None = None, headers: tuple[str, ...] = ()) -> Cast:
    return Cast.chosen(external, version, headers, NOWHERE)


def test_everybody_is_there_with_com_and_admin_api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMFRIG_PACE", raising=False)
    with serving_nothing(monkeypatch) as noted, cast().targets(tmp_path) as path:
        target = read_target(path)
    assert [(each.api, each.version) for each in target.apis] == [(api, 4) for api in API_IDS]
    assert target.rig is not None
    assert (target.rig.com, target.rig.admin) == ("http://127.0.0.1:1/COM/v1", "http://127.0.0.1:1/admin/v1")
    assert target.rig.external == []
    assert noted["arguments"] == ["--version", "all", "--admin", "--host", "127.0.0.1"]
    assert (noted["environment"]["TMFRIG_PACE"], noted["farewell"]) == ("0.02", 0.0)
    assert len(noted["awaited"]) == 15


def test_the_channel_speaks_version_5_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving_nothing(monkeypatch), cast(version="5").targets(tmp_path) as path:
        versions = {each.api: each.version for each in read_target(path).apis}
    assert {api for api, version in versions.items() if version == 4} == {"TMF633", "TMF641", "TMF645"}


def test_an_external_role_is_a_target_with_its_headers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {"TMF641": {"X-Tenant": "acme"}, "TMF620": {"X-Tenant": "nobody"}}
    monkeypatch.setenv("TMFRIG_EXTERNAL_HEADERS", json.dumps(known))
    monkeypatch.setenv("TMFRIG_PACE", "0.5")
    chosen = cast(f"TMF641={SERVICE_ORDERING}", "COM=none", headers=("Authorization: Bearer t0p${x}",))
    with serving_nothing(monkeypatch) as noted, chosen.targets(tmp_path) as path:
        target = read_target(path)
        assert path.stat().st_mode & 0o077 == 0
    headers = {"X-Tenant": "acme", "Authorization": "Bearer t0p${x}"}
    ours = next(each for each in target.apis if each.api == "TMF641")
    assert (ours.url, ours.auth is not None and ours.auth.headers) == (SERVICE_ORDERING, headers)
    assert [each.api for each in target.apis if each.auth is not None] == ["TMF641"]
    assert target.rig is not None
    assert (target.rig.com, target.rig.external) == (None, ["COM", "TMF641"])
    assert ["--external", f"TMF641={SERVICE_ORDERING}", "--external", "COM=none"] == noted["arguments"][-4:]
    assert "t0p" not in str(noted["arguments"])
    told = json.loads(noted["environment"]["TMFRIG_EXTERNAL_HEADERS"])
    assert told["TMF641"] == headers
    assert "TMF620" not in told
    assert noted["environment"]["TMFRIG_PACE"] == "0.5"
    assert noted["farewell"] > 0
    assert not {"TMF641", "COM"} & {each.api for each in noted["awaited"]}
    assert "t0p" not in repr(chosen)


def test_an_external_com_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving_nothing(monkeypatch), cast("COM=http://127.0.0.1:9/com").targets(tmp_path) as path:
        rig = read_target(path).rig
    assert rig is not None
    assert (rig.com, rig.external) == ("http://127.0.0.1:9/com", ["COM"])


def test_where_everybody_is_external_nothing_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = [f"{api}=http://127.0.0.1:9/{api}/v4" for api in API_IDS]
    with serving_nothing(monkeypatch) as noted, cast(*everybody, "COM=none").targets(tmp_path) as path:
        target = read_target(path)
    assert not noted
    assert target.rig is not None
    assert target.rig.admin is None


@pytest.mark.parametrize(
    ("address", "callback_host", "host"),
    [("127.0.0.1", None, "127.0.0.1"), ("10.1.2.3", None, "0.0.0.0"), ("10.1.2.3", "10.1.2.9", "10.1.2.9")],
)
def test_reference_servers_listen_where_external_roles_reach_them(
    address: str, callback_host: str | None, host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(casting, "address_towards", lambda *_: address)
    chosen = Cast.chosen([f"TMF641={SERVICE_ORDERING}"], None, [], (callback_host, 7001))
    with serving_nothing(monkeypatch) as noted, chosen.targets(tmp_path) as path:
        callback = read_target(path).callback
    arguments = noted["arguments"]
    assert arguments[arguments.index("--host") + 1] == host
    assert (callback.host, callback.port) == (callback_host, 7001)


@pytest.mark.parametrize("text", ["{", "[]", '{"TMF641": "s3cr3t"}', '{"TMF641": {"X": 5}}'])
def test_headers_of_the_environment_that_are_none_are_told_without_them(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMFRIG_EXTERNAL_HEADERS", text)
    with pytest.raises(CommandError, match="TMFRIG_EXTERNAL_HEADERS holds no headers") as raised:
        cast()
    assert "s3cr3t" not in str(raised.value)


def test_the_rig_section_is_described() -> None:
    described = target_schema()
    assert described["$defs"]["Rig"]["properties"].keys() == {"com", "admin", "external"}
    assert "the rig itself writes it" in described["properties"]["rig"]["description"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--external", "TMF999=http://h"], "there is no role 'TMF999'; the roles are TMF620, "),
        (["--external", "TMF641"], "write it as ROLE=URL"),
        (["--external", "TMF641=h"], "the URL of TMF641 is none"),
        (["--external", "COM=none", "--external", "COM=none"], "COM is external twice"),
        (["--external", "TMF641=http://h/v5"], "TMF641 has no version 5 here"),
        (["x.yaml", "--external", "COM=none"], "a target file and --external exclude each other"),
        (["--version", "9"], "there are no reference servers of version 9; take 4, 5 or all"),
        (["--external", "COM=none"], "there are none; name them too, such as --external TMF622=URL"),
        (["--header", "X: y"], "name it with --external or in a target file"),
        (["--external", "TMF641=http://h/v4", "--header", "x"], "write it as 'Name: value'"),
        (["--data", "nowhere.yaml"], "cannot read the data nowhere.yaml: No such file"),
        (["--data", "."], "cannot read the data .: Is a directory"),
        (["nowhere.yaml"], "cannot read nowhere.yaml"),
    ],
)
def test_a_wrong_command_is_told_in_one_line(arguments: list[str], told: str, tmp_path: Path) -> None:
    done = tmfrig("run", *arguments, folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert done.stderr.startswith("tmfrig: ")
    assert told in done.stderr


def test_what_the_servers_refuse_is_a_wrong_command_too(tmp_path: Path) -> None:
    done = tmfrig("run", folder=tmp_path, TMFRIG_PACE="quick")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("tmfrig: TMFRIG_PACE=quick is no number of seconds; set it to 0.2, say\n")


def test_an_external_role_that_is_not_there_is_unreachable(tmp_path: Path) -> None:
    done = tmfrig("run", "--external", "TMF641=http://127.0.0.1:1/v4", folder=tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert "cannot reach http://127.0.0.1:1/v4: connection refused" in done.stderr


def test_external_roles_take_part_in_the_lifecycle(tmp_path: Path) -> None:
    with program("--api", "TMF638", "--api", "TMF641", TMFRIG_PACE="0.02") as theirs:
        externals = [f"--external={api}={theirs[api]}" for api in ("TMF638", "TMF641")]
        done = tmfrig("run", *externals, "--scenario", "life-single", "--json", "r.json", folder=tmp_path)
        journal = httpx2.get(theirs["admin"] + "/journal?limit=10000", trust_env=False).json()
    assert done.returncode == 0, done.stdout + done.stderr
    urls = {each.url for each in read_result(tmp_path / "r.json").targets}
    assert urls >= {theirs["TMF638"], theirs["TMF641"]}
    told = [(each["caller"], each["method"], each["path"].rpartition("/v4")[2]) for each in journal]
    assert {("COM", "POST", "/hub"), ("COM", "POST", "/serviceOrder")} <= set(told)
    leaves = [path for caller, method, path in told if (caller, method) == ("COM", "DELETE")]
    assert len(leaves) == 2
    assert all(each.startswith("/hub/") for each in leaves)
