"""Changes that are accepted now, answered 202, and made a step later (rule HTTP-07)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, MutableMapping
from typing import Any
from weakref import WeakValueDictionary

from tmfrig.mockservers.errors import ApiError, is_ending
from tmfrig.mockservers.exchange import Exchange
from tmfrig.mockservers.site import Site
from tmfrig.mockservers.store import Document
from tmfrig.specs import Kind, Resource

log = logging.getLogger(__name__)


Change = Callable[..., Coroutine[Any, Any, Any]]
"""Changes a collection; ApiError where that cannot be done."""


class Acceptance:
    """Accepts the changes of one resource type where its contract declares 202 and the site answers so."""

    def __init__(self, site: Site, resource: Resource) -> None:
        self._site = site
        self._lines: MutableMapping[str, asyncio.Lock] = WeakValueDictionary()
        self._kinds = frozenset(
            kind
            for kind, operation in resource.operations.items()
            if site.answers == "async" and "202" in operation.statuses
        )

    def is_for(self, kind: Kind) -> bool:
        """Whether an operation is answered before it has its effect."""
        return bool(self._kinds) and kind in self._kinds

    async def accept(self, exchange: Exchange, document: Document, change: Change, *arguments: Any) -> None:
        """Answer that a change was accepted and where to look for its effect, and make it later.

        What can be refused must have been refused before; what goes wrong later, as where two clients want
        the same id at once, is logged. What is accepted of one resource is made in the order in which it
        came. ApiError (503) where this process is about to end.
        """
        if self._site.promises.is_closed:
            raise is_ending()
        href: str = document.body["href"]
        asked = f"{exchange.scope['method']} {href}"
        line = self._lines.setdefault(document.id, asyncio.Lock())

        async def make() -> None:
            async with line:
                try:
                    await change(*arguments)
                except ApiError as error:
                    log.warning("%s was accepted and cannot be done: %s", asked, " ".join(str(error).split()))

        self._site.promises.after(self._site.pace, make)
        await exchange.answer(202, b"", ((b"location", href.encode("latin-1")),))
