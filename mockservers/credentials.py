"""What logs us in at external roles. It comes from the environment, where process lists and logs do not show
it, and is never part of a message."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from tmfrig.specs import ROLES

VARIABLE = "TMFRIG_EXTERNAL_HEADERS"

Headers = Mapping[str, Mapping[str, str]]
"""Headers by role: {"TMF641": {"Authorization": "Bearer …"}}."""

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\x20-\x7e\x80-\xff]*")


class CredentialsError(Exception):
    """They cannot be read; one line, which holds none of them."""


def headers_of(text: str | None) -> Headers:
    """The headers that the variable states; none where it is not set. CredentialsError where it is wrong."""
    if text is None or not text.strip():
        return {}
    try:
        said = json.loads(text)
    except ValueError:
        raise _wrong("is no JSON") from None
    if not isinstance(said, dict):
        raise _wrong("is no object")
    for role, headers in said.items():
        if role not in ROLES:
            raise _wrong(f"names {role[:20]!r}, which is no role")
        if not isinstance(headers, dict) or not all(map(_usable, headers.items())):
            raise _wrong(f"has headers for {role} that cannot be sent")
    return said


def _usable(header: tuple[str, object]) -> bool:
    name, value = header
    return bool(_NAME.fullmatch(name)) and isinstance(value, str) and bool(_VALUE.fullmatch(value))


def _wrong(problem: str) -> CredentialsError:
    return CredentialsError(f'{VARIABLE} {problem}; write {{"TMF641": {{"Authorization": "Bearer …"}}}}')
