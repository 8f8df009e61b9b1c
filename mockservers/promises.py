"""What a neighbour has promised (202) and not done yet: how to see it done, politely and not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from tmfrig.mockservers.store import Body
from tmfrig.mockservers.wire import Answer

PROMISED = 202
WITHIN = 10.0
"""Seconds in which a promise is to be kept."""
_FIRST_PAUSE = 0.02
_LONGEST_PAUSE = 1.0
_GROWTH = 1.5

Outcome = Callable[[Answer], bool]
"""Whether an answer to a GET shows that a promise was kept, or cannot be."""


async def kept(look: Callable[[], Awaitable[Answer]], outcome: Outcome, within: float) -> Answer | None:
    """The answer that shows the outcome; None where none does within so many seconds.

    The pauses between looks grow to a second.
    """
    loop = asyncio.get_running_loop()
    deadline, pause = loop.time() + within, _FIRST_PAUSE
    while not outcome(answer := await look()):
        if loop.time() >= deadline:
            return None
        await asyncio.sleep(min(pause, deadline - loop.time()))
        pause = min(pause * _GROWTH, _LONGEST_PAUSE)
    return answer


def promised_id(answer: Answer, resource: str) -> str | None:
    """The id of the resource that a create is to bring, by Location, else by the body."""
    path = urlsplit(answer.headers.get("location", "")).path.rstrip("/")
    collection, _, identifier = path.rpartition("/")
    if identifier and collection.rpartition("/")[2] == resource:
        return unquote(identifier)
    body = answer.json()
    return str(body["id"]) if isinstance(body, dict) and body.get("id") else None


def is_there(answer: Answer) -> bool:
    """A resource has come, or something is wrong."""
    return answer.status != 404


def is_gone(answer: Answer) -> bool:
    """A resource has gone, or something is wrong."""
    return not answer.ok


class Patched:
    """The outcome of a merge patch: what it says holds, or something else has become of it since."""

    def __init__(self, patch: Body) -> None:
        self._patch = patch
        self._first: Body | None = None

    def __call__(self, answer: Answer) -> bool:
        """Whether an answer shows it."""
        shown = answer.json()
        if not answer.ok or not isinstance(shown, dict) or holds(shown, self._patch):
            return True
        now = {name: shown.get(name) for name in self._patch}
        self._first = self._first or now
        return now != self._first


def holds(shown: Any, said: Any) -> bool:
    """Whether a value shows what was said; it may say more, and write a moment in another zone."""
    if isinstance(said, dict):
        return isinstance(shown, dict) and all(holds(shown.get(name), each) for name, each in said.items())
    if isinstance(said, list):
        return (isinstance(shown, list) and len(shown) == len(said) and all(map(holds, shown, said))) or not (
            shown or said
        )
    return bool(shown == said) or (_moment(said) is not None and _moment(shown) == _moment(said))


def _moment(value: Any) -> datetime | None:
    if isinstance(value, str):
        with suppress(ValueError):
            return datetime.fromisoformat(value)
    return None
