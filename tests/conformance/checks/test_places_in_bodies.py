"""Places in bodies: those that a contract singles out, and changing what is there."""

from __future__ import annotations

from collections.abc import Mapping

from tmfrig.conformance.checks.places import (
    MISSING,
    at,
    enumerated_places,
    instant,
    mandatory_places,
    named,
    with_value,
    without,
    without_nulls,
)
from tmfrig.specs import Attribute, standard_contract

ORDER = {"productOrderItem": [{"id": "1", "action": "add", "state": None}], "note": [{"text": "Hello"}]}


def creation() -> Mapping[str, Attribute]:
    """What a client may say about a new product order."""
    schema = standard_contract("TMF622").resources["productOrder"].creation
    assert schema is not None
    return schema.attributes


def test_mandatory_places_go_down_as_far_as_everything_around_them_is_mandatory() -> None:
    found = {named(place) for place, _ in mandatory_places(creation(), ORDER)}

    assert found == {"productOrderItem", "productOrderItem[0].id", "productOrderItem[0].action"}


def test_enumerated_places_are_found_inside_lists() -> None:
    found = {named(place) for place, _ in enumerated_places(creation(), ORDER)}

    assert "productOrderItem[0].action" in found


def test_a_place_is_changed_in_a_copy() -> None:
    place = ("productOrderItem", 0, "action")

    assert at(with_value(ORDER, place, "delete"), place) == "delete"
    assert at(without(ORDER, place), place) is MISSING
    assert at(ORDER, place) == "add"


def test_a_place_that_is_not_there_is_missing() -> None:
    assert at(ORDER, ("productOrderItem", 1, "id")) is MISSING
    assert at(ORDER, ("note", "text")) is MISSING


def test_null_members_are_left_out_and_null_elements_are_not() -> None:
    assert without_nulls({"a": None, "b": [None, {"c": None, "d": 1}]}) == {"b": [None, {"d": 1}]}


def test_a_moment_is_the_same_in_every_zone_and_needs_one() -> None:
    assert instant("2026-01-01T00:00:00Z") == instant("2026-01-01T02:00:00.000+02:00")
    assert instant("2026-01-01T00:00:00") is None
    assert instant("2026-01-01") is None
    assert instant(7) is None


def test_nulls_are_left_out_at_any_depth() -> None:
    body: dict[str, object] = {"last": None}
    for _ in range(5000):
        body = {"inner": body, "nothing": None}

    found = without_nulls(body)

    depth = 0
    while found:
        assert found.keys() == {"inner"}
        found, depth = found["inner"], depth + 1
    assert depth == 5000
