"""A document of any dialect becomes one and the same contract; anything else is refused in one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from small_documents import INVENTORIES, Json, openapi, parsed, swagger_2

from tmfrig.specs import Contract, ContractError, Document, Kind, load_contract


def as_json(document: Json) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_NON_STR_KEYS)


def as_json_with_mark(document: Json) -> bytes:
    return b"\xef\xbb\xbf" + as_json(document)


def as_yaml(document: Json) -> bytes:
    return yaml.safe_dump(document).encode()


def as_flow_yaml(document: Json) -> bytes:
    return yaml.safe_dump(document, default_flow_style=True).encode()


WRITERS = (as_json, as_json_with_mark, as_yaml, as_flow_yaml)


@pytest.fixture(params=WRITERS, ids=lambda each: each.__name__)
def writer(request: pytest.FixtureRequest) -> Callable[[Json], bytes]:
    chosen: Callable[[Json], bytes] = request.param
    return chosen


@pytest.fixture(params=INVENTORIES)
def contract(request: pytest.FixtureRequest, writer: Callable[[Json], bytes], tmp_path: Path) -> Contract:
    path = tmp_path / "vendor"
    path.write_bytes(writer(INVENTORIES[request.param]()))
    return load_contract(path)


def test_every_dialect_and_notation_gives_the_same_contract(contract: Contract) -> None:
    assert (contract.api, contract.version, contract.line) == ("TMF637", "4.0.0", 4)
    assert contract.title == "Product Inventory"
    assert contract.base_path == "/tmf-api/productInventory/v4"
    assert contract.media_type == "application/json;charset=utf-8"
    assert contract.source.endswith("vendor")
    product = contract.resources["product"]
    assert set(product.operations) == {Kind.LIST, Kind.CREATE, Kind.RETRIEVE, Kind.DELETE}
    assert product.mandatory == {"status"}
    assert product.attributes["status"].enum == ("created", "on", "aborted ")
    listing = product.operations[Kind.LIST]
    assert listing.query == ("fields",)
    assert listing.responses["200"].headers == ("X-Total-Count",)
    assert product.operations[Kind.DELETE].responses["204"].schema is None
    found = contract.operation_for("GET", "/product/42")
    assert found is product.operations[Kind.RETRIEVE]
    assert found.responses["200"].schema is not None
    assert not found.responses["200"].schema.accepts({})


def test_what_yaml_would_read_otherwise_than_json() -> None:
    text = b"""
swagger: '2.0'
paths:
  /product:
    get:
      responses:
        200: {description: fine, schema: {$ref: '#/definitions/Product'}}
definitions:
  Product:
    type: object
    example: {on: 2024-02-29, at: 2024-02-29T10:00:00Z}
    properties:
      on: {type: string, enum: [on, off, yes, no, 2024-02-29, 12:30:00, 1_000, 0o17, 007, =, ~]}
      y: {type: number, enum: [1, -2, 1.5, 1e3, true]}
"""
    product = Document.parse(text, "vendor.yaml").raw["definitions"]["Product"]
    assert product["example"] == {"on": "2024-02-29", "at": "2024-02-29T10:00:00Z"}
    assert product["properties"]["on"]["enum"] == [
        *("on", "off", "yes", "no", "2024-02-29", "12:30:00", "1_000", "0o17", "007", "=", None)
    ]
    assert product["properties"]["y"]["enum"] == [1, -2, 1.5, 1000.0, True]


def test_anchors_and_merge_keys_of_yaml() -> None:
    text = b"""
openapi: 3.0.0
paths:
  /product:
    get: &get
      responses: {default: {description: any}}
    post:
      <<: *get
      operationId: createProduct
"""
    ids = [each.id for each in Document.parse(text, "vendor.yaml").operations]
    assert ids == ["get /product", "createProduct"]


def test_the_parameters_of_a_method_override_those_of_its_path() -> None:
    document = openapi({"type": "object"})
    item = document["paths"]["/thing"]
    item["parameters"] = [
        {"name": "limit", "in": "query", "schema": {"type": "string"}},
        {"name": "limit", "in": "header", "schema": {"type": "string"}},
    ]
    item["post"]["parameters"] = [{"name": "limit", "in": "query", "schema": {"type": "integer"}}]
    (operation,) = parsed(document).operations
    declared = {(each.name, each.place): each.schema["type"] for each in operation.parameters}
    assert declared == {("limit", "query"): "integer", ("limit", "header"): "string"}


def test_the_json_body_is_the_one_that_counts() -> None:
    document = openapi({"type": "object"})
    content = document["paths"]["/thing"]["post"]["requestBody"]["content"]
    patch = {"application/json-patch+json": {"schema": {"type": "array"}}}
    document["paths"]["/thing"]["post"]["requestBody"]["content"] = patch | content
    (operation,) = parsed(document).operations
    assert operation.request == {"type": "object"}
    assert operation.request_media_types == ("application/json-patch+json", "application/json")


@pytest.mark.parametrize(
    ("servers", "path"),
    [
        (None, ""),
        ([], ""),
        ([{}], ""),
        ([{"url": "/"}], ""),
        ([{"url": "/api/v4/"}, {"url": "/other"}], "/api/v4"),
        ([{"url": "https://acme.example/api/v4"}], "/api/v4"),
        ([{"url": "https://acme.example/{base}", "variables": {"base": {"default": "v4"}}}], "/v4"),
    ],
)
def test_base_paths(servers: Any, path: str) -> None:
    assert parsed({**openapi({}), "servers": servers}).base_path == path


@pytest.mark.parametrize("version", ["3.0.0", "3.0.4", "3.1.0", "3.1.1", 3.1])
def test_versions_of_openapi(version: Any) -> None:
    assert parsed({**openapi({}), "openapi": version}).dialect == str(version)[:3]


def small(**changes: Any) -> bytes:
    return orjson.dumps({**openapi({"type": "object"}), **changes})


def with_schema(**keywords: Any) -> bytes:
    return orjson.dumps(openapi({"type": "object", **keywords}))


def with_operation(**parts: Any) -> bytes:
    document = openapi({"type": "object"})
    document["paths"]["/thing"]["post"] |= parts
    return orjson.dumps(document)


BOMB = b"a: &a [x, x, x, x, x, x, x, x, x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (i + 1, i + 1, b", ".join([b"*%c" % i] * 9)) for i in range(97, 109)
)
CIRCLE = b"openapi: 3.0.0\npaths: &again {/product: *again}\n"

BAD: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "the file is empty"),
    "blank": (b" \n\n", "the file is empty"),
    "binary": (bytes(range(256)), "neither JSON nor YAML"),
    "an image": (b"\x89PNG\r\n\x1a\n\x00\x00", "neither JSON nor YAML"),
    "HTML": (b"<!DOCTYPE html><html><body>404</body></html>", "HTML or XML, not OpenAPI"),
    "a JSON array": (b"[1, 2]", "an object is expected at its top"),
    "a text": (b"just some words", "an object is expected at its top"),
    "broken JSON": (b'{"openapi": "3.0.0", ', "not valid JSON"),
    "broken YAML": (b"openapi: [3.0.0", "neither JSON nor YAML"),
    "a tag of another tool": (b"openapi: !vault secret", "neither JSON nor YAML"),
    "a binary in YAML": (b"openapi: !!binary aGVsbG8=", "neither JSON nor YAML"),
    "a set in YAML": (b"openapi: 3.0.0\npaths: !!set {a, b}", "neither JSON nor YAML"),
    "two YAML documents": (b"a: 1\n---\nb: 2\n", "neither JSON nor YAML"),
    "a YAML alias bomb": (b"openapi: 3.0.0\n" + BOMB, "remove its YAML aliases"),
    "a YAML circle": (CIRCLE, "nested deeper than 200 levels"),
    "very deep YAML": (b"paths: " + b"[" * 100_000, "nested deeper than 200 levels"),
    "very deep compact YAML": (b"- " * 100_000, "nested deeper than 200 levels"),
    "very deep JSON": (b'{"a":' * 900 + b"1" + b"}" * 900, "nested deeper than 200 levels"),
    "no OpenAPI": (b'{"name": "package.json"}', "neither swagger: '2.0' nor openapi: 3"),
    "OpenAPI 4": (small(openapi="4.0.0"), "neither swagger: '2.0' nor openapi: 3"),
    "OpenAPI 3.10": (small(openapi="3.10.0"), "neither swagger: '2.0' nor openapi: 3"),
    "Swagger 1.2": (b'{"swagger": "1.2"}', "neither swagger: '2.0' nor openapi: 3"),
    "no paths": (b'{"openapi": "3.0.0"}', "no path is declared"),
    "empty paths": (small(paths={}), "no path is declared"),
    "paths that are a list": (small(paths=[]), "paths: an object is expected, not a list"),
    "a path that is a text": (small(paths={"/a": "b"}), "paths//a: an object is expected, not 'b'"),
    "no operation": (small(paths={"/a": {}}), "no operation is declared"),
    "servers that are a text": (small(servers="http://a"), "servers: a list is expected"),
    "a server that is a text": (small(servers=["http://a"]), "servers/0: an object is expected"),
    "a server without a URL": (small(servers=[{"url": "http://[::1"}]), "is no URL"),
    "a reference to nowhere": (with_schema(allOf=[{"$ref": "#/components/schemas/No"}]), "points at nothing"),
    "a reference to a file": (with_schema(allOf=[{"$ref": "other.yaml#/Thing"}]), "leaves the document"),
    "a reference to the web": (with_schema(allOf=[{"$ref": "https://a.example/b"}]), "leaves the document"),
    "a reference by name": (with_schema(allOf=[{"$ref": "#Thing"}]), "is no path in the document"),
    "a reference to a text": (
        orjson.dumps(openapi({"$ref": "#/openapi"})),
        "#/openapi: a schema is expected, not '3.0.3'",
    ),
    "a parameter without a name": (with_operation(parameters=[{"in": "query"}]), "needs a name and an in"),
    "parameters that are an object": (with_operation(parameters={"a": 1}), "parameters: a list is expected"),
    "a parameter that is a text": (with_operation(parameters=["id"]), "parameters/0: an object is expected"),
    "responses that are a list": (
        with_operation(responses=[]),
        "responses: an object is expected, not a list",
    ),
    "a response that is a text": (with_operation(responses={"200": "ok"}), "200: an object is expected"),
    "headers that are a list": (
        with_operation(responses={"200": {"headers": ["X"]}}),
        "an object is expected",
    ),
    "content that is a list": (with_operation(requestBody={"content": []}), "an object is expected"),
    "a schema that is a text": (
        with_operation(requestBody={"content": {"application/json": {"schema": "Thing"}}}),
        "a schema is expected",
    ),
    "properties that are a list": (with_schema(properties=["a"]), "properties: an object of schemas"),
    "a property that is a text": (
        with_schema(properties={"a": "string"}),
        "properties/a: a schema is expected",
    ),
    "a type that does not exist": (with_schema(properties={"a": {"type": "date"}}), "a/type: one of string"),
    "mandatory by true": (with_schema(properties={"a": {"required": True}}), "a/required: a list of names"),
    "an enumeration that is a text": (with_schema(enum="a"), "enum: a list of values"),
    "no enumeration at all": (with_schema(enum=None), "enum: a value is expected"),
    "items that are a list": (with_schema(items=[{"type": "string"}]), "items: a schema is expected"),
    "allOf that is an object": (with_schema(allOf={"type": "object"}), "allOf: a list of schemas"),
    "allOf of nothing": (with_schema(allOf=[]), "allOf: a list of schemas"),
    "a number that is a text": (with_schema(minItems="1"), "minItems: a whole number"),
    "a negative number": (with_schema(minItems=-1), "minItems: a whole number"),
    "a limit that is a text": (with_schema(minimum="0"), "minimum: a number"),
    "a format that is a number": (with_schema(format=1), "format: a text"),
    "a discriminator without a property": (with_schema(discriminator={"mapping": {}}), "with propertyName"),
    "a schema that is itself": (
        orjson.dumps(openapi({"$ref": "#/components/schemas/A"}, {"A": {"$ref": "#/components/schemas/A"}})),
        "contains itself",
    ),
    "schemas that are one another": (
        orjson.dumps(
            openapi(
                {"$ref": "#/components/schemas/A"},
                {
                    "A": {"oneOf": [{"$ref": "#/components/schemas/B"}]},
                    "B": {"allOf": [{"$ref": "#/components/schemas/A"}]},
                },
            )
        ),
        "contains itself",
    ),
    "a response that refers to itself": (
        with_operation(responses={"200": {"$ref": "#/paths/~1thing/post/responses/200"}}),
        "refers to itself",
    ),
}


@pytest.mark.parametrize(("content", "reason"), BAD.values(), ids=BAD)
def test_what_is_no_document_is_refused_in_one_line(content: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "vendor.yaml"
    path.write_bytes(content)
    with pytest.raises(ContractError) as refused:
        load_contract(path, "TMF622")
    message = str(refused.value)
    assert message.startswith(f"{path}: ")
    assert reason in message
    assert "\n" not in message
    assert len(message) <= 600


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="No such file"):
        load_contract(tmp_path / "missing.yaml")
    with pytest.raises(ContractError, match="Is a directory"):
        load_contract(tmp_path)
    with pytest.raises(ContractError, match="is no path"):
        load_contract(Path("a\0b"))


def test_a_file_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tmfrig.specs.reading.LARGEST_FILE", 1000)
    with pytest.raises(ContractError, match="larger than"):
        load_contract(Path("/dev/zero"))


def test_a_document_of_another_api(tmp_path: Path) -> None:
    path = tmp_path / "inventory.json"
    path.write_bytes(as_json(swagger_2()))
    with pytest.raises(
        ContractError, match=r"none of the resources of TMF622 \(cancelProductOrder, productOrder\)"
    ):
        load_contract(path, "TMF622")
    with pytest.raises(ContractError, match="unknown API 'TMF999'"):
        load_contract(path, "TMF999")
    path.write_bytes(as_json(openapi({"type": "object"})))
    with pytest.raises(ContractError, match="no resource of any known API"):
        load_contract(path)


def test_a_pattern_that_no_validator_understands_is_refused_at_once(tmp_path: Path) -> None:
    document = swagger_2()
    document["definitions"]["Product"]["properties"]["status"]["pattern"] = "("
    path = tmp_path / "vendor.json"
    path.write_bytes(as_json(document))
    with pytest.raises(ContractError, match="a schema cannot be compiled"):
        load_contract(path)
