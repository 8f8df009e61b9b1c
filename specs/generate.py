"""Writes complete OpenAPI 3 documents from the information model.

`python -m tmfrig.specs.generate` rewrites the committed documents under `openapi/`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tmfrig.specs.model import SCALARS, UNDECLARED, ApiModel, Field, ModelError, ResourceModel, models

Json = dict[str, Any]

MEDIA_TYPE = "application/json;charset=utf-8"
REASONS = {
    "400": "Bad Request",
    "401": "Unauthorized",
    "403": "Forbidden",
    "404": "Not Found",
    "405": "Method Not Allowed",
    "409": "Conflict",
    "500": "Internal Server Error",
}
ALL_ERRORS = tuple(REASONS)
WITHOUT_404 = tuple(status for status in REASONS if status != "404")
WITHOUT_409 = tuple(status for status in REASONS if status != "409")

EVENT_FIELDS = (
    "eventId: string",
    "eventTime: date-time",
    "eventType: string",
    "correlationId: string",
    "domain: string",
    "title: string",
    "description: string",
    "priority: string",
    "timeOcurred: date-time",  # spelt with one c in every v4 contract
)
# Changes whose event names the attribute concerned, and never carries an identity of its own.
EVENTS_WITH_FIELD_PATH = ("AttributeValueChange", "InformationRequired")


def document(model: ApiModel) -> Json:
    """The OpenAPI 3.0 document of an API: resources, hub, listeners, events, errors, headers."""
    paths: Json = {}
    schemas = _Schemas(model)
    for resource in model.resources.values():
        paths |= _resource_paths(resource, schemas)
    paths |= _hub_paths(schemas)
    for resource in model.resources.values():
        for change in resource.events:
            paths |= _listener_path(resource, change, schemas)
    return {
        "openapi": "3.0.3",
        "info": {"title": model.title, "version": model.version, "x-tmf-api": model.api},
        "servers": [{"url": model.base}],
        "tags": [{"name": name} for name in (*model.resources, "hub", "listener")],
        "paths": paths,
        "components": {"schemas": dict(sorted(schemas.written.items()))},
    }


class _Schemas:
    """Component schemas, written when something first refers to them."""

    def __init__(self, model: ApiModel) -> None:
        self.model = model
        self.written: Json = {}

    def ref(self, name: str) -> Json:
        if name in SCALARS:
            return dict(SCALARS[name])
        if name not in self.written:
            if name in self.model.enumerations:
                self.written[name] = {"type": "string", "enum": list(self.model.enumerations[name])}
            elif name in self.model.types:
                self.written[name] = {}  # holds the place: types refer to each other in circles
                self.written[name] = self.object(self.model.types[name])
            else:
                raise ModelError(f"{self.model.api}: no type or enumeration is called {name!r}")
        return {"$ref": f"#/components/schemas/{name}"}

    def add(self, name: str, schema: Json) -> Json:
        self.written[name] = schema
        return {"$ref": f"#/components/schemas/{name}"}

    def object(self, fields: Iterable[Field], mandatory: Iterable[str] | None = None) -> Json:
        fields = tuple(fields)
        if mandatory is None:
            mandatory = (field.name for field in fields if field.mandatory)
        required = sorted(mandatory)
        schema: Json = {"type": "object"}
        if required:
            schema["required"] = required
        schema["properties"] = {
            field.name: self.property(field) for field in fields if field.type != UNDECLARED
        }
        return schema

    def property(self, field: Field) -> Json:
        schema = self.ref(field.type)
        if field.is_list:
            schema = {"type": "array", "items": schema}
            if field.least is not None:
                schema["minItems"] = field.least
        if field.default is not None:
            schema["default"] = field.default
        return schema

    def creation(self, resource: ResourceModel) -> Json:
        fields = (
            resource.on_create.get(field.name, field)
            for field in self.model.types[resource.type]
            if field.name not in resource.server_set
        )
        return self.add(f"{resource.type}_Create", self.object(fields, resource.mandatory_on_create))

    def patching(self, resource: ResourceModel) -> Json:
        fields = (
            field for field in self.model.types[resource.type] if field.name not in resource.non_patchable
        )
        return self.add(f"{resource.type}_Update", self.object(fields, resource.mandatory_on_patch))

    def event(self, resource: ResourceModel, change: str) -> Json:
        name = f"{resource.type}{change}Event"
        payload = self.add(
            f"{name}Payload",
            {"type": "object", "properties": {resource.name: self.ref(resource.type)}},
        )
        fields = [Field.parse(*text.split(": ")) for text in EVENT_FIELDS]
        if change in EVENTS_WITH_FIELD_PATH:
            fields.append(Field("fieldPath", "string"))
        elif self.model.event_identity:
            fields = [Field("id", "string"), Field("href", "string"), *fields]
        schema = self.object(fields)
        schema["properties"]["event"] = payload
        return self.add(name, schema)

    def subscription(self) -> Json:
        fields = (Field("id", "string", mandatory=True), Field("callback", "string", mandatory=True))
        return self.add("EventSubscription", self.object((*fields, Field("query", "string"))))

    def registration(self) -> Json:
        fields = (Field("callback", "string", mandatory=True), Field("query", "string"))
        return self.add("EventSubscriptionInput", self.object(fields))


def _resource_paths(resource: ResourceModel, schemas: _Schemas) -> Json:
    offered = {name: _RESOURCE_OPERATIONS[name](resource, schemas) for name in resource.operations}
    collection = {_METHODS[name]: offered[name] for name in offered if name in ("list", "create")}
    single = {_METHODS[name]: offered[name] for name in offered if name not in ("list", "create")}
    return {f"/{resource.name}": collection, f"/{resource.name}/{{id}}": single}


_METHODS = {"list": "get", "create": "post", "retrieve": "get", "patch": "patch", "delete": "delete"}


def _list(resource: ResourceModel, schemas: _Schemas) -> Json:
    answer = _answer("A page of the collection", {"type": "array", "items": schemas.ref(resource.type)})
    answer["headers"] = {
        "X-Result-Count": _header("Number of resources in this answer"),
        "X-Total-Count": _header("Number of resources that match the request"),
    }
    parameters = [
        _fields_parameter(),
        _query_parameter("offset", "integer", "Index of the first resource wanted"),
        _query_parameter("limit", "integer", "Number of resources wanted"),
    ]
    return _operation("list", resource, parameters, {"200": answer} | _errors(schemas, ALL_ERRORS))


def _create(resource: ResourceModel, schemas: _Schemas) -> Json:
    answers = {"201": _answer("Created", schemas.ref(resource.type))}
    if resource.answers_at_once:
        answers = {"200": _answer("Answered at once", schemas.ref(resource.type))} | answers
    operation = _operation("create", resource, [], answers | _errors(schemas, WITHOUT_404))
    return _with_body(operation, schemas.creation(resource))


def _retrieve(resource: ResourceModel, schemas: _Schemas) -> Json:
    answers = {"200": _answer("The resource", schemas.ref(resource.type))}
    parameters = [_id_parameter(resource.name), _fields_parameter()]
    return _operation("retrieve", resource, parameters, answers | _errors(schemas, ALL_ERRORS))


def _patch(resource: ResourceModel, schemas: _Schemas) -> Json:
    answers = {"200": _answer("The resource after the change", schemas.ref(resource.type))}
    parameters = [_id_parameter(resource.name)]
    operation = _operation("patch", resource, parameters, answers | _errors(schemas, ALL_ERRORS))
    return _with_body(operation, schemas.patching(resource))


def _delete(resource: ResourceModel, schemas: _Schemas) -> Json:
    answers: Json = {"204": {"description": "Deleted"}}
    parameters = [_id_parameter(resource.name)]
    return _operation("delete", resource, parameters, answers | _errors(schemas, ALL_ERRORS))


_RESOURCE_OPERATIONS = {
    "list": _list,
    "create": _create,
    "retrieve": _retrieve,
    "patch": _patch,
    "delete": _delete,
}


def _hub_paths(schemas: _Schemas) -> Json:
    registered = {"201": _answer("Registered", schemas.subscription())}
    register: Json = {
        "operationId": "registerListener",
        "tags": ["hub"],
        "responses": registered | _errors(schemas, ALL_ERRORS),
    }
    unregister: Json = {
        "operationId": "unregisterListener",
        "tags": ["hub"],
        "parameters": [_id_parameter("registration")],
        "responses": {"204": {"description": "Unregistered"}} | _errors(schemas, WITHOUT_409),
    }
    return {
        "/hub": {"post": _with_body(register, schemas.registration())},
        "/hub/{id}": {"delete": unregister},
    }


def _listener_path(resource: ResourceModel, change: str, schemas: _Schemas) -> Json:
    name = f"{resource.type}{change}Event"
    listener: Json = {
        "operationId": f"listenTo{name}",
        "tags": ["listener"],
        "responses": {"201": _answer("Notified", schemas.subscription())} | _errors(schemas, ALL_ERRORS),
    }
    body = _with_body(listener, schemas.event(resource, change))
    return {f"/listener/{resource.name}{change}Event": {"post": body}}


def _operation(verb: str, resource: ResourceModel, parameters: list[Json], responses: Json) -> Json:
    operation: Json = {"operationId": f"{verb}{resource.type}", "tags": [resource.name]}
    if parameters:
        operation["parameters"] = parameters
    return operation | {"responses": responses}


def _with_body(operation: Json, schema: Json) -> Json:
    body = {"required": True, "content": {MEDIA_TYPE: {"schema": schema}}}
    responses = operation.pop("responses")
    return operation | {"requestBody": body, "responses": responses}


def _answer(description: str, schema: Json) -> Json:
    return {"description": description, "content": {MEDIA_TYPE: {"schema": schema}}}


def _errors(schemas: _Schemas, statuses: Iterable[str]) -> Json:
    return {status: _answer(REASONS[status], schemas.ref("Error")) for status in statuses}


def _header(description: str) -> Json:
    return {"description": description, "schema": {"type": "integer"}}


def _id_parameter(of: str) -> Json:
    return {
        "name": "id",
        "in": "path",
        "required": True,
        "description": f"Identifier of the {of}",
        "schema": {"type": "string"},
    }


def _fields_parameter() -> Json:
    return _query_parameter("fields", "string", "Attributes wanted in the answer, separated by commas")


def _query_parameter(name: str, kind: str, description: str) -> Json:
    return {"name": name, "in": "query", "description": description, "schema": {"type": kind}}


def text(model: ApiModel) -> str:
    """The document as it is committed: JSON, readable, with a final line break."""
    return json.dumps(document(model), indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Rewrite every committed document from the model."""
    for line in (4,):
        folder = Path(__file__).parent / "openapi" / f"v{line}"
        folder.mkdir(parents=True, exist_ok=True)
        for model in models(line).values():
            (folder / f"{model.api}.json").write_text(text(model), "utf-8")


if __name__ == "__main__":
    main()
