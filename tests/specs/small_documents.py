"""Documents in every dialect: of one resource `thing`, and of a small product inventory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from tmfrig.specs import Document, Schema
from tmfrig.specs.schema import Schemas

Json = dict[str, Any]

VERSIONS = {"2.0": "2.0", "3.0": "3.0.3", "3.1": "3.1.0"}


def openapi(schema: Json, schemas: Json | None = None, dialect: str = "3.0") -> Json:
    """A document whose POST /thing takes the schema and answers 201 with an empty object."""
    if dialect == "2.0":
        body = {"in": "body", "name": "thing", "required": True, "schema": schema}
        operation = {"parameters": [body], "responses": {"201": {"schema": {"type": "object"}}}}
        return {
            "swagger": "2.0",
            "consumes": ["application/json"],
            "produces": ["application/json"],
            "paths": {"/thing": {"post": operation}},
            "definitions": schemas or {},
        }
    operation = {
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {"201": {"content": {"application/json": {"schema": {"type": "object"}}}}},
    }
    return {
        "openapi": VERSIONS[dialect],
        "paths": {"/thing": {"post": operation}},
        "components": {"schemas": schemas or {}},
    }


def parsed(document: Json) -> Document:
    return Document.parse(orjson.dumps(document), "small.json")


def request_schema(
    schema: Json, schemas: Json | None = None, dialect: str = "3.0", *, partial: bool = False
) -> Schema:
    """The body of POST /thing as a compiled schema."""
    document = parsed(openapi(schema, schemas, dialect))
    (operation,) = document.operations
    assert operation.request is not None
    return Schemas(document).schema(operation.request, partial=partial)


def product_schema() -> Json:
    """One that its caller may change."""
    status = {"type": "string", "enum": ["created", "on", "aborted "]}
    return {
        "type": "object",
        "required": ["status"],
        "properties": {"id": {"type": "string"}, "status": status},
    }


def swagger_2() -> Json:
    product = {"$ref": "#/definitions/Product"}
    identifier = {"name": "id", "in": "path", "required": True, "type": "string"}
    return {
        "swagger": "2.0",
        "info": {"title": "Product Inventory", "version": "4.0.0"},
        "basePath": "/tmf-api/productInventory/v4/",
        "consumes": ["application/json;charset=utf-8"],
        "produces": ["application/json;charset=utf-8"],
        "paths": {
            "/product": {
                "get": {
                    "parameters": [{"name": "fields", "in": "query", "type": "string"}],
                    "responses": {
                        200: {
                            "headers": {"X-Total-Count": {"type": "integer"}},
                            "schema": {"type": "array", "items": product},
                        }
                    },
                },
                "post": {
                    "parameters": [{"name": "product", "in": "body", "required": True, "schema": product}],
                    "responses": {201: {"schema": product}},
                },
            },
            "/product/{id}": {
                "parameters": [identifier],
                "get": {"responses": {200: {"schema": product}}},
                "delete": {"responses": {204: {"description": "Gone"}}},
            },
        },
        "definitions": {"Product": product_schema()},
    }


def openapi_3(version: str) -> Json:
    product = {"schema": {"$ref": "#/components/schemas/Product"}}
    content = {"application/json;charset=utf-8": product}
    listed = {"schema": {"type": "array", "items": product["schema"]}}
    return {
        "openapi": version,
        "info": {"title": "Product Inventory", "version": "4.0.0"},
        "servers": [
            {
                "url": "https://{host}/tmf-api/productInventory/v4/",
                "variables": {"host": {"default": "api.acme.example"}},
            }
        ],
        "paths": {
            "x-note": "not a path",
            "/product": {
                "get": {
                    "parameters": [{"$ref": "#/components/parameters/Fields"}],
                    "responses": {
                        "200": {
                            "headers": {"X-Total-Count": {"$ref": "#/components/headers/Total"}},
                            "content": {"application/json;charset=utf-8": listed},
                        }
                    },
                },
                "post": {
                    "requestBody": {"$ref": "#/components/requestBodies/Product"},
                    "responses": {"201": {"$ref": "#/components/responses/Product"}},
                },
            },
            "/product/{id}": {"$ref": "#/components/x-items/one"},
        },
        "components": {
            "schemas": {"Product": product_schema()},
            "requestBodies": {"Product": {"required": True, "content": content}},
            "responses": {"Product": {"content": content}},
            "headers": {"Total": {"schema": {"type": "integer"}}},
            "parameters": {"Fields": {"name": "fields", "in": "query", "schema": {"type": "string"}}},
            "x-items": {
                "one": {
                    "parameters": [
                        {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
                    ],
                    "get": {"responses": {"200": {"content": content}}},
                    "delete": {"responses": {"204": {"description": "Gone"}}},
                }
            },
        },
    }


INVENTORIES: dict[str, Callable[[], Json]] = {
    "2.0": swagger_2,
    "3.0": lambda: openapi_3("3.0.3"),
    "3.1": lambda: openapi_3("3.1.0"),
}
