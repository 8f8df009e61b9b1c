"""The night file: PROVEX writes it after each night run, with every line, between a header and a trailer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tmfrig.mockservers.facade.copybook import (
    SYSTEM,
    WIDTH,
    Header,
    LineRecord,
    LineState,
    RecordError,
    Trailer,
    century_day,
)

STATES = frozenset(LineState)


@dataclass(frozen=True, slots=True)
class NightFile:
    """The lines as one night run left them."""

    run: int
    lines: Sequence[LineRecord]


def write(path: Path, night: NightFile) -> None:
    """Write the file in place, as PROVEX does: whoever reads meanwhile sees a part of it."""
    header = Header(run=night.run, day=century_day(datetime.now(UTC).date()))
    total = sum(each.line for each in night.lines)
    trailer = Trailer(count=len(night.lines), total=total)
    with path.open("wb") as file:
        file.writelines(each.encoded() for each in (header, *night.lines, trailer))


def read(path: Path) -> NightFile | None:
    """The file; None before the first night. RecordError where it is garbage or still being written."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    return parsed(raw)


def parsed(raw: bytes) -> NightFile:
    """What a file holds; RecordError where its trailer does not vouch for it."""
    records = [raw[start : start + WIDTH] for start in range(0, len(raw), WIDTH)]
    if len(records) < 2:
        raise RecordError(f"{len(raw)} bytes are no night file")
    header, trailer = Header.decoded(records[0]), Trailer.decoded(records[-1])
    lines = tuple(LineRecord.decoded(each) for each in records[1:-1])
    if (header.kind, header.system, trailer.kind) != ("H", SYSTEM, "T"):
        raise RecordError("header or trailer is missing")
    if any(each.kind != "D" or each.state not in STATES for each in lines):
        raise RecordError("something that is no line stands between header and trailer")
    if (trailer.count, trailer.total) != (len(lines), sum(each.line for each in lines)):
        raise RecordError(f"the trailer counts {trailer.count} lines, {len(lines)} are there")
    return NightFile(header.run, lines)
