"""Merge patch and JSON Patch as functions from a body to a body."""

from __future__ import annotations

from typing import Any

import pytest

from tmfrig.mockservers.errors import ApiError
from tmfrig.mockservers.patching import json_patched, merged


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [  # the examples of RFC 7396, appendix A
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patch_is_that_of_rfc_7396(target: Any, patch: Any, result: Any) -> None:
    assert merged(target, patch) == result


def test_a_merge_leaves_its_target_alone() -> None:
    target = {"a": {"b": [1], "c": 2}}
    merged(target, {"a": {"c": None, "d": 3}})
    assert target == {"a": {"b": [1], "c": 2}}


def test_json_patch_applies_its_operations_in_order_to_a_copy() -> None:
    target = {"state": "held", "note": [{"text": "a"}]}
    operations = [
        {"op": "test", "path": "/state", "value": "held"},
        {"op": "replace", "path": "/state", "value": "inProgress"},
        {"op": "add", "path": "/note/-", "value": {"text": "b"}},
        {"op": "remove", "path": "/note/0"},
        {"op": "copy", "from": "/note/0", "path": "/first"},
        {"op": "move", "from": "/first", "path": "/only"},
    ]
    assert json_patched(target, operations) == {
        "state": "inProgress",
        "note": [{"text": "b"}],
        "only": {"text": "b"},
    }
    assert target == {"state": "held", "note": [{"text": "a"}]}


@pytest.mark.parametrize(
    ("operations", "status"),
    [
        ({"op": "add"}, 400),
        ("add", 400),
        ([None], 400),
        ([{}], 400),
        ([{"op": "fly", "path": "/a"}], 400),
        ([{"op": "add", "path": "/a"}], 400),
        ([{"op": "replace", "path": "/nothing", "value": 1}], 400),
        ([{"op": "replace", "path": "state", "value": 1}], 400),
        ([{"op": "add", "path": "/list/9", "value": 1}], 400),
        ([{"op": "add", "path": "/list/x", "value": 1}], 400),
        ([{"op": "add", "path": 7, "value": 1}], 400),
        ([{"op": "replace", "path": "", "value": [1]}], 400),
        ([{"op": "test", "path": "/state", "value": "other"}], 409),
        ([{"op": "remove", "path": "/state"}] * 501, 400),
    ],
)
def test_a_json_patch_that_cannot_be_applied_is_refused(operations: Any, status: int) -> None:
    with pytest.raises(ApiError) as refusal:
        json_patched({"state": "held", "list": []}, operations)
    assert refusal.value.status == status


def test_a_short_patch_cannot_grow_without_bounds() -> None:
    doubling = [{"op": "copy", "from": "", "path": f"/copy{number}"} for number in range(60)]
    with pytest.raises(ApiError):
        json_patched({"note": "x" * 1000}, doubling)


def test_a_patch_cannot_nest_without_bounds() -> None:
    deep: Any = "end"
    for _ in range(150):
        deep = {"a": deep}
    path = "/a" * 149
    with pytest.raises(ApiError):
        json_patched({"a": deep}, [{"op": "add", "path": path + "/b", "value": deep}])
