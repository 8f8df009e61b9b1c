"""Bodies made from the contract alone: minimal and full ones for create, harmless changes for patch.

The same seed gives the same bodies on the same day (dates lie ahead of today, as orders for the past are
refused).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from tmfrig.conformance.check import CannotJudge
from tmfrig.conformance.typed import TYPE, asks_for_type, chosen, plain
from tmfrig.specs import Attribute, Contract, Resource, Schema

DEPTH = 3
"""How deep optional attributes nest in a full body; below it only mandatory ones are given."""

_TYPE_HINTS = ("@type", "@baseType", "@schemaLocation")
# An extension of a type would be announced with these; a body of the plain type has nothing to say there.
_EXTENSION = ("@baseType", "@schemaLocation")
_LATER = ("end", "completion", "expir", "last", "finish")
_OF_REFERENCE = ("id", "href", "@referredType")
# What an element is about, where the contract leaves even that open: an empty one would be legal and absurd.
_SUBJECTS = ("productOffering", "service", "serviceSpecification", "product", "name", "value")
_SAYING = ("name", "description")
_CHANGEABLE = ("description", "externalId", "name", "notificationContact", "category", "version", "priority")
_FIXED = frozenset({"id", "href", *_TYPE_HINTS})

_WORDS: Mapping[str, str] = {
    "name": "Fibre 500",
    "description": "Broadband for a household",
    "version": "1.0",
    "brand": "Rig Telecom",
    "lifecycleStatus": "Active",
    "category": "Broadband",
    "serviceType": "CFS",
    "externalId": "CRM-2041",
    "priority": "1",
    "role": "customer",
    "text": "Please call before the visit",
    "author": "Anna Larsen",
    "notificationContact": "anna.larsen@example.com",
    "emailAddress": "anna.larsen@example.com",
    "phoneNumber": "+4520123456",
    "city": "Aarhus",
    "country": "DK",
    "postCode": "8000",
    "street1": "Nygade 4",
    "unit": "EUR",
    "units": "day",
    "unitOfMeasure": "piece",
    "priceType": "recurring",
    "recurringChargePeriod": "month",
    "recurringChargePeriodType": "month",
    "valueType": "string",
    "relationshipType": "dependency",
    "code": "0",
    "mimeType": "application/pdf",
    "contentType": "application/json",
    "attachmentType": "document",
    "cancellationReason": "The customer changed their mind",
    "reason": "The customer changed their mind",
    "startTime": "08:00",
}


# What is referred to where the type of a reference leaves it open.
_REFERRED: Mapping[str, str] = {"Party": "Organization", "Place": "GeographicAddress", "Entity": "Service"}


class Known(Protocol):
    """Something that exists at the target and may be referred to."""

    @property
    def id(self) -> str: ...

    @property
    def href(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in a body a value stands: `resource` only at the top, `types` the types around it, outermost
    first, `named` what `@type` says here."""

    resource: Resource | None
    full: bool
    depth: int = 1
    types: tuple[str, ...] = ()
    named: str = ""

    def inside(self, attribute: Attribute, named: str) -> _Place:
        around = (*self.types, attribute.type_name or attribute.name)
        return _Place(None, self.full, self.depth + 1, around, named or _capitalised(attribute.name))


class Payloads:
    """Builds bodies for one API. `reference` gives an existing instance of a resource of the same API, or
    None."""

    def __init__(
        self, contract: Contract, seed: int, reference: Callable[[str], Known | None], hand: int = 0
    ) -> None:
        self._contract = contract
        self._random = random.Random(f"{seed} {contract.api} payloads {hand or ''}")
        self._reference = reference
        self._today = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0)
        self._by_lower_name = {name.lower(): name for name in contract.resources}

    def minimal(self, resource: Resource) -> dict[str, Any]:
        """The mandatory attributes, nested ones included; where nothing is mandatory, what the request is
        about."""
        attributes = _of(resource.creation)
        wanted = [each for each in attributes.values() if each.required]
        if not _says_something(wanted):
            about = (f"{resource.name}Item", *_SAYING)
            wanted += [attributes[name] for name in about if name in attributes][:1]
        place = _Place(resource, full=False, named=type_of(resource))
        body = {each.name: self._value(each, place) for each in wanted}
        return self._proven(body, resource)

    def full(self, resource: Resource) -> dict[str, Any]:
        """Every attribute that a client may set, once, to a depth of three."""
        place = _Place(resource, full=True, named=type_of(resource))
        body = {
            each.name: self._value(each, place)
            for each in _of(resource.creation).values()
            if each.required or each.name not in _EXTENSION
        }
        return self._proven(body, resource)

    def change(self, resource: Resource, body: Mapping[str, Any]) -> dict[str, Any] | None:
        """A patch that gives a harmless attribute another value than `body` has; None when there is none."""
        candidates = [
            each
            for each in _of(resource.patching).values()
            if each.name not in _FIXED and each.name != resource.state_attribute and not each.enum
        ]
        candidates.sort(key=lambda each: (_rank(each.name), each.type != "string"))
        for each in candidates:
            for value in self._other_values(each):
                if value != body.get(each.name) and _accepts(resource.patching, {each.name: value}):
                    return {each.name: value}
        return None

    def _other_values(self, attribute: Attribute) -> tuple[Any, ...]:
        if attribute.type == "string" and attribute.format is None:
            return (f"Changed by a test, {self._random.randrange(10**6):06d}",)
        if attribute.type == "string" and attribute.format == "date-time":
            return (_written(self._today + timedelta(days=self._random.randrange(60, 300))),)
        return (True, False) if attribute.type == "boolean" else ()

    def _proven(self, body: dict[str, Any], resource: Resource) -> dict[str, Any]:
        if not _accepts(resource.creation, body):
            problem = resource.creation.problems(body)[0] if resource.creation else ""
            raise CannotJudge(
                f"no valid body for POST {resource.path} could be made from the contract: {problem}"
            )
        return body

    def _value(self, attribute: Attribute, place: _Place) -> Any:
        if attribute.default is not None and not place.full:
            return attribute.default
        if attribute.enum:
            return self._choice(attribute, place.resource)
        match attribute.type:
            case "array":
                return self._list(attribute, place)
            case "object":
                return self._object(attribute, place)
            case "boolean":
                return False
            case "integer":
                return 1
            case "number":
                return 1.0
            case _:
                return self._text(attribute, place)

    def _list(self, attribute: Attribute, place: _Place) -> list[Any]:
        if attribute.items is None:
            return []
        made = [self._value(attribute.items, place) for _ in range(max(1, attribute.min_items))]
        if attribute.name.endswith("Item") and "id" in attribute.attributes:
            # Order and qualification items are numbered by the client, and refer to each other by these
            # numbers.
            made = [{**value, "id": str(number)} for number, value in enumerate(made, 1)]
        return made

    def _object(self, attribute: Attribute, place: _Place) -> dict[str, Any]:
        named, attribute = chosen(attribute)
        wanted = self._wanted(attribute, place)
        inside = place.inside(attribute, named)
        made = {each.name: self._value(each, inside) for each in wanted}
        referred = self._referred(attribute)
        if referred is not None:
            made["id"] = referred.id
            if "href" in made and referred.href:
                made["href"] = referred.href
        return made

    def _wanted(self, attribute: Attribute, place: _Place) -> list[Attribute]:
        attributes = attribute.attributes
        required = [each for each in attributes.values() if each.required]
        if not place.full or place.depth >= DEPTH:
            numbered_only = attribute.name.endswith("Item") and not _says_something(required, but=("id",))
            says_nothing = numbered_only or not _says_something(required)
            return [*required, *_subject(attributes)] if says_nothing else required
        # "Reference or value" types mean the value here, since a reference would have to exist.
        left_out = {*_TYPE_HINTS, *(_OF_REFERENCE if _is_choice(attributes) else ())}
        return [
            each
            for each in attributes.values()
            if each.required or (each.name not in left_out and _type(each) not in place.types)
        ]

    def _referred(self, attribute: Attribute) -> Known | None:
        type_name = plain(attribute.type_name or "")
        if not type_name.lower().endswith("ref"):
            return None
        name = self._by_lower_name.get(type_name[:-3].lower())
        return self._reference(name) if name else None

    def _choice(self, attribute: Attribute, resource: Resource | None) -> Any:
        lifecycle = resource.lifecycle if resource else None
        if resource is not None and lifecycle is not None and attribute.name == resource.state_attribute:
            initial = [value for value in attribute.enum if value in lifecycle.initial]
            return (initial or attribute.enum)[0]
        return attribute.enum[0]

    def _text(self, attribute: Attribute, place: _Place) -> str:
        name = attribute.name
        if attribute.format == "date-time":
            return _written(self._today + timedelta(days=30 if name.lower().startswith(_LATER) else 7))
        if attribute.format == "date":
            return (self._today + timedelta(days=7)).date().isoformat()
        if name.lower() in ("url", "href", "uri") or attribute.format in ("uri", "url"):
            return f"https://example.com/{self._random.randrange(16**6):06x}"
        if attribute.format in ("base64", "byte"):
            return "dG1mcmln"
        if name == "id":
            return f"{self._random.randrange(16**12):012x}"
        if name == TYPE:
            return place.named
        if name == "@referredType":
            return _referred_type(place)
        owner = plain(place.types[-1]) if place.types else ""
        if name == "name" and owner.endswith("Ref"):
            return _spaced(owner[:-3]).capitalize()
        word = _WORDS.get(name, f"{_spaced(name)} of a test")
        # so many that no two are the same: some targets have each name once
        return f"{word} {self._random.randrange(16**8):08x}" if name in ("name", "description") else word


def registration_of(contract: Contract, callback: str, query: str | None = None) -> dict[str, Any]:
    """What the hub is told of a listener."""
    body = {"callback": callback} | ({"query": query} if query is not None else {})
    request = contract.register.request if contract.register else None
    if request is None or not asks_for_type(request.attributes):
        return body
    return {TYPE: plain(request.body.type_name or "Hub"), **body}


def type_of(resource: Resource) -> str:
    """What the `@type` of a resource says, where it is no extension."""
    return plain(resource.representation.body.type_name or "") or _capitalised(resource.name)


def _capitalised(name: str) -> str:
    return name[:1].upper() + name[1:]


def _says_something(attributes: Iterable[Attribute], but: tuple[str, ...] = ()) -> bool:
    return any(each.name not in (*but, *_TYPE_HINTS) for each in attributes)


def _of(schema: Schema | None) -> Mapping[str, Attribute]:
    return schema.attributes if schema else {}


def _accepts(schema: Schema | None, body: dict[str, Any]) -> bool:
    return schema is None or schema.accepts(body)


def _is_choice(attributes: Mapping[str, Attribute]) -> bool:
    return "@referredType" in attributes and "name" in attributes and len(attributes) > 12


def _subject(attributes: Mapping[str, Attribute]) -> list[Attribute]:
    named = [attributes[name] for name in _SUBJECTS if name in attributes][:1]
    scalars = [each for each in attributes.values() if each.type not in ("object", "array", "any")]
    return named or [each for each in scalars if each.name not in _FIXED][:2]


def _type(attribute: Attribute) -> str | None:
    return chosen(attribute)[1].type_name


def _referred_type(place: _Place) -> str:
    owner = plain(place.types[-1]) if place.types else ""
    referred = owner[:-3] if owner.endswith("Ref") else "Party"
    return _REFERRED.get(referred, referred)


def _rank(name: str) -> int:
    return _CHANGEABLE.index(name) if name in _CHANGEABLE else len(_CHANGEABLE)


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _spaced(name: str) -> str:
    return "".join(
        f" {letter.lower()}" if letter.isupper() else letter for letter in name.lstrip("@")
    ).strip()
