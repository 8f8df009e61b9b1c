"""Identifiers for what is new."""

from __future__ import annotations

import os
import re
import time
from functools import lru_cache
from typing import Final, TypeGuard
from urllib.parse import quote

_PLAIN: Final = re.compile(r"[A-Za-z0-9_.~-]*")
_USABLE: Final = re.compile(r"(?!\.{1,2}$)[^\s\x00-\x20\x7f/?#%]{1,200}")
USABLE = "printable text without blanks, /, ?, # and %, of 200 characters at most and not . or .."
"""What a client may choose as the id of a resource, in words."""
_REACHABLE: Final = re.compile(r"(?!\.{1,2}$)[^\x00-\x1f\x7f/]{1,200}")
REACHABLE = "text without / and control characters, of 200 characters at most and not . or .."
"""What a resource that was there before may have as its id, in words."""
_VARIANTS: Final = "89ab"
_AT_ONCE: Final = 128
_DIGITS: Final = 20

_drawn: list[str] = []
# a forked process must not give out what its parent does
os.register_at_fork(after_in_child=_drawn.clear)


def in_a_path(identifier: str) -> str:
    """An identifier as the last part of a path."""
    # most have nothing that would have to be quoted, and finding that out is faster than quoting
    return identifier if _PLAIN.fullmatch(identifier) else quote(identifier, safe="")


def is_usable(identifier: object) -> TypeGuard[str]:
    """Whether a client may choose something as the id of a resource."""
    return isinstance(identifier, str) and _USABLE.fullmatch(identifier) is not None


def is_reachable(identifier: str) -> bool:
    """Whether an id can be the last part of a path, and be found in an index."""
    return _REACHABLE.fullmatch(identifier) is not None


def new_identifier() -> str:
    """A UUID that begins with the moment in milliseconds, the rest is random (RFC 9562, version 7), as text.

    What is made at about the same time stands together in an index, so that a database writes one part of it
    and not one for each. The operating system is asked for random digits for many at once, as each question
    takes longer than validating an order.
    """
    try:
        ending = _drawn.pop()
    except IndexError:
        digits = os.urandom(_DIGITS // 2 * _AT_ONCE).hex()
        _drawn.extend(_ending(digits[each : each + _DIGITS]) for each in range(0, len(digits), _DIGITS))
        ending = _drawn.pop()
    return _beginning(time.time_ns() // 1_000_000) + ending


# many are made in a millisecond
@lru_cache(maxsize=4)
def _beginning(milliseconds: int) -> str:
    digits = f"{milliseconds:012x}"
    return f"{digits[:8]}-{digits[8:]}-7"


def _ending(digits: str) -> str:
    variant = _VARIANTS[int(digits[0], 16) & 3]
    return f"{digits[1:4]}-{variant}{digits[4:7]}-{digits[7:19]}"
