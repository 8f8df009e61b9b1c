"""The examples in the official documents of version 5, each with where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tmf_oracle import OFFICIAL_V5, official_document

from tmfrig.specs import Contract, Document, Schema

# The official path repeats the resource.
LISTENERS = {"/listener/productProductBatchEvent": "/listener/productBatchEvent"}


@dataclass(frozen=True)
class Example:
    """One body that an official document gives as an example."""

    api: str
    method: str
    path: str
    part: str
    """`request`, or the status of the response."""
    media_type: str
    name: str
    body: Any = field(compare=False, repr=False)

    @property
    def is_operations(self) -> bool:
        """Whether it is the request of a JSON Patch: a list of operations."""
        return self.part == "request" and "json-patch" in self.media_type

    def __str__(self) -> str:
        return f"{self.api} {self.method} {self.path} {self.part} {self.media_type} {self.name}"


@cache
def official_examples() -> tuple[Example, ...]:
    """The examples of request bodies, of answers that are no errors, and of notifications."""
    return tuple(each for api in OFFICIAL_V5 for each in _examples(api, official_document(api, 5)))


def _examples(api: str, document: Document) -> Iterator[Example]:
    for path, item in document.raw["paths"].items():
        for method, operation in item.items():
            bodies = {"request": operation.get("requestBody", {})}
            if not path.startswith("/listener/"):
                bodies |= {each: answer for each, answer in operation["responses"].items() if each[0] == "2"}
            for part, body in bodies.items():
                for media_type, media in document.followed(body).get("content", {}).items():
                    for name, value in _named(document, media):
                        yield Example(api, method.upper(), path, part, media_type, name, value)


def _named(document: Document, media: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, example in media.get("examples", {}).items():
        yield name, document.followed(example).get("value")
    if "example" in media:
        yield "", media["example"]


def schema_of(contract: Contract, example: Example) -> Schema:
    """What judges an example by a contract."""
    if example.path.startswith("/listener/"):
        paths = (example.path, LISTENERS.get(example.path))
        return next(each.schema for each in contract.events.values() if each.path in paths)
    operation = contract.operation_for(example.method, example.path.replace("{id}", "42"))
    assert operation is not None
    schema = operation.request if example.part == "request" else operation.responses[example.part].schema
    assert schema is not None
    return schema
