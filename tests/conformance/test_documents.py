"""Documents that users write: what is wrong with one is told in one line, however large or strange it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tmfrig.conformance.documents import DEEPEST, MOST_BYTES, MOST_VALUES, read_document
from tmfrig.conformance.failure import CommandError

BOMB = "\n".join(["l0: &l0 [x]", *(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 9))])
"""A few hundred characters, and a hundred million values."""


def read(folder: Path, content: str | bytes, name: str = "document.yaml") -> Any:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_document(path, CommandError, "the data ")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("a: [", "document.yaml is not YAML: did not find expected node content in line"),
        (
            "a: 1\nb: {c: 1, d: 2, c: 3}",
            "document.yaml is not YAML: the key 'c' is there twice, again in line 2",
        ),
        ("a: &a [*a]", f"it is nested more than {DEEPEST} levels deep"),
        ("[" * 500 + "]" * 500, f"it is nested more than {DEEPEST} levels deep"),
        (BOMB, f"it comes to more than {MOST_VALUES} values"),
        (b"a: \xff\xfe", "document.yaml: it is not text"),
        (b" " * (MOST_BYTES + 1), "document.yaml: it is larger than 5 MB"),
        ("a: 2027-02-30", "document.yaml is not YAML: day is out of range for month"),
        ("a: !!python/object/apply:os.getcwd []", "could not determine a constructor for the tag"),
    ],
    ids=["broken", "twice", "a circle", "deep", "a bomb", "binary", "large", "no day", "code"],
)
def test_what_cannot_be_worked_with_is_told_in_one_line(
    content: str | bytes, told: str, tmp_path: Path
) -> None:
    with pytest.raises(CommandError) as mistake:
        read(tmp_path, content)
    assert told in str(mistake.value)
    assert str(tmp_path) in str(mistake.value)
    assert "\n" not in str(mistake.value)


def test_json_that_is_too_deep_to_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"document\.json is not JSON"):
        read(tmp_path, "[" * 200_000, "document.json")


def test_aliases_and_merged_keys_are_read(tmp_path: Path) -> None:
    text = "base: &base {a: 1, b: 2}\nown: {<<: *base, b: 3}\nsame: [*base, *base]"
    base = {"a": 1, "b": 2}
    assert read(tmp_path, text) == {"base": base, "own": {"a": 1, "b": 3}, "same": [base, base]}


def test_a_file_of_many_lines_is_read(tmp_path: Path) -> None:
    many = {"ids": [f"order-{number}" for number in range(20_000)]}
    assert read(tmp_path, json.dumps(many)) == many
    assert read(tmp_path, json.dumps(many), "document.json") == many
