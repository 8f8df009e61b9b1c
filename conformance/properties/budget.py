"""How long a check explores one resource, and how much it makes there."""

from __future__ import annotations

import time
from typing import Final

from tmfrig.conformance.api import Api
from tmfrig.specs import Kind, Resource

LONGEST: Final = 3.0
"""Seconds that one check explores one resource at most."""
MINIMISING: Final = 2.0
"""Seconds that may be added where something was found, to make it smaller."""
_SECONDS_PER_API: Final = 24.0
_OBJECTS_PER_API: Final = 700
_FEWEST_OBJECTS: Final = 60
_LASTING_OBJECTS: Final = 40
"""So many of what cannot be deleted again."""
_SHARES: Final = 6


class Budget:
    """The share of one check for one resource: the more resources an API has, the smaller it is.

    A check that answers for two has two `shares`. `objects` is how many may still be made. Time begins with
    the first look at it, so that drawing the first example is not counted.
    """

    def __init__(self, api: Api, resource: Resource, shares: int = 1) -> None:
        resources = len(api.contract.resources)
        self.objects = max(_FEWEST_OBJECTS, _OBJECTS_PER_API // resources)
        if Kind.DELETE not in resource.operations:
            self.objects = _LASTING_OBJECTS
        self._seconds = shares * min(LONGEST, _SECONDS_PER_API / (_SHARES * resources))
        self._api = api
        self._end: float | None = None

    @property
    def is_spent(self) -> bool:
        """Whether nothing new is to be asked: our own share is used up, or the time of the whole run."""
        if self._end is None:
            self._end = time.monotonic() + self._seconds
        return time.monotonic() >= self._end or self.objects <= 0 or self.is_over

    @property
    def is_over(self) -> bool:
        """Whether what was found may not even be looked at more closely."""
        now = time.monotonic()
        late = self._end is not None and now >= self._end + MINIMISING
        left = self._api.time_left()
        return late or (left is not None and left <= 0)
