"""What is left of a body that was answered wrongly, and how often it is sent for that."""

from __future__ import annotations

from typing import Any

from tmfrig.conformance.properties.minimising import MOST_REQUESTS, Minimiser, shape_of

BASE = {"name": "x"}
LARGE = {
    "name": "y",
    **{f"optional{number}": number for number in range(20)},
    "note": [{"text": "a", "author": "b"}, {"text": "c", "date": "d"}],
}


def minimised(fails: Any, body: dict[str, Any] = LARGE) -> tuple[dict[str, Any] | None, int]:
    sent = 0

    def ask(each: Any) -> bool | None:
        nonlocal sent
        sent += 1
        return True if fails(each) else None

    found = Minimiser(ask, lambda each: "name" in each).minimise(body, BASE)
    return (found[0] if found else None), sent


def test_only_what_it_takes_is_left() -> None:
    body, sent = minimised(lambda each: any("date" in note for note in each.get("note", ())))
    assert body == {"name": "x", "note": [{"date": "d"}]}
    assert sent <= MOST_REQUESTS


def test_two_attributes_that_it_takes_together_are_left() -> None:
    body, _ = minimised(lambda each: "optional3" in each and "optional17" in each)
    assert body == {"name": "x", "optional3": 3, "optional17": 17}


def test_what_fails_in_any_case_is_the_plain_body() -> None:
    assert minimised(lambda each: True)[0] == BASE


def test_what_does_not_happen_again_is_no_finding() -> None:
    assert minimised(lambda each: False) == (None, 1)


def test_no_more_than_50_requests_are_sent() -> None:
    wide = {"name": "y", **{f"optional{number}": [{"a": 1, "b": 2}] for number in range(60)}}
    body, sent = minimised(lambda each: len(each) > 40, wide)
    assert body is not None
    assert sent == MOST_REQUESTS


def test_places_are_told_apart_without_their_positions() -> None:
    assert shape_of({"a": [{"b": 1}, {"b": 2, "c": None}]}) == {"a", "a.b", "a.c"}
