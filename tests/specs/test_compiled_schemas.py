"""Compiled schemas: the corners of every dialect, tolerance of known defects, and problems as sentences."""

from __future__ import annotations

import json
from typing import Any

import pytest
from small_documents import Json, request_schema

from tmfrig.specs import ContractError, Problem, standard_contract

ID, NAME = {"type": "string"}, {"type": "string"}
ENTITY = {"type": "object", "properties": {"id": ID}}


def reference(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def problems(found: list[Problem]) -> list[tuple[str, str]]:
    return [(each.path, each.keyword) for each in found]


@pytest.mark.parametrize(
    ("dialect", "schema"),
    [
        ("2.0", {"type": "string", "x-nullable": True}),
        ("3.0", {"type": "string", "nullable": True}),
        ("3.0", {"type": "string", "enum": ["a"], "nullable": True}),
        ("3.0", {"allOf": [{"type": "string"}], "nullable": True}),
        ("3.1", {"type": ["string", "null"]}),
        ("3.1", {"anyOf": [{"type": "string"}, {"type": "null"}]}),
    ],
)
def test_null_where_it_is_allowed(dialect: str, schema: Json) -> None:
    compiled = request_schema({"type": "object", "properties": {"a": schema}}, dialect=dialect)
    assert compiled.accepts({"a": None})
    assert compiled.accepts({"a": "a"})
    assert not compiled.accepts({"a": 1})


@pytest.mark.parametrize(
    ("dialect", "schema"),
    [
        ("2.0", {"type": "string", "nullable": True}),
        ("3.0", {"type": "string"}),
        ("3.1", {"type": "string", "nullable": True}),
    ],
)
def test_null_where_it_is_not(dialect: str, schema: Json) -> None:
    compiled = request_schema({"type": "object", "properties": {"a": schema}}, dialect=dialect)
    assert problems(compiled.problems({"a": None})) == [("a", "type")]


def test_a_problem_below_something_nullable_keeps_its_path() -> None:
    inner = {"type": "object", "nullable": True, "required": ["id"], "properties": {"id": ID}}
    compiled = request_schema({"type": "object", "properties": {"inner": inner}})
    assert problems(compiled.problems({"inner": {}})) == [("inner.id", "required")]
    assert compiled.accepts({"inner": None})


def test_what_stands_beside_a_reference_counts_since_3_1() -> None:
    schema = {"type": "object", "properties": {"name": {**reference("Name"), "maxLength": 3}}}
    schemas = {"Name": NAME}
    assert request_schema(schema, schemas, "3.0").accepts({"name": "long name"})
    assert not request_schema(schema, schemas, "3.1").accepts({"name": "long name"})
    assert request_schema(schema, schemas, "3.1").attributes["name"].type_name == "Name"


@pytest.mark.parametrize("dialect", ["2.0", "3.0"])
def test_a_bound_made_exclusive_by_a_flag(dialect: str) -> None:
    compiled = request_schema({"type": "number", "minimum": 0, "exclusiveMinimum": True}, dialect=dialect)
    assert not compiled.accepts(0)
    assert compiled.accepts(0.1)
    assert request_schema({"minimum": 0, "exclusiveMinimum": False}, dialect=dialect).accepts(0)
    assert request_schema({"exclusiveMaximum": True}, dialect=dialect).accepts(10)


def test_true_and_false_are_schemas() -> None:
    compiled = request_schema({"type": "object", "properties": {"a": True, "b": False}}, dialect="3.1")
    assert compiled.accepts({"a": 1})
    assert not compiled.accepts({"b": 1})


def test_an_attribute_may_be_called_like_a_keyword() -> None:
    names = (
        "default",
        "enum",
        "example",
        "properties",
        "items",
        "required",
        "type",
        "allOf",
        "$ref",
        "title",
    )
    schemas = {"Entity": {**ENTITY, "required": ["id"]}}
    schema = {"type": "object", "properties": {name: reference("Entity") for name in names}}
    compiled = request_schema(schema, schemas)
    assert set(compiled.attributes) == set(names)
    for name in names:
        assert problems(compiled.problems({name: {}})) == [(f"{name}.id", "required")]


@pytest.mark.parametrize("name", ["Thing~1Other", "Thing%20Other", "Größe", "a.b", "Thing Other"])
def test_a_schema_may_have_any_name(name: str) -> None:
    plain = {"Thing~1Other": "Thing/Other", "Thing%20Other": "Thing Other"}.get(name, name)
    compiled = request_schema(reference(name), {plain: {**ENTITY, "required": ["id"]}})
    assert not compiled.accepts({})
    assert compiled.accepts({"id": "1"})


def test_schemas_whose_names_look_alike_stay_apart() -> None:
    schema = {"type": "object", "properties": {"a": reference("A B"), "b": reference("A_B")}}
    compiled = request_schema(schema, {"A B": {"type": "string"}, "A_B": {"type": "integer"}})
    assert compiled.accepts({"a": "text", "b": 1})
    assert problems(compiled.problems({"a": 1, "b": "text"})) == [("a", "type"), ("b", "type")]


def test_a_part_may_ask_for_what_another_part_declares() -> None:
    inline = {"allOf": [reference("Entity"), {"properties": {"name": NAME}, "required": ["id", "name"]}]}
    schemas = {"Entity": ENTITY, "Named": {"properties": {"name": NAME}, "required": ["id"]}}
    assert problems(request_schema(inline, schemas).problems({})) == [
        ("id", "required"),
        ("name", "required"),
    ]
    referred = {"allOf": [reference("Entity"), reference("Named")]}
    assert problems(request_schema(referred, schemas).problems({})) == [("id", "required")]
    beside = {**ENTITY, "allOf": [{"properties": {"name": NAME}}], "required": ["name"]}
    assert problems(request_schema(beside).problems({})) == [("name", "required")]


def test_what_is_mandatory_without_being_declared_is_not_asked_for() -> None:
    compiled = request_schema({**ENTITY, "required": ["id", "undeclared"]})
    assert problems(compiled.problems({})) == [("id", "required")]


def test_a_patch_body_asks_for_nothing_at_its_top() -> None:
    item = {"type": "object", "required": ["id"], "properties": {"id": ID}}
    whole = {**ENTITY, "required": ["id"], "properties": {"id": ID, "item": item}}
    for schema in (whole, {"allOf": [reference("Whole"), {"required": ["item"]}]}, reference("Whole")):
        compiled = request_schema(schema, {"Whole": whole}, partial=True)
        assert compiled.accepts({})
        assert not any(each.required for each in compiled.attributes.values())
        assert problems(compiled.problems({"item": {}})) == [("item.id", "required")]


@pytest.mark.parametrize(
    ("declared", "accepted", "refused"),
    [
        (["accepted", "done"], ["accepted", "acknowledged", "done"], ["Accepted"]),
        (["acknowledged", "done"], ["acknowledged"], ["accepted"]),
        (["active", "aborted "], ["aborted", "aborted "], ["aborted  "]),
        (["active", "aborted"], ["aborted", "aborted "], [" aborted"]),
    ],
)
def test_a_misspelt_state_is_accepted_in_both_spellings(
    declared: list[str], accepted: list[str], refused: list[str]
) -> None:
    compiled = request_schema({"type": "object", "properties": {"state": {"enum": declared}}})
    assert all(compiled.accepts({"state": each}) for each in accepted)
    assert not any(compiled.accepts({"state": each}) for each in refused)
    assert compiled.attributes["state"].enum == tuple(declared)


@pytest.mark.parametrize(
    ("format_", "right", "wrong"),
    [
        ("date-time", "2024-02-29T10:00:00Z", "2024-02-30T10:00:00Z"),
        ("date-time", "2024-02-29T10:00:00.123+01:00", "2024-02-29T10:00:00"),
        ("date-time", "2024-02-29t10:00:00z", "29.02.2024"),
        ("date", "2024-02-29", "2023-02-29"),
    ],
)
def test_dates_are_those_of_rfc_3339(format_: str, right: str, wrong: str) -> None:
    compiled = request_schema({"type": "string", "format": format_})
    assert compiled.accepts(right)
    assert problems(compiled.problems(wrong)) == [("", "format")]


@pytest.mark.parametrize("format_", ["uri", "email", "uuid", "float", "base64", "int32"])
def test_other_formats_inform_and_do_not_decide(format_: str) -> None:
    compiled = request_schema({"type": "object", "properties": {"a": {"format": format_}}})
    assert compiled.accepts({"a": "…"})
    assert compiled.attributes["a"].format == format_


SENTENCES: list[tuple[Any, str, str]] = [
    ({}, "productOrderItem", "is mandatory and missing"),
    ({"productOrderItem": []}, "productOrderItem", "should have at least 1 element"),
    ({"productOrderItem": [{"action": "add"}]}, "productOrderItem[0].id", "is mandatory and missing"),
    (
        {"productOrderItem": [{"id": "1", "action": "buy"}]},
        "productOrderItem[0].action",
        "is 'buy', which is none of 'add', 'modify', 'delete', 'noChange'",
    ),
    ({"productOrderItem": {}}, "productOrderItem", "should be an array, not an object"),
    (
        {"productOrderItem": [{"id": 1, "action": "add"}]},
        "productOrderItem[0].id",
        "should be a string, not 1",
    ),
    (
        {"productOrderItem": [{"id": "1", "action": "add"}], "requestedStartDate": "soon"},
        "requestedStartDate",
        "is 'soon', which is no RFC 3339 date-time",
    ),
    ([], "", "should be an object, not an array"),
]


@pytest.mark.parametrize(("body", "path", "sentence"), SENTENCES, ids=lambda each: str(each)[:30])
def test_a_problem_is_a_path_and_a_sentence(body: Any, path: str, sentence: str) -> None:
    creation = standard_contract("TMF622").resources["productOrder"].creation
    assert creation is not None
    assert [(each.path, each.sentence) for each in creation.problems(body)] == [(path, sentence)]
    assert not creation.accepts(body)


def test_a_problem_of_the_body_itself_reads_as_a_sentence() -> None:
    (problem,) = request_schema({"type": "object"}).problems([])
    assert str(problem) == "the body should be an object, not an array"


def test_problems_are_many_but_not_endless() -> None:
    compiled = request_schema({"type": "array", "items": {"type": "string"}})
    assert len(compiled.problems([1] * 1000)) == 100


def test_long_values_are_cut_short() -> None:
    (problem,) = request_schema({"type": "string", "enum": ["a"]}).problems("x" * 10_000)
    assert len(problem.sentence) < 200


def test_the_json_schema_is_self_contained() -> None:
    schema = standard_contract("TMF637").resources["product"].representation.json_schema
    text = json.dumps(schema)
    assert "#/components" not in text
    assert set(schema["$defs"]) >= {"Product", "RelatedParty"}
    assert "x-" not in "".join(schema["$defs"]["Product"])


def test_a_pattern_that_no_validator_understands() -> None:
    compiled = request_schema({"type": "string", "pattern": "("})
    with pytest.raises(ContractError, match=r"small\.json: a schema cannot be compiled"):
        compiled.accepts("text")
