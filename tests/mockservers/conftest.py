"""Reference servers on a real port for all tests of this folder: empty, all eight APIs, quick orders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import httpx2
import pytest

from tmfrig.mockservers.running import serving


@pytest.fixture(scope="session")
def servers() -> Iterator[Mapping[str, str]]:
    """Base URLs by API."""
    with serving(pace=0.05) as urls:
        yield urls


@pytest.fixture(scope="session")
def still_servers() -> Iterator[Mapping[str, str]]:
    """Servers whose orders, tasks and jobs stay as they were created."""
    with serving(pace=3600) as urls:
        yield urls


@pytest.fixture(scope="session")
def http() -> Iterator[httpx2.Client]:
    with httpx2.Client(trust_env=False, timeout=20) as client:
        yield client
