"""Every store that there is, each empty at the beginning of a test."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
from store_acts import Place

DURABLE = ("sqlite", "postgresql")
EVERY = ("memory", *DURABLE)


@pytest.fixture(params=EVERY)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A place of each kind."""
    return _place(request, tmp_path)


@pytest.fixture(params=DURABLE)
def durable_place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """A place of each kind that outlives the store."""
    return _place(request, tmp_path)


def _place(request: pytest.FixtureRequest, folder: Path) -> Place:
    match request.param:
        case "sqlite":
            return Place("sqlite", f"sqlite:///{folder / 'rig.db'}")
        case "postgresql":
            return Place("postgresql", _with_schema(request, f"test_{uuid4().hex}"))
    return Place("memory", "memory")


def _with_schema(request: pytest.FixtureRequest, schema: str) -> str:
    url: str = request.getfixturevalue("postgres_url")
    return f"{url}{'&' if '?' in url else '?'}schema={schema}"
