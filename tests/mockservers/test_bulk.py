"""Very many resources at once, by the admin API: each line checked, and put in place as it comes."""

from __future__ import annotations

import gzip
import json
import socket
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from mock_waiting import eventually

from tmfrig.mockservers.bulk import PORTION
from tmfrig.mockservers.exchange import LARGEST_BODY
from tmfrig.mockservers.running import serving
from tmfrig.mockservers.stores import store_at

NDJSON = {"Content-Type": "application/x-ndjson"}
Urls = Mapping[str, str]


@pytest.fixture(params=["memory", "sqlite"])
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Urls]:
    store = "memory" if request.param == "memory" else f"sqlite:///{tmp_path / 'rig.db'}"
    with serving(["TMF637", "TMF620"], lines=(4,), admin=True, store=store_at(store)) as urls:
        yield urls


def _product(number: int, **more: Any) -> dict[str, Any]:
    return {"id": f"p{number}", "status": "active", "name": f"name {number}", **more}


def _lines(resources: Sequence[Mapping[str, Any]]) -> bytes:
    return b"".join(json.dumps(each).encode() + b"\n" for each in resources)


def _load(
    http: httpx2.Client, urls: Urls, body: bytes, name: str = "TMF637.product", **more: Any
) -> httpx2.Response:
    return http.post(f"{urls['admin']}/bulk/{name}", content=body, headers=NDJSON, **more)


def _found(http: httpx2.Client, urls: Urls, **query: Any) -> tuple[list[str], str]:
    answer = http.get(f"{urls['TMF637']}/product", params={"limit": 2 * PORTION, **query})
    return [each["id"] for each in answer.json()], answer.headers["x-total-count"]


def test_resources_are_put_in_place_in_their_order(http: httpx2.Client, urls: Urls) -> None:
    answer = _load(http, urls, _lines([_product(each) for each in range(PORTION + 203)]))
    assert (answer.status_code, answer.json()) == (200, {"loaded": PORTION + 203})
    assert _found(http, urls) == ([f"p{each}" for each in range(PORTION + 203)], str(PORTION + 203))
    loaded = http.get(f"{urls['TMF637']}/product/p1000").json()
    assert loaded["href"] == f"{urls['TMF637']}/product/p1000"
    assert _found(http, urls, name="name 1000") == (["p1000"], "1")


@pytest.mark.parametrize("body", [b"", b"\n", b"\r\n  \n\n"])
def test_nothing_is_loaded_of_nothing(http: httpx2.Client, urls: Urls, body: bytes) -> None:
    assert _load(http, urls, body).json() == {"loaded": 0}


def test_empty_lines_and_other_line_ends_do_no_harm(http: httpx2.Client, urls: Urls) -> None:
    one, other = (json.dumps(_product(each)).encode() for each in (1, 2))
    assert _load(http, urls, b"\n" + one + b"\r\n\r\n  \n" + other).json() == {"loaded": 2}
    assert _found(http, urls) == (["p1", "p2"], "2")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"{", "it is not JSON"),
        (b"\xff", "it is not JSON"),
        (b"[]", "it should be an object"),
        (b'{"status": "active"}', "it should have an id"),
        (b'{"id": 7, "status": "active"}', "it should have an id"),
        (b'{"id": "", "status": "active"}', "it should have an id"),
        (b'{"id": "a/b", "status": "active"}', "'a/b' is no id"),
        (b'{"id": "' + b"x" * 201 + b'", "status": "active"}', "is no id"),
        (b'{"id": "x", "status": 7}', "status"),
        (b'{"id": "x", "product": ' + b"[" * 300 + b"]" * 300 + b"}", "nests deeper"),
    ],
)
@pytest.mark.parametrize("before", [3, 700])
def test_a_line_that_is_no_resource_ends_it_and_those_before_stay(
    http: httpx2.Client, urls: Urls, line: bytes, told: str, before: int
) -> None:
    good = _lines([_product(each) for each in range(before)])
    answer = _load(http, urls, good + line + b"\n" + _lines([_product(9999)]))
    assert answer.status_code == 400
    assert (answer.json()["code"], answer.json()["status"]) == ("invalidLine", "400")
    assert f"line {before + 1} " in answer.json()["reason"]
    assert told in answer.json()["message"]
    assert f"{before} resources before it" in answer.json()["message"]
    assert _found(http, urls) == ([f"p{each}" for each in range(before)], str(before))


def test_a_line_that_is_too_long_ends_it_and_those_before_stay(http: httpx2.Client, urls: Urls) -> None:
    long = json.dumps(_product(9999, description="x" * LARGEST_BODY)).encode()
    answer = _load(http, urls, _lines([_product(1), _product(2)]) + long + b"\n" + _lines([_product(3)]))
    assert (answer.status_code, answer.json()["status"]) == (413, "413")
    assert _found(http, urls) == (["p1", "p2"], "2")


@pytest.mark.parametrize("name", ["TMF637.nothing", "TMF622.productOrder", "product", "TMF637", "x" * 500])
def test_a_resource_that_is_not_served_is_not_found(http: httpx2.Client, urls: Urls, name: str) -> None:
    answer = _load(http, urls, _lines([_product(1)]), name)
    assert (answer.status_code, answer.json()["status"]) == (404, "404")


def test_a_version_that_is_not_served_is_not_found(http: httpx2.Client, urls: Urls) -> None:
    assert _load(http, urls, b"", params={"version": "5"}).status_code == 404
    assert _load(http, urls, b"", params={"version": "4"}).status_code == 200
    assert _load(http, urls, b"", params={"portion": "4"}).status_code == 400


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/gzip", ""])
def test_other_media_types_are_refused(http: httpx2.Client, urls: Urls, kind: str) -> None:
    answer = http.post(
        f"{urls['admin']}/bulk/TMF637.product", content=b"{}", headers={"Content-Type": kind} if kind else {}
    )
    assert (answer.status_code, answer.json()["status"]) == (415, "415")
    assert _found(http, urls) == ([], "0")


def test_what_is_packed_is_not_taken_for_resources(http: httpx2.Client, urls: Urls) -> None:
    packed = gzip.compress(_lines([_product(1)]))
    answer = http.post(
        f"{urls['admin']}/bulk/TMF637.product",
        content=packed,
        headers={**NDJSON, "Content-Encoding": "gzip"},
    )
    assert answer.status_code in (400, 415)
    assert _found(http, urls) == ([], "0")


def test_what_is_loaded_again_is_replaced_and_not_found_as_it_was(http: httpx2.Client, urls: Urls) -> None:
    party = {"relatedParty": [{"id": "anna", "@referredType": "Individual"}]}
    _load(
        http, urls, _lines([_product(each, productSerialNumber=f"old-{each}", **party) for each in range(5)])
    )
    assert _found(http, urls, **{"relatedParty.id": "anna"})[1] == "5"
    _load(http, urls, _lines([_product(each, productSerialNumber=f"new-{each}") for each in (3, 1)]))
    assert _found(http, urls) == ([f"p{each}" for each in range(5)], "5")
    assert _found(http, urls, productSerialNumber="old-1") == ([], "0")
    assert _found(http, urls, productSerialNumber="new-1") == (["p1"], "1")
    assert _found(http, urls, **{"relatedParty.id": "anna"}) == (["p0", "p2", "p4"], "3")
    assert "relatedParty" not in http.get(f"{urls['TMF637']}/product/p3").json()


def test_of_two_lines_of_one_id_the_later_one_holds(http: httpx2.Client, urls: Urls) -> None:
    twice = [_product(1, name="first"), _product(2), _product(1, name="second")]
    _load(http, urls, _lines(twice))
    assert _found(http, urls)[1] == "2"
    assert _found(http, urls, name="first") == ([], "0")
    assert _found(http, urls, name="second") == (["p1"], "1")


def test_loaded_resources_can_be_changed_and_deleted(http: httpx2.Client, urls: Urls) -> None:
    _load(http, urls, _lines([_product(1), _product(2)]))
    url = f"{urls['TMF637']}/product"
    answer = http.patch(
        f"{url}/p1", json={"name": "another"}, headers={"Content-Type": "application/merge-patch+json"}
    )
    assert answer.status_code == 200, answer.text
    assert http.delete(f"{url}/p2").status_code == 204
    assert _found(http, urls, name="another") == (["p1"], "1")
    assert _found(http, urls) == (["p1"], "1")


def test_who_hangs_up_in_the_middle_leaves_the_servers_in_good_health(
    http: httpx2.Client, urls: Urls
) -> None:
    parts = urlsplit(urls["admin"])
    lines = _lines([_product(each) for each in range(PORTION + 200)])
    head = (
        f"POST {parts.path}/bulk/TMF637.product HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        f"Content-Type: application/x-ndjson\r\nContent-Length: {len(lines) * 2}\r\n\r\n"
    )
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=30) as connection:
        connection.sendall(head.encode() + lines + b'{"id": "half')
        # the portions that are whole are there before anything else comes
        eventually(lambda: _found(http, urls)[1] == str(PORTION))
    answer = _load(http, urls, _lines([_product(99_999)]))
    assert answer.json() == {"loaded": 1}
    found, total = _found(http, urls)
    assert (found, total) == ([*(f"p{each}" for each in range(PORTION)), "p99999"], str(PORTION + 1))


def test_it_is_seen_in_every_version(http: httpx2.Client) -> None:
    with serving(["TMF637"], lines=(4, 5), admin=True) as urls:
        assert _load(http, urls, _lines([_product(1), _product(2)])).json() == {"loaded": 2}
        for key in ("TMF637.v4", "TMF637.v5"):
            found = http.get(f"{urls[key]}/product").json()
            assert [(each["id"], each["name"]) for each in found] == [("p1", "name 1"), ("p2", "name 2")]
            assert all(each["href"].startswith(urls[key]) for each in found)
        newer = {"@type": "Product", **_product(2, name="of five")}
        assert _load(http, urls, _lines([newer]), params={"version": "5"}).json() == {"loaded": 1}
        assert http.get(f"{urls['TMF637.v4']}/product/p2").json()["name"] == "of five"
        assert http.get(f"{urls['TMF637.v4']}/product", params={"name": "name 2"}).json() == []
