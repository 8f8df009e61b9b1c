"""Any OpenAPI 2.0, 3.0 or 3.1 document, read from JSON or YAML into one view without dialects.

This is the one place of tmfrig that knows how a dialect spells bodies, headers, parameters and nulls.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson
import yaml

Json = dict[str, Any]

METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
LARGEST_DOCUMENT = 64 * 1024 * 1024


class ContractError(Exception):
    """A document cannot serve as a contract; the message is one line: what, where, how to mend it."""


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


@dataclass(frozen=True)
class Document:
    """An OpenAPI document: its operations, and the resolution of the references in its schemas."""

    raw: Json
    source: str
    digest: str

    @classmethod
    def load(cls, path: Path) -> Document:
        """Read a file; ContractError when it is missing, neither JSON nor YAML, or no OpenAPI document."""
        try:
            if path.stat().st_size > LARGEST_DOCUMENT:
                raise ContractError(f"{path}: larger than 64 MiB; an OpenAPI document is expected here")
            content = path.read_bytes()
        except OSError as error:
            raise ContractError(f"{path}: cannot be read ({error.strerror}); check the path") from None
        return cls.parse(content, str(path))

    @classmethod
    def parse(cls, content: bytes, source: str) -> Document:
        """Read a document's bytes; `source` names it in messages."""
        raw = _parsed(content, source)
        document = cls(raw, source, "sha256:" + hashlib.sha256(content).hexdigest())
        document._check()
        return document

    def _check(self) -> None:
        if self.dialect == "":
            raise ContractError(
                f"{self.source}: not an OpenAPI document: neither swagger: 2.0 nor openapi: 3.x at its top"
            )
        paths = self.raw.get("paths")
        if not isinstance(paths, dict) or not paths:
            raise ContractError(f"{self.source}: paths: no path is declared; a contract needs at least one")
        for path, item in paths.items():
            if not isinstance(item, dict):
                raise ContractError(f"{self.source}: paths: {path}: an object is expected")
        for reference, place in _references(self.raw, "#"):
            try:
                self.resolve(reference)
            except ContractError as error:
                raise ContractError(f"{error} (referred to at {place})") from None
        try:
            _ = self.operations
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ContractError(
                f"{self.source}: paths: malformed ({type(error).__name__}: {error}); lint the file as OpenAPI"
            ) from None

    @cached_property
    def dialect(self) -> str:
        """ "2.0", "3.0" or "3.1"; empty for anything else."""
        if str(self.raw.get("swagger")) == "2.0":
            return "2.0"
        version = str(self.raw.get("openapi", ""))
        return version[:3] if version.startswith(("3.0", "3.1")) else ""

    @property
    def info(self) -> Json:
        """The `info` object, empty when the document has none."""
        info = self.raw.get("info")
        return info if isinstance(info, dict) else {}

    @cached_property
    def base_path(self) -> str:
        """Path of the API below its host, without a slash at the end; empty when not declared."""
        if self.dialect == "2.0":
            return str(self.raw.get("basePath", "")).rstrip("/")
        servers = self.raw.get("servers") or [{}]
        url = str(servers[0].get("url", ""))
        for name, variable in (servers[0].get("variables") or {}).items():
            url = url.replace("{" + name + "}", str(variable.get("default", "")))
        return urlsplit(url).path.rstrip("/")

    @cached_property
    def operations(self) -> tuple[DocumentOperation, ...]:
        """Every operation, in the document's order."""
        return tuple(
            self._operation(path, method, item)
            for path, item in ((path, self.followed(item)) for path, item in self.raw["paths"].items())
            for method in item
            if method in METHODS
        )

    def resolve(self, reference: str) -> Any:
        """What `#/…` points at; ContractError when it points nowhere or outside the document."""
        if not reference.startswith("#"):
            raise ContractError(
                f"{self.source}: $ref {reference!r} leaves the document; bundle it into one file first"
            )
        place: Any = self.raw
        for part in reference.lstrip("#").split("/")[1:]:
            key = unquote(part).replace("~1", "/").replace("~0", "~")
            if isinstance(place, list) and key.isdigit() and int(key) < len(place):
                place = place[int(key)]
            elif isinstance(place, dict) and key in place:
                place = place[key]
            else:
                raise ContractError(f"{self.source}: $ref {reference!r} points at nothing")
        return place

    def followed(self, node: Any) -> Any:
        """The node itself, or what its `$ref` (or chain of them) finally points at."""
        seen: set[str] = set()
        while isinstance(node, dict) and isinstance(node.get("$ref"), str):
            if node["$ref"] in seen:
                raise ContractError(f"{self.source}: $ref {node['$ref']!r} refers to itself")
            seen.add(node["$ref"])
            node = self.resolve(node["$ref"])
        return node

    def _operation(self, path: str, method: str, item: Json) -> DocumentOperation:
        raw = item[method]
        declared = [self.followed(each) for each in (*item.get("parameters", ()), *raw.get("parameters", ()))]
        body, media_types, required = self._request(raw, declared)
        return DocumentOperation(
            path=path,
            method=method,
            id=str(raw.get("operationId") or f"{method} {path}"),
            parameters=tuple(
                DocumentParameter(
                    name=each["name"],
                    place=each["in"],
                    required=bool(each.get("required", False)),
                    schema=self._parameter_schema(each),
                )
                for each in declared
                if each.get("in") in ("path", "query", "header")
            ),
            request=body,
            request_required=required,
            request_media_types=media_types,
            responses={
                str(status): self._response(str(status), self.followed(response), raw)
                for status, response in raw.get("responses", {}).items()
            },
        )

    def _request(self, raw: Json, declared: list[Json]) -> tuple[Json | None, tuple[str, ...], bool]:
        if self.dialect == "2.0":
            body = next((each for each in declared if each.get("in") == "body"), None)
            if body is None:
                return None, (), False
            consumes: list[str] = raw.get("consumes") or self.raw.get("consumes") or ["application/json"]
            return body.get("schema", {}), tuple(consumes), bool(body.get("required", False))
        body = self.followed(raw.get("requestBody"))
        if not body:
            return None, (), False
        content = body.get("content", {})
        return _json_schema_of(content), tuple(content), bool(body.get("required", False))

    def _parameter_schema(self, parameter: Json) -> Json:
        if self.dialect == "2.0":
            return {key: parameter[key] for key in ("type", "format", "enum", "items") if key in parameter}
        schema: Json = parameter.get("schema", {})
        return schema

    def _response(self, status: str, raw: Json, operation: Json) -> DocumentResponse:
        headers = {name: self.followed(header) for name, header in raw.get("headers", {}).items()}
        if self.dialect == "2.0":
            produces: list[str] = (
                operation.get("produces") or self.raw.get("produces") or ["application/json"]
            )
            return DocumentResponse(status, raw.get("schema"), headers, tuple(produces))
        content = raw.get("content", {})
        schemas = {name: header.get("schema", {}) for name, header in headers.items()}
        return DocumentResponse(status, _json_schema_of(content), schemas, tuple(content))


def _json_schema_of(content: Json) -> Json | None:
    for media_type, media in content.items():
        if media_type.split(";")[0].strip() == "application/json":
            return dict(media.get("schema", {}))
    for media in content.values():
        return dict(media.get("schema", {}))
    return None


def _references(node: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref" and isinstance(value, str):
                yield value, place
            elif key not in ("example", "examples", "default", "enum"):
                yield from _references(value, f"{place}/{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _references(value, f"{place}/{index}")


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Safe YAML in which a date stays the text that was written, as in JSON."""


_Loader.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
    for first, pairs in _Loader.yaml_implicit_resolvers.items()
}


def _parsed(content: bytes, source: str) -> Json:
    try:
        raw = orjson.loads(content)
    except orjson.JSONDecodeError as json_error:
        if content.lstrip()[:1] in (b"{", b"["):
            raise ContractError(f"{source}: not valid JSON: {json_error}") from None
        raw = _parsed_yaml(content, source)
    if not isinstance(raw, dict):
        raise ContractError(f"{source}: not an OpenAPI document: an object is expected at its top")
    return raw


def _parsed_yaml(content: bytes, source: str) -> Any:
    try:
        raw = yaml.load(content, Loader=_Loader)
        # YAML allows keys that JSON does not have (status codes as numbers)
        return json.loads(json.dumps(raw))
    except (yaml.YAMLError, UnicodeDecodeError, TypeError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ContractError(f"{source}: neither JSON nor YAML: {reason}") from None
