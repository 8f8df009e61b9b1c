"""The committed OpenAPI documents are what the information model says today."""

from importlib.resources import files
from pathlib import Path

import pytest
from tmf_oracle import every_api

from tmfrig.specs import API_IDS, Document, standard_contract
from tmfrig.specs.generate import main, text
from tmfrig.specs.model import Field, ModelError, models


@every_api
def test_committed_document_is_current(api: str) -> None:
    committed = (files("tmfrig.specs") / "openapi" / "v4" / f"{api}.json").read_text("utf-8")
    assert text(models(4)[api]) == committed, "run python -m tmfrig.specs.generate"


def test_every_api_has_a_model_and_a_document() -> None:
    committed = (each.name for each in (files("tmfrig.specs") / "openapi" / "v4").iterdir())
    assert tuple(models(4)) == API_IDS
    assert sorted(committed) == [f"{api}.json" for api in API_IDS]


@every_api
def test_operation_ids_are_unique(api: str) -> None:
    document = Document.parse(text(models(4)[api]).encode(), api)
    ids = [each.id for each in document.operations]
    assert len(ids) == len(set(ids))


@every_api
def test_every_type_of_the_model_is_used(api: str) -> None:
    """A type that no resource reaches would be dead data."""
    own = models(4)[api]
    written = standard_contract(api).document["components"]["schemas"]
    shared = set.intersection(*({*each.types, *each.enumerations} for each in models(4).values()))
    assert {*own.types, *own.enumerations} - shared <= set(written)


@pytest.mark.parametrize("notation", ["", "Note[", "string!!", "two words", "Note[x..]", "string ="])
def test_a_slip_in_the_model_is_named(notation: str) -> None:
    with pytest.raises(ModelError, match="dueDate"):
        Field.parse("dueDate", notation)


@pytest.mark.parametrize(
    ("notation", "field"),
    [
        ("string", Field("x", "string")),
        ("Note[]", Field("x", "Note", is_list=True)),
        ("Item[1..]!", Field("x", "Item", is_list=True, least=1, mandatory=True)),
        ("boolean = false", Field("x", "boolean", default=False)),
        ("float = 1", Field("x", "float", default=1)),
    ],
)
def test_the_notation_of_the_model(notation: str, field: Field) -> None:
    assert Field.parse("x", notation) == field


def test_generating_writes_every_document_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tmfrig.specs.generate.__file__", str(tmp_path / "generate.py"))
    main()
    for api in API_IDS:
        assert (
            Document.load(tmp_path / "openapi" / "v4" / f"{api}.json").digest == standard_contract(api).digest
        )
