"""One callback of ours, what came there, and how long it is worth to wait for more."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from tmfrig.conformance.allowance import Allowance
from tmfrig.conformance.check import Violation
from tmfrig.conformance.exchange import Notification
from tmfrig.specs import Contract

FULL_WAIT = 10.0
"""How long a notification may take, in seconds, unless a check says otherwise."""
_SHORTEST, _SHORT = 0.2, 2.0
_HOPELESS = 4
"""So many in a row that did not come say something about the next."""


class Patience:
    """How long it is worth to wait for notifications of one API, or of one kind of change, in seconds.

    The first that does not come is waited for as long as one may take. After that, the next are given less:
    not much more than it took those that came, and hardly anything while none has come at all, or none that
    was waited for.
    """

    def __init__(self) -> None:
        self.most = FULL_WAIT
        self.heard = False
        self._slowest = 0.0
        self._lost = 0

    def within(self, wanted: float) -> float:
        """How much of the time that a check would give is worth it."""
        return min(wanted, max(self.most, self._least))

    def rewarded(self, seconds: float) -> None:
        """What was waited for came after so long."""
        self._slowest = max(self._slowest, seconds)
        self._lost = 0

    def lose(self) -> None:
        """What was waited for did not come."""
        self._lost += 1
        self.most = max(self._least, self.most / 3)

    @property
    def _least(self) -> float:
        if not self.heard:
            return _SHORTEST
        usual = min(FULL_WAIT, max(_SHORT, 10 * self._slowest))
        return max(_SHORTEST, usual / (1 << max(0, self._lost - _HOPELESS)))


class Ears(Protocol):
    """What a subscription needs of the receiver that it belongs to."""

    url: str
    arrived: threading.Condition
    allowance: Allowance

    def patience(self, contract: Contract, change: str = "") -> Patience:
        """The patience with an API, or with its events of one kind of change."""

    def hint(self, contract: Contract) -> str:
        """What else is known when a notification is missing."""

    def forget(self, subscription: Subscription) -> None:
        """Take no more notifications for it."""


class Subscription:
    """One callback of ours and what came there."""

    def __init__(self, sink: Ears, id: str, contract: Contract, still_there: Callable[[], None]) -> None:
        self.id = id
        self.contract = contract
        self.callback = f"{sink.url}/{id}"
        self.registration: str | None = None
        """The id by which the hub knows it; None when it does not, or no more."""
        self.answers: deque[int] = deque()
        """The statuses with which the next notifications are answered, before `usual` counts again."""
        self.usual: int | None = None
        """The status with which notifications are answered in place of what the contract declares."""
        self._sink = sink
        self._still_there = still_there
        self._received: list[Notification] = []

    @property
    def received(self) -> tuple[Notification, ...]:
        """Everything that came so far, in order of arrival."""
        with self._sink.arrived:
            return tuple(self._received)

    def find(
        self, wanted: Callable[[Notification], bool], within: float = FULL_WAIT, *, change: str = ""
    ) -> Notification | None:
        """The first notification, already here or still to come, that `wanted` accepts; None when none came
        in time.

        What kind of change it tells ("Create") says how long it is worth to wait, where such events never
        come. TargetGone when none came because the target no longer answers.
        """
        patience = self._sink.patience(self.contract, change)
        within = patience.within(within)
        started = time.monotonic()
        found = self.glimpse(wanted, within)
        if found is not None:
            patience.rewarded(time.monotonic() - started)
            return found
        self._sink.allowance.within(within)
        patience.lose()
        self._still_there()
        return None

    def glimpse(self, wanted: Callable[[Notification], bool], within: float) -> Notification | None:
        """As `find`, for what nobody owes us, or should not come at all: its absence costs no patience."""
        deadline = time.monotonic() + self._sink.allowance.within(within)
        seen = 0
        with self._sink.arrived:
            while True:
                for notification in self._received[seen:]:
                    if wanted(notification):
                        return notification
                seen = len(self._received)
                left = deadline - time.monotonic()
                if left <= 0:
                    return None
                self._sink.arrived.wait(left)

    def wait_for(
        self,
        wanted: Callable[[Notification], bool],
        what: str = "a notification",
        within: float = FULL_WAIT,
        *,
        change: str = "",
    ) -> Notification:
        """As `find`, but a Violation when none came; `what` names it ("a ProductOrderCreateEvent for the
        order")."""
        found = self.find(wanted, within, change=change)
        if found is not None:
            return found
        got = [notification.event_type or "no eventType" for notification in self.received]
        others = (
            f"{len(got)} other{'s' if len(got) > 1 else ''}: {', '.join(dict.fromkeys(got))}"
            if got
            else "nothing"
        )
        raise Violation(f"{what} did not reach {self.callback}{self._sink.hint(self.contract)}", what, others)

    def wait(self, beyond: int, within: float) -> bool:
        """Wait until more than `beyond` notifications have come; False when they did not `within` seconds."""
        deadline = time.monotonic() + self._sink.allowance.within(within)
        with self._sink.arrived:
            while len(self._received) <= beyond and (left := deadline - time.monotonic()) > 0:
                self._sink.arrived.wait(left)
            return len(self._received) > beyond

    def close(self) -> None:
        """Take no more notifications on this callback."""
        self._sink.forget(self)

    def take(self, notification: Notification) -> None:
        """A notification for this callback came (called by the sink, which holds the lock)."""
        self._received.append(notification)
        self._sink.arrived.notify_all()
