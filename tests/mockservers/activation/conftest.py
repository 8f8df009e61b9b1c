"""A stage that the tests of a module share: each has orders of its own on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from activation_stage import Stage, activating


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """Activation with nothing in its way; all that it did is judged by the lifecycle at the end."""
    with activating() as shared:
        yield shared
        shared.check_courses()
