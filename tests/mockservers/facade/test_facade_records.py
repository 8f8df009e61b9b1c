"""The copybook and the night file: round trips, and what happens to garbage."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tmfrig.mockservers.facade import copybook
from tmfrig.mockservers.facade.copybook import (
    WIDTH,
    Card,
    LineRecord,
    RecordError,
    Reply,
    Trailer,
    century_day,
)
from tmfrig.mockservers.facade.night_file import NightFile, parsed, read, write

CARD = Card(
    operation="11",
    order="TM000001",
    product="FIBREACC",
    subscriber="ZOE MULLER",
    wanted=126126,
    rate=5000000,
    bar="B",
)
LINES = (
    LineRecord(line=40000001, order="TM000001", product="FIBREACC", state="60", since=126126),
    LineRecord(line=40000002, product="VOICE", state="40", rate=100),
)


def upper(most: int) -> st.SearchStrategy[str]:
    return st.text("ABCXYZ019 -./", max_size=most).map(str.rstrip)


cards = st.builds(
    Card,
    operation=upper(2),
    order=upper(8),
    line=st.integers(0, 99999999),
    product=upper(8),
    subscriber=upper(20),
    wanted=st.integers(0, 999999),
    rate=st.integers(0, 99999999),
    bar=upper(1),
)


@given(cards)
def test_a_card_survives_the_wire(card: Card) -> None:
    assert Card.decoded(card.encoded()) == card


def test_a_card_is_eighty_columns_of_ebcdic() -> None:
    raw = CARD.encoded()
    assert len(raw) == WIDTH
    assert raw[:10] == bytes.fromhex("f1f1e3d4f0f0f0f0f0f1")
    assert raw.decode("cp037") == (
        "11TM00000100000000FIBREACCZOE MULLER          12612605000000B                   "
    )


@pytest.mark.parametrize(
    "card",
    [
        replace(CARD, order="TM0000001"),
        replace(CARD, rate=100_000_000),
        replace(CARD, line=-1),
        replace(CARD, subscriber="☎"),
    ],
)
def test_what_does_not_fit_is_refused_and_never_cut(card: Card) -> None:
    with pytest.raises(RecordError):
        card.encoded()


@given(st.binary(max_size=3 * WIDTH))
def test_garbage_is_no_record(raw: bytes) -> None:
    for kind in (Card, Reply, LineRecord, Trailer):
        try:
            kind.decoded(raw)
        except RecordError:
            continue
        assert len(raw) == WIDTH


def test_a_day_counts_from_1900() -> None:
    assert century_day(date(1984, 2, 29)) == 84060
    assert century_day(date(2026, 5, 6)) == 126126


def test_every_reply_code_fits_the_text_columns() -> None:
    for code, text in copybook.TEXTS.items():
        assert Reply.decoded(Reply(code=code, text=text).encoded()).text == text


def test_a_night_file_survives_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "LINES"
    assert read(path) is None
    write(path, NightFile(7, LINES))
    assert read(path) == NightFile(7, LINES)
    assert path.stat().st_size == 4 * WIDTH


@pytest.mark.parametrize("missing", [1, WIDTH, 2 * WIDTH, 4 * WIDTH])
def test_half_a_night_file_is_not_believed(tmp_path: Path, missing: int) -> None:
    path = tmp_path / "LINES"
    write(path, NightFile(7, LINES))
    with pytest.raises(RecordError):
        parsed(path.read_bytes()[:-missing])


@pytest.mark.parametrize(
    "replaced", [LINES[0], replace(LINES[1], state="99"), replace(LINES[1], kind="X"), Trailer(count=2)]
)
def test_a_night_file_with_something_else_inside_is_not_believed(
    tmp_path: Path, replaced: LineRecord | Trailer
) -> None:
    path = tmp_path / "LINES"
    write(path, NightFile(7, LINES))
    raw = path.read_bytes()
    with pytest.raises(RecordError):
        parsed(raw[: 2 * WIDTH] + replaced.encoded() + raw[3 * WIDTH :])


@given(st.binary(max_size=5 * WIDTH))
def test_bytes_that_are_no_night_file_are_refused(raw: bytes) -> None:
    with pytest.raises(RecordError):
        parsed(raw)
