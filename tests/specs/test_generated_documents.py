"""The committed OpenAPI documents are what the information model says today."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from tmf_oracle import CONTRACTS, every_contract, nodes

from tmfrig.specs import LINES, Document, standard_apis, standard_contract
from tmfrig.specs.generate import main, text
from tmfrig.specs.model import models


@every_contract
def test_committed_document_is_current(api: str, line: int) -> None:
    committed = (files("tmfrig.specs") / "openapi" / f"v{line}" / f"{api}.json").read_text("utf-8")
    assert text(models(line)[api]) == committed, "run python -m tmfrig.specs.generate"


@pytest.mark.parametrize("line", LINES)
def test_every_api_has_a_model_and_a_document(line: int) -> None:
    committed = (each.name for each in (files("tmfrig.specs") / "openapi" / f"v{line}").iterdir())
    assert tuple(models(line)) == standard_apis(line)
    assert sorted(committed) == [f"{api}.json" for api in standard_apis(line)]


@every_contract
def test_every_reference_and_mapping_leads_somewhere(api: str, line: int) -> None:
    document = standard_contract(api, line).openapi
    found = [each["$ref"] for each in nodes(document.raw) if "$ref" in each]
    for each in nodes(document.raw):
        if isinstance(each.get("discriminator"), dict):
            found += each["discriminator"]["mapping"].values()
    assert found
    assert all(isinstance(document.resolve(reference), dict) for reference in found)


@every_contract
def test_every_schema_compiles(api: str, line: int) -> None:
    standard_contract(api, line).check()


@every_contract
def test_every_schema_is_used(api: str, line: int) -> None:
    document = standard_contract(api, line).document
    names = {name for each in nodes(document) for name in referred(each)}
    assert names == set(document["components"]["schemas"])


def referred(node: dict[str, Any]) -> list[str]:
    discriminator = node.get("discriminator")
    mapped = discriminator["mapping"].values() if isinstance(discriminator, dict) else ()
    named = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
    return [each.rsplit("/", 1)[1] for each in (*named, *mapped)]


@every_contract
def test_operation_ids_are_unique(api: str, line: int) -> None:
    document = Document.parse(text(models(line)[api]).encode(), api)
    ids = [each.id for each in document.operations]
    assert len(ids) == len(set(ids))


@every_contract
def test_every_type_of_the_model_is_used(api: str, line: int) -> None:
    """A type that no resource reaches would be dead data."""
    own = models(line)[api]
    written = standard_contract(api, line).document["components"]["schemas"]
    names = {re.sub(r"_(Create|Update)$", "", each) for each in written}
    shared = set.intersection(*({*each.types, *each.enumerations} for each in models(line).values()))
    assert {*own.types, *own.enumerations} - shared <= names


def test_generating_writes_every_document_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tmfrig.specs.generate.__file__", str(tmp_path / "generate.py"))
    main()
    for api, line in CONTRACTS:
        written = Document.load(tmp_path / "openapi" / f"v{line}" / f"{api}.json")
        assert written.digest == standard_contract(api, line).digest
