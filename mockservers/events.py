"""Notifications as the contract declares them: events of a change, their envelopes (rules EVT-01 to 07)."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache

from tmfrig.mockservers.identifiers import new_identifier
from tmfrig.mockservers.store import Body, Document, Notification
from tmfrig.specs import Contract, EventType, Resource

SILENT_ATTRIBUTES = frozenset({"lastUpdate"})
"""Attributes that change with every change: they alone are no reason for an event."""
WAITS_FOR_INFORMATION = "pending"
INFORMATION_REQUIRED = "InformationRequired"


def now() -> str:
    """The present instant as the wire writes it: RFC 3339, UTC, milliseconds."""
    return _written(time.time_ns() // 1_000_000)


# a busy server asks again and again in each millisecond, and even more often in each second
@lru_cache(maxsize=4)
def _written(milliseconds: int) -> str:
    return f"{_second(milliseconds // 1000)}.{milliseconds % 1000:03d}Z"


@lru_cache(maxsize=4)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


@dataclass(slots=True)
class Announcer:
    """Builds the notifications of one resource type."""

    contract: Contract
    resource: Resource
    _templates: dict[str, Body] = field(default_factory=dict)

    def told(
        self, before: Document | None, after: Document | None, *, state_only: bool = False
    ) -> tuple[Notification, ...]:
        """What a change causes; of a resource that goes, the payload is the last representation."""
        if after is None:
            return () if before is None else self._notifications(("Delete",), before)
        if before is None:
            return self._notifications(("Create",), after)
        return self._changed(before.body, after, state_only=state_only)

    def _changed(self, before: Body, after: Document, *, state_only: bool) -> tuple[Notification, ...]:
        """What a change causes: of the state, of other attributes, or both.

        With `state_only` the other attributes changed because the state did (a completion date, the states
        of the items), which is no news of its own.
        """
        state = self.resource.state_attribute
        kinds = []
        if state is not None and before.get(state) != after.body.get(state):
            kinds.append("StateChange")
            if after.body.get(state) == WAITS_FOR_INFORMATION and self._says_what_is_required:
                kinds.append(INFORMATION_REQUIRED)
        if not (state_only and kinds) and self._others_changed(before, after.body):
            kinds.append("AttributeValueChange")
        return self._notifications(kinds, after)

    @property
    def _says_what_is_required(self) -> bool:
        """Whether the event is about the resource, which says in its own words what is needed.

        In version 5 it is a JSON Patch that would bring what is missing: who only sees that an order waits
        cannot tell, and says nothing rather than something wrong.
        """
        event = self.resource.events.get(INFORMATION_REQUIRED)
        payload = event.schema.attributes.get("event") if event is not None else None
        return payload is not None and event is not None and list(payload.attributes) == [event.payload_key]

    def _others_changed(self, before: Body, after: Body) -> bool:
        ignored = SILENT_ATTRIBUTES | {self.resource.state_attribute}
        return any(
            before.get(name) != after.get(name)
            for name in before.keys() | after.keys()
            if name not in ignored
        )

    def _notifications(self, kinds: Iterable[str], document: Document) -> tuple[Notification, ...]:
        declared = self.resource.events
        # TMF633 v4 has one Change event where the other APIs tell states and attributes apart
        chosen = dict.fromkeys(kind if kind in declared else "Change" for kind in kinds)
        return tuple(self._notification(declared[kind], document) for kind in chosen if kind in declared)

    def _notification(self, event: EventType, document: Document) -> Notification:
        moment, identifier = now(), new_identifier()
        envelope = {"eventId": identifier, "eventTime": moment, **self._template(event)}
        declared = event.schema.attributes
        for name in ("timeOcurred", "timeOccurred"):
            if name in declared:
                envelope[name] = moment
        if "id" in declared:
            envelope |= {"id": identifier, "href": document.body["href"]}
        envelope["event"] = {event.payload_key: document.body}
        return Notification(self.contract.key, event.name, envelope)

    def _template(self, event: EventType) -> Body:
        if event.name not in self._templates:
            declared = event.schema.attributes
            texts = {
                "domain": self.contract.title,
                "title": event.name,
                "description": f"{event.change} of {event.resource}",
                "priority": "Normal",
            }
            self._templates[event.name] = {
                "eventType": event.name,
                **({"@type": event.name} if "@type" in declared else {}),
                **{name: text for name, text in texts.items() if name in declared},
            }
        return self._templates[event.name]
