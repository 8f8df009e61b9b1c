"""Following what changes by itself: a role looks at it now and then, and listens to what is announced.

Orders are followed so, service orders, cancel tasks and qualifications.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, ClassVar

from tmfrig.conformance.api import Api
from tmfrig.conformance.check import Violation
from tmfrig.conformance.exchange import Exchange, Notification
from tmfrig.conformance.expect import describe_answer
from tmfrig.conformance.sink import Subscription
from tmfrig.specs import Lifecycle, Resource

FIRST_PAUSE = 0.05
LONGEST_PAUSE = 2.0
GROWTH = 1.3
SETTLING = 5.0
"""How far, in seconds, the inventories may lag behind what an order says."""


class Ear:
    """What a role hears of one API; deaf without a subscription."""

    def __init__(self, subscription: Subscription | None = None) -> None:
        self._subscription = subscription

    @property
    def listens(self) -> bool:
        """Whether anything can be heard at all."""
        return self._subscription is not None

    @property
    def heard(self) -> tuple[Notification, ...]:
        """Every notification so far, in order of arrival."""
        return self._subscription.received if self._subscription else ()

    def about(self, id: str) -> list[Notification]:
        """The notifications about one resource so far, as they happened: by event time, where all tell it."""
        heard = [each for each in self.heard if each.about(id)]
        times = [moment_of(each) for each in heard]
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
    """Something as it was seen once."""

    state: str
    body: dict[str, Any]
    exchange: Exchange


class Followed:
    """Something at an API that has a state and changes by itself.

    `first` is the answer that brought it; `noun`, `owner` and `follower` are how sentences name it, its
    keeper and who follows it.
    """

    noun: ClassVar[str] = "resource"
    owner: ClassVar[str] = "the target"
    follower: ClassVar[str] = "the channel"

    def __init__(
        self, api: Api, resource: Resource, id: str, first: Exchange, patience: float, ear: Ear | None = None
    ) -> None:
        self.id = id
        self.api = api
        self.resource = resource
        self.ear = ear or Ear()
        self.sightings: list[Sighting] = []
        self._patience = patience
        self._since = time.monotonic()
        self._attribute = resource.state_attribute or "state"
        self._see(first)

    def __str__(self) -> str:
        return f"the {self.noun} {self.id}"

    @property
    def lifecycle(self) -> Lifecycle | None:
        """The published lifecycle."""
        return self.resource.lifecycle

    @property
    def latest(self) -> Sighting:
        """How it was last seen; looks now when it was never seen yet."""
        return self.sightings[-1] if self.sightings else self.look()

    def look(self) -> Sighting:
        """Ask for it. Violation when it is not there or tells no state."""
        answer = self.api.retrieve(
            self.resource, self.id, label=f"GET the {self.noun}, to see how it is getting on"
        )
        if answer.status != 200:
            raise Violation(
                f"{self.owner} took {self}, but answered {answer.status} when asked for it",
                expected=f"200 with the {self.noun}",
                actual=describe_answer(answer),
                exchange=answer,
            )
        refuse_another(answer, self.id, f"{self}", self.owner)
        seen = self._see(answer)
        if seen is None:
            raise Violation(
                f"{self.owner} does not tell the {self._attribute} of {self}",
                expected=f"an answer with a {self._attribute}",
                actual=describe_answer(answer),
                exchange=answer,
            )
        return seen

    def reach(self, *states: str, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Wait until it is in one of these states, looking less and less often, or when something is heard.

        `meanwhile` is called before each look. Violation when it ends in another state, or is not there when
        patience is over.
        """
        deadline = time.monotonic() + self._patience
        for pause in pauses():
            meanwhile()
            now = self.look()
            if now.state in states:
                return
            wanted = " or ".join(states)
            if self.lifecycle is not None and self.lifecycle.ends_in(now.state):
                raise self._unreached(wanted, f"ended as {now.state}{self.details()}")
            left = deadline - time.monotonic()
            if left <= 0:
                waited = f"{time.monotonic() - self._since:.0f} s"
                raise self._unreached(wanted, f"is still {now.state} {waited} after it was placed")
            self.ear.wait(min(pause, left))

    def details(self) -> str:
        """What else explains the latest state, to be appended to a sentence; empty where nothing does."""
        return ""

    def announced(self, change: str, state: str | None = None) -> Notification:
        """Wait for the notification of a change ("Create", "StateChange"), to this state if one is given.

        Violation when it does not come while patience lasts.
        """

        def is_it(each: Notification) -> bool:
            fits = each.declared is not None and each.declared.change == change
            return fits and (state is None or (each.payload or {}).get(self._attribute) == state)

        deadline = time.monotonic() + self._patience
        while True:
            heard = self.ear.about(self.id)
            found = next((each for each in heard if is_it(each)), None)
            if found is not None:
                return found
            if (left := deadline - time.monotonic()) <= 0:
                break
            self.ear.wait(left)
        event = self.resource.events.get(change)
        name = event.name if event else change
        what = f"that it is {state}" if state else f"the new {self.noun}"
        others = ", ".join(dict.fromkeys(each.event_type or "no eventType" for each in heard))
        raise Violation(
            f"{self.owner} never announced {what} to {self.follower}: no {name} about {self} "
            f"came within {self._patience:g} s",
            expected=name,
            actual=others or f"no notification about this {self.noun}",
            exchange=heard[-1] if heard else self.sightings[-1].exchange,
        )

    def announced_states(self) -> list[tuple[str, Notification]]:
        """The states that notifications told, in their order."""
        return [
            (state, each)
            for each in self.ear.about(self.id)
            if isinstance(state := (each.payload or {}).get(self._attribute), str)
        ]

    def stray_moves(self) -> Iterator[tuple[str, str, Exchange | Notification]]:
        """Moves (before, after, where it was seen) that no path of the published lifecycle explains.

        What was seen and what was announced are each taken as a sequence of its own, in which states between
        two others may have been missed.
        """
        yield from _stray(self.lifecycle, [(each.state, each.exchange) for each in self.sightings])
        yield from _stray(self.lifecycle, self.announced_states())

    def _see(self, answer: Exchange) -> Sighting | None:
        shown = answer.outcome or answer
        body = shown.json if shown.is_json and isinstance(shown.json, dict) else {}
        if not isinstance(state := body.get(self._attribute), str):
            return None
        self.sightings.append(Sighting(state, body, answer))
        return self.sightings[-1]

    def _unreached(self, wanted: str, what_happened: str) -> Violation:
        latest = self.sightings[-1]
        return Violation(
            f"{self} never reached {wanted}: it {what_happened}",
            expected=f"state {wanted} within {self._patience:g} s",
            actual=" → ".join(runs([each.state for each in self.sightings])),
            exchange=latest.exchange,
        )


def eventually(judge: Callable[[], None], patience: float) -> None:
    """Judge again and again until it holds; what it says last is the Violation when patience is over."""
    deadline = time.monotonic() + patience
    for pause in pauses():
        try:
            return judge()
        except Violation:
            left = deadline - time.monotonic()
            if left <= 0:
                raise
            threading.Event().wait(min(pause, left))
    return None


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


def runs(states: Sequence[str]) -> list[str]:
    """The states without immediate repetitions."""
    return [state for number, state in enumerate(states) if number == 0 or states[number - 1] != state]


def pauses() -> Iterator[float]:
    """How long to wait between one look and the next, longer and longer."""
    pause = FIRST_PAUSE
    while True:
        yield pause
        pause = min(pause * GROWTH, LONGEST_PAUSE)


def moment_of(notification: Notification) -> datetime | None:
    """The event time of a notification; None where it tells none with a time zone."""
    return moment(notification.json.get("eventTime") if isinstance(notification.json, dict) else None)


def announced_since(ear: Ear, id: str, state: str) -> datetime | None:
    """When something was first in a state or status, by the event times of what was announced about it."""
    times = [moment_of(each) for each in ear.about(id) if announced_state(each) == state]
    return min((each for each in times if each is not None), default=None)


def announced_state(notification: Notification) -> str | None:
    """The state or status that a notification tells."""
    payload = notification.payload or {}
    state = payload.get("state", payload.get("status"))
    return state if isinstance(state, str) else None


def moment(text: object) -> datetime | None:
    """A moment that a body tells; None where it is none, or has no time zone."""
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def _stray(
    lifecycle: Lifecycle | None, seen: Sequence[tuple[str, Exchange | Notification]]
) -> Iterator[tuple[str, str, Exchange | Notification]]:
    if lifecycle is None:
        return
    for (before, _), (after, source) in pairwise(seen):
        if not reachable(lifecycle, before, after):
            yield before, after, source


def refuse_another(answer: Exchange, id: str, what: str, owner: str) -> None:
    """Violation where somebody was asked for one thing and answered with another."""
    told = answer.json.get("id") if answer.is_json and isinstance(answer.json, dict) else None
    if told is not None and str(told) != id:
        raise Violation(
            f"{owner} was asked for {what}, and answered with {str(told)[:100]}",
            expected=f"id {id}",
            actual=f"id {str(told)[:100]}",
            exchange=answer,
        )
