"""Everything that goes wrong is a TMF Error, whoever caused it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from mock_bodies import IDS, RESOURCES, create

from tmfrig.mockservers.app import Application
from tmfrig.mockservers.site import Site
from tmfrig.mockservers.stores import MemoryStore
from tmfrig.specs import Kind, Resource, standard_contract

Servers = Mapping[str, str]
ORDER = b'{"productOrderItem":[{"id":"1","action":"add"}]}'


def assert_error(answer: httpx2.Response, status: int) -> dict[str, Any]:
    """The answer is an Error of the contract with this status, as JSON."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json;charset=utf-8"
    error: dict[str, Any] = answer.json()
    schema = standard_contract("TMF622").error
    assert schema is not None
    assert schema.problems(error) == []
    assert error["status"] == str(status)
    assert "Traceback" not in answer.text
    return error


@pytest.mark.parametrize(("api", "resource"), RESOURCES, ids=IDS)
def test_unknown_ids_are_not_found(
    still_servers: Servers, http: httpx2.Client, api: str, resource: Resource
) -> None:
    url = f"{still_servers[api]}{resource.path}/00000000-0000-4000-8000-000000000000"
    assert_error(http.get(url), 404)
    for kind, request in ((Kind.PATCH, http.patch), (Kind.DELETE, http.delete)):
        answer = request(url, json={}) if kind is Kind.PATCH else request(url)
        assert_error(answer, 404 if kind in resource.operations else 405)


@pytest.mark.parametrize(("api", "resource"), RESOURCES, ids=IDS)
def test_methods_that_are_not_offered_name_those_that_are(
    still_servers: Servers, http: httpx2.Client, api: str, resource: Resource
) -> None:
    item = f"{still_servers[api]}{resource.path}/1"
    methods = {"retrieve": "GET", "patch": "PATCH", "delete": "DELETE"}
    offered = {methods[kind] for kind in resource.operations if kind in methods} | {"HEAD", "OPTIONS"}
    answer = http.put(item, json={})
    assert_error(answer, 405)
    assert set(answer.headers["allow"].split(", ")) == offered
    assert http.options(item).status_code == 204
    assert set(http.options(item).headers["allow"].split(", ")) == offered
    assert_error(http.post(item, json={}), 405)
    collection = http.put(still_servers[api] + resource.path, json=[])
    assert_error(collection, 405)
    assert set(collection.headers["allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/productOrder/1/2", "/productOrder/a%2Fb", "/productOrder/%00", "/..%2f", "/%F0%9F%98%80"],
)
def test_unknown_paths_are_not_found(still_servers: Servers, http: httpx2.Client, path: str) -> None:
    for method in ("GET", "DELETE"):
        assert_error(http.request(method, still_servers["TMF622"] + path), 404)
    origin = "http://" + urlsplit(still_servers["TMF622"]).netloc
    assert_error(http.get(origin + path), 404)


def test_slashes_too_many_do_not_matter(still_servers: Servers, http: httpx2.Client) -> None:
    href = create(http, still_servers, "TMF622", "productOrder")["href"]
    base = still_servers["TMF622"]
    assert http.get(f"{base}/productOrder/").status_code == 200
    assert http.get(f"{base}//productOrder").status_code == 200
    assert http.get(href + "/").json()["href"] == href
    created = http.post(f"{base}//productOrder/", content=ORDER)
    assert created.status_code == 201
    assert "//productOrder" not in created.json()["href"]
    assert_error(http.put(f"{base}/productOrder/", content=ORDER), 405)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"{",
        b"[]",
        b"[1]",
        b"null",
        b"7",
        b'"text"',
        b"<order/>",
        b"\x00\xff\xfe",
        b'{"a":\xff}',
        b'{"a":NaN}',
        b'{"a":"\\ud800"}',
        b"{}",
        b"{" * 100_000,
        b"[" * 10_000 + b"]" * 10_000,
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
        b'{"productOrderItem":[{"id":"1","action":"add"}],"x":' + b"[" * 500 + b"]" * 500 + b"}",
        b'{"productOrderItem":[{"id":"1","action":"add"}],"x":' + b"[" * 230 + b"]" * 230 + b"}",
    ],
    ids=range(19),
)
def test_a_body_that_is_no_resource_is_refused(
    still_servers: Servers, http: httpx2.Client, body: bytes
) -> None:
    headers = {"Content-Type": "application/json"}
    assert_error(http.post(still_servers["TMF622"] + "/productOrder", content=body, headers=headers), 400)
    assert_error(http.post(still_servers["TMF622"] + "/hub", content=body, headers=headers), 400)
    if body != b"{}":
        href = create(http, still_servers, "TMF622", "productOrder")["href"]
        answer = http.patch(href, content=body, headers=headers)
        assert answer.status_code == 400


def test_strange_but_valid_json_is_kept(still_servers: Servers, http: httpx2.Client) -> None:
    item = b'"productOrderItem":[{"id":"\\u0000","action":"add"}]'
    body = b"{" + item + b',"description":"\xf0\x9f\x98\x80","x":1e300,"y":12345678901234567890}'
    created = http.post(still_servers["TMF622"] + "/productOrder", content=body)
    assert created.status_code == 201
    assert created.json()["productOrderItem"][0]["id"] == "\x00"
    assert created.json()["y"] == 12345678901234567890


@pytest.mark.parametrize(
    "media_type",
    [
        "text/plain",
        "text/xml",
        "application/x-www-form-urlencoded",
        "application/json;charset=utf-16",
        "multipart/form-data; boundary=x",
        "nonsense",
    ],
)
def test_other_media_types_are_not_accepted(
    still_servers: Servers, http: httpx2.Client, media_type: str
) -> None:
    headers = {"Content-Type": media_type}
    href = create(http, still_servers, "TMF622", "productOrder")["href"]
    assert_error(http.post(still_servers["TMF622"] + "/productOrder", content=ORDER, headers=headers), 415)
    assert_error(http.post(still_servers["TMF622"] + "/hub", content=b"{}", headers=headers), 415)
    assert_error(http.patch(href, content=b"{}", headers=headers), 415)


def test_a_merge_patch_cannot_create(still_servers: Servers, http: httpx2.Client) -> None:
    headers = {"Content-Type": "application/merge-patch+json"}
    assert_error(http.post(still_servers["TMF622"] + "/productOrder", content=ORDER, headers=headers), 415)


@pytest.mark.parametrize(
    "media_type", ["application/json", 'Application/JSON; Charset="UTF-8"', "application/json;charset=utf-8"]
)
def test_json_is_accepted_however_it_is_spelled(
    still_servers: Servers, http: httpx2.Client, media_type: str
) -> None:
    headers = {"Content-Type": media_type}
    answer = http.post(still_servers["TMF622"] + "/productOrder", content=ORDER, headers=headers)
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("query", "status"),
    [("limit=-1", 400), ("offset=x", 400), ("name.regex=(", 400), ("filter=$[?(", 400)],
)
def test_a_senseless_query_is_refused(
    still_servers: Servers, http: httpx2.Client, query: str, status: int
) -> None:
    assert_error(http.get(f"{still_servers['TMF622']}/productOrder?{query}"), status)


def test_a_body_that_is_too_large_is_refused_before_it_is_read(
    still_servers: Servers, http: httpx2.Client
) -> None:
    body = b'{"description":"' + b"x" * (17 * 1024 * 1024) + b'"}'
    assert_error(http.post(still_servers["TMF622"] + "/productOrder", content=body), 413)


def test_head_has_the_headers_of_get_and_no_body(still_servers: Servers, http: httpx2.Client) -> None:
    href = create(http, still_servers, "TMF622", "productOrder")["href"]
    head, get = http.head(href), http.get(href)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"]


def test_a_client_that_goes_away_does_not_disturb_the_others(
    still_servers: Servers, http: httpx2.Client
) -> None:
    parts = urlsplit(still_servers["TMF622"])
    head = f"POST {parts.path}/productOrder HTTP/1.1\r\nHost: h\r\nContent-Length: 500\r\n\r\n"
    for sent in (b"", head.encode(), head.encode() + b'{"productOrder', b"\x00\x01garbage\r\n\r\n"):
        with socket.create_connection((parts.hostname, parts.port), timeout=5) as raw:
            raw.sendall(sent)
    assert http.get(still_servers["TMF622"] + "/productOrder?limit=1").status_code == 200


def test_a_fault_of_the_server_says_nothing_about_its_insides(caplog: pytest.LogCaptureFixture) -> None:
    class BrokenStore(MemoryStore):
        async def get(self, collection: str, identifier: str) -> Any:
            if collection == "TMF622.v4/productOrder":
                raise RuntimeError("the password is swordfish")
            return await super().get(collection, identifier)

    async def run() -> httpx2.Response:
        app = Application(Site([standard_contract("TMF622")], store=BrokenStore()))
        await app.start()
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app)) as client:
            return await client.get("http://h/tmf-api/productOrderingManagement/v4/productOrder/1")

    answer = asyncio.run(run())
    assert_error(answer, 500)
    assert "swordfish" not in answer.text
    assert "swordfish" in caplog.text
