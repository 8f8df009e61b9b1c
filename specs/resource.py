"""The parts of a contract: its resources, the operations on them, and the events that tell of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from tmfrig.specs.attribute import Attribute
from tmfrig.specs.lifecycle import Lifecycle
from tmfrig.specs.schema import Schema


class Kind(StrEnum):
    """What an operation does to a resource."""

    LIST = "list"
    CREATE = "create"
    RETRIEVE = "retrieve"
    PATCH = "patch"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Response:
    """A declared answer: its body, None where it has none, and the names of its headers."""

    schema: Schema | None
    headers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path below the API's base. `kind` is None for hub and foreign operations."""

    id: str
    kind: Kind | None
    method: str
    path: str
    resource: str | None
    query: tuple[str, ...]
    request: Schema | None
    request_media_types: tuple[str, ...]
    responses: Mapping[str, Response]

    @property
    def statuses(self) -> frozenset[str]:
        """The declared statuses, `default` among them where it is used."""
        return frozenset(self.responses)


@dataclass(frozen=True, slots=True)
class EventType:
    """A notification that the API sends: `ProductOrderCreateEvent` about `productOrder`."""

    name: str
    change: str
    """What happened: `Create`, `AttributeValueChange`, `StateChange`, `Delete`, `Change`, `Batch` …"""
    resource: str
    payload_key: str
    schema: Schema
    path: str
    statuses: frozenset[str]
    """What a listener may answer."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource type: what may be done with it and which attributes who may set."""

    name: str
    path: str
    operations: Mapping[Kind, Operation]
    representation: Schema
    creation: Schema | None
    patching: Schema | None
    attributes: Mapping[str, Attribute]
    mandatory: frozenset[str]
    """Attributes of the body itself that a create must carry."""
    server_set: frozenset[str]
    """Attributes of the representation that a create body does not have."""
    non_patchable: frozenset[str]
    """Attributes of the representation that a patch body does not have."""
    answers_at_once: bool
    """Whether a create may be answered 200 with the result instead of 201 with a task."""
    state_attribute: str | None
    lifecycle: Lifecycle | None
    events: Mapping[str, EventType]
