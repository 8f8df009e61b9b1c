"""Identifiers for what is new."""

from __future__ import annotations

import os
from typing import Final

_VARIANTS: Final = "89ab"
_AT_ONCE: Final = 128

_drawn: list[str] = []
# a forked process must not give out what its parent does
os.register_at_fork(after_in_child=_drawn.clear)


def new_identifier() -> str:
    """A random UUID (RFC 9562, version 4) as text.

    The standard library makes a system call and three objects for each, which takes longer than validating an
    order. Here the operating system is asked for many at once.
    """
    try:
        digits = _drawn.pop()
    except IndexError:
        entropy = os.urandom(16 * _AT_ONCE).hex()
        _drawn.extend(entropy[each : each + 32] for each in range(32, len(entropy), 32))
        digits = entropy[:32]
    variant = _VARIANTS[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
