"""Faults of numbers and dates: values that come back as others."""

from __future__ import annotations

import re
import struct
from datetime import datetime, timedelta
from typing import Any

from tmfrig.mockservers.faults.answers import altering
from tmfrig.mockservers.faults.fault import fault
from tmfrig.mockservers.faults.misreading import MisreadsNumbers, MisreadsTexts
from tmfrig.mockservers.faults.representations import SHOWN, numbers_are_text

FAMILY = "numbers-and-dates"
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(\.\d+)?[+-]\d{2}:\d{2}")
_MICROSECONDS = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}(?:Z|[+-]\d{2}:\d{2})")


@fault(
    "numbers-in-single-precision",
    "TMF620",
    "Numbers are kept in single precision, so that 19.99 is 19.9899997 later; they should be kept exactly.",
    rule="ROB-06",
    family=FAMILY,
)
class KeepsSinglePrecision(MisreadsNumbers):
    """Has columns of type REAL."""

    def number(self, number: float) -> Any:
        """What becomes of a number."""
        kept = super().number(number)
        return struct.unpack("f", struct.pack("f", kept))[0] if isinstance(kept, float) else kept


@fault(
    "amounts-lose-their-decimals",
    "TMF620",
    "Decimals are cut off, so that 19.99 becomes 19; numbers should be kept exactly.",
    rule="ROB-06",
    family=FAMILY,
)
class CutsDecimals(MisreadsNumbers):
    """Has columns of type INTEGER."""

    def number(self, number: float) -> Any:
        """What becomes of a number."""
        return int(super().number(number))


@fault(
    "amounts-have-one-decimal",
    "TMF637",
    "Numbers are rounded to one decimal; they should be kept exactly.",
    rule="ROB-06",
    family=FAMILY,
)
class RoundsToTenths(MisreadsNumbers):
    """Has columns of type DECIMAL(8,1)."""

    def number(self, number: float) -> Any:
        """What becomes of a number."""
        return round(super().number(number), 1)


@fault(
    "large-integers-overflow",
    "TMF620",
    "Integers beyond 2^31 wrap around; they should be kept or refused.",
    rule="ROB-06",
    family=FAMILY,
)
class Overflows(MisreadsNumbers):
    """Has integers of 32 bits."""

    def number(self, number: float) -> Any:
        """What becomes of a number."""
        kept = super().number(number)
        return (kept + 2**31) % 2**32 - 2**31 if isinstance(kept, int) else kept


@fault(
    "large-integers-are-rounded",
    "TMF620",
    "Integers beyond 2^24 lose their last digits; they should be kept or refused.",
    rule="ROB-06",
    family=FAMILY,
)
class RoundsIntegers(MisreadsNumbers):
    """Takes every number for a float of its language."""

    def number(self, number: float) -> Any:
        """What becomes of a number."""
        kept = super().number(number)
        return int(struct.unpack("f", struct.pack("f", kept))[0]) if isinstance(kept, int) else kept


@fault(
    "fine-numbers-are-rounded",
    "TMF622",
    "Numbers are rounded to two decimals; they should be kept, or refused.",
    rule="ROB-06",
    family=FAMILY,
)
class RoundsToCents(MisreadsNumbers):
    """Takes every number for an amount of money."""

    def number(self, number: float) -> Any:
        """What becomes of a number."""
        return round(super().number(number), 2)


# the same as numbers-as-text, held against another rule: that numbers stay what they were
altering(
    "numbers-shown-as-texts",
    "TMF620",
    "Numbers are answered as texts; they should be numbers.",
    rule="ROB-06",
    family=FAMILY,
    on=SHOWN,
)(numbers_are_text)


@fault(
    "offsets-are-ignored",
    "TMF622",
    "The offset of a moment is cut off, so that 10:00+05:30 becomes 10:00Z; it is 04:30Z.",
    rule="ROB-07",
    family=FAMILY,
)
class IgnoresOffsets(MisreadsTexts):
    """Parses dates without their zone."""

    def text(self, text: str) -> str:
        """What becomes of a text."""
        return _MOMENT.sub(r"\1\2Z", super().text(text))


@fault(
    "offsets-are-turned-around",
    "TMF637",
    "The offset of a moment is added, not subtracted, so that 10:00+05:30 becomes 15:30Z; it is 04:30Z.",
    rule="ROB-07",
    family=FAMILY,
)
class TurnsOffsetsAround(MisreadsTexts):
    """Does its own arithmetic."""

    def text(self, text: str) -> str:
        """What becomes of a text."""
        return _MOMENT.sub(_turned, super().text(text))


@fault(
    "half-hours-of-offsets-are-ignored",
    "TMF641",
    "The minutes of an offset are ignored, so that +05:30 is taken for +05:00.",
    rule="ROB-07",
    family=FAMILY,
)
class IgnoresHalfHours(MisreadsTexts):
    """Knows zones by their hours."""

    def text(self, text: str) -> str:
        """What becomes of a text."""
        return _MOMENT.sub(lambda found: found[0][:-2] + "00", super().text(text))


@fault(
    "microseconds-taken-for-milliseconds",
    "TMF620",
    "A fraction of six digits is read as milliseconds, so that .123456 moves the moment by two minutes.",
    rule="ROB-07",
    family=FAMILY,
)
class MistakesMicroseconds(MisreadsTexts):
    """Reads with SimpleDateFormat and SSS."""

    def text(self, text: str) -> str:
        """What becomes of a text."""
        return _MICROSECONDS.sub(_moved, super().text(text))


@fault(
    "milliseconds-get-lost",
    "TMF638",
    "Fractions of seconds are cut off; the moment should be kept to the millisecond.",
    rule="ROB-07",
    family=FAMILY,
)
class CutsSeconds(MisreadsTexts):
    """Has columns of type DATETIME."""

    def text(self, text: str) -> str:
        """What becomes of a text."""
        return re.sub(r"(\d{2}:\d{2}:\d{2})\.\d+", r"\1", super().text(text))


def _turned(found: re.Match[str]) -> str:
    signs = {"+": "-", "-": "+"}
    return found[0][:-6] + signs[found[0][-6]] + found[0][-5:]


def _moved(found: re.Match[str]) -> str:
    moment = datetime.fromisoformat(found[0])
    moved = moment.replace(microsecond=0) + timedelta(milliseconds=moment.microsecond)
    return moved.isoformat(timespec="milliseconds")
