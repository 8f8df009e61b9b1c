"""The pages for people: index, OpenAPI documents, Swagger UI without a network."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

import httpx2
import pytest

from tmfrig.specs import API_IDS, standard_contract

Servers = Mapping[str, str]


def test_the_index_lists_every_api(still_servers: Servers, http: httpx2.Client) -> None:
    origin = "http://" + urlsplit(still_servers["TMF622"]).netloc
    entries = http.get(origin).json()
    assert {each["api"]: each["url"] for each in entries} == {api: still_servers[api] for api in API_IDS}
    page = http.get(origin + "/", headers={"Accept": "text/html,*/*"})
    assert page.headers["content-type"] == "text/html;charset=utf-8"
    links = re.findall(r'href="([^"]+)"', page.text)
    assert len(links) == 2 * len(API_IDS)
    assert {http.get(each).status_code for each in links} == {200}


@pytest.mark.parametrize("api", API_IDS)
def test_every_api_describes_itself(still_servers: Servers, http: httpx2.Client, api: str) -> None:
    base = still_servers[api]
    entry = http.get(base).json()
    assert entry["api"] == api
    assert http.get(base + "/").json() == entry
    assert all(http.get(url).status_code == 200 for url in entry["resources"].values())
    assert http.get(entry["openapi"]).json() == standard_contract(api).document


@pytest.mark.parametrize("api", API_IDS)
def test_swagger_ui_needs_nothing_from_elsewhere(
    still_servers: Servers, http: httpx2.Client, api: str
) -> None:
    page = http.get(still_servers[api] + "/ui/")
    assert page.status_code == 200
    assert f'url: "{standard_contract(api).base_path}/openapi.json"' in page.text
    parts = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert parts
    for each in parts:
        assert "://" not in each
        assert http.get(urljoin(str(page.url), each)).status_code == 200
    assert http.get(still_servers[api] + "/ui", follow_redirects=True).status_code == 200


def test_pages_are_read_only_and_missing_ones_are_tmf_errors(
    still_servers: Servers, http: httpx2.Client
) -> None:
    base = still_servers["TMF622"]
    for method, path, status in (
        ("POST", "/ui/", 405),
        ("PUT", "/openapi.json", 405),
        ("GET", "/ui/no.js", 404),
    ):
        answer = http.request(method, base + path)
        assert answer.status_code == status
        assert answer.json()["status"] == str(status)
