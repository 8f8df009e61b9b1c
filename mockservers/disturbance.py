"""Notifications that go wrong on purpose, as in the field: doubled, late (and so out of order), lost."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

from tmfrig.mockservers.store import Notification

Deal = tuple[float, ...]
"""The copies of a notification that are delivered, each as seconds to wait before; none: it is lost."""
USUAL: Deal = (0.0,)

LEAST_DELAY = 0.05
"""Seconds that a late notification is late at least, however quick everything else is."""

Disturbance = Callable[[Notification], Deal]
"""Decides about one notification on its way to one listener."""


@dataclass(frozen=True, slots=True)
class Odds:
    """Which part of all notifications goes wrong, and how; the same seed draws the same lots."""

    duplicated: float = 0.0
    delayed: float = 0.0
    dropped: float = 0.0
    seed: int = 0

    def __bool__(self) -> bool:
        return bool(self.duplicated or self.delayed or self.dropped)


def by_chance(odds: Odds, delay: float) -> Disturbance:
    """Disturb notifications by lot; a late one comes up to `delay` seconds late."""
    lots = random.Random(odds.seed)

    def deal(notification: Notification) -> Deal:
        # each lot is drawn whatever the others say: the odds stay independent
        dropped, delayed, duplicated = (lots.random() for _ in range(3))
        wait = max(LEAST_DELAY, delay * lots.uniform(0.2, 1.0))
        if dropped < odds.dropped:
            return ()
        first = wait if delayed < odds.delayed else 0.0
        return (first, first) if duplicated < odds.duplicated else (first,)

    return deal


def as_asked(asked: Callable[[Notification], frozenset[str]], delay: float) -> Disturbance:
    """Disturb the notifications for which `asked` names duplicate, reorder or drop.

    Every other one of those to be reordered is `delay` seconds late.
    """
    numbers, wait = count(), max(LEAST_DELAY, delay)

    def deal(notification: Notification) -> Deal:
        words = asked(notification)
        if not words:
            return USUAL
        if "drop" in words:
            return ()
        first = wait if "reorder" in words and next(numbers) % 2 == 0 else 0.0
        return (first, first) if "duplicate" in words else (first,)

    return deal
