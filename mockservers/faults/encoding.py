"""Faults of encoding: text that comes back as something else."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import Any
from urllib.parse import quote, unquote, unquote_to_bytes

from tmfrig.mockservers.exchange import Exchange
from tmfrig.mockservers.faults.answers import Altered, Answer, altering
from tmfrig.mockservers.faults.fault import fault
from tmfrig.mockservers.faults.misreading import Misread, MisreadsTexts, each_scalar

FAMILY = "encoding"


@fault(
    "text-cut-at-255",
    "TMF637",
    "Of a text of more than 255 characters the rest is lost; it should be kept or refused.",
    rule="ROB-05",
    family=FAMILY,
)
class CutsTexts(MisreadsTexts):
    """Has columns of a fixed width."""

    def text(self, text: str) -> str:
        """What becomes of a text."""
        return super().text(text)[:255]


@fault(
    "emoji-become-question-marks",
    "TMF622",
    "Characters of four bytes are stored as question marks; they should be kept or refused.",
    rule="ROB-05",
    family=FAMILY,
)
class LosesEmoji(MisreadsTexts):
    """Has a data base whose UTF-8 ends at three bytes."""

    def text(self, text: str) -> str:
        """What becomes of a text."""
        return re.sub("[\U00010000-\U0010ffff]", "?", super().text(text))


@fault(
    "texts-in-one-western-alphabet",
    "TMF620",
    "Characters beyond Latin-1 are stored as question marks; they should be kept or refused.",
    rule="ROB-05",
    family=FAMILY,
)
class KnowsLatinOnly(MisreadsTexts):
    """Has a data base of another century."""

    def text(self, text: str) -> str:
        """What becomes of a text."""
        return super().text(text).encode("latin-1", "replace").decode("latin-1")


@fault(
    "texts-decoded-twice",
    "TMF638",
    "Text in UTF-8 is read as Latin-1, so that every accent becomes two signs; it should come back as sent.",
    rule="ROB-05",
    family=FAMILY,
)
class ReadsLatin(MisreadsTexts):
    """Trusts the platform's default charset."""

    def text(self, text: str) -> str:
        """What becomes of a text."""
        return super().text(text).encode().decode("latin-1")


@fault(
    "markup-is-escaped",
    "TMF637",
    "Quotes and angle brackets are stored as HTML entities; text should come back as sent.",
    rule="ROB-05",
    family=FAMILY,
)
class EscapesMarkup(MisreadsTexts):
    """Escapes on the way in, not where pages are made."""

    def text(self, text: str) -> str:
        """What becomes of a text."""
        return html.escape(super().text(text))


@fault(
    "markup-is-stripped",
    "TMF641",
    "What looks like a tag is taken out of texts without a word; they should be kept or refused.",
    rule="ROB-05",
    family=FAMILY,
)
class StripsMarkup(MisreadsTexts):
    """Cleans its input."""

    def text(self, text: str) -> str:
        """What becomes of a text."""
        return re.sub("<[^>]*>", "", super().text(text))


@fault(
    "blanks-at-the-ends-get-lost",
    "TMF637",
    "Texts lose the blanks at their ends; they should come back as sent.",
    rule="ROB-05",
    family=FAMILY,
)
class TrimsTexts(MisreadsTexts):
    """Means well."""

    def text(self, text: str) -> str:
        """What becomes of a text."""
        return super().text(text).strip()


@fault(
    "percent-signs-are-decoded",
    "TMF622",
    "Percent-escapes within texts are decoded; text should come back as sent.",
    rule="ROB-05",
    family=FAMILY,
)
class DecodesPercents(MisreadsTexts):
    """Takes bodies for forms."""

    def text(self, text: str) -> str:
        """What becomes of a text."""
        return unquote(super().text(text))


@fault(
    "backslashes-get-lost",
    "TMF633",
    "Backslashes are taken out of texts; they should come back as sent.",
    rule="ROB-05",
    family=FAMILY,
)
class LosesBackslashes(MisreadsTexts):
    """Strips the slashes that nobody has added."""

    def text(self, text: str) -> str:
        """What becomes of a text."""
        return super().text(text).replace("\\", "")


@fault(
    "line-breaks-become-blanks",
    "TMF620",
    "Line breaks in texts become blanks; text should come back as sent.",
    rule="ROB-05",
    family=FAMILY,
)
class JoinsLines(MisreadsTexts):
    """Has fields of one line."""

    def text(self, text: str) -> str:
        """What becomes of a text."""
        return " ".join(super().text(text).split("\n"))


@fault(
    "directions-get-lost",
    "TMF637",
    "Arabic and Hebrew letters are taken out of texts; they should be kept or refused.",
    rule="ROB-05",
    family=FAMILY,
)
class KeepsToTheLeft(MisreadsTexts):
    """Allows what its regular expression calls letters."""

    def text(self, text: str) -> str:
        """What becomes of a text."""
        return re.sub("[\u0590-\u06ff]", "", super().text(text))


@fault(
    "texts-are-normalised",
    "TMF638",
    "Letters with combining accents are stored composed; text should come back as sent.",
    rule="ROB-05",
    family=FAMILY,
)
class Normalises(MisreadsTexts):
    """Compares texts in one form, and keeps that."""

    def text(self, text: str) -> str:
        """What becomes of a text."""
        return unicodedata.normalize("NFKC", super().text(text))


@fault(
    "text-ends-at-nul",
    "TMF637",
    "Text ends at a NUL, without a word; it should be kept or refused.",
    rule="ROB-04",
    family=FAMILY,
)
class EndsAtNul(MisreadsTexts):
    """Passes texts through a library in C."""

    def text(self, text: str) -> str:
        """What becomes of a text."""
        return super().text(text).partition("\0")[0]


@fault(
    "text-ends-at-control-characters",
    "TMF622",
    "Text ends at the first control character, without a word; it should be kept or refused.",
    rule="ROB-04",
    family=FAMILY,
)
class EndsAtControls(MisreadsTexts):
    """Reads until something is no letter."""

    def text(self, text: str) -> str:
        """What becomes of a text."""
        return re.split("[\0-\x08\x0e-\x1f]", super().text(text))[0]


@fault(
    "control-characters-get-lost",
    "TMF620",
    "Control characters are taken out of texts; they should be kept or refused.",
    rule="ROB-04",
    family=FAMILY,
)
class DropsControls(MisreadsTexts):
    """Keeps what can be printed."""

    def text(self, text: str) -> str:
        """What becomes of a text."""
        return re.sub("[\0-\x08\x0e-\x1f]", "", super().text(text))


@fault(
    "nul-is-a-server-error",
    "TMF641",
    "A text with a NUL is answered 500; it should be kept or refused.",
    rule="ROB-04",
    family=FAMILY,
)
class FailsAtNul(MisreadsTexts):
    """Has a data base that takes no NUL."""

    def text(self, text: str) -> str:
        """What becomes of a text."""
        if "\0" in text:
            raise RuntimeError("a text cannot contain NUL (0x00) characters")
        return super().text(text)


@fault(
    "null-becomes-a-blank",
    "TMF637",
    "An attribute that is sent as null is stored as an empty text; it should be absent or null.",
    rule="PATCH-01",
    family=FAMILY,
)
class BlanksNulls(Misread):
    """Binds missing texts as empty ones."""

    def misread(self, value: Any) -> Any:
        """The body with blanks for nulls."""
        return each_scalar(super().misread(value), lambda each: "" if each is None else each)


@fault(
    "null-becomes-a-word",
    "TMF638",
    "An attribute that is sent as null is stored as the text null; it should be absent or null.",
    rule="ROB-05",
    family=FAMILY,
)
class SpellsNulls(Misread):
    """Concatenates its way to a body."""

    def misread(self, value: Any) -> Any:
        """The body with a word for nulls."""
        return each_scalar(super().misread(value), lambda each: "null" if each is None else each)


@altering(
    "answers-in-latin-1",
    "TMF620",
    "Answers are written in Latin-1; JSON is UTF-8.",
    rule="ROB-05",
    family=FAMILY,
    answered="",
)
def answers_in_latin(_exchange: Altered, answer: Answer) -> Answer:
    """Writes in the platform's default charset."""
    return answer.with_body(answer.body.decode().encode("latin-1", "replace"))


@fault(
    "queries-read-as-latin-1",
    "TMF637",
    "The values of a query are read as Latin-1, so that no text with an accent is found; queries are UTF-8.",
    rule="FILT-01",
    family=FAMILY,
)
class ReadsQueriesAsLatin(Exchange):
    """Trusts the container's default charset."""

    @property
    def query_string(self) -> bytes:
        """The query with every byte beyond ASCII taken for a character of its own."""
        sent = super().query_string
        return re.sub(rb"%[89A-Fa-f][0-9A-Fa-f]", _reread, sent)


def _reread(found: re.Match[bytes]) -> bytes:
    return quote(unquote_to_bytes(found[0]).decode("latin-1")).encode()
