"""Any OpenAPI 2.0, 3.0 or 3.1 document, read into one view of its operations without dialects.

This is the one place of tmfrig that knows how a dialect spells bodies, headers and parameters; how it spells
schemas is in `dialect`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from tmfrig.specs.dialect import as_schema
from tmfrig.specs.reading import ContractError, Json, parsed, read
from tmfrig.specs.wellformed import check_schemas

METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
DIALECTS = ("2.0", "3.0", "3.1")


@dataclass(frozen=True, slots=True)
class DocumentParameter:
    """A path, query or header parameter of an operation."""

    name: str
    place: str
    required: bool
    schema: Json


@dataclass(frozen=True, slots=True)
class DocumentResponse:
    """One declared answer: its body's schema and headers, each a schema of this document."""

    status: str
    schema: Json | None
    headers: Mapping[str, Json]
    media_types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DocumentOperation:
    """One method of one path, whatever the dialect of its document."""

    path: str
    method: str
    id: str
    parameters: tuple[DocumentParameter, ...]
    request: Json | None
    request_required: bool
    request_media_types: tuple[str, ...]
    responses: Mapping[str, DocumentResponse]

    @property
    def schemas(self) -> Iterator[tuple[str, Json]]:
        """Every schema of the operation, with a word for where it stands."""
        for parameter in self.parameters:
            yield f"parameter {parameter.name}", parameter.schema
        if self.request is not None:
            yield "request", self.request
        for status, response in self.responses.items():
            if response.schema is not None:
                yield f"response {status}", response.schema
            for name, header in response.headers.items():
                yield f"response {status} header {name}", header


@dataclass(frozen=True)
class Document:
    """An OpenAPI document: its operations, and the resolution of the references in its schemas."""

    raw: Json
    source: str
    digest: str

    @classmethod
    def load(cls, path: Path) -> Document:
        """Read a file; ContractError when it is missing, neither JSON nor YAML, or no OpenAPI document."""
        return cls.parse(read(path), str(path))

    @classmethod
    def parse(cls, content: bytes, source: str) -> Document:
        """Read a document's bytes; `source` names it in messages."""
        document = cls(parsed(content, source), source, "sha256:" + hashlib.sha256(content).hexdigest())
        document._check()
        return document

    def _check(self) -> None:
        if self.dialect == "":
            raise ContractError(
                f"{self.source}: not an OpenAPI document: neither swagger: '2.0' nor openapi: 3.0.x or 3.1.x "
                "at its top"
            )
        if not self._object(self.raw.get("paths"), "paths"):
            raise ContractError(f"{self.source}: paths: no path is declared; a contract needs at least one")
        for reference, place in _references(self.raw, "#"):
            try:
                self.resolve(reference)
            except ContractError as error:
                raise ContractError(f"{error} (referred to at {place})") from None
        if not self.operations:
            raise ContractError(f"{self.source}: paths: no operation is declared; a contract needs one")
        _ = self.base_path
        check_schemas(self._schemas(), self.dialect, self.source, self.resolve)

    def _schemas(self) -> Iterator[tuple[str, Json]]:
        for operation in self.operations:
            for place, schema in operation.schemas:
                yield f"{operation.method.upper()} {operation.path} {place}", schema

    @cached_property
    def dialect(self) -> str:
        """ "2.0", "3.0" or "3.1"; empty for anything else."""
        if str(self.raw.get("swagger")) in ("2.0", "2"):
            return "2.0"
        version = ".".join(str(self.raw.get("openapi", "")).split(".")[:2])
        return version if version in DIALECTS[1:] else ""

    @property
    def info(self) -> Json:
        """The `info` object, empty when the document has none."""
        info = self.raw.get("info")
        return info if isinstance(info, dict) else {}

    @cached_property
    def base_path(self) -> str:
        """Path of the API below its host, without a slash at the end; empty when not declared."""
        if self.dialect == "2.0":
            return str(self.raw.get("basePath") or "").rstrip("/")
        servers = self._list(self.raw.get("servers"), "servers")
        server = self._object(servers[0] if servers else None, "servers/0")
        url = str(server.get("url") or "")
        for name, variable in self._object(server.get("variables"), "servers/0/variables").items():
            chosen = self._object(variable, f"servers/0/variables/{name}").get("default", "")
            url = url.replace("{" + name + "}", str(chosen))
        try:
            return urlsplit(url).path.rstrip("/")
        except ValueError as error:
            raise ContractError(f"{self.source}: servers/0/url: {url!r} is no URL ({error})") from None

    @cached_property
    def operations(self) -> tuple[DocumentOperation, ...]:
        """Every operation, in the document's order."""
        return tuple(
            self._operation(path, method, item)
            for path, raw in self._object(self.raw.get("paths"), "paths").items()
            if not path.startswith("x-")
            for item in (self._object(raw, f"paths/{path}"),)
            for method in item
            if method in METHODS
        )

    def resolve(self, reference: str) -> Any:
        """What `#/…` points at; ContractError when it points nowhere or outside the document."""
        if not reference.startswith("#"):
            raise ContractError(
                f"{self.source}: $ref {reference!r} leaves the document; bundle it into one file first"
            )
        if not reference.startswith("#/"):
            raise ContractError(f"{self.source}: $ref {reference!r} is no path in the document (#/…)")
        place: Any = self.raw
        for part in reference.split("/")[1:]:
            key = unquote(part).replace("~1", "/").replace("~0", "~")
            if isinstance(place, list) and key.isdecimal() and int(key) < len(place):
                place = place[int(key)]
            elif isinstance(place, dict) and key in place:
                place = place[key]
            else:
                raise ContractError(f"{self.source}: $ref {reference!r} points at nothing; define it")
        return place

    def followed(self, node: Any) -> Any:
        """The node itself, or what its `$ref` (or chain of them) finally points at."""
        seen: set[str] = set()
        while isinstance(node, dict) and isinstance(node.get("$ref"), str):
            if node["$ref"] in seen:
                raise ContractError(f"{self.source}: $ref {node['$ref']!r} refers to itself; break it")
            seen.add(node["$ref"])
            node = self.resolve(node["$ref"])
        return node

    def _object(self, node: Any, place: str) -> Json:
        found = self.followed(node)
        if found is not None and not isinstance(found, dict):
            raise ContractError(f"{self.source}: {place}: an object is expected, not {_shown(found)}")
        return found or {}

    def _list(self, node: Any, place: str) -> list[Any]:
        if node is not None and not isinstance(node, list):
            raise ContractError(f"{self.source}: {place}: a list is expected, not {_shown(node)}")
        return node or []

    def _schema(self, node: Any, place: str) -> Json:
        if node is not None and not isinstance(node, dict | bool):
            raise ContractError(f"{self.source}: {place}: a schema is expected, not {_shown(node)}")
        return as_schema(node)

    def _operation(self, path: str, method: str, item: Json) -> DocumentOperation:
        place = f"paths/{path}/{method}"
        raw = self._object(item[method], place)
        declared = self._parameters(item, f"paths/{path}") | self._parameters(raw, place)
        body, media_types, required = self._request(raw, declared, place)
        return DocumentOperation(
            path=path,
            method=method,
            id=str(raw.get("operationId") or f"{method} {path}"),
            parameters=tuple(
                DocumentParameter(
                    name=name,
                    place=where,
                    required=bool(each.get("required", False)),
                    schema=self._parameter_schema(each, f"{place}/parameters/{name}"),
                )
                for (name, where), each in declared.items()
                if where in ("path", "query", "header")
            ),
            request=body,
            request_required=required,
            request_media_types=media_types,
            responses={
                status: self._response(status, response, raw, f"{place}/responses/{status}")
                for status, response in self._object(raw.get("responses"), f"{place}/responses").items()
                if not status.startswith("x-")
            },
        )

    def _parameters(self, raw: Json, place: str) -> dict[tuple[str, str], Json]:
        found = {}
        for index, node in enumerate(self._list(raw.get("parameters"), f"{place}/parameters")):
            each = self._object(node, f"{place}/parameters/{index}")
            if not isinstance(each.get("name"), str) or not isinstance(each.get("in"), str):
                raise ContractError(
                    f"{self.source}: {place}/parameters/{index}: a parameter needs a name and an in"
                )
            found[each["name"], each["in"]] = each
        return found

    def _request(
        self, raw: Json, declared: Mapping[tuple[str, str], Json], place: str
    ) -> tuple[Json | None, tuple[str, ...], bool]:
        if self.dialect == "2.0":
            body = next((each for (_, where), each in declared.items() if where == "body"), None)
            if body is None:
                return None, (), False
            schema = self._schema(body.get("schema"), f"{place}/parameters/body/schema")
            return schema, self._media_types(raw, "consumes", place), bool(body.get("required", False))
        body = self._object(raw.get("requestBody"), f"{place}/requestBody")
        if not body:
            return None, (), False
        content = self._object(body.get("content"), f"{place}/requestBody/content")
        written = self._body_schema(content, f"{place}/requestBody/content")
        return written, tuple(content), bool(body.get("required", False))

    def _media_types(self, raw: Json, key: str, place: str) -> tuple[str, ...]:
        types = self._list(raw.get(key), f"{place}/{key}") or self._list(self.raw.get(key), key)
        return tuple(map(str, types)) or ("application/json",)

    def _parameter_schema(self, parameter: Json, place: str) -> Json:
        if self.dialect == "2.0":
            return {key: value for key, value in parameter.items() if key not in ("name", "in", "required")}
        return self._schema(parameter.get("schema"), f"{place}/schema")

    def _response(self, status: str, node: Any, operation: Json, place: str) -> DocumentResponse:
        raw = self._object(node, place)
        headers = {
            name: self._object(header, f"{place}/headers/{name}")
            for name, header in self._object(raw.get("headers"), f"{place}/headers").items()
        }
        if self.dialect == "2.0":
            schema = self._schema(raw["schema"], f"{place}/schema") if "schema" in raw else None
            return DocumentResponse(status, schema, headers, self._media_types(operation, "produces", place))
        content = self._object(raw.get("content"), f"{place}/content")
        schemas = {
            name: self._schema(header.get("schema"), f"{place}/headers/{name}/schema")
            for name, header in headers.items()
        }
        body = self._body_schema(content, f"{place}/content")
        return DocumentResponse(status, body, schemas, tuple(content))

    def _body_schema(self, content: Json, place: str) -> Json | None:
        """The schema of the JSON body, of any body where none is JSON, None where there is no body."""
        plain = {media_type: media_type.split(";")[0].strip().lower() for media_type in content}
        preferred = sorted(content, key=lambda each: plain[each] != "application/json")
        for media_type in preferred:
            media = self._object(content[media_type], f"{place}/{media_type}")
            return self._schema(media.get("schema"), f"{place}/{media_type}/schema")
        return None


def _references(node: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref" and isinstance(value, str):
                yield value, place
            elif key not in ("example", "examples", "default", "enum", "const"):
                yield from _references(value, f"{place}/{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _references(value, f"{place}/{index}")


def _shown(value: Any) -> str:
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    return repr(value)[:40]
