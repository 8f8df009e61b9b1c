from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tmfrig.conformance.client import Bounds, Client, Connection
from tmfrig.conformance.recorder import Recorder
from tmfrig.specs import Contract, standard_contract


@pytest.fixture
def contract() -> Contract:
    """TMF622: orders and their cancellation."""
    return standard_contract("TMF622")


@pytest.fixture
def client_of(contract: Contract) -> Iterator[Callable[..., Client]]:
    """Makes clients that are closed at the end: `client_of(url, seconds=1, body=1000, headers={…})`."""
    made: list[Client] = []

    def make(
        url: str,
        *,
        recorder: Recorder | None = None,
        headers: dict[str, str] | None = None,
        **bounds: float,
    ) -> Client:
        connection = Connection(url, headers or {}, bounds=Bounds(**bounds))  # type: ignore[arg-type]
        made.append(Client(contract, connection, recorder or Recorder()))
        return made[-1]

    yield make
    for client in made:
        client.close()
