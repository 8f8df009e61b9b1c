"""A resource that exists at the target, and where its id is found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from tmfrig.conformance.exchange import ACCEPTED, Exchange
from tmfrig.specs import Resource


@dataclass(frozen=True)
class Instance:
    """A resource that exists at the target; `body` is what the answer that brought it says of it."""

    resource: Resource
    id: str
    body: dict[str, Any]
    exchange: Exchange
    created: bool

    @property
    def href(self) -> str | None:
        """The href that the target gave, or None."""
        value = self.body.get("href")
        return value if isinstance(value, str) else None


def identity(body: Any) -> str | None:
    """The id of a representation as a string (a number is taken as its digits), or None."""
    value = body.get("id") if isinstance(body, dict) else None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None


def id_in_url(url: str, resource: Resource | None = None) -> str | None:
    """The last segment of a Location or href, decoded; None when it names no instance (of `resource`)."""
    try:
        *before, last = urlsplit(url).path.rstrip("/").split("/")
    except ValueError:
        return None
    if not before or not last or (resource is not None and before[-1] != resource.path.rpartition("/")[2]):
        return None
    return unquote(last)


def created_by(answer: Exchange, resource: Resource) -> Instance | None:
    """The instance that a successful POST brought, by its id or else by Location; None without either.

    An answer of 202 may be about the request: its Location counts first.
    """
    said = answer.json if answer.is_json and isinstance(answer.json, dict) else {}
    named = id_in_url(answer.headers.get("location", ""), resource)
    id = named or identity(said) if answer.status == ACCEPTED else identity(said) or named
    body = said if answer.status != ACCEPTED else next(iter(answer.representations), {})
    return Instance(resource, id, body, answer, created=True) if answer.ok and id is not None else None
