"""The feature files and the vocabulary that they are written in."""

from __future__ import annotations

from importlib.resources import files

import pytest
from pytest_bdd.feature import get_features
from pytest_bdd.parser import ScenarioTemplate
from pytest_bdd.steps import StepFunctionContext, step_function_context_registry

from tmfrig.features import vocabulary as words
from tmfrig.features.listing import chapters, markdown, steps
from tmfrig.specs import API_IDS, COM

FOLDER = str(files("tmfrig.features"))
JUDGED = {*API_IDS, COM}
NEEDED = {*JUDGED, "TMF622v4", "TMF622v5", "journal"}
FOR_OTHERS = frozenset({'"{role}" is played by somebody else'})
"""Steps that no scenario of ours uses, and that are there for scenarios of others."""
STAGES = (
    *("browsing", "qualifying_offers", "qualifying_service", "ordering", "orchestrating", "fulfilling"),
    *("feedback", "recording", "reconciling", "cancelling", "lifecycle", "architecture"),
)


def scenarios() -> list[ScenarioTemplate]:
    return [each for feature in get_features([FOLDER]) for each in feature.scenarios.values()]


def tagged(scenario: ScenarioTemplate, name: str) -> list[str]:
    pairs = [tag.partition(":") for tag in scenario.tags | scenario.feature.tags]
    return [value for key, _, value in pairs if key == name]


def vocabulary() -> list[StepFunctionContext]:
    own = f"{words.__name__}."
    return [
        each for each in step_function_context_registry.values() if each.step_func.__module__.startswith(own)
    ]


def test_there_is_a_feature_for_every_stage() -> None:
    assert {each.rel_filename.rpartition("/")[2] for each in get_features([FOLDER])} == {
        f"{each}.feature" for each in STAGES
    }
    assert len(scenarios()) >= 45


def test_every_scenario_says_who_it_is() -> None:
    ids = [id for each in scenarios() for id in tagged(each, "id")]

    assert len(ids) == len(scenarios())
    assert len(set(ids)) == len(ids)


def test_every_scenario_names_the_api_that_it_judges() -> None:
    for each in scenarios():
        (api,) = tagged(each, "api")
        assert api in JUDGED
        assert set(tagged(each, "needs")) <= NEEDED


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda scenario: scenario.name)
def test_every_step_is_in_the_vocabulary(scenario: ScenarioTemplate) -> None:
    known = vocabulary()

    assert known
    for step in scenario.steps:
        fitting = {each.step_func for each in known if each.parser.is_matching(step.name)}
        assert len(fitting) == 1, step.name


def test_every_word_of_the_vocabulary_is_explained() -> None:
    assert [each.step_func.__name__ for each in vocabulary() if not each.step_func.__doc__] == []


def test_every_word_of_the_vocabulary_is_used() -> None:
    texts = [step.name for each in scenarios() for step in each.steps]
    unused = {
        each.parser.name for each in vocabulary() if not any(each.parser.is_matching(text) for text in texts)
    }

    assert unused <= FOR_OTHERS


def test_all_of_the_vocabulary_can_be_imported_at_once() -> None:
    for module in chapters():
        assert any(name.startswith("pytestbdd_stepdef") for name in vars(words)), module
    assert len([name for name in vars(words) if name.startswith("pytestbdd_stepdef")]) == len(vocabulary())


def test_the_documentation_lists_every_step() -> None:
    readme = (files("tmfrig.features") / "README.md").read_text("utf-8")

    assert markdown().strip() in readme, "run python -m tmfrig.features.listing and put it into README.md"
    assert all(each.does for each in steps())
