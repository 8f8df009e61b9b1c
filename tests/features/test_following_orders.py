"""How an order is followed: which moves the published lifecycle explains."""

from __future__ import annotations

import pytest

from tmfrig.features.following import reachable
from tmfrig.specs import Lifecycle, standard_contract


@pytest.fixture
def lifecycle() -> Lifecycle:
    found = standard_contract("TMF622").resources["productOrder"].lifecycle
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("acknowledged", "inProgress"),
        ("acknowledged", "completed"),
        ("held", "completed"),
        ("pending", "cancelled"),
        ("completed", "completed"),
    ],
)
def test_states_in_between_may_be_missed(lifecycle: Lifecycle, before: str, after: str) -> None:
    assert reachable(lifecycle, before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("completed", "inProgress"),
        ("inProgress", "acknowledged"),
        ("cancelled", "completed"),
        ("acknowledged", "shipped"),
    ],
)
def test_nothing_leads_back_or_out_of_an_end(lifecycle: Lifecycle, before: str, after: str) -> None:
    assert not reachable(lifecycle, before, after)
