"""jsonschema-rs, which judges, against jsonschema, the reference: same verdict, same places, same keywords.

The schemas that both are given are ours. That these say what the official file says is measured as well, by
giving jsonschema the official definitions as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from random import Random
from typing import Any

import jsonschema
import pytest
from generated_bodies import broken, retyped, valid_body
from official_examples import official_examples, schema_of
from small_documents import Json
from tmf_oracle import every_api, every_v5_api, nodes, official_document

from tmfrig.specs import API_IDS, Document, Schema, standard_contract
from tmfrig.specs.problem import dotted
from tmfrig.specs.schema import ENFORCED_FORMATS, Schemas

BODIES_PER_RESOURCE = 400
BROKEN_PER_EXAMPLE = 20
FORMATS = jsonschema.FormatChecker(ENFORCED_FORMATS)

EVERY_RESOURCE = [
    pytest.param(api, name, id=f"{api}-{name}")
    for api in API_IDS
    for name in standard_contract(api).resources
]
every_resource = pytest.mark.parametrize(("api", "name"), EVERY_RESOURCE)


class Reference:
    """A schema as jsonschema judges it."""

    def __init__(self, schema: Json, draft: Any = jsonschema.Draft202012Validator) -> None:
        self._validator = draft(schema, format_checker=FORMATS)

    def problems(self, body: Any) -> set[tuple[str, str]]:
        return {place_of(error) for error in self._validator.iter_errors(body)}


def place_of(error: jsonschema.ValidationError) -> tuple[str, str]:
    path = list(error.absolute_path)
    if error.validator == "required":
        missing = re.fullmatch(r"'(.*)' is a required property", error.message)
        assert missing is not None
        path.append(missing[1])
    return dotted(path), str(error.validator)


def judged(schema: Schema, body: Any) -> set[tuple[str, str]]:
    problems = schema.problems(body)
    assert schema.accepts(body) == (not problems)
    return {(each.path, each.keyword) for each in problems}


def bodies(schema: Schema, seed: str) -> Iterator[Any]:
    """As many valid as broken ones, always the same for a seed."""
    random = Random(seed)
    for _ in range(BODIES_PER_RESOURCE // 4):
        body = valid_body(schema.json_schema, random)
        yield body
        yield broken(body, random)


def schemas_of(api: str, name: str) -> Iterable[Schema]:
    resource = standard_contract(api).resources[name]
    assert resource.creation is not None
    return resource.creation, resource.representation


@every_resource
def test_generated_bodies(api: str, name: str) -> None:
    verdicts = []
    for schema in schemas_of(api, name):
        reference = Reference(schema.json_schema)
        for body in bodies(schema, f"{api} {name}"):
            found = judged(schema, body)
            assert found == reference.problems(body), body
            verdicts.append(not found)
    assert verdicts.count(True) >= BODIES_PER_RESOURCE // 2
    assert verdicts.count(False) >= BODIES_PER_RESOURCE // 5


@every_resource
def test_generated_bodies_against_the_official_definitions(api: str, name: str) -> None:
    """Draft 7 reads what Swagger 2.0 takes from draft 4, but for 1.0, which is an integer since draft 6."""
    official = official_document(api)
    creation = standard_contract(api).resources[name].creation
    assert creation is not None
    (operation,) = (each for each in official.operations if (each.method, each.path) == ("post", f"/{name}"))
    schema = {**(operation.request or {}), "definitions": official.raw["definitions"]}
    reference = Reference(schema, jsonschema.Draft7Validator)
    for body in bodies(creation, f"official {api} {name}"):
        theirs, ours = reference.problems(body), judged(creation, body)
        assert ours <= theirs, body
        assert all(is_tolerated(path, keyword, body) for path, keyword in theirs - ours), body


def is_tolerated(path: str, keyword: str, body: Any) -> bool:
    if keyword == "enum":
        return value_at(path, body) in ("acknowledged", "aborted")
    # TMF641 asks for an id that its reference to an order item does not declare
    return keyword == "required" and path.endswith(".id") and "orderItem" in path


def value_at(path: str, body: Any) -> Any:
    for part in re.findall(r"[^.\[\]]+", path):
        body = body[int(part)] if isinstance(body, list) else body[part]
    return body


def examples(document: Document) -> Iterator[tuple[Json, Any]]:
    """Every example of a document with its schema, whether of a body, a parameter or an attribute."""
    for node in nodes(document.raw):
        if isinstance(node.get("schema"), dict):
            for each in (node.get("examples") or {}).values():
                yield node["schema"], document.followed(each).get("value")
            if "example" in node:
                yield node["schema"], node["example"]
        elif "example" in node and isinstance(node.get("type"), str):
            yield {key: value for key, value in node.items() if key != "required"}, node["example"]


def same_verdict_on_examples(document: Document) -> int:
    schemas = Schemas(document)
    count = 0
    for raw, example in examples(document):
        schema = schemas.schema(raw)
        assert judged(schema, example) == Reference(schema.json_schema).problems(example)
        count += 1
    return count


@every_api
def test_official_examples(api: str) -> None:
    same_verdict_on_examples(official_document(api))


@every_v5_api
def test_official_examples_of_version_5(api: str) -> None:
    assert same_verdict_on_examples(official_document(api, 5)) > 20


@every_v5_api
def test_broken_examples_of_version_5(api: str) -> None:
    """Official examples as they are and with a few things broken, judged by our contracts."""
    random, verdicts = Random(api), []
    references: dict[int, Reference] = {}
    for example in (each for each in official_examples() if each.api == api and not each.is_operations):
        schema = schema_of(standard_contract(api, 5), example)
        reference = references.setdefault(id(schema), Reference(schema.json_schema))
        changes = [broken, retyped] * (BROKEN_PER_EXAMPLE // 2)
        for body in (example.body, *(change(example.body, random) for change in changes)):
            found = judged(schema, body)
            assert found == reference.problems(body), body
            verdicts.append(not found)
    assert verdicts.count(True) >= len(verdicts) // 5
    assert verdicts.count(False) >= len(verdicts) // 5


def test_there_are_official_examples() -> None:
    assert sum(1 for api in API_IDS for _ in examples(official_document(api))) > 50
