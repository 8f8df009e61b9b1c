"""With entity tags a change can be bound to the representation that its sender has seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import httpx2
import pytest

from tmfrig.mockservers.running import serving


@pytest.fixture(scope="module")
def tagged() -> Iterator[Mapping[str, str]]:
    """A catalog that answers with entity tags."""
    with serving(["TMF620"], etags=True) as urls:
        yield urls


def category(http: httpx2.Client, urls: Mapping[str, str]) -> httpx2.Response:
    answer = http.post(urls["TMF620"] + "/category", json={"name": "Television"})
    assert answer.status_code == 201
    return answer


def test_each_representation_has_a_tag_of_its_own(http: httpx2.Client, tagged: Mapping[str, str]) -> None:
    created = category(http, tagged)
    url = created.json()["href"]
    assert http.get(url).headers["etag"] == created.headers["etag"]
    changed = http.patch(url, json={"description": "all channels"})
    assert changed.headers["etag"] != created.headers["etag"]
    assert http.get(url).headers["etag"] == changed.headers["etag"]


def test_a_change_of_what_is_no_longer_so_is_refused(http: httpx2.Client, tagged: Mapping[str, str]) -> None:
    created = category(http, tagged)
    url, seen = created.json()["href"], {"If-Match": created.headers["etag"]}
    first = http.patch(url, json={"description": "first"}, headers=seen)
    assert first.status_code == 200
    for refused in (
        http.patch(url, json={"description": "second"}, headers=seen),
        http.delete(url, headers=seen),
        http.patch(url, json={"description": "weak"}, headers={"If-Match": "W/" + first.headers["etag"]}),
    ):
        assert (refused.status_code, refused.json()["code"]) == (412, "preconditionFailed")
        assert refused.headers["etag"] == first.headers["etag"]
    assert http.get(url).json()["description"] == "first"
    either = {"If-Match": f"{created.headers['etag']}, {first.headers['etag']}"}
    assert http.patch(url, json={"description": "third"}, headers=either).status_code == 200
    assert http.delete(url, headers={"If-Match": "*"}).status_code == 204


def test_a_fault_shows_also_where_changes_are_bound(http: httpx2.Client) -> None:
    with serving(["TMF620"], etags=True, faults=["delete-only-marks"]) as urls:
        created = category(http, urls)
        url, seen = created.json()["href"], {"If-Match": created.headers["etag"]}
        assert http.patch(url, json={"description": "changed"}).status_code == 200
        assert http.delete(url, headers=seen).status_code == 412
        assert http.delete(url, headers={"If-Match": http.get(url).headers["etag"]}).status_code == 204
        assert http.get(url).json()["lifecycleStatus"] == "Obsolete"


def test_nothing_is_changed_where_a_condition_does_not_hold(
    http: httpx2.Client, tagged: Mapping[str, str]
) -> None:
    created = category(http, tagged)
    url, tag = created.json()["href"], created.headers["etag"]
    for name, values in (
        ("If-Match", [",", "x", '"x,*,y"', 'W/"x"']),
        ("If-None-Match", ["*", tag, f"W/{tag}", f'"x", {tag}']),
    ):
        for value in values:
            assert http.patch(url, json={"description": "x"}, headers={name: value}).status_code == 412
            assert http.delete(url, headers={name: value}).status_code == 412
    assert http.get(url, headers={"If-Match": '"x"'}).status_code == 412
    lines = [("If-Match", ""), ("If-Match", '"x"')]
    assert http.patch(url, json={"description": "x"}, headers=lines).status_code == 412
    lines = [("If-Match", '"x"'), ("If-Match", tag), ("If-None-Match", '"y"')]
    assert http.patch(url, json={"description": "changed"}, headers=lines).status_code == 200


def test_an_answer_that_has_no_body_has_no_length(http: httpx2.Client, tagged: Mapping[str, str]) -> None:
    created = category(http, tagged)
    url = created.json()["href"]
    known = http.get(url, headers={"If-None-Match": created.headers["etag"]})
    for answer, status in ((known, 304), (http.delete(url), 204)):
        assert answer.status_code == status
        assert not answer.headers.keys() & {"content-length", "transfer-encoding"}


def test_what_a_client_has_is_not_sent_again(http: httpx2.Client, tagged: Mapping[str, str]) -> None:
    created = category(http, tagged)
    url, known = created.json()["href"], {"If-None-Match": f'"other", W/{created.headers["etag"]}'}
    answer = http.get(url, headers=known)
    assert (answer.status_code, answer.content) == (304, b"")
    http.patch(url, json={"description": "changed"})
    assert http.get(url, headers=known).status_code == 200


def test_tags_that_are_not_given_by_default_are_given_to_who_asks_and_hold(http: httpx2.Client) -> None:
    with serving(["TMF620"]) as urls:
        created = category(http, urls)
        url = created.json()["href"]
        unasked = http.patch(url, json={"description": "x"})
        assert "etag" not in {*created.headers, *http.get(url).headers, *unasked.headers}
        tag = http.get(url, headers={"If-None-Match": '"none"'}).headers["etag"]
        assert http.get(url, headers={"If-None-Match": tag}).status_code == 304
        other, right = ({"If-Match": each} for each in ('"other"', tag))
        assert http.patch(url, json={"description": "y"}, headers=other).status_code == 412
        changed = http.patch(url, json={"description": "y"}, headers=right)
        assert changed.status_code == 200
        assert changed.headers["etag"] != tag
        assert http.delete(url, headers=right).status_code == 412
        assert http.delete(url, headers={"If-Match": changed.headers["etag"]}).status_code == 204
