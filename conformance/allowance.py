"""What a run may take of the target: requests per second, objects, time, and whether it may write at all.

One allowance is shared by everybody who sends in a run, in whatever thread.
"""

from __future__ import annotations

import threading
import time

from tmfrig.conformance.check import CannotJudge, Skipped

HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})
MOST_OBJECTS = 2000
"""Objects that one run creates at most for each API, unless the target file says otherwise."""


class TimeIsUp(CannotJudge):
    """The run has had its time: nothing more is sent."""

    def __init__(self, why: str = "the time that the run may take was over before this was judged") -> None:
        super().__init__(why)


class Allowance:
    """`rate` is in requests per second (None: as fast as they come), `objects` how many may be created in
    all, `seconds` how long requests may be sent, from now on."""

    def __init__(
        self,
        *,
        rate: float | None = None,
        objects: int = MOST_OBJECTS,
        seconds: float | None = None,
        read_only: bool = False,
    ) -> None:
        self.read_only = read_only
        self._interval = 1.0 / rate if rate else 0.0
        self._objects = objects
        self._created = 0
        self._end = None if seconds is None else time.monotonic() + seconds
        self._next = 0.0
        self._lock = threading.Lock()

    def time_left(self) -> float | None:
        """Seconds until nothing more is sent, not below 0; None where there is no such end."""
        return None if self._end is None else max(0.0, self._end - time.monotonic())

    def within(self, seconds: float) -> float:
        """As many of these seconds as there are left; TimeIsUp where there are none."""
        left = self.time_left()
        if left is None:
            return seconds
        if left == 0.0:
            raise TimeIsUp
        return min(seconds, left)

    def end_in(self, seconds: float) -> None:
        """Whatever was said before: the time is over so many seconds from now."""
        self._end = time.monotonic() + seconds

    def pause(self, seconds: float) -> None:
        """Sleep, but not beyond the end."""
        time.sleep(self.within(seconds))

    def take_turn(self, method: str) -> None:
        """Wait until the next request may be sent.

        Skipped where it would write and must not, TimeIsUp where its turn does not come in time.
        """
        if self.read_only and method.upper() not in HARMLESS:
            raise Skipped(f"this is a read-only run: {method.upper()} is not sent")
        self.within(1.0)
        if not self._interval:
            return
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + self._interval
        self.pause(turn - now)

    def take_object(self) -> None:
        """Reserve one more object; Skipped where there are enough."""
        with self._lock:
            if self._created >= self._objects:
                raise Skipped(f"not more than {self._objects} objects are created (limits.objects)")
            self._created += 1

    def give_object_back(self) -> None:
        """What was reserved has not come about."""
        with self._lock:
            self._created -= 1
