"""Exploring a lifecycle: an instance is moved from state to state by PATCH, along edges that may be taken.

What a target moves by itself meanwhile is not mistaken for the effect of a PATCH: each step is followed by a
look at the state, and a step that came too late is taken again.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from tmfrig.conformance.api import Api, Instance
from tmfrig.conformance.check import CannotJudge, skip
from tmfrig.conformance.checks.courses import spelled
from tmfrig.conformance.checks.patching import patched
from tmfrig.conformance.exchange import Exchange, Intent
from tmfrig.conformance.instance import created_by
from tmfrig.specs import Lifecycle, Resource, canonical_state

LONGEST = 20.0
"""Seconds that the exploration of one lifecycle may take."""
_TRIES = 3
_AGAIN = 2
_COMPLETED = "completionDate"
CHOSEN_STATE = "requestedInitialState"


class Effect(Enum):
    """What became of a PATCH of the state."""

    TAKEN = "taken"
    REFUSED = "refused"
    IGNORED = "ignored"
    """Answered as a success, with the state as it was."""
    UNKNOWN = "unknown"
    """The resource moved by itself meanwhile."""


@dataclass(frozen=True)
class Step:
    """One attempt to move an instance."""

    before: str
    wanted: str
    effect: Effect
    answer: Exchange


def shortest_way(
    start: str, wanted: Callable[[str], bool], following: Callable[[str], Iterable[str]]
) -> list[str] | None:
    """The states that lead from one to the nearest that is wanted; None where no way leads to such a one."""
    ways: dict[str, list[str]] = {start: []}
    waiting = deque([start])
    while waiting:
        here = waiting.popleft()
        if wanted(here):
            return ways[here]
        for each in following(here):
            if each not in ways:
                ways[each] = [*ways[here], each]
                waiting.append(each)
    return None


@dataclass
class Explorer:
    """Moves instances of one resource through their states, and remembers which edges could be taken."""

    api: Api
    resource: Resource
    deadline: float = field(default_factory=lambda: time.monotonic() + LONGEST)
    taken: dict[str, list[str]] = field(default_factory=dict)
    """The edges that were taken, by their source."""
    _instance: Instance | None = None
    state: str | None = None
    """Where the present instance is, in the spelling of lifecycles."""

    @property
    def lifecycle(self) -> Lifecycle:
        """The graph that is explored."""
        if self.resource.lifecycle is None or self.resource.state_attribute is None:
            skip(f"{self.resource.name} has no published lifecycle")
        return self.resource.lifecycle

    @property
    def has_time(self) -> bool:
        """Whether there is time for more."""
        return time.monotonic() < self.deadline

    def states(self) -> list[str]:
        """The states of the graph that the contract lists."""
        listed = self.resource.attributes[self.resource.state_attribute or ""].enum
        known = {canonical_state(each) for each in listed}
        return [each for each in self.lifecycle.states if not known or each in known]

    def begin(self, state: str | None = None) -> bool:
        """Take a new instance, in a state if one is named and a client may choose it; whether that went
        well."""
        body = self._body(state)
        if body is None:
            return False
        if state is None:
            self._has(self.api.fresh(self.resource))
            return True
        label = f"POST {self.resource.path} in the state {state}"
        answer = self.api.create(self.resource, body, label=label, intent=Intent.OPEN)
        mine = created_by(answer, self.resource)
        if mine is None:
            return False
        self._has(mine)
        return self.state == state

    def _body(self, state: str | None) -> dict[str, Any] | None:
        created = self.resource.creation.attributes if self.resource.creation else {}
        name = self.resource.state_attribute or ""
        if state is None:
            return {}
        if name in created:
            return self.api.payload(self.resource) | {name: spelled(self.resource, state)}
        if CHOSEN_STATE in created and state in created[CHOSEN_STATE].enum:
            return self.api.payload(self.resource) | {CHOSEN_STATE: state}
        return None

    def _has(self, instance: Instance) -> None:
        self._instance = instance
        shown = instance.body.get(self.resource.state_attribute or "")
        self.state = canonical_state(shown) if isinstance(shown, str) else self._look()

    def _look(self) -> str | None:
        assert self._instance is not None
        answer = self.api.retrieve(self.resource, self._instance.id, intent=Intent.OPEN)
        if not answer.representations:
            return None
        body = answer.representations[0]
        self._instance = Instance(self.resource, self._instance.id, body, answer, created=True)
        shown = body.get(self.resource.state_attribute or "")
        return canonical_state(shown) if isinstance(shown, str) else None

    def step(self, wanted: str) -> Step:
        """Try to move the present instance into a state."""
        if self._instance is None or self.state is None:
            raise CannotJudge(f"no {self.resource.name} shows a {self.resource.state_attribute}")
        before, name = self.state, self.resource.state_attribute or ""
        label = f"PATCH of {name} from {before} to {wanted}"
        answer = patched(
            self.api,
            self._instance,
            {name: spelled(self.resource, wanted)} | self._date_of(wanted),
            label=label,
            intent=Intent.OPEN,
        )
        self.state = self._look()
        effect = self._effect(before, wanted, answer)
        if effect is Effect.TAKEN:
            self.taken.setdefault(before, []).append(wanted)
        return Step(before, wanted, effect, answer)

    def _date_of(self, state: str) -> dict[str, str]:
        """Who says that something is completed says when."""
        patchable = self.resource.patching.attributes if self.resource.patching else {}
        told = state == "completed" and _COMPLETED in patchable
        return {_COMPLETED: datetime.now(UTC).isoformat(timespec="seconds")} if told else {}

    def _effect(self, before: str, wanted: str, answer: Exchange) -> Effect:
        shown = answer.representations[0] if answer.representations else {}
        told = shown.get(self.resource.state_attribute or "")
        if answer.ok and (
            self.state == wanted or (isinstance(told, str) and canonical_state(told) == wanted)
        ):
            return Effect.TAKEN
        if self.state != before:
            return Effect.UNKNOWN
        return Effect.REFUSED if answer.is_error else Effect.IGNORED

    def is_taken_again(self, step: Step) -> bool:
        """Whether a step is taken each time that it is tried from its state.

        What moves by itself may have moved on just before it came, and then have been free to take it.
        """
        for _ in range(_AGAIN):
            if not self.go(lambda state: state == step.before):
                return False
            self.state = self._look()
            if self.state != step.before or self.step(step.wanted).effect is not Effect.TAKEN:
                return False
            self.taken[step.before].remove(step.wanted)
        return True

    def go(self, wanted: Callable[[str], bool]) -> bool:
        """Move an instance, the present one or a new one, to a state that is wanted, by edges that were taken
        before; whether that went well."""
        for _ in range(_TRIES):
            if self.state is not None and wanted(self.state):
                return True
            if self._walk(wanted) or (self._anew(wanted) and self._walk(wanted)):
                return True
        return False

    def _anew(self, wanted: Callable[[str], bool]) -> bool:
        for state in self._beginnings():
            reached = {state} if state else set(self.lifecycle.initial)
            if any(self._way(each, wanted) is not None for each in reached) and self.begin(state):
                return True
        return False

    def _beginnings(self) -> Iterator[str | None]:
        yield None
        yield from sorted(state for state in self.lifecycle.initial if self._body(state) is not None)

    def _walk(self, wanted: Callable[[str], bool]) -> bool:
        way = self._way(self.state, wanted) if self.state is not None else None
        for state in way or ():
            if self.step(state).effect is not Effect.TAKEN or self.state != state:
                break
        return self.state is not None and wanted(self.state)

    def _way(self, state: str, wanted: Callable[[str], bool]) -> list[str] | None:
        """The shortest way from a state to a wanted one, along edges that were taken before."""
        return shortest_way(state, wanted, lambda here: self.taken.get(here, ()))

    def try_all(self, of: Callable[[str], Collection[str]]) -> Iterator[Step]:
        """Try every step that `of` names for a state, in every state that can be reached.

        A step that the resource's own moves disturbed is tried again; what stays untried is not told.
        """
        tried: dict[tuple[str, str], int] = {}

        def open_steps(state: str) -> list[str]:
            return [each for each in of(state) if tried.get((state, each), 0) < _TRIES]

        self.begin()
        begun: set[str] = set()
        while self.has_time:
            if not self.go(lambda state: bool(open_steps(state))):
                start = next((each for each in self._beginnings() if each and each not in begun), None)
                if start is None:
                    return
                begun.add(start)
                self.begin(start)
                continue
            state = self.state or ""
            wanted = open_steps(state)[0]
            step = self.step(wanted)
            done = step.effect is not Effect.UNKNOWN
            tried[state, wanted] = _TRIES if done else tried.get((state, wanted), 0) + 1
            if done:
                yield step
