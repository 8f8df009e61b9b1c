"""The options of the program that change how the servers answer."""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import httpx2
import pytest
from mock_waiting import eventually

from tmfrig.mockservers.credentials import CredentialsError, headers_of
from tmfrig.specs import API_IDS

COM_READY = re.compile(r"ready COM v1 http://127\.0\.0\.1:\d+/customerOrderManagement/v1\n")
ARGUMENTS = ("--api", "TMF620", "--version", "5", "--port", "0", "--dataset", "empty")


def test_asynchronous_answers_and_no_jsonpath_are_options_of_the_program(http: httpx2.Client) -> None:
    command = [sys.executable, "-m", "tmfrig.mockservers", *ARGUMENTS, "--answers", "async", "--no-jsonpath"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().split()[-1] + "/category"
            created = http.post(url, json={"@type": "Category", "name": "fibre"})
            filtered = http.get(url, params={"filter": "$[?(@.name)]"})
            assert (created.status_code, filtered.status_code) == (202, 501)
        finally:
            process.kill()


def test_other_answers_are_refused() -> None:
    command = [sys.executable, "-m", "tmfrig.mockservers", *ARGUMENTS, "--answers", "never"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert "'sync', 'async'" in ended.stderr or "sync, async" in ended.stderr


def said(*arguments: str, lines: int, **environment: str) -> list[str]:
    """The first lines that the program prints."""
    command = [sys.executable, "-m", "tmfrig.mockservers", "--port", "0", "--dataset", "empty", *arguments]
    environment = os.environ | environment
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            return [process.stdout.readline() for _ in range(lines)]
        finally:
            process.kill()


def test_everything_is_served_with_the_com() -> None:
    lines = said(lines=9)
    assert [each.split()[1] for each in lines[:8]] == list(API_IDS)
    assert COM_READY.fullmatch(lines[8])


def test_the_admin_api_has_the_last_line() -> None:
    lines = said("--api", "TMF622", "--admin", lines=2)
    assert re.fullmatch(r"ready admin v1 http://127\.0\.0\.1:\d+/tmfrig/admin/v1\n", lines[1])


def test_version_5_alone_has_a_com_when_others_complete_it() -> None:
    externals = [f"--external={api}=http://127.0.0.1:1/{api}/v4" for api in ("TMF633", "TMF641")]
    lines = said("--version", "5", *externals, lines=6)
    assert COM_READY.fullmatch(lines[5])
    assert all(each.split()[2] == "v5" for each in lines[:5])


def test_who_is_external_is_not_served() -> None:
    lines = said("--external", "TMF645=http://127.0.0.1:1/v4", "--external", "COM=none", "--admin", lines=8)
    assert [each.split()[1] for each in lines] == [each for each in API_IDS if each != "TMF645"] + ["admin"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--api", "COM"], "the COM cannot carry out orders without TMF620, TMF622, "),
        (
            ["--api", "COM", "--api", "TMF622", "--external", "COM=none"],
            "COM is both served here and external",
        ),
        (["--api", "TMF622", "--external", "TMF622=http://h/v4"], "TMF622 is both served here and external"),
        (["--external", "TMF999=http://h"], "there is no role 'TMF999'; the roles are"),
        (["--external", "TMF641=h"], "the URL of TMF641 is none"),
        (
            ["--external", "TMF641=http://h/v4", "--external", "TMF641=http://h/v4"],
            "TMF641 is external twice",
        ),
        (["--callback-url", "nowhere"], "the URL of --callback-url is none"),
        (["--scenario", "/no/script.yaml"], "/no/script.yaml"),
    ],
)
def test_a_wrong_topology_is_told_in_one_line(arguments: list[str], told: str) -> None:
    command = [sys.executable, "-m", "tmfrig.mockservers", "--port", "0", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert ended.stderr.startswith("tmfrig serve: ")
    assert told in ended.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is no JSON"),
        ("[]", "is no object"),
        ('{"TMF999": {}}', "names 'TMF999', which is no role"),
        ('{"TMF641": "Bearer s3cr3t"}', "has headers for TMF641 that cannot be sent"),
        ('{"TMF641": {"Bad name": "s3cr3t"}}', "has headers for TMF641 that cannot be sent"),
        ('{"TMF641": {"X-Key": "s3cr3t\\nX: y"}}', "has headers for TMF641 that cannot be sent"),
    ],
)
def test_wrong_headers_of_the_environment_are_told_without_them(text: str, told: str) -> None:
    with pytest.raises(CredentialsError) as raised:
        headers_of(text)
    assert told in str(raised.value)
    assert "s3cr3t" not in str(raised.value)


def test_external_roles_are_sent_the_headers_of_the_environment() -> None:
    assert headers_of(None) == headers_of(" ") == {}
    assert headers_of('{"TMF641": {"X-Key": "k"}}') == {"TMF641": {"X-Key": "k"}}


def test_a_script_decides_about_service_orders(http: httpx2.Client, tmp_path: Path) -> None:
    script = tmp_path / "script.yaml"
    script.write_text('outcomes: [{when: {externalId: "bad-*"}, then: fail}]')
    arguments = ["--api", "TMF638", "--api", "TMF641", "--scenario", str(script), "--dataset", "empty"]
    command = [sys.executable, "-m", "tmfrig.mockservers", "--port", "0", *arguments]
    environment = os.environ | {"TMFRIG_PACE": "0.01"}
    service = {"name": "line", "serviceSpecification": {"id": "line"}}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            url = [process.stdout.readline() for _ in range(2)][1].split()[-1] + "/serviceOrder"
            for name, state in (("bad-1", "failed"), ("good-1", "completed")):
                item = {"id": "1", "action": "add", "service": service}
                order = http.post(url, json={"externalId": name, "serviceOrderItem": [item]}).json()
                eventually(lambda href=order["href"], state=state: http.get(href).json()["state"] == state)
        finally:
            process.kill()


def refused(*arguments: str) -> str:
    """What the program says where it does not even start; one line."""
    command = [sys.executable, "-m", "tmfrig.mockservers", *ARGUMENTS, *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2, ended.stderr
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1, ended.stderr
    return ended.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--store", "rig.db"), "'rig.db' is no store; name memory, sqlite:///FILE"),
        (("--store", "sqlite://rig.db"), "write sqlite:///rig.db, with three slashes"),
        (("--store", "sqlite:///rig.db?synchronous=maybe"), "?synchronous=off|normal|full"),
        (("--store", "sqlite:////no/such/folder/rig.db"), "cannot be used as a store"),
        (("--store", "mysql://db/rig"), "is no store"),
        (("--store", "mysql://u:secret@db/rig"), "'mysql://…' is no store"),
        (("--store", "sqlite:///:memory:"), "write --store memory"),
        (("--store", "sqlite:///a#1.db"), "write %23 for #"),
        (("--store", "sqlite:///a%00.db"), "no file has %00 in its name"),
        (("--store", "postgresql://u:p[w@127.0.0.1/x"), "a URL that cannot be read"),
        (("--store", "postgresql://127.0.0.1:9/rig"), "127.0.0.1:9"),
        (("--workers", "0"), "'0' is no number of workers"),
        (("--workers", "2", "--store", "rig.db"), "'rig.db' is no store"),
        (("--workers", "2", "--dataset", "/no/such/file"), "/no/such/file"),
    ],
)
def test_a_store_that_cannot_be_used_is_told_in_one_line(arguments: tuple[str, ...], said: str) -> None:
    assert said in refused(*arguments)


def test_a_pipe_cannot_be_read_by_several_workers(tmp_path: Path) -> None:
    pipe = tmp_path / "data.yaml"
    os.mkfifo(pipe)
    # whoever opens it to write waits for somebody who reads
    threading.Thread(target=pipe.write_text, args=("TMF620: {}",), daemon=True).start()
    said = refused("--workers", "2", "--dataset", str(pipe))
    assert f"{pipe} cannot be copied for all workers" in said


def test_what_is_in_a_file_is_there_again(http: httpx2.Client, tmp_path: Path) -> None:
    store = ("--api", "TMF620", "--port", "0", "--store", f"sqlite:///{tmp_path / 'rig.db'}")
    command = [sys.executable, "-m", "tmfrig.mockservers", *store]
    names: list[list[str]] = []
    for number in (1, 2):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                url = process.stdout.readline().split()[-1] + "/category"
                # what was removed from the data set stays away, and what was added stays
                assert http.delete(f"{url}/{http.get(url).json()[0]['id']}").status_code == 204
                http.post(url, json={"name": f"added {number}"})
                names.append([each["name"] for each in http.get(url).json()])
            finally:
                process.kill()
    first, second = names
    assert second == [*first[1:], "added 2"]


def test_several_workers_serve_one_catalog(http: httpx2.Client, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tmfrig.mockservers", *ARGUMENTS, "--workers", "2"]
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().split()[-1] + "/category"
            # each connection may lead to another process
            for number in range(1, 11):
                created = httpx2.post(url, json={"@type": "Category", "name": f"tv {number}"})
                assert httpx2.get(created.json()["href"]).status_code == 200
                assert httpx2.get(url).headers["x-total-count"] == str(number)
            # what they share is held, so that nobody clears it away, for as long as they run
            (shared,) = tmp_path.iterdir()
            held = os.open(shared, os.O_RDONLY)
            with pytest.raises(BlockingIOError):
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.close(held)
            process.terminate()
            assert process.wait(30) == 0
        finally:
            process.kill()
    assert not list(tmp_path.iterdir())
