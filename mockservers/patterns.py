"""Regular expressions that come in a request: never slower than the length of the text.

Python's `re` backtracks and can be kept busy for years by a short pattern. The Rust engine behind
jsonschema-rs runs in linear time and refuses what would need much memory, so a pattern is compiled as a JSON
Schema.
"""

from __future__ import annotations

from functools import lru_cache

import jsonschema_rs

from tmfrig.mockservers.errors import ApiError, invalid_query

LONGEST_PATTERN = 1000
MOST_PATTERNS = 10
"""Regular expressions in one request: one that is nearly too large takes 30 ms to compile."""
LARGEST_PROGRAM = 1024 * 1024
_OPTIONS = jsonschema_rs.RegexOptions(size_limit=LARGEST_PROGRAM, dfa_size_limit=LARGEST_PROGRAM)


class Pattern:
    """A regular expression that is found anywhere in a text, unless it is anchored."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._validator = jsonschema_rs.Draft202012Validator({"pattern": text}, pattern_options=_OPTIONS)

    def found_in(self, text: str) -> bool:
        """Whether the text has a match."""
        return self._validator.is_valid(text)


def too_many() -> ApiError:
    """A request that has more regular expressions than are compiled for one."""
    return invalid_query(f"more than {MOST_PATTERNS} regular expressions")


@lru_cache(maxsize=256)
def compiled(text: str) -> Pattern:
    """The pattern, or ApiError (400) where it is too long or cannot be compiled."""
    if len(text) > LONGEST_PATTERN:
        raise invalid_query(f"a regular expression may have {LONGEST_PATTERN} characters, not {len(text)}")
    try:
        return Pattern(text)
    except (jsonschema_rs.ValidationError, ValueError):
        raise invalid_query(f"{text!r} is no regular expression that can be used here") from None
