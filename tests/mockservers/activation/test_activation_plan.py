"""In which order the items of a service order can be worked on."""

from __future__ import annotations

from typing import Any

import pytest
from activation_stage import item

from tmfrig.mockservers.activation.plan import Plan, PlanError, with_items


def planned(*items: dict[str, Any]) -> Plan:
    return Plan.of({"serviceOrderItem": list(items)})


def waits(plan: Plan) -> dict[str, list[str]]:
    return {key: [each.key for each in plan.waits_for(line)] for key, line in plan.lines.items()}


def test_a_service_is_built_after_what_it_relies_on() -> None:
    plan = planned(item("1", relies_on=("2", "3")), item("2"), item("3", relies_on=("2",)))
    assert waits(plan) == {"1": ["2", "3"], "2": [], "3": ["2"]}
    assert [line.key for line in plan.leaves] == ["1"]
    assert [line.key for line in plan.from_the_top] == ["1", "3", "2"]


@pytest.mark.parametrize("winding_down", [{"action": "delete"}, {"action": "modify", "state": "inactive"}])
def test_a_service_is_taken_out_of_use_before_what_it_relies_on(winding_down: dict[str, str]) -> None:
    plan = planned(item("1", relies_on=("2",), **winding_down), item("2", **winding_down))  # type: ignore[arg-type]
    assert waits(plan) == {"1": [], "2": ["1"]}


def test_what_is_built_does_not_wait_for_what_goes() -> None:
    plan = planned(item("1", relies_on=("2",)), item("2", action="delete"))
    assert waits(plan) == {"1": [], "2": []}


def test_an_item_relies_on_its_parts() -> None:
    plan = planned(item("1", parts=(item("1"), item("2", relies_on=("1",)))))
    assert waits(plan) == {"1": ["1/1", "1/2"], "1/1": [], "1/2": ["1/1"]}
    assert [line.item_id for line in plan.lines.values()] == ["1", "1/1", "2"]


def test_relationships_of_other_kinds_and_to_other_orders_mean_nothing() -> None:
    related = [
        {"relationshipType": "dependency", "orderItem": {"itemId": "9"}},
        {"relationshipType": "reliesOn", "orderItem": {"itemId": "9", "serviceOrderId": "other"}},
        {"relationshipType": "reliesOn"},
    ]
    plan = planned(item("1") | {"serviceOrderItemRelationship": related})
    assert waits(plan) == {"1": []}


@pytest.mark.parametrize(
    ("items", "code", "named"),
    [
        ([item("1", relies_on=("2",)), item("2", relies_on=("1",))], "dependencyCycle", "circle"),
        ([item("1", relies_on=("1",))], "dependencyCycle", "1 → 1"),
        ([item("1", parts=(item("2", relies_on=("1",)),))], "dependencyCycle", "circle"),
        ([item("1", relies_on=("7",))], "unknownItem", "item 7"),
        ([item("1"), item("1")], "duplicateItem", "the id 1"),
    ],
)
def test_items_that_contradict_each_other_are_named(
    items: list[dict[str, Any]], code: str, named: str
) -> None:
    with pytest.raises(PlanError, match=named) as caught:
        planned(*items)
    assert caught.value.code == code


def test_every_item_can_be_changed_by_its_key() -> None:
    order = {"id": "x", "serviceOrderItem": [item("1", parts=(item("2"),)), item("2")]}
    keys: list[str] = []

    def change(key: str, each: dict[str, Any]) -> dict[str, Any]:
        keys.append(key)
        return each | {"state": key}

    changed = with_items(order, change)
    assert sorted(keys) == ["1", "1/2", "2"]
    assert changed["serviceOrderItem"][0]["serviceOrderItem"][0]["state"] == "1/2"
    assert "state" not in order["serviceOrderItem"][0]  # type: ignore[index]
