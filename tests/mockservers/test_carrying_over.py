"""What changed in one version is changed in the other, and all that only the other knows stays."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tmfrig.mockservers.translation import carried_over

OWN = "own"
ELEMENTS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "id": st.sampled_from(["1", "2"]),
            "name": st.sampled_from(["a", "b"]),
            "role": st.sampled_from(["customer", "payer"]),
            "value": st.integers(0, 2),
        },
    ),
    max_size=5,
)


def without_own(elements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: each for name, each in element.items() if name != OWN} for element in elements]


@given(before=ELEMENTS, after=ELEMENTS)
def test_a_list_says_what_it_became_element_for_element(
    before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> None:
    kept = [each | {OWN: number} for number, each in enumerate(before)]
    result = carried_over(kept, before, after)
    assert without_own(result) == after
    owns = [each[OWN] for each in result if OWN in each]
    assert len(owns) == len(set(owns))


@given(elements=ELEMENTS)
def test_elements_that_stay_keep_what_is_their_own(elements: list[dict[str, Any]]) -> None:
    kept = [each | {OWN: number} for number, each in enumerate(elements)]
    assert carried_over(kept, elements, [*elements, {"name": "new"}]) == [*kept, {"name": "new"}]


def test_what_changed_is_changed() -> None:
    assert carried_over({"a": 1, "b": 2}, {"a": 1}, {"a": 3}) == {"a": 3, "b": 2}


def test_what_neither_has_is_kept() -> None:
    kept = {"party": {"id": "1", "secret": True}, "own": [1]}
    assert carried_over(kept, {"party": {"id": "1"}}, {"party": {"id": "1", "name": "A"}}) == {
        "party": {"id": "1", "secret": True, "name": "A"},
        "own": [1],
    }


def test_what_was_removed_goes() -> None:
    assert carried_over({"a": 1, "b": 2}, {"a": 1}, {}) == {"b": 2}


def test_elements_are_recognised_by_their_identity() -> None:
    kept = [{"id": "1", "own": 1}, {"id": "2", "own": 2}]
    before = [{"id": "1"}, {"id": "2"}]
    assert carried_over(kept, before, [{"id": "2", "x": 0}]) == [{"id": "2", "own": 2, "x": 0}]


def test_elements_that_could_not_be_said_stay() -> None:
    kept = [{"id": "1"}, {"id": "odd"}]
    assert carried_over(kept, [{"id": "1"}], [{"id": "1", "x": 0}]) == [
        {"id": "1", "x": 0},
        {"id": "odd"},
    ]


def test_an_element_that_is_changed_in_place_keeps_what_is_its_own() -> None:
    kept = [{"id": "c1", "name": "x", "value": "1", "@type": "StringCharacteristic"}]
    assert carried_over(kept, [{"name": "x", "value": "1"}], [{"name": "x", "value": "2"}]) == [
        kept[0] | {"value": "2"}
    ]


def test_the_last_element_can_be_removed() -> None:
    assert carried_over([{"id": "c1", "name": "x"}], [{"name": "x"}], []) == []


def test_the_same_party_in_two_roles_stays_two() -> None:
    roles = [{"id": "1", "role": "customer"}, {"id": "1", "role": "payer"}]
    assert carried_over(roles, roles, [*roles, {"id": "2", "role": "user"}]) == [
        *roles,
        {"id": "2", "role": "user"},
    ]
