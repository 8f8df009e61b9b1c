"""The component schemas of a generated document, written when something first refers to them.

Version 5 has up to three schemas for a type, one for each view; the names of those for request bodies end in
`_Create` and `_Update`. A type that is the same in all views is written once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from tmfrig.specs.model import SCALARS, UNDECLARED, ApiModel, Field, ModelError, ResourceModel, Type, View

Json = dict[str, Any]

EVENT_FIELDS = (
    "eventId: string",
    "eventTime: date-time",
    "eventType: string",
    "correlationId: string",
    "domain: string",
    "title: string",
    "description: string",
    "priority: string",
    "timeOcurred: date-time",  # spelt with one c in every v4 contract
)
# Changes whose event names the attribute concerned, and never carries an identity of its own.
EVENTS_WITH_FIELD_PATH = ("AttributeValueChange", "InformationRequired")
_ENDINGS = {View.READ: "", View.CREATE: "_Create", View.PATCH: "_Update"}


class Components:
    """The schemas of one document; every method returns a reference and writes what it refers to."""

    def __init__(self, model: ApiModel) -> None:
        self.model = model
        self.written: Json = {}
        self._varying = frozenset(_varying(model)) if model.wire.typed else frozenset()

    def ref(self, name: str, view: View = View.READ) -> Json:
        """A type, an enumeration or a scalar."""
        if name in SCALARS:
            return dict(SCALARS[name])
        schema_name = self._name(name, view)
        if schema_name not in self.written:
            if name in self.model.enumerations:
                self.written[schema_name] = {"type": "string", "enum": list(self.model.enumerations[name])}
            elif name in self.model.types:
                self.written[schema_name] = {}  # holds the place: types refer to each other in circles
                self.written[schema_name] = self._type(self.model.types[name], view)
            else:
                raise ModelError(f"{self.model.api}: no type or enumeration is called {name!r}")
        return _reference(schema_name)

    def creation(self, resource: ResourceModel) -> Json:
        """The body of a create."""
        if self.model.wire.typed:
            return self.ref(resource.type, View.CREATE)
        fields = (
            resource.on_create.get(field.name, field)
            for field in self.model.types[resource.type].fields
            if field.name not in resource.server_set
        )
        return self._add(f"{resource.type}_Create", self._object(fields, resource.mandatory_on_create))

    def patching(self, resource: ResourceModel) -> Json:
        """The body of a merge patch."""
        if self.model.wire.typed:
            return self.ref(resource.type, View.PATCH)
        fields = (
            field
            for field in self.model.types[resource.type].fields
            if field.name not in resource.non_patchable
        )
        return self._add(f"{resource.type}_Update", self._object(fields, resource.mandatory_on_patch))

    def event(self, resource: ResourceModel, change: str) -> Json:
        """The notification of a change."""
        name = f"{resource.type}{change}Event"
        payload = self._add(f"{name}Payload", self._payload(resource, change))
        if self.model.wire.typed:
            own = {"type": "object", "properties": {"event": payload}}
            schema: Json = {"allOf": [self.ref("Event"), own], "discriminator": _discriminator({name: name})}
            return self._add(name, schema)
        fields = [Field.parse(*text.split(": ")) for text in EVENT_FIELDS]
        if change in EVENTS_WITH_FIELD_PATH:
            fields.append(Field("fieldPath", "string"))
        elif self.model.event_identity:
            fields = [Field("id", "string"), Field("href", "string"), *fields]
        schema = self._object(fields)
        schema["properties"]["event"] = payload
        return self._add(name, schema)

    def subscription(self) -> Json:
        """A listener's registration as it is answered."""
        if self.model.wire.typed:
            return self.ref("Hub")
        fields = (Field.parse("id", "string!"), Field.parse("callback", "string!"), Field("query", "string"))
        return self._add("EventSubscription", self._object(fields))

    def registration(self) -> Json:
        """The body that registers a listener."""
        if self.model.wire.typed:
            return self.ref("Hub", View.CREATE)
        fields = (Field.parse("callback", "string!"), Field("query", "string"))
        return self._add("EventSubscriptionInput", self._object(fields))

    def operations(self) -> Json:
        """The body of a JSON Patch, with or without queries."""
        return self.ref("JsonPatchOperations")

    def _payload(self, resource: ResourceModel, change: str) -> Json:
        special = self.model.wire.payloads.get(change, {"RESOURCE": "TYPE"})
        fields = (
            Field.parse(name.replace("RESOURCE", resource.name), notation.replace("TYPE", resource.type))
            for name, notation in special.items()
        )
        return self._object(fields)

    def _name(self, name: str, view: View) -> str:
        return name + _ENDINGS[view] if name in self._varying else name

    def _add(self, name: str, schema: Json) -> Json:
        self.written[name] = schema
        return _reference(name)

    def _type(self, model: Type, view: View) -> Json:
        if model.alias is not None:
            return self._property(model.alias, view)
        if model.choice:
            schema: Json = {"type": "object", "oneOf": [self.ref(each, view) for each in model.choice]}
        else:
            schema = self._object(model.fields, view=view)
        if model.parent is not None:
            own = [schema] if schema.get("properties") or schema.get("required") else []
            schema = {"allOf": [self.ref(model.parent, view), *own]}
        if model.subtypes is not None:
            for each in model.subtypes:
                self.ref(each, view)
            mapping = {each: self._name(each, view) for each in model.subtypes}
            schema["discriminator"] = _discriminator(mapping)
        return schema

    def _object(
        self, fields: Iterable[Field], mandatory: Iterable[str] | None = None, view: View = View.READ
    ) -> Json:
        fields = tuple(field for field in fields if view not in field.absent)
        if mandatory is None:
            mandatory = (field.name for field in fields if view in field.mandatory)
        required = sorted(mandatory)
        schema: Json = {"type": "object"}
        if required:
            schema["required"] = required
        schema["properties"] = {
            field.name: self._property(field, view) for field in fields if field.type != UNDECLARED
        }
        return schema

    def _property(self, field: Field, view: View) -> Json:
        schema = self.ref(field.type, field.view or view)
        for least in reversed(field.lists):
            schema = {"type": "array", "items": schema} | ({"minItems": least} if least else {})
        if field.default is not None:
            schema["default"] = field.default
        return schema


def _varying(model: ApiModel) -> set[str]:
    """The types that differ between views, because of an attribute or of a type that they contain."""
    varying = {
        name
        for name, each in model.types.items()
        if any(field.absent or len(field.mandatory) not in (0, len(View)) for field in each.fields)
    }
    while True:
        more = {
            name
            for name, each in model.types.items()
            if name not in varying and not varying.isdisjoint(_contained(each))
        }
        if not more:
            return varying
        varying |= more


def _contained(model: Type) -> Iterator[str]:
    yield from (field.type for field in model.fields if field.view is None)
    yield from model.subtypes or ()
    if model.parent is not None:
        yield model.parent
    if model.alias is not None:
        yield model.alias.type


def _reference(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _discriminator(mapping: dict[str, str]) -> Json:
    return {
        "propertyName": "@type",
        "mapping": {value: f"#/components/schemas/{name}" for value, name in mapping.items()},
    }
