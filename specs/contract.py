"""`Contract`: one API in one version, as every room reads it.

It is built from an OpenAPI document alone, ours or anybody's, so that the servers and the judge treat a
vendor's document as they treat the standard's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from tmfrig.specs.dialect import as_schema
from tmfrig.specs.document import Document, DocumentOperation
from tmfrig.specs.lifecycle import Lifecycle, lifecycle_of
from tmfrig.specs.reading import Json
from tmfrig.specs.resource import EventType, Kind, Operation, Resource, Response
from tmfrig.specs.schema import Schema, Schemas

STATE_ATTRIBUTES = ("state", "status", "lifecycleStatus")


_KINDS = {
    ("get", False): Kind.LIST,
    ("post", False): Kind.CREATE,
    ("get", True): Kind.RETRIEVE,
    ("patch", True): Kind.PATCH,
    ("delete", True): Kind.DELETE,
}


class Contract:
    """An API contract. Build it with `standard_contract` or `load_contract`."""

    def __init__(self, api: str, document: Document, source: str) -> None:
        self.api = api
        self.source = source
        self._document = document
        self._schemas = Schemas(document)

    def __repr__(self) -> str:
        return f"<Contract {self.api} {self.version} from {self.source}>"

    @property
    def document(self) -> Json:
        """The OpenAPI document as it was loaded."""
        return self._document.raw

    @property
    def openapi(self) -> Document:
        """The document as a view without dialects, as structural comparison takes it."""
        return self._document

    @property
    def digest(self) -> str:
        """`sha256:…` of the document's bytes."""
        return self._document.digest

    @property
    def version(self) -> str:
        """The version that the document declares, "4.0.0"."""
        return str(self._document.info.get("version", ""))

    @property
    def title(self) -> str:
        """The API's name, "Product Ordering"."""
        return str(self._document.info.get("title", self.api))

    @property
    def base_path(self) -> str:
        """Path below the host, without a slash at its end; empty where the document names none."""
        return self._document.base_path

    @cached_property
    def line(self) -> int:
        """The major version, from the base path or the declared version; 4 where neither says it."""
        match = re.search(r"/v(\d+)$", self.base_path) or re.match(r"v?(\d+)\.", self.version)
        return int(match[1]) if match else 4

    @cached_property
    def key(self) -> str:
        """What tells an API in a major version from all others, "TMF622.v4"."""
        return f"{self.api}.v{self.line}"

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """Everything that the API itself serves, without the listeners of its clients."""
        return tuple(
            self._operation(each) for each in self._document.operations if "/listener/" not in each.path
        )

    @cached_property
    def resources(self) -> Mapping[str, Resource]:
        """Resource types by name, in the document's order."""
        names = dict.fromkeys(each.resource for each in self.operations if each.resource)
        return {name: self._resource(name) for name in names}

    @cached_property
    def events(self) -> Mapping[str, EventType]:
        """Notifications by event type, from the listeners that the document declares."""
        found = {}
        for each in self._document.operations:
            if "/listener/" in each.path and each.method == "post" and each.request is not None:
                event = self._event(each, each.request)
                found[event.name] = event
        return found

    @cached_property
    def register(self) -> Operation | None:
        """POST /hub, where it is declared."""
        return next((each for each in self.operations if (each.method, each.path) == ("post", "/hub")), None)

    @cached_property
    def unregister(self) -> Operation | None:
        """DELETE /hub/{id}, where it is declared."""
        return next(
            (each for each in self.operations if each.method == "delete" and each.path.startswith("/hub/")),
            None,
        )

    @cached_property
    def registration(self) -> Operation | None:
        """GET /hub/{id}, where it is declared."""
        return next(
            (each for each in self.operations if each.method == "get" and each.path.startswith("/hub/")),
            None,
        )

    @cached_property
    def error(self) -> Schema | None:
        """The body of errors, from the first operation that declares one."""
        bodies = (
            response.schema
            for operation in self.operations
            for status, response in operation.responses.items()
            if status.startswith(("4", "5", "default"))
        )
        return next((body for body in bodies if body is not None), None)

    @cached_property
    def media_type(self) -> str:
        """What answers are served as: "application/json;charset=utf-8" in version 4."""
        declared = (
            media_type
            for operation in self._document.operations
            for response in operation.responses.values()
            for media_type in response.media_types
        )
        return next(declared, "application/json")

    def check(self) -> None:
        """Work everything out that is otherwise worked out when first asked for.

        ContractError when something of it is wrong.
        """
        _ = self.resources, self.events, self.register, self.unregister, self.error
        self._schemas.compile_all()

    def operation_for(self, method: str, path: str) -> Operation | None:
        """The operation that a request addresses, by its path below the base ("/productOrder/42")."""
        for operation, pattern in self._patterns:
            if operation.method == method.lower() and pattern.fullmatch(path):
                return operation
        return None

    def event_type(self, name: str) -> EventType | None:
        """An event type by its name, whatever its case (rule EVT-02)."""
        return self._events_by_lower_name.get(name.lower())

    @cached_property
    def _events_by_lower_name(self) -> Mapping[str, EventType]:
        return {name.lower(): event for name, event in self.events.items()}

    @cached_property
    def _patterns(self) -> tuple[tuple[Operation, re.Pattern[str]], ...]:
        return tuple((each, re.compile(_path_pattern(each.path))) for each in self.operations)

    def _operation(self, raw: DocumentOperation) -> Operation:
        resource, kind = self._role(raw)
        return Operation(
            id=raw.id,
            kind=kind,
            method=raw.method,
            path=raw.path,
            resource=resource,
            query=tuple(each.name for each in raw.parameters if each.place == "query"),
            request=None
            if raw.request is None
            else self._schemas.schema(raw.request, partial=kind is Kind.PATCH),
            request_media_types=raw.request_media_types,
            responses={
                status: Response(
                    None if answer.schema is None else self._schemas.schema(answer.schema),
                    tuple(answer.headers),
                )
                for status, answer in raw.responses.items()
            },
        )

    def _role(self, raw: DocumentOperation) -> tuple[str | None, Kind | None]:
        parts = raw.path.strip("/").split("/")
        single = len(parts) == 2 and parts[1].startswith("{")
        if parts[0] == "hub" or parts[0].startswith("{") or not (single or len(parts) == 1):
            return None, None
        kind = _KINDS.get((raw.method, single))
        return (parts[0], kind) if kind else (None, None)

    def _resource(self, name: str) -> Resource:
        operations = {each.kind: each for each in self.operations if each.resource == name and each.kind}
        representation = self._representation(name, operations)
        creation = operations[Kind.CREATE].request if Kind.CREATE in operations else None
        patching = operations[Kind.PATCH].request if Kind.PATCH in operations else None
        attributes = representation.attributes
        lifecycle = lifecycle_of(self.api, name, self.line)
        created = creation.attributes if creation else {}
        return Resource(
            name=name,
            path=f"/{name}",
            operations=operations,
            representation=representation,
            creation=creation,
            patching=patching,
            attributes=attributes,
            mandatory=frozenset(each.name for each in created.values() if each.required),
            server_set=_absent(attributes, creation),
            non_patchable=_absent(attributes, patching),
            answers_at_once=Kind.CREATE in operations and "200" in operations[Kind.CREATE].responses,
            state_attribute=_state_attribute(attributes, lifecycle),
            lifecycle=lifecycle,
            events={each.change: each for each in self.events.values() if each.resource == name},
        )

    def _representation(self, name: str, operations: Mapping[Kind, Operation]) -> Schema:
        for kind, status in (
            (Kind.RETRIEVE, "200"),
            (Kind.CREATE, "201"),
            (Kind.LIST, "200"),
            (Kind.PATCH, "200"),
        ):
            response = operations[kind].responses.get(status) if kind in operations else None
            if response is not None and response.schema is not None:
                return response.schema if kind is not Kind.LIST else self._element(name)
        return self._schemas.schema({})

    def _element(self, name: str) -> Schema:
        listing = next(
            each for each in self._document.operations if (each.method, each.path.strip("/")) == ("get", name)
        )
        body = self._document.followed(listing.responses["200"].schema)
        return self._schemas.schema(as_schema(body.get("items")))

    def _event(self, raw: DocumentOperation, request: Json) -> EventType:
        named = str(request.get("$ref", "")).rsplit("/", 1)[-1]
        tail = raw.path.rsplit("/", 1)[1]
        name = named if named.endswith("Event") else tail[:1].upper() + tail[1:]
        schema = self._schemas.schema(request)
        payload = schema.attributes.get("event")
        key = next(iter(payload.attributes), "") if payload else ""
        resource = self._subject(name, key)
        change = name[len(resource) :] if name.lower().startswith(resource.lower()) else name
        statuses = frozenset(raw.responses)
        return EventType(name, change.removesuffix("Event"), resource, key, schema, raw.path, statuses)

    def _subject(self, event: str, payload_key: str) -> str:
        names = {each.resource for each in self.operations if each.resource}
        same = [name for name in names if name.lower() == payload_key.lower()]
        prefixes = [name for name in names if event.lower().startswith(name.lower())]
        return (same or sorted(prefixes, key=len, reverse=True) or [payload_key])[0]


def _absent(attributes: Iterable[str], body: Schema | None) -> frozenset[str]:
    return frozenset() if body is None else frozenset(attributes) - frozenset(body.attributes)


def _state_attribute(attributes: Mapping[str, Any], lifecycle: Lifecycle | None) -> str | None:
    if lifecycle is not None and lifecycle.attribute in attributes:
        return lifecycle.attribute
    return next((name for name in STATE_ATTRIBUTES if name in attributes), None)


def _path_pattern(path: str) -> str:
    parts = re.split(r"\{[^{}]+\}", path)
    return "[^/]+".join(map(re.escape, parts)) + "/?"
