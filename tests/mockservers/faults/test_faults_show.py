"""Each fault shows on the wire as it is described, and right roles show none of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fault_stage import Stage, acting
from fault_symptoms import SYMPTOMS

from tmfrig.mockservers.faults.catalogue import known


@pytest.fixture(scope="module")
def right() -> Iterator[Stage]:
    with acting() as stage:
        yield stage


@pytest.mark.parametrize("name", SYMPTOMS)
def test_a_fault_shows(name: str) -> None:
    with acting(name) as stage:
        assert SYMPTOMS[name](stage), known()[name].sentence


@pytest.mark.parametrize("name", SYMPTOMS)
def test_right_roles_show_no_fault(right: Stage, name: str) -> None:
    assert not SYMPTOMS[name](right)


def test_every_fault_that_roles_have_together_has_its_symptom() -> None:
    assert SYMPTOMS.keys() == {each.name for each in known().values() if not each.rule}


def test_faults_add_up() -> None:
    together = ("product-created-twice", "stuck-in-progress", "partial-reported-completed", "events-lost")
    with acting(*together) as stage:
        assert SYMPTOMS["partial-reported-completed"](stage)
        assert SYMPTOMS["stuck-in-progress"](stage)
