"""What the tests of the checks share: a judge in a hurry, and contracts with a change."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tmfrig.conformance.api import Api
from tmfrig.conformance.exchange import Exchange, Notification
from tmfrig.conformance.sink import Subscription
from tmfrig.specs import Contract, load_contract, standard_contract

SHORT = 0.4


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is waited for longer than the vendors of these tests ever take."""
    wait_until, find = Api.wait_until, Subscription.find

    def wait_briefly(
        api: Api, ask: Callable[[], Exchange], holds: Callable[[Exchange], bool], within: float = SHORT
    ) -> Exchange | None:
        return wait_until(api, ask, holds, min(within, SHORT))

    def find_soon(
        subscription: Subscription, wanted: Callable[[Notification], bool], within: float = SHORT
    ) -> Notification | None:
        return find(subscription, wanted, min(within, SHORT))

    monkeypatch.setattr(Api, "wait_until", wait_briefly)
    monkeypatch.setattr(Subscription, "find", find_soon)


@pytest.fixture
def changed_contract(tmp_path: Path) -> Callable[[str, Callable[[dict[str, Any]], None]], Contract]:
    """The standard contract of an API after a change of its document."""

    def change(api: str, edit: Callable[[dict[str, Any]], None]) -> Contract:
        document = json.loads(json.dumps(standard_contract(api).document))
        edit(document)
        path = tmp_path / "changed.json"
        path.write_text(json.dumps(document), "utf-8")
        return load_contract(path, api)

    return change
