"""One callback: each event is counted once, and timed by its own words; some are judged by the contract."""

from __future__ import annotations

import random
import time
from datetime import datetime
from typing import Any

import orjson

from tmfrig.conformance.exchange import DEEPEST
from tmfrig.conformance.sink import usual_answer
from tmfrig.loadtests.following import COMPLETED, state_of
from tmfrig.loadtests.meter import Meter
from tmfrig.loadtests.slo import DELAY
from tmfrig.specs import Contract, EventType
from tmfrig.specs.nesting import nests_deeper

MOST_KNOWN = 50_000
"""So many events are remembered, the latest ones, so that one that comes again is not counted again."""
APART = 0.05
"""An event that comes so much before its own time, in seconds, shows that clocks differ."""
_FOLLOWED = ("TMF622", "productOrder", "StateChange")


class Listener:
    """What comes to one callback of ours. `share` of the notifications is judged by their schema."""

    def __init__(self, contract: Contract, meter: Meter, share: float, chance: random.Random) -> None:
        self._contract = contract
        self._meter = meter
        self._share = share
        self._chance = chance
        self._known: dict[str, None] = {}
        self._usual = usual_answer(contract.events.values())
        self._clocks_differ = False

    def take(self, body: bytes) -> int:
        """A notification came; the status with which the contract has it answered."""
        arrived = time.time()
        try:
            said = orjson.loads(body)
        except ValueError:
            said = None
        if not isinstance(said, dict):
            self._trouble("", "the body is no JSON object")
            return self._usual
        name = str(said.get("eventType"))
        event = self._contract.event_type(name)
        if not self._is_new(said):
            return self._usual if event is None else usual_answer([event])
        self._time(name, said.get("eventTime"), arrived)
        if event is None:
            self._trouble(name, "the contract has no such event")
            return self._usual
        if self._chance.random() < self._share:
            self._judge(event, said)
        self._note_the_end(event, said)
        return usual_answer([event])

    def _is_new(self, said: dict[str, Any]) -> bool:
        id = said.get("eventId")
        if not isinstance(id, str):
            return True
        if id in self._known:
            return False
        self._known[id] = None
        if len(self._known) > MOST_KNOWN:
            del self._known[next(iter(self._known))]
        return True

    def _time(self, name: str, told: Any, arrived: float) -> None:
        try:
            moment = datetime.fromisoformat(told)
        except (TypeError, ValueError):
            moment = None
        if moment is None or moment.tzinfo is None:
            self._trouble(name, "eventTime is no time with an offset")
            return
        delay = arrived - moment.timestamp()
        if delay >= -APART:
            self._meter.span(DELAY, max(delay, 0.0))
        elif not self._clocks_differ:
            self._clocks_differ = True
            self._trouble(name, "it came before its eventTime: clocks differ, so delays are not known")

    def _judge(self, event: EventType, said: dict[str, Any]) -> None:
        if nests_deeper(said, DEEPEST):
            self._trouble(event.name, f"it nests deeper than {DEEPEST} levels")
        elif not event.schema.accepts(said):
            problem = event.schema.problems(said)[0]
            self._trouble(event.name, f"it is not as the contract has it: {problem}")

    def _note_the_end(self, event: EventType, said: dict[str, Any]) -> None:
        if (self._contract.api, event.resource, event.change) != _FOLLOWED:
            return
        inside = said.get("event")
        order = inside.get(event.payload_key) if isinstance(inside, dict) else None
        if isinstance(order, dict) and state_of(self._contract.resources[event.resource], order) == COMPLETED:
            self._meter.finished(f"{self._contract.api} {order.get('id')}")

    def _trouble(self, name: str, what: str) -> None:
        self._meter.trouble((self._contract.api, f"notification {name}".strip()), what)
