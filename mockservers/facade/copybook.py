"""PROVEX's copybook: the layout of every record, 80 columns of EBCDIC, and the codes that stand in them.

Both sides of the wire read it, as they would have shared the COBOL member. No TM Forum word occurs here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from enum import StrEnum
from typing import Any, Self

WIDTH = 80
CODE_PAGE = "cp037"
SYSTEM = "PROVEX04"


class RecordError(ValueError):
    """Eighty columns that are no such record, or a value that its columns cannot hold."""


class Operation(StrEnum):
    """What a card asks for."""

    INSTALL = "11"
    CHANGE = "21"
    CEASE = "41"
    WITHDRAW = "51"
    ENQUIRE = "71"


class OrderState(StrEnum):
    """How far an order has come. The night run archives it: the day's terminals never see it finished."""

    RECEIVED = "00"
    DESIGNED = "10"
    PORT_RESERVED = "20"
    AT_EXCHANGE = "30"
    WITHDRAWN = "80"
    REFUSED = "90"


class LineState(StrEnum):
    """What a line is, as the night file tells it."""

    PLANNED = "40"
    BARRED = "50"
    IN_SERVICE = "60"
    CEASED = "70"


ACCEPTED, UNREADABLE, UNKNOWN_OPERATION, NUMBER_IN_USE = 0, 101, 102, 103
NO_PRODUCT, RATE_TOO_HIGH = 110, 130
LINE_UNKNOWN, ORDER_UNKNOWN, ARCHIVED, LINE_BUSY, TOO_LATE = 202, 203, 204, 205, 207
NO_PORT = 301

TEXTS: Mapping[int, str] = {
    ACCEPTED: "ACCEPTED",
    UNREADABLE: "CARD UNREADABLE",
    UNKNOWN_OPERATION: "OPERATION CODE UNKNOWN",
    NUMBER_IN_USE: "ORDER NUMBER IN USE",
    NO_PRODUCT: "PRODUCT CODE MISSING",
    RATE_TOO_HIGH: "RATE ABOVE LIMIT OF EXCHANGE",
    LINE_UNKNOWN: "LINE UNKNOWN OR CEASED",
    ORDER_UNKNOWN: "ORDER UNKNOWN",
    ARCHIVED: "ORDER ARCHIVED BY NIGHT RUN",
    LINE_BUSY: "LINE HAS AN OPEN ORDER",
    TOO_LATE: "ORDER CLOSED, CANNOT BE WITHDRAWN",
    NO_PORT: "NO PORT FREE AT EXCHANGE",
}
"""The reply codes, with what the operator reads."""


def text(first: int, last: int, default: str = "") -> Any:
    """Columns that hold upper-case text, filled up with blanks."""
    return field(default=default, metadata={"columns": (first, last)})


def number(first: int, last: int) -> Any:
    """Columns that hold digits, filled up with zeros."""
    return field(default=0, metadata={"columns": (first, last)})


@dataclass(frozen=True, slots=True)
class Record:
    """A record of 80 columns; a subclass names its fields and their columns, counted from 1."""

    def encoded(self) -> bytes:
        """The record as it goes over the wire; RecordError where a value does not fit."""
        line = [" "] * WIDTH
        for each in fields(self):
            first, last = each.metadata["columns"]
            line[first - 1 : last] = _punched(each.name, getattr(self, each.name), last - first + 1)
        try:
            return "".join(line).encode(CODE_PAGE)
        except UnicodeEncodeError as error:
            raise RecordError(f"no EBCDIC character for {error.object[error.start]!r}") from None

    @classmethod
    def decoded(cls, raw: bytes) -> Self:
        """The record that 80 columns hold; RecordError for garbage."""
        if len(raw) != WIDTH:
            raise RecordError(f"{len(raw)} columns instead of {WIDTH}")
        line = raw.decode(CODE_PAGE)
        values: dict[str, Any] = {}
        for each in fields(cls):
            first, last = each.metadata["columns"]
            cell = line[first - 1 : last]
            values[each.name] = _digits(each.name, cell) if isinstance(each.default, int) else cell.rstrip()
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Card(Record):
    """What a terminal sends."""

    operation: str = text(1, 2)
    order: str = text(3, 10)
    line: int = number(11, 18)
    product: str = text(19, 26)
    subscriber: str = text(27, 46)
    wanted: int = number(47, 52)
    rate: int = number(53, 60)
    bar: str = text(61, 61)


@dataclass(frozen=True, slots=True)
class Reply(Record):
    """What PROVEX answers, one for each card."""

    operation: str = text(1, 2)
    order: str = text(3, 10)
    line: int = number(11, 18)
    code: int = number(19, 21)
    state: str = text(22, 23)
    text: str = text(24, 59)


@dataclass(frozen=True, slots=True)
class Header(Record):
    """The first record of the night file."""

    kind: str = text(1, 1, "H")
    system: str = text(2, 9, SYSTEM)
    run: int = number(10, 15)
    day: int = number(16, 21)


@dataclass(frozen=True, slots=True)
class LineRecord(Record):
    """One line in the night file: its state, and the order that was carried out on it last."""

    kind: str = text(1, 1, "D")
    line: int = number(2, 9)
    order: str = text(10, 17)
    product: str = text(18, 25)
    state: str = text(26, 27)
    rate: int = number(28, 35)
    since: int = number(36, 41)


@dataclass(frozen=True, slots=True)
class Trailer(Record):
    """The last record of the night file: how many lines it holds, and the sum of their numbers."""

    kind: str = text(1, 1, "T")
    count: int = number(2, 8)
    total: int = number(9, 20)


def century_day(day: date) -> int:
    """CYYDDD: century after 1900, year, day of the year. The sixth of May 2026 is 126126."""
    return (day.year - 1900) * 1000 + day.timetuple().tm_yday


def _punched(name: str, value: str | int, width: int) -> str:
    if isinstance(value, int):
        if not 0 <= value < 10**width:
            raise RecordError(f"{name} {value} does not fit {width} digits")
        return f"{value:0{width}}"
    if len(value) > width:
        raise RecordError(f"{name} {value[:40]!r} does not fit {width} columns")
    return value.ljust(width)


def _digits(name: str, cell: str) -> int:
    if not (cell.isascii() and cell.isdigit()):
        raise RecordError(f"{name} holds {cell!r}, which is no number")
    return int(cell)
