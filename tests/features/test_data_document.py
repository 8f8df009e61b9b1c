"""The data document: what it may say, one clear line for each mistake, and what is skipped without it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tmfrig.conformance.check import Skipped
from tmfrig.features.__main__ import main
from tmfrig.features.data import Data, DataError, built_in, read_data


def written(folder: Path, text: str, name: str = "data.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_an_id_may_stand_for_an_entry(tmp_path: Path) -> None:
    data = read_data(
        written(tmp_path, "offerings: {single: fibre-500}\nplaces: {full: {id: a1, name: Home}}")
    )

    assert data.offering("single").reference == {"id": "fibre-500"}
    assert data.place("full").reference == {"id": "a1", "name": "Home"}


def test_an_entry_keeps_what_a_reference_should_say(tmp_path: Path) -> None:
    text = json.dumps({"customer": {"id": "7", "@referredType": "Individual"}})

    customer = read_data(written(tmp_path, text, "data.json")).customer
    assert customer is not None
    assert customer.reference == {"id": "7", "@referredType": "Individual"}


def test_one_document_serves_scenarios_and_checks(tmp_path: Path) -> None:
    ours = "offerings: {single: fibre-500}\n"
    theirs = "resources: {product: {ids: [p1]}}\napis: {TMF622.v5: {productOrder: {ids: [o5]}}}\n"

    both = read_data(written(tmp_path, ours + theirs))
    assert both == read_data(written(tmp_path, ours))
    assert both.offering("single").id == "fibre-500"


def test_the_reference_servers_come_with_everything() -> None:
    data = built_in()

    for purpose in ("single", "another", "bundle", "add_on", "unavailable"):
        assert data.offering(purpose).id
    for section in (data.places, data.services, data.outcomes):
        assert None not in section.model_dump().values()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "offerings: {singel: x}",
            "offerings.singel: there is no such key; there are single, another, bundle",
        ),
        ("ofers: {}", "ofers: there is no such key; there are offerings, places, services"),
        ("places: {full: {name: Home}}", "places.full.id: field required"),
        ("places: {full: 7}", "places.full: input should be an object, {key: value}"),
        ("outcomes: {fail: {extId: x}}", "outcomes.fail.extId: there is no such key; there are externalId"),
        ("offerings: [", "is not YAML: "),
        ("just words", "holds no data document; it names what exists under offerings, places"),
        ("offerings: {single: ''}", "offerings.single.id: string should have at least 1 character"),
    ],
)
def test_a_mistake_is_told_in_one_line(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(DataError) as raised:
        read_data(written(tmp_path, text))

    assert problem in str(raised.value)
    assert str(tmp_path / "data.yaml") in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


def test_a_missing_document_ends_the_program_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = written(tmp_path, "apis: [{api: TMF622, url: 'http://127.0.0.1:9/v4'}]", "target.yaml")
    arguments = ["--targets", target, "--json", tmp_path / "r.json", "--data", tmp_path / "none.yaml"]

    assert main([str(each) for each in arguments]) == 2
    assert capsys.readouterr().err == (
        f"tmfrig features: cannot read the data {tmp_path / 'none.yaml'}: No such file or directory\n"
    )


def test_what_is_not_named_skips_and_says_which() -> None:
    with pytest.raises(Skipped, match=r"offerings\.bundle"):
        Data().offering("bundle")
    with pytest.raises(Skipped, match=r"outcomes\.fail\b"):
        Data().outcome("fail")


def test_what_is_built_in_does_not_count_for_roles_of_others() -> None:
    data = built_in().for_foreign({"TMF641", "TMF645"})

    assert data.offerings.single is not None
    assert data.places.full is None
    assert data.outcomes.fail is None
