"""A stage that the tests of a module share: each has orders of its own on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from com_stage import Stage, staged


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """All roles with nothing in their way; what they did is judged by the lifecycles at the end."""
    with staged() as shared:
        yield shared
        shared.check()
