"""How many documents match a query, where other processes change documents too."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping

from tmfrig.mockservers.query import Query
from tmfrig.mockservers.store import Change
from tmfrig.mockservers.stores.counts import Counts

MOST_SEEN = 32


class SharedCounts(Counts):
    """The counts of one collection, whose revision says how often each slot of its counter was changed.

    The revisions of two moments are the same where nothing was changed in between, and in no other case:
    transactions that become visible one after the other change one slot each. A count is kept once it is sure
    that nothing had changed since the collection was looked up.
    """

    def __init__(self) -> None:
        super().__init__()
        self._seen: OrderedDict[int, dict[int, int]] = OrderedDict()
        self._slots: dict[int, int] | None = None
        self._news: list[tuple[Query, int, int]] = []

    @property
    def has_news(self) -> bool:
        """Whether there are counts of which it is not sure yet that they can be kept."""
        return bool(self._news)

    def revision_of(self, slots: Mapping[int, int]) -> int:
        """The revision in which slots are."""
        revision = _revision(slots)
        self._seen[revision] = dict(slots)
        if len(self._seen) > MOST_SEEN:
            self._seen.popitem(last=False)
        return revision

    def put(self, query: Query, revision: int, count: int) -> None:
        """Have a count that may be kept."""
        self._news.append((query, revision, count))

    def taken_news(self) -> list[tuple[Query, int, int]]:
        """Take the counts that may be kept."""
        news, self._news = self._news, []
        return news

    def keep(self, query: Query, revision: int, count: int) -> None:
        """Keep a count that was right in a revision."""
        slots = self._seen.get(revision)
        if slots is not None:
            super().put(query, revision, count)
            self._slots = dict(slots)

    def follow(self, changes: Iterable[Change], slot: int, times: int) -> None:
        """Follow changes that were the so-manieth in a slot."""
        slots = self._slots
        if slots is None:
            return
        if slots.get(slot, 0) != times - 1:
            self._slots = None
            return
        before = _revision(slots)
        slots[slot] = times
        self.change(changes, before, _revision(slots))


def _revision(slots: Mapping[int, int]) -> int:
    return hash(frozenset(slots.items()))
