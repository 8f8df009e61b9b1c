"""Plans: what has to be ordered together, and the course that a plan takes."""

from __future__ import annotations

import pytest

from tmfrig.mockservers.com.orchestration import MOST_TOLD, Orchestration, counted
from tmfrig.mockservers.com.orders import Intent, Phase
from tmfrig.mockservers.com.plan import Holding, Plan, Task, Verb, grouped


def task(identifier: str, line: str, *relies_on: str) -> Task:
    return Task(
        id=identifier,
        line=line,
        holding=line,
        verb=Verb.CREATE,
        blueprint="internet",
        relies_on=list(relies_on),
    )


def holding(key: str, *parts: str) -> Holding:
    return Holding(key=key, line=key, root="1", intent=Intent.ADD, parts=list(parts))


def test_lines_that_need_nothing_of_each_other_are_ordered_apart() -> None:
    tasks = [task("1.1", "1"), task("2.1", "2"), task("1.2", "1")]
    assert grouped(tasks, {"1": "1", "2": "2"}, []) == [["1.1", "1.2"], ["2.1"]]


def test_the_parts_of_a_line_are_ordered_with_it() -> None:
    tasks = [task("1.1.1", "1.1"), task("1.2.1", "1.2")]
    assert grouped(tasks, {"1": "1", "1.1": "1", "1.2": "1"}, []) == [["1.1.1", "1.2.1"]]


def test_lines_that_need_each_other_are_ordered_together() -> None:
    tasks = [task("1.1", "1"), task("2.1", "2"), task("3.1", "3")]
    roots = {"1": "1", "2": "2", "3": "3"}
    assert grouped(tasks, roots, [("3", "1")]) == [["1.1", "3.1"], ["2.1"]]
    assert grouped(tasks, roots, [("1", "2"), ("2", "3"), ("3", "1")]) == [["1.1", "2.1", "3.1"]]


def test_tasks_that_rely_on_each_other_are_ordered_together() -> None:
    tasks = [task("1.1", "1"), task("2.1", "2", "1.1"), task("3.1", "3")]
    assert grouped(tasks, {"1": "1", "2": "2", "3": "3"}, []) == [["1.1", "2.1"], ["3.1"]]


def test_needs_of_lines_that_are_not_there_bind_nothing() -> None:
    tasks = [task("1.1", "1"), task("2.1", "2")]
    assert grouped(tasks, {"1": "1", "2": "2"}, [("1", "7"), ("7", "2")]) == [["1.1"], ["2.1"]]


def test_a_plan_knows_its_parts() -> None:
    plan = Plan(
        holdings=[holding("1", "1.1", "1.2"), holding("1.1", "1.1.1"), holding("1.2"), holding("1.1.1")]
    )
    assert [each.key for each in plan.below(plan.holdings[0])] == ["1.1", "1.1.1", "1.2"]
    assert plan.below(plan.holdings[2]) == []


def test_a_timeline_does_not_grow_for_ever_and_keeps_the_latest() -> None:
    course = Orchestration(order="17")
    for number in range(MOST_TOLD + 50):
        course.note(f"something else happens, {number}")
    assert len(course.timeline) == MOST_TOLD
    assert course.timeline[-1].what.endswith(str(MOST_TOLD + 49))


def test_a_timeline_does_not_say_the_same_twice_in_a_row() -> None:
    course = Orchestration(order="17")
    for what in ("held", "held", "resumed", "held"):
        course.note(what)
    assert [each.what for each in course.timeline] == ["held", "resumed", "held"]


def test_a_plan_can_be_replaced_before_anything_is_ordered() -> None:
    course = Orchestration(order="17")
    course.adopt(Plan(holdings=[holding("1")], tasks=[task("1.1", "1")], groups=[["1.1"]]), "first")
    course.adopt(Plan(holdings=[holding("1")], tasks=[task("1.7", "1")], groups=[["1.7"]]), "second")
    assert (list(course.tasks), course.groups[0].tasks, course.planned_from) == (["1.7"], ["1.7"], "second")
    assert not course.anything_ordered
    assert course.timeline[-1].what == "planned: 1 product, 1 task in 1 service order"


def test_a_course_that_has_ended_is_over() -> None:
    course = Orchestration(order="17")
    assert not course.over
    course.end(Phase.FAILED, "nothing came of it")
    assert (course.over, course.phase, course.message) == (True, Phase.FAILED, "nothing came of it")


def test_a_course_is_kept_as_it_is() -> None:
    course = Orchestration(order="17")
    course.adopt(Plan(holdings=[holding("1")], tasks=[task("1.1", "1")], groups=[["1.1"]]), "said")
    course.telling = Phase.HELD
    kept = course.model_dump(mode="json", exclude_defaults=True)
    assert Orchestration.model_validate(kept) == course


@pytest.mark.parametrize(("number", "text"), [(0, "0 tasks"), (1, "1 task"), (2, "2 tasks")])
def test_numbers_agree_with_what_they_count(number: int, text: str) -> None:
    assert counted(number, "task") == text
