"""Following an order: the channel looks at it now and then, and listens to what is announced about it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import Violation
from tmfrig.conformance.exchange import Exchange, Notification
from tmfrig.conformance.expect import describe_answer
from tmfrig.conformance.sink import Subscription
from tmfrig.specs import Lifecycle, Resource

FIRST_PAUSE = 0.05
LONGEST_PAUSE = 2.0


class Ear:
    """What the channel hears of one API; deaf without a subscription."""

    def __init__(self, subscription: Subscription | None = None) -> None:
        self._subscription = subscription

    @property
    def listens(self) -> bool:
        """Whether anything can be heard at all."""
        return self._subscription is not None

    def about(self, id: str) -> list[Notification]:
        """The notifications about one resource so far, as they happened: by event time, where all tell it."""
        heard = [each for each in self._subscription.received if each.about(id)] if self._subscription else []
        times = [_moment(each) for each in heard]
        known = [each for each in times if each is not None]
        if len(known) < len(heard):
            return heard
        return [each for _, each in sorted(zip(known, heard, strict=True), key=lambda pair: pair[0])]

    def wait(self, seconds: float) -> None:
        """Until something new is heard, or so many seconds are over."""
        if self._subscription is None:
            threading.Event().wait(seconds)
        else:
            self._subscription.wait(len(self._subscription.received), seconds)


@dataclass(frozen=True)
class Sighting:
    """An order as it was seen once."""

    state: str
    body: dict[str, Any]
    exchange: Exchange


class Order:
    """An order that product ordering took, as the channel sees it. `placed` is the answer to its placing."""

    def __init__(self, api: Api, id: str, placed: Exchange, ear: Ear, patience: float) -> None:
        self.id = id
        self.ear = ear
        self.sightings: list[Sighting] = []
        self._api = api
        self._resource = placed.resource or order_resource(api)
        self._patience = patience
        self._since = time.monotonic()
        self._see(placed)

    @property
    def lifecycle(self) -> Lifecycle | None:
        """The published lifecycle of orders."""
        return self._resource.lifecycle

    @property
    def latest(self) -> Sighting:
        """How it was last seen; looks now when it was never seen yet."""
        return self.sightings[-1] if self.sightings else self.look()

    def look(self) -> Sighting:
        """Ask for the order. Violation when it is not there or tells no state."""
        answer = self._api.retrieve(
            self._resource, self.id, label="GET the order, to see how it is getting on"
        )
        if answer.status != 200:
            raise Violation(
                f"product ordering took the order {self.id}, but answered {answer.status} when asked for it",
                expected="200 with the order",
                actual=describe_answer(answer),
                exchange=answer,
            )
        seen = self._see(answer)
        if seen is None:
            raise Violation(
                f"product ordering does not tell the state of the order {self.id}",
                expected="an order with a state",
                actual=describe_answer(answer),
                exchange=answer,
            )
        return seen

    def reach(self, state: str) -> None:
        """Wait until the order is in this state, looking less and less often, or when something is heard.

        Violation when it ends in another state, or is not there when patience is over.
        """
        deadline = time.monotonic() + self._patience
        for pause in _pauses():
            now = self.look()
            if now.state == state:
                return
            if self.lifecycle is not None and self.lifecycle.ends_in(now.state):
                raise self._unreached(state, f"ended as {now.state}")
            left = deadline - time.monotonic()
            if left <= 0:
                waited = f"{time.monotonic() - self._since:.0f} s"
                raise self._unreached(state, f"is still {now.state} {waited} after it was placed")
            self.ear.wait(min(pause, left))

    def announced(self, change: str, state: str | None = None) -> Notification:
        """Wait for the notification of a change ("Create", "StateChange"), to this state if one is given.

        Violation when it does not come while patience lasts.
        """

        def is_it(each: Notification) -> bool:
            fits = each.declared is not None and each.declared.change == change
            return fits and (state is None or (each.payload or {}).get("state") == state)

        deadline = time.monotonic() + self._patience
        while True:
            heard = self.ear.about(self.id)
            found = next((each for each in heard if is_it(each)), None)
            if found is not None:
                return found
            if (left := deadline - time.monotonic()) <= 0:
                break
            self.ear.wait(left)
        event = next((name for name in self._event_names(change)), change)
        what = f"that it is {state}" if state else "the new order"
        others = ", ".join(dict.fromkeys(each.event_type or "no eventType" for each in heard))
        raise Violation(
            f"product ordering never announced {what} to the channel: no {event} about the order {self.id} "
            f"came within {self._patience:g} s",
            expected=event,
            actual=others or "no notification about this order",
            exchange=heard[-1] if heard else self.sightings[-1].exchange,
        )

    def stray_moves(self) -> Iterator[tuple[str, str, Exchange | Notification]]:
        """Moves (before, after, where it was seen) that no path of the published lifecycle explains.

        What was seen and what was announced are each taken as a sequence of its own, in which states between
        two others may have been missed.
        """
        polled = [(each.state, each.exchange) for each in self.sightings]
        yield from _stray(self.lifecycle, polled)
        announced = [
            (state, each)
            for each in self.ear.about(self.id)
            if isinstance(state := (each.payload or {}).get("state"), str)
        ]
        yield from _stray(self.lifecycle, announced)

    def _see(self, answer: Exchange) -> Sighting | None:
        body = answer.json if answer.is_json and isinstance(answer.json, dict) else {}
        if not isinstance(state := body.get("state"), str):
            return None
        self.sightings.append(Sighting(state, body, answer))
        return self.sightings[-1]

    def _event_names(self, change: str) -> list[str]:
        event = self._resource.events.get(change)
        return [event.name] if event else []

    def _unreached(self, wanted: str, what_happened: str) -> Violation:
        latest = self.sightings[-1]
        return Violation(
            f"the order {self.id} never reached {wanted}: it {what_happened}",
            expected=f"state {wanted} within {self._patience:g} s",
            actual=" → ".join(_runs([each.state for each in self.sightings])),
            exchange=latest.exchange,
        )


def order_resource(api: Api) -> Resource:
    """The product order of a product ordering API."""
    return api.contract.resources["productOrder"]


def reachable(lifecycle: Lifecycle, before: str, after: str) -> bool:
    """Whether the lifecycle leads from one state to another, directly or through others."""
    seen, waiting = {before}, [before]
    while waiting:
        state = waiting.pop()
        if lifecycle.allows(state, after):
            return True
        new = [each for each in lifecycle.next_states(state) if each not in seen]
        seen.update(new)
        waiting += new
    return False


def _stray(
    lifecycle: Lifecycle | None, seen: Sequence[tuple[str, Exchange | Notification]]
) -> Iterator[tuple[str, str, Exchange | Notification]]:
    if lifecycle is None:
        return
    for (before, _), (after, source) in pairwise(seen):
        if not reachable(lifecycle, before, after):
            yield before, after, source


def _runs(states: Sequence[str]) -> list[str]:
    return [state for number, state in enumerate(states) if number == 0 or states[number - 1] != state]


def _pauses() -> Iterator[float]:
    pause = FIRST_PAUSE
    while True:
        yield pause
        pause = min(pause * 1.5, LONGEST_PAUSE)


def _moment(notification: Notification) -> datetime | None:
    told = notification.json.get("eventTime") if isinstance(notification.json, dict) else None
    try:
        moment = datetime.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None
