"""The feature files and the vocabulary that they are written in."""

from __future__ import annotations

from importlib.resources import files

import pytest
from pytest_bdd.feature import get_features
from pytest_bdd.parser import ScenarioTemplate
from pytest_bdd.steps import StepFunctionContext, step_function_context_registry

from tmfrig.features import steps
from tmfrig.specs import API_IDS

FOLDER = str(files("tmfrig.features"))


def scenarios() -> list[ScenarioTemplate]:
    return [each for feature in get_features([FOLDER]) for each in feature.scenarios.values()]


def tagged(scenario: ScenarioTemplate, name: str) -> list[str]:
    pairs = [tag.partition(":") for tag in scenario.tags | scenario.feature.tags]
    return [value for key, _, value in pairs if key == name]


def vocabulary() -> list[StepFunctionContext]:
    functions = (getattr(each, "__wrapped__", None) for each in vars(steps).values())
    return [
        step_function_context_registry[each] for each in functions if each in step_function_context_registry
    ]


def test_there_are_scenarios() -> None:
    assert scenarios()


def test_every_scenario_says_who_it_is() -> None:
    ids = [id for each in scenarios() for id in tagged(each, "id")]

    assert len(ids) == len(scenarios())
    assert len(set(ids)) == len(ids)


def test_every_scenario_names_the_api_that_it_judges() -> None:
    for each in scenarios():
        (api,) = tagged(each, "api")
        assert api in API_IDS
        assert set(tagged(each, "needs")) <= set(API_IDS)


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda scenario: scenario.name)
def test_every_step_is_in_the_vocabulary(scenario: ScenarioTemplate) -> None:
    words = vocabulary()

    assert words
    for step in scenario.steps:
        assert any(each.parser.is_matching(step.name) for each in words), step.name


def test_every_word_of_the_vocabulary_is_explained() -> None:
    assert [each.step_func.__name__ for each in vocabulary() if not each.step_func.__doc__] == []
