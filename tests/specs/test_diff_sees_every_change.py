"""The structural comparison can fail: it sees every fact that one of our documents changes, at its path.

All facts of a kind are changed at once, and the differences have to be exactly these changes: at the place
and path where a simple walk over the document, written here, first meets each of them.
"""

from __future__ import annotations

import copy
import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from tmf_oracle import every_api, nodes

from tmfrig.specs import Document, standard_contract
from tmfrig.specs.diff import compare
from tmfrig.specs.difference import Aspect

Json = dict[str, Any]
SEED = 20


@dataclass(frozen=True)
class Met:
    """A property, by the schema that has it, and where it is first met."""

    place: str
    path: str
    owner: Json
    name: str

    @property
    def schema(self) -> Json:
        schema: Json = self.owner["properties"][self.name]
        return schema

    @property
    def where(self) -> tuple[str, str]:
        return self.place, self.path


class Changed:
    """A copy of one of our documents, to be changed and then compared with the original."""

    def __init__(self, api: str) -> None:
        self.original = standard_contract(api).openapi
        self.raw = copy.deepcopy(self.original.raw)

    def operations(self) -> Iterator[tuple[str, Json]]:
        for path, item in self.raw["paths"].items():
            for method, operation in item.items():
                yield f"{method.upper()} {path}", operation

    def bodies(self) -> Iterator[tuple[str, Json]]:
        for name, operation in self.operations():
            if "requestBody" in operation:
                yield f"{name} request", operation["requestBody"]
            for status, response in operation["responses"].items():
                if "content" in response:
                    yield f"{name} response {status}", response

    def properties(self) -> Iterator[Met]:
        """Every property, once, where it is first met breadth first."""
        seen: set[int] = set()
        for place, body in self.bodies():
            (media,) = body["content"].values()
            waiting = deque([("", media["schema"])])
            while waiting:
                path, schema = waiting.popleft()
                if "$ref" in schema:
                    schema = self.raw["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
                if id(schema) in seen:
                    continue
                seen.add(id(schema))
                if "items" in schema:
                    waiting.append((f"{path}[]", schema["items"]))
                for name, each in schema.get("properties", {}).items():
                    below = f"{path}.{name}" if path else name
                    waiting.append((below, each))
                    yield Met(place, below, schema, name)

    def differences(self) -> list[tuple[tuple[str, str], Aspect]]:
        changed = Document.parse(orjson.dumps(self.raw), "changed")
        return [((each.place, each.path), each.aspect) for each in compare(self.original, changed)]

    def expect(self, wheres: list[tuple[str, str]], aspect: Aspect) -> None:
        assert wheres, f"nothing of the document has a {aspect}"
        assert sorted(self.differences()) == sorted((where, aspect) for where in wheres)


def is_scalar(schema: Json) -> bool:
    return schema.get("type") not in (None, "array", "object")


# One more fact for a plain attribute, and how the comparison calls it.
FACTS: dict[Aspect, Json] = {
    Aspect.FORMAT: {"format": "email"},
    Aspect.DEFAULT: {"default": "something else"},
    Aspect.NULLABLE: {"nullable": True},
    Aspect.LIMITS: {"maxLength": 7},
    Aspect.READ_ONLY: {"readOnly": True},
    Aspect.WRITE_ONLY: {"writeOnly": True},
    Aspect.ENUMERATION: {"enum": ["one", "two"]},
}


@every_api
def test_every_fact_of_every_plain_attribute(api: str) -> None:
    document = Changed(api)
    plain = [each for each in document.properties() if is_scalar(each.schema)]
    for each in plain:
        for fact in FACTS.values():
            each.schema.update(fact)
    expected = [(each.where, aspect) for each in plain for aspect in FACTS]
    assert sorted(document.differences()) == sorted(expected)


@pytest.mark.parametrize("aspect", FACTS)
def test_a_fact_on_its_own(aspect: Aspect) -> None:
    document = Changed("TMF638")
    plain = [each for each in document.properties() if is_scalar(each.schema)]
    for each in plain:
        each.schema.update(FACTS[aspect])
    document.expect([each.where for each in plain], aspect)


@every_api
def test_the_type_of_every_plain_attribute(api: str) -> None:
    document = Changed(api)
    plain = [each for each in document.properties() if is_scalar(each.schema)]
    for each in plain:
        each.schema["type"] = "boolean" if each.schema["type"] != "boolean" else "integer"
    document.expect([each.where for each in plain], Aspect.TYPE)


@every_api
def test_every_attribute_mandatory_or_not(api: str) -> None:
    document = Changed(api)
    met = list(document.properties())
    for each in met:
        required = set(each.owner.get("required", ()))
        each.owner["required"] = sorted(required ^ {each.name})
    document.expect([each.where for each in met], Aspect.MANDATORY)


@every_api
def test_the_cardinality_of_every_list(api: str) -> None:
    document = Changed(api)
    lists = [each for each in document.properties() if each.schema.get("type") == "array"]
    for each in lists:
        each.schema["minItems"] = each.schema.get("minItems", 0) + 1
    document.expect([each.where for each in lists], Aspect.CARDINALITY)


@every_api
def test_every_list_made_a_single_value(api: str) -> None:
    document = Changed(api)
    lists = [each for each in document.properties() if each.schema.get("type") == "array"]
    for each in lists:
        each.owner["properties"][each.name] = {"type": "string"}
    found = document.differences()
    assert found
    assert {aspect for _, aspect in found} == {Aspect.TYPE}
    assert {path.rsplit(".", 1)[-1] for (_, path), _ in found} <= {each.name for each in lists}


@every_api
def test_every_plain_attribute_removed(api: str) -> None:
    document = Changed(api)
    plain = [each for each in document.properties() if is_scalar(each.schema)]
    for each in plain:
        del each.owner["properties"][each.name]
        each.owner["required"] = [name for name in each.owner.get("required", ()) if name != each.name]
    document.expect([each.where for each in plain], Aspect.PROPERTY)


@every_api
def test_every_object_with_one_more_attribute(api: str) -> None:
    document = Changed(api)
    owners = {id(each.owner): each for each in reversed(list(document.properties()))}
    for each in owners.values():
        each.owner["properties"]["acmeExtension"] = {"type": "string"}
    wheres = [(each.place, each.path.removesuffix(each.name) + "acmeExtension") for each in owners.values()]
    document.expect(wheres, Aspect.PROPERTY)


@every_api
def test_every_object_closed(api: str) -> None:
    document = Changed(api)
    owners = {id(each.owner): each for each in reversed(list(document.properties()))}
    for each in owners.values():
        each.owner["additionalProperties"] = False
    wheres = [(each.place, each.path.removesuffix(each.name).removesuffix(".")) for each in owners.values()]
    document.expect(wheres, Aspect.FURTHER_PROPERTIES)


@every_api
@pytest.mark.parametrize("index", [0, -1])
def test_a_value_of_every_enumeration_removed(api: str, index: int) -> None:
    document = Changed(api)
    enumerations = [each["enum"] for each in document.raw["components"]["schemas"].values() if "enum" in each]
    removed = [each.pop(index) for each in enumerations]
    found = compare(document.original, Document.parse(orjson.dumps(document.raw), "changed"))
    assert {each.aspect for each in found} == {Aspect.ENUMERATION}
    gone = [value for each in found for value in set(each.left) - set(each.right)]
    assert sorted(gone) == sorted(removed)


@every_api
def test_any_attribute_removed_on_its_own(api: str) -> None:
    document = Changed(api)
    met = list(document.properties())
    for each in random.Random(SEED).sample(met, 4):
        removed, required = each.owner["properties"].pop(each.name), each.owner.get("required", [])
        each.owner["required"] = [name for name in required if name != each.name]
        document.expect([each.where], Aspect.PROPERTY)
        each.owner["properties"][each.name], each.owner["required"] = removed, required


@every_api
def test_every_parameter_changed_and_removed(api: str) -> None:
    def parameters(document: Changed) -> list[tuple[tuple[str, str], Json]]:
        return [
            ((name, each["name"]), each)
            for name, operation in document.operations()
            for each in operation.get("parameters", ())
        ]

    def with_change(change: Callable[[Json], None], aspect: Aspect) -> None:
        document = Changed(api)
        for _, each in parameters(document):
            change(each)
        document.expect([where for where, _ in parameters(document)], aspect)

    with_change(lambda each: each.update(required=not each.get("required", False)), Aspect.MANDATORY)
    with_change(lambda each: each["schema"].update(type="boolean"), Aspect.TYPE)
    with_change(lambda each: each["schema"].update(format="uuid"), Aspect.FORMAT)
    removed = Changed(api)
    expected = [where for where, _ in parameters(removed)]
    for _, operation in removed.operations():
        operation["parameters"] = []
    removed.expect(expected, Aspect.PARAMETER)


@every_api
def test_a_parameter_in_another_place(api: str) -> None:
    document = Changed(api)
    wheres = []
    for name, operation in document.operations():
        for each in operation.get("parameters", ()):
            if each["in"] == "query":
                each["in"] = "header"
                wheres += [(name, each["name"])] * 2  # gone there, new here
    document.expect(wheres, Aspect.PARAMETER)


@every_api
def test_every_status_header_body_and_media_type(api: str) -> None:
    without_errors, without_headers, other_headers = Changed(api), Changed(api), Changed(api)
    without_body, as_xml = Changed(api), Changed(api)
    statuses: list[tuple[str, str]] = []
    headers: list[tuple[str, str]] = []
    bodies: list[tuple[str, str]] = []
    for name, operation in without_errors.operations():
        statuses += [(f"{name} response {each}", "") for each in operation["responses"] if each >= "400"]
        operation["responses"] = {
            status: each for status, each in operation["responses"].items() if status < "400"
        }
    without_errors.expect(statuses, Aspect.STATUS)
    for document in (without_headers, other_headers):
        headers = []
        for name, operation in document.operations():
            for status, response in operation["responses"].items():
                headers += [(f"{name} response {status}", each) for each in response.get("headers", ())]
                for each in response.get("headers", {}).values():
                    each["schema"]["type"] = "string"
                if document is without_headers:
                    response.pop("headers", None)
    without_headers.expect(headers, Aspect.HEADER)
    other_headers.expect(headers, Aspect.TYPE)
    for place, body in without_body.bodies():
        bodies.append((place, ""))
        body.pop("content")
    for _, operation in without_body.operations():
        operation.pop("requestBody", None)
    without_body.expect(bodies, Aspect.BODY)
    for _, body in as_xml.bodies():
        (media,) = body["content"].values()
        body["content"] = {"application/xml": media}
    as_xml.expect(bodies, Aspect.MEDIA_TYPES)


@every_api
def test_every_request_body_made_optional(api: str) -> None:
    document = Changed(api)
    wheres = []
    for name, operation in document.operations():
        if "requestBody" in operation:
            operation["requestBody"]["required"] = False
            wheres.append((f"{name} request", ""))
    document.expect(wheres, Aspect.MANDATORY)


@every_api
@pytest.mark.parametrize("remainder", [0, 1])
def test_every_second_operation_removed(api: str, remainder: int) -> None:
    document = Changed(api)
    names = [name for name, _ in document.operations()][remainder::2]
    for name in names:
        method, path = name.split()
        del document.raw["paths"][path][method.lower()]
    document.expect([(name, "") for name in names], Aspect.OPERATION)


@every_api
def test_words_for_people_may_change(api: str) -> None:
    document = Changed(api)
    for each in document.properties():
        if "$ref" not in each.schema:
            each.schema.update(description="Otherwise", title="Otherwise", example="Otherwise")
    for name, operation in document.operations():
        operation |= {"operationId": f"other {name}", "tags": ["other"], "summary": "Otherwise"}
        for response in operation["responses"].values():
            response["description"] = "Otherwise"
    document.raw["info"] = {"title": "Other", "version": "9.9.9"}
    assert document.differences() == []


@every_api
def test_schemas_may_be_called_otherwise(api: str) -> None:
    document = Changed(api)
    schemas = document.raw["components"]["schemas"]
    numbers = {f"#/components/schemas/{name}": index for index, name in enumerate(schemas)}
    for each in nodes(document.raw):
        if "$ref" in each:
            each["$ref"] = f"#/components/schemas/T{numbers[each['$ref']]}"
    document.raw["components"]["schemas"] = {f"T{i}": each for i, each in enumerate(schemas.values())}
    assert document.differences() == []
