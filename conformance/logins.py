"""Logins that are wrong: made up, or nearly right, which a careless comparison would let in."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping

_FEW = 4
_LONG_ENOUGH = 8
_IN_EITHER_CASE = re.compile(r"[0-9a-fA-F{}-]+")
"""Hexadecimal digits and UUIDs, which mean the same in either case."""
_HAS_PARTS = re.compile(r"[;,]|=(?!=*$)|\s\S+\s")
_NOBODY = base64.b64encode(b"no-such-user:no-such-password").decode()
_NO_TOKEN = "no-such-token"


def made_up(value: str) -> str:
    """A header of the same scheme as one that logs in, which logs nobody in."""
    scheme, blank, _ = value.partition(" ")
    if scheme.lower() == "basic":
        return f"{scheme} {_NOBODY}"
    return f"{scheme} {_NO_TOKEN}" if blank else "no-such-key"


def near_misses(value: str) -> Mapping[str, str]:
    """Values of a header that logs in, each nearly right, by what is wrong about them."""
    scheme, blank, secret = value.partition(" ")
    if _HAS_PARTS.search(value):
        return {}  # cookies and signatures: what is spoilt may be a part that nobody looks at
    if not blank:
        return dict(_spoilt(value))
    pair = _pair(secret) if scheme.lower() == "basic" else None
    if pair is not None:
        user, _, password = pair.partition(":")
        spoilt = {what: _encoded(f"{user}:{each}") for what, each in _spoilt(password)}
    else:
        spoilt = dict(_spoilt(secret))
    other = f"Basic {_NOBODY}" if scheme.lower() != "basic" else f"Bearer {_NO_TOKEN}"
    return {
        **{what: f"{scheme} {each}" for what, each in spoilt.items()},
        "with the scheme alone": scheme,
        "with another scheme": other,
    }


def _spoilt(secret: str) -> Iterator[tuple[str, str]]:
    # more than one character: decoders overlook what is left over at the end of base64
    if not secret.endswith("="):
        yield "with something appended to the secret", f"{secret}-more"
    if len(secret) >= _LONG_ENOUGH:
        yield "with the end of the secret cut off", secret[:-_FEW]
    if secret.swapcase() != secret and not _IN_EITHER_CASE.fullmatch(secret):
        yield "with the secret in the other case", secret.swapcase()


def _pair(secret: str) -> str | None:
    """User and password, or None where they cannot be told apart."""
    try:
        pair = base64.b64decode(secret, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return pair if ":" in pair else None


def _encoded(pair: str) -> str:
    return base64.b64encode(pair.encode()).decode()
