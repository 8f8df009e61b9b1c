"""Patience: for how long a list that lacks something is asked again."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from tmfrig.conformance.api import Api
from tmfrig.conformance.checks.retrieving import SETTLING
from tmfrig.conformance.exchange import Exchange

_LEAST = 0.5
_IN_VAIN = 2


@dataclass
class _Experience:
    """How long lists of one target have needed to show what is there, and how often they never did."""

    longest: float = 0.0
    in_vain: int = 0

    @property
    def patience(self) -> float:
        """Seconds: where lists lack things for good, it is less, yet more than they have ever needed."""
        return SETTLING if self.in_vain < _IN_VAIN else min(SETTLING, max(_LEAST, 3 * self.longest))


_experiences: WeakKeyDictionary[Api, _Experience] = WeakKeyDictionary()


def in_time(api: Api, ask: Callable[[], Exchange], holds: Callable[[Exchange], bool]) -> Exchange | None:
    """The first answer that is as it should be, at once or a little later; None where none is in time.

    Many targets answer lists from an index that learns of a new resource a little later. Where a filter never
    finds what it should, dozens of checks ask by it: they need not all wait as long as the first.
    """
    experience, started = _experiences.setdefault(api, _Experience()), time.monotonic()
    found = api.wait_until(ask, holds, within=experience.patience)
    if found is None:
        experience.in_vain += 1
    else:
        experience.longest = max(experience.longest, time.monotonic() - started)
    return found
