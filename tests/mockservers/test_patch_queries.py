"""JSON Patch queries: list elements addressed by what they are, in every notation that is in use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import httpx2
import pytest

from tmfrig.mockservers.errors import ApiError
from tmfrig.mockservers.patch_queries import query_patched
from tmfrig.mockservers.running import serving

Servers = Mapping[str, str]
JSON_PATCH_QUERY = "application/json-patch-query+json"


def document() -> dict[str, Any]:
    return {
        "state": "held",
        "note": [
            {"id": "1", "author": "Ada"},
            {"id": "2", "author": "AT&T"},
            {"id": "3", "author": "Ada", "text": "b"},
        ],
        "item": [
            {"id": 1, "party": [{"role": "customer", "name": "Mary"}, {"role": "payer", "name": "John"}]},
            {"id": 2, "party": [{"role": "customer", "name": "John"}], "tag": ["x", "y"]},
        ],
    }


def patched(op: str, path: str, value: Any = None, **others: Any) -> dict[str, Any]:
    operation = {"op": op, "path": path, **others} | ({} if value is None else {"value": value})
    return query_patched(document(), [operation])


@pytest.mark.parametrize(
    "path",
    [
        "/note/author?note.id=2",
        "/note/author?note.author=AT&T",
        "/note/author?note.author=AT%26T",
        "/note/author?id=2",
        "$.note[?(@.id=='2')].author",
        '$.note[?@.id=="2"].author',
        "$['note'][?(@.id=='2')]['author']",
        "/note[?(@.id=='2')]/author",
        "/note[?(@.author=~/AT.*/)]/author",
        "note[?(@.id=='2')].author",
    ],
)
def test_every_notation_addresses_the_element_that_meets_the_query(path: str) -> None:
    found = patched("replace", path, "Eve")
    assert [each["author"] for each in found["note"]] == ["Ada", "Eve", "Ada"]


@pytest.mark.parametrize("path", ["/note/text?note.author=Ada", "$.note[?(@.author=='Ada')].text"])
def test_all_elements_that_match_are_changed_whether_or_not_they_had_the_attribute(path: str) -> None:
    assert [each.get("text") for each in patched("add", path, "new")["note"]] == ["new", None, "new"]


@pytest.mark.parametrize(
    "path",
    ["/note?note.author=Ada", "/note?author=Ada", "$.note[?(@.author=='Ada')]", "/note[?(@.author=='Ada')]"],
)
def test_matching_elements_are_removed_together(path: str) -> None:
    assert [each["id"] for each in patched("remove", path)["note"]] == ["2"]


def test_a_replace_exchanges_the_whole_element() -> None:
    assert patched("replace", "/note?note.id=2", {"id": "9"})["note"][1] == {"id": "9"}


@pytest.mark.parametrize("path", ["/note", "$.note"])
def test_an_add_at_a_list_appends(path: str) -> None:
    assert patched("add", path, {"id": "4"})["note"][3] == {"id": "4"}


def test_an_add_at_a_list_of_a_list_takes_its_place() -> None:
    assert patched("add", "/note", [{"id": "4"}])["note"] == [{"id": "4"}]


@pytest.mark.parametrize("path", ["/note?note.id=1", "note[?(@.id=='1')]"])
def test_an_add_at_an_object_that_was_found_adds_attributes(path: str) -> None:
    assert patched("add", path, {"text": "t"})["note"][0] == {"id": "1", "author": "Ada", "text": "t"}


def test_a_query_may_look_into_lists_below_the_element_and_one_of_theirs_must_meet_all() -> None:
    path = "/item/quantity?item.party.role=customer&item.party.name=John"
    assert [each.get("quantity") for each in patched("add", path, 2)["item"]] == [None, 2]


def test_a_query_may_narrow_lists_one_below_the_other() -> None:
    found = patched("replace", "/item/party/name?item.id=1&item.party.role=payer", "Eve")
    assert [each["name"] for each in found["item"][0]["party"]] == ["Mary", "Eve"]
    assert found["item"][1] == document()["item"][1]


def test_elements_of_a_list_of_texts_are_addressed_by_their_value() -> None:
    assert patched("remove", "/item/tag?item.id=2&item.tag=x")["item"][1]["tag"] == ["y"]
    assert patched("add", "/item/tag?item.id=2", "z")["item"][1]["tag"] == ["x", "y", "z"]


def test_places_may_also_be_given_by_index() -> None:
    assert patched("replace", "/note/1/author", "Eve")["note"][1]["author"] == "Eve"
    assert patched("replace", "/item/0/party/name?item.party.role=payer", "Eve")["item"][0]["party"] == [
        {"role": "customer", "name": "Mary"},
        {"role": "payer", "name": "Eve"},
    ]


def test_values_are_moved_and_copied_from_the_one_place_that_is_addressed() -> None:
    moved = patched("move", "/note[?(@.id=='3')]/copy", **{"from": "/note?note.id=1"})
    assert moved["note"][1] == {"id": "3", "author": "Ada", "text": "b", "copy": document()["note"][0]}
    copied = patched("copy", "/note/text?note.id=1", **{"from": "$.note[?(@.id=='3')].text"})
    assert copied["note"][0]["text"] == "b"


def test_what_was_added_at_several_places_is_not_shared() -> None:
    operations = [
        {"op": "add", "path": "/note/x?note.author=Ada", "value": {"a": 1}},
        {"op": "replace", "path": "/note/x/a?note.id=1", "value": 2},
    ]
    notes = query_patched(document(), operations)["note"]
    assert [each.get("x") for each in notes] == [{"a": 2}, None, {"a": 1}]


def test_a_test_must_hold_at_all_places() -> None:
    assert patched("test", "/note/author?note.author=Ada", "Ada") == document()
    for path in ("/note/id?note.author=Ada", "/note/author?note.id=9", "/note/nothing?note.id=1"):
        with pytest.raises(ApiError) as refusal:
            patched("test", path, "1")
        assert refusal.value.status == 409


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "/note/author?note.id=9", "value": "x"},
        {"op": "replace", "path": "/note/text?note.id=1", "value": "x"},
        {"op": "remove", "path": "/note[?(@.id=='9')]"},
        {"op": "remove", "path": "$.nothing"},
        {"op": "remove", "path": "/note?"},
        {"op": "remove", "path": "/note?nonsense"},
        {"op": "remove", "path": "/note[?("},
        {"op": "remove", "path": "$.note[?(@.id=~/(/)]"},
        {"op": "remove", "path": "$..note"},
        {"op": "remove", "path": "$"},
        {"op": "remove", "path": "/note/author?note.id=1" + "0" * 1000},
        {"op": "remove", "path": 7},
        {"op": "remove"},
        {"op": "add", "path": "/note?note.id=1"},
        {"op": "fly", "path": "/note?note.id=1"},
        {"op": "move", "path": "/first", "from": "/note?note.author=Ada"},
        {"op": "move", "path": "/note?note.id=1", "from": "/nothing"},
        {"op": "copy", "path": "/note?note.id=1"},
        {"op": "add", "path": "/note/x?note.author=Ada", "value": "x" * 3_000_000},
        "remove",
        None,
    ],
)
def test_an_operation_that_is_malformed_or_addresses_nothing_is_refused(operation: Any) -> None:
    target = document()
    with pytest.raises(ApiError) as refusal:
        query_patched(target, [operation])
    assert refusal.value.status == 400
    assert target == document()


def test_too_many_operations_are_refused() -> None:
    with pytest.raises(ApiError):
        query_patched(document(), [{"op": "add", "path": "/note", "value": {}}] * 101)


def test_too_many_patterns_are_refused() -> None:
    test = {"op": "test", "path": "$.note[?(@.id=~/1/)].text", "value": "x"}
    with pytest.raises(ApiError, match="10 regular expressions"):
        query_patched(document(), [test] * 11)


@pytest.fixture(scope="module")
def both() -> Iterator[Servers]:
    with serving(("TMF622", "TMF620"), lines=(4, 5), pace=3600) as urls:
        yield urls


@pytest.fixture
def order(both: Servers, http: httpx2.Client) -> dict[str, Any]:
    items = [{"@type": "ProductOrderItem", "id": each, "action": "add", "quantity": 1} for each in "12"]
    body = {"@type": "ProductOrder", "productOrderItem": items}
    answer = http.post(both["TMF622.v5"] + "/productOrder", json=body)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


def patch(
    http: httpx2.Client, url: str, operations: Any, media_type: str = JSON_PATCH_QUERY
) -> httpx2.Response:
    return http.patch(url, json=operations, headers={"content-type": media_type})


@pytest.mark.parametrize(
    "path", ["/productOrderItem/quantity?productOrderItem.id=2", "$.productOrderItem[?(@.id=='2')].quantity"]
)
def test_one_item_of_an_order_is_changed(http: httpx2.Client, order: dict[str, Any], path: str) -> None:
    answer = patch(http, order["href"], [{"op": "replace", "path": path, "value": 5}])
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert [each["quantity"] for each in answer.json()["productOrderItem"]] == [1, 5]
    assert http.get(order["href"]).json() == answer.json()


@pytest.mark.parametrize(
    ("operation", "status"),
    [
        ({"op": "replace", "path": "/productOrderItem/quantity?productOrderItem.id=9", "value": 5}, 400),
        ({"op": "test", "path": "/productOrderItem/quantity?productOrderItem.id=1", "value": 5}, 409),
        ({"op": "replace", "path": "/productOrderItem/quantity?productOrderItem.id=1", "value": "x"}, 400),
        ({"op": "remove", "path": "/productOrderItem[?(@.id)]"}, 400),
        ({"op": "replace", "path": "$['@type']", "value": "Other"}, 400),
    ],
)
def test_a_query_that_cannot_be_applied_changes_nothing(
    http: httpx2.Client, order: dict[str, Any], operation: Any, status: int
) -> None:
    answer = patch(http, order["href"], [operation])
    assert (answer.status_code, answer.json()["@type"]) == (status, "Error")
    assert http.get(order["href"]).json() == order


def test_an_api_whose_contract_does_not_declare_queries_refuses_them(
    both: Servers, http: httpx2.Client
) -> None:
    created = http.post(both["TMF620.v4"] + "/category", json={"name": "x"}).json()
    refusal = patch(http, created["href"], [{"op": "replace", "path": "/name?id=1", "value": "y"}])
    assert refusal.status_code == 415
    assert "json-patch-query" not in refusal.json()["message"]
    plain = [{"op": "replace", "path": "/name", "value": "y"}]
    assert patch(http, created["href"], plain, "application/json-patch+json").json()["name"] == "y"


@pytest.mark.parametrize("media_type", ["application/json", "application/merge-patch+json"])
def test_a_merge_patch_may_repeat_the_type_but_not_change_it(
    http: httpx2.Client, order: dict[str, Any], media_type: str
) -> None:
    same = {"@type": "ProductOrder", "description": "new"}
    assert patch(http, order["href"], same, media_type).json()["description"] == "new"
    for name in ("@type", "@baseType", "@schemaLocation"):
        refusal = patch(http, order["href"], {"@type": "ProductOrder"} | {name: "http://x/Other"}, media_type)
        assert (refusal.status_code, refusal.json()["code"]) == (400, "invalidBody")
        assert name in refusal.json()["message"]
