"""The roles of the business, the eight APIs and the COM, and where one that somebody else plays is found."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from tmfrig.specs.loading import API_IDS, lines_of

COM = "COM"
"""Customer order management: the role that carries orders out."""
ROLES = (*API_IDS, COM)
NOBODY = "none"
"""In place of the COM's URL: the external roles carry out their orders themselves."""


class RoleError(Exception):
    """A role is not described as it has to be; one line that says how to mend it."""


@dataclass(frozen=True, slots=True)
class External:
    """A role that somebody else plays, and the major version that it speaks.

    `url` is its base URL without a slash at its end, or "none" for a COM that there is not.
    """

    role: str
    url: str
    line: int = 4


def external_role(text: str) -> External:
    """The external role that `ROLE=URL` describes; the version is read from a `/v5` at the URL's end.

    RoleError for an unknown role, a URL that is none, or a version that the role does not have.
    """
    name, equals, url = (part.strip() for part in text.partition("="))
    role = name.upper()
    if not equals or not url:
        raise RoleError(
            f"{text!r} is no external role; write it as ROLE=URL, such as TMF641=https://host/serviceOrdering/v4"
        )
    if role not in ROLES:
        raise RoleError(f"there is no role {name!r}; the roles are {', '.join(ROLES)}")
    if role == COM and url.lower() == NOBODY:
        return External(role, NOBODY, 1)
    return External(role, base_url(url, role), _line(role, url))


def external_roles(texts: Iterable[str]) -> dict[str, External]:
    """Several external roles by name; RoleError as for one, and for a role that is named twice."""
    found: dict[str, External] = {}
    for each in map(external_role, texts):
        if each.role in found:
            raise RoleError(f"{each.role} is external twice; name one URL for each role")
        found[each.role] = each
    return found


def base_url(url: str, of: str) -> str:
    """A base URL without a slash at its end; RoleError, which names what it is `of`, for one that is none."""
    problem = f"the URL of {of} is none: give it as http://host:port/path/v4"
    if re.search(r"[\s\x00-\x1f]", url):
        raise RoleError(problem)
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable:
        raise RoleError(problem)
    if "@" in parts.netloc:
        raise RoleError(f"the URL of {of} holds a user, which ends in logs; log in by a header instead")
    if parts.query or parts.fragment:
        raise RoleError(f"the URL of {of} has a query or fragment; the base URL ends before them")
    return url.rstrip("/")


def _line(role: str, url: str) -> int:
    named = re.search(r"/v(\d+)[\d.]*/*$", url)
    if role == COM:
        return int(named[1]) if named else 1
    known = lines_of(role)
    line = int(named[1]) if named else known[0]
    if line not in known:
        raise RoleError(f"{role} has no version {line} here; the URL ends in {_or(known)}")
    return line


def _or(lines: Iterable[int]) -> str:
    return " or ".join(f"/v{line}" for line in lines)
