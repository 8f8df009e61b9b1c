"""Links: the Link header of RFC 8288, as far as pages need it."""

from __future__ import annotations

import re

_LINK = re.compile(r"<([^>]*)>((?:\s*;\s*[^\s=;,]+\s*=\s*(?:\"[^\"]*\"|[^\s\";,]+))*)")
_RELATION = re.compile(r"rel\s*=\s*\"?([^\";]+)", re.IGNORECASE)


def next_link(header: str) -> str | None:
    """The target of the link to the next page, or None."""
    for match in _LINK.finditer(header):
        relation = _RELATION.search(match[2])
        if relation and "next" in relation[1].lower().split():
            return match[1]
    return None
