"""Where exchanges and notifications pass by on their way to whoever judges them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from tmfrig.conformance.exchange import Exchange, Notification

MOST_KEPT = 12


class Recorder:
    """Hands every exchange and notification on, and keeps the exchanges of the check that is under way.

    Nothing else is kept: a target's answers may be large and a run long. Several checks may be under way in
    threads of their own; the listeners are told of one thing at a time.
    """

    def __init__(self) -> None:
        self._exchange_listeners: list[Callable[[Exchange], None]] = []
        self._notification_listeners: list[Callable[[Notification], None]] = []
        self._lock = threading.Lock()
        self._telling = threading.RLock()
        self._waiting: list[Notification] = []
        self._current: ContextVar[list[Exchange] | None] = ContextVar("exchanges of a check", default=None)

    def listen(
        self, exchange: Callable[[Exchange], None], notification: Callable[[Notification], None]
    ) -> None:
        """Be told of everything that passes, exchanges at once, notifications from `deliver`."""
        self._exchange_listeners.append(exchange)
        self._notification_listeners.append(notification)

    def tell_nobody(self) -> None:
        """All has been judged: what still passes, to tidy up, concerns nobody."""
        with self._telling:
            self._exchange_listeners.clear()
            self._notification_listeners.clear()

    def record(self, exchange: Exchange) -> None:
        """An exchange is over."""
        current = self._current.get()
        with self._telling:
            if current is not None:
                current.append(exchange)
                del current[:-MOST_KEPT]
            for listener in self._exchange_listeners:
                listener(exchange)

    def received(self, notification: Notification) -> None:
        """A notification came (called by the event sink's thread)."""
        with self._lock:
            self._waiting.append(notification)

    def deliver(self) -> None:
        """Hand the notifications that came since the last time to the listeners, in this thread."""
        with self._telling:
            with self._lock:
                arrived, self._waiting = self._waiting, []
            for notification in arrived:
                for listener in self._notification_listeners:
                    listener(notification)

    @contextmanager
    def collecting(self) -> Iterator[list[Exchange]]:
        """The last exchanges made within the `with` block, in order, without those of other threads."""
        collected: list[Exchange] = []
        token = self._current.set(collected)
        try:
            yield collected
        finally:
            self._current.reset(token)
