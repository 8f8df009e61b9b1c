"""The databases of the tests of durability."""

from __future__ import annotations

from uuid import uuid4

import pytest


@pytest.fixture
def postgres_place(postgres_url: str) -> str:
    """A new schema in a database."""
    return f"{postgres_url}{'&' if '?' in postgres_url else '?'}schema=kill_{uuid4().hex}"
