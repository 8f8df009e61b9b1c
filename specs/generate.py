"""Writes complete OpenAPI 3 documents from the information model.

`python -m tmfrig.specs.generate` rewrites the committed documents under `openapi/`.
"""

from __future__ import annotations

import json
from http import HTTPStatus
from pathlib import Path

from tmfrig.specs.components import Components, Json
from tmfrig.specs.model import ApiModel, ResourceModel, models

LINES = (1, 4, 5)
"""The folders of the model: the rig's own APIs, and the major versions of TM Forum's."""


def document(model: ApiModel) -> Json:
    """The OpenAPI 3.0 document of an API: resources, hub, listeners, events, errors, headers."""
    paths: Json = {}
    schemas = Components(model)
    for resource in model.resources.values():
        paths |= _resource_paths(resource, schemas)
    paths |= _hub_paths(model, schemas)
    paths |= _callback_path(model, schemas) if model.hears else {}
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


def _resource_paths(resource: ResourceModel, schemas: Components) -> Json:
    offered = {name: _RESOURCE_OPERATIONS[name](resource, schemas) for name in resource.operations}
    collection = {_METHODS[name]: offered[name] for name in offered if name in ("list", "create")}
    single = {_METHODS[name]: offered[name] for name in offered if name not in ("list", "create")}
    return {f"/{resource.name}": collection, f"/{resource.name}/{{id}}": single}


_METHODS = {"list": "get", "create": "post", "retrieve": "get", "patch": "patch", "delete": "delete"}


def _list(resource: ResourceModel, schemas: Components) -> Json:
    page = {"type": "array", "items": schemas.ref(resource.type)}
    answer = _answer(schemas, "A page of the collection", page)
    answer["headers"] = {
        "X-Result-Count": _header("Number of resources in this answer"),
        "X-Total-Count": _header("Number of resources that match the request"),
    }
    parameters = [
        *_fields_parameter("list", schemas),
        _query_parameter("offset", "integer", "Index of the first resource wanted"),
        _query_parameter("limit", "integer", "Number of resources wanted"),
    ]
    return _operation("list", resource, parameters, {"200": answer}, schemas)


def _create(resource: ResourceModel, schemas: Components) -> Json:
    answers = {"201": _answer(schemas, "Created", schemas.ref(resource.type))}
    if resource.answers_at_once:
        answers = {"200": _answer(schemas, "Answered at once", schemas.ref(resource.type))} | answers
    operation = _operation("create", resource, _fields_parameter("create", schemas), answers, schemas)
    return _with_body(operation, schemas, schemas.creation(resource))


def _retrieve(resource: ResourceModel, schemas: Components) -> Json:
    answers = {"200": _answer(schemas, "The resource", schemas.ref(resource.type))}
    parameters = [_id_parameter(resource.name), *_fields_parameter("retrieve", schemas)]
    return _operation("retrieve", resource, parameters, answers, schemas)


def _patch(resource: ResourceModel, schemas: Components) -> Json:
    wire = schemas.model.wire
    answers = {"200": _answer(schemas, "The resource after the change", schemas.ref(resource.type))}
    parameters = [_id_parameter(resource.name), *_fields_parameter("patch", schemas)]
    operation = _operation("patch", resource, parameters, answers, schemas)
    merge = schemas.patching(resource)
    bodies = {media_type: {"schema": merge} for media_type in wire.merge_media_types}
    for media_type in wire.operation_media_types:
        bodies[media_type] = {"schema": schemas.operations()}
    return _with_bodies(operation, bodies)


def _delete(resource: ResourceModel, schemas: Components) -> Json:
    answers: Json = {"204": {"description": "Deleted"}}
    return _operation("delete", resource, [_id_parameter(resource.name)], answers, schemas)


_RESOURCE_OPERATIONS = {
    "list": _list,
    "create": _create,
    "retrieve": _retrieve,
    "patch": _patch,
    "delete": _delete,
}


def _hub_paths(model: ApiModel, schemas: Components) -> Json:
    paths: Json = {"/hub": {}, "/hub/{id}": {}}
    for verb in model.wire.hub:
        path, method, operation = _HUB_OPERATIONS[verb](schemas)
        paths[path][method] = operation
    return paths


def _register(schemas: Components) -> tuple[str, str, Json]:
    answers = {"201": _answer(schemas, "Registered", schemas.subscription())}
    operation: Json = {
        "operationId": "registerListener",
        "tags": ["hub"],
        "responses": answers | _errors(schemas, "register"),
    }
    return "/hub", "post", _with_body(operation, schemas, schemas.registration())


def _registration(schemas: Components) -> tuple[str, str, Json]:
    answers = {"200": _answer(schemas, "The registration", schemas.subscription())}
    operation = {
        "operationId": "retrieveRegistration",
        "tags": ["hub"],
        "parameters": [_id_parameter("registration")],
        "responses": answers | _errors(schemas, "registration"),
    }
    return "/hub/{id}", "get", operation


def _unregister(schemas: Components) -> tuple[str, str, Json]:
    operation = {
        "operationId": "unregisterListener",
        "tags": ["hub"],
        "parameters": [_id_parameter("registration")],
        "responses": {"204": {"description": "Unregistered"}} | _errors(schemas, "unregister"),
    }
    return "/hub/{id}", "delete", operation


_HUB_OPERATIONS = {"register": _register, "registration": _registration, "unregister": _unregister}


def _listener_path(resource: ResourceModel, change: str, schemas: Components) -> Json:
    name, wire = f"{resource.type}{change}Event", schemas.model.wire
    notified: Json = {"description": "Notified"}
    if wire.notified_with is not None:
        notified = _answer(schemas, "Notified", schemas.subscription())
    listener: Json = {
        "operationId": f"listenTo{name}",
        "tags": ["listener"],
        "responses": {wire.notified: notified} | _errors(schemas, "notify"),
    }
    body = _with_body(listener, schemas, schemas.event(resource, change))
    return {f"/listener/{resource.name}{change}Event": {"post": body}}


def _callback_path(model: ApiModel, schemas: Components) -> Json:
    """Where the notifications of other APIs come in, whatever their events are called."""
    parameter = _id_parameter("API that notifies")
    parameter["schema"] = {"type": "string", "enum": list(model.hears)}
    operation: Json = {
        "operationId": "takeNotification",
        "tags": ["callback"],
        "parameters": [parameter],
        "responses": {"204": {"description": "Heard"}} | _errors(schemas, "notify"),
    }
    return {"/callback/{id}": {"post": _with_body(operation, schemas, {"type": "object"})}}


def _operation(
    verb: str, resource: ResourceModel, parameters: list[Json], answers: Json, schemas: Components
) -> Json:
    operation: Json = {"operationId": f"{verb}{resource.type}", "tags": [resource.name]}
    if parameters:
        operation["parameters"] = parameters
    accepted: Json = {"202": {"description": "Accepted"}} if verb in schemas.model.wire.accepted_on else {}
    return operation | {"responses": answers | accepted | _errors(schemas, verb)}


def _with_body(operation: Json, schemas: Components, schema: Json) -> Json:
    return _with_bodies(operation, {schemas.model.wire.media_type: {"schema": schema}})


def _with_bodies(operation: Json, bodies: Json) -> Json:
    responses = operation.pop("responses")
    return operation | {"requestBody": {"required": True, "content": bodies}, "responses": responses}


def _answer(schemas: Components, description: str, schema: Json) -> Json:
    return {"description": description, "content": {schemas.model.wire.media_type: {"schema": schema}}}


def _errors(schemas: Components, verb: str) -> Json:
    return {
        status: _answer(schemas, _reason(status), schemas.ref("Error"))
        for status in schemas.model.wire.errors[verb]
    }


def _reason(status: str) -> str:
    return "Error" if status == "default" else HTTPStatus(int(status)).phrase


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


def _fields_parameter(verb: str, schemas: Components) -> list[Json]:
    if verb not in schemas.model.wire.fields_on:
        return []
    return [_query_parameter("fields", "string", "Attributes wanted in the answer, separated by commas")]


def _query_parameter(name: str, kind: str, description: str) -> Json:
    return {"name": name, "in": "query", "description": description, "schema": {"type": kind}}


def text(model: ApiModel) -> str:
    """The document as it is committed: JSON, readable, with a final line break."""
    return json.dumps(document(model), indent=1, ensure_ascii=False) + "\n"


def main() -> None:
    """Rewrite every committed document from the model."""
    for line in LINES:
        folder = Path(__file__).parent / "openapi" / f"v{line}"
        folder.mkdir(parents=True, exist_ok=True)
        for model in models(line).values():
            (folder / f"{model.api}.json").write_text(text(model), "utf-8")


if __name__ == "__main__":
    main()
