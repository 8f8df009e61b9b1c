"""The information model: its notation, what it takes over from version 4, and the slips that it names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import pytest

from tmfrig.specs import Document
from tmfrig.specs.generate import document, text
from tmfrig.specs.model import ApiModel, Field, ModelError, View, models

Files: TypeAlias = dict[int, dict[str, dict[str, Any]]]

READ, CREATE, PATCH = View.READ, View.CREATE, View.PATCH
ALWAYS = frozenset(View)


@pytest.mark.parametrize(
    "notation",
    [
        *("", "Note[", "string!!", "two words", "Note[x..]", "string =", "string -sometimes"),
        *("Product@sometimes", "@read", "string -create!", "string[]@read"),
    ],
)
def test_a_slip_in_a_notation_is_named(notation: str) -> None:
    with pytest.raises(ModelError, match="dueDate"):
        Field.parse("dueDate", notation)


@pytest.mark.parametrize(
    ("notation", "field"),
    [
        ("string", Field("x", "string")),
        ("string!", Field("x", "string", mandatory=ALWAYS)),
        ("string!create", Field("x", "string", mandatory=frozenset({CREATE}))),
        ("string!create,patch", Field("x", "string", mandatory=frozenset({CREATE, PATCH}))),
        ("string -create", Field("x", "string", absent=frozenset({CREATE}))),
        ("string -create -patch", Field("x", "string", absent=frozenset({CREATE, PATCH}))),
        ("string! -create", Field("x", "string", mandatory=ALWAYS - {CREATE}, absent=frozenset({CREATE}))),
        ("date-time -create", Field("x", "date-time", absent=frozenset({CREATE}))),
        ("Note[]", Field("x", "Note", lists=(0,))),
        ("Item[1..]!", Field("x", "Item", lists=(1,), mandatory=ALWAYS)),
        ("number[2..][]", Field("x", "number", lists=(2, 0))),
        ("boolean = false", Field("x", "boolean", default=False)),
        ("float = 1", Field("x", "float", default=1)),
        ("Product@read", Field("x", "Product", view=READ)),
        ("Product@read[]!patch", Field("x", "Product", lists=(0,), mandatory=frozenset({PATCH}), view=READ)),
    ],
)
def test_the_notation_of_the_model(notation: str, field: Field) -> None:
    assert Field.parse("x", notation) == field


WIRE = {
    "media-type": "application/json",
    "typed": True,
    "patch": {"merge": ["application/json"]},
    "fields": [],
    "errors": {verb: [] for verb in ("create", "patch", "retrieve", "register", "unregister", "notify")},
    "hub": ["register"],
    "notified": {"status": "204"},
}
EXTENSIBLE = {"@type": "string!", "@baseType": "string"}


def small_files(types: Mapping[str, Any], older: Mapping[str, Any] | None = None) -> Files:
    """A model of one API of one resource, in version 5 and, for its types, in version 4."""
    thing = {"type": "Thing", "operations": ["create", "retrieve", "patch"], "events": []}
    api = {"api": "TMF000", "title": "Things", "version": "5.0.0", "base": "/things/v5/"}
    common = {
        "wire": WIRE,
        "enumerations": {"Colour": ["red", "green"]},
        "groups": {"named": {"+": "identified", "name": "string"}, "identified": {"id": "string"}},
        "types": {"Extensible": {**EXTENSIBLE, "<": []}, "Hub": {"callback": "string!"}},
    }
    before = {"api": "TMF000", "types": dict(older or {})}
    return {
        5: {"common": common, "tmf000": {**api, "resources": {"thing": thing}, "types": dict(types)}},
        4: {"common": {"groups": common["groups"], "types": {"Note": {"text": "string"}}}, "tmf000": before},
    }


@pytest.fixture
def read_model(monkeypatch: pytest.MonkeyPatch) -> Callable[..., ApiModel]:
    """Reads the model that `small_files` makes of types in version 5 and version 4."""

    def read(types: Mapping[str, Any], older: Mapping[str, Any] | None = None) -> ApiModel:
        monkeypatch.setattr("tmfrig.specs.model._files", small_files(types, older).__getitem__)
        found: Mapping[str, ApiModel] = models.__wrapped__(5)  # past the cache, which others read from
        return found["TMF000"]

    return read


ReadModel: TypeAlias = Callable[..., ApiModel]


def schemas_of(model: ApiModel) -> dict[str, Any]:
    parsed = Document.parse(text(model).encode(), "small.json")
    found: dict[str, Any] = parsed.raw["components"]["schemas"]
    return found


def reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def test_a_type_takes_in_a_group_and_the_groups_of_that(read_model: ReadModel) -> None:
    model = read_model({"Thing": {"+": "named", "size": "integer", "name": "string!"}})
    thing = model.types["Thing"]
    assert [each.name for each in thing.fields] == ["id", "name", "size"]
    assert thing.parent is None
    assert thing.fields[1].mandatory == ALWAYS


def test_a_type_takes_in_the_attributes_of_its_parent(read_model: ReadModel) -> None:
    schemas = schemas_of(read_model({"Thing": {"+": "Extensible", "size": "integer"}}))
    part, own = schemas["Thing"]["allOf"]
    assert part == reference("Extensible")
    assert own == {"type": "object", "properties": {"size": {"type": "integer"}}}
    assert schemas["Thing"]["discriminator"]["mapping"] == {"Thing": "#/components/schemas/Thing"}


def test_a_type_takes_in_what_version_4_says_except_for_what_is_gone(read_model: ReadModel) -> None:
    older = {"OldThing": {"+": "named", "size": "integer!", "colour": "Colour", "@type": "string"}}
    thing = {"+": "Extensible", "v4": "OldThing", "gone": ["colour"], "size": "number", "weight": "number"}
    own = read_model({"Thing": thing}, older).types["Thing"]
    assert {each.name: each.type for each in own.fields} == {
        "id": "string",
        "name": "string",
        "size": "number",
        "weight": "number",
    }


def test_a_view_leaves_out_what_is_absent_from_it(read_model: ReadModel) -> None:
    thing = {"+": "Extensible", "id": "string! -create -patch", "size": "integer!create", "colour": "Colour"}
    schemas = schemas_of(read_model({"Thing": thing}))
    views = {
        name: schemas[name]["allOf"][1]
        for name in ("Thing", "Thing_Create", "Thing_Update")
        if name in schemas
    }
    assert {name: list(each["properties"]) for name, each in views.items()} == {
        "Thing": ["id", "size", "colour"],
        "Thing_Create": ["size", "colour"],
        "Thing_Update": ["size", "colour"],
    }
    assert {name: each.get("required") for name, each in views.items()} == {
        "Thing": ["id"],
        "Thing_Create": ["size"],
        "Thing_Update": None,
    }


def test_a_type_that_is_the_same_in_every_view_is_written_once(read_model: ReadModel) -> None:
    thing = {"+": "Extensible", "note": "Note[]", "id": "string -create"}
    schemas = schemas_of(read_model({"Thing": thing, "Note": {"text": "string!"}}))
    assert {"Note", "Thing", "Thing_Create"} <= set(schemas)
    assert "Note_Create" not in schemas


def test_an_attribute_may_have_the_read_view_of_its_type_everywhere(read_model: ReadModel) -> None:
    types = {"Thing": {"+": "Extensible", "part": "Part@read"}, "Part": {"id": "string -create -patch"}}
    schemas = schemas_of(read_model(types))
    assert schemas["Thing"]["allOf"][1]["properties"]["part"] == reference("Part")
    assert "Part_Create" not in schemas


def test_a_choice_is_one_of_its_alternatives(read_model: ReadModel) -> None:
    types = {
        "Thing": {"+": "Extensible", "part": "PartOrThing"},
        "Part": {"+": "Extensible"},
        "PartOrThing": {"|": ["Part", "Thing"], "<": ["SpecialPart"]},
        "SpecialPart": {"+": "Part", "colour": "Colour"},
    }
    choice = schemas_of(read_model(types))["PartOrThing"]
    assert choice["oneOf"] == [reference("Part"), reference("Thing")]
    assert set(choice["discriminator"]["mapping"]) == {"Part", "Thing", "SpecialPart"}


def test_another_name_for_a_notation(read_model: ReadModel) -> None:
    types = {"Thing": {"+": "Extensible", "where": "Position"}, "Position": "number[2..][]"}
    assert schemas_of(read_model(types))["Position"] == {
        "type": "array",
        "minItems": 2,
        "items": {"type": "array", "items": {"type": "number"}},
    }


SLIPS: list[tuple[dict[str, Any], str]] = [
    ({"Thing": {"+": "Unknown"}}, "no type or enumeration is called 'Unknown'"),
    ({"Thing": {"+": "Extensible", "part": "Unknown[]"}}, "no type or enumeration is called 'Unknown'"),
    ({"Thing": {"+": "Extensible", "<": ["Unknown"]}}, "no type or enumeration is called 'Unknown'"),
    ({"Thing": {"|": ["Unknown"]}}, "no type or enumeration is called 'Unknown'"),
    ({"Thing": {"+": "Extensible", "v4": "Unknown"}}, "TMF000 Thing: .* has no type 'Unknown'"),
    (
        {"Thing": {"+": "Extensible", "v4": "OldThing", "gone": ["size", "weight"]}},
        "TMF000 Thing: weight cannot be gone",
    ),
    ({"Thing": {"+": "Extensible", "size": "integer!!"}}, "size: 'integer!!' is not an attribute notation"),
]


@pytest.mark.parametrize(("types", "message"), SLIPS, ids=[each[1][-30:] for each in SLIPS])
def test_a_slip_in_the_model_is_named(read_model: ReadModel, types: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        document(read_model(types, {"OldThing": {"size": "integer"}}))


def test_a_group_that_version_4_does_not_have(read_model: ReadModel) -> None:
    with pytest.raises(ModelError, match="v4 OldThing: no group is called 'unknown'"):
        read_model({"Thing": {"+": "Extensible"}}, {"OldThing": {"+": "unknown"}})
