"""Who spoke to whom: the caller and the callee of an exchange, recorded or worked out, and what was said."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tmfrig.reports.evidence import Evidence
from tmfrig.reports.secret import mask_url

CHANNEL, RIG = "channel", "rig"

# The digital channel speaks to these and to nothing behind them. Whatever else is asked, and nobody says by
# whom, the rig asked to see for itself.
_IN_FRONT = ("TMF620", "TMF679", "TMF645", "TMF622")
_BUSINESS_ORDER = (
    *(CHANNEL, RIG, *_IN_FRONT),
    *("COM", "TMF641", "activation", "TMF633", "TMF638", "TMF637"),
)

_ABOVE_RESOURCES = re.compile(r"^.*?/v\d+(?:\.\d+)*(?=/|$)")
_LISTENER = re.compile(r"/listener/([A-Za-z]+Event)/?$")
_LOOKS_LIKE_ID = re.compile(r"\d+|(?=[0-9a-fA-F-]*\d)[0-9a-fA-F-]{8,}")
_LARGEST_JSON = 100_000


@dataclass(frozen=True)
class Spoken:
    """An exchange in words: `said` is "GET /productOrder/{id}" or, for an event, its type and state."""

    caller: str
    callee: str
    said: str
    is_event: bool


def in_business_order(names: Sequence[str]) -> tuple[str, ...]:
    """The roles from the channel to the inventories; others follow in the order in which they are given."""
    rank = {name: place for place, name in enumerate(_BUSINESS_ORDER)}
    return tuple(sorted(names, key=lambda name: rank.get(name, len(rank))))


class Parties:
    """The roles of a run, found by their base URLs (`bases`: base URL and API of each target).

    `about` is the API that an event comes from when nothing else tells. Exchanges are to be given in their
    order: who registers a callback is who later hears what comes there.
    """

    def __init__(self, bases: Sequence[tuple[str, str]], about: str) -> None:
        known = [(mask_url(url).rstrip("/"), api) for url, api in bases]
        self._bases = sorted(known, key=lambda base: -len(base[0]))
        self._about = about
        self._callbacks: dict[str, tuple[str, str]] = {}

    def spoken(self, evidence: Evidence) -> Spoken:
        """One exchange, with every party that can be told."""
        request = evidence.request
        api, path = self._below(request.url)
        event = _event(evidence)
        source, listener = self._registered(request.url)
        is_event = source is not None or (event is not None and (api is None or "/listener/" in path))
        if is_event:
            caller = evidence.caller or source or self._about
            callee = evidence.callee or listener or api or _asking(caller)
            said = event or f"{request.method} {_general(path, api)}"
        else:
            callee = evidence.callee or api or _host(request.url)
            caller = evidence.caller or _asking(callee)
            said = f"{request.method} {_general(path, api)}"
        self._remember(evidence, path, caller, callee)
        return Spoken(caller, callee, said, is_event)

    def _below(self, url: str) -> tuple[str | None, str]:
        """The API whose base the URL is below, and what follows the base."""
        for base, api in self._bases:
            if _is_below(url, base):
                return api, url[len(base) :] or "/"
        try:
            parts = urlsplit(url)
        except ValueError:
            return None, url
        return None, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def _registered(self, url: str) -> tuple[str | None, str | None]:
        fitting = [callback for callback in self._callbacks if _is_below(url, callback)]
        return self._callbacks[max(fitting, key=len)] if fitting else (None, None)

    def _remember(self, evidence: Evidence, path: str, caller: str, callee: str) -> None:
        if evidence.request.method == "POST" and path.partition("?")[0].rstrip("/").endswith("/hub"):
            callback = _members(evidence.request.body).get("callback")
            if isinstance(callback, str):
                self._callbacks[callback.rstrip("/")] = (callee, caller)


def _is_below(url: str, base: str) -> bool:
    return base != "" and url.startswith(base) and url[len(base) :][:1] in ("", "/", "?", "#")


def _asking(callee: str) -> str:
    return CHANNEL if callee in _IN_FRONT else RIG


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc or "unknown"
    except ValueError:
        return "unknown"


def _event(evidence: Evidence) -> str | None:
    """An event's type and, where its resource has one, its state: "ProductOrderStateChangeEvent held"."""
    if evidence.request.method != "POST":
        return None
    body = _members(evidence.request.body)
    kind = body.get("eventType")
    if not isinstance(kind, str):
        named = _LISTENER.search(evidence.request.url)
        return named[1][:1].upper() + named[1][1:] if named else None
    event = body.get("event")
    resource = next(iter(event.values()), None) if isinstance(event, dict) else None
    state = resource.get("state") if isinstance(resource, dict) else None
    return f"{kind} {state}" if isinstance(state, str) else kind


def _members(body: str | None) -> dict[str, Any]:
    if not body or len(body) > _LARGEST_JSON:
        return {}
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _general(path: str, api: str | None) -> str:
    """The path with {id} for each id: every second segment of a resource's path, or what looks like one."""
    path, mark, query = path.partition("?")
    below = _ABOVE_RESOURCES.sub("", path) if api is None else path
    by_place = api is not None or below != path
    head, *segments = below.split("/")
    general = [
        "{id}" if segment and ((by_place and place % 2) or _LOOKS_LIKE_ID.fullmatch(segment)) else segment
        for place, segment in enumerate(segments)
    ]
    return "/".join([head, *general]) + mark + query
