"""How many documents match a query: counted once, and kept right by every change that follows."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from tmfrig.mockservers.matching import selected
from tmfrig.mockservers.query import Query
from tmfrig.mockservers.store import Change

MOST = 8
"""Counts that are kept for a collection: each change looks at all of them."""


class Counts:
    """The counts of one collection as of a revision; another process that writes makes them worthless."""

    def __init__(self) -> None:
        self._revision = -1
        self._kept: OrderedDict[object, tuple[Query, int]] = OrderedDict()

    def get(self, query: Query, revision: int) -> int | None:
        """The count of a query as of a revision; None where it has to be counted."""
        if revision != self._revision:
            return None
        key = _key(query)
        kept = self._kept.get(key)
        if kept is None:
            return None
        self._kept.move_to_end(key)
        return kept[1]

    def put(self, query: Query, revision: int, count: int) -> None:
        """Keep a count."""
        if revision != self._revision:
            self._kept.clear()
            self._revision = revision
        self._kept[_key(query)] = query, count
        if len(self._kept) > MOST:
            self._kept.popitem(last=False)

    def change(self, changes: Iterable[Change], before: int, after: int) -> None:
        """Follow changes that led from one revision to another."""
        if self._revision != before:
            return
        self._revision = after
        if not self._kept:
            return
        for change in changes:
            for key, (query, count) in self._kept.items():
                count -= change.before is not None and selected(change.before.body, query)
                count += change.after is not None and selected(change.after.body, query)
                self._kept[key] = query, count


def _key(query: Query) -> object:
    return query.conditions, query.filters
