"""The structural comparison: what counts as different, whatever the dialect and the names of schemas."""

from __future__ import annotations

from typing import Any

import pytest
from small_documents import VERSIONS, Json, openapi, parsed

from tmfrig.specs.diff import compare
from tmfrig.specs.difference import Aspect, Difference, KnownDefect

PLACE = "POST /thing request"
every_dialect = pytest.mark.parametrize("dialect", VERSIONS)


def refer(name: str, dialect: str = "3.0") -> Json:
    return {"$ref": f"#/{'definitions' if dialect == '2.0' else 'components/schemas'}/{name}"}


def differences(left: Json, right: Json, /, **schemas: Any) -> list[Difference]:
    return compare(parsed(openapi(left, schemas.get("left"))), parsed(openapi(right, schemas.get("right"))))


def found(left: Json, right: Json, /, **schemas: Any) -> list[tuple[str, str, Any, Any]]:
    return [
        (each.path, each.aspect.value, each.left, each.right) for each in differences(left, right, **schemas)
    ]


def thing(**properties: Json) -> Json:
    return {"type": "object", "properties": properties}


NAME = {"type": "string"}


@every_dialect
@pytest.mark.parametrize("other", VERSIONS)
def test_dialects_that_say_the_same(dialect: str, other: str) -> None:
    def document(of: str) -> Json:
        note = thing(text=NAME, at={"type": "string", "format": "date-time"})
        amount: Json = {"type": "number", "minimum": 0, "exclusiveMinimum": True}
        maybe: Json = {"type": "string"} | ({"x-nullable": True} if of == "2.0" else {"nullable": True})
        if of == "3.1":
            amount = {"type": "number", "exclusiveMinimum": 0}
            maybe = {"type": ["string", "null"]}
        notes = {"type": "array", "items": refer("Note", of)}
        return openapi(thing(note=notes, amount=amount, maybe=maybe), {"Note": note}, of)

    assert compare(parsed(document(dialect)), parsed(document(other))) == []


@pytest.mark.parametrize(
    "nullable",
    [
        {"type": ["string", "null"], "format": "uri"},
        {"anyOf": [{"type": "string", "format": "uri"}, {"type": "null"}]},
        {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Link"}]},
    ],
)
def test_ways_of_3_1_to_allow_null(nullable: Json) -> None:
    left = openapi(thing(link={"type": "string", "format": "uri", "nullable": True}))
    link = {"Link": {"type": "string", "format": "uri"}}
    assert compare(parsed(left), parsed(openapi(thing(link=nullable), link, "3.1"))) == []


def test_what_stands_beside_a_reference_counts_since_3_1() -> None:
    schemas = {"Name": {"type": "string"}}
    beside = thing(name={"$ref": "#/components/schemas/Name", "maxLength": 5, "description": "…"})
    plain, short = thing(name=NAME), thing(name={"type": "string", "maxLength": 5})
    assert compare(parsed(openapi(plain)), parsed(openapi(beside, schemas, "3.0"))) == []
    assert compare(parsed(openapi(short)), parsed(openapi(beside, schemas, "3.1"))) == []


def test_all_of_is_one_object() -> None:
    merged = {"type": "object", "required": ["id", "name"], "properties": {"id": NAME, "name": NAME}}
    parts: dict[str, Json] = {
        "Entity": {"type": "object", "required": ["id"], "properties": {"id": NAME}},
        "Thing": {
            "allOf": [refer("Entity"), {"type": "object", "properties": {"name": NAME}}],
            "required": ["name"],
        },
    }
    assert found(merged, refer("Thing"), right=parts) == []
    del parts["Entity"]["required"]
    assert found(merged, refer("Thing"), right=parts) == [("id", "mandatory", True, False)]


def test_an_attribute_that_two_parts_declare_has_to_keep_both() -> None:
    left = thing(name={"type": "string", "minLength": 2, "maxLength": 9, "enum": ["ab", "abc"]})
    right = {
        "allOf": [
            thing(name={"type": "string", "minLength": 2, "enum": ["abc", "ab", "x"]}),
            thing(name={"minLength": 1, "maxLength": 9, "enum": ["ab", "abc", "y"]}),
        ]
    }
    assert found(left, right) == []


def test_types_in_circles_come_to_an_end() -> None:
    item = thing(item={"type": "array", "items": refer("Item")}, name=NAME)
    # the other document unrolls the circle once
    unrolled = thing(item={"type": "array", "items": refer("Other")}, name=NAME)
    schemas = {"left": {"Item": item}, "right": {"Other": unrolled, "Top": unrolled}}
    assert found(refer("Item"), refer("Top"), **schemas) == []
    schemas["right"]["Other"] = thing(
        item={"type": "array", "items": refer("Other")}, name={"type": "integer"}
    )
    assert found(refer("Item"), refer("Top"), **schemas) == [("item[].name", "type", "string", "integer")]


def test_a_shared_type_is_reported_once_at_its_shortest_path() -> None:
    left = thing(a=thing(deep=thing(note=refer("Note"))), b=refer("Note"))
    schemas = {"left": {"Note": thing(text=NAME)}, "right": {"Note": thing(text={"type": "integer"})}}
    assert found(left, left, **schemas) == [("b.text", "type", "string", "integer")]


def test_a_difference_reads_as_a_line() -> None:
    (difference,) = differences(
        thing(action={"type": "string", "enum": ["add", "modify"]}),
        thing(action={"type": "string", "enum": ["modify", "delete"]}),
    )
    assert str(difference) == f"{PLACE}: action: enumeration: add, modify | delete, modify"
    (difference,) = differences(thing(name=NAME), thing())
    assert str(difference) == f"{PLACE}: name: property: string | –"
    (difference,) = differences(thing(), {**thing(), "additionalProperties": False})
    assert str(difference) == f"{PLACE}: further properties: yes | no"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({"type": "string", "enum": ["a", "b"]}, {"enum": ["b", "a"], "type": "string"}),
        ({"type": "string", "enum": ["a"]}, {"type": "string", "const": "a"}),
        ({"properties": {"a": NAME}}, {"type": "object", "properties": {"a": NAME}}),
        ({"items": NAME}, {"type": "array", "items": NAME, "minItems": 0}),
        ({"type": "array"}, {"type": "array", "items": {}}),
        (thing(), {**thing(), "additionalProperties": True}),
        (thing(), {**thing(), "additionalProperties": {}}),
        ({"oneOf": [NAME]}, NAME),
    ],
)
def test_other_words_for_the_same(left: Json, right: Json) -> None:
    assert found(left, right) == []


@pytest.mark.parametrize(
    ("left", "right", "difference"),
    [
        ({"default": True, **NAME}, {"default": 1, **NAME}, ("default", True, 1)),
        ({}, NAME, ("type", "any", "string")),
        ({"enum": ["1"]}, {"enum": [1]}, ("enumeration", ("1",), (1,))),
        ({"type": "array", "maxItems": 3}, {"type": "array"}, ("cardinality", "0..3", "0..*")),
        ({"pattern": "^a", **NAME}, NAME, ("limits", "pattern ^a", None)),
    ],
)
def test_small_differences(left: Json, right: Json, difference: tuple[str, Any, Any]) -> None:
    assert found(left, right) == [("", *difference)]


def test_further_properties_of_a_type() -> None:
    left = {"type": "object", "additionalProperties": {"type": "string"}}
    right = {"type": "object", "additionalProperties": {"type": "integer"}}
    assert found(left, right) == [("*", "type", "string", "integer")]


def test_an_undeclared_attribute_that_is_mandatory() -> None:
    assert found({**thing(), "required": ["id"]}, thing()) == [("id", "mandatory", True, False)]


CAT: Json = {"type": "object", "properties": {"@type": NAME, "lives": {"type": "integer"}}}
DOG: Json = {"type": "object", "properties": {"@type": NAME, "tail": {"type": "boolean"}, "lead": NAME}}


def pets(cat: str, dog: str, **discriminator: Any) -> Json:
    return {"oneOf": [refer(dog), refer(cat)], **discriminator}


def test_alternatives_are_matched_by_the_value_of_the_discriminator() -> None:
    def mapped(cat: str, dog: str) -> Json:
        mapping = {"Cat": refer(cat)["$ref"], "Dog": refer(dog)["$ref"]}
        return pets(cat, dog, discriminator={"propertyName": "@type", "mapping": mapping})

    # named so that matching by the schemas' names would match them crosswise
    schemas = {"left": {"A": CAT, "B": DOG}, "right": {"A": DOG, "B": {**CAT, "properties": {"@type": NAME}}}}
    assert found(mapped("A", "B"), mapped("B", "A"), **schemas) == [
        ("<Cat>.lives", "property", "integer", None)
    ]


def test_alternatives_of_other_names_are_matched_by_likeness() -> None:
    schemas = {"left": {"Cat": CAT, "Dog": DOG}, "right": {"T1": CAT, "T2": DOG}}
    assert found(pets("Cat", "Dog"), pets("T1", "T2"), **schemas) == []
    schemas["right"]["T2"] = {**DOG, "properties": {**DOG["properties"], "lead": {"type": "integer"}}}
    assert found(pets("Cat", "Dog"), pets("T1", "T2"), **schemas) == [
        ("<Dog>.lead", "type", "string", "integer")
    ]


def test_plain_alternatives_are_matched_by_type_and_format() -> None:
    left = {"oneOf": [NAME, {"type": "string", "format": "date"}, {"type": "integer"}]}
    assert found(left, {"oneOf": list(reversed(left["oneOf"]))}) == []


def test_a_missing_alternative_and_another_kind_of_choice() -> None:
    schemas = {"Cat": CAT, "Dog": DOG, "Fish": thing(fins=NAME)}
    three = {"oneOf": [refer("Cat"), refer("Dog"), refer("Fish")]}
    found_ = found(three, pets("Cat", "Dog"), left=schemas, right=schemas)
    assert found_ == [("", "alternatives", "oneOf Cat, Dog, Fish", "oneOf Dog, Cat")]
    some = {"anyOf": [refer("Dog"), refer("Cat")]}
    found_ = found(pets("Cat", "Dog"), some, left=schemas, right=schemas)
    assert found_ == [("", "alternatives", "oneOf Dog, Cat", "anyOf Dog, Cat")]


def test_a_choice_is_compared_with_an_object_by_what_is_most_like_it() -> None:
    schemas = {"right": {"Cat": CAT, "Dog": DOG}}
    dog = thing(**{"@type": NAME, "tail": {"type": "integer"}, "lead": NAME})
    assert found(thing(pet=dog), thing(pet=pets("Cat", "Dog")), **schemas) == [
        ("pet", "alternatives", None, "oneOf Dog, Cat"),
        ("pet<Dog>.tail", "type", "integer", "boolean"),
    ]


def test_a_discriminator_is_seen_from_outside() -> None:
    left = thing(**{"@type": NAME})
    right = {**left, "discriminator": {"propertyName": "@type", "mapping": {"Thing": "Thing"}}}
    assert found(left, right) == [("", "discriminator", None, "@type of Thing")]


def test_names_of_path_parameters_and_of_headers() -> None:
    def document(parameter: str, header: str) -> Json:
        answer = {"headers": {header: {"schema": {"type": "integer"}}}, "description": "…"}
        declared = {"name": parameter, "in": "path", "required": True, "schema": NAME}
        operation = {"parameters": [declared], "responses": {"200": answer}}
        return {"openapi": "3.0.0", "paths": {f"/thing/{{{parameter}}}": {"get": operation}}}

    left = parsed(document("id", "X-Total-Count"))
    assert compare(left, parsed(document("id", "x-total-count"))) == []
    # the same route, so not an operation that is missing here and another that is new there
    assert [
        (each.path, each.aspect) for each in compare(left, parsed(document("thingId", "X-Total-Count")))
    ] == [
        ("id", Aspect.PARAMETER),
        ("thingId", Aspect.PARAMETER),
    ]


def test_a_charset_makes_no_other_media_type() -> None:
    left, right = openapi(NAME), openapi(NAME)
    body = right["paths"]["/thing"]["post"]["requestBody"]
    body["content"] = {"Application/JSON; charset=UTF-8": {"schema": NAME}}
    assert compare(parsed(left), parsed(right)) == []
    body["content"] = {"application/merge-patch+json": {"schema": NAME}}
    (difference,) = compare(parsed(left), parsed(right))
    assert difference.aspect is Aspect.MEDIA_TYPES
    assert (difference.left, difference.right) == (("application/json",), ("application/merge-patch+json",))


def test_a_known_defect_is_left_out_and_nothing_else() -> None:
    left, right = parsed(openapi(thing(a=NAME, b=NAME))), parsed(openapi(thing()))
    known = KnownDefect("TMF000", 4, PLACE, "a", Aspect.PROPERTY, "the official file forgot it")
    assert [each.path for each in compare(left, right)] == ["a", "b"]
    assert [each.path for each in compare(left, right, [known])] == ["b"]
