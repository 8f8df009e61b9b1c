"""Target files: every way to write one, and one line for every way to write it wrongly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tmfrig.conformance.mounting import mount
from tmfrig.conformance.target import TargetError, read_target, target_schema, target_text, validated

URL = "http://127.0.0.1:8620/tmf-api/productOrderingManagement/v4"


def written(folder: Path, text: str, name: str = "acme.yaml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def flags(**changes: Any) -> dict[str, Any]:
    return {"apis": [{"api": "TMF622", "version": 4, "url": URL, **changes}]}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("acme.yaml", f"apis:\n  - {{api: TMF622, version: 4, url: '{URL}'}}"),
        ("acme.yml", f"apis: [{{api: 622, version: v4, url: '{URL}/'}}]"),
        ("acme.toml", f"[[apis]]\napi = 'tmf622'\nversion = '4.0.0'\nurl = '{URL}'"),
        ("acme.json", json.dumps({"apis": [{"api": "TMF622", "version": 4, "url": URL}]})),
        ("acme", f"\ufeffapis: [{{api: TMF622, url: '{URL}'}}]"),
    ],
)
def test_yaml_toml_and_json_say_the_same(tmp_path: Path, name: str, text: str) -> None:
    (entry,) = read_target(written(tmp_path, text, name)).apis
    assert (entry.api, entry.version, entry.url) == ("TMF622", 4, URL)


def test_secrets_come_from_the_environment(tmp_path: Path) -> None:
    auth = "auth: {bearer: '${TOKEN}', headers: {X-Note: 'costs $${5}'}}"
    path = written(tmp_path, f"{auth}\napis: [{{api: TMF622, url: '{URL}'}}]")
    found = read_target(path, {"TOKEN": "s3cret"}).auth
    assert found.request_headers() == {"Authorization": "Bearer s3cret", "X-Note": "costs ${5}"}
    with pytest.raises(
        TargetError, match=r"acme.yaml: auth.bearer: the environment variable TOKEN is not set"
    ):
        read_target(path, {})


def test_basic_and_headers_log_in() -> None:
    auth = (
        validated(
            flags(auth={"basic": {"username": "rig", "password": "pw"}, "headers": {"X-Tenant": "a"}}), ""
        )
        .apis[0]
        .auth
    )
    assert auth is not None
    assert auth.request_headers() == {"X-Tenant": "a", "Authorization": "Basic cmlnOnB3"}


def test_an_api_may_log_in_in_its_own_way() -> None:
    target = validated({**flags(auth={"bearer": "its-own-token"}), "auth": {"bearer": "common-token"}}, "")
    (api,) = mount(target)
    assert api.connection.headers == {"Authorization": "Bearer its-own-token"}
    assert "its-own-token" in api.secrets
    assert "common-token" not in api.secrets


def test_what_is_secret_is_known_and_what_is_not_is_not() -> None:
    headers = {"X-Api-Key": "k3y-k3y-k3y", "X-Tenant": "127.0.0.1:8620", "X-Long": "a-value-of-some-length"}
    (api,) = mount(validated(flags(auth={"headers": headers}), ""))
    assert api.secrets >= {"k3y-k3y-k3y", "a-value-of-some-length"}
    # nor does any log show what is nearly a secret
    assert {"k3y-k3y", "k3y-k3y-k3y-more"} <= api.secrets
    assert not any("127.0.0.1" in each for each in api.secrets)


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    text = f"apis: [{{api: TMF622, url: '{URL}', contract: acme.json, auth: {{ca: ca.pem}}}}]"
    (entry,) = read_target(written(tmp_path, text)).apis
    assert entry.contract == tmp_path / "acme.json"
    assert entry.auth is not None
    assert entry.auth.ca == tmp_path / "ca.pem"


def test_a_target_written_out_reads_back_as_the_same(tmp_path: Path) -> None:
    target = validated({**flags(contract="x.json"), "auth": {"bearer": "a ${b} $c"}}, "")
    assert read_target(written(tmp_path, target_text(target), "t.json"), {}) == target


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({}, "apis: field required"),
        ({"apis": []}, "apis: list should have at least 1 item"),
        (flags(colour="red"), "apis[0].colour: there is no such key; see tmfrig verify --schema"),
        ({**flags(), "wavers": "w.yaml"}, "wavers: there is no such key"),
        (
            {**flags(), "other": {"client_cert": "other.pem"}},
            "other.client_cert: there is no such key; see tmfrig verify --schema",
        ),
        (flags(url="ftp://x/y"), "apis[0].url: 'ftp://x/y' is no base URL; give it as http://host:port/"),
        (flags(url="http://u:p@host/v4"), "apis[0].url: a URL with user and password ends in logs"),
        (flags(url="http://host/v4?x=1"), "has a query or fragment"),
        (flags(url="http://ho st/v4"), "contains a blank"),
        (flags(url="http://host:99999/v4"), "apis[0].url: 'http://host:99999/v4' is no URL"),
        (flags(url="http://[::1/v4"), "is no URL"),
        (flags(version="latest"), "apis[0].version: input should be a valid integer"),
        ({"apis": flags()["apis"] * 2}, "TMF622 version 4 is listed twice"),
        (flags(auth={"bearer": "a", "basic": {"username": "b", "password": "c"}}), "exclude each other"),
        (flags(auth={"client_key": "k.pem"}), "client_key needs client_cert"),
        (flags(auth={"headers": {"Bad Name": "x"}}), "'Bad Name' is no header name"),
        (
            flags(auth={"headers": {"X": "a\r\nY: b"}}),
            "the value of X has characters that no header can carry",
        ),
        (flags(auth={"headers": {"X": "Zoë"}}), "the value of X has characters that no header can carry"),
        (flags(auth={"bearer": ""}), "apis[0].auth.bearer: it is empty"),
        (
            flags(auth={"bearer": "s3cr3t\n"}),
            "apis[0].auth.bearer: it has characters that no header can carry",
        ),
        (
            flags(auth={"basic": {"username": "a:b", "password": "c"}}),
            "username: HTTP Basic knows no user name with a colon",
        ),
        ({**flags(), "other": {}}, "other: it logs nobody in; give bearer, basic or headers"),
        (
            {**flags(), "auth": {"bearer": "a"}, "other": {"headers": {"Authorization": "Bearer a"}}},
            "other: at TMF622 it is the login of auth; name somebody else's",
        ),
        ({**flags(), "limits": {"rate": -1}}, "limits.rate: input should be greater than 0"),
        ({**flags(), "limits": {"rate": float("inf")}}, "limits.rate: input should be a finite number"),
        ({**flags(), "limits": {"rate": True}}, "limits.rate: write a number"),
        ({**flags(), "limits": {"objects": True}}, "limits.objects: write a number"),
        ({**flags(), "callback": {"port": True}}, "callback.port: write a number"),
        ({**flags(), "callback": {"host": ""}}, "callback.host: string should have at least 1 character"),
        (
            {**flags(), "callback": {"port": 70000}},
            "callback.port: input should be less than or equal to 65535",
        ),
    ],
)
def test_mistakes_are_told_with_their_place(data: dict[str, Any], told: str) -> None:
    with pytest.raises(TargetError) as problem:
        validated(data, "acme.yaml")
    message = str(problem.value)
    assert message.startswith("acme.yaml: ")
    assert told in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("acme.yaml", "apis: [", "acme.yaml is not YAML: "),
        ("acme.toml", "apis = ", "acme.toml is not TOML: "),
        ("acme.json", "{", "acme.json is not JSON: "),
        ("acme.yaml", "- just\n- a list", "acme.yaml describes no target; it needs a list 'apis'"),
        ("acme.yaml", "", "describes no target"),
    ],
)
def test_a_file_that_is_none_is_told_in_one_line(tmp_path: Path, name: str, text: str, told: str) -> None:
    with pytest.raises(TargetError) as problem:
        read_target(written(tmp_path, text, name))
    assert told in str(problem.value)
    assert "\n" not in str(problem.value)


def test_a_secret_that_cannot_be_sent_is_not_shown() -> None:
    with pytest.raises(TargetError) as problem:
        validated({**flags(), "auth": {"bearer": "s3cr3t\n", "headers": {"X-Key": "s3cr3t\n"}}}, "acme.yaml")
    assert "s3cr3t" not in str(problem.value)


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(TargetError, match="cannot read"):
            read_target(path)


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"api": "TMF666"}, "unknown API 'TMF666'"),
        ({"version": 9}, "TMF622 version 9 is not in the house"),
        ({"contract": "nowhere.json"}, "nowhere.json"),
        ({"auth": {"ca": "nowhere.pem"}}, "nowhere.pem as certificate authority: no such file"),
        ({"auth": {"client_cert": "nowhere.pem"}}, "nowhere.pem as client certificate: no such file"),
    ],
)
def test_what_cannot_be_mounted_is_told_in_one_line(entry: dict[str, Any], told: str) -> None:
    with pytest.raises(TargetError) as problem:
        mount(validated(flags(**entry), ""))
    assert told in str(problem.value)
    assert "\n" not in str(problem.value)


def test_the_schema_describes_target_files() -> None:
    accepts = jsonschema_rs.validator_for(target_schema()).is_valid
    assert accepts({"name": "Acme", **flags(), "auth": {"bearer": "x"}, "callback": {"port": 0}})
    assert not accepts({**flags(), "wavers": "x"})
    assert not accepts({"name": "Acme"})


def test_the_environments_proxy_is_used_for_others_than_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "no_proxy", "NO_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "inside.example")
    urls = {
        "http://acme.example/v4": "http://proxy.example:3128",
        "http://inside.example/v4": None,
        "http://localhost:1/v4": None,
        "http://127.0.0.9/v4": None,
        "http://[::1]/v4": None,
    }
    for url, proxy in urls.items():
        (api,) = mount(validated(flags(url=url), ""))
        assert api.connection.proxy == proxy, url
