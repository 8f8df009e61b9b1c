"""What the tests of the checks share: a judge in a hurry, and contracts with a change."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tmfrig.specs import Contract, load_contract, standard_contract

SHORT = 0.4


@pytest.fixture
def hurried(hurry: Callable[[float], None]) -> None:
    """Nothing is waited for longer than the vendors of these tests ever take."""
    hurry(SHORT)


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
