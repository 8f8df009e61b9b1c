"""Text of unknown origin, made fit to be carried, read and cut without doing harm.

Messages and bodies come from a system under test. They may hold control characters that steer a terminal,
overrides that reverse reading direction, half of a surrogate pair, or a megabyte of anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

_HALF_PAIR = re.compile("[\ud800-\udfff]")

# Control characters except tab and line feed, invisible formatting characters and direction overrides (but
# not the two joiners that scripts and emoji need), line separators that only some readers break at, and
# what is no character at all.
_UNSEEN = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f"
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    "]"
)
_BREAKS = re.compile(r"[\t\n]")

_JSON_PART = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_DEEPEST_INDENT = 40


def carriable(text: str) -> str:
    """The text with each unpaired surrogate replaced by U+FFFD: UTF-8, and so JSON, cannot carry one."""
    return _HALF_PAIR.sub("\ufffd", text)


def visible(text: str) -> str:
    r"""The text with every character that acts without being seen written as an escape (`\x1b`, `\u202e`).

    Line feeds and tabs stay, a carriage return before a line feed goes.
    """
    return _UNSEEN.sub(_escape, text.replace("\r\n", "\n"))


def one_line(text: str) -> str:
    r"""As `visible`, with line feeds and tabs as `\n` and `\t`, so that the result is exactly one line."""
    return _BREAKS.sub(_escape, visible(text))


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters of the text, and a note on how much was left out."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]} … ({len(text) - limit:,} more characters)"


def indented_json(text: str) -> str:
    """A JSON document with one member per line; any other text as it is.

    Only white space outside strings changes: numbers, escapes and repeated members stay as they were sent.
    """
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text
    parts: list[str] = _JSON_PART.findall(text)
    return "".join(_indented(parts)) if _depth(parts) <= _DEEPEST_INDENT else text


def indented_beginning(text: str) -> str:
    """As `indented_json`, for the beginning of a document that was cut off; its last token may be missing."""
    parts: list[str] = _JSON_PART.findall(text)
    is_json = parts[:1] in (["{"], ["["]) and _depth(parts) <= _DEEPEST_INDENT
    return "".join(_indented(parts)) if is_json else text


def _depth(parts: list[str]) -> int:
    depth = deepest = 0
    for part in parts:
        depth += (part in ("{", "[")) - (part in ("}", "]"))
        deepest = max(deepest, depth)
    return deepest


def _indented(parts: list[str]) -> Iterator[str]:
    depth = 0
    before = ""
    for part in parts:
        closes = part in ("}", "]")
        depth -= closes
        if (before in ("{", "[") and not closes) or before == "," or (closes and before not in ("{", "[")):
            yield "\n" + "  " * depth
        yield ": " if part == ":" else part
        depth += part in ("{", "[")
        before = part


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    if character in "\t\n\r":
        return {"\t": r"\t", "\n": r"\n", "\r": r"\r"}[character]
    point = ord(character)
    if point <= 0xFF:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point <= 0xFFFF else f"\\U{point:08x}"
